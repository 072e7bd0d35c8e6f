//===- LaneMemory.h - the lanes' accesses to memory --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_GCN_LANEMEMORY_H
#define TREADLE_TOOLS_SIMULATOR_GCN_LANEMEMORY_H

#include "tools/simulator/Fault.h"
#include "tools/simulator/gcn/Wave.h"
#include <fmt/format.h>

namespace treadle::simulator::gcn {

/// What an instruction moves between memory and a lane's registers.
enum class Element {
  words,
  byte,
  signedByte,
  half,
  signedHalf,
  byteLow,
  byteHigh,
  signedByteLow,
  signedByteHigh,
  halfLow,
  halfHigh
};

constexpr unsigned bytesOf(Element element, unsigned words) {
  switch (element) {
  case Element::words:
    return 4 * words;
  case Element::half:
  case Element::signedHalf:
  case Element::halfLow:
  case Element::halfHigh:
    return 2;
  default:
    return 1;
  }
}

/// What a register holds after a load; before it `old`.
template <Element element> uint32_t loaded(const char *from, uint32_t old) {
  uint16_t half = 0;
  std::memcpy(&half, from, bytesOf(element, 1) == 1 ? 1 : 2);
  auto byte = static_cast<uint8_t>(half);
  auto low = [&](uint32_t value) { return (old & 0xffff0000) | (value & 0xffff); };
  auto high = [&](uint32_t value) { return (old & 0xffff) | value << 16; };
  switch (element) {
  case Element::words:
    break;
  case Element::byte:
    return byte;
  case Element::signedByte:
    return static_cast<uint32_t>(static_cast<int8_t>(byte));
  case Element::half:
    return half;
  case Element::signedHalf:
    return static_cast<uint32_t>(static_cast<int16_t>(half));
  case Element::byteLow:
    return low(byte);
  case Element::byteHigh:
    return high(byte);
  case Element::signedByteLow:
    return low(static_cast<uint32_t>(static_cast<int8_t>(byte)));
  case Element::signedByteHigh:
    return high(static_cast<uint32_t>(static_cast<int8_t>(byte)));
  case Element::halfLow:
    return low(half);
  case Element::halfHigh:
    return high(half);
  }
  return old;
}

/// What a store of `element` takes from a register.
template <Element element> uint32_t stored(uint32_t value) {
  return element == Element::byteHigh || element == Element::halfHigh ? value >> 16 : value;
}

/// Calls `each(lane, host's place)` for the lanes of `active`. Lanes whose accesses follow one another in memory, or
/// are the same, are looked up together. `find(address, bytes)` does it, and may throw Fault.
template <typename Find, typename Each>
void forRuns(const uint64_t *addresses, uint64_t active, unsigned bytes, Find find, Each each) {
  for (unsigned lane = 0; lane < lanesOfWave;) {
    if (!(active >> lane & 1)) {
      ++lane;
      continue;
    }
    unsigned end = lane + 1;
    auto follows = [&](uint64_t step) {
      return end < lanesOfWave && active >> end & 1 && addresses[end] == addresses[end - 1] + step;
    };
    unsigned step = follows(0) ? 0 : bytes;
    while (follows(step))
      ++end;
    char *place = nullptr;
    try {
      place = find(addresses[lane], bytes + size_t(step) * (end - lane - 1));
    } catch (const Fault &fault) {
      for (unsigned one = lane; one < end; ++one) { // which of them it was
        try {
          find(addresses[one], bytes);
        } catch (const Fault &itself) {
          faultAtLane(one, itself.what());
        }
      }
      throw;
    }
    for (; lane < end; ++lane, place += step)
      each(lane, place);
  }
}

/// An atomic operation on memory of T: what was there, what it is given, what stands there afterwards.
template <typename T> using Update = T (*)(T old, T given);

} // namespace treadle::simulator::gcn

#endif // TREADLE_TOOLS_SIMULATOR_GCN_LANEMEMORY_H
