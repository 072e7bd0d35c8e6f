//===- Field.cpp - fields and rays, a vector of rows at a time ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//     task: some rows
//       for each vector of them, of two registers: all that the group's ops say of the row (codegen/field/FieldRow.h)
//
// Rows that are too many in the last vector are the last row again, and are not stored.
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/field/FieldOps.h"
#include "codegen/field/FieldRow.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

LogicalResult simd::scheduleField(func::FuncOp source, const Target &target) {
  Kernel kernel(source, target);
  ImplicitLocOpBuilder &b = kernel.b;
  DimExpr rows = dimOf(kernel.results().front().getType(), 0);
  int64_t lanes = 2 * target.lanes(b.getF32Type());
  // A ray asks its field some hundred times.
  bool hasRays = !kernel.body().getOps<ng::FieldOpInterface>().empty();
  int64_t rowsOfTask = lanes * (hasRays ? 4 : 32);
  NetworkMemory networks(kernel, lanes);
  networks.prepareWeights();
  kernel.tasks([&](Value task) {
    Value first = kernel.mul(task, rowsOfTask), count = kernel.size(rows);
    Value end = kernel.min(kernel.add(first, rowsOfTask), count);
    kernel.loop(first, end, lanes, [&](Value at) {
      Elements elements(kernel, lanes);
      Coord coord{at, 0, 1, 0, {}};
      Value number = elements.vector(coord);
      Value size = elements.splat(arith::IndexCastOp::create(b, b.getI32Type(), count));
      Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, number, size);
      Value last = arith::SubIOp::create(b, size, elements.constant(b.getI32Type(), 1));
      RowPlace row{Coord{{}, 0, 0, 0, arith::MinSIOp::create(b, number, last)}, isThere};
      FieldRow all(elements, networks, row);
      FieldRow::storeResults(all, coord);
    });
  });
  kernel.finish({rows.ceilDiv(rowsOfTask)});
  return success();
}

} // namespace treadle
