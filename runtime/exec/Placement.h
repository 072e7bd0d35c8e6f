//===- Placement.h - where buffers lie in the arena -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_EXEC_PLACEMENT_H
#define TREADLE_RUNTIME_EXEC_PLACEMENT_H

#include <cstdint>
#include <vector>

namespace treadle {

struct Lifetime {
  int64_t bytes = 0;
  uint32_t first = 0, last = 0; // steps, inclusive
  int64_t offset = 0;           // what placement finds
};

/// Gives buffers offsets, multiples of 64, such that those alive at the same time do not overlap, and
/// returns how much memory they take. The largest first, each where it fits with the least waste (Pisarchyk
/// and Lee 2020, "greedy by size").
int64_t placeBuffers(std::vector<Lifetime> &buffers);

} // namespace treadle

#endif // TREADLE_RUNTIME_EXEC_PLACEMENT_H
