//===- Map.cpp - every element by itself, a thread each ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Neighbouring threads take neighbouring elements of the results:
//
//     task: one place of the outer dimensions, a block of the inner ones seen as one
//       each thread: every `threads`-th element of the block
//
// The inner dimensions are as many as keep a workgroup busy and are of known size, so that an element's
// place is found by dividing by constants; the outer ones are divided out once for the whole workgroup.
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/elements/Elements.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

/// Elements that a thread does of one task.
static constexpr int64_t elementsPerThread = 4;

LogicalResult simt::scheduleMap(func::FuncOp source, const Target &target) {
  Kernel kernel(source, target);
  MLIRContext *context = kernel.b.getContext();
  Dims dims = kernel.dims(kernel.results().front());
  if (dims.empty()) // a scalar is a row of one
    dims.push_back(DimExpr::constant(context, 1));
  size_t first = dims.size() - 1;
  DimExpr inner = dims.back();
  while (first > 0 && inner.constantValue().value_or(INT64_MAX) < target.workgroupThreads * elementsPerThread)
    inner = inner * dims[--first];
  if (std::optional<int64_t> size = inner.constantValue(); size && *size < target.workgroupThreads)
    kernel.setThreads(llvm::alignTo(std::max<int64_t>(*size, 1), target.subgroupThreads));
  int64_t threads = kernel.threads(), block = threads;
  if (inner.constantValue().value_or(INT64_MAX) > threads)
    block *= elementsPerThread;

  SmallVector<DimExpr> grid(dims.begin(), dims.begin() + first);
  grid.push_back(inner.ceilDiv(block));
  kernel.tasks([&](Value task) {
    SmallVector<Value> at = kernel.delinearize(task, grid);
    Value start = kernel.add(kernel.mul(at.back(), block), kernel.thread());
    for (int64_t offset = 0; offset < block; offset += threads) {
      Value element = kernel.add(start, offset);
      auto emit = [&] {
        Position position;
        for (Value index : ArrayRef(at).drop_back())
          position.push_back(Elements::uniform(index));
        for (Value index : kernel.delinearize(element, ArrayRef(dims).drop_front(first)))
          position.push_back(Elements::uniform(index));
        Elements elements(kernel, 1);
        elements.storeResults(position);
      };
      inner.isMultipleOf(block) ? emit() : kernel.when(kernel.less(element, kernel.size(inner)), emit);
    }
  });
  kernel.finish({product(context, grid)});
  return success();
}

} // namespace treadle
