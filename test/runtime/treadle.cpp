//===- treadle.cpp - the C API --------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/treadle.h"
#include "test/TemporaryFolder.h"
#include "test/runtime/TestProgram.h"
#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <regex>

using namespace treadle;
using namespace treadle::test;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

namespace {

TEST(Api, NoneIsNoError) {
  EXPECT_EQ(treadle_error_code(nullptr), TREADLE_OK);
  EXPECT_STREQ(treadle_error_message(nullptr), "");
  treadle_error_free(nullptr);
  treadle_program_close(nullptr);
  treadle_session_close(nullptr);
  treadle_session_cancel(nullptr);
  treadle_session_profile(nullptr, 1);
  treadle_session_observe(nullptr, nullptr, nullptr);
  EXPECT_EQ(treadle_program_input_count(nullptr), 0);
  EXPECT_EQ(treadle_program_output_count(nullptr), 0);
  EXPECT_EQ(treadle_program_metadata(nullptr, "a"), nullptr);
  EXPECT_EQ(treadle_session_memory(nullptr), 0u);
  EXPECT_THAT(treadle_version(), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(Api, NullPointersAreErrors) {
  OpenProgram open;
  treadle_program *program = nullptr;
  treadle_session *session = nullptr;
  treadle_tensor_info info;
  treadle_tensor tensor;
  treadle_reader reader = {};
  treadle_error *errors[] = {treadle_program_open_file(nullptr, nullptr, &program),
                             treadle_program_open_file("a", nullptr, nullptr),
                             treadle_program_open_memory(nullptr, 5, nullptr, &program),
                             treadle_program_open_memory(open.file.data(), open.file.size(), nullptr, nullptr),
                             treadle_program_open_reader(nullptr, nullptr, &program),
                             treadle_program_open_reader(&reader, nullptr, &program),
                             treadle_program_input(nullptr, 0, &info),
                             treadle_program_input(open.program, 0, nullptr),
                             treadle_program_output(nullptr, 0, &info),
                             treadle_program_output(open.program, 0, nullptr),
                             treadle_device(0, nullptr),
                             treadle_session_create(nullptr, nullptr, &session),
                             treadle_session_create(open.program, nullptr, nullptr),
                             treadle_session_prepare(nullptr, nullptr, 0),
                             treadle_session_output_shape(nullptr, 0, &tensor),
                             treadle_session_output_shape(open.session, 0, nullptr),
                             treadle_session_run(nullptr, nullptr, 0, nullptr, 0)};
  for (treadle_error *error : errors) {
    EXPECT_EQ(treadle_error_code(error), TREADLE_INVALID_ARGUMENT);
    EXPECT_THAT(messageOf(error), HasSubstr("a pointer that must not be NULL is"));
  }
  EXPECT_EQ(program, nullptr);
  EXPECT_EQ(session, nullptr);
}

TEST(Api, TellsOfInputsAndOutputs) {
  OpenProgram open;
  EXPECT_EQ(treadle_program_input_count(open.program), 2);
  EXPECT_EQ(treadle_program_output_count(open.program), 3);
  treadle_tensor_info info;
  EXPECT_EQ(messageOf(treadle_program_input(open.program, 1, &info)), "");
  EXPECT_STREQ(info.name, "y");
  EXPECT_EQ(info.dtype, TREADLE_F32);
  ASSERT_EQ(info.rank, 2);
  EXPECT_EQ(info.dims[0], -1);
  EXPECT_EQ(info.dims[1], 4);
  EXPECT_STREQ(info.dim_names[0], "n");
  EXPECT_STREQ(info.dim_names[1], "4");
  EXPECT_EQ(messageOf(treadle_program_output(open.program, 1, &info)), "");
  EXPECT_STREQ(info.name, "ones");
  EXPECT_EQ(info.rank, 1);
  EXPECT_EQ(messageOf(treadle_program_input(open.program, 2, &info)), "the program has 2 inputs, there is no number 2");
  EXPECT_EQ(messageOf(treadle_program_output(open.program, -1, &info)),
            "the program has 3 outputs, there is no number -1");
  EXPECT_STREQ(treadle_program_metadata(open.program, "labels"), "cat dog");
  EXPECT_EQ(treadle_program_metadata(open.program, "label"), nullptr);
  EXPECT_EQ(treadle_program_metadata(open.program, nullptr), nullptr);
}

TEST(Api, Json) {
  OpenProgram open;
  std::string json = treadle_program_json(open.program);
  EXPECT_THAT(json, HasSubstr(R"("inputs":[{"name":"x","dtype":"f32","dims":["n",4]})"));
  EXPECT_THAT(json, HasSubstr(R"("symbols":[{"name":"n","min":0,"max":1048576,"step":1}])"));
  EXPECT_THAT(json, HasSubstr(R"({"command":"fill"},{"command":"copy"}])"));
  EXPECT_THAT(json, HasSubstr(R"({"space":"arena","bytes":"(n * 4) * 4","first_step":0,"last_step":3})"));
  EXPECT_THAT(json, HasSubstr(R"("weights":1,"weight_bytes":16)"));
  EXPECT_THAT(json, HasSubstr(R"("metadata":{"labels":"cat dog"})"));
  EXPECT_THAT(json, HasSubstr(R"("executables":[{"target":"cpu","variant":"x86-64-v2","kernels":2,)"));
  EXPECT_EQ(treadle_program_json(open.program), treadle_program_json(open.program));
}

TEST(Api, Devices) {
  treadle_device_info info;
  EXPECT_EQ(messageOf(treadle_device(0, &info)), "");
  EXPECT_STREQ(info.name, "cpu");
  EXPECT_GT(info.memory, 1u << 20);
  EXPECT_THAT(info.description, HasSubstr("thread"));
  EXPECT_STREQ(info.target, "cpu");
  int32_t devices = 1;
  while (codeOf(treadle_device(devices, &info)) == TREADLE_OK)
    ++devices;
  for (int32_t index : {-1, devices, INT32_MAX})
    EXPECT_EQ(codeOf(treadle_device(index, &info)), TREADLE_NOT_FOUND);
}

// ---- where an artifact comes from ------------------------------------------------------------

TEST(Api, OpensFiles) {
  TemporaryFolder folder;
  std::string path = folder.put("a.tdl", TestProgram().write());
  treadle_program *program = nullptr;
  EXPECT_EQ(messageOf(treadle_program_open_file(path.c_str(), nullptr, &program)), "");
  std::filesystem::remove(path);
  treadle_session *session = nullptr;
  EXPECT_EQ(messageOf(treadle_session_create(program, nullptr, &session)), "");
  EXPECT_EQ(Rows(5).run(session), "");
  treadle_session_close(session);
  treadle_program_close(program);

  program = nullptr;
  EXPECT_EQ(codeOf(treadle_program_open_file(path.c_str(), nullptr, &program)), TREADLE_NOT_FOUND);
  std::ofstream(path) << "nothing of the kind";
  EXPECT_EQ(messageOf(treadle_program_open_file(path.c_str(), nullptr, &program)), path + ": is no Treadle artifact");
  EXPECT_EQ(program, nullptr);
  std::filesystem::remove(path);
}

TEST(Api, MemoryMustBeAligned) {
  AlignedBytes file(TestProgram().write() + std::string(8, '\0'));
  std::memmove(file.data() + 8, file.data(), file.size() - 8);
  treadle_program *program = nullptr;
  EXPECT_EQ(messageOf(treadle_program_open_memory(file.data() + 8, file.size() - 8, nullptr, &program)),
            "an artifact in memory must start at a multiple of 64");
}

struct Source {
  std::string bytes;
  int calls = 0, fails = 0;
  treadle_reader reader() {
    return {this, bytes.size(), [](void *user, uint64_t offset, void *into, size_t bytes) {
              auto *self = static_cast<Source *>(user);
              ++self->calls;
              if (self->fails || offset + bytes > self->bytes.size())
                return 1;
              std::memcpy(into, self->bytes.data() + offset, bytes);
              return 0;
            }};
  }
};

TEST(Api, OpensThroughAReader) {
  treadle_program *program = nullptr;
  {
    Source source{TestProgram().write()};
    treadle_reader reader = source.reader();
    EXPECT_EQ(messageOf(treadle_program_open_reader(&reader, nullptr, &program)), "");
    EXPECT_GT(source.calls, 0);
  }
  treadle_session *session = nullptr;
  EXPECT_EQ(messageOf(treadle_session_create(program, nullptr, &session)), "");
  EXPECT_EQ(Rows(5).run(session), "");
  treadle_session_close(session);
  treadle_program_close(program);
}

TEST(Api, ReadersMayFail) {
  treadle_program *program = nullptr;
  Source source{TestProgram().write()};
  source.fails = 1;
  treadle_reader reader = source.reader();
  EXPECT_EQ(codeOf(treadle_program_open_reader(&reader, nullptr, &program)), TREADLE_IO);

  Source nothing{""};
  reader = nothing.reader();
  EXPECT_EQ(messageOf(treadle_program_open_reader(&reader, nullptr, &program)), "artifact: is no Treadle artifact");

  treadle_allocator none = {nullptr, [](void *, size_t, size_t) -> void * { return nullptr; },
                            [](void *, void *, size_t) {}};
  treadle_open_options options = {&none, 0};
  source.fails = 0;
  reader = source.reader();
  EXPECT_EQ(codeOf(treadle_program_open_reader(&reader, &options, &program)), TREADLE_OUT_OF_MEMORY);
  reader.size = UINT64_MAX;
  EXPECT_EQ(codeOf(treadle_program_open_reader(&reader, nullptr, &program)), TREADLE_OUT_OF_MEMORY);
  EXPECT_EQ(program, nullptr);
}

// ---- sessions --------------------------------------------------------------------------------

TEST(Api, SessionOptionsAreChecked) {
  OpenProgram open;
  auto created = [&](const treadle_session_options &options) {
    treadle_session *session = nullptr;
    treadle_error *error = treadle_session_create(open.program, &options, &session);
    EXPECT_EQ(session == nullptr, error != nullptr);
    treadle_session_close(session);
    return messageOf(error);
  };
  treadle_session_options options = {};
  EXPECT_EQ(created(options), "");
  options.device = "cpu:0";
  EXPECT_EQ(created(options), "");
  options.device = "abacus";
  for (const char *device : {"abacus", "cpu:", "cpu:x", "cpu:1:2", ":0", "cpu:12345678901"}) {
    options.device = device;
    EXPECT_THAT(created(options), StartsWith(concat("there is no device \"", device, "\"; this runtime has cpu")));
  }
  options.device = "cpu:1";
  EXPECT_EQ(created(options), "there is no device \"cpu:1\", all cores are one device, \"cpu\"");
  options = {};
  for (int32_t threads : {-1, 4097}) {
    options.threads = threads;
    EXPECT_EQ(created(options), "threads cannot be " + std::to_string(threads));
  }
}

/// What making a session for the default device says.
std::string sessionOf(const TestProgram &description) {
  AlignedBytes file(description.write());
  treadle_program *program = nullptr;
  EXPECT_EQ(messageOf(treadle_program_open_memory(file.data(), file.size(), nullptr, &program)), "");
  treadle_session *session = nullptr;
  treadle_error *error = treadle_session_create(program, nullptr, &session);
  EXPECT_EQ(treadle_error_code(error), error ? TREADLE_UNSUPPORTED : TREADLE_OK);
  if (session)
    EXPECT_EQ(Rows(5).run(session), "");
  treadle_session_close(session);
  treadle_program_close(program);
  return messageOf(error);
}

TEST(Api, CodeForOtherDevices) {
  TestProgram description;
  description.executables[0].target = "abacus";
  EXPECT_EQ(sessionOf(description), "artifact in memory: has code for abacus x86-64-v2, not for cpu; compile the model "
                                    "with --target cpu");
  description.alternatives.resize(1);
  description.alternatives[0].executables[0].variant = "x86-64-v99";
  EXPECT_THAT(sessionOf(description),
              MatchesRegex("artifact in memory: has code for abacus x86-64-v2, cpu x86-64-v99, not for this device "
                           "\\(.*\\), which lacks x86-64-v99; compile the model for it"));
  description.executables.clear();
  description.alternatives.clear();
  EXPECT_THAT(sessionOf(description), HasSubstr("has code for nothing, not for cpu"));
}

TEST(Api, TheFirstProgramThatRunsIsTaken) {
  TestProgram description;
  description.executables[0].target = "abacus";
  description.alternatives.resize(2);
  description.alternatives[0].executables[0].features = {"nothing_like_this"};
  EXPECT_EQ(sessionOf(description), "");
}

} // namespace
