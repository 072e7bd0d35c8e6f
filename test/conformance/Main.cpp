//===- Main.cpp - the conformance suite as a GoogleTest executable ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every case of every .mlir file of this folder is a test for each target, TARGET/FILE.CASE, run for every
// variant that the target's device here has (the others are compiled only). Tests "TARGET/Fuzz.N" are graphs
// made at random. Targets without a device here are skipped, with the reason; those that are asked for are
// compiled for.
//
//     test-conformance                           all targets, all files, functions, 100 seeds
//     test-conformance --target=vulkan:gpu       one target, or one variant of it; a list
//     test-conformance --seeds=1000 --first=50   so many seeds, from that one on
//     test-conformance FILE.mlir ..              the cases of these files
//     test-conformance --no-layers               Vulkan's validation layers do not watch
//     test-conformance --save=FOLDER             runs nothing, but keeps programs, inputs and what is expected for
//                                                replay.py, which runs them where a device is but no compiler
//     test-conformance --ptxas=FILE              programs for CUDA have cubins, too, that this assembler makes
//
// CUDA's and HIP's devices are simulated where there are none (tools/simulator). On Vulkan every kernel is checked as
// spirv-val does, and the validation layers, synchronization too, watch every call: a word of theirs is a failure.
//
//===----------------------------------------------------------------------===//

#include "test/Simulators.h"
#include "test/conformance/Case.h"
#include "test/conformance/Math.h"
#include "test/conformance/RandomGraph.h"
#include "test/conformance/VulkanChecks.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"
#include <filesystem>
#include <gtest/gtest.h>

namespace treadle::test {
namespace {

class Conformance : public testing::Test {
public:
  Conformance(Case test, const TestTarget &target) : test(std::move(test)), target(target) {}
  void TestBody() override {
    llvm::PrettyStackTraceString ifCrashes(test.source.c_str());
    Outcome outcome = check(test, target);
    EXPECT_TRUE(outcome.wrong.empty()) << outcome.wrong << test.source;
    if (!outcome.skipped.empty())
      GTEST_SKIP() << outcome.skipped;
  }

private:
  Case test;
  const TestTarget &target;
};

class Fuzz : public testing::Test {
public:
  Fuzz(uint64_t seed, const TestTarget &target) : seed(seed), target(target) {}
  void TestBody() override {
    RandomGraph graph = randomGraph(seed);
    std::string text;
    llvm::raw_string_ostream os(text);
    os << "seed " << seed << "\n";
    graph.module->print(os);
    llvm::PrettyStackTraceString ifCrashes(text.c_str());
    Outcome outcome = check(*graph.module, graph.symbols, target, seed, /*everyVariant=*/false);
    EXPECT_TRUE(outcome.wrong.empty()) << outcome.wrong << text;
    if (!outcome.skipped.empty())
      GTEST_SKIP() << outcome.skipped;
  }

private:
  uint64_t seed;
  const TestTarget &target;
};

/// Takes the place of a target's tests.
class NoDevice : public testing::Test {
public:
  explicit NoDevice(const TestTarget &target) : target(target) {}
  void TestBody() override { GTEST_SKIP() << "there is no device " << target.device; }

private:
  const TestTarget &target;
};

/// A word of the validation layers fails the test that made them say it.
class Listener : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo &test) override {
    if (llvm::StringRef(test.test_suite_name()).starts_with("vulkan/") && !test.result()->Skipped())
      EXPECT_EQ(takeMessages(), "");
  }
};

void addFile(const std::filesystem::path &path, const TestTarget &target) {
  auto buffer = llvm::MemoryBuffer::getFile(path.string());
  if (!buffer) {
    llvm::errs() << path.string() << ": " << buffer.getError().message() << "\n";
    std::exit(2);
  }
  std::string suite = target.name + "/" + path.stem().string();
  for (Case &test : readCases((*buffer)->getBuffer()))
    testing::RegisterTest(suite.c_str(), test.name.c_str(), nullptr, nullptr, path.c_str(), 1,
                          [test, &target]() -> testing::Test * { return new Conformance(test, target); });
}

} // namespace
} // namespace treadle::test

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  llvm::EnablePrettyStackTrace();
  llvm::sys::PrintStackTraceOnErrorSignal(argv[0]);
  std::vector<std::filesystem::path> files;
  uint64_t seeds = 0, first = 0;
  llvm::StringRef wanted, folder, ptxas;
  bool layers = true;
  for (llvm::StringRef argument : llvm::ArrayRef(argv + 1, argc - 1)) {
    llvm::StringRef word = argument;
    if (word.consume_front("--target=")) {
      wanted = word;
      continue;
    }
    if (word.consume_front("--save=")) {
      folder = word;
      continue;
    }
    if (word.consume_front("--ptxas=")) {
      ptxas = word;
      continue;
    }
    if (word == "--no-layers") {
      layers = false;
      continue;
    }
    uint64_t *number = word.consume_front("--seeds=") ? &seeds : word.consume_front("--first=") ? &first : nullptr;
    if (number && word.getAsInteger(10, *number)) {
      llvm::errs() << argument << ": is no number\n";
      return 2;
    }
    if (!number)
      files.push_back(argument.str());
  }
  if (!ptxas.empty() && !llvm::sys::fs::can_execute(ptxas)) {
    llvm::errs() << "--ptxas=" << ptxas << ": there is no such program\n";
    return 2;
  }
  if (layers) {
    treadle::test::watchCalls();
    testing::UnitTest::GetInstance()->listeners().Append(new treadle::test::Listener);
  }
  treadle::test::openSimulators();
  std::vector<treadle::test::TestTarget> targets = treadle::test::testTargets(wanted);
  for (treadle::test::TestTarget &target : targets) {
    target.folder = folder.str();
    target.ptxas = ptxas.str();
  }
  bool all = files.empty() && seeds == 0;
  if (all) {
    seeds = 100;
    for (const auto &entry : std::filesystem::directory_iterator(TREADLE_SOURCE_DIR "/test/conformance"))
      if (entry.path().extension() == ".mlir")
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  }
  for (const treadle::test::TestTarget &target : targets) {
    if (wanted.empty() && folder.empty() && !target.hasDevice()) {
      testing::RegisterTest((target.name + "/All").c_str(), "tests", nullptr, nullptr, __FILE__, 1,
                            [&target]() -> testing::Test * { return new treadle::test::NoDevice(target); });
      continue;
    }
    for (const std::filesystem::path &file : files)
      treadle::test::addFile(file, target);
    if (all && folder.empty())
      treadle::test::registerMath(target);
    for (uint64_t seed = first; seed < first + seeds; ++seed)
      testing::RegisterTest((target.name + "/Fuzz").c_str(), std::to_string(seed).c_str(), nullptr, nullptr, __FILE__,
                            1, [seed, &target]() -> testing::Test * { return new treadle::test::Fuzz(seed, target); });
  }
  return RUN_ALL_TESTS();
}
