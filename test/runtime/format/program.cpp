//===- program.cpp - nothing in a file is trusted -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/Mutator.h"
#include "test/runtime/TestProgram.h"
#include <gmock/gmock.h>

using namespace treadle;
using namespace treadle::test;
using testing::HasSubstr;
using Op = format::ExprOp;
using format::Space;

namespace {

struct Fault {
  const char *message; // contains this
  void (*change)(TestProgram &);
};

void PrintTo(const Fault &fault, std::ostream *os) { *os << fault.message; }

class Faults : public testing::TestWithParam<Fault> {};

TEST_P(Faults, AreFound) {
  TestProgram program;
  GetParam().change(program);
  EXPECT_THAT(program.open(), HasSubstr(std::string("artifact in memory: damaged: ") + GetParam().message));
}

const Fault faults[] = {
    // expressions
    {"expression 1 is symbol 1 of 1", [](TestProgram &p) { p.exprs[1] = {Op::symbol, 0, 0, 1}; }},
    {"expression 1 is symbol -1 of 1", [](TestProgram &p) { p.exprs[1] = {Op::symbol, 0, 0, -1}; }},
    {"expression 2 is scalar 0 of 0", [](TestProgram &p) { p.exprs[2] = {Op::argument, 0, 0, 0}; }},
    {"expression 3 refers to a later one", [](TestProgram &p) { p.exprs[3] = {Op::mul, 3, 1, 0}; }},
    {"expression 3 refers to a later one", [](TestProgram &p) { p.exprs[3] = {Op::floordiv, 1, UINT32_MAX, 0}; }},
    {"expression 2 is of unknown kind 9", [](TestProgram &p) { p.exprs[2] = {static_cast<Op>(9), 0, 0, 0}; }},
    // symbols and checks
    {"symbol 0 has an impossible range", [](TestProgram &p) { p.symbols[0].step = 0; }},
    {"symbol 0 has an impossible range", [](TestProgram &p) { p.symbols[0].step = -1; }},
    {"symbol 0 has an impossible range", [](TestProgram &p) { p.symbols[0].min = -1; }},
    {"symbol 0 is read off input 2", [](TestProgram &p) { p.symbols[0].input = 2; }},
    {"symbol 0 is read off dimension 2 of input 0", [](TestProgram &p) { p.symbols[0].dim = 2; }},
    {"check 0 refers to expression 6 of 6", [](TestProgram &p) { p.checks = {{6, 0, "c"}}; }},
    {"check 0 refers to expression 7 of 6", [](TestProgram &p) { p.checks = {{0, 7, "c"}}; }},
    // constants
    {"weights 0 lie outside the file", [](TestProgram &p) { p.constants[0] = {"", 32, 0, 0, true}; }},
    {"weights 0 lie outside the file", [](TestProgram &p) { p.constants[0] = {"", 1 << 30, 16, 0, true}; }},
    {"weights 0 lie outside the file", [](TestProgram &p) { p.constants[0] = {"", 0, 1 << 30, 0, true}; }},
    {"weights 0 lie outside the file", [](TestProgram &p) { p.constants[0] = {"", 64, UINT64_MAX, 0, true}; }},
    {"weights 0 lie outside the file", [](TestProgram &p) { p.constants[0] = {"", UINT64_MAX - 63, 64, 0, true}; }},
    // buffers
    {"buffer 6 refers to expression 6 of 6", [](TestProgram &p) { p.buffers[6].bytes = 6; }},
    {"buffer 6 lives from step 2 to 1 of 4",
     [](TestProgram &p) {
       p.buffers[6].first = 2;
       p.buffers[6].last = 1;
     }},
    {"buffer 6 lives from step 0 to 4 of 4", [](TestProgram &p) { p.buffers[6].last = 4; }},
    {"buffer 6 is of unknown kind 4", [](TestProgram &p) { p.buffers[6].space = static_cast<Space>(4); }},
    {"buffer 1 is number 2 of 2", [](TestProgram &p) { p.buffers[1].index = 2; }},
    {"buffer 4 is number 3 of 3", [](TestProgram &p) { p.buffers[4].index = 3; }},
    {"buffer 5 is number 1 of 1", [](TestProgram &p) { p.buffers[5].index = 1; }},
    // inputs and outputs
    {"input 0 has unknown element type 0", [](TestProgram &p) { p.inputs[0].dtype = 0; }},
    {"output 1 has unknown element type 200", [](TestProgram &p) { p.outputs[1].dtype = 200; }},
    {"input 1 refers to expression 9 of 6", [](TestProgram &p) { p.inputs[1].dims[1] = 9; }},
    {"output 0 is buffer 7", [](TestProgram &p) { p.outputs[0].buffer = 7; }},
    {"input 1 is in a buffer that is not its own", [](TestProgram &p) { p.inputs[1].buffer = 0; }},
    {"output 0 is in a buffer that is not its own", [](TestProgram &p) { p.outputs[0].buffer = 6; }},
    // kernels
    {"kernel 0 takes too much", [](TestProgram &p) { p.kernels[0].operands = 1 << 16; }},
    {"kernel 1 takes too much", [](TestProgram &p) { p.kernels[1].scalars = 1 << 16; }},
    {"kernel 1 writes 4 of 3 places", [](TestProgram &p) { p.kernels[1].writes = 4; }},
    // steps
    {"step 1 uses buffer 7", [](TestProgram &p) { p.steps[1].slices[0] = {7, 0}; }},
    {"step 1 refers to expression 6 of 6", [](TestProgram &p) { p.steps[1].slices[0] = {6, 6}; }},
    {"step 0 uses buffer 6 outside its life", [](TestProgram &p) { p.buffers[6].first = 1; }},
    {"step 3 uses buffer 6 outside its life", [](TestProgram &p) { p.buffers[6].last = 2; }},
    {"step 2 writes to what may only be read", [](TestProgram &p) { p.steps[2].slices[0] = {0, 0}; }},
    {"step 3 writes to what may only be read", [](TestProgram &p) { p.steps[3].slices[1] = {5, 0}; }},
    {"step 1 writes to what may only be read", [](TestProgram &p) { p.steps[1].slices[2] = {5, 0}; }},
    {"step 0 writes to what may only be read", [](TestProgram &p) { p.kernels[0].writes = 2; }},
    {"step 0 runs kernel 2", [](TestProgram &p) { p.steps[0].kernel = 2; }},
    {"step 0 gives kernel 0 2 places and 1 numbers, it takes 3 and 1",
     [](TestProgram &p) { p.steps[0].slices.pop_back(); }},
    {"step 0 gives kernel 0 3 places and 0 numbers, it takes 3 and 1",
     [](TestProgram &p) { p.steps[0].scalars.clear(); }},
    {"step 0 refers to expression 6 of 6", [](TestProgram &p) { p.steps[0].scalars[0] = 6; }},
    {"step 0 refers to expression 6 of 6", [](TestProgram &p) { p.steps[0].flops = 6; }},
    {"step 0 refers to expression 6 of 6", [](TestProgram &p) { p.steps[0].traffic = 6; }},
    {"step 0 has a wrong result", [](TestProgram &p) { p.steps[0].results[0].operand = 3; }},
    {"step 0 has a wrong result", [](TestProgram &p) { p.steps[0].results[0].dtype = 0; }},
    {"step 0 refers to expression 8 of 6", [](TestProgram &p) { p.steps[0].results[0].dims[0] = 8; }},
    {"step 0 has a wrong permutation", [](TestProgram &p) { p.steps[0].results[0].permutation = {0}; }},
    {"step 0 has a wrong permutation", [](TestProgram &p) { p.steps[0].results[0].permutation = {0, 2}; }},
    {"step 2 refers to expression 6 of 6", [](TestProgram &p) { p.steps[2].bytes = 6; }},
    {"step 3 refers to expression 6 of 6", [](TestProgram &p) { p.steps[3].bytes = 6; }},
    {"step 2 fills with 3 bytes at a time", [](TestProgram &p) { p.steps[2].width = 3; }},
    {"step 2 fills with 0 bytes at a time", [](TestProgram &p) { p.steps[2].width = 0; }},
    {"step 2 lacks a place in memory", [](TestProgram &p) { p.steps[2].slices.clear(); }},
    {"step 3 lacks a place in memory", [](TestProgram &p) { p.steps[3].slices.pop_back(); }},
    // machine code
    {"machine code 0 lies outside the file", [](TestProgram &p) { p.executables[0].offset = 64; }},
    {"machine code 0 lies outside the file", [](TestProgram &p) { p.executables[0].offset = 1 << 30; }},
    {"machine code 0 has 1 kernels, not 2", [](TestProgram &p) { p.executables[0].entries.pop_back(); }},
    {"machine code 0 has its kernels in disorder", [](TestProgram &p) { p.executables[0].entries[1].kernel = 0; }},
    {"expression of a kernel 0 is scalar 1 of 1",
     [](TestProgram &p) { p.executables[0].entries[1].exprs[0] = {Op::argument, 0, 0, 1}; }},
    {"expression of a kernel 0 is symbol 0 of 0",
     [](TestProgram &p) { p.executables[0].entries[1].exprs[0] = {Op::symbol, 0, 0, 0}; }},
    {"kernel 0 has no grid", [](TestProgram &p) { p.executables[0].entries[0].grid.clear(); }},
    {"kernel 0 has no grid", [](TestProgram &p) { p.executables[0].entries[0].grid = {0, 0, 0, 0}; }},
    {"kernel 1 has a wrong grid", [](TestProgram &p) { p.executables[0].entries[1].grid = {2}; }},
    {"kernel 1 has a wrong scratch size", [](TestProgram &p) { p.executables[0].entries[1].scratch = 2; }},
    {"kernel 1 has its code outside machine code 0",
     [](TestProgram &p) { p.executables[0].entries[1].offset = p.executables[0].code.size() + 1; }},
    {"kernel 0 has its code outside machine code 0",
     [](TestProgram &p) {
       p.executables[0].entries[0].offset = p.executables[0].code.size() - 4;
       p.executables[0].entries[0].bytes = 5;
     }},
    {"kernel 0 has its code outside machine code 0",
     [](TestProgram &p) {
       p.executables[0].entries[0].offset = 8;
       p.executables[0].entries[0].bytes = UINT64_MAX - 4;
     }},
    // alternatives
    {"alternative 1: buffer 6 refers to expression 6 of 6",
     [](TestProgram &p) {
       p.alternatives.resize(2);
       p.alternatives[1].buffers[6].bytes = 6;
     }},
    {"alternative 0: weights 0 lie outside the file",
     [](TestProgram &p) {
       p.alternatives.resize(1);
       p.alternatives[0].constants[0] = {"", 1 << 30, 16, 0, true};
     }},
    {"alternative 0: machine code 0 has 1 kernels, not 2",
     [](TestProgram &p) {
       p.alternatives.resize(1);
       p.alternatives[0].executables[0].entries.pop_back();
     }},
    {"alternative 0: its input 1 is another one",
     [](TestProgram &p) {
       p.alternatives.resize(1);
       p.alternatives[0].inputs[1].name = "z";
     }},
    {"alternative 0: its output 0 is another one",
     [](TestProgram &p) {
       p.alternatives.resize(1);
       p.alternatives[0].outputs[0].dtype = TREADLE_F16;
     }},
    {"alternative 0: its output 1 is another one",
     [](TestProgram &p) {
       p.alternatives.resize(1);
       p.alternatives[0].outputs[1].dims.push_back(TestProgram::four);
     }},
    {"alternative 0: it has 2 outputs, not 3",
     [](TestProgram &p) {
       p.alternatives.resize(1);
       p.alternatives[0].outputs.pop_back();
       p.alternatives[0].buffers[4] = {Space::arena, TestProgram::bytes, 0, 3, 3};
     }},
    {"alternative 0: it has alternatives of its own",
     [](TestProgram &p) {
       p.alternatives.resize(1);
       p.alternatives[0].alternatives.resize(1);
     }},
};
INSTANTIATE_TEST_SUITE_P(Program, Faults, testing::ValuesIn(faults));

TEST(Program, IsSound) {
  EXPECT_EQ(TestProgram().open(), "");
  EXPECT_EQ(TestProgram().open(/*checkWeights=*/true), "");
}

TEST(Program, WeightsAreHashed) {
  TestProgram program;
  program.constants[0] = {program.constants[0].bytes, 0, 16, 12345, true};
  EXPECT_EQ(program.open(), "");
  EXPECT_EQ(program.open(/*checkWeights=*/true), "artifact in memory: damaged: weights 0 are not what was written");
}

TEST(Program, Alternatives) {
  TestProgram description;
  description.alternatives.resize(2);
  description.alternatives[1].constants[0].bytes[0] = 'x';
  std::shared_ptr<const Program> program;
  {
    auto file = std::make_shared<AlignedBytes>(description.write());
    EXPECT_EQ(Program::open(file->data(), file->size(), "f", true, file, program).message, "");
  }
  // Each is a program of its own, which keeps the bytes.
  ASSERT_EQ(program->alternatives().size(), 2u);
  std::shared_ptr<const Program> other = program->alternatives()[1];
  program = nullptr;
  EXPECT_EQ(other->name(), "f");
  EXPECT_TRUE(other->alternatives().empty());
  EXPECT_EQ(static_cast<const char *>(other->constant(0))[0], 'x');

  description.alternatives[1].constants[0] = {"", 0, 16, 12345, true};
  EXPECT_EQ(description.open(), "");
  EXPECT_EQ(description.open(/*checkWeights=*/true),
            "artifact in memory: damaged: alternative 1: weights 0 are not what was written");
}

/// What opening these bytes says.
std::string opened(const std::string &bytes, bool checkWeights = true) {
  AlignedBytes file(bytes);
  std::shared_ptr<const Program> program;
  return Program::open(file.data(), file.size(), "f", checkWeights, nullptr, program).message;
}

TEST(Program, HeaderIsChecked) {
  std::string whole = TestProgram().write();
  auto with = [&](void (*change)(FileHeader &)) {
    std::string file = whole;
    FileHeader header;
    std::memcpy(&header, file.data(), sizeof(header));
    change(header);
    std::memcpy(file.data(), &header, sizeof(header));
    return opened(file);
  };
  EXPECT_EQ(with([](FileHeader &) {}), "");
  EXPECT_EQ(with([](FileHeader &header) { header.magic[0] = 't'; }), "f: is no Treadle artifact");
  EXPECT_EQ(with([](FileHeader &header) { header.major = 2; }),
            "f: is of format 2, this runtime reads 1; compile the model again");
  EXPECT_THAT(with([](FileHeader &header) { ++header.fileBytes; }), HasSubstr("it was cut short or added to"));
  for (auto change : {+[](FileHeader &header) { header.dataOffset += 64; },
                      +[](FileHeader &header) { header.dataOffset = UINT64_MAX / 4096 * 4096; },
                      +[](FileHeader &header) { header.dataBytes = UINT64_MAX; },
                      +[](FileHeader &header) { header.tableOffset += 1; },
                      +[](FileHeader &header) { header.tableOffset = UINT64_MAX - 63; },
                      +[](FileHeader &header) { header.tableBytes += 1; },
                      +[](FileHeader &header) { header.tableBytes = UINT64_MAX; }})
    EXPECT_EQ(with(change), "f: damaged: its parts lie outside the file");
  for (auto change :
       {+[](FileHeader &header) { header.hash ^= 1; }, +[](FileHeader &header) { header.tableBytes -= 1; },
        +[](FileHeader &header) { header.minor += 1; }})
    EXPECT_EQ(with(change), "f: damaged: its tables are not what was written");
}

TEST(Program, NewerMinorsAreRead) {
  std::string file = TestProgram().write();
  uint32_t minor = 7;
  std::memcpy(file.data() + offsetof(FileHeader, minor), &minor, sizeof(minor));
  sign(file);
  EXPECT_EQ(opened(file), "");
}

TEST(Program, TablesMustBeThere) {
  std::string file = TestProgram().write();
  for (uint64_t bytes : {0, 1, 7, 8, 100}) {
    std::string shorter = file;
    std::memcpy(shorter.data() + offsetof(FileHeader, tableBytes), &bytes, sizeof(bytes));
    sign(shorter);
    EXPECT_EQ(opened(shorter), "f: damaged: its tables cannot be read") << bytes;
  }
}

TEST(Program, CutShort) {
  std::string whole = TestProgram().write();
  for (size_t length = 0; length < whole.size(); length += length < 300 || length + 300 > whole.size() ? 1 : 97)
    EXPECT_NE(opened(whole.substr(0, length)), "") << length;
  EXPECT_NE(opened(whole + '\0'), "");
}

TEST(Program, FlippedBytesAreSeen) {
  std::string whole = TestProgram().write();
  FileHeader header;
  std::memcpy(&header, whole.data(), sizeof(header));
  TestProgram program;
  size_t weights = program.constants[0].bytes.size(), code = TestProgram::code().size();
  auto isPadding = [&](size_t at) {
    size_t inData = at - header.dataOffset;
    bool written = at < sizeof(header) || at >= header.tableOffset ||
                   (at >= header.dataOffset && (inData < weights || (inData >= 4096 && inData < 4096 + code)));
    return !written;
  };
  for (size_t at = 0; at < whole.size(); ++at) {
    if (at % 7 && at > 4096 && at < header.tableOffset)
      continue; // of the code one in seven
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    EXPECT_EQ(opened(damaged).empty(), isPadding(at)) << at;
  }
}

class Mutations : public testing::Test, protected Mutator {
protected:
  Mutations() { std::memcpy(&header, whole.data(), sizeof(header)); }

  /// An error, or a program that is safe to plan.
  void open(const std::string &bytes) {
    AlignedBytes file(bytes);
    treadle_program *program = nullptr;
    std::string message = messageOf(treadle_program_open_memory(file.data(), file.size(), nullptr, &program));
    EXPECT_EQ(message.find('\n'), std::string::npos);
    if (!program)
      return;
    ++opens;
    treadle_program_json(program);
    treadle_allocator stingy = {nullptr,
                                [](void *, size_t bytes, size_t alignment) -> void * {
                                  return bytes > (1 << 26) ? nullptr : std::aligned_alloc(alignment, bytes);
                                },
                                [](void *, void *data, size_t) { std::free(data); }};
    treadle_session_options options = {};
    options.threads = 1;
    options.allocator = &stingy;
    treadle_session *session = nullptr;
    treadle_error_free(treadle_session_create(program, &options, &session));
    if (session) {
      Rows rows(3);
      plans += messageOf(treadle_session_prepare(session, rows.inputs.data(), 2)).empty();
    }
    treadle_session_close(session);
    treadle_program_close(program);
  }

  const std::string whole = TestProgram().write();
  FileHeader header;
  int opens = 0, plans = 0;
};

/// Tables that were altered on purpose, with the right hash.
TEST_F(Mutations, OfEachByteOfTables) {
  for (size_t at = header.tableOffset; at < whole.size(); ++at)
    for (int change : {0x01, 0x04, 0x40, 0x80, 0xff}) {
      std::string altered = whole;
      altered[at] = static_cast<char>(altered[at] ^ change);
      sign(altered);
      open(altered);
    }
  EXPECT_GT(opens, 100); // names may change
  EXPECT_GT(plans, 100);
}

/// Likewise, of several numbers of 1, 2, 4 or 8 bytes, where such may stand.
TEST_F(Mutations, OfNumbersInTables) {
  const int64_t numbers[] = {0,  1,  2,  3,         4,         5,         6,         7,      8,
                             63, 64, -1, INT16_MAX, INT32_MAX, INT64_MAX, INT64_MIN, 1 << 20};
  const int tries = mutations();
  for (int i = 0; i < tries; ++i) {
    std::string altered = whole;
    for (size_t count = 1 + below(3); count > 0; --count) {
      size_t width = size_t(1) << below(4), places = (whole.size() - header.tableOffset) / width;
      int64_t number = oneOf(numbers);
      std::memcpy(altered.data() + header.tableOffset + below(places) * width, &number, width);
    }
    sign(altered);
    open(altered);
  }
  EXPECT_GT(opens, tries / 100);
  EXPECT_GT(plans, tries / 100);
}

/// Of the header and whatever comes after it, as chance has it.
TEST_F(Mutations, OfBytes) {
  for (int i = mutations(); i > 0; --i)
    open(mutated(whole, sizeof(FileHeader)));
}

} // namespace
