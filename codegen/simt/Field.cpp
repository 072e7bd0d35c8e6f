//===- Field.cpp - fields and rays, a thread each -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//     task: as many rows as there are threads
//       a thread: all that the group's ops say of its row (codegen/field/FieldRow.h)
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/field/FieldOps.h"
#include "codegen/field/FieldRow.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

LogicalResult simt::scheduleField(func::FuncOp source, const Target &target) {
  Kernel kernel(source, target);
  DimExpr rows = dimOf(kernel.results().front().getType(), 0);
  NetworkMemory networks(kernel, 1);
  if (target.loopTurns > 0 && networks.turns() > target.loopTurns)
    return source.emitError() << "may take " << networks.turns()
                              << " turns of loops in one thread, and a device that is a CPU ends them after "
                              << target.loopTurns << "; set max_steps, or compile it for cpu, or for vulkan:gpu only";
  networks.prepareWeights();
  kernel.tasks([&](Value task) {
    Value number = kernel.add(kernel.mul(task, kernel.threads()), kernel.thread()), count = kernel.size(rows);
    Value isThere = kernel.less(number, count);
    auto emit = [&](Value at, Value isThere) {
      Elements elements(kernel, 1);
      RowPlace row{Elements::uniform(at), isThere ? elements.splat(isThere) : Value()};
      FieldRow(elements, networks, row).storeResults(row.coord);
    };
    if (!kernel.staysTogether())
      return kernel.when(isThere, [&] { emit(number, {}); });
    // Those past the last row have that, too.
    emit(kernel.min(number, kernel.sub(count, kernel.index(1))), isThere);
  });
  kernel.finish({rows.ceilDiv(kernel.threads())});
  return success();
}

} // namespace treadle
