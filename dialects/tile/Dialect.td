//===- Dialect.td - the tile dialect --------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_TILE_DIALECT_TD
#define TREADLE_DIALECTS_TILE_DIALECT_TD

include "mlir/IR/OpBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::treadle::tile";
  let summary = "What the threads of a GPU do together, on the registers of each";
  let useDefaultTypePrinterParser = 1;
  let description = [{
    What kernels of workgroups need and upstream has for one vendor only, or not at all: products of matrices whose
    elements are spread over a subgroup's threads, and the ways from memory to such fragments. Each op is one
    instruction of some device. Which thread holds which element, and what a device has, are numbers of its
    description (codegen/MatrixUnit.h): schedules read them and write only ops that the device has;
    `targets/X/compile` says which instruction an op is.
  }];
}

#endif // TREADLE_DIALECTS_TILE_DIALECT_TD
