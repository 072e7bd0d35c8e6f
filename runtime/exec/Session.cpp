//===- Session.cpp - one user's run of a program --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"
#include "runtime/base/DType.h"
#include "runtime/exec/Expressions.h"
#include "runtime/exec/Hazards.h"
#include "runtime/exec/Placement.h"
#include <algorithm>

namespace treadle {
namespace {

template <typename T> uint32_t count(const flatbuffers::Vector<T> *list) { return list ? list->size() : 0; }

std::string shapeText(const int64_t *dims, size_t rank) {
  std::string text = "[";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + std::to_string(dims[i]);
  return text + "]";
}

/// Bytes of a dense tensor; -1 if they are too many.
int64_t tensorBytes(DType dtype, const int64_t *dims, size_t rank) {
  int64_t elements = 1;
  for (size_t i = 0; i < rank; ++i)
    if (__builtin_mul_overflow(elements, dims[i], &elements))
      return -1;
  if (elements > INT64_MAX / 128)
    return -1;
  return byteSize(dtype, elements);
}

/// Calls visit(slice, whether it may be written) for each place of a step, in the order in which they are kept.
template <typename Visit>
void forEachSlice(const format::Program &tables, const format::Step &step, const Visit &visit) {
  if (const auto *dispatch = step.command_as_Dispatch()) {
    uint32_t slices = count(dispatch->slices()), writes = tables.kernels()->Get(dispatch->kernel())->writes();
    for (uint32_t i = 0; i < slices; ++i)
      visit(*dispatch->slices()->Get(i), writes == 0 || i >= slices - writes);
  } else if (const auto *copy = step.command_as_Copy()) {
    visit(*copy->from(), false);
    visit(*copy->to(), true);
  } else if (const auto *fill = step.command_as_Fill()) {
    visit(*fill->to(), true);
  }
}

} // namespace

Session::Session(std::shared_ptr<const Program> program, std::unique_ptr<Driver> driver,
                 const treadle_allocator *allocator, uint64_t memoryLimit)
    : program(std::move(program)), driver(std::move(driver)), recorder(this->driver->recorder()),
      memoryLimit(memoryLimit), boundInputs(count(this->program->tables().inputs())),
      boundOutputs(count(this->program->tables().outputs())) {
  for (uint32_t i = 0; i < count(this->program->tables().outputs()); ++i)
    ownOutputs.emplace_back(allocator);
}

std::string Session::inputName(uint32_t index) const {
  return "input \"" + program->tables().inputs()->Get(index)->name()->str() + "\"";
}

std::string Session::outputName(uint32_t index) const {
  return "output \"" + program->tables().outputs()->Get(index)->name()->str() + "\"";
}

Status Session::checkInputs(const treadle_tensor *inputs, int32_t given) const {
  const format::Program &tables = program->tables();
  uint32_t expected = count(tables.inputs());
  if (static_cast<uint32_t>(given) != expected || (expected && !inputs))
    return error(TREADLE_INVALID_ARGUMENT, "the program has ", expected, " inputs, ", given, " were given");
  for (uint32_t i = 0; i < expected; ++i) {
    const format::Tensor &tensor = *tables.inputs()->Get(i);
    if (inputs[i].dtype != static_cast<treadle_dtype>(tensor.dtype()))
      return error(TREADLE_INVALID_ARGUMENT, inputName(i), " is of ", spelling(static_cast<DType>(tensor.dtype())),
                   ", ", spelling(static_cast<DType>(inputs[i].dtype)), " was given");
    if (static_cast<uint32_t>(inputs[i].rank) != count(tensor.dims()) || (inputs[i].rank > 0 && !inputs[i].dims))
      return error(TREADLE_INVALID_ARGUMENT, inputName(i), " has ", count(tensor.dims()), " dimensions, ",
                   inputs[i].rank, " were given");
    for (int32_t d = 0; d < inputs[i].rank; ++d)
      if (inputs[i].dims[d] < 0)
        return error(TREADLE_INVALID_ARGUMENT, inputName(i), " cannot have the shape ",
                     shapeText(inputs[i].dims, inputs[i].rank));
  }
  return {};
}

bool Session::sameShapes(const treadle_tensor *inputs) const {
  for (size_t i = 0; i < inputDims.size(); ++i)
    if (!std::equal(inputDims[i].begin(), inputDims[i].end(), inputs[i].dims))
      return false;
  return true;
}

Status Session::bindSymbols(const treadle_tensor *inputs) {
  const format::Program &tables = program->tables();
  symbols.resize(count(tables.symbols()));
  for (uint32_t i = 0; i < symbols.size(); ++i) {
    const format::Symbol &symbol = *tables.symbols()->Get(i);
    int64_t value = inputs[symbol.input()].dims[symbol.dim()];
    if (value < symbol.min() || value > symbol.max() || value % symbol.step())
      return error(TREADLE_INVALID_ARGUMENT, inputName(symbol.input()), ": dimension ", symbol.dim(), " (",
                   symbol.name()->str(), ") is ", value, ", it must be from ", symbol.min(), " to ", symbol.max(),
                   symbol.step() > 1 ? concat(" and a multiple of ", symbol.step()) : std::string());
    symbols[i] = value;
  }
  if (Status status = evaluate(tables.exprs(), symbols.data(), nullptr, exprs); status.failed())
    return status;
  inputDims.resize(count(tables.inputs()));
  inputBytes.resize(inputDims.size());
  for (uint32_t i = 0; i < inputDims.size(); ++i) {
    const format::Tensor &tensor = *tables.inputs()->Get(i);
    inputDims[i].clear();
    for (uint32_t d = 0; d < count(tensor.dims()); ++d)
      inputDims[i].push_back(exprs[tensor.dims()->Get(d)]);
    if (!std::equal(inputDims[i].begin(), inputDims[i].end(), inputs[i].dims))
      return error(TREADLE_INVALID_ARGUMENT, inputName(i), " has the shape ",
                   shapeText(inputDims[i].data(), inputDims[i].size()), ", ", shapeText(inputs[i].dims, inputs[i].rank),
                   " was given");
    inputBytes[i] = tensorBytes(static_cast<DType>(tensor.dtype()), inputDims[i].data(), inputDims[i].size());
  }
  for (uint32_t i = 0; i < count(tables.checks()); ++i) {
    const format::Check &check = *tables.checks()->Get(i);
    if (exprs[check.lhs()] != exprs[check.rhs()])
      return error(TREADLE_INVALID_ARGUMENT, check.message()->str(), ": ", exprs[check.lhs()], " and ",
                   exprs[check.rhs()], " for these input shapes");
  }
  outputDims.resize(count(tables.outputs()));
  outputBytes.resize(outputDims.size());
  for (uint32_t i = 0; i < outputDims.size(); ++i) {
    const format::Tensor &tensor = *tables.outputs()->Get(i);
    outputDims[i].clear();
    for (uint32_t d = 0; d < count(tensor.dims()); ++d) {
      int64_t size = exprs[tensor.dims()->Get(d)];
      if (size < 0)
        return error(TREADLE_INVALID_ARGUMENT, outputName(i), " would have a dimension of ", size,
                     " for these input shapes");
      outputDims[i].push_back(size);
    }
    outputBytes[i] = tensorBytes(static_cast<DType>(tensor.dtype()), outputDims[i].data(), outputDims[i].size());
  }
  return {};
}

/// The size of each buffer, and where in the arena those lie that live there.
Status Session::placeAll() {
  const format::Program &tables = program->tables();
  uint32_t buffers = count(tables.buffers()), steps = count(tables.steps());
  bufferBytes.resize(buffers);
  arenaOffsets.assign(buffers, -1);
  // On a device with memory of its own an input is there from the start to its last use, an output from its
  // first use to the end.
  std::vector<uint32_t> first, last;
  if (recorder) {
    first.assign(buffers, steps ? steps - 1 : 0);
    last.assign(buffers, 0);
    for (uint32_t i = 0; i < steps; ++i)
      forEachSlice(tables, *tables.steps()->Get(i), [&](const format::Slice &slice, bool) {
        first[slice.buffer()] = std::min(first[slice.buffer()], i);
        last[slice.buffer()] = i;
      });
  }
  std::vector<Lifetime> lifetimes;
  int64_t sum = 0;
  std::vector<uint32_t> living;
  for (uint32_t i = 0; i < buffers; ++i) {
    const format::Buffer &buffer = *tables.buffers()->Get(i);
    int64_t bytes = exprs[buffer.bytes()];
    if (bytes < 0 || bytes > INT64_MAX / 4)
      return error(TREADLE_INVALID_ARGUMENT, "these shapes make a tensor of ", bytes, " bytes");
    bufferBytes[i] = bytes;
    int64_t there = bytes;
    if (buffer.space() == format::Space::constant)
      there = tables.constants()->Get(buffer.index())->bytes();
    else if (buffer.space() == format::Space::input)
      there = inputBytes[buffer.index()];
    else if (buffer.space() == format::Space::output)
      there = outputBytes[buffer.index()];
    if (bytes > there)
      return error(TREADLE_DAMAGED, "damaged: buffer ", i, " is larger than what it stands for");
    if (static_cast<uint64_t>(bytes) > driver->largestBuffer())
      return error(TREADLE_UNSUPPORTED, "these shapes make a tensor of ", bytes, " bytes, this device's kernels reach ",
                   driver->largestBuffer(), "; run it on the CPU or in smaller parts");
    if (buffer.space() == format::Space::constant || (!recorder && buffer.space() != format::Space::arena) ||
        boundOf(buffer))
      continue;
    // Placement adds up what it places, in multiples of 64.
    if (there > INT64_MAX / 4 || __builtin_add_overflow(sum, there + 64, &sum))
      return error(TREADLE_OUT_OF_MEMORY, "these shapes are too large: intermediate values do not fit any memory");
    Lifetime lifetime{there, buffer.first(), buffer.last(), 0};
    if (buffer.space() == format::Space::input)
      lifetime = {there, 0, last[i], 0};
    else if (buffer.space() == format::Space::output)
      lifetime = {there, first[i], steps ? steps - 1 : 0, 0};
    lifetimes.push_back(lifetime);
    living.push_back(i);
  }
  arenaBytes = placeBuffers(lifetimes);
  if (memoryLimit && static_cast<uint64_t>(arenaBytes) > memoryLimit)
    return error(TREADLE_OUT_OF_MEMORY, "these shapes need ", arenaBytes, " bytes of memory, the limit is ",
                 memoryLimit);
  for (size_t i = 0; i < living.size(); ++i)
    arenaOffsets[living[i]] = lifetimes[i].offset;
  return {};
}

Status Session::planSteps() {
  const format::Program &tables = program->tables();
  commands.assign(count(tables.steps()), {});
  places.clear();
  scalars.clear();
  scratchBytes = 0;
  std::vector<int64_t> entryExprs;
  for (uint32_t i = 0; i < commands.size(); ++i) {
    const format::Step &step = *tables.steps()->Get(i);
    Command &command = commands[i];
    command.kind = step.command_type();
    command.firstSlice = places.size();
    command.firstScalar = scalars.size();
    bool fits = true;
    if (const auto *dispatch = step.command_as_Dispatch()) {
      for (uint32_t s = 0; s < count(dispatch->scalars()); ++s)
        scalars.push_back(exprs[dispatch->scalars()->Get(s)]);
      command.kernel = dispatch->kernel();
      // The code that was loaded: grids and scratch sizes are those of its entries.
      const format::Entry &entry = driver->entry(dispatch->kernel());
      if (Status status = evaluate(entry.exprs(), nullptr, scalars.data() + command.firstScalar, entryExprs);
          status.failed())
        return status;
      command.tasks = 1;
      for (uint32_t d = 0; d < entry.grid()->size(); ++d)
        if (__builtin_mul_overflow(command.tasks, std::max<int64_t>(entryExprs[entry.grid()->Get(d)], 0),
                                   &command.tasks))
          return error(TREADLE_INVALID_ARGUMENT, "these shapes are too large");
      fits &= entryExprs[entry.scratch()] >= 0;
      scratchBytes = std::max(scratchBytes, entryExprs[entry.scratch()]);
    } else if (const auto *copy = step.command_as_Copy()) {
      command.bytes = exprs[copy->bytes()];
    } else if (const auto *fill = step.command_as_Fill()) {
      command.bytes = exprs[fill->bytes()];
      command.pattern = fill->pattern();
      command.width = fill->width();
    }
    forEachSlice(tables, step, [&](const format::Slice &slice, bool) {
      int64_t offset = exprs[slice.offset()], room = bufferBytes[slice.buffer()];
      places.push_back({slice.buffer(), offset});
      fits &= offset >= 0 && command.bytes >= 0 && offset <= room && command.bytes <= room - offset;
    });
    if (!fits)
      return error(TREADLE_DAMAGED, "damaged: step ", i, " reaches beyond its memory");
  }
  return {};
}

Status Session::reserve() {
  const format::Program &tables = program->tables();
  uint64_t total = driver->bytesFor(arenaBytes, scratchBytes);
  if (memoryLimit && total > memoryLimit)
    return error(TREADLE_OUT_OF_MEMORY, "these shapes need ", total, " bytes of memory, the limit is ", memoryLimit);
  if (Status status = driver->reserve(arenaBytes, scratchBytes); status.failed())
    return status;
  bases.assign(bufferBytes.size(), nullptr);
  for (uint32_t i = 0; i < bases.size(); ++i) {
    const format::Buffer &buffer = *tables.buffers()->Get(i);
    if (buffer.space() == format::Space::constant)
      bases[i] = driver->constant(buffer.index());
    else if (arenaOffsets[i] >= 0)
      bases[i] = static_cast<char *>(driver->arena()) + arenaOffsets[i];
    else if (const Bound *bound = boundOf(buffer))
      bases[i] = bound->address;
  }
  addresses.resize(places.size());
  recorded = false;
  if (recorder)
    findHazards();
  return {};
}

/// Which steps must wait for earlier ones, and the addresses, which no run changes.
void Session::findHazards() {
  const format::Program &tables = program->tables();
  for (size_t i = 0; i < places.size(); ++i)
    addresses[i] = static_cast<char *>(bases[places[i].buffer]) + places[i].offset;
  Hazards hazards;
  std::vector<Hazards::Range> ranges;
  for (uint32_t i = 0; i < commands.size(); ++i) {
    ranges.clear();
    uint32_t next = commands[i].firstSlice;
    forEachSlice(tables, *tables.steps()->Get(i), [&](const format::Slice &slice, bool written) {
      const Place &place = places[next++];
      auto start = static_cast<int64_t>(reinterpret_cast<intptr_t>(bases[slice.buffer()]));
      format::Space space = tables.buffers()->Get(slice.buffer())->space();
      if (space != format::Space::constant)
        ranges.push_back(
            {start + place.offset, start + bufferBytes[slice.buffer()], written && space != format::Space::input});
    });
    commands[i].waits = hazards.mustWait(ranges);
  }
}

Status Session::prepare(const treadle_tensor *inputs, int32_t given) {
  if (Status status = checkInputs(inputs, given); status.failed())
    return status;
  if (prepared && !moved && sameShapes(inputs))
    return {};
  if (Status status = finish(); status.failed())
    return status;
  prepared = false;
  if (Status status = bindSymbols(inputs); status.failed())
    return status;
  if (Status status = checkBound(); status.failed())
    return status;
  if (Status status = placeAll(); status.failed())
    return status;
  if (Status status = planSteps(); status.failed())
    return status;
  if (Status status = reserve(); status.failed())
    return status;
  prepared = true;
  moved = false;
  return {};
}

Status Session::outputShape(int32_t index, treadle_tensor &shape) const {
  if (!prepared)
    return error(TREADLE_INVALID_ARGUMENT, "no shapes are settled; call treadle_session_prepare first");
  if (index < 0 || static_cast<size_t>(index) >= outputDims.size())
    return error(TREADLE_INVALID_ARGUMENT, "the program has ", outputDims.size(), " outputs, there is no number ",
                 index);
  shape = {};
  shape.dtype = static_cast<treadle_dtype>(program->tables().outputs()->Get(index)->dtype());
  shape.rank = outputDims[index].size();
  shape.dims = outputDims[index].data();
  return {};
}

} // namespace treadle
