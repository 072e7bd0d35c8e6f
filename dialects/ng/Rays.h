//===- Rays.h - what happens along a ray --------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_RAYS_H
#define TREADLE_DIALECTS_NG_RAYS_H

#include "dialects/graph/Tensor.h"
#include <array>

namespace treadle::ng {

using Point = std::array<double, 3>;

/// The part of a ray that is in a box: start < end if there is one.
struct Ray {
  Point origin, direction;
  double start = 0, end = 0;

  Point at(double t) const {
    return {origin[0] + t * direction[0], origin[1] + t * direction[1], origin[2] + t * direction[2]};
  }
};

/// Row `index` of tensors [N, 3], in the box least x, y, z, greatest x, y, z (Kay and Kajiya 1986, slabs).
Ray rayOf(const graph::Tensor &origins, const graph::Tensor &directions, int64_t index, llvm::ArrayRef<float> box);

/// Bits of cells in cascades around (1/2, 1/2, 1/2), as in ng.march.
class Occupancy {
public:
  explicit Occupancy(const graph::Tensor &bits);
  bool isOccupied(const Point &point) const;

private:
  const graph::Tensor &bits;
  int64_t cascades, cells;
};

/// The edge of a cascade of so many bytes; 0 where it is no cube of a power of two of cells, 2 to 1024.
int64_t occupancyCells(int64_t bytes);

/// Bits of three numbers of up to 10 bits in turn, x lowest (Morton 1966).
uint32_t mortonCode(uint32_t x, uint32_t y, uint32_t z);
/// The steps by which a number's bits are spread to every third: number = (number | number << shift) & mask.
struct SpreadStep {
  uint32_t shift, mask;
};
inline constexpr std::array<SpreadStep, 4> mortonSteps = {
    {{16, 0x030000FF}, {8, 0x0300F00F}, {4, 0x030C30C3}, {2, 0x09249249}}};

} // namespace treadle::ng

#endif // TREADLE_DIALECTS_NG_RAYS_H
