//===- GridLevels.h - the levels of a grid of features ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many parameters a grid has, and which belong to which vertex, follows from a few numbers of its
// configuration, in one way or another. The formulas are tiny-cuda-nn's and torch-ngp's to the last bit: scales are
// f32, and one that rounds otherwise is another resolution, and another number of parameters.
//
//     scale       s_l = exp2(l * log2(b)) * N - 1           b: per-level scale, N: base resolution
//
//     tiny-cuda-nn                                          log2(b) of b as f32
//     resolution  r_l = ceil(s_l) + 1
//     entries     p = r_l^D (at most 2^31 - 1), rounded up to a multiple of 8; then
//                 dense p, tiled min(p, N^D), hash min(p, 2^T)
//     index       of a hash grid whose r_l^D numbers are more than its entries a hash, else dense
//
//     torch-ngp                                             log2(b) of b as f64
//     resolution  r_l = ceil(s_l) + 2, as positions are half a cell further; with align_corners ceil(s_l) + 1
//     entries     min(2^T, v^D), rounded up to a multiple of 8, of v = ceil(N * b^l) + 1 in f64, less 1 with
//                 align_corners
//     index       where r_l^D is more than the entries a hash, of a tiled grid `tiled`
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_GRIDLEVELS_H
#define TREADLE_DIALECTS_NG_GRIDLEVELS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dialects/ng/Enums.h.inc"

namespace treadle::ng {

enum class GridKind { Hash, Dense, Tiled };
/// Whose formulas.
enum class GridConvention { TinyCudaNn, TorchNgp };

struct GridConfig {
  GridKind kind = GridKind::Hash;
  int64_t dims = 3;
  int64_t levels = 16;
  int64_t features = 2;                     // of a vertex
  int64_t log2HashmapSize = 19;             // T
  int64_t baseResolution = 16;              // N
  std::optional<double> perLevelScale = {}; // b; without one defaultPerLevelScale
  GridConvention convention = GridConvention::TinyCudaNn;
  bool alignCorners = false; // torch-ngp: vertices lie on the unit cube's faces
};

struct GridLevel {
  float scale = 0;
  uint32_t resolution = 1;
  int64_t offset = 0, entries = 0; // in the table, in vertices
  IndexFunction index = IndexFunction::dense;

  bool operator==(const GridLevel &other) const = default;
};

inline constexpr int64_t maxGridLevels = 128;
inline constexpr int64_t minGridDims = 2, maxGridDims = 4;

/// What tiny-cuda-nn takes where the configuration has none: 2, and for dense grids what makes the finest
/// level 256 cells wide.
float defaultPerLevelScale(GridKind kind, int64_t levels, int64_t baseResolution);
/// The one with which the finest level's resolution is `desired`, in f32.
float perLevelScaleFor(float desired, int64_t levels, int64_t baseResolution);

/// The levels, coarsest first. Returns what is wrong with the configuration, by tiny-cuda-nn's keys, or "".
std::string makeGridLevels(const GridConfig &config, std::vector<GridLevel> &levels);

/// How many vertices have features, in all levels.
int64_t entryCount(llvm::ArrayRef<GridLevel> levels);

/// What coordinates are multiplied with before they are combined by exclusive or.
inline constexpr std::array<uint32_t, 4> hashPrimes = {1, 2654435761, 805459861, 3674653429};

/// What coordinate `dim` is multiplied with before all are combined to a level's index: by exclusive or for a hash,
/// else added up.
uint32_t factorOf(const GridLevel &level, int64_t dim);

/// The row of the table that a vertex has.
int64_t entryOf(const GridLevel &level, llvm::ArrayRef<uint32_t> vertex);

} // namespace treadle::ng

#endif // TREADLE_DIALECTS_NG_GRIDLEVELS_H
