//===- Main.cpp - the conformance suite as a GoogleTest executable ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every case of every .mlir file of this folder is a test, FILE.CASE, run for every variant of the CPU
// that the machine has (the others are compiled only). Tests "Fuzz.N" are graphs made at random.
//
//     test-conformance                           all files, 100 seeds
//     test-conformance --seeds=1000 --first=50   so many seeds, from that one on
//     test-conformance FILE.mlir ..              the cases of these files
//
//===----------------------------------------------------------------------===//

#include "test/conformance/Case.h"
#include "test/conformance/RandomGraph.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"
#include <filesystem>
#include <gtest/gtest.h>

namespace treadle::test {
namespace {

class Conformance : public testing::Test {
public:
  explicit Conformance(Case test) : test(std::move(test)) {}
  void TestBody() override {
    llvm::PrettyStackTraceString ifCrashes(test.source.c_str());
    std::string difference = check(test);
    EXPECT_TRUE(difference.empty()) << difference << test.source;
  }

private:
  Case test;
};

class Fuzz : public testing::Test {
public:
  explicit Fuzz(uint64_t seed) : seed(seed) {}
  void TestBody() override {
    RandomGraph graph = randomGraph(seed);
    std::string text;
    llvm::raw_string_ostream os(text);
    os << "seed " << seed << "\n";
    graph.module->print(os);
    llvm::PrettyStackTraceString ifCrashes(text.c_str());
    std::string difference = check(*graph.module, graph.symbols, seed, /*everyVariant=*/false);
    EXPECT_TRUE(difference.empty()) << difference << text;
  }

private:
  uint64_t seed;
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
  llvm::EnablePrettyStackTrace();
  llvm::sys::PrintStackTraceOnErrorSignal(argv[0]);
  std::vector<std::filesystem::path> files;
  uint64_t seeds = 0, first = 0;
  for (llvm::StringRef argument : llvm::ArrayRef(argv + 1, argc - 1)) {
    llvm::StringRef word = argument;
    uint64_t *number = word.consume_front("--seeds=") ? &seeds : word.consume_front("--first=") ? &first : nullptr;
    if (number && word.getAsInteger(10, *number)) {
      llvm::errs() << argument << ": is no number\n";
      return 2;
    }
    if (!number)
      files.push_back(argument.str());
  }
  if (files.empty() && seeds == 0) {
    seeds = 100;
    for (const auto &entry : std::filesystem::directory_iterator(TREADLE_SOURCE_DIR "/test/conformance"))
      if (entry.path().extension() == ".mlir")
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  }
  for (const std::filesystem::path &file : files)
    treadle::test::addFile(file);
  for (uint64_t seed = first; seed < first + seeds; ++seed)
    testing::RegisterTest("Fuzz", std::to_string(seed).c_str(), nullptr, nullptr, __FILE__, 1,
                          [seed]() -> testing::Test * { return new treadle::test::Fuzz(seed); });
  return RUN_ALL_TESTS();
}
