//===- Targets.h - the targets that are built in ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_DEVICE_TARGETS_H
#define TREADLE_RUNTIME_DEVICE_TARGETS_H

#include "runtime/device/Driver.h"

namespace treadle {

// Targets.inc has a row for each target that has a driver; CMake writes it.
#define TREADLE_TARGET(target)                                                                                         \
  namespace target {                                                                                                   \
  std::vector<DeviceInfo> devices();                                                                                   \
  Status createDriver(const DriverOptions &options, std::unique_ptr<Driver> &driver);                                  \
  }
#include "runtime/device/Targets.inc"
#undef TREADLE_TARGET

inline constexpr TargetFunctions builtTargets[] = {
#define TREADLE_TARGET(target) {#target, target::devices, target::createDriver},
#include "runtime/device/Targets.inc"
#undef TREADLE_TARGET
};

} // namespace treadle

#endif // TREADLE_RUNTIME_DEVICE_TARGETS_H
