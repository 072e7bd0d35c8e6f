//===- Devices.cpp - which device runs a program, and by which code -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Devices.h"
#include "runtime/device/Targets.h"
#include <algorithm>

namespace treadle {
namespace {

/// "vulkan:1" is device 1 of the target vulkan, "vulkan" is its device 0. Null: there is no such target, or no
/// number where one should be.
const TargetFunctions *parseDevice(std::string_view name, uint32_t &number) {
  size_t colon = name.find(':');
  number = 0;
  if (colon != std::string_view::npos) {
    std::string_view digits = name.substr(colon + 1);
    if (digits.empty() || digits.size() > 6 || digits.find_first_not_of("0123456789") != std::string_view::npos)
      return nullptr;
    for (char digit : digits)
      number = number * 10 + (digit - '0');
  }
  for (const TargetFunctions &target : builtTargets)
    if (name.substr(0, colon) == target.name)
      return &target;
  return nullptr;
}

/// "cpu x86-64-v3, cpu x86-64-v4"
std::string codeText(const Program &artifact) {
  std::string text;
  auto add = [&](const Program &program) {
    for (uint32_t i = 0; program.tables().executables() && i < program.tables().executables()->size(); ++i) {
      const format::Executable &code = *program.tables().executables()->Get(i);
      text += concat(text.empty() ? "" : ", ", code.target()->str(), " ", code.variant()->str());
    }
  };
  add(artifact);
  for (const std::shared_ptr<const Program> &alternative : artifact.alternatives())
    add(*alternative);
  return text.empty() ? "nothing" : text;
}

bool hasCodeFor(const Program &artifact, std::string_view target) {
  auto has = [&](const Program &program) {
    const auto *list = program.tables().executables();
    return list && std::any_of(list->begin(), list->end(),
                               [&](const format::Executable *code) { return code->target()->string_view() == target; });
  };
  const auto &others = artifact.alternatives();
  return has(artifact) || std::any_of(others.begin(), others.end(), [&](const auto &other) { return has(*other); });
}

std::string describeDevice(const TargetFunctions &target, uint32_t number) {
  std::vector<DeviceInfo> devices = target.devices();
  return number < devices.size() ? devices[number].description : target.name;
}

} // namespace

std::vector<DeviceInfo> findDevices() {
  std::vector<DeviceInfo> all;
  for (const TargetFunctions &target : builtTargets)
    for (DeviceInfo &device : target.devices())
      all.push_back(std::move(device));
  return all;
}

Status openDevice(const std::shared_ptr<const Program> &artifact, const std::string &name, DriverOptions options,
                  std::unique_ptr<Driver> &driver, std::shared_ptr<const Program> &program) {
  const TargetFunctions *target = parseDevice(name.empty() ? builtTargets[0].name : name, options.device);
  if (!target) {
    std::string names;
    for (const TargetFunctions &built : builtTargets)
      names += concat(names.empty() ? "" : ", ", built.name);
    return error(TREADLE_NOT_FOUND, "there is no device \"", name, "\"; this runtime has ", names);
  }
  options.shared = &artifact->shared();
  if (Status status = target->createDriver(options, driver); status.failed())
    return status;
  return loadCode(artifact, target->name, [&] { return describeDevice(*target, options.device); }, *driver, program);
}

Status loadCode(const std::shared_ptr<const Program> &artifact, std::string_view target,
                const std::function<std::string()> &describe, Driver &driver, std::shared_ptr<const Program> &program) {
  std::string lacking;
  const format::Executable *chosen = nullptr;
  int best = 0;
  auto consider = [&](const std::shared_ptr<const Program> &candidate) {
    const auto *list = candidate->tables().executables();
    for (uint32_t i = 0; list && i < list->size(); ++i) {
      std::string lacks;
      int suits = driver.suits(*list->Get(i), lacks);
      if (suits > best) {
        best = suits;
        chosen = list->Get(i);
        program = candidate;
      }
      if (suits == 0 && lacking.empty())
        lacking = lacks;
    }
  };
  consider(artifact);
  for (const std::shared_ptr<const Program> &alternative : artifact->alternatives())
    consider(alternative);
  if (chosen)
    return driver.load(program, *chosen);
  if (lacking.empty())
    return error(TREADLE_UNSUPPORTED, artifact->name(), ": has code for ", codeText(*artifact), ", not for ", target,
                 "; compile the model with --target ", target);
  // What no device can be without runs on the first target, the CPU.
  const char *other = builtTargets[0].name;
  std::string instead = target == other                ? ""
                        : hasCodeFor(*artifact, other) ? concat(", or run it on ", other)
                                                       : concat(", or with --target ", other);
  return error(TREADLE_UNSUPPORTED, artifact->name(), ": has code for ", codeText(*artifact), ", not for this device (",
               describe(), "), which lacks ", lacking, "; compile the model for it", instead);
}

} // namespace treadle
