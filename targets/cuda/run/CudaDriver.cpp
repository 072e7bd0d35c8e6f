//===- CudaDriver.cpp - kernels on NVIDIA's devices ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An executable's variant is "sm_80": PTX for devices of compute capability 8.0 and later, or with the feature "exact"
// for no others, one module a kernel, each ending with a zero byte. The driver compiles it for the device, and keeps
// what it made in a cache of its own. Where a cubin stands beside it the driver is offered that first; one for another
// device, or one that is newer than the driver, it does not take.
//
//===----------------------------------------------------------------------===//

#include "runtime/device/Targets.h"
#include "runtime/stream/StreamDriver.h"
#include "targets/cuda/run/CudaDevice.h"

namespace treadle::cuda {
namespace {

std::string capabilityText(int capability) { return concat(capability / 10, ".", capability % 10); }

/// 80 of "sm_80"; 0 for what is no such name.
int capabilityOf(std::string_view variant) {
  constexpr std::string_view prefix = "sm_";
  if (variant.substr(0, prefix.size()) != prefix)
    return 0;
  int number = 0;
  for (char digit : variant.substr(prefix.size())) {
    if (digit < '0' || digit > '9' || number > 1000)
      return 0;
    number = 10 * number + (digit - '0');
  }
  return number;
}

class CudaDriver : public StreamDriver {
public:
  CudaDriver(std::shared_ptr<const Library> library, uint32_t number)
      : StreamDriver(concat("cuda:", number)), library(std::move(library)), number(static_cast<int>(number)) {}

  int suits(const format::Executable &executable, std::string &lacking) const override {
    if (executable.target()->string_view() != "cuda")
      return 0;
    int wanted = capabilityOf(executable.variant()->string_view());
    int capability = library->describe(number).capability;
    if (wanted == 0 || wanted > capability) {
      lacking = concat("compute capability ", capabilityText(wanted));
      return 0;
    }
    bool isExact = executable.features() && executable.features()->size();
    if (isExact && wanted != capability) {
      lacking = concat("exactly compute capability ", capabilityText(wanted));
      return 0;
    }
    // Code for this device only is better than code for all later ones.
    return isExact ? wanted + 1 : wanted;
  }

protected:
  Status open(std::shared_ptr<StreamDevice> &device) override { return CudaDevice::open(library, number, device); }

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
    info.name = concat("cuda:", i);
    info.description = concat(description.name, ", compute capability ", capabilityText(description.capability));
    info.memory = description.memory;
    info.target = "cuda";
    list.push_back(std::move(info));
  }
  return list;
}

Status createDriver(const DriverOptions &options, std::unique_ptr<Driver> &driver) {
  std::shared_ptr<const Library> library;
  Status status = Library::open(library);
  if (status.failed()) {
    status.message = concat("there is no device \"cuda:", options.device, "\": ", status.message);
    return status;
  }
  status = checkDeviceNumber("cuda", options.device, library->deviceCount(), "NVIDIA's driver");
  if (status.failed())
    return status;
  driver = std::make_unique<CudaDriver>(std::move(library), options.device);
  return {};
}

} // namespace treadle::cuda
