//===- StreamDriver.cpp - kernels on CUDA's and HIP's devices ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/stream/StreamDriver.h"
#include "runtime/exec/Expressions.h"
#include "runtime/stream/StreamResident.h"
#include <algorithm>
#include <cstring>

namespace treadle {

StreamDriver::~StreamDriver() {
  if (!resident)
    return;
  Entered entered(device());
  if (entered.status().failed())
    return;
  if (stream)
    (void)device().wait(stream);
  forgetGraphs();
  for (std::vector<void *> *list : {&events, &partEvents})
    for (void *event : *list)
      device().destroyEvent(event);
  pieces.release(device());
  if (arenaPlace)
    device().release(StreamDevice::Space::device, arenaPlace);
  if (stream)
    device().destroyStream(stream);
}

StreamDevice &StreamDriver::device() const { return *resident->device; }
void *StreamDriver::constant(uint32_t index) const { return resident->constant(index); }

// ---- code and memory -------------------------------------------------------------------------

Status StreamDriver::load(const std::shared_ptr<const Program> &loadedProgram, const format::Executable &executable) {
  auto openDevice = [&](std::shared_ptr<StreamDevice> &device) { return open(device); };
  if (Status status = StreamResident::get(loadedProgram, executable, name, openDevice, resident); status.failed())
    return status;
  program = loadedProgram;
  loaded = &executable;
  Entered entered(device());
  return entered.status().failed() ? entered.status() : device().createStream(stream);
}

Status StreamDriver::reserve(size_t arenaBytes, size_t scratchBytes) {
  if (scratchBytes)
    return error(TREADLE_DAMAGED, program->name(), ": damaged: kernels of GPUs have no private memory");
  Entered entered(device());
  if (entered.status().failed())
    return entered.status();
  size_t wanted = arenaBytes + simtReadBeyond;
  if (arenaSize >= wanted && arenaSize / 2 <= wanted)
    return {};
  if (arenaPlace)
    device().release(StreamDevice::Space::device, arenaPlace);
  arenaPlace = nullptr;
  arenaSize = 0;
  Status status = device().allocate(StreamDevice::Space::device, wanted, "intermediate values", arenaPlace);
  if (!status.failed())
    arenaSize = wanted;
  return status;
}

Status StreamDriver::HostPieces::take(StreamDevice &device, size_t bytes, char *&place) {
  constexpr size_t alignment = 64, usualBlock = 1 << 20;
  bytes = (bytes + alignment - 1) / alignment * alignment;
  while (current < blocks.size() && bytes > blocks[current].bytes - used) {
    ++current;
    used = 0;
  }
  if (current == blocks.size()) {
    Block block = {nullptr, std::max(bytes, usualBlock)};
    Status status = device.allocate(StreamDevice::Space::host, block.bytes, "inputs and outputs", block.place);
    if (status.failed())
      return status;
    blocks.push_back(block);
  }
  place = static_cast<char *>(blocks[current].place) + used;
  used += bytes;
  return {};
}

void StreamDriver::HostPieces::release(StreamDevice &device) {
  for (const Block &block : blocks)
    device.release(StreamDevice::Space::host, block.place);
  blocks.clear();
}

// ---- recording -------------------------------------------------------------------------------

void StreamDriver::forgetGraphs() {
  for (void *graph : graphs)
    device().destroyGraph(graph);
  graphs.clear();
}

Status StreamDriver::begin(bool withTimes) {
  Entered entered(device());
  failure = entered.status();
  if (!good())
    return failure;
  forgetGraphs();
  pieces.giveBackAll();
  commands.clear();
  words.clear();
  boxes.clear();
  parts.clear();
  intervals.clear();
  work = 0;
  timed = withTimes;
  return {};
}

/// A copy between `place` of the device and memory of the host, which is returned.
char *StreamDriver::recordCopy(void *place, size_t bytes, StreamDevice::Direction direction) {
  char *host = nullptr;
  Entered entered(device());
  check(entered.status());
  if (good())
    check(pieces.take(device(), bytes, host));
  bool isUpload = direction == StreamDevice::Direction::toDevice;
  Command command = {Command::Kind::copy, /*isStep=*/false};
  command.to = isUpload ? place : host;
  command.from = isUpload ? host : place;
  command.bytes = bytes;
  command.direction = direction;
  commands.push_back(command);
  return good() ? host : nullptr;
}

void *StreamDriver::upload(void *to, size_t bytes) { return recordCopy(to, bytes, StreamDevice::Direction::toDevice); }

const void *StreamDriver::download(const void *from, size_t bytes) {
  return recordCopy(const_cast<void *>(from), bytes, StreamDevice::Direction::toHost);
}

void StreamDriver::announce(int64_t flops, int64_t bytes) {
  constexpr double most = 1e12; // of a part: it costs nothing to end one so rarely, and it is soon waited for
  double next = std::max<double>(flops, 8.0 * bytes);
  if (work > 0 && work + next > most) {
    parts.push_back(commands.size());
    work = 0;
  }
  work += next;
}

/// Sizes of 0, of which nothing is copied, are described as 1.
Status StreamDriver::describeBoxes(const format::Boxes &described, const std::vector<int64_t> &exprs,
                                   void *const *slices) {
  BoxTensor tensor;
  tensor.place = slices[described.operand()];
  tensor.elementBytes = described.element_bytes();
  tensor.rank = described.sizes()->size();
  for (unsigned i = 0; i < tensor.rank; ++i) {
    unsigned dim = tensor.rank - 1 - i;
    tensor.sizes[i] = std::max<int64_t>(exprs[described.sizes()->Get(dim)], 1);
    tensor.shape[i] = described.shape()->Get(dim);
    if (i > 0)
      tensor.strides[i] = tensor.elementBytes * std::max<int64_t>(exprs[described.strides()->Get(dim)], 1);
  }
  boxes.emplace_back();
  return device().describeBoxes(tensor, boxes.back());
}

void StreamDriver::launch(uint32_t kernel, void *const *slices, const int64_t *scalars, int64_t tasks) {
  if (tasks > INT32_MAX)
    check(error(TREADLE_UNSUPPORTED, "these shapes are too large for ", name, ": ", tasks, " tasks at once"));
  const format::Kernel &described = *program->tables().kernels()->Get(kernel);
  Command command = {Command::Kind::launch};
  const format::Entry &code = entry(kernel);
  command.kernel = resident->kernel(kernel);
  command.threads = code.threads();
  command.sharedBytes = code.shared();
  auto count = static_cast<uint32_t>(std::max<int64_t>(tasks, 0));
  command.workgroups = std::min({count, device().mostWorkgroups(command.threads), resident->workgroupsAtOnce(kernel)});
  command.firstWord = words.size();
  for (uint32_t i = 0; i < described.operands(); ++i) {
    words.push_back(reinterpret_cast<uintptr_t>(slices[i]));
    if (words.back() % simtAlignment != 0)
      check(error(TREADLE_DAMAGED, program->name(), ": damaged: a step's memory begins at no multiple of 16 bytes"));
  }
  for (uint32_t i = 0; i < described.scalars(); ++i)
    words.push_back(static_cast<uint64_t>(scalars[i]));
  words.insert(words.end(), {count, command.workgroups});
  command.wordCount = words.size() - command.firstWord;
  command.firstBox = boxes.size();
  command.boxCount = code.boxes() ? code.boxes()->size() : 0;
  if (command.boxCount) {
    Entered entered(device());
    check(entered.status());
    std::vector<int64_t> exprs;
    check(evaluate(code.exprs(), nullptr, scalars, exprs));
    for (const format::Boxes *described : *code.boxes())
      if (good())
        check(describeBoxes(*described, exprs, slices));
  }
  commands.push_back(command);
}

/// Steps that kernels have no part in stay within arena and weights.
bool StreamDriver::reaches(const void *place, size_t bytes) const {
  auto offset = reinterpret_cast<uintptr_t>(place) - reinterpret_cast<uintptr_t>(arenaPlace);
  return (offset <= arenaSize && bytes <= arenaSize - offset) || resident->hasWeights(place, bytes);
}

void StreamDriver::copy(void *to, const void *from, size_t bytes) {
  Command command = {Command::Kind::copy};
  command.to = to;
  command.from = from;
  command.bytes = to == from ? 0 : bytes;
  if (command.bytes && (!reaches(to, bytes) || !reaches(from, bytes)))
    check(error(TREADLE_DAMAGED, program->name(), ": damaged: a step reaches beyond the device's memory"));
  const char *first = static_cast<const char *>(from), *second = static_cast<const char *>(to);
  if (command.bytes && first < second + bytes && second < first + bytes)
    check(error(TREADLE_DAMAGED, program->name(), ": damaged: a step copies onto what it copies"));
  commands.push_back(command);
}

void StreamDriver::fill(void *to, size_t bytes, uint32_t pattern, unsigned width) {
  Command command = {Command::Kind::fill};
  command.to = to;
  command.bytes = bytes / width * width;
  command.pattern = pattern;
  command.width = width;
  if (command.bytes && !reaches(to, bytes))
    check(error(TREADLE_DAMAGED, program->name(), ": damaged: a step reaches beyond the device's memory"));
  if (reinterpret_cast<uintptr_t>(to) % width)
    check(error(TREADLE_DAMAGED, program->name(), ": damaged: a step fills elements that lie across others"));
  commands.push_back(command);
}

Status StreamDriver::end() {
  if (!good())
    return failure;
  parts.push_back(commands.size());
  Entered entered(device());
  check(entered.status());
  if (good() && !timed)
    check(capture());
  return failure;
}

// ---- running -----------------------------------------------------------------------------------

/// To the stream, which does it or captures it.
Status StreamDriver::give(const Command &command) {
  switch (command.kind) {
  case Command::Kind::launch: {
    if (command.workgroups == 0)
      return {};
    std::vector<void *> arguments;
    for (size_t i = 0; i < command.wordCount; ++i)
      arguments.push_back(&words[command.firstWord + i]); // of numbers of 32 bits the lower half
    for (size_t i = 0; i < command.boxCount; ++i)
      arguments.push_back(&boxes[command.firstBox + i]);
    return device().launch(stream, command.kernel, command.workgroups, command.threads, command.sharedBytes,
                           arguments.data());
  }
  case Command::Kind::copy:
    return command.bytes ? device().copy(stream, command.to, command.from, command.bytes, command.direction) : Status();
  case Command::Kind::fill:
    return command.bytes
               ? device().fill(stream, command.to, command.pattern, command.width, command.bytes / command.width)
               : Status();
  }
  return {};
}

Status StreamDriver::capture() {
  size_t next = 0;
  for (size_t end : parts) {
    if (Status status = device().beginCapture(stream); status.failed())
      return status;
    Status status;
    while (next < end && !status.failed())
      status = give(commands[next++]);
    void *graph = nullptr;
    Status ended = device().endCapture(stream, graph);
    if (graph)
      graphs.push_back(graph);
    if (status.failed() || ended.failed())
      return status.failed() ? status : ended;
  }
  return {};
}

Status StreamDriver::submit(const std::atomic<bool> &cancelled) {
  Entered entered(device());
  if (entered.status().failed())
    return entered.status();
  Status status = timed ? giveTimed() : runGraphs(cancelled);
  // After an error too: what runs uses memory that may be given back next.
  Status last = device().wait(stream);
  if (status.failed() || last.failed())
    return status.failed() ? status : last;
  if (timed)
    for (size_t i = 0; i + 1 < 2 * intervals.size(); i += 2) {
      auto since = [&](void *event, std::chrono::nanoseconds &time) {
        float milliseconds = 0;
        Status status = device().elapsed(events[0], event, milliseconds);
        time = std::chrono::nanoseconds(static_cast<int64_t>(milliseconds * 1e6));
        return status;
      };
      for (auto [event, time] : {std::pair(events[i], &intervals[i / 2].begin), {events[i + 1], &intervals[i / 2].end}})
        if (Status status = since(event, *time); status.failed())
          return status;
    }
  return {};
}

Status StreamDriver::runGraphs(const std::atomic<bool> &cancelled) {
  constexpr size_t inFlight = 2; // parts: the device never waits for the host
  for (size_t i = 0; i < graphs.size(); ++i) {
    if (graphs.size() > 1) {
      if (partEvents.size() < inFlight) {
        void *event = nullptr;
        if (Status status = device().createEvent(/*timed=*/false, event); status.failed())
          return status;
        partEvents.push_back(event);
      }
      if (i >= inFlight)
        if (Status status = device().waitFor(partEvents[i % inFlight]); status.failed())
          return status;
    }
    if (cancelled.load(std::memory_order_relaxed))
      return error(TREADLE_CANCELLED, "cancelled");
    if (Status status = device().launchGraph(stream, graphs[i]); status.failed())
      return status;
    if (graphs.size() > 1)
      if (Status status = device().record(stream, partEvents[i % inFlight]); status.failed())
        return status;
  }
  return {};
}

Status StreamDriver::giveTimed() {
  intervals.clear();
  auto mark = [&](size_t number) -> Status {
    if (number == events.size()) {
      void *event = nullptr;
      if (Status status = device().createEvent(/*timed=*/true, event); status.failed())
        return status;
      events.push_back(event);
    }
    return device().record(stream, events[number]);
  };
  for (const Command &command : commands) {
    size_t first = 2 * intervals.size();
    Status status = command.isStep ? mark(first) : Status();
    if (!status.failed())
      status = give(command);
    if (!status.failed() && command.isStep) {
      intervals.emplace_back();
      status = mark(first + 1);
    }
    if (status.failed())
      return status;
  }
  return {};
}

Status checkDeviceNumber(std::string_view target, uint32_t number, int count, std::string_view finder) {
  std::string wanted = concat("there is no device \"", target, ":", number, "\"");
  if (count == 0)
    return error(TREADLE_NOT_FOUND, wanted, ": ", finder, " finds none");
  if (number >= static_cast<uint32_t>(count))
    return error(TREADLE_NOT_FOUND, wanted, ", the last is \"", target, ":", count - 1, "\"");
  return {};
}

} // namespace treadle
