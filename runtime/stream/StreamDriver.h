//===- StreamDriver.h - kernels on CUDA's and HIP's devices -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel (codegen/SimtToLlvm.h) is launched with as many workgroups of Entry.threads threads as it has tasks, or
// fewer: from its number and how many there are a workgroup knows its tasks (codegen/Kernel.h). Its arguments:
//
//     uint64_t slices[operands]     addresses
//     int64_t scalars[scalars]
//     uint32_t tasks, workgroups
//
// The steps for some shapes are written down once, captured as graphs and launched whole. Where times are wanted they
// are given to the stream one by one, with events between them.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_STREAM_STREAMDRIVER_H
#define TREADLE_RUNTIME_STREAM_STREAMDRIVER_H

#include "runtime/device/Driver.h"
#include "runtime/stream/StreamDevice.h"

namespace treadle {

/// Code and weights of a program on a device, the same for all its sessions.
class StreamResident;

class StreamDriver : public Driver, public Recorder {
public:
  ~StreamDriver() override;

  Status load(const std::shared_ptr<const Program> &program, const format::Executable &executable) override;

  uint64_t largestBuffer() const override { return simtLargestBuffer; }
  uint64_t bytesFor(size_t arenaBytes, size_t scratchBytes) const override { return arenaBytes + simtReadBeyond; }
  Status reserve(size_t arenaBytes, size_t scratchBytes) override;
  void *arena() const override { return arenaPlace; }
  void *constant(uint32_t index) const override;
  size_t memoryBytes() const override { return arenaSize; }

  void launch(uint32_t kernel, void *const *slices, const int64_t *scalars, int64_t tasks) override;
  void copy(void *to, const void *from, size_t bytes) override;
  void fill(void *to, size_t bytes, uint32_t pattern, unsigned width) override;

  Recorder *recorder() override { return this; }
  Status begin(bool timed) override;
  void *upload(void *to, size_t bytes) override;
  const void *download(const void *from, size_t bytes) override;
  void announce(int64_t flops, int64_t bytes) override;
  void barrier() override {} // a stream does one thing after another
  Status end() override;
  Status submit(const std::atomic<bool> &cancelled) override;
  const std::vector<Interval> &times() const override { return intervals; }

protected:
  /// `name`: "cuda:0".
  explicit StreamDriver(std::string name) : name(std::move(name)) {}
  virtual Status open(std::shared_ptr<StreamDevice> &device) = 0;

private:
  struct Command {
    enum class Kind { launch, copy, fill } kind;
    bool isStep = true;
    void *kernel = nullptr;
    uint32_t workgroups = 0, threads = 0, sharedBytes = 0;
    size_t firstWord = 0, wordCount = 0; // of the arguments
    size_t firstBox = 0, boxCount = 0;   // after them
    void *to = nullptr;
    const void *from = nullptr;
    size_t bytes = 0;
    StreamDevice::Direction direction = StreamDevice::Direction::onDevice;
    uint32_t pattern = 0;
    unsigned width = 1;
  };
  /// Host memory that the device reaches, given back all at once.
  class HostPieces {
  public:
    Status take(StreamDevice &device, size_t bytes, char *&place);
    void giveBackAll() { current = used = 0; }
    void release(StreamDevice &device);

  private:
    struct Block {
      void *place;
      size_t bytes;
    };
    std::vector<Block> blocks;
    size_t current = 0, used = 0;
  };

  StreamDevice &device() const;
  bool good() const { return !failure.failed(); }
  void check(Status status) {
    if (good())
      failure = std::move(status);
  }
  Status describeBoxes(const format::Boxes &boxes, const std::vector<int64_t> &exprs, void *const *slices);
  char *recordCopy(void *place, size_t bytes, StreamDevice::Direction direction);
  bool reaches(const void *place, size_t bytes) const;
  Status give(const Command &command);
  Status giveTimed();
  Status capture();
  Status runGraphs(const std::atomic<bool> &cancelled);
  void forgetGraphs();

  std::string name;
  std::shared_ptr<const Program> program;
  std::shared_ptr<StreamResident> resident;
  void *stream = nullptr;
  void *arenaPlace = nullptr;
  size_t arenaSize = 0;
  HostPieces pieces;

  // What was recorded.
  Status failure;
  std::vector<Command> commands;
  std::vector<uint64_t> words; // of arguments
  std::vector<BoxArgument> boxes;
  std::vector<size_t> parts; // where each ends
  double work = 0;           // of the part that is recorded
  bool timed = false;
  std::vector<void *> graphs;     // one a part
  std::vector<void *> partEvents; // in turns, when a part is done
  std::vector<void *> events;     // two a step
  std::vector<Interval> intervals;
};

/// Whether there is device `number` of the `count` that `finder` ("NVIDIA's driver") has found.
Status checkDeviceNumber(std::string_view target, uint32_t number, int count, std::string_view finder);

} // namespace treadle

#endif // TREADLE_RUNTIME_STREAM_STREAMDRIVER_H
