//===- placement.cpp - where buffers lie in the arena ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Placement.h"
#include <gtest/gtest.h>
#include <random>

using namespace treadle;

namespace {

/// What is alive at once lies apart, aligned and within the arena.
void expectSound(const std::vector<Lifetime> &buffers, int64_t total) {
  for (size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_EQ(buffers[i].offset % 64, 0);
    EXPECT_GE(buffers[i].offset, 0);
    EXPECT_LE(buffers[i].offset + buffers[i].bytes, total);
    for (size_t j = 0; j < i; ++j) {
      const Lifetime &a = buffers[i], &c = buffers[j];
      bool together = a.first <= c.last && c.first <= a.last;
      bool apart = a.offset + a.bytes <= c.offset || c.offset + c.bytes <= a.offset;
      EXPECT_TRUE(!together || apart) << i << " and " << j;
    }
  }
}

TEST(Placement, OfNothing) {
  std::vector<Lifetime> buffers;
  EXPECT_EQ(placeBuffers(buffers), 0);
  buffers = {{0, 0, 5}, {0, 0, 5}};
  EXPECT_EQ(placeBuffers(buffers), 0);
}

TEST(Placement, AChainTakesTwo) {
  std::vector<Lifetime> buffers;
  for (uint32_t i = 0; i < 20; ++i)
    buffers.push_back({1000, i, i + 1});
  int64_t total = placeBuffers(buffers);
  EXPECT_EQ(total, 2 * 1024);
  expectSound(buffers, total);
}

TEST(Placement, GapsAreUsed) {
  // A large one in the middle of time, small ones before and after it in its place.
  std::vector<Lifetime> buffers = {{6400, 2, 3}, {640, 0, 1}, {3200, 0, 1}, {1280, 4, 5}, {64, 0, 5}};
  int64_t total = placeBuffers(buffers);
  EXPECT_EQ(total, 6464);
  expectSound(buffers, total);
}

TEST(Placement, AtRandom) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> buffers(random() % 60);
    int64_t sum = 0, most = 0;
    for (Lifetime &buffer : buffers) {
      buffer.bytes = random() % 5 ? random() % 5000 : 0;
      buffer.first = random() % 30;
      buffer.last = buffer.first + random() % 8;
      sum += (buffer.bytes + 63) / 64 * 64;
    }
    for (uint32_t step = 0; step < 40; ++step) {
      int64_t alive = 0;
      for (const Lifetime &buffer : buffers)
        if (buffer.first <= step && step <= buffer.last)
          alive += (buffer.bytes + 63) / 64 * 64;
      most = std::max(most, alive);
    }
    int64_t total = placeBuffers(buffers);
    expectSound(buffers, total);
    EXPECT_LE(total, sum);
    EXPECT_GE(total, most);
  }
}

} // namespace
