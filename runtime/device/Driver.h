//===- Driver.h - what a session asks of a device -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One object for each session. A driver of a GPU records what it is told and submits it at finish().
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_DEVICE_DRIVER_H
#define TREADLE_RUNTIME_DEVICE_DRIVER_H

#include "runtime/base/Status.h"
#include "runtime/format/Program.h"
#include <memory>
#include <vector>

namespace treadle {

class Driver {
public:
  virtual ~Driver() = default;

  /// Whether this device can run the code, by target, variant and features.
  virtual bool supports(const format::Executable &executable) const = 0;
  /// Loads the code; afterwards kernel i is `entries`[i].
  virtual Status load(const Program &program, const format::Executable &executable) = 0;

  /// How many kernels may run at once with private memory of their own, and that much for each.
  virtual Status reserve(size_t scratchBytes) = 0;
  virtual size_t scratchBytes() const = 0;

  /// How the loaded code runs a kernel.
  const format::Entry &entry(uint32_t kernel) const { return *loaded->entries()->Get(kernel); }

  /// `tasks` tasks of kernel `kernel`.
  virtual void launch(uint32_t kernel, void *const *slices, const int64_t *scalars, int64_t tasks) = 0;
  virtual void copy(void *to, const void *from, size_t bytes) = 0;
  virtual void fill(void *to, size_t bytes, uint32_t pattern, unsigned width) = 0;

protected:
  const format::Executable *loaded = nullptr; // set by load()
};

/// The drivers that are built in. Each target has one of these functions (targets/*/run).
struct DriverOptions {
  int32_t threads = 0;
  const treadle_pool *pool = nullptr;
  const treadle_allocator *allocator = nullptr;
};
struct DeviceInfo {
  std::string name, description;
  uint64_t memory = 0;
};

namespace cpu {
std::vector<DeviceInfo> devices();
Status createDriver(const DriverOptions &options, std::unique_ptr<Driver> &driver);
} // namespace cpu

} // namespace treadle

#endif // TREADLE_RUNTIME_DEVICE_DRIVER_H
