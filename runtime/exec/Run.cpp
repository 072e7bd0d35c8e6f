//===- Run.cpp - a session goes through the steps --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"
#include <cstring>

namespace treadle {
namespace {

template <typename T> uint32_t count(const flatbuffers::Vector<T> *list) { return list ? list->size() : 0; }

void copyBytes(void *to, const void *from, size_t bytes) {
  if (bytes)
    std::memcpy(to, from, bytes);
}

} // namespace

Status Session::run(const treadle_tensor *inputs, int32_t inputCount, treadle_tensor *outputs, int32_t outputCount) {
  cancelled = false;
  if (Status status = begin(inputs, inputCount); status.failed())
    return status;
  if (Status status = checkOutputData(outputs, outputCount); status.failed())
    return status;
  Status status = !recorder  ? runHere(inputs, outputs)
                  : observer ? runObserved(inputs, outputs)
                             : runRecorded(inputs, outputs);
  if (status.failed())
    return status;
  for (int32_t i = 0; i < outputCount; ++i) {
    outputs[i].dtype = static_cast<treadle_dtype>(program->tables().outputs()->Get(i)->dtype());
    outputs[i].rank = outputDims[i].size();
    outputs[i].dims = outputDims[i].data();
  }
  return {};
}

/// Waits for the run that was submitted last, and makes all ready for one with these inputs.
Status Session::begin(const treadle_tensor *inputs, int32_t inputCount) {
  if (Status status = finish(); status.failed())
    return status;
  if (Status status = prepare(inputs, inputCount); status.failed())
    return status;
  return checkInputData(inputs);
}

Status Session::checkInputData(const treadle_tensor *inputs) const {
  for (uint32_t i = 0; i < inputBytes.size(); ++i) {
    if (boundInputs[i].address) {
      if (inputs[i].data)
        return error(TREADLE_INVALID_ARGUMENT, inputName(i),
                     " is bound to a buffer and has data; give none, or unbind it");
      continue;
    }
    if (!inputs[i].data && inputBytes[i] > 0)
      return error(TREADLE_INVALID_ARGUMENT, inputName(i), " has no data");
    if (inputs[i].capacity && inputs[i].capacity < static_cast<uint64_t>(inputBytes[i]))
      return error(TREADLE_INVALID_ARGUMENT, inputName(i), " has ", inputs[i].capacity, " bytes, its shape needs ",
                   inputBytes[i]);
  }
  return {};
}

Status Session::checkOutputData(const treadle_tensor *outputs, int32_t outputCount) const {
  if (static_cast<size_t>(outputCount) != outputDims.size() || (outputCount && !outputs))
    return error(TREADLE_INVALID_ARGUMENT, "the program has ", outputDims.size(), " outputs, ", outputCount,
                 " were given");
  for (uint32_t i = 0; i < outputBytes.size(); ++i) {
    if (boundOutputs[i].address && outputs[i].data)
      return error(TREADLE_INVALID_ARGUMENT, outputName(i),
                   " is bound to a buffer and has data; give none, or unbind it");
    if (outputs[i].data && outputs[i].capacity && outputs[i].capacity < static_cast<uint64_t>(outputBytes[i]))
      return error(TREADLE_INVALID_ARGUMENT, outputName(i), " needs ", outputBytes[i], " bytes, there is room for ",
                   outputs[i].capacity);
  }
  return {};
}

/// Gives the driver a step.
inline void Session::give(const Command &command) {
  void *const *slices = addresses.data() + command.firstSlice;
  switch (command.kind) {
  case format::Command::Dispatch:
    driver->launch(command.kernel, slices, scalars.data() + command.firstScalar, command.tasks);
    break;
  case format::Command::Copy:
    driver->copy(slices[1], slices[0], command.bytes);
    break;
  case format::Command::Fill:
    driver->fill(slices[0], command.bytes, command.pattern, command.width);
    break;
  case format::Command::NONE:
    break;
  }
}

Status Session::observe(uint32_t step, const std::function<const void *(uint32_t)> &valueOf) {
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
    value.data = const_cast<void *>(valueOf(i));
    value.dtype = static_cast<treadle_dtype>(result.dtype());
    value.rank = dims.size();
    value.dims = dims.data();
    if (observer(observerUser, step, result.name()->c_str(), &value, permutation.data()) != 0)
      return error(TREADLE_CANCELLED, "stopped by the observer");
  }
  return {};
}

// ---- in the host's memory --------------------------------------------------------------------

Status Session::runHere(const treadle_tensor *inputs, treadle_tensor *outputs) {
  const format::Program &tables = program->tables();
  for (uint32_t i = 0; i < inputBytes.size(); ++i)
    bases[tables.inputs()->Get(i)->buffer()] = inputs[i].data;
  for (uint32_t i = 0; i < outputBytes.size(); ++i) {
    const format::Tensor &tensor = *tables.outputs()->Get(i);
    if (!outputs[i].data && !ownOutputs[i].resize(outputBytes[i]))
      return error(TREADLE_OUT_OF_MEMORY, "no memory for ", outputBytes[i], " bytes of ", outputName(i));
    bases[tensor.buffer()] = outputs[i].data ? outputs[i].data : ownOutputs[i].data();
  }
  for (size_t i = 0; i < places.size(); ++i)
    addresses[i] = static_cast<char *>(bases[places[i].buffer]) + places[i].offset;

  for (uint32_t i = 0; i < commands.size(); ++i) {
    if (cancelled.load(std::memory_order_relaxed))
      return error(TREADLE_CANCELLED, "cancelled");
    auto begin = profiling ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
    give(commands[i]);
    if (profiling)
      events.push_back({i, begin, std::chrono::steady_clock::now()});
    if (!observer)
      continue;
    const auto *dispatch = tables.steps()->Get(i)->command_as_Dispatch();
    Status status = observe(i, [&](uint32_t result) {
      return addresses[commands[i].firstSlice + dispatch->results()->Get(result)->operand()];
    });
    if (status.failed())
      return status;
  }
  for (uint32_t i = 0; i < outputBytes.size(); ++i)
    outputs[i].data = bases[tables.outputs()->Get(i)->buffer()];
  return {};
}

// ---- recorded --------------------------------------------------------------------------------

/// Records the steps from `first` to before `last`; with those at either end the copies of inputs and outputs,
/// and of one step alone its results, if there is an observer. Bound tensors are not copied.
Status Session::record(uint32_t first, uint32_t last, bool timed, bool withOutputs) {
  const format::Program &tables = program->tables();
  recorded = false;
  if (Status status = recorder->begin(timed); status.failed())
    return status;
  inputPlaces.clear();
  for (uint32_t i = 0; i < inputBytes.size() && first == 0; ++i)
    inputPlaces.push_back(
        boundInputs[i].address ? nullptr : recorder->upload(bases[tables.inputs()->Get(i)->buffer()], inputBytes[i]));
  for (uint32_t i = first; i < last; ++i) {
    const auto *dispatch = tables.steps()->Get(i)->command_as_Dispatch();
    if (dispatch)
      recorder->announce(exprs[dispatch->flops()], exprs[dispatch->traffic()]);
    else
      recorder->announce(0, commands[i].bytes);
    if (commands[i].waits)
      recorder->barrier();
    give(commands[i]);
    resultPlaces.clear();
    for (uint32_t r = 0; observer && dispatch && r < count(dispatch->results()); ++r) {
      uint32_t slice = commands[i].firstSlice + dispatch->results()->Get(r)->operand();
      const Place &place = places[slice];
      resultPlaces.push_back(recorder->download(addresses[slice], bufferBytes[place.buffer] - place.offset));
    }
  }
  outputPlaces.clear();
  for (uint32_t i = 0; i < outputBytes.size() && last == commands.size() && withOutputs; ++i)
    outputPlaces.push_back(boundOutputs[i].address
                               ? nullptr
                               : recorder->download(bases[tables.outputs()->Get(i)->buffer()], outputBytes[i]));
  return recorder->end();
}

/// Records all steps, unless they are.
Status Session::recordAll(bool timed, bool withOutputs) {
  if (recorded && recordedTimed == timed && recordedOutputs == withOutputs)
    return {};
  if (Status status = record(0, commands.size(), timed, withOutputs); status.failed())
    return status;
  recorded = true;
  recordedTimed = timed;
  recordedOutputs = withOutputs;
  return {};
}

Status Session::runRecorded(const treadle_tensor *inputs, treadle_tensor *outputs) {
  if (Status status = recordAll(profiling, /*withOutputs=*/true); status.failed())
    return status;
  copyInputs(inputs);
  auto start = std::chrono::steady_clock::now();
  if (Status status = recorder->submit(cancelled); status.failed())
    return status;
  copyOutputs(outputs);
  for (uint32_t i = 0; profiling && i < recorder->times().size(); ++i)
    events.push_back({i, start + recorder->times()[i].begin, start + recorder->times()[i].end});
  return {};
}

Status Session::runObserved(const treadle_tensor *inputs, treadle_tensor *outputs) {
  for (uint32_t i = 0, steps = commands.size(); i < std::max<uint32_t>(steps, 1); ++i) {
    if (cancelled.load(std::memory_order_relaxed))
      return error(TREADLE_CANCELLED, "cancelled");
    if (Status status = record(i, std::min(i + 1, steps), profiling); status.failed())
      return status;
    if (i == 0)
      copyInputs(inputs);
    auto start = std::chrono::steady_clock::now();
    if (Status status = recorder->submit(cancelled); status.failed())
      return status;
    for (const Recorder::Interval &time : recorder->times())
      events.push_back({i, start + time.begin, start + time.end});
    if (steps)
      if (Status status = observe(i, [&](uint32_t result) { return resultPlaces[result]; }); status.failed())
        return status;
  }
  copyOutputs(outputs);
  return {};
}

void Session::copyInputs(const treadle_tensor *inputs) {
  for (uint32_t i = 0; i < inputBytes.size(); ++i)
    if (!boundInputs[i].address)
      copyBytes(inputPlaces[i], inputs[i].data, inputBytes[i]);
}

void Session::copyOutputs(treadle_tensor *outputs) {
  for (uint32_t i = 0; i < outputBytes.size(); ++i) {
    if (boundOutputs[i].address)
      continue;
    if (outputs[i].data)
      copyBytes(outputs[i].data, outputPlaces[i], outputBytes[i]);
    else
      outputs[i].data = const_cast<void *>(outputPlaces[i]);
  }
}

} // namespace treadle
