//===- AttentionPlan.cpp - how attention is cut for a device ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/AttentionPlan.h"
#include "codegen/simt/Boxes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using treadle::graph::DimExpr;

namespace treadle::simt {
namespace {

constexpr int64_t mostStages = 8, fewestStages = 4;
// So many tasks, of one unit of threads each, leave no device idle.
constexpr int64_t enoughTasks = 128;
// What sizes that are known only at run time are taken to be.
constexpr int64_t usualSize = 2048;
// Of a thread, besides what its part of S, P and O is in.
constexpr int64_t otherRegisters = 48;

/// Whether a thread's sums are, from the first on, what it gives as lhs of one product after the other.
bool isChained(const MatrixUnit &unit) {
  const FragmentLayout &sums = unit.sums, &held = unit.lhs;
  auto isSame = [&](int64_t sum, int64_t place) {
    return sum / unit.columns == place / unit.depth && sum % unit.columns == place % unit.depth;
  };
  if (held.lanes.size() != sums.lanes.size() || sums.elements.size() < held.elements.size() ||
      !llvm::all_of_zip(sums.lanes, held.lanes, isSame) ||
      !llvm::all_of_zip(ArrayRef(sums.elements).take_front(held.elements.size()), held.elements, isSame))
    return false;
  int64_t next = unit.depth;
  for (int64_t weight : ArrayRef(sums.elements).drop_front(held.elements.size())) {
    if (weight != next)
      return false;
    next *= 2;
  }
  return true;
}

/// Gives each thread what it needs, if the workgroup has that much.
bool shareRegisters(AttentionPlan &plan, const Target &target, int64_t needed) {
  // Threads come in fours of subgroups, registers of a thread in eights.
  constexpr int64_t piece = 8, fewest = 24, mostTaken = 240;
  int64_t all = 2 * target.threadRegisters * target.workgroupThreads, threads = plan.threads();
  int64_t launched = std::min(all / threads, 2 * target.threadRegisters) / piece * piece;
  if (needed <= launched)
    return true;
  plan.kept = fewest;
  plan.taken = launched * threads - fewest * (threads - plan.multiplying());
  plan.taken = std::min(plan.taken / plan.multiplying() / piece * piece, mostTaken);
  return needed <= plan.taken;
}

} // namespace

std::optional<AttentionPlan> AttentionPlan::of(const Target &target, const AttentionShape &shape, Type element) {
  int64_t bytes = storageType(element).getIntOrFloatBitWidth() / 8, inRow = boxRowBytes / bytes;
  int64_t queries = shape.queries.constantValue().value_or(usualSize), tasks = 1;
  for (DimExpr size : shape.outerDims)
    tasks *= size.constantValue().value_or(1);
  auto aligned = [&](DimExpr size) { return static_cast<int64_t>(llvm::alignTo(*size.constantValue(), inRow)); };
  SmallVector<const MatrixUnit *> units;
  for (const MatrixUnit &unit : target.sharedUnits)
    if (unit.multiplies(element) && isChained(unit))
      units.push_back(&unit);
  for (const MatrixUnit *score : units) {
    // Of few queries most of a unit would multiply nothing.
    if (queries < score->rows / 2)
      return std::nullopt;
    if (score != units.back() && shape.keys.isConstant() && *shape.keys.constantValue() <= score->columns / 2)
      continue;
    AttentionPlan plan{2, score, {}, aligned(shape.depth), aligned(shape.width)};
    if (queries <= score->rows ||
        tasks * static_cast<int64_t>(llvm::divideCeil(queries, plan.queries())) * 2 <= enoughTasks)
      plan.units = 1;
    int64_t left = plan.columns, sums = score->sums.count();
    int64_t registers = sums + sums * bytes / 4;
    for (const MatrixUnit *unit : units)
      for (; left >= unit->columns; left -= unit->columns) {
        plan.results.push_back(unit);
        registers += unit->sums.count();
      }
    // A workgroup has a multiprocessor for itself.
    int64_t room = target.mostSharedBytes - boxPatternBytes - plan.queries() * plan.depth * bytes;
    plan.stages = std::min(mostStages, room / (plan.stageElements() * bytes + 4 * StageRing::barrierBytes));
    if (left == 0 && plan.stages >= fewestStages && shareRegisters(plan, target, registers + otherRegisters))
      return plan;
  }
  return std::nullopt;
}

} // namespace treadle::simt
