//===- Devices.cpp - treadle devices --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/treadle.h"
#include "tools/treadle/Command.h"
#include "tools/treadle/Terminal.h"
#include <fmt/core.h>

namespace treadle {
namespace {

Status listDevices(bool asJson) {
  llvm::json::Array devices;
  for (int32_t i = 0;; ++i) {
    treadle_device_info info;
    treadle_error *error = treadle_device(i, &info);
    bool last = error;
    treadle_error_free(error);
    if (last)
      break;
    if (asJson)
      devices.push_back(llvm::json::Object{{"name", info.name},
                                           {"description", info.description},
                                           {"memory", static_cast<int64_t>(info.memory)},
                                           {"target", info.target}});
    else
      fmt::print("{:<10} {}, {}\n", info.name, info.description, bytesText(info.memory));
  }
  if (asJson) {
    printJson(std::move(devices));
  }
  return {};
}

} // namespace

void addDevices(CLI::App &app, Action &action) {
  CLI::App *command = app.add_subcommand("devices", "List what this machine can run on");
  auto asJson = std::make_shared<bool>(false);
  command->add_flag("--json", *asJson, "print JSON");
  command->callback([asJson, &action] { action = [asJson](int &) { return listDevices(*asJson); }; });
}

} // namespace treadle
