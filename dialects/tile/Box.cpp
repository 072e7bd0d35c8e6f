//===- Box.cpp - copies that a device makes by itself -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/Tile.h"

using namespace mlir;

namespace treadle::tile {

LogicalResult CopyBoxOp::verify() {
  constexpr size_t mostDims = 5;
  if (getAt().empty() || getAt().size() > mostDims)
    return emitOpError() << "has " << getAt().size() << " coordinates, where 1 to " << mostDims << " are possible";
  return success();
}

} // namespace treadle::tile
