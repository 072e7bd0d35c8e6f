//===- grid_levels.cpp - how many parameters a grid has, and where ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers that others have published for the same configurations, or that follow from tiny-cuda-nn's formulas
// in integers.
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/GridLevels.h"
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace treadle::ng {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<GridLevel> levelsOf(const GridConfig &config) {
  std::vector<GridLevel> levels;
  EXPECT_EQ(makeGridLevels(config, levels), "");
  return levels;
}

int64_t parameterCount(const GridConfig &config) { return entryCount(levelsOf(config)) * config.features; }

std::vector<uint32_t> resolutionsOf(const GridConfig &config) {
  std::vector<uint32_t> resolutions;
  for (const GridLevel &level : levelsOf(config))
    resolutions.push_back(level.resolution);
  return resolutions;
}

/// A radiance field's grid, as instant-ngp chooses the per-level scale.
GridConfig field(int64_t levels, int64_t features, float sceneSize = 1) {
  return {.levels = levels, .features = features, .perLevelScale = perLevelScaleFor(2048 * sceneSize, levels, 16)};
}

TEST(GridLevels, OfTheLibrarysOwnTest) {
  GridConfig config{.levels = 20, .features = 2, .log2HashmapSize = 16, .baseResolution = 32, .perLevelScale = 1.5f};
  EXPECT_EQ(parameterCount(config), 2555904);
  std::vector<GridLevel> levels = levelsOf(config);
  EXPECT_EQ(levels[0].entries, 32768);
  EXPECT_EQ(levels[0].index, IndexFunction::dense);
  EXPECT_EQ(levels[1].entries, 65536);
  EXPECT_EQ(levels[1].index, IndexFunction::coherent_prime);
  EXPECT_EQ(levels[2].offset, 32768 + 65536);
}

TEST(GridLevels, OfRadianceFields) {
  EXPECT_EQ(parameterCount(field(16, 2)), 12196240);
  EXPECT_THAT(resolutionsOf(field(16, 2)),
              ElementsAre(16, 23, 31, 43, 59, 81, 112, 154, 213, 295, 407, 562, 777, 1073, 1483, 2048));
  EXPECT_EQ(parameterCount(field(16, 2, 4)), 13074912);
  EXPECT_EQ(parameterCount(field(8, 4)), 11681792);
  EXPECT_EQ(parameterCount(field(8, 4, 4)), 12855296);
  EXPECT_EQ(parameterCount(field(8, 4, 16)), 13041664);
  EXPECT_EQ(parameterCount(field(8, 4, 128)), 13647872);
}

TEST(GridLevels, OfDenseAndTiledGrids) {
  EXPECT_EQ(parameterCount({.kind = GridKind::Dense, .dims = 2, .levels = 8, .features = 8, .baseResolution = 2}),
            699072);
  EXPECT_EQ(parameterCount({.kind = GridKind::Dense, .levels = 8, .features = 4, .perLevelScale = 1.405f}), 32624096);
  EXPECT_EQ(parameterCount(
                {.kind = GridKind::Tiled, .levels = 2, .features = 8, .baseResolution = 128, .perLevelScale = 1.0f}),
            33554432);
}

TEST(GridLevels, OfImages) {
  GridConfig config{.dims = 2, .levels = 16, .features = 2, .log2HashmapSize = 15, .perLevelScale = 1.5f};
  EXPECT_EQ(parameterCount(config), 708368);
  config.log2HashmapSize = 24;
  config.perLevelScale = perLevelScaleFor(512, 16, 16);
  EXPECT_NEAR(*config.perLevelScale, 1.25992, 1e-5);
  EXPECT_EQ(parameterCount(config), 1423440);
  config.perLevelScale = perLevelScaleFor(10000, 16, 16);
  EXPECT_EQ(parameterCount(config), 127110960);
  EXPECT_EQ(levelsOf(config).back().entries, 1 << 24);
}

TEST(GridLevels, Hash) {
  GridLevel hash{.entries = UINT32_MAX, .index = IndexFunction::coherent_prime};
  EXPECT_EQ(entryOf(hash, {1, 1, 1}), 2922720805);
  EXPECT_EQ(entryOf(hash, {10, 20, 30}), 4229153448);
  EXPECT_EQ(entryOf(hash, {123, 456, 789}), 635907338);
  EXPECT_EQ(entryOf(hash, {100, 200}), 2606174764);
  GridLevel level{.entries = 1 << 19, .index = IndexFunction::coherent_prime};
  EXPECT_EQ(entryOf(level, {1, 1, 1}), 339493);
  EXPECT_EQ(entryOf(level, {10, 20, 30}), 246440);
  EXPECT_EQ(entryOf(level, {123, 456, 789}), 470282);
  level.entries = 1 << 15;
  EXPECT_EQ(entryOf(level, {100, 200}), 4652);
}

/// The shift by half a cell lets the upper vertex lie one past the end, where a grid wraps around.
TEST(GridLevels, DenseIndex) {
  GridLevel level{.resolution = 5, .offset = 100, .entries = 128};
  EXPECT_EQ(entryOf(level, {1, 2, 3}), 100 + 1 + 2 * 5 + 3 * 25);
  EXPECT_EQ(entryOf(level, {5, 5, 5}), 100 + (5 + 25 + 125) % 128);
  EXPECT_EQ(entryOf(level, {~0u, 0, 0}), 100 + 127);
}

GridConfig torchNgp(GridKind kind, bool alignCorners = false) {
  return {.kind = kind, .convention = GridConvention::TorchNgp, .alignCorners = alignCorners};
}

/// By its formulas: 17^3, 33^3 and 65^3, filled up to a multiple of 8, and then 2^19.
TEST(GridLevels, OfTorchNgp) {
  for (GridKind kind : {GridKind::Hash, GridKind::Tiled}) {
    std::vector<GridLevel> levels = levelsOf(torchNgp(kind));
    EXPECT_EQ(levels[0].entries, 4920);
    EXPECT_EQ(levels[0].resolution, 17u);
    EXPECT_EQ(levels[0].scale, 15);
    EXPECT_EQ(levels[0].index, IndexFunction::dense);
    EXPECT_EQ(levels[1].offset, 4920);
    EXPECT_EQ(levels[1].entries, 35944);
    EXPECT_EQ(levels[2].entries, 274632);
    EXPECT_EQ(levels[3].entries, 1 << 19);
    bool isHash = kind == GridKind::Hash;
    EXPECT_EQ(levels[3].index, isHash ? IndexFunction::coherent_prime : IndexFunction::dense); // 129^2 is less
    EXPECT_EQ(levels[6].index, isHash ? IndexFunction::coherent_prime : IndexFunction::tiled);
    EXPECT_EQ(entryCount(levels), 4920 + 35944 + 274632 + 13 * (1 << 19));
  }
  std::vector<GridLevel> aligned = levelsOf(torchNgp(GridKind::Hash, /*alignCorners=*/true));
  EXPECT_EQ(aligned[0].entries, 4096);
  EXPECT_EQ(aligned[0].resolution, 16u);
  EXPECT_EQ(aligned[3].entries, 1 << 19);
  EXPECT_EQ(aligned[3].index, IndexFunction::coherent_prime);
}

/// Those of a radiance field: b is not rounded to f32 before its logarithm is.
TEST(GridLevels, OfTorchNgpsRadianceFields) {
  GridConfig config = torchNgp(GridKind::Hash);
  config.perLevelScale = std::exp2(7.0 / 15);
  EXPECT_THAT(resolutionsOf(config),
              ElementsAre(17, 24, 32, 44, 60, 82, 113, 155, 214, 296, 408, 563, 778, 1074, 1484, 2049));
  config.levels = 2;
  EXPECT_EQ(levelsOf(config)[1].scale, std::exp2(float(7.0 / 15)) * 16 - 1);
}

/// A coordinate whose factor is beyond the entries is not asked; of those before it the number wraps around.
TEST(GridLevels, TiledIndex) {
  GridLevel level{.resolution = 100, .offset = 8, .entries = 1000, .index = IndexFunction::tiled};
  EXPECT_EQ(entryOf(level, {1, 2, 3}), 8 + 1 + 2 * 100);
  EXPECT_EQ(entryOf(level, {99, 99, 99}), 8 + (99 + 9900) % 1000);
  EXPECT_EQ(factorOf(level, 2), 0u);
}

/// Where 32 bits cannot number the vertices of a grid that is not hashed, all have one.
TEST(GridLevels, TooFineToBeNumbered) {
  GridConfig config{.kind = GridKind::Tiled, .levels = 2, .features = 1, .baseResolution = 900, .perLevelScale = 2.0f};
  std::vector<GridLevel> levels = levelsOf(config);
  EXPECT_EQ(levels[0].index, IndexFunction::dense);
  EXPECT_EQ(levels[1].index, IndexFunction::single);
  EXPECT_EQ(entryOf(levels[1], {7, 8, 9}), levels[1].offset);
}

TEST(GridLevels, OneDenseLevelNeedsNoScale) {
  GridConfig config{.kind = GridKind::Dense, .dims = 2, .levels = 1, .baseResolution = 16};
  EXPECT_THAT(resolutionsOf(config), ElementsAre(16));
}

std::string problemOf(const GridConfig &config) {
  std::vector<GridLevel> levels;
  return makeGridLevels(config, levels);
}

TEST(GridLevels, SaysWhichKeyIsWrong) {
  EXPECT_THAT(problemOf({.dims = 5}), HasSubstr("n_dims_to_encode of a grid is 5, it can be 2 to 4"));
  EXPECT_THAT(problemOf({.levels = 0}), HasSubstr("n_levels is 0, it can be 1 to 128"));
  EXPECT_THAT(problemOf({.features = 3}), HasSubstr("n_features_per_level is 3, it can be 1, 2, 4 or 8"));
  EXPECT_THAT(problemOf({.log2HashmapSize = 31}), HasSubstr("log2_hashmap_size is 31"));
  EXPECT_THAT(problemOf({.baseResolution = 0}), HasSubstr("base_resolution is 0"));
  EXPECT_THAT(problemOf({.perLevelScale = NAN}), HasSubstr("per_level_scale is nan"));
  EXPECT_THAT(problemOf({.perLevelScale = 16.0f}), HasSubstr("level 7 of the grid has a resolution of"));
  EXPECT_THAT(problemOf({.kind = GridKind::Dense, .perLevelScale = 2.0f}), HasSubstr("more than 2^31 - 1 parameters"));
  EXPECT_THAT(problemOf(torchNgp(GridKind::Dense)), HasSubstr("type is Dense, which grids of convention torch-ngp"));
  EXPECT_THAT(problemOf({.alignCorners = true}), HasSubstr("align_corners is true, which only grids of convention"));
}

} // namespace
} // namespace treadle::ng
