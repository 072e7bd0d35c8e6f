//===- Op.td - base classes of the dialect's ops --------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_OP_TD
#define TREADLE_DIALECTS_GRAPH_OP_TD

include "dialects/graph/Dialect.td"
include "dialects/graph/Attributes.td"
include "dialects/graph/Interfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Graph_Int : AnyTypeOf<[AnySignlessInteger, AnyUnsignedInteger]>;
def Graph_Tensor : RankedTensorOf<[AnyFloat, Graph_Int, AnyComplex]>;
def Graph_FloatTensor : RankedTensorOf<[AnyFloat]>;
def Graph_IntTensor : RankedTensorOf<[Graph_Int]>;
def Graph_BoolTensor : RankedTensorOf<[I1]>;

/// An op without side effects that knows its own meaning. `overrides`: which of GraphOpInterface's
/// methods with a default it answers itself.
class Graph_Op<string mnemonic, list<Trait> traits = [], list<string> overrides = []>
    : Op<Graph_Dialect, mnemonic,
         traits # [Pure, DeclareOpInterfaceMethods<GraphOpInterface, overrides>]> {
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

/// One whose result type follows from its operands and attributes.
/// The result type follows from the operands. Within a kernel the same size may have two names.
def Graph_InferType : InferTypeOpAdaptorBase<[{
  static bool isCompatibleReturnTypes(::mlir::TypeRange a, ::mlir::TypeRange b) {
    return ::treadle::graph::mayBeEqual(a, b);
  }
}]>;

class Graph_InferredOp<string mnemonic, list<Trait> traits = [], list<string> overrides = []>
    : Graph_Op<mnemonic, traits # [Graph_InferType], overrides>;

#endif // TREADLE_DIALECTS_GRAPH_OP_TD
