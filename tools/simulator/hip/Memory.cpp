//===- Memory.cpp - HIP's memory ---------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/hip/State.h"
#include <cstdlib>
#include <cstring>

using namespace treadle::simulator;
using namespace treadle::simulator::hip;

namespace treadle::hip {
namespace {

uint64_t addressOf(const void *place) { return reinterpret_cast<uint64_t>(place); }
bool isOfDevice(const void *place) { return addressOf(place) >> 48 != 0; }

template <typename T> hipError_t fill(void *to, T value, size_t count, hipStream_t stream) {
  return locked([&](State &all) {
    if (addressOf(to) % sizeof(T) || count > SIZE_MAX / sizeof(T))
      return hipErrorInvalidValue;
    GlobalMemory &memory = all.device().memory;
    return give(all, stream, [=, &memory] {
      char *place = memory.host(addressOf(to), count * sizeof(T));
      if (!place && count)
        return hipErrorInvalidValue;
      for (size_t i = 0; i < count; ++i)
        std::memcpy(place + i * sizeof(T), &value, sizeof(T));
      return hipSuccess;
    });
  });
}

} // namespace

hipError_t hipMalloc(void **place, size_t bytes) {
  return locked([&](State &all) {
    if (!place)
      return hipErrorInvalidValue;
    *place = nullptr;
    if (bytes == 0)
      return hipSuccess;
    *place = reinterpret_cast<void *>(all.device().memory.allocate(bytes));
    return *place ? hipSuccess : hipErrorOutOfMemory;
  });
}
hipError_t hipFree(void *place) {
  return locked([&](State &all) {
    bool freed = !place || all.device().memory.release(addressOf(place));
    return freed ? hipSuccess : hipErrorInvalidValue;
  });
}
hipError_t hipHostMalloc(void **place, size_t bytes, unsigned) {
  return locked([&](State &all) {
    if (!place)
      return hipErrorInvalidValue;
    *place = nullptr;
    if (bytes == 0)
      return hipSuccess;
    constexpr size_t page = 4096;
    size_t room = (bytes + page - 1) / page * page;
    *place = room < bytes ? nullptr : std::aligned_alloc(page, room);
    if (!*place)
      return hipErrorOutOfMemory;
    all.hostMemory.insert(*place);
    return hipSuccess;
  });
}
hipError_t hipHostFree(void *place) {
  return locked([&](State &all) {
    if (place && !all.hostMemory.erase(place))
      return hipErrorInvalidValue;
    std::free(place);
    return hipSuccess;
  });
}

hipError_t hipMemcpyAsync(void *to, const void *from, size_t bytes, int kind, hipStream_t stream) {
  return locked([&](State &all) {
    if (kind < hipMemcpyHostToDevice || kind > hipMemcpyDeviceToDevice)
      return hipErrorInvalidValue;
    GlobalMemory &memory = all.device().memory;
    return give(all, stream, [=, &memory] {
      auto find = [&](const void *place, bool ofDevice) -> char * {
        if (ofDevice)
          return memory.host(addressOf(place), bytes);
        return isOfDevice(place) ? nullptr : static_cast<char *>(const_cast<void *>(place));
      };
      char *target = find(to, kind != hipMemcpyDeviceToHost);
      const char *source = find(from, kind != hipMemcpyHostToDevice);
      if (bytes && (!target || !source))
        return hipErrorInvalidValue;
      if (bytes)
        std::memmove(target, source, bytes);
      return hipSuccess;
    });
  });
}
hipError_t hipMemsetD8Async(void *to, unsigned char value, size_t count, hipStream_t stream) {
  return fill(to, value, count, stream);
}
hipError_t hipMemsetD16Async(void *to, unsigned short value, size_t count, hipStream_t stream) {
  return fill(to, value, count, stream);
}
hipError_t hipMemsetD32Async(void *to, int value, size_t count, hipStream_t stream) {
  return fill(to, value, count, stream);
}

} // namespace treadle::hip
