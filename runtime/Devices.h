//===- Devices.h - which device runs a program, and by which code ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_DEVICES_H
#define TREADLE_RUNTIME_DEVICES_H

#include "runtime/device/Driver.h"
#include <functional>

namespace treadle {

/// The devices of this machine, of all targets that are built in; the first is the default.
std::vector<DeviceInfo> findDevices();

/// A driver for the device `name` ("cpu", "vulkan:1"; empty: the default), with code loaded, and the one of
/// the artifact's programs that the code is of: the first that suits this device best.
Status openDevice(const std::shared_ptr<const Program> &artifact, const std::string &name, DriverOptions options,
                  std::unique_ptr<Driver> &driver, std::shared_ptr<const Program> &program);

/// Loads into the driver, one of that target's, the code that suits it best, and says which of the artifact's programs
/// it is of. `describe` says for a message what device it is.
Status loadCode(const std::shared_ptr<const Program> &artifact, std::string_view target,
                const std::function<std::string()> &describe, Driver &driver, std::shared_ptr<const Program> &program);

} // namespace treadle

#endif // TREADLE_RUNTIME_DEVICES_H
