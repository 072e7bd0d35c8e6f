//===- StreamResident.h - code and weights on CUDA's and HIP's devices -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_STREAM_STREAMRESIDENT_H
#define TREADLE_RUNTIME_STREAM_STREAMRESIDENT_H

#include "runtime/format/Program.h"
#include "runtime/stream/StreamDevice.h"
#include <functional>
#include <memory>
#include <vector>

namespace treadle {

class StreamResident {
public:
  /// That of the program on device `name`, made if no session has it: then `open` opens the device.
  static Status get(const std::shared_ptr<const Program> &program, const format::Executable &code,
                    const std::string &name, const std::function<Status(std::shared_ptr<StreamDevice> &)> &open,
                    std::shared_ptr<StreamResident> &resident);
  ~StreamResident();

  void *kernel(uint32_t number) const { return kernels[number]; }
  /// More workgroups of the kernel are of no use.
  uint32_t workgroupsAtOnce(uint32_t number) const { return atOnce[number]; }
  void *constant(uint32_t number) const { return constants[number]; }
  bool hasWeights(const void *place, size_t bytes) const {
    auto offset = reinterpret_cast<uintptr_t>(place) - reinterpret_cast<uintptr_t>(weights);
    return weights && offset <= weightBytes && bytes <= weightBytes - offset;
  }

  const std::shared_ptr<StreamDevice> device;

private:
  explicit StreamResident(std::shared_ptr<StreamDevice> device) : device(std::move(device)) {}
  Status loadKernels(const Program &program, const format::Executable &code);
  Status loadKernel(const Program &program, const format::Executable &code, uint32_t number);
  Status loadWeights(const Program &program);

  std::vector<void *> modules, kernels, constants;
  std::vector<uint32_t> atOnce; // of each kernel
  void *weights = nullptr;
  uint64_t weightBytes = 0;
};

} // namespace treadle

#endif // TREADLE_RUNTIME_STREAM_STREAMRESIDENT_H
