//===- GridLevels.cpp - the levels of a grid of features --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each statement below is one operation of f32, so that no compiler contracts two of them to one rounding.
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/GridLevels.h"
#include <cmath>

namespace treadle::ng {
namespace {

constexpr int64_t maxEntries = INT32_MAX;

/// The widest grid, by its dimensions, whose vertices an integer of 32 bits can number.
constexpr uint32_t widest[] = {0, 0xFFFFFFFF, 65535, 1625, 255};

/// resolution^dims as far as it can be told from more than maxEntries.
int64_t vertexCount(uint32_t resolution, int64_t dims) {
  int64_t count = 1;
  for (int64_t i = 0; i < dims; ++i) {
    if (count > maxEntries / int64_t(resolution))
      return maxEntries;
    count *= resolution;
  }
  return count;
}

std::string outOfRange(const char *key, int64_t value, int64_t low, int64_t high) {
  return std::string(key) + " is " + std::to_string(value) + ", it can be " + std::to_string(low) + " to " +
         std::to_string(high);
}

std::string describeProblem(const GridConfig &config) {
  if (config.dims < minGridDims || config.dims > maxGridDims)
    return outOfRange("n_dims_to_encode of a grid", config.dims, minGridDims, maxGridDims);
  if (config.levels < 1 || config.levels > maxGridLevels)
    return outOfRange("n_levels", config.levels, 1, maxGridLevels);
  if (config.features != 1 && config.features != 2 && config.features != 4 && config.features != 8)
    return "n_features_per_level is " + std::to_string(config.features) + ", it can be 1, 2, 4 or 8";
  bool hasLimit = config.kind == GridKind::Hash || config.convention == GridConvention::TorchNgp;
  if (hasLimit && (config.log2HashmapSize < 0 || config.log2HashmapSize > 30))
    return outOfRange("log2_hashmap_size", config.log2HashmapSize, 0, 30);
  if (config.baseResolution < 1 || config.baseResolution > 1 << 24)
    return outOfRange("base_resolution", config.baseResolution, 1, 1 << 24);
  if (config.convention == GridConvention::TorchNgp && config.kind == GridKind::Dense)
    return "type is Dense, which grids of convention torch-ngp cannot be; Hash with a log2_hashmap_size that is large "
           "enough has all vertices";
  if (config.convention != GridConvention::TorchNgp && config.alignCorners)
    return "align_corners is true, which only grids of convention torch-ngp can be";
  return "";
}

void finishTinyCudaNn(const GridConfig &config, GridLevel &level) {
  int64_t count = (vertexCount(level.resolution, config.dims) + 7) / 8 * 8;
  if (config.kind == GridKind::Tiled)
    count = std::min(count, vertexCount(config.baseResolution, config.dims));
  if (config.kind == GridKind::Hash)
    count = std::min(count, int64_t(1) << config.log2HashmapSize);
  level.entries = count;

  // Coarse levels of a hash grid have room for every vertex.
  bool isNumbered = level.resolution <= widest[config.dims];
  uint32_t numbers = 0xFFFFFFFF;
  if (isNumbered)
    numbers = static_cast<uint32_t>(std::pow(double(level.resolution), double(config.dims)));
  if (config.kind == GridKind::Hash && level.entries < numbers)
    level.index = IndexFunction::coherent_prime;
  else
    level.index = isNumbered ? IndexFunction::dense : IndexFunction::single;
}

/// Of a level with that many `cells`.
void finishTorchNgp(const GridConfig &config, double cells, GridLevel &level) {
  int64_t further = config.alignCorners ? 0 : 1; // vertices beyond the last cell
  level.resolution += further;
  int64_t along = static_cast<int64_t>(std::min(cells, double(maxEntries - 1))) + further;
  int64_t count = std::min(vertexCount(along, config.dims), int64_t(1) << config.log2HashmapSize);
  level.entries = (count + 7) / 8 * 8;

  // As many coordinates are numbered as their factors, which wrap around, do not exceed the entries.
  uint32_t factor = 1;
  int64_t numbered = 0;
  for (; numbered < config.dims && factor <= static_cast<uint32_t>(level.entries); ++numbered)
    factor *= level.resolution;
  if (config.kind == GridKind::Hash && factor > static_cast<uint32_t>(level.entries))
    level.index = IndexFunction::coherent_prime;
  else
    level.index = numbered == config.dims ? IndexFunction::dense : IndexFunction::tiled;
}

} // namespace

float perLevelScaleFor(float desired, int64_t levels, int64_t baseResolution) {
  float ratio = desired / static_cast<float>(baseResolution);
  float exponent = std::log(ratio);
  exponent /= static_cast<float>(levels - 1);
  return std::exp(exponent);
}

float defaultPerLevelScale(GridKind kind, int64_t levels, int64_t baseResolution) {
  return kind == GridKind::Dense ? perLevelScaleFor(256, levels, baseResolution) : 2.0f;
}

std::string makeGridLevels(const GridConfig &config, std::vector<GridLevel> &levels) {
  levels.clear();
  if (std::string problem = describeProblem(config); !problem.empty())
    return problem;
  double perLevel =
      config.perLevelScale.value_or(defaultPerLevelScale(config.kind, config.levels, config.baseResolution));
  // With one level it does not matter; the default of a dense grid is not even a number then.
  if (config.levels == 1)
    perLevel = 1;
  auto rounded = static_cast<float>(perLevel);
  if (!std::isfinite(rounded) || rounded <= 0)
    return "per_level_scale is " + std::to_string(rounded) + ", it should be a positive number";

  bool isTorchNgp = config.convention == GridConvention::TorchNgp;
  float log2PerLevel = isTorchNgp ? static_cast<float>(std::log2(perLevel)) : std::log2(rounded);
  int64_t offset = 0;
  for (int64_t number = 0; number < config.levels; ++number) {
    GridLevel level;
    float exponent = static_cast<float>(number) * log2PerLevel;
    float cells = std::exp2(exponent) * static_cast<float>(config.baseResolution);
    level.scale = cells - 1.0f;
    float vertices = std::ceil(level.scale);
    std::string where = "level " + std::to_string(number) + " of the grid has a resolution of ";
    if (!(vertices >= 0 && vertices < 0x1p31f))
      return where + std::to_string(vertices) +
             " by its base_resolution and per_level_scale, which should be 1 to 2^31";
    level.resolution = static_cast<uint32_t>(vertices) + 1;
    level.offset = offset;
    if (isTorchNgp)
      finishTorchNgp(config, std::ceil(static_cast<double>(config.baseResolution) * std::pow(perLevel, number)), level);
    else
      finishTinyCudaNn(config, level);
    offset += level.entries;
    if (offset * config.features > maxEntries)
      return where + std::to_string(level.resolution) + ", with which the grid has more than 2^31 - 1 parameters";
    levels.push_back(level);
  }
  return "";
}

int64_t entryCount(llvm::ArrayRef<GridLevel> levels) {
  return levels.empty() ? 0 : levels.back().offset + levels.back().entries;
}

uint32_t factorOf(const GridLevel &level, int64_t dim) {
  if (level.index == IndexFunction::coherent_prime)
    return hashPrimes[dim];
  uint32_t factor = level.index == IndexFunction::single ? 0 : 1;
  for (int64_t i = 0; i < dim && factor; ++i) {
    factor *= level.resolution;
    if (level.index == IndexFunction::tiled && factor > static_cast<uint32_t>(level.entries))
      factor = 0;
  }
  return factor;
}

int64_t entryOf(const GridLevel &level, llvm::ArrayRef<uint32_t> vertex) {
  uint32_t index = 0;
  for (auto [dim, coordinate] : llvm::enumerate(vertex)) {
    uint32_t part = coordinate * factorOf(level, static_cast<int64_t>(dim));
    index = level.index == IndexFunction::coherent_prime ? index ^ part : index + part;
  }
  return level.offset + index % static_cast<uint32_t>(level.entries);
}

} // namespace treadle::ng
