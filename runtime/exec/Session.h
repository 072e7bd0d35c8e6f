//===- Session.h - one user's run of a program ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// prepare() settles everything that depends on shapes: sizes, the arena, each step's numbers. run()
// then fills in the caller's addresses and goes through the steps; it allocates nothing.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_EXEC_SESSION_H
#define TREADLE_RUNTIME_EXEC_SESSION_H

#include "runtime/device/Driver.h"
#include <atomic>
#include <chrono>

namespace treadle {

/// Memory from an app's allocator or the heap, 64-byte aligned.
class Memory {
public:
  explicit Memory(const treadle_allocator *allocator) : allocator(allocator ? *allocator : treadle_allocator{}) {}
  ~Memory() { release(); }
  Memory(Memory &&other) noexcept;
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;

  /// At least `bytes`; what was there before is lost. False if there is no memory.
  bool resize(size_t bytes);
  void release();
  char *data() const { return start; }
  size_t size() const { return bytes; }

private:
  treadle_allocator allocator;
  char *start = nullptr;
  size_t bytes = 0;
};

class Session {
public:
  Session(std::shared_ptr<const Program> program, std::unique_ptr<Driver> driver, const treadle_allocator *allocator,
          uint64_t memoryLimit);

  Status prepare(const treadle_tensor *inputs, int32_t count);
  Status run(const treadle_tensor *inputs, int32_t inputCount, treadle_tensor *outputs, int32_t outputCount);
  Status outputShape(int32_t index, treadle_tensor &shape) const;
  uint64_t memoryBytes() const { return arena.size() + driver->scratchBytes(); }

  void cancel() { cancelled = true; }
  void setObserver(treadle_observer newObserver, void *user) {
    observer = newObserver;
    observerUser = user;
  }
  void setProfiling(bool enabled) { profiling = enabled; }
  /// The steps recorded since the last call, as a Chrome trace.
  const char *trace();

private:
  struct Command {
    int64_t tasks = 0;        // of a dispatch
    uint32_t firstSlice = 0;  // into `addresses`
    uint32_t firstScalar = 0; // into `scalars`
    int64_t bytes = 0;        // of a copy or fill
  };
  struct Place {
    uint32_t buffer;
    int64_t offset;
  };
  struct Event {
    uint32_t step;
    std::chrono::steady_clock::time_point begin, end;
  };

  Status checkInputs(const treadle_tensor *inputs, int32_t count) const;
  bool sameShapes(const treadle_tensor *inputs) const;
  Status bindSymbols(const treadle_tensor *inputs);
  Status placeAll();
  Status planSteps();
  Status observe(uint32_t step);
  std::string inputName(uint32_t index) const;

  std::shared_ptr<const Program> program;
  std::unique_ptr<Driver> driver;
  uint64_t memoryLimit;
  Memory arena;
  std::vector<Memory> ownOutputs;

  bool prepared = false;
  std::vector<std::vector<int64_t>> inputDims, outputDims;
  std::vector<int64_t> symbols, exprs, bufferBytes;
  std::vector<int64_t> arenaOffsets;
  std::vector<Place> places;     // of all slices of all steps
  std::vector<void *> addresses; // of the same
  std::vector<void *> bases;     // of buffers
  std::vector<int64_t> scalars;
  std::vector<Command> commands;

  std::atomic<bool> cancelled{false};
  treadle_observer observer = nullptr;
  void *observerUser = nullptr;
  bool profiling = false;
  std::vector<Event> events;
  std::string traceText;
};

} // namespace treadle

#endif // TREADLE_RUNTIME_EXEC_SESSION_H
