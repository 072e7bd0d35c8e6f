//===- Random.h - Philox, a generator that counts -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011. A bijection of counters for each key, whose results pass the known tests of randomness: any
// element can be had without those before it, so it does not matter who computes which.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_RANDOM_H
#define TREADLE_DIALECTS_GRAPH_RANDOM_H

#include <array>
#include <cstdint>

namespace treadle::graph {

/// The 4x32 generator with ten rounds.
struct Philox {
  static constexpr int rounds = 10;
  static constexpr std::array<uint32_t, 2> multipliers = {0xD2511F53, 0xCD9E8D57}; // of words 0 and 2
  static constexpr std::array<uint32_t, 2> keySteps = {0x9E3779B9, 0xBB67AE85};    // from round to round

  /// The words of a counter under a key.
  static std::array<uint32_t, 4> words(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
    for (int round = 0; round < rounds; ++round) {
      uint64_t first = uint64_t(multipliers[0]) * counter[0], second = uint64_t(multipliers[1]) * counter[2];
      counter = {uint32_t(second >> 32) ^ counter[1] ^ key[0], uint32_t(second),
                 uint32_t(first >> 32) ^ counter[3] ^ key[1], uint32_t(first)};
      key = {key[0] + keySteps[0], key[1] + keySteps[1]};
    }
    return counter;
  }

  /// Leading bits of a word that are a number in [0, 1) of a format with so many bits of precision.
  static constexpr int leadingBits(int bitWidth, bool isBFloat) { return isBFloat ? 8 : bitWidth == 16 ? 11 : 24; }
};

} // namespace treadle::graph

#endif // TREADLE_DIALECTS_GRAPH_RANDOM_H
