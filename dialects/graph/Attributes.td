//===- Attributes.td - dimensions, symbols, kinds -------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_ATTRIBUTES_TD
#define TREADLE_DIALECTS_GRAPH_ATTRIBUTES_TD

include "dialects/graph/Dialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/TensorEncoding.td"
include "mlir/IR/EnumAttr.td"

class Graph_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Graph_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Graph_DimAttr : Graph_Attr<"Dim", "dim"> {
  let summary = "An integer expression over symbols, in canonical form";
  let description = [{
    A polynomial over symbols, `floordiv`, `min` and `max`. Built and combined through `DimExpr`, which
    keeps it canonical: two expressions that this form can tell equal are the same attribute.

    ```
    #graph.dim<2 * h * w + (n + 15) floordiv 16>
    ```
  }];
  let parameters = (ins
    "::treadle::graph::DimKind":$kind,
    "int64_t":$value,
    "::mlir::StringAttr":$symbol,
    ArrayRefParameter<"::mlir::Attribute">:$operands);
  let hasCustomAssemblyFormat = 1;
}

def Graph_DimsAttr : Graph_Attr<"Dims", "dims",
    [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let summary = "The dimensions of a tensor, or a list of sizes: one expression each";
  let description = [{
    As a tensor's encoding it names every dimension, the static ones too. Tensors whose dimensions are
    all static carry none.
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::Attribute">:$dims);
  let hasCustomAssemblyFormat = 1;
}

def Graph_SymbolAttr : Graph_Attr<"Symbol", "symbol"> {
  let summary = "A symbol's range: min <= value <= max, and step divides it";
  let parameters = (ins StringRefParameter<>:$name, "int64_t":$min, "int64_t":$max, "int64_t":$step);
  let assemblyFormat = "`<` $name `,` $min `,` $max `,` $step `>`";
}

class Graph_Enum<string name, list<I32EnumCase> cases> : I32Enum<name, "", cases> {
  let cppNamespace = "::treadle::graph";
}
class Graph_EnumAttr<EnumInfo enum, string attrMnemonic> : EnumAttr<Graph_Dialect, enum, attrMnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Graph_Predicate : Graph_Enum<"Predicate", [
  I32EnumCase<"eq", 0>, I32EnumCase<"ne", 1>, I32EnumCase<"lt", 2>, I32EnumCase<"le", 3>,
  I32EnumCase<"gt", 4>, I32EnumCase<"ge", 5>]>;
def Graph_PredicateAttr : Graph_EnumAttr<Graph_Predicate, "predicate">;

def Graph_ReduceKind : Graph_Enum<"ReduceKind", [
  I32EnumCase<"sum", 0>, I32EnumCase<"prod", 1>, I32EnumCase<"min", 2>, I32EnumCase<"max", 3>,
  I32EnumCase<"mean", 4>, I32EnumCase<"any", 5>, I32EnumCase<"all", 6>]>;
def Graph_ReduceKindAttr : Graph_EnumAttr<Graph_ReduceKind, "reduce_kind">;

def Graph_RandomKind : Graph_Enum<"RandomKind", [I32EnumCase<"uniform", 0>, I32EnumCase<"normal", 1>]>;
def Graph_RandomKindAttr : Graph_EnumAttr<Graph_RandomKind, "random_kind">;

def Graph_ArgKind : Graph_Enum<"ArgKind", [I32EnumCase<"min", 0>, I32EnumCase<"max", 1>]>;
def Graph_ArgKindAttr : Graph_EnumAttr<Graph_ArgKind, "arg_kind">;

def Graph_PoolKind : Graph_Enum<"PoolKind", [
  I32EnumCase<"max", 0>, I32EnumCase<"average", 1>, I32EnumCase<"sum", 2>]>;
def Graph_PoolKindAttr : Graph_EnumAttr<Graph_PoolKind, "pool_kind">;

def Graph_PadMode : Graph_Enum<"PadMode", [
  I32EnumCase<"constant", 0>, I32EnumCase<"reflect", 1>, I32EnumCase<"edge", 2>, I32EnumCase<"wrap", 3>]>;
def Graph_PadModeAttr : Graph_EnumAttr<Graph_PadMode, "pad_mode">;

def Graph_ResizeMode : Graph_Enum<"ResizeMode", [
  I32EnumCase<"nearest", 0>, I32EnumCase<"linear", 1>, I32EnumCase<"cubic", 2>]>;
def Graph_ResizeModeAttr : Graph_EnumAttr<Graph_ResizeMode, "resize_mode">;

def Graph_CoordinateMode : Graph_Enum<"CoordinateMode", [
  I32EnumCase<"half_pixel", 0>, I32EnumCase<"half_pixel_symmetric", 1>,
  I32EnumCase<"pytorch_half_pixel", 2>, I32EnumCase<"align_corners", 3>,
  I32EnumCase<"asymmetric", 4>]>;
def Graph_CoordinateModeAttr : Graph_EnumAttr<Graph_CoordinateMode, "coordinate_mode">;

def Graph_RoundMode : Graph_Enum<"RoundMode", [
  I32EnumCase<"floor", 0>, I32EnumCase<"ceil", 1>, I32EnumCase<"prefer_floor", 2>,
  I32EnumCase<"prefer_ceil", 3>]>;
def Graph_RoundModeAttr : Graph_EnumAttr<Graph_RoundMode, "round_mode">;

def Graph_NormKind : Graph_Enum<"NormKind", [I32EnumCase<"layer", 0>, I32EnumCase<"rms", 1>]>;
def Graph_NormKindAttr : Graph_EnumAttr<Graph_NormKind, "norm_kind">;

#endif // TREADLE_DIALECTS_GRAPH_ATTRIBUTES_TD
