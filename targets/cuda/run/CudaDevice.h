//===- CudaDevice.h - NVIDIA's driver, and a device of it ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CUDA_RUN_CUDADEVICE_H
#define TREADLE_TARGETS_CUDA_RUN_CUDADEVICE_H

#include "runtime/stream/StreamDevice.h"
#include "targets/cuda/run/Api.h"
#include <atomic>
#include <memory>
#include <string>

namespace treadle::cuda {

/// libcuda.so.1, opened.
class Library {
public:
  static Status open(std::shared_ptr<const Library> &library);

  int deviceCount() const { return count; }
  struct Description {
    std::string name;
    uint64_t memory = 0;
    int capability = 0; // 80: 8.0
  };
  Description describe(int number) const;
  std::string versionText() const;
  /// What NVIDIA calls the error.
  std::string nameOf(CUresult result) const;

#define TREADLE_FUNCTION(name, ...) CUresult (*name)(__VA_ARGS__) = nullptr;
  TREADLE_CUDA_FUNCTIONS(TREADLE_FUNCTION)
#undef TREADLE_FUNCTION
  /// Null before CUDA 12.0.
  TensorMapEncode cuTensorMapEncodeTiled = nullptr;

private:
  int count = 0, version = 0;
};

class CudaDevice : public StreamDevice {
public:
  static Status open(const std::shared_ptr<const Library> &library, int number, std::shared_ptr<StreamDevice> &device);
  ~CudaDevice() override;

  Status enter() override;
  void leave() override;
  bool isLost() const override { return lost; }

  Status allocate(Space space, uint64_t bytes, std::string_view what, void *&place) override;
  void release(Space space, void *place) override;
  Status loadCode(const void *image, std::string_view what, void *&module) override;
  bool loadNativeCode(const void *image, void *&module) override;
  void unloadCode(void *module) override;
  Status findKernel(void *module, const char *symbol, uint32_t sharedBytes, void *&kernel) override;
  Occupancy occupancy(void *kernel, uint32_t threads, uint32_t sharedBytes) const override;
  Status describeBoxes(const BoxTensor &tensor, BoxArgument &argument) const override;
  Status createStream(void *&stream) override;
  void destroyStream(void *stream) override;
  Status wait(void *stream) override;
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
  CudaDevice(std::shared_ptr<const Library> library, int number);
  Status check(CUresult result, std::string_view what) const;

  std::shared_ptr<const Library> library;
  std::string name;
  CUdevice handle = 0;
  CUcontext context = nullptr;
  mutable std::atomic<bool> lost{false};
};

} // namespace treadle::cuda

#endif // TREADLE_TARGETS_CUDA_RUN_CUDADEVICE_H
