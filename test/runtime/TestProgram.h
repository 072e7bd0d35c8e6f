//===- TestProgram.h - small artifacts, made without the compiler --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an artifact says, as structs that a test changes before it writes the file. As it is made,
//
//     sum[n, 4] = (x[n, 4] + weights[4]) + y[n, 4], ones[n] = 1, copy[n, 4] = x + weights
//
// with the kernels of test/runtime/kernels.c, x + weights in the arena.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_RUNTIME_TESTPROGRAM_H
#define TREADLE_TEST_RUNTIME_TESTPROGRAM_H

#include "runtime/base/DType.h"
#include "runtime/format/Program.h"
#include "runtime/treadle.h"
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

namespace treadle::test {

/// Bytes that begin at a multiple of 64.
class AlignedBytes {
public:
  explicit AlignedBytes(const std::string &bytes) : memory(bytes.size() + 64), count(bytes.size()) {
    std::memcpy(data(), bytes.data(), count);
  }
  char *data() { return memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64; }
  size_t size() const { return count; }

private:
  std::vector<char> memory;
  size_t count;
};

/// The error's text; the error is freed.
inline std::string messageOf(treadle_error *error) {
  std::string message = treadle_error_message(error);
  treadle_error_free(error);
  return message;
}
/// Its code likewise.
inline treadle_code codeOf(treadle_error *error) {
  treadle_code code = treadle_error_code(error);
  treadle_error_free(error);
  return code;
}

struct TestProgram {
  using Op = format::ExprOp;
  struct Symbol {
    std::string name;
    int64_t min = 0, max = 1 << 20, step = 1;
    uint32_t input = 0, dim = 0;
  };
  struct Check {
    uint32_t lhs, rhs;
    std::string message;
  };
  struct Tensor {
    std::string name;
    uint8_t dtype;
    std::vector<uint32_t> dims;
    uint32_t buffer;
  };
  struct Buffer {
    format::Space space;
    uint32_t bytes, index = 0, first = 0, last = 0;
  };
  struct Constant {
    std::string bytes;
    uint64_t offset = 0, size = 0, hash = 0; // filled in by write() if `placed` is false
    bool placed = false;
  };
  struct Result {
    uint32_t operand;
    std::string name;
    uint8_t dtype;
    std::vector<uint32_t> dims, permutation;
  };
  struct Step {
    format::Command kind;
    std::vector<format::Slice> slices;
    uint32_t bytes = 0, pattern = 0, kernel = 0, flops = 0, traffic = 0; // as far as the kind has them
    uint8_t width = 1;
    std::vector<uint32_t> scalars = {};
    std::vector<Result> results = {};
  };
  struct Kernel {
    std::string name, family;
    uint32_t operands, scalars, writes = 0;
  };
  struct Entry {
    uint32_t kernel;
    std::string symbol;
    std::vector<format::ExprNode> exprs;
    std::vector<uint32_t> grid;
    uint32_t scratch, threads = 0;
    uint64_t offset = 0, bytes = 0;
    bool isPersistent = false;
  };
  struct Executable {
    std::string target, variant;
    std::vector<std::string> features;
    std::vector<Entry> entries;
    std::string code;
    int64_t offset = -1; // where it should be said to lie
  };

  // exprs: 0, n, 4, n * 4 elements, n * 16 bytes, 16
  enum : uint32_t { zero, n, four, elements, bytes, sixteen };

  std::vector<format::ExprNode> exprs = {{Op::constant, 0, 0, 0},      {Op::symbol, 0, 0, 0},
                                         {Op::constant, 0, 0, 4},      {Op::mul, n, four, 0},
                                         {Op::mul, elements, four, 0}, {Op::constant, 0, 0, 16}};
  std::vector<Symbol> symbols = {{"n"}};
  std::vector<Check> checks;
  std::vector<Tensor> inputs = {{"x", TREADLE_F32, {n, four}, 0}, {"y", TREADLE_F32, {n, four}, 1}};
  std::vector<Tensor> outputs = {
      {"sum", TREADLE_F32, {n, four}, 2}, {"ones", TREADLE_U8, {n}, 3}, {"copy", TREADLE_F32, {n, four}, 4}};
  std::vector<Buffer> buffers = {{format::Space::input, bytes, 0},      {format::Space::input, bytes, 1},
                                 {format::Space::output, bytes, 0},     {format::Space::output, n, 1},
                                 {format::Space::output, bytes, 2},     {format::Space::constant, sixteen, 0},
                                 {format::Space::arena, bytes, 0, 0, 3}};
  std::vector<Constant> constants = {{std::string("\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40", 16)}}; // 1 2 3 4
  std::vector<Step> steps = {{format::Command::Dispatch,
                              {{0, zero}, {5, zero}, {6, zero}},
                              0,
                              0,
                              0,
                              elements,
                              bytes,
                              1,
                              {n},
                              {{2, "shifted", TREADLE_F32, {n, four}, {1, 0}}}},
                             {format::Command::Dispatch,
                              {{6, zero}, {1, zero}, {2, zero}},
                              0,
                              0,
                              1,
                              elements,
                              bytes,
                              1,
                              {n},
                              {{2, "sum", TREADLE_F32, {n, four}, {}}}},
                             {format::Command::Fill, {{3, zero}}, n, 1},
                             {format::Command::Copy, {{6, zero}, {4, zero}}, bytes}};
  std::vector<Kernel> kernels = {{"add_row_0", "map", 3, 1}, {"add_1", "map", 3, 1}};
  std::vector<Executable> executables = {
      {"cpu", "x86-64-v2", {}, {entry(0, "add_row", 64), entry(1, "add", 0)}, code(), -1}};
  std::vector<std::pair<std::string, std::string>> metadata = {{"labels", "cat dog"}};

  std::vector<TestProgram> alternatives;

  /// A task a row.
  static Entry entry(uint32_t kernel, const std::string &symbol, int64_t scratch) {
    return {kernel, symbol, {{Op::argument, 0, 0, 0}, {Op::constant, 0, 0, scratch}}, {0}, 1};
  }
  /// The kernels' shared object.
  static std::string code() {
    std::ifstream file(TREADLE_TEST_KERNELS, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// The artifact's bytes.
  std::string write() const;
  /// The tables; weights and code are added to `data`.
  flatbuffers::Offset<format::Program> tables(flatbuffers::FlatBufferBuilder &b, std::string &data) const;

  /// Opens and closes it: what is wrong with it, or "".
  std::string open(bool checkWeights = false) const {
    AlignedBytes file(write());
    treadle_open_options options = {};
    options.check_weights = checkWeights;
    treadle_program *program = nullptr;
    treadle_error *error = treadle_program_open_memory(file.data(), file.size(), &options, &program);
    EXPECT_EQ(error == nullptr, program != nullptr);
    treadle_program_close(program);
    return messageOf(error);
  }
};

/// Sets the hash of header and tables anew.
inline void sign(std::string &file) {
  FileHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  header.hash = headerHash(header, file.data() + header.tableOffset);
  std::memcpy(file.data(), &header, sizeof(header));
}

inline flatbuffers::Offset<format::Program> TestProgram::tables(flatbuffers::FlatBufferBuilder &b,
                                                                std::string &data) const {
  auto place = [&](const std::string &bytes, size_t alignment) {
    data.resize((data.size() + alignment - 1) / alignment * alignment);
    data += bytes;
    return data.size() - bytes.size();
  };
  auto vector = [&](const auto &list, auto &&make) {
    std::vector<decltype(make(list[0]))> made;
    for (const auto &item : list)
      made.push_back(make(item));
    return b.CreateVector(made);
  };
  auto text = [&](const std::string &string) { return b.CreateString(string); };
  auto tensor = [&](const Tensor &t) {
    return format::CreateTensor(b, text(t.name), t.dtype, b.CreateVector(t.dims), t.buffer);
  };
  auto symbolList = vector(symbols, [&](const Symbol &s) {
    return format::CreateSymbol(b, text(s.name), s.min, s.max, s.step, s.input, s.dim);
  });
  auto checkList =
      vector(checks, [&](const Check &c) { return format::CreateCheck(b, c.lhs, c.rhs, text(c.message)); });
  auto inputList = vector(inputs, tensor), outputList = vector(outputs, tensor);
  auto bufferList = vector(buffers, [&](const Buffer &buffer) {
    return format::CreateBuffer(b, buffer.space, buffer.bytes, buffer.index, buffer.first, buffer.last);
  });
  auto constantList = vector(constants, [&](const Constant &c) {
    uint64_t offset = place(c.bytes, weightAlignment);
    return c.placed ? format::CreateConstant(b, c.offset, c.size, c.hash)
                    : format::CreateConstant(b, offset, c.bytes.size(), hashBytes(c.bytes.data(), c.bytes.size()));
  });
  auto stepList = vector(steps, [&](const Step &step) {
    auto slice = [&](size_t i) { return i < step.slices.size() ? &step.slices[i] : nullptr; };
    flatbuffers::Offset<void> command;
    if (step.kind == format::Command::Copy) {
      command = format::CreateCopy(b, slice(0), slice(1), step.bytes).Union();
    } else if (step.kind == format::Command::Fill) {
      command = format::CreateFill(b, slice(0), step.bytes, step.pattern, step.width).Union();
    } else {
      auto results = vector(step.results, [&](const Result &r) {
        return format::CreateResult(b, r.operand, text(r.name), r.dtype, b.CreateVector(r.dims),
                                    b.CreateVector(r.permutation));
      });
      auto source = b.CreateVectorOfStrings(std::vector<std::string>{"node (Add)"});
      command = format::CreateDispatch(b, step.kernel, b.CreateVectorOfStructs(step.slices),
                                       b.CreateVector(step.scalars), source, step.flops, step.traffic, results)
                    .Union();
    }
    return format::CreateStep(b, step.kind, command);
  });
  auto kernelList = vector(kernels, [&](const Kernel &k) {
    return format::CreateKernel(b, text(k.name), text(k.family), k.operands, k.scalars, k.writes);
  });
  auto executableList = vector(executables, [&](const Executable &e) {
    uint64_t offset = place(e.code, codeAlignment);
    auto entries = vector(e.entries, [&](const Entry &entry) {
      return format::CreateEntry(b, entry.kernel, text(entry.symbol), b.CreateVectorOfStructs(entry.exprs),
                                 b.CreateVector(entry.grid), entry.scratch, entry.threads, entry.offset, entry.bytes,
                                 /*native_offset=*/0, /*native_bytes=*/0, /*boxes=*/0, /*shared=*/0,
                                 entry.isPersistent);
    });
    return format::CreateExecutable(b, text(e.target), text(e.variant), b.CreateVectorOfStrings(e.features),
                                    e.offset < 0 ? offset : e.offset, e.code.size(),
                                    hashBytes(e.code.data(), e.code.size()), entries);
  });
  auto metadataList = vector(metadata, [&](const std::pair<std::string, std::string> &pair) {
    return format::CreateKeyValue(b, text(pair.first), text(pair.second));
  });
  auto provenance = format::CreateProvenance(b, text("test 1"), text("net.onnx"), text("00"), text("-O3"));
  auto alternativeList = vector(alternatives, [&](const TestProgram &other) { return other.tables(b, data); });
  return format::CreateProgram(b, b.CreateVectorOfStructs(exprs), symbolList, checkList, inputList, outputList,
                               bufferList, constantList, stepList, kernelList, executableList, provenance, metadataList,
                               alternativeList);
}

inline std::string TestProgram::write() const {
  flatbuffers::FlatBufferBuilder b;
  std::string data;
  format::FinishProgramBuffer(b, tables(b, data));

  FileHeader header = {};
  std::memcpy(header.magic, fileMagic, sizeof(fileMagic));
  header.major = fileMajor;
  header.minor = fileMinor;
  header.dataOffset = codeAlignment;
  header.dataBytes = data.size();
  header.tableOffset = (header.dataOffset + data.size() + weightAlignment - 1) / weightAlignment * weightAlignment;
  header.tableBytes = b.GetSize();
  header.fileBytes = header.tableOffset + header.tableBytes;
  std::string file(header.fileBytes, '\0');
  std::memcpy(file.data(), &header, sizeof(header));
  std::memcpy(file.data() + header.dataOffset, data.data(), data.size());
  std::memcpy(file.data() + header.tableOffset, b.GetBufferPointer(), b.GetSize());
  sign(file);
  return file;
}

/// The program in memory, opened, and a session of it.
class OpenProgram {
public:
  explicit OpenProgram(const TestProgram &description = {}, const treadle_session_options *options = nullptr)
      : file(description.write()) {
    treadle_error *error = treadle_program_open_memory(file.data(), file.size(), nullptr, &program);
    EXPECT_EQ(messageOf(error), "");
    error = treadle_session_create(program, options, &session);
    EXPECT_EQ(messageOf(error), "");
  }
  ~OpenProgram() {
    treadle_session_close(session);
    treadle_program_close(program);
  }
  OpenProgram(const OpenProgram &) = delete;
  OpenProgram &operator=(const OpenProgram &) = delete;

  AlignedBytes file;
  treadle_program *program = nullptr;
  treadle_session *session = nullptr;
};

/// Inputs of the program for some rows, and what should come out.
struct Rows {
  explicit Rows(int64_t rows) : dims{rows, 4}, x(rows * 4), y(rows * 4), sum(rows * 4), copy(rows * 4) {
    for (int64_t i = 0; i < rows * 4; ++i) {
      x[i] = static_cast<float>(i);
      y[i] = static_cast<float>(100 * i);
      copy[i] = x[i] + static_cast<float>(1 + i % 4);
      sum[i] = copy[i] + y[i];
    }
    inputs = {{x.data(), TREADLE_F32, 2, dims, 0}, {y.data(), TREADLE_F32, 2, dims, 0}};
  }

  /// Runs and compares: what is wrong, or "".
  std::string run(treadle_session *session) {
    return check(
        [&](treadle_tensor *outputs) { return messageOf(treadle_session_run(session, inputs.data(), 2, outputs, 3)); });
  }
  /// Likewise; `runs` fills in the outputs and returns an error's text or "".
  template <typename Runs> std::string check(const Runs &runs) {
    treadle_tensor outputs[3] = {};
    if (std::string message = runs(outputs); !message.empty())
      return message;
    if (outputs[0].rank != 2 || outputs[0].dims[0] != dims[0] || outputs[0].dims[1] != 4 ||
        outputs[0].dtype != TREADLE_F32 || outputs[1].rank != 1 || outputs[1].dims[0] != dims[0])
      return "an output has another shape";
    std::vector<uint8_t> ones(dims[0], 1);
    auto equals = [](const treadle_tensor &output, const auto &expected) {
      return expected.empty() || std::memcmp(output.data, expected.data(), expected.size() * sizeof(expected[0])) == 0;
    };
    bool same = equals(outputs[0], sum) && equals(outputs[1], ones) && equals(outputs[2], copy);
    return same ? "" : "an output has other elements";
  }

  int64_t dims[2];
  std::vector<float> x, y, sum, copy;
  std::vector<treadle_tensor> inputs;
};

/// What making a session of the program on a device says, or "".
inline std::string sessionMessage(const TestProgram &description, const char *device) {
  AlignedBytes file(description.write());
  treadle_program *program = nullptr;
  EXPECT_EQ(messageOf(treadle_program_open_memory(file.data(), file.size(), nullptr, &program)), "");
  treadle_session_options options = {};
  options.device = device;
  treadle_session *session = nullptr;
  treadle_error *error = treadle_session_create(program, &options, &session);
  EXPECT_EQ(error == nullptr, session != nullptr);
  treadle_session_close(session);
  treadle_program_close(program);
  return messageOf(error);
}

} // namespace treadle::test

#endif // TREADLE_TEST_RUNTIME_TESTPROGRAM_H
