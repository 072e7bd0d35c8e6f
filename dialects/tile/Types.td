//===- Types.td - what kernels are handed -----------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_TILE_TYPES_TD
#define TREADLE_DIALECTS_TILE_TYPES_TD

include "dialects/tile/Dialect.td"
include "mlir/IR/AttrTypeBase.td"

def Tile_BoxType : TypeDef<Tile_Dialect, "Box"> {
  let mnemonic = "box";
  let summary = "A tensor in the device's memory, and the size of the boxes that are copied of it";
  let description = [{
    An argument of a kernel, which the host makes (`treadle.boxes` of codegen/Kernel.h says of what): a tensor map of
    CUDA.
  }];
}

def Tile_FragmentType : TypeDef<Tile_Dialect, "Fragment"> {
  let mnemonic = "fragment";
  let summary = "A matrix that a subgroup's threads hold together, in a way that only the device knows";
  let description = "A cooperative matrix of Vulkan. `role` is what it is in a product: lhs, rhs or sums.";
  let parameters = (ins "int64_t":$rows, "int64_t":$columns, "::mlir::Type":$element, StringRefParameter<>:$role);
  let assemblyFormat = "`<` $rows `x` $columns `x` $element `,` $role `>`";
  let genVerifyDecl = 1;
}

#endif // TREADLE_DIALECTS_TILE_TYPES_TD
