//===- Dialect.cpp - registration of the tile dialect -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "dialects/tile/Dialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/tile/Types.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/tile/AsyncMatrix.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/tile/Box.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/tile/Copy.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/tile/Fragment.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/tile/Matrix.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/tile/Subgroup.cpp.inc"

namespace treadle::tile {

void TileDialect::initialize() {
#include "dialects/tile/Families.add.inc"
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/tile/Types.cpp.inc"
      >();
}

} // namespace treadle::tile
