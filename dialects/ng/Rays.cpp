//===- Rays.cpp - what happens along a ray ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/Rays.h"
#include <algorithm>
#include <cmath>

namespace treadle::ng {

Ray rayOf(const graph::Tensor &origins, const graph::Tensor &directions, int64_t index, llvm::ArrayRef<float> box) {
  Ray ray;
  ray.end = HUGE_VAL;
  for (int64_t d = 0; d < 3; ++d) {
    ray.origin[d] = origins.get<double>(3 * index + d);
    ray.direction[d] = directions.get<double>(3 * index + d);
    double low = (box[d] - ray.origin[d]) / ray.direction[d], high = (box[d + 3] - ray.origin[d]) / ray.direction[d];
    ray.start = std::max(ray.start, std::min(low, high));
    ray.end = std::min(ray.end, std::max(low, high));
  }
  return ray;
}

Occupancy::Occupancy(const graph::Tensor &bits)
    : bits(bits), cascades(bits.shape()[0]), cells(occupancyCells(bits.shape()[1])) {}

bool Occupancy::isOccupied(const Point &point) const {
  double distance = 0;
  for (double x : point)
    distance = std::max(distance, std::abs(x - 0.5));
  int64_t cascade = 0;
  while (cascade + 1 < cascades && distance >= std::ldexp(0.5, static_cast<int>(cascade)))
    ++cascade;
  uint32_t cell[3];
  for (int64_t d = 0; d < 3; ++d) {
    double inside = (std::ldexp(point[d] - 0.5, -static_cast<int>(cascade)) + 0.5) * static_cast<double>(cells);
    cell[d] = static_cast<uint32_t>(std::clamp(std::floor(inside), 0.0, static_cast<double>(cells - 1)));
  }
  uint32_t code = mortonCode(cell[0], cell[1], cell[2]);
  return bits.get<int64_t>(cascade * bits.shape()[1] + code / 8) >> (code % 8) & 1;
}

int64_t occupancyCells(int64_t bytes) {
  for (int64_t cells = 2; cells <= 1024; cells *= 2)
    if (cells * cells * cells == 8 * bytes)
      return cells;
  return 0;
}

static uint32_t spread(uint32_t number) {
  for (SpreadStep step : mortonSteps)
    number = (number | number << step.shift) & step.mask;
  return number;
}

uint32_t mortonCode(uint32_t x, uint32_t y, uint32_t z) { return spread(x) | spread(y) << 1 | spread(z) << 2; }

} // namespace treadle::ng
