//===- Session.cpp - one user's run of a program --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"
#include "runtime/base/DType.h"
#include "runtime/exec/Expressions.h"
#include "runtime/exec/Placement.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>

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

} // namespace

// ---- memory ----------------------------------------------------------------------------------

Memory::Memory(Memory &&other) noexcept : allocator(other.allocator), start(other.start), bytes(other.bytes) {
  other.start = nullptr;
  other.bytes = 0;
}

bool Memory::resize(size_t wanted) {
  if (__builtin_add_overflow(wanted, 63, &wanted))
    return false;
  wanted = wanted / 64 * 64;
  if (wanted <= bytes && wanted * 2 >= bytes && start)
    return true;
  release();
  if (wanted == 0)
    wanted = 64;
  start = static_cast<char *>(allocator.allocate ? allocator.allocate(allocator.user, wanted, 64)
                                                 : std::aligned_alloc(64, wanted));
  bytes = start ? wanted : 0;
  return start;
}

void Memory::release() {
  if (start)
    allocator.release ? allocator.release(allocator.user, start, bytes) : std::free(start);
  start = nullptr;
  bytes = 0;
}

// ---- shapes ----------------------------------------------------------------------------------

Session::Session(std::shared_ptr<const Program> program, std::unique_ptr<Driver> driver,
                 const treadle_allocator *allocator, uint64_t memoryLimit)
    : program(std::move(program)), driver(std::move(driver)), memoryLimit(memoryLimit), arena(allocator) {
  for (uint32_t i = 0; i < count(this->program->tables().outputs()); ++i)
    ownOutputs.emplace_back(allocator);
}

std::string Session::inputName(uint32_t index) const {
  return "input \"" + program->tables().inputs()->Get(index)->name()->str() + "\"";
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
  for (uint32_t i = 0; i < inputDims.size(); ++i) {
    const format::Tensor &tensor = *tables.inputs()->Get(i);
    inputDims[i].clear();
    for (uint32_t d = 0; d < count(tensor.dims()); ++d)
      inputDims[i].push_back(exprs[tensor.dims()->Get(d)]);
    if (!std::equal(inputDims[i].begin(), inputDims[i].end(), inputs[i].dims))
      return error(TREADLE_INVALID_ARGUMENT, inputName(i), " has the shape ",
                   shapeText(inputDims[i].data(), inputDims[i].size()), ", ", shapeText(inputs[i].dims, inputs[i].rank),
                   " was given");
  }
  for (uint32_t i = 0; i < count(tables.checks()); ++i) {
    const format::Check &check = *tables.checks()->Get(i);
    if (exprs[check.lhs()] != exprs[check.rhs()])
      return error(TREADLE_INVALID_ARGUMENT, check.message()->str(), ": ", exprs[check.lhs()], " and ",
                   exprs[check.rhs()], " for these input shapes");
  }
  outputDims.resize(count(tables.outputs()));
  for (uint32_t i = 0; i < outputDims.size(); ++i) {
    const format::Tensor &tensor = *tables.outputs()->Get(i);
    outputDims[i].clear();
    for (uint32_t d = 0; d < count(tensor.dims()); ++d) {
      int64_t size = exprs[tensor.dims()->Get(d)];
      if (size < 0)
        return error(TREADLE_INVALID_ARGUMENT, "output \"", tensor.name()->str(), "\" would have a dimension of ", size,
                     " for these input shapes");
      outputDims[i].push_back(size);
    }
  }
  return {};
}

/// The size of each buffer, and where in the arena those lie that live there.
Status Session::placeAll() {
  const format::Program &tables = program->tables();
  uint32_t buffers = count(tables.buffers());
  bufferBytes.resize(buffers);
  arenaOffsets.assign(buffers, 0);
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
      there = tensorBytes(static_cast<DType>(tables.inputs()->Get(buffer.index())->dtype()),
                          inputDims[buffer.index()].data(), inputDims[buffer.index()].size());
    else if (buffer.space() == format::Space::output)
      there = tensorBytes(static_cast<DType>(tables.outputs()->Get(buffer.index())->dtype()),
                          outputDims[buffer.index()].data(), outputDims[buffer.index()].size());
    if (bytes > there)
      return error(TREADLE_DAMAGED, "damaged: buffer ", i, " is larger than what it stands for");
    if (buffer.space() != format::Space::arena)
      continue;
    // Placement adds up what it places, in multiples of 64.
    if (__builtin_add_overflow(sum, bytes + 64, &sum))
      return error(TREADLE_OUT_OF_MEMORY, "these shapes are too large: intermediate values do not fit any memory");
    lifetimes.push_back({bytes, buffer.first(), buffer.last(), 0});
    living.push_back(i);
  }
  int64_t total = placeBuffers(lifetimes);
  if (memoryLimit && static_cast<uint64_t>(total) > memoryLimit)
    return error(TREADLE_OUT_OF_MEMORY, "these shapes need ", total, " bytes of memory, the limit is ", memoryLimit);
  if (!arena.resize(total))
    return error(TREADLE_OUT_OF_MEMORY, "no memory for ", total, " bytes of intermediate values");
  for (size_t i = 0; i < living.size(); ++i)
    arenaOffsets[living[i]] = lifetimes[i].offset;
  return {};
}

Status Session::planSteps() {
  const format::Program &tables = program->tables();
  commands.assign(count(tables.steps()), {});
  places.clear();
  scalars.clear();
  int64_t scratch = 0;
  std::vector<int64_t> entryExprs;
  // The code that was loaded: grids and scratch sizes are those of its entries.
  auto addPlace = [&](const format::Slice &slice, int64_t bytes) {
    int64_t offset = exprs[slice.offset()];
    places.push_back({slice.buffer(), offset});
    return offset >= 0 && bytes >= 0 && offset <= bufferBytes[slice.buffer()] &&
           bytes <= bufferBytes[slice.buffer()] - offset;
  };
  for (uint32_t i = 0; i < commands.size(); ++i) {
    const format::Step &step = *tables.steps()->Get(i);
    Command &command = commands[i];
    command.firstSlice = places.size();
    command.firstScalar = scalars.size();
    bool fits = true;
    if (const auto *dispatch = step.command_as_Dispatch()) {
      for (uint32_t s = 0; s < count(dispatch->slices()); ++s)
        fits &= addPlace(*dispatch->slices()->Get(s), 0);
      for (uint32_t s = 0; s < count(dispatch->scalars()); ++s)
        scalars.push_back(exprs[dispatch->scalars()->Get(s)]);
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
      scratch = std::max(scratch, entryExprs[entry.scratch()]);
    } else if (const auto *copy = step.command_as_Copy()) {
      command.bytes = exprs[copy->bytes()];
      fits = addPlace(*copy->from(), command.bytes);
      fits &= addPlace(*copy->to(), command.bytes);
    } else if (const auto *fill = step.command_as_Fill()) {
      command.bytes = exprs[fill->bytes()];
      fits = addPlace(*fill->to(), command.bytes);
    }
    if (!fits)
      return error(TREADLE_DAMAGED, "damaged: step ", i, " reaches beyond its memory");
  }
  addresses.resize(places.size());
  bases.assign(bufferBytes.size(), nullptr);
  for (uint32_t i = 0; i < bases.size(); ++i) {
    const format::Buffer &buffer = *tables.buffers()->Get(i);
    if (buffer.space() == format::Space::constant)
      bases[i] = const_cast<void *>(program->constant(buffer.index()));
    else if (buffer.space() == format::Space::arena)
      bases[i] = arena.data() + arenaOffsets[i];
  }
  if (memoryLimit && arena.size() + scratch > memoryLimit)
    return error(TREADLE_OUT_OF_MEMORY, "these shapes need ", arena.size() + scratch, " bytes of memory, the limit is ",
                 memoryLimit);
  return driver->reserve(scratch);
}

Status Session::prepare(const treadle_tensor *inputs, int32_t given) {
  if (Status status = checkInputs(inputs, given); status.failed())
    return status;
  if (prepared && sameShapes(inputs))
    return {};
  prepared = false;
  if (Status status = bindSymbols(inputs); status.failed())
    return status;
  if (Status status = placeAll(); status.failed())
    return status;
  if (Status status = planSteps(); status.failed())
    return status;
  prepared = true;
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

// ---- running ---------------------------------------------------------------------------------

Status Session::run(const treadle_tensor *inputs, int32_t inputCount, treadle_tensor *outputs, int32_t outputCount) {
  cancelled = false;
  if (Status status = prepare(inputs, inputCount); status.failed())
    return status;
  const format::Program &tables = program->tables();
  if (static_cast<size_t>(outputCount) != outputDims.size() || (outputCount && !outputs))
    return error(TREADLE_INVALID_ARGUMENT, "the program has ", outputDims.size(), " outputs, ", outputCount,
                 " were given");
  for (int32_t i = 0; i < inputCount; ++i) {
    const format::Tensor &tensor = *tables.inputs()->Get(i);
    int64_t bytes = tensorBytes(static_cast<DType>(tensor.dtype()), inputDims[i].data(), inputDims[i].size());
    if (!inputs[i].data && bytes > 0)
      return error(TREADLE_INVALID_ARGUMENT, inputName(i), " has no data");
    if (inputs[i].capacity && inputs[i].capacity < static_cast<uint64_t>(bytes))
      return error(TREADLE_INVALID_ARGUMENT, inputName(i), " has ", inputs[i].capacity, " bytes, its shape needs ",
                   bytes);
    bases[tensor.buffer()] = inputs[i].data;
  }
  for (int32_t i = 0; i < outputCount; ++i) {
    const format::Tensor &tensor = *tables.outputs()->Get(i);
    int64_t bytes = tensorBytes(static_cast<DType>(tensor.dtype()), outputDims[i].data(), outputDims[i].size());
    if (!outputs[i].data) {
      if (!ownOutputs[i].resize(bytes))
        return error(TREADLE_OUT_OF_MEMORY, "no memory for ", bytes, " bytes of output \"", tensor.name()->str(), "\"");
      bases[tensor.buffer()] = ownOutputs[i].data();
      continue;
    }
    if (outputs[i].capacity && outputs[i].capacity < static_cast<uint64_t>(bytes))
      return error(TREADLE_INVALID_ARGUMENT, "output \"", tensor.name()->str(), "\" needs ", bytes,
                   " bytes, there is room for ", outputs[i].capacity);
    bases[tensor.buffer()] = outputs[i].data;
  }
  for (size_t i = 0; i < places.size(); ++i)
    addresses[i] = static_cast<char *>(bases[places[i].buffer]) + places[i].offset;

  for (uint32_t i = 0; i < commands.size(); ++i) {
    if (cancelled.load(std::memory_order_relaxed))
      return error(TREADLE_CANCELLED, "cancelled");
    const Command &command = commands[i];
    const format::Step &step = *tables.steps()->Get(i);
    auto begin = profiling ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
    if (const auto *dispatch = step.command_as_Dispatch())
      driver->launch(dispatch->kernel(), addresses.data() + command.firstSlice, scalars.data() + command.firstScalar,
                     command.tasks);
    else if (step.command_as_Copy())
      driver->copy(addresses[command.firstSlice + 1], addresses[command.firstSlice], command.bytes);
    else if (const auto *fill = step.command_as_Fill())
      driver->fill(addresses[command.firstSlice], command.bytes, fill->pattern(), fill->width());
    if (profiling)
      events.push_back({i, begin, std::chrono::steady_clock::now()});
    if (observer)
      if (Status status = observe(i); status.failed())
        return status;
  }
  for (int32_t i = 0; i < outputCount; ++i) {
    const format::Tensor &tensor = *tables.outputs()->Get(i);
    outputs[i].data = bases[tensor.buffer()];
    outputs[i].dtype = static_cast<treadle_dtype>(tensor.dtype());
    outputs[i].rank = outputDims[i].size();
    outputs[i].dims = outputDims[i].data();
  }
  return {};
}

Status Session::observe(uint32_t step) {
  const auto *dispatch = program->tables().steps()->Get(step)->command_as_Dispatch();
  if (!dispatch)
    return {};
  for (uint32_t i = 0; i < count(dispatch->results()); ++i) {
    const format::Result &result = *dispatch->results()->Get(i);
    std::vector<int64_t> dims;
    std::vector<int32_t> permutation;
    for (uint32_t d = 0; d < count(result.dims()); ++d) {
      dims.push_back(exprs[result.dims()->Get(d)]);
      permutation.push_back(count(result.permutation()) ? result.permutation()->Get(d) : d);
    }
    treadle_tensor value = {};
    value.data = addresses[commands[step].firstSlice + result.operand()];
    value.dtype = static_cast<treadle_dtype>(result.dtype());
    value.rank = dims.size();
    value.dims = dims.data();
    if (observer(observerUser, step, result.name()->c_str(), &value, permutation.data()) != 0)
      return error(TREADLE_CANCELLED, "stopped by the observer");
  }
  return {};
}

} // namespace treadle
