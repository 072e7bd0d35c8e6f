//===- mapped_file.cpp - a file in memory ---------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/MappedFile.h"
#include "test/TemporaryFolder.h"

using namespace treadle;

namespace {

class MappedFileTest : public testing::Test, protected test::TemporaryFolder {};

TEST_F(MappedFileTest, HoldsTheBytes) {
  std::string bytes(10000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 7);
  std::unique_ptr<MappedFile> file;
  ASSERT_FALSE(MappedFile::open(put("a", bytes).c_str(), file).failed());
  EXPECT_EQ(std::string(file->data(), file->size()), bytes);
}

TEST_F(MappedFileTest, StaysWhenTheNameGoes) {
  std::string path = put("a", "abc");
  std::unique_ptr<MappedFile> file;
  ASSERT_FALSE(MappedFile::open(path.c_str(), file).failed());
  std::filesystem::remove(path);
  EXPECT_EQ(std::string(file->data(), file->size()), "abc");
}

TEST_F(MappedFileTest, SaysWhyNot) {
  auto refused = [&](const std::string &path, treadle_code code, const std::string &why) {
    std::unique_ptr<MappedFile> file;
    Status status = MappedFile::open(path.c_str(), file);
    EXPECT_EQ(status.code, code) << status.message;
    EXPECT_EQ(status.message, path + ": " + why);
    EXPECT_FALSE(file);
  };
  refused(folder / "absent", TREADLE_NOT_FOUND, "No such file or directory");
  refused(folder, TREADLE_IO, "is not a file");
  refused(put("empty", ""), TREADLE_DAMAGED, "is empty");
}

} // namespace
