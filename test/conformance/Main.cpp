//===- Main.cpp - the conformance suite as a GoogleTest executable ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every case of every .mlir file of this folder is a test, FILE.CASE, run for every variant of the CPU
// that the machine has (the others are compiled only). Tests "Fuzz.N" are graphs made at random.
//
//     test-conformance                           all files, some seeds
//     test-conformance --seeds=1000 --first=50   so many seeds, from that one on
//     test-conformance FILE.mlir ..              the cases of these files
//
//===----------------------------------------------------------------------===//

#include "test/conformance/Case.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"
#include <filesystem>
#include <gtest/gtest.h>

namespace treadle::test {
namespace {

class Conformance : public testing::Test {
public:
  explicit Conformance(Case test) : test(std::move(test)) {}
  void TestBody() override {
    std::string difference = check(test);
    EXPECT_TRUE(difference.empty()) << difference << test.source;
  }

private:
  Case test;
};

void addFile(const std::filesystem::path &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path.string());
  if (!buffer) {
    llvm::errs() << path.string() << ": " << buffer.getError().message() << "\n";
    std::exit(2);
  }
  for (Case &test : readCases((*buffer)->getBuffer()))
    testing::RegisterTest(path.stem().c_str(), test.name.c_str(), nullptr, nullptr, path.c_str(), 1,
                          [test]() -> testing::Test * { return new Conformance(test); });
}

} // namespace
} // namespace treadle::test

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  std::vector<std::filesystem::path> files;
  for (llvm::StringRef argument : llvm::ArrayRef(argv + 1, argc - 1))
    files.push_back(argument.str());
  if (files.empty()) {
    for (const auto &entry : std::filesystem::directory_iterator(TREADLE_SOURCE_DIR "/test/conformance"))
      if (entry.path().extension() == ".mlir")
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  }
  for (const std::filesystem::path &file : files)
    treadle::test::addFile(file);
  return RUN_ALL_TESTS();
}
