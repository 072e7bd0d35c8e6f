//===- Placement.cpp - where buffers lie in the arena ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Placement.h"
#include <algorithm>
#include <numeric>

namespace treadle {
namespace {

constexpr int64_t alignment = 64;
int64_t alignUp(int64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

} // namespace

int64_t placeBuffers(std::vector<Lifetime> &buffers) {
  std::vector<uint32_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return buffers[a].bytes > buffers[b].bytes; });

  int64_t total = 0;
  std::vector<uint32_t> placed; // by offset
  for (uint32_t index : order) {
    Lifetime &buffer = buffers[index];
    int64_t bytes = alignUp(buffer.bytes), best = -1, bestGap = INT64_MAX, end = 0;
    for (uint32_t other : placed) {
      const Lifetime &neighbour = buffers[other];
      if (neighbour.last < buffer.first || buffer.last < neighbour.first)
        continue;
      int64_t gap = neighbour.offset - end;
      if (gap >= bytes && gap < bestGap) {
        best = end;
        bestGap = gap;
      }
      end = std::max(end, neighbour.offset + alignUp(neighbour.bytes));
    }
    buffer.offset = best >= 0 ? best : end;
    total = std::max(total, buffer.offset + bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), index,
                                   [&](uint32_t a, uint32_t b) { return buffers[a].offset < buffers[b].offset; }),
                  index);
  }
  return total;
}

} // namespace treadle
