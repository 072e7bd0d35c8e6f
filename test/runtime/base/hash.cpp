//===- hash.cpp - XXH3, 64 bits -------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Hash.h"
#include <gtest/gtest.h>
#include <set>
#include <string>

using namespace treadle;

namespace {

TEST(Hash, IsXxh3) {
  EXPECT_EQ(hashBytes("", 0), 0x2d06800538d394c2u);
  EXPECT_EQ(hashBytes("abc", 3), 0x78af5f94892f3950u);
}

TEST(Hash, SeesEveryByteAtEveryLength) {
  // XXH3 has different ways for up to 16, 128, 240 bytes and for more.
  for (size_t length : {1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 1024, 1025, 5000}) {
    std::string bytes(length, 'a');
    std::set<uint64_t> hashes = {hashBytes(bytes.data(), length)};
    for (size_t i = 0; i < length; ++i) {
      bytes[i] = 'b';
      hashes.insert(hashBytes(bytes.data(), length));
      bytes[i] = 'a';
    }
    EXPECT_EQ(hashes.size(), length + 1) << length;
  }
}

} // namespace
