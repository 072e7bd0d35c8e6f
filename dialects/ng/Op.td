//===- Op.td - base classes of the dialect's ops --------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_OP_TD
#define TREADLE_DIALECTS_NG_OP_TD

include "dialects/ng/Attributes.td"
include "dialects/ng/Interfaces.td"
include "dialects/graph/Interfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Ng_Tensor : RankedTensorOf<[F16, BF16, F32]>;
/// Positions and directions: a format of fewer bits cannot tell a fine level's cells apart.
def Ng_Coordinates : TensorRankOf<[F32], [2]>;

/// The result type follows from the operands. Within a kernel the same size may have two names.
def Ng_InferType : InferTypeOpAdaptorBase<[{
  static bool isCompatibleReturnTypes(::mlir::TypeRange a, ::mlir::TypeRange b) {
    return ::treadle::graph::mayBeEqual(a, b);
  }
}]>;

/// An op without side effects that knows its own meaning. Row i of its result depends on row i of its first operand.
class Ng_Op<string mnemonic, list<Trait> traits = []>
    : Op<Ng_Dialect, mnemonic,
         traits # [Pure, Ng_InferType, DeclareOpInterfaceMethods<GraphOpInterface, ["countFlops"]>]> {
  let results = (outs Ng_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

/// Follows rays through a field: what is at a position is what the region says of it. The region's first arguments are
/// positions [samples, 3] of any number of samples, a symbol of its own, then what it captures; its results are
/// [samples, K], row i made of row i.
class Ng_FieldOp<string mnemonic, list<Trait> traits = []>
    : Op<Ng_Dialect, mnemonic,
         traits # [Pure, IsolatedFromAbove, SingleBlock, Ng_InferType, FieldOpInterface,
                   DeclareOpInterfaceMethods<GraphOpInterface, ["countFlops"]>]> {
  let regions = (region SizedRegion<1>:$field);
  let hasVerifier = 1;
  code gathering = ""; // of those that can bring places together
  let extraClassDeclaration = "int64_t mostSamples();" # gathering;
}

#endif // TREADLE_DIALECTS_NG_OP_TD
