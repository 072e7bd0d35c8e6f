//===- Field.cpp - fields and rays, a vector of rows at a time ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//     task: some rows
//       for each vector of them, of two registers: all that the group's ops say of the row (codegen/field/FieldRow.h)
//
// or, where lanes take the next ray when one is done, for all of them together (codegen/field/RayQueue.h).
// Rows that are too many in the last vector are the last row again, and are not stored.
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/field/FieldOps.h"
#include "codegen/field/FieldRow.h"
#include "codegen/field/RayQueue.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

LogicalResult simd::scheduleField(func::FuncOp source, const Target &target) {
  Kernel kernel(source, target);
  ImplicitLocOpBuilder &b = kernel.b;
  DimExpr rows = dimOf(kernel.results().front().getType(), 0);
  int64_t lanes = 2 * target.lanes(b.getF32Type());
  Operation *rays = queuedRays(kernel.body());
  int64_t raysOfLane = rays ? target.raysOfLane : 1;
  // A ray asks its field some hundred times.
  bool hasRays = !kernel.body().getOps<ng::FieldOpInterface>().empty();
  int64_t rowsOfTask = lanes * (raysOfLane > 1 ? raysOfLane : hasRays ? 4 : 32);
  NetworkMemory networks(kernel, lanes);
  networks.prepareWeights();
  kernel.tasks([&](Value task) {
    Value first = kernel.mul(task, rowsOfTask), count = kernel.size(rows);
    Value own = kernel.min(kernel.sub(count, first), kernel.index(rowsOfTask));
    auto placeOf = [&](Value inTask) -> RayQueue::Place {
      Elements elements(kernel, lanes);
      Coord coord{kernel.add(first, inTask), 0, 1, 0, {}};
      Value number = elements.vector(coord);
      Value size = elements.splat(arith::IndexCastOp::create(b, b.getI32Type(), count));
      Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, number, size);
      Value last = arith::SubIOp::create(b, size, elements.constant(b.getI32Type(), 1));
      return {{Coord{{}, 0, 0, 0, arith::MinSIOp::create(b, number, last)}, isThere}, inTask, coord};
    };
    if (raysOfLane > 1) {
      RayQueue queue(kernel, networks, rays, lanes, raysOfLane);
      return queue.storeResults(own, placeOf);
    }
    kernel.loop(kernel.index(0), own, lanes, [&](Value inTask) {
      Elements elements(kernel, lanes);
      RayQueue::Place place = placeOf(inTask);
      FieldRow all(elements, networks, place.row);
      FieldRow::storeResults(all, place.stored);
    });
  });
  kernel.finish({rows.ceilDiv(rowsOfTask)});
  return success();
}

} // namespace treadle
