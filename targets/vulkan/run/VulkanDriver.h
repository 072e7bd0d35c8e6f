//===- VulkanDriver.h - kernels on Vulkan devices --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_RUN_VULKANDRIVER_H
#define TREADLE_TARGETS_VULKAN_RUN_VULKANDRIVER_H

#include "runtime/device/Driver.h"
#include "runtime/treadle_vulkan.h"

namespace treadle::vulkan {

/// As the target's function of that name. `staged`: what the host and the device share of memory is not used, as
/// if it were a card with memory of its own. So tests see on any device what such a card does.
Status createDriver(const DriverOptions &options, bool staged, std::unique_ptr<Driver> &driver);

/// On the app's device, which `description` describes in messages.
Status createDriver(const DriverOptions &options, const treadle_vulkan_device &app, bool staged,
                    std::unique_ptr<Driver> &driver, std::string &description);

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_RUN_VULKANDRIVER_H
