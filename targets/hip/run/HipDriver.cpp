//===- HipDriver.cpp - kernels on AMD's devices -------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An executable's variant is the processor, "gfx90a"; its code is one code object of all kernels.
//
//===----------------------------------------------------------------------===//

#include "runtime/device/Targets.h"
#include "runtime/stream/StreamDriver.h"
#include "targets/hip/run/HipDevice.h"

namespace treadle::hip {
namespace {

class HipDriver : public StreamDriver {
public:
  HipDriver(std::shared_ptr<const Library> library, uint32_t number)
      : StreamDriver(concat("hip:", number)), library(std::move(library)), number(static_cast<int>(number)) {}

  int suits(const format::Executable &executable, std::string &lacking) const override {
    if (executable.target()->string_view() != "hip")
      return 0;
    std::string processor = library->describe(number).processor;
    std::string_view wanted = executable.variant()->string_view();
    if (processor == wanted)
      return 1;
    lacking = concat("the processor ", wanted, " (it has ", processor.empty() ? "an unknown one" : processor, ")");
    return 0;
  }

protected:
  Status open(std::shared_ptr<StreamDevice> &device) override { return HipDevice::open(library, number, device); }

private:
  std::shared_ptr<const Library> library;
  int number;
};

} // namespace

std::vector<DeviceInfo> devices() {
  std::vector<DeviceInfo> list;
  std::shared_ptr<const Library> library;
  if (Library::open(library).failed())
    return list;
  for (int i = 0; i < library->deviceCount(); ++i) {
    Library::Description description = library->describe(i);
    DeviceInfo info;
    info.name = concat("hip:", i);
    info.description = concat(description.name, ", ", description.processor);
    info.memory = description.memory;
    info.target = "hip";
    list.push_back(std::move(info));
  }
  return list;
}

Status createDriver(const DriverOptions &options, std::unique_ptr<Driver> &driver) {
  std::shared_ptr<const Library> library;
  Status status = Library::open(library);
  if (status.failed()) {
    status.message = concat("there is no device \"hip:", options.device, "\": ", status.message);
    return status;
  }
  status = checkDeviceNumber("hip", options.device, library->deviceCount(), "AMD's HIP runtime");
  if (status.failed())
    return status;
  driver = std::make_unique<HipDriver>(std::move(library), options.device);
  return {};
}

} // namespace treadle::hip
