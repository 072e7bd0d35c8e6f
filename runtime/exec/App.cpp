//===- App.cpp - a session on a device of the app's ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An input or output in a buffer of the app's is an address like any other: it takes the place of the one in
// the arena, and nothing is copied. Runs need not be waited for: the app orders them by its semaphores.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"

namespace treadle {

/// Null: the buffer is no input or output, or one that is not bound.
const Session::Bound *Session::boundOf(const format::Buffer &buffer) const {
  if (buffer.space() != format::Space::input && buffer.space() != format::Space::output)
    return nullptr;
  const Bound &bound = (buffer.space() == format::Space::input ? boundInputs : boundOutputs)[buffer.index()];
  return bound.address ? &bound : nullptr;
}

Status Session::bind(std::vector<Bound> &list, const char *what, int32_t index, const AppBuffer *buffer) {
  if (index < 0 || static_cast<size_t>(index) >= list.size())
    return error(TREADLE_INVALID_ARGUMENT, "the program has ", list.size(), " ", what, "s, there is no number ", index);
  if (Status status = finish(); status.failed())
    return status;
  Bound bound;
  if (buffer) {
    std::string name = &list == &boundInputs ? inputName(index) : outputName(index);
    if (Status status = driver->adopt(*buffer, name, bound.address); status.failed())
      return status;
    bound.room = buffer->bytes - buffer->offset;
  }
  if (list[index].address)
    driver->release(list[index].address);
  list[index] = bound;
  moved = true;
  return {};
}

/// Whether the tensors, whose sizes are known now, have room where they are bound.
Status Session::checkBound() const {
  struct Range {
    std::string name;
    uint64_t begin, end;
    bool isOutput;
  };
  std::vector<Range> ranges;
  auto add = [&](const Bound &bound, int64_t bytes, std::string name, bool isOutput) {
    if (!bound.address)
      return Status();
    auto start = reinterpret_cast<uintptr_t>(bound.address);
    uint64_t needed = static_cast<uint64_t>(bytes) + simtReadBeyond;
    if (bytes < 0 || bound.room < needed)
      return error(TREADLE_INVALID_ARGUMENT, name, " takes ", bytes, " bytes for these shapes, and ", simtReadBeyond,
                   " behind them are to be there; the buffer that it is bound to has ", bound.room,
                   " from the offset on: make it larger");
    ranges.push_back({std::move(name), start, start + static_cast<uint64_t>(bytes), isOutput});
    return Status();
  };
  for (uint32_t i = 0; i < boundInputs.size(); ++i)
    if (Status status = add(boundInputs[i], inputBytes[i], inputName(i), false); status.failed())
      return status;
  for (uint32_t i = 0; i < boundOutputs.size(); ++i)
    if (Status status = add(boundOutputs[i], outputBytes[i], outputName(i), true); status.failed())
      return status;
  for (size_t i = 0; i < ranges.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if ((ranges[i].isOutput || ranges[j].isOutput) && ranges[i].begin < ranges[j].end &&
          ranges[j].begin < ranges[i].end)
        return error(TREADLE_INVALID_ARGUMENT, ranges[j].name, " and ", ranges[i].name,
                     " are bound to the same bytes of a buffer; bind them apart");
  return {};
}

Status Session::submit(const treadle_tensor *inputs, int32_t inputCount, const AppSemaphore &wait,
                       const AppSemaphore &done) {
  if (!recorder)
    return noDeviceOfTheApp();
  if (observer || profiling)
    return error(TREADLE_INVALID_ARGUMENT, "a run that nobody waits for is neither observed nor profiled; use "
                                           "treadle_session_run, or end that first");
  if (Status status = begin(inputs, inputCount); status.failed())
    return status;
  if (Status status = recordAll(/*timed=*/false, /*withOutputs=*/false); status.failed())
    return status;
  copyInputs(inputs);
  Status status = recorder->start(wait, done);
  started = !status.failed();
  return status;
}

/// Waits for the run that was submitted last.
Status Session::finish() {
  if (!started)
    return {};
  started = false;
  return recorder->finish();
}

} // namespace treadle
