//===- Program.cpp - an artifact that has been checked --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Program.h"
#include "runtime/base/DType.h"
#include <cstring>

namespace treadle {
namespace {

template <typename T> uint32_t count(const flatbuffers::Vector<T> *list) { return list ? list->size() : 0; }

/// The first thing that is wrong with the tables of one program. `where` says which it is.
class Checker {
public:
  Checker(const format::Program &program, uint64_t dataBytes, std::string where)
      : program(program), dataBytes(dataBytes), where(std::move(where)) {}

  Status run() {
    check(*this, &Checker::expressions);
    check(*this, &Checker::symbols);
    check(*this, &Checker::constants);
    check(*this, &Checker::buffers);
    check(*this, &Checker::interface);
    check(*this, &Checker::kernels);
    check(*this, &Checker::steps);
    check(*this, &Checker::executables);
    return status;
  }

  /// What the user sees of an alternative is what the user sees of the whole.
  Status agreesWith(const format::Program &whole) {
    same(program.inputs(), whole.inputs(), "input");
    same(program.outputs(), whole.outputs(), "output");
    require(count(program.alternatives()) == 0, "it has alternatives of its own");
    return status;
  }

private:
  static void check(Checker &self, void (Checker::*part)()) {
    if (!self.status.failed())
      (self.*part)();
  }
  template <typename... Parts> bool require(bool holds, const Parts &...parts) {
    if (!holds && !status.failed())
      status = error(TREADLE_DAMAGED, "damaged: ", where, parts...);
    return holds;
  }
  bool expr(uint32_t index, const char *what, uint32_t number) {
    return require(index < count(program.exprs()), what, " ", number, " refers to expression ", index, " of ",
                   count(program.exprs()));
  }
  bool exprList(const flatbuffers::Vector<uint32_t> *list, const char *what, uint32_t number) {
    for (uint32_t i = 0; i < count(list); ++i)
      if (!expr(list->Get(i), what, number))
        return false;
    return true;
  }

  bool pool(const flatbuffers::Vector<const format::ExprNode *> *nodes, uint32_t arguments, uint32_t symbols,
            const char *what) {
    using Op = format::ExprOp;
    // The verifier asks where a list's length is, not where its elements are.
    if (nodes && !require(reinterpret_cast<uintptr_t>(nodes->Data()) % alignof(format::ExprNode) == 0, "the list of ",
                          what, "s is not where it could be read"))
      return false;
    for (uint32_t i = 0; i < count(nodes); ++i) {
      const format::ExprNode &node = *nodes->Get(i);
      switch (node.op()) {
      case Op::constant:
        break;
      case Op::symbol:
        if (!require(node.value() >= 0 && node.value() < symbols, what, " ", i, " is symbol ", node.value(), " of ",
                     symbols))
          return false;
        break;
      case Op::argument:
        if (!require(node.value() >= 0 && node.value() < arguments, what, " ", i, " is scalar ", node.value(), " of ",
                     arguments))
          return false;
        break;
      case Op::add:
      case Op::mul:
      case Op::floordiv:
      case Op::mod:
      case Op::min:
      case Op::max:
        if (!require(node.lhs() < i && node.rhs() < i, what, " ", i, " refers to a later one"))
          return false;
        break;
      default:
        return require(false, what, " ", i, " is of unknown kind ", static_cast<int>(node.op()));
      }
    }
    return true;
  }

  void expressions() { pool(program.exprs(), 0, count(program.symbols()), "expression"); }

  void symbols() {
    for (uint32_t i = 0; i < count(program.symbols()); ++i) {
      const format::Symbol &symbol = *program.symbols()->Get(i);
      require(symbol.step() > 0 && symbol.min() >= 0, "symbol ", i, " has an impossible range");
      if (require(symbol.input() < count(program.inputs()), "symbol ", i, " is read off input ", symbol.input()))
        require(symbol.dim() < count(program.inputs()->Get(symbol.input())->dims()), "symbol ", i,
                " is read off dimension ", symbol.dim(), " of input ", symbol.input());
    }
    for (uint32_t i = 0; i < count(program.checks()); ++i) {
      expr(program.checks()->Get(i)->lhs(), "check", i);
      expr(program.checks()->Get(i)->rhs(), "check", i);
    }
  }

  bool inData(uint64_t offset, uint64_t bytes, uint64_t alignment) {
    return offset % alignment == 0 && offset <= dataBytes && bytes <= dataBytes - offset;
  }

  void constants() {
    for (uint32_t i = 0; i < count(program.constants()); ++i) {
      const format::Constant &constant = *program.constants()->Get(i);
      require(inData(constant.offset(), constant.bytes(), weightAlignment), "weights ", i, " lie outside the file");
    }
  }

  void buffers() {
    for (uint32_t i = 0; i < count(program.buffers()); ++i) {
      const format::Buffer &buffer = *program.buffers()->Get(i);
      expr(buffer.bytes(), "buffer", i);
      uint32_t steps = count(program.steps()), limit = 0;
      switch (buffer.space()) {
      case format::Space::input:
        limit = count(program.inputs());
        break;
      case format::Space::output:
        limit = count(program.outputs());
        break;
      case format::Space::constant:
        limit = count(program.constants());
        break;
      case format::Space::arena:
        require(buffer.first() <= buffer.last() && buffer.last() < steps, "buffer ", i, " lives from step ",
                buffer.first(), " to ", buffer.last(), " of ", steps);
        continue;
      default:
        require(false, "buffer ", i, " is of unknown kind ", static_cast<int>(buffer.space()));
        return;
      }
      require(buffer.index() < limit, "buffer ", i, " is number ", buffer.index(), " of ", limit);
    }
  }

  void tensors(const flatbuffers::Vector<flatbuffers::Offset<format::Tensor>> *list, format::Space space,
               const char *what) {
    for (uint32_t i = 0; i < count(list); ++i) {
      const format::Tensor &tensor = *list->Get(i);
      require(isDType(tensor.dtype()), what, " ", i, " has unknown element type ", static_cast<int>(tensor.dtype()));
      exprList(tensor.dims(), what, i);
      if (!require(tensor.buffer() < count(program.buffers()), what, " ", i, " is buffer ", tensor.buffer()))
        return;
      const format::Buffer &buffer = *program.buffers()->Get(tensor.buffer());
      require(buffer.space() == space && buffer.index() == i, what, " ", i, " is in a buffer that is not its own");
    }
  }
  using Tensors = flatbuffers::Vector<flatbuffers::Offset<format::Tensor>>;
  void same(const Tensors *list, const Tensors *expected, const char *what) {
    if (!require(count(list) == count(expected), "it has ", count(list), " ", what, "s, not ", count(expected)))
      return;
    for (uint32_t i = 0; i < count(list); ++i) {
      const format::Tensor &one = *list->Get(i), &other = *expected->Get(i);
      require(one.name()->string_view() == other.name()->string_view() && one.dtype() == other.dtype() &&
                  count(one.dims()) == count(other.dims()),
              "its ", what, " ", i, " is another one");
    }
  }
  void interface() {
    tensors(program.inputs(), format::Space::input, "input");
    tensors(program.outputs(), format::Space::output, "output");
  }

  void kernels() {
    constexpr uint32_t most = 1 << 16;
    for (uint32_t i = 0; i < count(program.kernels()); ++i) {
      const format::Kernel &kernel = *program.kernels()->Get(i);
      require(kernel.operands() < most && kernel.scalars() < most, "kernel ", i, " takes too much");
      require(kernel.writes() <= kernel.operands(), "kernel ", i, " writes ", kernel.writes(), " of ",
              kernel.operands(), " places");
    }
  }

  bool slice(const format::Slice *slice, uint32_t step, bool written) {
    if (!require(slice, "step ", step, " lacks a place in memory") ||
        !require(slice->buffer() < count(program.buffers()), "step ", step, " uses buffer ", slice->buffer()) ||
        !expr(slice->offset(), "step", step))
      return false;
    const format::Buffer &buffer = *program.buffers()->Get(slice->buffer());
    if (buffer.space() == format::Space::arena)
      require(buffer.first() <= step && step <= buffer.last(), "step ", step, " uses buffer ", slice->buffer(),
              " outside its life");
    if (written)
      require(buffer.space() == format::Space::output || buffer.space() == format::Space::arena, "step ", step,
              " writes to what may only be read");
    return !status.failed();
  }

  void dispatch(const format::Dispatch &dispatch, uint32_t step) {
    if (!require(dispatch.kernel() < count(program.kernels()), "step ", step, " runs kernel ", dispatch.kernel()))
      return;
    const format::Kernel &kernel = *program.kernels()->Get(dispatch.kernel());
    require(count(dispatch.slices()) == kernel.operands() && count(dispatch.scalars()) == kernel.scalars(), "step ",
            step, " gives kernel ", dispatch.kernel(), " ", count(dispatch.slices()), " places and ",
            count(dispatch.scalars()), " numbers, it takes ", kernel.operands(), " and ", kernel.scalars());
    for (uint32_t i = 0; i < count(dispatch.slices()); ++i)
      slice(dispatch.slices()->Get(i), step, i >= kernel.operands() - kernel.writes());
    exprList(dispatch.scalars(), "step", step);
    expr(dispatch.flops(), "step", step);
    expr(dispatch.traffic(), "step", step);
    for (uint32_t i = 0; i < count(dispatch.results()); ++i) {
      const format::Result &result = *dispatch.results()->Get(i);
      if (!require(result.operand() < count(dispatch.slices()) && isDType(result.dtype()), "step ", step,
                   " has a wrong result"))
        return;
      slice(dispatch.slices()->Get(result.operand()), step, true);
      exprList(result.dims(), "step", step);
      uint32_t rank = count(result.dims());
      if (count(result.permutation()))
        require(count(result.permutation()) == rank, "step ", step, " has a wrong permutation");
      for (uint32_t d = 0; d < count(result.permutation()); ++d)
        require(result.permutation()->Get(d) < rank, "step ", step, " has a wrong permutation");
    }
  }

  void steps() {
    for (uint32_t i = 0; i < count(program.steps()) && !status.failed(); ++i) {
      const format::Step &step = *program.steps()->Get(i);
      if (const auto *run = step.command_as_Dispatch()) {
        dispatch(*run, i);
      } else if (const auto *copy = step.command_as_Copy()) {
        slice(copy->from(), i, false) && slice(copy->to(), i, true) && expr(copy->bytes(), "step", i);
      } else if (const auto *fill = step.command_as_Fill()) {
        slice(fill->to(), i, true) && expr(fill->bytes(), "step", i);
        uint8_t width = fill->width();
        require(width == 1 || width == 2 || width == 4, "step ", i, " fills with ", static_cast<int>(width),
                " bytes at a time");
      } else {
        require(false, "step ", i, " is of unknown kind");
      }
    }
  }

  void boxes(const format::Boxes &boxes, uint32_t kernel, uint32_t exprCount) {
    constexpr uint32_t mostDims = 5, mostSize = 256;
    uint32_t rank = count(boxes.sizes());
    if (!require(rank >= 1 && rank <= mostDims && count(boxes.strides()) + 1 == rank && count(boxes.shape()) == rank &&
                     boxes.operand() < program.kernels()->Get(kernel)->operands() &&
                     (boxes.element_bytes() == 1 || boxes.element_bytes() == 2 || boxes.element_bytes() == 4),
                 "kernel ", kernel, " copies wrong boxes"))
      return;
    for (uint32_t d = 0; d < rank; ++d)
      require(boxes.sizes()->Get(d) < exprCount && (d + 1 == rank || boxes.strides()->Get(d) < exprCount) &&
                  boxes.shape()->Get(d) >= 1 && boxes.shape()->Get(d) <= mostSize,
              "kernel ", kernel, " copies wrong boxes");
  }

  void executables() {
    for (uint32_t i = 0; i < count(program.executables()) && !status.failed(); ++i) {
      const format::Executable &executable = *program.executables()->Get(i);
      if (!require(inData(executable.offset(), executable.bytes(), codeAlignment), "machine code ", i,
                   " lies outside the file"))
        return;
      uint32_t kernelCount = count(program.kernels());
      require(count(executable.entries()) == kernelCount, "machine code ", i, " has ", count(executable.entries()),
              " kernels, not ", kernelCount);
      for (uint32_t k = 0; k < count(executable.entries()) && !status.failed(); ++k) {
        const format::Entry &entry = *executable.entries()->Get(k);
        if (!require(entry.kernel() == k, "machine code ", i, " has its kernels in disorder"))
          return;
        pool(entry.exprs(), program.kernels()->Get(k)->scalars(), 0, "expression of a kernel");
        uint32_t size = count(entry.exprs());
        require(count(entry.grid()) >= 1 && count(entry.grid()) <= 3, "kernel ", k, " has no grid");
        for (uint32_t d = 0; d < count(entry.grid()); ++d)
          require(entry.grid()->Get(d) < size, "kernel ", k, " has a wrong grid");
        require(entry.scratch() < size, "kernel ", k, " has a wrong scratch size");
        require(entry.offset() <= executable.bytes() && entry.bytes() <= executable.bytes() - entry.offset(), "kernel ",
                k, " has its code outside machine code ", i);
        require(entry.native_offset() <= executable.bytes() &&
                    entry.native_bytes() <= executable.bytes() - entry.native_offset(),
                "kernel ", k, " has its native code outside machine code ", i);
        for (uint32_t n = 0; n < count(entry.boxes()) && !status.failed(); ++n)
          boxes(*entry.boxes()->Get(n), k, size);
      }
    }
  }

  const format::Program &program;
  uint64_t dataBytes;
  std::string where;
  Status status;
};

/// Whether code, and with `checkWeights` weights, are what was written.
Status checkData(const format::Program &tables, const char *section, const std::string &where, bool checkWeights) {
  auto matches = [&](const auto &part) { return hashBytes(section + part.offset(), part.bytes()) == part.hash(); };
  for (uint32_t i = 0; i < count(tables.executables()); ++i)
    if (!matches(*tables.executables()->Get(i)))
      return error(TREADLE_DAMAGED, "damaged: ", where, "machine code ", i, " is not what was written");
  for (uint32_t i = 0; checkWeights && i < count(tables.constants()); ++i)
    if (!matches(*tables.constants()->Get(i)))
      return error(TREADLE_DAMAGED, "damaged: ", where, "weights ", i, " are not what was written");
  return {};
}

} // namespace

Status Program::open(const char *bytes, size_t size, const std::string &name, bool checkWeights,
                     std::shared_ptr<void> owner, std::shared_ptr<const Program> &result) {
  FileHeader header;
  if (size < sizeof(header) || std::memcmp(bytes, fileMagic, sizeof(fileMagic)) != 0)
    return error(TREADLE_DAMAGED, name, ": is no Treadle artifact");
  std::memcpy(&header, bytes, sizeof(header));
  if (header.major != fileMajor)
    return error(TREADLE_UNSUPPORTED, name, ": is of format ", header.major, ", this runtime reads ", fileMajor,
                 "; compile the model again");
  if (header.fileBytes != size)
    return error(TREADLE_DAMAGED, name, ": has ", size, " bytes and should have ", header.fileBytes,
                 ", it was cut short or added to");
  auto within = [&](uint64_t offset, uint64_t length) { return offset <= size && length <= size - offset; };
  if (!within(header.dataOffset, header.dataBytes) || !within(header.tableOffset, header.tableBytes) ||
      header.dataOffset % codeAlignment || header.tableOffset % weightAlignment)
    return error(TREADLE_DAMAGED, name, ": damaged: its parts lie outside the file");
  const char *tables = bytes + header.tableOffset;
  if (headerHash(header, tables) != header.hash)
    return error(TREADLE_DAMAGED, name, ": damaged: its tables are not what was written");

  flatbuffers::Verifier::Options options;
  options.max_tables = 1 << 24;
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t *>(tables), header.tableBytes, options);
  if (header.tableBytes < 8 || !format::ProgramBufferHasIdentifier(tables) || !format::VerifyProgramBuffer(verifier))
    return error(TREADLE_DAMAGED, name, ": damaged: its tables cannot be read");

  const format::Program &root = *format::GetProgram(tables);
  const char *section = bytes + header.dataOffset;
  auto make = [&](const format::Program &part, const std::string &where, std::shared_ptr<Program> &made) {
    Checker checker(part, header.dataBytes, where);
    Status status = checker.run();
    if (!status.failed() && &part != &root)
      status = checker.agreesWith(root);
    if (!status.failed())
      status = checkData(part, section, where, checkWeights);
    if (status.failed())
      status.message = name + ": " + status.message;
    made = std::make_shared<Program>();
    made->owner = owner;
    made->fileName = name;
    made->root = &part;
    made->section = section;
    return status;
  };
  std::shared_ptr<Program> program;
  if (Status status = make(root, "", program); status.failed())
    return status;
  for (uint32_t i = 0; i < count(root.alternatives()); ++i) {
    std::shared_ptr<Program> alternative;
    if (Status status = make(*root.alternatives()->Get(i), concat("alternative ", i, ": "), alternative);
        status.failed())
      return status;
    program->others.push_back(std::move(alternative));
  }
  result = std::move(program);
  return {};
}

} // namespace treadle
