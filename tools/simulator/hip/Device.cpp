//===- Device.cpp - HIP's devices, and what failed ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/hip/State.h"
#include <algorithm>

using namespace treadle::simulator;
using namespace treadle::simulator::hip;

namespace treadle::simulator::hip {

State::~State() {
  modules.removeIf([](const LoadedModule &module) {
    module.report();
    return true;
  });
}

State &state() {
  static State all;
  return all;
}

int &currentDevice() {
  static thread_local int device = 0;
  return device;
}

Device &State::device() {
  std::unique_ptr<Device> &device = devices[currentDevice()];
  if (!device)
    device = std::make_unique<Device>();
  return *device;
}

} // namespace treadle::simulator::hip

namespace treadle::hip {
namespace {

constexpr int version = 60000000; // HIP 6.0
constexpr char name[] = "AMD Instinct MI250X (simulated)";
constexpr char processor[] = "gfx90a:sramecc+:xnack-";

hipError_t ofDevice(int device, const void *place) {
  if (!place)
    return hipErrorInvalidValue;
  return device >= 0 && device < deviceCount ? hipSuccess : hipErrorInvalidDevice;
}

template <typename Properties> hipError_t getProperties(Properties *properties, int device) {
  if (hipError_t error = ofDevice(device, properties))
    return error;
  *properties = {};
  std::copy_n(name, sizeof name, properties->before);
  std::copy_n(processor, sizeof processor, properties->gcnArchName);
  return hipSuccess;
}

} // namespace

hipError_t hipInit(unsigned flags) { return flags ? hipErrorInvalidValue : hipSuccess; }

hipError_t hipRuntimeGetVersion(int *place) {
  if (!place)
    return hipErrorInvalidValue;
  *place = version;
  return hipSuccess;
}

const char *hipGetErrorString(hipError_t error) {
  switch (error) {
  case hipSuccess:
    return "no error";
  case hipErrorInvalidValue:
    return "invalid argument";
  case hipErrorOutOfMemory:
    return "out of memory";
  case hipErrorInvalidConfiguration:
    return "invalid configuration argument";
  case hipErrorInvalidDevice:
    return "invalid device ordinal";
  case hipErrorInvalidImage:
    return "device kernel image is invalid";
  case hipErrorNoBinaryForGpu:
    return "no kernel image is available for execution on the device";
  case hipErrorInvalidHandle:
    return "invalid resource handle";
  case hipErrorIllegalState:
    return "the operation cannot be performed in the present state";
  case hipErrorNotFound:
    return "named symbol not found";
  case hipErrorIllegalAddress:
    return "an illegal memory access was encountered";
  case hipErrorLaunchOutOfResources:
    return "out of resources";
  case hipErrorLaunchFailure:
    return "unspecified launch failure";
  default:
    return "unknown error";
  }
}

hipError_t hipGetDeviceCount(int *count) {
  if (!count)
    return hipErrorInvalidValue;
  *count = deviceCount;
  return hipSuccess;
}
hipError_t hipSetDevice(int device) {
  if (device < 0 || device >= deviceCount)
    return hipErrorInvalidDevice;
  currentDevice() = device;
  return hipSuccess;
}
hipError_t hipGetDevice(int *device) {
  if (!device)
    return hipErrorInvalidValue;
  *device = currentDevice();
  return hipSuccess;
}
hipError_t hipDeviceGetName(char *place, int bytes, int device) {
  if (hipError_t error = ofDevice(device, place))
    return error;
  if (bytes <= 0)
    return hipErrorInvalidValue;
  size_t length = std::min<size_t>(bytes - 1, sizeof name - 1);
  std::copy_n(name, length, place);
  place[length] = 0;
  return hipSuccess;
}
hipError_t hipDeviceTotalMem(size_t *bytes, int device) {
  if (hipError_t error = ofDevice(device, bytes))
    return error;
  *bytes = deviceBytes;
  return hipSuccess;
}
hipError_t hipDeviceGetAttribute(int *value, int attribute, int device) {
  if (hipError_t error = ofDevice(device, value))
    return error;
  if (attribute != hipDeviceAttributeMultiprocessorCount)
    return hipErrorInvalidValue;
  *value = multiprocessors;
  return hipSuccess;
}
hipError_t hipGetDevicePropertiesR0600(Properties6 *properties, int device) {
  return getProperties(properties, device);
}
hipError_t hipGetDeviceProperties(Properties5 *properties, int device) { return getProperties(properties, device); }

} // namespace treadle::hip
