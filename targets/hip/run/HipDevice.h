//===- HipDevice.h - AMD's runtime library, and a device of it ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_HIP_RUN_HIPDEVICE_H
#define TREADLE_TARGETS_HIP_RUN_HIPDEVICE_H

#include "runtime/stream/StreamDevice.h"
#include "targets/hip/run/Api.h"
#include <atomic>
#include <memory>
#include <string>

namespace treadle::hip {

/// libamdhip64.so, opened.
class Library {
public:
  static Status open(std::shared_ptr<const Library> &library);

  int deviceCount() const { return count; }
  struct Description {
    std::string name;
    uint64_t memory = 0;
    std::string processor; // "gfx90a"
  };
  Description describe(int number) const;
  std::string versionText() const;
  /// What AMD calls the error.
  std::string nameOf(hipError_t result) const;

#define TREADLE_FUNCTION(name, ...) hipError_t (*name)(__VA_ARGS__) = nullptr;
  TREADLE_HIP_FUNCTIONS(TREADLE_FUNCTION)
#undef TREADLE_FUNCTION
  /// Null where it is not known how many workgroups run at the same time.
  OccupancyOfModules *hipModuleOccupancyMaxActiveBlocksPerMultiprocessor = nullptr;

private:
  std::string processorOf(int number) const;

  const char *(*hipGetErrorString)(hipError_t) = nullptr;
  // One of them is there.
  hipError_t (*hipGetDevicePropertiesR0600)(Properties6 *, int) = nullptr;
  hipError_t (*hipGetDeviceProperties)(Properties5 *, int) = nullptr;
  int count = 0, version = 0;
};

class HipDevice : public StreamDevice {
public:
  static Status open(const std::shared_ptr<const Library> &library, int number, std::shared_ptr<StreamDevice> &device);

  Status enter() override;
  void leave() override;
  bool isLost() const override { return lost; }

  Status allocate(Space space, uint64_t bytes, std::string_view what, void *&place) override;
  void release(Space space, void *place) override;
  Status loadCode(const void *image, std::string_view what, void *&module) override;
  void unloadCode(void *module) override;
  Status findKernel(void *module, const char *symbol, uint32_t sharedBytes, void *&kernel) override;
  Status createStream(void *&stream) override;
  void destroyStream(void *stream) override;
  Status wait(void *stream) override;
  uint32_t mostWorkgroups(uint32_t threads) const override;
  Occupancy occupancy(void *kernel, uint32_t threads, uint32_t sharedBytes) const override;
  Status launch(void *stream, void *kernel, uint32_t workgroups, uint32_t threads, uint32_t sharedBytes,
                void **arguments) override;
  Status copy(void *stream, void *to, const void *from, size_t bytes, Direction direction) override;
  Status fill(void *stream, void *to, uint32_t pattern, unsigned width, size_t count) override;
  Status createEvent(bool timed, void *&event) override;
  void destroyEvent(void *event) override;
  Status record(void *stream, void *event) override;
  Status waitFor(void *event) override;
  Status elapsed(void *from, void *to, float &milliseconds) override;
  Status beginCapture(void *stream) override;
  Status endCapture(void *stream, void *&graph) override;
  void destroyGraph(void *graph) override;
  Status launchGraph(void *stream, void *graph) override;

private:
  HipDevice(std::shared_ptr<const Library> library, int number);
  Status check(hipError_t result, std::string_view what) const;

  std::shared_ptr<const Library> library;
  std::string name;
  int number;
  mutable std::atomic<bool> lost{false};
};

} // namespace treadle::hip

#endif // TREADLE_TARGETS_HIP_RUN_HIPDEVICE_H
