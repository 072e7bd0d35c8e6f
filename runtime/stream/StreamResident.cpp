//===- StreamResident.cpp - code and weights on CUDA's and HIP's devices -----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/stream/StreamResident.h"
#include "runtime/device/Driver.h"
#include "runtime/exec/ThreadPool.h"
#include <algorithm>
#include <thread>

namespace treadle {

Status StreamResident::get(const std::shared_ptr<const Program> &program, const format::Executable &code,
                           const std::string &name, const std::function<Status(std::shared_ptr<StreamDevice> &)> &open,
                           std::shared_ptr<StreamResident> &resident) {
  Program::Shared &shared = program->shared();
  std::lock_guard<std::mutex> guard(shared.lock);
  std::weak_ptr<void> &place = shared.parts[concat(name, " ", code.offset())];
  resident = std::static_pointer_cast<StreamResident>(place.lock());
  if (resident && !resident->device->isLost())
    return {};
  std::shared_ptr<StreamDevice> device;
  if (Status status = open(device); status.failed())
    return status;
  std::shared_ptr<StreamResident> made(new StreamResident(device));
  Entered entered(*device);
  if (entered.status().failed())
    return entered.status();
  if (Status status = made->loadKernels(*program, code); status.failed())
    return status;
  if (Status status = made->loadWeights(*program); status.failed())
    return status;
  place = made;
  resident = std::move(made);
  return {};
}

StreamResident::~StreamResident() {
  Entered entered(*device);
  if (entered.status().failed())
    return;
  for (void *module : modules)
    if (module)
      device->unloadCode(module);
  if (weights)
    device->release(StreamDevice::Space::device, weights);
}

/// All weights in one piece.
Status StreamResident::loadWeights(const Program &program) {
  constexpr uint64_t alignment = 256;
  const auto *list = program.tables().constants();
  uint32_t count = list ? list->size() : 0;
  std::vector<uint64_t> offsets(count);
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    offsets[i] = bytes;
    bytes += (list->Get(i)->bytes() + alignment - 1) / alignment * alignment;
  }
  if (count == 0)
    return {};
  Status status = device->allocate(StreamDevice::Space::device, bytes + simtReadBeyond, "weights", weights);
  if (status.code == TREADLE_OUT_OF_MEMORY)
    status = error(status.code, status.message, "; or ", fewerWeights);
  weightBytes = bytes;
  void *stream = nullptr;
  if (!status.failed())
    status = device->createStream(stream);
  for (uint32_t i = 0; i < count && !status.failed(); ++i) {
    constants.push_back(static_cast<char *>(weights) + offsets[i]);
    if (list->Get(i)->bytes())
      status = device->copy(stream, constants[i], program.constant(i), list->Get(i)->bytes(),
                            StreamDevice::Direction::toDevice);
  }
  if (stream) {
    Status last = device->wait(stream);
    if (!status.failed())
      status = std::move(last);
    device->destroyStream(stream);
  }
  return status;
}

// ---- kernels ---------------------------------------------------------------------------------

/// Each kernel has code of its own, or all have that of the whole executable.
Status StreamResident::loadKernels(const Program &program, const format::Executable &code) {
  uint32_t count = code.entries() ? code.entries()->size() : 0;
  kernels.assign(count, nullptr);
  atOnce.assign(count, INT32_MAX);
  if (count == 0) // a program that only copies
    return {};
  bool isOwn = code.entries()->Get(0)->bytes();
  modules.assign(isOwn ? count : 1, nullptr);
  if (!isOwn) {
    if (Status status = device->loadCode(program.data() + code.offset(), program.name(), modules[0]); status.failed())
      return status;
    for (uint32_t i = 0; i < count; ++i)
      if (Status status = loadKernel(program, code, i); status.failed())
        return status;
    return {};
  }
  struct Work {
    StreamResident &resident;
    const Program &program;
    const format::Executable &code;
    std::vector<Status> statuses;
  };
  Work work{*this, program, code, std::vector<Status>(count)};
  // Drivers compile each, which takes milliseconds.
  ThreadPool pool(std::max(1u, std::min(count, std::thread::hardware_concurrency())));
  pool.run(
      count,
      [](void *context, int64_t begin, int64_t end, int32_t) {
        auto *work = static_cast<Work *>(context);
        Entered entered(*work->resident.device);
        for (int64_t i = begin; i < end; ++i)
          work->statuses[i] = entered.status().failed()
                                  ? entered.status()
                                  : work->resident.loadKernel(work->program, work->code, static_cast<uint32_t>(i));
      },
      &work);
  for (Status &status : work.statuses)
    if (status.failed())
      return std::move(status);
  return {};
}

Status StreamResident::loadKernel(const Program &program, const format::Executable &code, uint32_t number) {
  const format::Entry &entry = *code.entries()->Get(number);
  void *module = modules[0];
  if (entry.bytes()) {
    const char *image = program.data() + code.offset() + entry.offset();
    if (image[entry.bytes() - 1] != '\0')
      return error(TREADLE_DAMAGED, program.name(), ": damaged: the code of ", entry.symbol()->str(), " has no end");
    const char *native = program.data() + code.offset() + entry.native_offset();
    if (!entry.native_bytes() || !device->loadNativeCode(native, modules[number]))
      if (Status status = device->loadCode(image, entry.symbol()->string_view(), modules[number]); status.failed())
        return status;
    module = modules[number];
  }
  Status status = device->findKernel(module, entry.symbol()->c_str(), entry.shared(), kernels[number]);
  if (!status.failed() && entry.persistent()) {
    Occupancy most = device->occupancy(kernels[number], entry.threads(), entry.shared());
    if (most.multiprocessors > 0 && most.workgroupsOfEach > 0)
      atOnce[number] = static_cast<uint32_t>(most.multiprocessors) * most.workgroupsOfEach;
  }
  return status;
}

} // namespace treadle
