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

/// Pixels are [height, width, 1], vectors [3].
SmallVector<Value> Expansion::cameraRays(CameraRaysOp op) {
  DimExpr height(op.getSize().getDims()[0]), width(op.getSize().getDims()[1]);
  auto pixels = tensorOf({height, width, number(1)}, b.getF32Type());
  auto intrinsic = [&](int64_t i) { return column(op.getIntrinsics(), i); };
  auto coordinate = [&](int64_t axis, int64_t focal, int64_t principal) {
    Value pixel = make<IotaOp>(pixels, axis);
    Value distance = sub(add(pixel, scalar(0.5, pixel)), intrinsic(principal));
    return make<DivOp>(distance, intrinsic(focal));
  };
  auto pose = [&](int64_t i) { return reshape(column(op.getPose(), i), {number(3)}); };
  Value x = coordinate(1, 0, 2), y = coordinate(0, 1, 3);
  Value direction = add(add(mul(x, pose(0)), mul(y, pose(1))), pose(2));
  Value squares = make<ReduceOp>(ReduceKind::sum, mul(direction, direction), ArrayRef<int64_t>{2});
  direction = make<DivOp>(direction, make<SqrtOp>(squares));
  Dims rays = dimsOf(op.getOrigin().getType());
  return {make<BroadcastOp>(pose(3), rays), reshape(direction, rays)};
}

} // namespace treadle
