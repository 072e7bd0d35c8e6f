//===- AttentionPlan.h - how attention is cut for a device --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_ATTENTIONPLAN_H
#define TREADLE_CODEGEN_SIMT_ATTENTIONPLAN_H

#include "codegen/AttentionShape.h"

namespace treadle::simt {

/// What a workgroup works on at a time.
struct AttentionPlan {
  int64_t units;                                    // of threads, each with `score->rows` queries
  const MatrixUnit *score;                          // for a block of keys
  llvm::SmallVector<const MatrixUnit *, 4> results; // for V's columns, side by side
  int64_t depth, columns, stages = 0;               // of Q and K, of V, as rows of shared memory hold them
  // Of a thread, as the device gives them to all of the workgroup; and what those that multiply take, and those that
  // copy keep, if that is not enough, else 0.
  int64_t taken = 0, kept = 0;

  int64_t queries() const { return units * score->rows; }
  int64_t keys() const { return score->columns; }
  int64_t multiplying() const { return units * score->threads(); }
  /// With those that copy, as many as a unit has: only they hand on registers together.
  int64_t threads() const { return multiplying() + score->threads(); }
  int64_t stageElements() const { return keys() * std::max(depth, columns); }

  /// As many keys as fit the registers of a thread and shared memory; or nothing.
  static std::optional<AttentionPlan> of(const Target &target, const AttentionShape &shape, mlir::Type element);
};

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_ATTENTIONPLAN_H
