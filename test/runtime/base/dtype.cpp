//===- dtype.cpp - element types ------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/DType.h"
#include "runtime/treadle.h"
#include <gtest/gtest.h>
#include <set>
#include <string>

using namespace treadle;

namespace {

TEST(DType, NamesLeadBack) {
  std::set<std::string_view> names;
  for (int code = 0; code < 256; ++code) {
    auto type = static_cast<DType>(code);
    EXPECT_EQ(isDType(code), spelling(type) != "?");
    EXPECT_STREQ(treadle_dtype_name(static_cast<treadle_dtype>(code)), std::string(spelling(type)).c_str());
    if (!isDType(code))
      continue;
    EXPECT_TRUE(names.insert(spelling(type)).second) << spelling(type);
    EXPECT_EQ(dtypeFromName(spelling(type)), type);
    EXPECT_EQ(dtypeFromOnnx(code), type);
    if (!numpyName(type).empty())
      EXPECT_EQ(dtypeFromName(numpyName(type)), type);
  }
  EXPECT_EQ(names.size(), 25u);
  EXPECT_FALSE(dtypeFromName("?"));
  EXPECT_FALSE(dtypeFromName(""));
  EXPECT_FALSE(dtypeFromOnnx(8)); // strings
  EXPECT_STREQ(treadle_dtype_name(static_cast<treadle_dtype>(-1)), "?");
  EXPECT_STREQ(treadle_dtype_name(static_cast<treadle_dtype>(1000)), "?");
}

TEST(DType, NarrowOnesArePacked) {
  EXPECT_EQ(byteSize(DType::F32, 3), 12);
  EXPECT_EQ(byteSize(DType::I4, 3), 2);
  EXPECT_EQ(byteSize(DType::U2, 5), 2);
  EXPECT_EQ(byteSize(DType::Bool, 5), 5);
  EXPECT_EQ(byteSize(DType::C128, 1), 16);
  EXPECT_EQ(byteSize(DType::I4, 0), 0);
}

} // namespace
