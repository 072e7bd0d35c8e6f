//===- Watch.cpp - what a caller is told while passes run -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/compile/Watch.h"
#include "dialects/program/Program.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;

namespace treadle {
namespace {

/// Whether a pass with this root works on the model, not on one of its kernels.
bool isOfModel(Operation *op) {
  return !isa<program::ExecutableOp>(op) && !op->getParentOfType<program::ExecutableOp>();
}

std::map<std::string, int64_t> countOps(Operation *root) {
  std::map<std::string, int64_t> counts;
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op != root && isa<ModuleOp, program::ExecutableOp>(op))
      return WalkResult::skip(); // kernels
    ++counts[op->getName().stripDialect().str()];
    return WalkResult::advance();
  });
  return counts;
}

} // namespace

void Watch::runBeforePass(Pass *pass, Operation *op) {
  std::lock_guard<std::mutex> guard(lock);
  std::string what = pass->getArgument().str();
  if (explain && !what.empty() && isOfModel(op))
    before[pass] = countOps(op);
  if (!hooks.progress)
    return;
  if (auto module = dyn_cast<ModuleOp>(op); module && module.getSymName())
    what = graph::sourceName(op->getLoc());
  // Approaches the stage's end with every pass.
  at += (1 - at) * 0.05;
  hooks.progress(stage, what, from + (to - from) * at);
}

void Watch::runAfterPass(Pass *pass, Operation *op) {
  std::lock_guard<std::mutex> guard(lock);
  auto known = before.find(pass);
  if (known == before.end())
    return;
  Counts differences = countOps(op);
  for (const auto &[name, count] : known->second)
    differences[name] -= count;
  before.erase(known);
  std::string removed, added;
  for (const auto &[name, difference] : differences) {
    std::string &list = difference < 0 ? removed : added;
    if (difference != 0)
      list += (list.empty() ? "" : ", ") + std::to_string(std::abs(difference)) + " " + name;
  }
  if (removed.empty() && added.empty())
    return;
  hooks.explain("  " + pass->getArgument().str() + (removed.empty() ? "" : ": removed " + removed) +
                (added.empty() ? "" : (removed.empty() ? ": added " : "; added ") + added));
}

void explainGroups(ModuleOp module, const CompileHooks &hooks) {
  int64_t number = 0;
  module.walk([&](graph::GroupOp group) {
    std::string line = "  " + std::to_string(number++) + " " + group.getFamily().str() + ":";
    for (Operation &op : group.getBody().front().without_terminator()) {
      if (isa<graph::ConstantOp>(op))
        continue;
      std::string name = graph::sourceName(op.getLoc());
      line += " " + op.getName().stripDialect().str() + (name.empty() ? "" : " <" + name + ">");
    }
    hooks.explain(line);
  });
}

} // namespace treadle
