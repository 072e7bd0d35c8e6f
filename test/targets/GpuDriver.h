//===- GpuDriver.h - what drivers of all GPUs do ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A suite of tests for the fixture of each target, which brings
//
//     targetName                "vulkan"
//     program()                 what TestProgram computes, with kernels of the target
//     longCode()                code for both kernels with a second scalar, which says how often something slow is
//                               done: result[i][j] = a[i][j], b is read
//     longRounds                so many that a step takes a tenth of a second or more
//     devices()                 the target's
//     options()                 of a session on its device 0
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_TARGETS_GPUDRIVER_H
#define TREADLE_TEST_TARGETS_GPUDRIVER_H

#include "runtime/device/Targets.h"
#include "test/runtime/TestProgram.h"
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <gmock/gmock.h>
#include <thread>

namespace treadle::test {

using testing::ElementsAre;
using testing::MatchesRegex;

template <typename Fixture> class GpuDriver : public Fixture {};
TYPED_TEST_SUITE_P(GpuDriver);

TYPED_TEST_P(GpuDriver, Runs) {
  treadle_session_options on = TypeParam::options();
  OpenProgram open(TypeParam::program(), &on);
  for (int64_t count : {1, 3, 100, 0, 7, 100000, 5, 5, 5})
    EXPECT_EQ(Rows(count).run(open.session), "") << count;
}

TYPED_TEST_P(GpuDriver, WhatIsRecordedRunsOnOtherData) {
  treadle_session_options on = TypeParam::options();
  OpenProgram open(TypeParam::program(), &on);
  for (int round = 0; round < 5; ++round) {
    Rows rows(6);
    for (size_t i = 0; i < rows.x.size(); ++i) {
      rows.x[i] += round;
      rows.copy[i] += round;
      rows.sum[i] += round;
    }
    EXPECT_EQ(rows.run(open.session), "");
  }
}

TYPED_TEST_P(GpuDriver, WritesToMemoryOfTheCaller) {
  treadle_session_options on = TypeParam::options();
  OpenProgram open(TypeParam::program(), &on);
  for (int round = 0; round < 2; ++round) {
    Rows rows(5);
    std::vector<float> sum(20), copy(20);
    std::vector<uint8_t> ones(6, 7);
    treadle_tensor outputs[3] = {};
    outputs[0].data = sum.data();
    outputs[1].data = ones.data();
    outputs[2].data = copy.data();
    EXPECT_EQ(messageOf(treadle_session_run(open.session, rows.inputs.data(), 2, outputs, 3)), "");
    EXPECT_EQ(sum, rows.sum);
    EXPECT_EQ(copy, rows.copy);
    EXPECT_THAT(ones, ElementsAre(1, 1, 1, 1, 1, 7));
  }
}

TYPED_TEST_P(GpuDriver, AnAlternativeIsTaken) {
  TestProgram description;
  description.alternatives = {TypeParam::program()};
  OpenProgram onCpu(description);
  EXPECT_EQ(Rows(5).run(onCpu.session), "");
  treadle_session_options on = TypeParam::options();
  on.device = TypeParam::targetName;
  OpenProgram onGpu(description, &on);
  EXPECT_EQ(Rows(5).run(onGpu.session), "");
}

TYPED_TEST_P(GpuDriver, ProgramWithoutKernels) {
  TestProgram description = TypeParam::program();
  description.kernels.clear();
  description.executables[0].entries.clear();
  description.buffers[6].last = 2;
  description.steps = {{format::Command::Copy, {{0, 0}, {2, 0}}, TestProgram::bytes},
                       {format::Command::Fill, {{3, 0}}, TestProgram::n, 1},
                       {format::Command::Copy, {{1, 0}, {4, 0}}, TestProgram::bytes}};
  treadle_session_options on = TypeParam::options();
  OpenProgram open(description, &on);
  Rows rows(5);
  treadle_tensor outputs[3] = {};
  EXPECT_EQ(messageOf(treadle_session_run(open.session, rows.inputs.data(), 2, outputs, 3)), "");
  EXPECT_EQ(std::memcmp(outputs[0].data, rows.inputs[0].data, 80), 0);
  EXPECT_EQ(std::memcmp(outputs[1].data, "\1\1\1\1\1", 5), 0);
  EXPECT_EQ(std::memcmp(outputs[2].data, rows.inputs[1].data, 80), 0);
}

TYPED_TEST_P(GpuDriver, SeveralSessionsAtOnce) {
  treadle_session_options on = TypeParam::options();
  OpenProgram open(TypeParam::program(), &on);
  std::atomic<int> wrong{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&, user] {
      treadle_session_options on = TypeParam::options();
      treadle_session *session = nullptr;
      treadle_error *error = treadle_session_create(open.program, &on, &session);
      wrong += error != nullptr;
      treadle_error_free(error);
      for (int round = 0; session && round < 50; ++round)
        wrong += !Rows((round * 7 + user) % 50).run(session).empty();
      treadle_session_close(session);
    });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(wrong, 0);
}

TYPED_TEST_P(GpuDriver, OutlivesTheProgram) {
  treadle_session_options on = TypeParam::options();
  OpenProgram open(TypeParam::program(), &on);
  treadle_program_close(open.program);
  open.program = nullptr;
  EXPECT_EQ(Rows(5).run(open.session), "");
}

TYPED_TEST_P(GpuDriver, MemoryLimit) {
  treadle_session_options on = TypeParam::options();
  on.memory_limit = 100000;
  OpenProgram open(TypeParam::program(), &on);
  EXPECT_EQ(Rows(1000).run(open.session), "");
  EXPECT_LE(treadle_session_memory(open.session), 100000u);
  EXPECT_GE(treadle_session_memory(open.session), 48000u); // three values at once, inputs and outputs among them
  Rows many(5000);
  EXPECT_THAT(messageOf(treadle_session_prepare(open.session, many.inputs.data(), 2)),
              MatchesRegex("these shapes need [0-9]+ bytes of memory, the limit is 100000"));
  EXPECT_EQ(Rows(1000).run(open.session), "");
}

// ---- looking inside --------------------------------------------------------------------------

struct Seen {
  std::vector<std::string> names;
  std::vector<std::vector<float>> values;

  static int observe(void *user, int32_t step, const char *name, const treadle_tensor *value, const int32_t *) {
    auto *self = static_cast<Seen *>(user);
    self->names.push_back(std::to_string(step) + " " + name);
    const float *data = static_cast<const float *>(value->data);
    self->values.emplace_back(data, data + value->dims[0] * value->dims[1]);
    return 0;
  }
};

TYPED_TEST_P(GpuDriver, Observer) {
  treadle_session_options on = TypeParam::options();
  OpenProgram open(TypeParam::program(), &on);
  Rows rows(3);
  for (int round = 0; round < 2; ++round) {
    Seen seen;
    EXPECT_EQ(rows.run(open.session), "");
    treadle_session_observe(open.session, Seen::observe, &seen);
    EXPECT_EQ(rows.run(open.session), "");
    EXPECT_THAT(seen.names, ElementsAre("0 shifted", "1 sum"));
    EXPECT_THAT(seen.values, ElementsAre(rows.copy, rows.sum));
    treadle_session_observe(open.session, nullptr, nullptr);
  }
}

TYPED_TEST_P(GpuDriver, Times) {
  treadle_session_options on = TypeParam::options();
  OpenProgram open(TypeParam::program(), &on);
  Rows rows(1000);
  EXPECT_EQ(rows.run(open.session), "");
  treadle_session_profile(open.session, 1);
  EXPECT_EQ(rows.run(open.session), "");
  EXPECT_EQ(rows.run(open.session), "");
  std::string trace = treadle_session_trace(open.session);
  size_t events = 0;
  double last = 0;
  for (size_t at = 0; (at = trace.find("\"ts\":", at)) != std::string::npos; at += 5, ++events) {
    EXPECT_GE(std::strtod(trace.c_str() + at + 5, nullptr), last);
    last = std::strtod(trace.c_str() + at + 5, nullptr);
  }
  EXPECT_EQ(events, 8u);
  EXPECT_EQ(trace.find("\"dur\":-"), std::string::npos);
  treadle_session_profile(open.session, 0);
  EXPECT_EQ(rows.run(open.session), "");
  EXPECT_STREQ(treadle_session_trace(open.session), R"({"traceEvents":[]})");
}

// ---- long programs ---------------------------------------------------------------------------

/// Many steps of long kernels, x copied from one buffer to the next.
template <typename Fixture> TestProgram longProgram(int64_t rounds, int64_t flops) {
  using Op = format::ExprOp;
  TestProgram description = Fixture::program();
  TestProgram::Executable &code = description.executables[0];
  code.code = Fixture::longCode();
  for (int i = 0; i < 2; ++i) {
    code.entries[i].offset = 0;
    code.entries[i].bytes = code.code.size();
    code.entries[i].exprs = {{Op::argument, 0, 0, 0}, {Op::constant, 0, 0, 0}};
    description.kernels[i].scalars = 2;
  }
  uint32_t roundExpr = description.exprs.size(), flopExpr = roundExpr + 1;
  description.exprs.push_back({Op::constant, 0, 0, rounds});
  description.exprs.push_back({Op::constant, 0, 0, flops});
  TestProgram::Step step = description.steps[0];
  step.scalars = {TestProgram::n, roundExpr};
  step.flops = flopExpr;
  description.steps.clear();
  description.buffers.push_back({format::Space::arena, TestProgram::bytes, 0, 0, 19});
  for (uint32_t i = 0; i < 20; ++i) {
    uint32_t from = i == 0 ? 0 : i % 2 ? 7 : 6;
    step.slices = {{from, 0}, {1, 0}, {i % 2 ? 6u : 7u, 0}};
    step.results = {};
    description.steps.push_back(step);
  }
  description.buffers[6].last = 20;
  description.steps.push_back({format::Command::Copy, {{6, 0}, {2, 0}}, TestProgram::bytes});
  return description;
}

TYPED_TEST_P(GpuDriver, PartsFollowOneAnother) {
  treadle_session_options on = TypeParam::options();
  OpenProgram open(longProgram<TypeParam>(1, 1000000000000), &on);
  Rows rows(50);
  for (int round = 0; round < 3; ++round) {
    treadle_tensor outputs[3] = {};
    EXPECT_EQ(messageOf(treadle_session_run(open.session, rows.inputs.data(), 2, outputs, 3)), "");
    EXPECT_EQ(std::memcmp(outputs[0].data, rows.x.data(), rows.x.size() * sizeof(float)), 0);
  }
}

TYPED_TEST_P(GpuDriver, Cancel) {
  treadle_session_options on = TypeParam::options();
  OpenProgram open(longProgram<TypeParam>(TypeParam::longRounds, 1000000000000), &on);
  Rows rows(200);
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    treadle_session_cancel(open.session);
  });
  treadle_tensor outputs[3] = {};
  auto begin = std::chrono::steady_clock::now();
  treadle_error *error = treadle_session_run(open.session, rows.inputs.data(), 2, outputs, 3);
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  other.join();
  if (error || seconds.count() > 0.2) { // a device that was ready in time proves nothing
    EXPECT_EQ(treadle_error_code(error), TREADLE_CANCELLED);
    EXPECT_EQ(messageOf(error), "cancelled");
    EXPECT_EQ(outputs[0].data, nullptr);
  }
  Rows few(1);
  EXPECT_EQ(messageOf(treadle_session_run(open.session, few.inputs.data(), 2, outputs, 3)), "");
}

// ---- what is there -----------------------------------------------------------------------------

TYPED_TEST_P(GpuDriver, DevicesAreListed) {
  DeviceInfo first = TypeParam::devices()[0];
  EXPECT_EQ(first.name, TypeParam::options().device);
  EXPECT_THAT(first.target, testing::StartsWith(TypeParam::targetName));
  EXPECT_NE(first.description, "");
  EXPECT_GT(first.memory, 0u);
}

TYPED_TEST_P(GpuDriver, DevicesThatAreNotThere) {
  std::string beyond = concat(TypeParam::targetName, ":77"), last = concat(TypeParam::targetName, ":[0-9]+");
  EXPECT_THAT(sessionMessage(TypeParam::program(), beyond.c_str()),
              MatchesRegex(concat("there is no device \"", beyond, "\", the last is \"", last, "\"")));
}

TYPED_TEST_P(GpuDriver, MoreThanTheDeviceHas) {
  TestProgram description = TypeParam::program();
  description.symbols[0].max = int64_t(1) << 40;
  treadle_session_options on = TypeParam::options();
  OpenProgram open(description, &on);
  auto prepared = [&](int64_t count) {
    int64_t dims[] = {count, 4};
    treadle_tensor inputs[] = {{nullptr, TREADLE_F32, 2, dims, 0}, {nullptr, TREADLE_F32, 2, dims, 0}};
    treadle_error *error = treadle_session_prepare(open.session, inputs, 2);
    return std::make_pair(treadle_error_code(error), messageOf(error));
  };
  EXPECT_EQ(prepared(int64_t(1) << 27).second, "these shapes make a tensor of 2147483648 bytes, this device's kernels "
                                               "reach 2147483647; run it on the CPU or in smaller parts");
  if (TypeParam::devices()[0].memory <= uint64_t(4) << 30) {
    auto [code, message] = prepared((int64_t(1) << 27) - 1); // 2 GiB each
    EXPECT_EQ(code, TREADLE_OUT_OF_MEMORY);
    EXPECT_THAT(message, testing::HasSubstr("give smaller inputs"));
  }
  EXPECT_EQ(Rows(5).run(open.session), "");
}

/// A fault of a kernel ends all of the process's work on the device: it happens in a process of its own. `says`: what a
/// simulated device writes of it.
template <typename Fixture> void expectLost(const TestProgram &description, const std::string &says) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  auto runs = [&] {
    treadle_session_options on = Fixture::options();
    OpenProgram open(description, &on);
    std::string first = Rows(5).run(open.session), second = Rows(7).run(open.session);
    bool good = first.find("the device was lost (an illegal memory access was encountered); the process must be "
                           "started again") != std::string::npos &&
                second.find("the device was lost") != std::string::npos;
    std::_Exit(good ? 0 : 1);
  };
  bool isSimulated = Fixture::devices()[0].description.find("simulated") != std::string::npos;
  EXPECT_EXIT(runs(), testing::ExitedWithCode(0), isSimulated ? says : "");
}

/// What a step of 100,000 tasks says whose kernel stores how many workgroups it has, as `code` does, that of both
/// kernels.
template <typename Fixture> float workgroupsOf(const std::string &code, bool isPersistent) {
  TestProgram description = Fixture::program();
  description.executables[0].code = code;
  for (TestProgram::Entry &entry : description.executables[0].entries) {
    entry.isPersistent = isPersistent;
    entry.offset = 0;
    entry.bytes = entry.bytes ? code.size() : 0;
  }
  treadle_session_options on = Fixture::options();
  OpenProgram open(description, &on);
  Rows rows(100000);
  treadle_tensor outputs[3] = {};
  EXPECT_EQ(messageOf(treadle_session_run(open.session, rows.inputs.data(), 2, outputs, 3)), "");
  return outputs[0].data ? static_cast<float *>(outputs[0].data)[0] : 0;
}

/// Persistent kernels have as many workgroups as run at once, others one a task.
template <typename Fixture> void expectPersistent(const std::string &code) {
  EXPECT_EQ(workgroupsOf<Fixture>(code, false), 100000);
  float count = workgroupsOf<Fixture>(code, true);
  EXPECT_GE(count, 1);
  EXPECT_LE(count, 10000); // 32 for each of some hundred multiprocessors
}

REGISTER_TYPED_TEST_SUITE_P(GpuDriver, DevicesAreListed, DevicesThatAreNotThere, MoreThanTheDeviceHas,
                            ProgramWithoutKernels, Runs, WhatIsRecordedRunsOnOtherData, WritesToMemoryOfTheCaller,
                            AnAlternativeIsTaken, SeveralSessionsAtOnce, OutlivesTheProgram, MemoryLimit, Observer,
                            Times, PartsFollowOneAnother, Cancel);

} // namespace treadle::test

#endif // TREADLE_TEST_TARGETS_GPUDRIVER_H
