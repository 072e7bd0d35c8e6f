//===- App.cpp - the C API of an app's own Vulkan device -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Devices.h"
#include "runtime/Handles.h"
#include "targets/vulkan/run/VulkanDriver.h"

using namespace treadle;

namespace {

AppSemaphore semaphoreOf(const VkSemaphoreSubmitInfo *info) {
  return info ? AppSemaphore{reinterpret_cast<uint64_t>(info->semaphore), info->value} : AppSemaphore();
}

using Bind = Status (Session::*)(int32_t, const AppBuffer *);

treadle_error *bind(treadle_session *session, Bind bind, int32_t index, const treadle_vulkan_buffer *buffer) {
  if (!buffer)
    return toError((session->session.get()->*bind)(index, nullptr));
  AppBuffer described = {reinterpret_cast<uint64_t>(buffer->buffer), buffer->size, buffer->offset, buffer->usage};
  return toError((session->session.get()->*bind)(index, &described));
}

} // namespace

treadle_error *treadle_vulkan_session_create(treadle_program *program, const treadle_vulkan_device *device,
                                             const treadle_session_options *options, treadle_session **session) {
  if (!program || !device || !session)
    return nullArgument("treadle_vulkan_session_create");
  treadle_session_options defaults = {};
  if (!options)
    options = &defaults;
  if (options->device)
    return toError(error(TREADLE_INVALID_ARGUMENT, "treadle_vulkan_session_create: the options name the device \"",
                         options->device, "\"; here it is the app's: leave it NULL"));
  DriverOptions driverOptions;
  std::unique_ptr<Driver> driver;
  std::shared_ptr<const Program> chosen;
  std::string description;
  Status status = readOptions(*options, driverOptions);
  if (!status.failed())
    status = vulkan::createDriver(driverOptions, *device, /*staged=*/false, driver, description);
  if (!status.failed())
    status = loadCode(program->program, "vulkan", [&] { return description; }, *driver, chosen);
  if (status.failed())
    return toError(std::move(status));
  *session = new treadle_session{
      std::make_unique<Session>(std::move(chosen), std::move(driver), options->allocator, options->memory_limit)};
  return nullptr;
}

treadle_error *treadle_vulkan_bind_input(treadle_session *session, int32_t index, const treadle_vulkan_buffer *buffer) {
  return session ? bind(session, &Session::bindInput, index, buffer) : nullArgument("treadle_vulkan_bind_input");
}

treadle_error *treadle_vulkan_bind_output(treadle_session *session, int32_t index,
                                          const treadle_vulkan_buffer *buffer) {
  return session ? bind(session, &Session::bindOutput, index, buffer) : nullArgument("treadle_vulkan_bind_output");
}

treadle_error *treadle_vulkan_submit(treadle_session *session, const treadle_tensor *inputs, int32_t inputCount,
                                     const VkSemaphoreSubmitInfo *wait, const VkSemaphoreSubmitInfo *done) {
  if (!session)
    return nullArgument("treadle_vulkan_submit");
  return toError(session->session->submit(inputs, inputCount, semaphoreOf(wait), semaphoreOf(done)));
}
