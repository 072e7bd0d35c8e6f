//===- Copy.cpp - copies to shared memory -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/Tile.h"

using namespace mlir;

namespace treadle::tile {

LogicalResult CopyAsyncOp::verify() {
  Type from = getFrom().getType().getElementType(), to = getTo().getType().getElementType();
  if (from != to)
    return emitOpError() << "copies elements of " << from << " to elements of " << to;
  int64_t bits = getCount() * from.getIntOrFloatBitWidth();
  if (bits != 32 && bits != 64 && bits != 128)
    return emitOpError() << "copies " << getCount() << " elements of " << from << ", which are not 4, 8 or 16 bytes";
  return success();
}

} // namespace treadle::tile
