//===- Session.h - one user's run of a program ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// prepare() settles everything that depends on shapes: sizes, the arena, each step's numbers. run()
// then fills in the caller's addresses and goes through the steps; it allocates nothing. On a device with
// memory of its own inputs and outputs lie in the arena too, or in buffers of the app's to which they are
// bound, so that no address depends on the caller of run(): the first one for some shapes records the steps,
// each copies, submits and copies. submit() leaves it to the app to wait.
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
  /// From the next run on the input or output lies in that buffer; null: where the caller has it.
  Status bindInput(int32_t index, const AppBuffer *buffer) { return bind(boundInputs, "input", index, buffer); }
  Status bindOutput(int32_t index, const AppBuffer *buffer) { return bind(boundOutputs, "output", index, buffer); }
  /// Has a run begin when `wait` is reached, with `done` at its end, and does not wait for it.
  Status submit(const treadle_tensor *inputs, int32_t inputCount, const AppSemaphore &wait, const AppSemaphore &done);
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

  /// A tensor in a buffer of the app's.
  struct Bound {
    void *address = nullptr; // null: it is not
    uint64_t room = 0;       // bytes from there on
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
  std::string outputName(uint32_t index) const;

  // On a device of the app's: App.cpp.
  Status bind(std::vector<Bound> &list, const char *what, int32_t index, const AppBuffer *buffer);
  Status checkBound() const;
  const Bound *boundOf(const format::Buffer &buffer) const;
  Status finish();

  // Running: Run.cpp.
  Status begin(const treadle_tensor *inputs, int32_t inputCount);
  Status checkInputData(const treadle_tensor *inputs) const;
  Status checkOutputData(const treadle_tensor *outputs, int32_t outputCount) const;
  void give(const Command &command);
  Status runHere(const treadle_tensor *inputs, treadle_tensor *outputs);
  Status record(uint32_t first, uint32_t last, bool timed, bool withOutputs = true);
  Status recordAll(bool timed, bool withOutputs);
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

  std::vector<Bound> boundInputs, boundOutputs;
  bool moved = false;   // since shapes were settled, one was bound or is no more
  bool started = false; // a run that was not waited for

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
  bool recorded = false, recordedTimed = false, recordedOutputs = false;
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
