//===- CameraExpansion.cpp - rays through pixels as elementwise ops ----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/expand/Expansion.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

/// Rows are pixels, [height * width, 1], vectors [1, 3].
SmallVector<Value> Expansion::cameraRays(CameraRaysOp op) {
  DimExpr width(op.getSize().getDims()[1]);
  Dims rays = dimsOf(op.getOrigin().getType());
  Type word = b.getIntegerType(32);
  Value pixel = make<IotaOp>(tensorOf({rays[0], number(1)}, word), /*axis=*/0), columns = cast(sizeOf(width), word);
  Value line = make<DivOp>(pixel, columns), inLine = sub(pixel, mul(line, columns));
  auto intrinsic = [&](int64_t i) { return column(op.getIntrinsics(), i); };
  auto coordinate = [&](Value at, int64_t focal, int64_t principal) {
    Value centre = cast(at, b.getF32Type());
    Value distance = sub(add(centre, scalar(0.5, centre)), intrinsic(principal));
    return make<DivOp>(distance, intrinsic(focal));
  };
  Value vectors = make<TransposeOp>(op.getPose(), ArrayRef<int64_t>{1, 0});
  auto pose = [&](int64_t i) { return row(vectors, i); };
  Value x = coordinate(inLine, 0, 2), y = coordinate(line, 1, 3);
  Value direction = add(add(mul(x, pose(0)), mul(y, pose(1))), pose(2));
  Value squares = mul(direction, direction);
  Value length = make<SqrtOp>(add(add(column(squares, 0), column(squares, 1)), column(squares, 2)));
  return {make<BroadcastOp>(pose(3), rays), make<DivOp>(direction, length)};
}

} // namespace treadle
