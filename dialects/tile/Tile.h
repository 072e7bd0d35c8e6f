//===- Tile.h - the tile dialect --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_TILE_TILE_H
#define TREADLE_DIALECTS_TILE_TILE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/tile/Dialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/tile/Types.h.inc"

#include "dialects/tile/Families.h.inc"

#endif // TREADLE_DIALECTS_TILE_TILE_H
