//===- Session.h - one user's run of a program ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// prepare() settles everything that depends on shapes: sizes, the arena, each step's numbers. run()
// then fills in the caller's addresses and goes through the steps; it allocates nothing. On a device with
// memory of its own inputs and outputs lie in the arena too, so that no address depends on the caller:
// the first run() for some shapes records the steps, each run copies, submits and copies.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_EXEC_SESSION_H
#define TREADLE_RUNTIME_EXEC_SESSION_H

#include "runtime/base/Memory.h"
#include "runtime/device/Driver.h"
#include <atomic>
#include <chrono>
#include <functional>

namespace treadle {

class Session {
public:
  Session(std::shared_ptr<const Program> program, std::unique_ptr<Driver> driver, const treadle_allocator *allocator,
          uint64_t memoryLimit);

  Status prepare(const treadle_tensor *inputs, int32_t count);
  Status run(const treadle_tensor *inputs, int32_t inputCount, treadle_tensor *outputs, int32_t outputCount);
  Status outputShape(int32_t index, treadle_tensor &shape) const;
  uint64_t memoryBytes() const { return driver->memoryBytes(); }

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
    format::Command kind = format::Command::NONE;
    uint8_t width = 1;        // of a fill
    bool waits = false;       // for steps before it, where steps are recorded
    uint32_t kernel = 0;      // of a dispatch
    uint32_t firstSlice = 0;  // into `addresses`
    uint32_t firstScalar = 0; // into `scalars`
    uint32_t pattern = 0;     // of a fill
    int64_t tasks = 0;        // of a dispatch
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

  // Settling shapes: Session.cpp.
  Status checkInputs(const treadle_tensor *inputs, int32_t count) const;
  bool sameShapes(const treadle_tensor *inputs) const;
  Status bindSymbols(const treadle_tensor *inputs);
  Status placeAll();
  Status planSteps();
  Status reserve();
  void findHazards();
  std::string inputName(uint32_t index) const;

  // Running: Run.cpp.
  Status checkData(const treadle_tensor *inputs, const treadle_tensor *outputs, int32_t outputCount) const;
  void give(const Command &command);
  Status runHere(const treadle_tensor *inputs, treadle_tensor *outputs);
  Status record(uint32_t first, uint32_t last, bool timed);
  void copyInputs(const treadle_tensor *inputs);
  void copyOutputs(treadle_tensor *outputs);
  Status runRecorded(const treadle_tensor *inputs, treadle_tensor *outputs);
  Status runObserved(const treadle_tensor *inputs, treadle_tensor *outputs);
  /// `valueOf` gives the memory of the step's operand of that number.
  Status observe(uint32_t step, const std::function<const void *(uint32_t)> &valueOf);

  std::shared_ptr<const Program> program;
  std::unique_ptr<Driver> driver;
  Recorder *const recorder; // the driver's, or null
  uint64_t memoryLimit;
  std::vector<Memory> ownOutputs;

  bool prepared = false;
  std::vector<std::vector<int64_t>> inputDims, outputDims;
  std::vector<int64_t> inputBytes, outputBytes;
  std::vector<int64_t> symbols, exprs, bufferBytes;
  int64_t arenaBytes = 0, scratchBytes = 0;
  std::vector<int64_t> arenaOffsets; // of buffers; -1: not in the arena
  std::vector<Place> places;         // of all slices of all steps
  std::vector<void *> addresses;     // of the same
  std::vector<void *> bases;         // of buffers
  std::vector<int64_t> scalars;
  std::vector<Command> commands;

  // What the recorder holds: all steps, or nothing that could be run again.
  bool recorded = false, recordedTimed = false;
  std::vector<void *> inputPlaces;
  std::vector<const void *> outputPlaces, resultPlaces; // of outputs; of the results of the step that is observed

  std::atomic<bool> cancelled{false};
  treadle_observer observer = nullptr;
  void *observerUser = nullptr;
  bool profiling = false;
  std::vector<Event> events;
  std::string traceText;
};

} // namespace treadle

#endif // TREADLE_RUNTIME_EXEC_SESSION_H
