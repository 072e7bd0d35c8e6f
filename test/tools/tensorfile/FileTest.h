//===- FileTest.h - a folder for each test, and files damaged in every way ------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_TOOLS_TENSORFILE_FILETEST_H
#define TREADLE_TEST_TOOLS_TENSORFILE_FILETEST_H

#include "test/TemporaryFolder.h"
#include "tools/tensorfile/TensorFile.h"
#include <cstring>
#include <gmock/gmock.h>

namespace treadle {

class FileTest : public testing::Test, protected test::TemporaryFolder {
protected:
  /// Reads the file cut at every length, and with every byte altered in a few ways. Each must give a
  /// result or an error that names the file; sanitizers see the rest.
  template <typename Read> void readDamaged(const std::string &name, Read read) const {
    std::string whole = contents(name), damaged = "damaged-" + name;
    ASSERT_FALSE(whole.empty());
    auto check = [&](const std::string &bytes, const std::string &how) {
      Status status = read(put(damaged, bytes));
      if (status.failed()) {
        EXPECT_THAT(status.message, testing::HasSubstr(damaged)) << how;
        EXPECT_EQ(status.message.find('\n'), std::string::npos) << how;
      }
    };
    for (size_t length = 0; length < whole.size(); ++length)
      check(whole.substr(0, length), concat("cut at ", length));
    for (size_t at = 0; at < whole.size(); ++at)
      for (int change : {0x01, 0x80, 0xff}) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ change);
        check(bytes, concat("byte ", at, " altered"));
      }
  }

  /// 0, 1, 2, ...
  static HostTensor counting(DType dtype, const std::vector<int64_t> &dims) {
    HostTensor tensor;
    EXPECT_FALSE(HostTensor::make(dtype, dims, tensor).failed());
    std::vector<double> values(tensor.count());
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<double>(i);
    EXPECT_TRUE(fromDoubles(values.data(), tensor));
    return tensor;
  }
  static void expectSame(const HostTensor &a, const HostTensor &b) {
    EXPECT_EQ(a.dtype(), b.dtype());
    EXPECT_EQ(a.dims(), b.dims());
    ASSERT_EQ(a.bytes(), b.bytes());
    EXPECT_EQ(std::memcmp(a.data(), b.data(), a.bytes()), 0);
  }
};

} // namespace treadle

#endif // TREADLE_TEST_TOOLS_TENSORFILE_FILETEST_H
