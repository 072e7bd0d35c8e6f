//===- ContractionTiling.h - how a product is cut into pieces -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMD_CONTRACTIONTILING_H
#define TREADLE_CODEGEN_SIMD_CONTRACTIONTILING_H

#include "codegen/ContractionShape.h"
#include "codegen/Target.h"

namespace treadle {

/// How the work is cut: into tasks of `rowBlock` rows and `columnBlock` columns, those into tiles of
/// `tileRows` rows and `tileVectors` vectors of `lanes` columns whose sums are all in registers.
struct ContractionTiling {
  /// `packsLhs`: A is copied for each task, so that tasks should have many columns. `narrow`: columns are so
  /// few that lanes lie along the depth; a tile has as many rows as a vector has lanes.
  static ContractionTiling choose(const ContractionShape &shape, const Target &target, bool packsLhs, bool packsRhs,
                                  bool narrow);

  int64_t lanes = 1;
  int64_t tileRows = 1, tileVectors = 1;
  int64_t rowBlock = 1, columnBlock = 1;
  llvm::SmallVector<int64_t> tailRows; // heights of tiles for what is left of a block's rows

  int64_t tileColumns() const { return tileVectors * lanes; }
};

} // namespace treadle

#endif // TREADLE_CODEGEN_SIMD_CONTRACTIONTILING_H
