//===- Attributes.td - levels of a grid, kinds ----------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_ATTRIBUTES_TD
#define TREADLE_DIALECTS_NG_ATTRIBUTES_TD

include "dialects/ng/Dialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Ng_Enum<string name, list<I32EnumCase> cases> : I32Enum<name, "", cases> {
  let cppNamespace = "::treadle::ng";
}
class Ng_EnumAttr<EnumInfo enum, string attrMnemonic> : EnumAttr<Ng_Dialect, enum, attrMnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

/// How the vertices of a level's grid are numbered, before the number is taken modulo the level's entries. GridLevels.h
/// has the formulas, and is the place to add one.
def Ng_IndexFunction : Ng_Enum<"IndexFunction", [
  I32EnumCase<"dense", 0>, I32EnumCase<"coherent_prime", 1>, I32EnumCase<"single", 2>, I32EnumCase<"tiled", 3>]>;

def Ng_Interpolation : Ng_Enum<"Interpolation", [
  I32EnumCase<"linear", 0>, I32EnumCase<"nearest", 1>, I32EnumCase<"smoothstep", 2>]>;
def Ng_InterpolationAttr : Ng_EnumAttr<Ng_Interpolation, "interpolation">;

def Ng_Activation : Ng_Enum<"Activation", [
  I32EnumCase<"none", 0>, I32EnumCase<"relu", 1>, I32EnumCase<"leaky_relu", 2>, I32EnumCase<"silu", 3>,
  I32EnumCase<"exponential", 4>, I32EnumCase<"sine", 5>, I32EnumCase<"sigmoid", 6>, I32EnumCase<"squareplus", 7>,
  I32EnumCase<"softplus", 8>, I32EnumCase<"tanh", 9>]>;
def Ng_ActivationAttr : Ng_EnumAttr<Ng_Activation, "activation">;

def Ng_LevelAttr : AttrDef<Ng_Dialect, "Level"> {
  let mnemonic = "level";
  let summary = "One level of a grid of features";
  let description = [{
    `scale`: cells along the unit interval, less one, f32; `resolution`: vertices along a dimension; `offset` and
    `entries`: where in the table the level's features lie, and how many they are; `index`: which of them is a
    vertex's. GridLevels.h computes them.

    ```
    #ng.level<scale = 15.0 : f32, resolution = 16, offset = 0, entries = 4096, index = dense>
    ```
  }];
  let parameters = (ins "::mlir::FloatAttr":$scale, "int64_t":$resolution, "int64_t":$offset, "int64_t":$entries,
                        EnumParameter<Ng_IndexFunction>:$index);
  let assemblyFormat = "`<` struct(params) `>`";
}
def Ng_LevelsAttr : TypedArrayAttrBase<Ng_LevelAttr, "levels of a grid">;

#endif // TREADLE_DIALECTS_NG_ATTRIBUTES_TD
