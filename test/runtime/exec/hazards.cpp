//===- hazards.cpp - which steps must wait for earlier ones ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Hazards.h"
#include <gtest/gtest.h>

using namespace treadle;

namespace {

TEST(Hazards, ReadersDoNotWaitForOneAnother) {
  Hazards hazards;
  EXPECT_FALSE(hazards.mustWait({{0, 64, false}, {64, 128, true}}));
  EXPECT_FALSE(hazards.mustWait({{0, 64, false}, {128, 192, true}}));
  EXPECT_FALSE(hazards.mustWait({{32, 64, false}}));
  EXPECT_FALSE(hazards.mustWait({}));
}

TEST(Hazards, OfEachKind) {
  for (bool first : {false, true})
    for (bool second : {false, true}) {
      Hazards hazards;
      EXPECT_FALSE(hazards.mustWait({{10, 20, first}}));
      EXPECT_FALSE(hazards.mustWait({{20, 30, second}}));
      EXPECT_FALSE(hazards.mustWait({{0, 10, second}}));
      EXPECT_EQ(hazards.mustWait({{19, 20, second}}), first || second);
    }
}

TEST(Hazards, ABarrierIsForAllBeforeIt) {
  Hazards hazards;
  EXPECT_FALSE(hazards.mustWait({{0, 64, true}}));
  EXPECT_FALSE(hazards.mustWait({{64, 128, true}}));
  EXPECT_TRUE(hazards.mustWait({{0, 64, false}, {128, 192, true}}));
  EXPECT_FALSE(hazards.mustWait({{64, 128, false}}));
  EXPECT_TRUE(hazards.mustWait({{128, 192, false}}));
  EXPECT_TRUE(hazards.mustWait({{130, 131, true}}));
  EXPECT_FALSE(hazards.mustWait({{0, 64, true}}));
}

TEST(Hazards, NothingTouchesNothing) {
  Hazards hazards;
  EXPECT_FALSE(hazards.mustWait({{64, 64, true}}));
  EXPECT_FALSE(hazards.mustWait({{0, 128, true}}));
  EXPECT_FALSE(hazards.mustWait({{64, 64, true}}));
}

} // namespace
