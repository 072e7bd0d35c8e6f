//===- output_file.cpp - files are written whole or not at all ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/TemporaryFolder.h"
#include "tools/file/OutputFile.h"
#include <filesystem>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace treadle;
namespace fs = std::filesystem;

namespace {

/// Made before main, so what is done at its end finds all that is destroyed by then.
struct AfterAll {
  std::function<void()> act = [] {};
  ~AfterAll() { act(); }
} afterAll;

class OutputFileTest : public testing::Test, protected test::TemporaryFolder {
protected:
  size_t filesInFolder() { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }
};

TEST_F(OutputFileTest, GetsItsNameWhenItIsFinished) {
  fs::path path = folder / "a";
  OutputFile file(path);
  file.write("abc", 3);
  EXPECT_FALSE(fs::exists(path));
  ASSERT_FALSE(file.finish().failed());
  EXPECT_EQ(contents(path), "abc");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(OutputFileTest, WithoutFinishNothingIsLeft) {
  std::ofstream(folder / "a") << "old";
  {
    OutputFile file(folder / "a");
    file.write("new", 3);
  }
  EXPECT_EQ(contents(folder / "a"), "old");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(OutputFileTest, UnfinishedFilesCanBeRemovedFromOutside) {
  OutputFile file(folder / "a");
  file.write("new", 3);
  EXPECT_EQ(filesInFolder(), 1u);
  removeUnfinishedFiles();
  EXPECT_EQ(filesInFolder(), 0u);
}

TEST_F(OutputFileTest, UnfinishedFilesCanBeRemovedWhileTheProcessEnds) {
  auto end = [&] {
    OutputFile file(folder / "a");
    afterAll.act = [&] {
      removeUnfinishedFiles();
      _exit(filesInFolder());
    };
    std::exit(-1);
  };
  EXPECT_EXIT(end(), testing::ExitedWithCode(0), "");
}

TEST_F(OutputFileTest, AlignsAndRewrites) {
  OutputFile file(folder / "a");
  file.write("abc", 3);
  file.align(8);
  EXPECT_EQ(file.position(), 8u);
  file.align(8);
  file.write("d", 1);
  file.rewrite(1, "X", 1);
  file.write("e", 1);
  EXPECT_EQ(file.position(), 10u);
  ASSERT_FALSE(file.finish().failed());
  EXPECT_EQ(contents(folder / "a"), std::string("aXc\0\0\0\0\0de", 10));
}

TEST_F(OutputFileTest, LinksStayLinks) {
  std::ofstream(folder / "target") << "old";
  fs::create_symlink(folder / "target", folder / "link");
  ASSERT_FALSE(writeFile(folder / "link", "new").failed());
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(contents(folder / "target"), "new");
}

TEST_F(OutputFileTest, NewFilesHaveTheModeThatOthersHave) {
  mode_t mask = umask(027);
  ASSERT_FALSE(writeFile(folder / "a", "x").failed());
  umask(mask);
  struct stat info;
  ASSERT_EQ(stat((folder / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(OutputFileTest, DevicesAreWrittenAsTheyAre) {
  EXPECT_FALSE(writeFile("/dev/null", "x").failed());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  Status status = writeFile("/dev/full", "x");
  EXPECT_EQ(status.code, TREADLE_IO);
  EXPECT_EQ(status.message, "/dev/full: No space left on device");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(OutputFileTest, SaysWhichFileAndWhy) {
  std::string path = folder / "missing" / "a";
  EXPECT_EQ(writeFile(path, "x").message, path + ": No such file or directory");
  EXPECT_EQ(checkWritable(path).message, path + ": No such file or directory");
  EXPECT_EQ(checkWritable(folder).message, folder.string() + ": Is a directory");
  std::ofstream(folder / "file") << "x";
  EXPECT_EQ(checkWritable(folder / "file" / "a").message, (folder / "file" / "a").string() + ": Not a directory");
  EXPECT_FALSE(checkWritable(folder / "a").failed());
  EXPECT_FALSE(checkWritable("/dev/full").failed());
}

/// In a process of its own, since it is for good.
TEST_F(OutputFileTest, GetsNoNameAfterAnInterruption) {
  auto interrupted = [&] {
    Status late;
    {
      OutputFile file(folder / "late");
      file.write("abc", 3);
      abandonUnfinishedFiles();
      late = file.finish();
    }
    std::exit(late.code == TREADLE_CANCELLED && filesInFolder() == 1 ? 0 : 1);
  };
  ASSERT_FALSE(writeFile(folder / "early", "x").failed());
  EXPECT_EXIT(interrupted(), testing::ExitedWithCode(0), "");
  EXPECT_EQ(contents("early"), "x");
}

} // namespace
