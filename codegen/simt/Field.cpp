//===- Field.cpp - fields and rays, a thread each -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//     task: as many rows as there are threads, or some times as many
//       a thread: all that the group's ops say of its rows (codegen/field/FieldRow.h)
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/field/FieldOps.h"
#include "codegen/field/FieldRow.h"
#include <deque>

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
  kernel.setPersistent(); // subgroups need not wait for those of their workgroup whose rays are longer
  kernel.tasks([&](Value task) {
    Value first = kernel.add(kernel.mul(task, kernel.threads() * networks.rows), kernel.thread());
    Value count = kernel.size(rows);
    if (!kernel.staysTogether()) {
      kernel.when(kernel.less(first, count), [&] {
        Elements elements(kernel, 1);
        elements.setWholeRows();
        Coord place = Elements::uniform(first);
        FieldRow row(elements, networks, {place, {}});
        FieldRow::storeResults(row, place);
      });
      return;
    }
    std::deque<Elements> elements;
    SmallVector<FieldRow> all;
    SmallVector<Coord> places;
    for (int64_t row = 0; row < networks.rows; ++row) {
      Value number = kernel.add(first, kernel.threads() * row);
      // Those past the last row have that, too.
      places.push_back(Elements::uniform(kernel.min(number, kernel.sub(count, kernel.index(1)))));
      elements.emplace_back(kernel, 1).setWholeRows();
      Value isThere = elements.back().splat(kernel.less(number, count));
      all.emplace_back(elements.back(), networks, RowPlace{places.back(), isThere});
    }
    FieldRow::storeResults(all, places);
  });
  kernel.finish({rows.ceilDiv(kernel.threads() * networks.rows)});
  return success();
}

} // namespace treadle
