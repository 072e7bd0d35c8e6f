//===- app.cpp - sessions on a Vulkan device of the app's -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Handles.h"
#include "targets/vulkan/run/Resident.h"
#include "targets/vulkan/run/VulkanDriver.h"
#include "test/targets/vulkan/run/AppDevice.h"
#include "test/targets/vulkan/run/VulkanTest.h"

using namespace treadle;
using namespace treadle::test;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

/// A program, and sessions of it on the app's device.
class VulkanApp : public VulkanTest {
protected:
  void SetUp() override {
    VulkanTest::SetUp();
    if (IsSkipped())
      return;
    app = std::make_unique<AppDevice>();
    open(program());
  }
  void TearDown() override {
    for (treadle_session *session : sessions)
      treadle_session_close(session);
    treadle_program_close(opened);
    app = nullptr; // what is left there the validation layer reports now
    VulkanTest::TearDown();
  }
  void open(const TestProgram &description) {
    treadle_program_close(opened);
    file = std::make_unique<AlignedBytes>(description.write());
    EXPECT_EQ(messageOf(treadle_program_open_memory(file->data(), file->size(), nullptr, &opened)), "");
  }
  treadle_session *session() { return sessionOn(app->described()); }
  treadle_session *sessionOn(const treadle_vulkan_device &device) {
    treadle_session *made = nullptr;
    EXPECT_EQ(messageOf(treadle_vulkan_session_create(opened, &device, nullptr, &made)), "");
    sessions.push_back(made);
    return made;
  }
  std::string creating(const treadle_vulkan_device &device) {
    treadle_session *made = nullptr;
    std::string message = messageOf(treadle_vulkan_session_create(opened, &device, nullptr, &made));
    EXPECT_EQ(made, nullptr);
    treadle_session_close(made);
    return message;
  }
  static std::string bindOutput(treadle_session *session, int32_t index, const treadle_vulkan_buffer &buffer) {
    return messageOf(treadle_vulkan_bind_output(session, index, &buffer));
  }
  static std::string bindInput(treadle_session *session, int32_t index, const treadle_vulkan_buffer &buffer) {
    return messageOf(treadle_vulkan_bind_input(session, index, &buffer));
  }
  static std::string submit(treadle_session *session, Rows &rows, const VkSemaphoreSubmitInfo *wait,
                            const VkSemaphoreSubmitInfo *done) {
    return messageOf(treadle_vulkan_submit(session, rows.inputs.data(), 2, wait, done));
  }
  static bool holds(const AppDevice::Buffer &buffer, uint64_t offset, const std::vector<float> &values) {
    return std::memcmp(buffer.data + offset, values.data(), values.size() * sizeof(float)) == 0;
  }

  std::unique_ptr<AppDevice> app;
  std::unique_ptr<AlignedBytes> file;
  treadle_program *opened = nullptr;
  std::vector<treadle_session *> sessions;
};

TEST_F(VulkanApp, RunsAsOnADeviceOfItsOwn) {
  treadle_session *one = session();
  for (int64_t count : {3, 100, 0, 7, 50000, 5, 5})
    EXPECT_EQ(Rows(count).run(one), "") << count;
}

// ---- bound tensors -----------------------------------------------------------------------------

/// With and without memory that host and device share.
class Bound : public VulkanApp, public testing::WithParamInterface<bool> {
protected:
  std::unique_ptr<Session> session() {
    EXPECT_EQ(Program::open(file->data(), file->size(), "f", true, nullptr, checked).message, "");
    std::unique_ptr<Driver> driver;
    std::string description;
    EXPECT_EQ(vulkan::createDriver({}, app->described(), GetParam(), driver, description).message, "");
    EXPECT_EQ(driver->load(checked, *checked->tables().executables()->Get(0)).message, "");
    return std::make_unique<Session>(checked, std::move(driver), nullptr, 0);
  }
  static AppBuffer from(const AppDevice::Buffer &buffer, uint64_t offset) {
    return {reinterpret_cast<uint64_t>(buffer.handle), buffer.bytes, offset, TREADLE_VULKAN_BUFFER_USAGE};
  }
  std::shared_ptr<const Program> checked;
};
INSTANTIATE_TEST_SUITE_P(VulkanApp, Bound, testing::Bool());

TEST_P(Bound, EqualsWhatIsCopied) {
  std::unique_ptr<Session> bound = session();
  for (uint64_t offset : {0, 16, 64, 112, 4096})
    for (int64_t count : {1, 5, 100}) {
      Rows rows(count);
      const uint64_t bytes = 16 * count;
      std::vector<AppDevice::Buffer *> buffers;
      for (uint64_t size : {bytes, static_cast<uint64_t>(count), bytes, bytes, bytes})
        buffers.push_back(&app->buffer(offset + size + simtReadBeyond));
      for (int i = 0; i < 3; ++i) { // dispatch, fill, copy
        AppBuffer to = from(*buffers[i], offset);
        EXPECT_EQ(bound->bindOutput(i, &to).message, "");
      }
      for (int i = 0; i < 2; ++i) {
        std::memcpy(buffers[3 + i]->data + offset, rows.inputs[i].data, bytes);
        rows.inputs[i].data = nullptr;
        AppBuffer in = from(*buffers[3 + i], offset);
        EXPECT_EQ(bound->bindInput(i, &in).message, "");
      }
      treadle_tensor outputs[3] = {};
      EXPECT_EQ(bound->run(rows.inputs.data(), 2, outputs, 3).message, "");
      EXPECT_TRUE(holds(*buffers[0], offset, rows.sum) && holds(*buffers[2], offset, rows.copy)) << offset;
      EXPECT_EQ(std::string(buffers[1]->data + offset, count), std::string(count, '\1'));
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(outputs[i].data, nullptr);
        EXPECT_EQ(outputs[i].dims[0], count);
        const AppDevice::Buffer &buffer = *buffers[i];
        EXPECT_EQ(std::string(buffer.data, offset), std::string(offset, '.')); // nothing before, nothing behind
        EXPECT_EQ(std::string(buffer.data + buffer.bytes - simtReadBeyond, simtReadBeyond), "........");
      }
    }
}

TEST_P(Bound, SomeOfThemAndNoMore) {
  std::unique_ptr<Session> bound = session();
  AppDevice::Buffer &buffer = app->buffer(1000);
  AppBuffer to = from(buffer, 32);
  Rows rows(5);
  auto run = [&](treadle_tensor *outputs) { return bound->run(rows.inputs.data(), 2, outputs, 3).message; };
  EXPECT_EQ(rows.check(run), "");
  EXPECT_EQ(bound->bindOutput(0, &to).message, "");
  treadle_tensor outputs[3] = {};
  EXPECT_EQ(run(outputs), "");
  EXPECT_TRUE(holds(buffer, 32, rows.sum));
  EXPECT_EQ(std::memcmp(outputs[2].data, rows.copy.data(), 80), 0);
  EXPECT_EQ(bound->bindOutput(0, nullptr).message, "");
  std::memset(buffer.data, '.', 1000);
  EXPECT_EQ(rows.check(run), "");
  EXPECT_EQ(std::string(buffer.data, 1000), std::string(1000, '.'));
}

TEST_P(Bound, Observed) {
  std::unique_ptr<Session> bound = session();
  AppBuffer to = from(app->buffer(1000), 32);
  EXPECT_EQ(bound->bindOutput(0, &to).message, "");
  std::vector<std::vector<float>> seen;
  bound->setObserver(
      [](void *user, int32_t, const char *, const treadle_tensor *value, const int32_t *) {
        const float *data = static_cast<const float *>(value->data);
        static_cast<std::vector<std::vector<float>> *>(user)->emplace_back(data, data + 20);
        return 0;
      },
      &seen);
  Rows rows(5);
  treadle_tensor outputs[3] = {};
  EXPECT_EQ(bound->run(rows.inputs.data(), 2, outputs, 3).message, "");
  EXPECT_THAT(seen, testing::ElementsAre(rows.copy, rows.sum));
}

// ---- runs that nobody waits for ----------------------------------------------------------------

/// How the app orders its commands and the runs.
enum class Order { timeline, binary, barriers };
class Ordered : public VulkanApp, public testing::WithParamInterface<Order> {};
INSTANTIATE_TEST_SUITE_P(VulkanApp, Ordered, testing::Values(Order::timeline, Order::binary, Order::barriers));

TEST_P(Ordered, WritesRunsAndReadsInOneQueue) {
  constexpr int rounds = 6;
  constexpr int64_t count = 200;
  treadle_session *one = session();
  Rows rows(count);
  for (treadle_tensor &input : rows.inputs)
    input.data = nullptr;
  AppDevice::Buffer &x = app->buffer(8192), &y = app->buffer(8192), &sum = app->buffer(8192);
  std::memcpy(y.data + 48, rows.y.data(), count * 16);
  EXPECT_EQ(bindInput(one, 0, x.from(16)), "");
  EXPECT_EQ(bindInput(one, 1, y.from(48)), "");
  EXPECT_EQ(bindOutput(one, 0, sum.from(64)), "");
  AppDevice::Buffer &all = app->buffer(rounds * count * 16);
  bool isTimeline = GetParam() == Order::timeline, isBinary = GetParam() == Order::binary;
  VkSemaphore line = app->semaphore(), written = app->semaphore(VK_SEMAPHORE_TYPE_BINARY),
              computed = app->semaphore(VK_SEMAPHORE_TYPE_BINARY);
  for (uint64_t round = 0; round < rounds; ++round) {
    uint64_t value = 3 * round;
    VkSemaphoreSubmitInfo infos[] = {AppDevice::at(line, value), AppDevice::at(isTimeline ? line : written, value + 1),
                                     AppDevice::at(isTimeline ? line : computed, value + 2),
                                     AppDevice::at(line, value + 3)};
    bool isOrdered = isTimeline || isBinary;
    float number = 1.5f * static_cast<float>(round);
    uint32_t word;
    std::memcpy(&word, &number, 4);
    app->submit(
        [&](VkCommandBuffer commands) {
          app->barrier(commands);
          app->CmdFillBuffer(commands, x.handle, 16, count * 16, word);
        },
        isTimeline ? &infos[0] : nullptr, isOrdered ? &infos[1] : nullptr);
    EXPECT_EQ(submit(one, rows, isOrdered ? &infos[1] : nullptr, isOrdered ? &infos[2] : nullptr), "");
    app->submit(
        [&](VkCommandBuffer commands) {
          app->barrier(commands);
          VkBufferCopy region = {64, round * count * 16, count * 16};
          app->CmdCopyBuffer(commands, sum.handle, all.handle, 1, &region);
        },
        isOrdered ? &infos[2] : nullptr, &infos[3]);
  }
  app->wait(line, 3 * rounds);
  for (int round = 0; round < rounds; ++round) {
    std::vector<float> expected(count * 4);
    for (size_t i = 0; i < expected.size(); ++i)
      expected[i] = 1.5f * static_cast<float>(round) + static_cast<float>(1 + i % 4) + rows.y[i];
    EXPECT_TRUE(holds(all, round * count * 16, expected)) << round;
  }
}

TEST_F(VulkanApp, InputsOfTheHostAreCopiedAtOnce) {
  treadle_session *one = session();
  AppDevice::Buffer &sum = app->buffer(1000);
  EXPECT_EQ(bindOutput(one, 0, sum.from(0)), "");
  Rows rows(5), wanted(5);
  VkSemaphore line = app->semaphore();
  VkSemaphoreSubmitInfo go = AppDevice::at(line, 1), done = AppDevice::at(line, 2);
  EXPECT_EQ(submit(one, rows, &go, &done), ""); // does not wait for what has not begun
  std::fill(rows.x.begin(), rows.x.end(), -1.f);
  EXPECT_EQ(std::string(sum.data, 1000), std::string(1000, '.'));
  app->submit([](VkCommandBuffer) {}, nullptr, nullptr); // behind it in the queue
  auto signal = reinterpret_cast<PFN_vkSignalSemaphore>(app->get(app->instance, "vkSignalSemaphore"));
  auto info = vulkan::structure<VkSemaphoreSignalInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO);
  info.semaphore = line;
  info.value = 1;
  AppDevice::must(signal(app->device, &info));
  app->wait(line, 2);
  EXPECT_TRUE(holds(sum, 0, wanted.sum));
}

TEST_F(VulkanApp, TwoSessionsInTurn) {
  treadle_session *turns[] = {session(), session()};
  AppDevice::Buffer *buffers[] = {&app->buffer(2000), &app->buffer(2000)};
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(bindOutput(turns[i], 0, buffers[i]->from(16 * i)), "");
  VkSemaphore lines[] = {app->semaphore(), app->semaphore()};
  for (uint64_t frame = 0; frame < 20; ++frame) {
    int64_t count = 1 + static_cast<int64_t>(frame) * 5;
    Rows rows(count);
    VkSemaphoreSubmitInfo done = AppDevice::at(lines[frame % 2], frame + 1);
    EXPECT_EQ(submit(turns[frame % 2], rows, nullptr, &done), "");
    if (frame) { // while that is drawn the one before is looked at
      app->wait(lines[(frame - 1) % 2], frame);
      EXPECT_TRUE(holds(*buffers[(frame - 1) % 2], 16 * ((frame - 1) % 2), Rows(count - 5).sum)) << frame;
    }
  }
}

TEST_F(VulkanApp, SessionsOfADeviceShareWhatTheyCan) {
  auto residents = [&] {
    const auto &parts = opened->program->shared().parts;
    return std::count_if(parts.begin(), parts.end(),
                         [](const auto &part) { return part.first.find("vulkan:app") == 0 && !part.second.expired(); });
  };
  EXPECT_EQ(Rows(5).run(session()), "");
  EXPECT_EQ(Rows(5).run(session()), "");
  EXPECT_EQ(residents(), 1);
  treadle_session *own = nullptr;
  treadle_session_options on = options();
  EXPECT_EQ(messageOf(treadle_session_create(opened, &on, &own)), "");
  EXPECT_EQ(Rows(5).run(own), "");
  sessions.push_back(own);
}

TEST_F(VulkanApp, ALongProgramGoesInParts) {
  TestProgram description = program();
  description.exprs.push_back({format::ExprOp::constant, 0, 0, INT64_C(1) << 40});
  for (TestProgram::Step &step : description.steps)
    step.flops = description.exprs.size() - 1;
  open(description);
  treadle_session *one = session();
  AppDevice::Buffer &sum = app->buffer(10000);
  EXPECT_EQ(bindOutput(one, 0, sum.from(0)), "");
  VkSemaphore line = app->semaphore();
  for (uint64_t round = 1; round < 6; ++round) {
    Rows rows(100 * static_cast<int64_t>(round));
    VkSemaphoreSubmitInfo before = AppDevice::at(line, round - 1), done = AppDevice::at(line, round);
    EXPECT_EQ(submit(one, rows, &before, &done), "");
    if (round % 2)
      app->wait(line, round); // else the next one waits
    if (round % 2)
      EXPECT_TRUE(holds(sum, 0, rows.sum)) << round;
  }
}

TEST_F(VulkanApp, WhatComesAfterWaits) {
  treadle_session *one = session();
  AppDevice::Buffer &sum = app->buffer(1000), &other = app->buffer(100000);
  EXPECT_EQ(bindOutput(one, 0, sum.from(0)), "");
  Rows rows(5), many(5000);
  EXPECT_EQ(submit(one, rows, nullptr, nullptr), "");
  EXPECT_EQ(bindOutput(one, 0, other.from(0)), "");
  EXPECT_TRUE(holds(sum, 0, rows.sum));
  EXPECT_EQ(submit(one, rows, nullptr, nullptr), "");
  EXPECT_EQ(messageOf(treadle_session_prepare(one, many.inputs.data(), 2)), "");
  EXPECT_TRUE(holds(other, 0, rows.sum));
  EXPECT_EQ(submit(one, many, nullptr, nullptr), "");
  EXPECT_EQ(messageOf(treadle_vulkan_bind_output(one, 0, nullptr)), "");
  EXPECT_EQ(rows.run(one), "");
  EXPECT_EQ(submit(one, many, nullptr, nullptr), ""); // and it is closed
}

TEST_F(VulkanApp, TheQueueIsLocked) {
  struct Lock {
    int depth = 0, uses = 0;
  } lock;
  treadle_vulkan_device device = app->described();
  device.user = &lock;
  device.lock = [](void *user) {
    EXPECT_EQ(static_cast<Lock *>(user)->depth++, 0);
    ++static_cast<Lock *>(user)->uses;
  };
  device.unlock = [](void *user) { EXPECT_EQ(--static_cast<Lock *>(user)->depth, 0); };
  treadle_session *one = sessionOn(device);
  Rows rows(5);
  int before = lock.uses;
  EXPECT_EQ(submit(one, rows, nullptr, nullptr), "");
  EXPECT_EQ(rows.run(one), "");
  EXPECT_EQ(lock.uses, before + 2);
  EXPECT_EQ(lock.depth, 0);
}

// ---- what is refused ---------------------------------------------------------------------------

TEST_F(VulkanApp, DeviceThatIsNotDescribed) {
  EXPECT_THAT(creating({}), EndsWith("features and queue is NULL"));
  treadle_vulkan_device device = app->described();
  device.lock = [](void *) {};
  EXPECT_THAT(creating(device), EndsWith("of lock and unlock one is NULL; give both or none"));
  device = app->described();
  device.queue_family = 99;
  EXPECT_THAT(creating(device), HasSubstr("queue family 99 of "));
  EXPECT_THAT(creating(device), EndsWith("cannot compute; give a queue of one with VK_QUEUE_COMPUTE_BIT"));
  treadle_session *made = nullptr;
  treadle_session_options on = options();
  device = app->described();
  EXPECT_THAT(messageOf(treadle_vulkan_session_create(opened, &device, &on, &made)),
              EndsWith("the options name the device \"vulkan:0\"; here it is the app's: leave it NULL"));
  EXPECT_EQ(codeOf(treadle_vulkan_session_create(nullptr, &device, nullptr, &made)), TREADLE_INVALID_ARGUMENT);
  EXPECT_EQ(codeOf(treadle_vulkan_submit(nullptr, nullptr, 0, nullptr, nullptr)), TREADLE_INVALID_ARGUMENT);
  EXPECT_EQ(codeOf(treadle_vulkan_bind_input(nullptr, 0, nullptr)), TREADLE_INVALID_ARGUMENT);
  EXPECT_EQ(codeOf(treadle_vulkan_bind_output(nullptr, 0, nullptr)), TREADLE_INVALID_ARGUMENT);
}

TEST_F(VulkanApp, DeviceWithoutAFeature) {
  treadle_vulkan_device device = app->described();
  auto without = [&](VkBool32 &feature, const std::string &name) {
    feature = VK_FALSE;
    EXPECT_THAT(creating(device), HasSubstr("cannot be used: it was made without " + name +
                                            "; enable that in VkDeviceCreateInfo, and say so in "
                                            "treadle_vulkan_device.features"));
    feature = VK_TRUE;
  };
  AppDevice::Features &features = app->features;
  without(features.v12.bufferDeviceAddress, "bufferDeviceAddress");
  without(features.v12.vulkanMemoryModel, "vulkanMemoryModel");
  without(features.v12.shaderSubgroupExtendedTypes, "shaderSubgroupExtendedTypes");
  without(features.v12.timelineSemaphore, "timelineSemaphore");
  without(features.v13.synchronization2, "synchronization2");
  VkPhysicalDeviceFeatures2 nothing = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, nullptr, {}};
  device.features = &nothing;
  EXPECT_THAT(creating(device), HasSubstr("without bufferDeviceAddress, vulkanMemoryModel, shaderSubgroupExtendedTypes,"
                                          " timelineSemaphore, synchronization2; enable"));

  // The structures of the extensions that these were say the same.
  VkPhysicalDeviceBufferDeviceAddressFeatures addresses = {
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES, nullptr, VK_TRUE, VK_FALSE, VK_FALSE};
  VkPhysicalDeviceVulkanMemoryModelFeatures model = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES,
                                                     &addresses, VK_TRUE, VK_FALSE, VK_FALSE};
  VkPhysicalDeviceShaderSubgroupExtendedTypesFeatures types = {
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SUBGROUP_EXTENDED_TYPES_FEATURES, &model, VK_TRUE};
  VkPhysicalDeviceTimelineSemaphoreFeatures timelines = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
                                                         &types, VK_TRUE};
  VkPhysicalDeviceSynchronization2Features synchronization = {
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES, &timelines, VK_TRUE};
  nothing.pNext = &synchronization;
  EXPECT_EQ(Rows(5).run(sessionOn(device)), "");
}

TEST_F(VulkanApp, FeatureThatTheKernelsNeed) {
  TestProgram description = program();
  description.executables[0].features = {"shaderInt16"};
  open(description);
  treadle_vulkan_device device = app->described();
  bool has = app->features.core.features.shaderInt16;
  if (has)
    EXPECT_EQ(Rows(5).run(session()), "");
  app->features.core.features.shaderInt16 = VK_FALSE;
  std::string message = creating(device);
  EXPECT_THAT(message, StartsWith("artifact in memory: has code for vulkan spirv1.6, not for this device ("));
  EXPECT_THAT(message, HasSubstr(has ? "which lacks shaderInt16 (it could have that: enable it in VkDeviceCreateInfo)"
                                     : "which lacks shaderInt16; compile the model for it"));
}

PFN_vkGetInstanceProcAddr realGet;
PFN_vkGetDeviceProcAddr realDeviceGet;
PFN_vkVoidFunction VKAPI_PTR getDeviceFunction(VkDevice device, const char *name) {
  return std::strcmp(name, "vkQueueSubmit2") == 0 ? nullptr : realDeviceGet(device, name);
}
PFN_vkVoidFunction VKAPI_PTR getFunction(VkInstance instance, const char *name) {
  PFN_vkVoidFunction real = realGet(instance, name);
  if (std::strcmp(name, "vkGetDeviceProcAddr") != 0)
    return real;
  realDeviceGet = reinterpret_cast<PFN_vkGetDeviceProcAddr>(real);
  return reinterpret_cast<PFN_vkVoidFunction>(getDeviceFunction);
}

TEST_F(VulkanApp, InstanceThatIsTooOld) {
  treadle_vulkan_device device = app->described();
  realGet = device.get_instance_proc_addr;
  device.get_instance_proc_addr = getFunction;
  EXPECT_EQ(creating(device), "the Vulkan device has no vkQueueSubmit2; make the instance with "
                              "VkApplicationInfo::apiVersion of VK_API_VERSION_1_3, and update the driver");
  device.get_instance_proc_addr = [](VkInstance instance, const char *name) -> PFN_vkVoidFunction {
    return std::strcmp(name, "vkGetPhysicalDeviceFeatures2") == 0 ? nullptr : realGet(instance, name);
  };
  EXPECT_THAT(creating(device), StartsWith("the Vulkan instance has no vkGetPhysicalDeviceFeatures2; make"));
}

TEST_F(VulkanApp, BufferThatIsWrong) {
  treadle_session *one = session();
  AppDevice::Buffer &buffer = app->buffer(256);
  treadle_vulkan_buffer given = buffer.from(0);
  for (auto [usage, name] : {std::pair(VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, "STORAGE_BUFFER"),
                             std::pair(VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT, "SHADER_DEVICE_ADDRESS"),
                             std::pair(VK_BUFFER_USAGE_TRANSFER_SRC_BIT, "TRANSFER_SRC"),
                             std::pair(VK_BUFFER_USAGE_TRANSFER_DST_BIT, "TRANSFER_DST")}) {
    given.usage = TREADLE_VULKAN_BUFFER_USAGE & ~usage;
    EXPECT_EQ(bindOutput(one, 0, given), concat("output \"sum\": the buffer was made without VK_BUFFER_USAGE_", name,
                                                "_BIT; make it with TREADLE_VULKAN_BUFFER_USAGE"));
  }
  EXPECT_EQ(bindInput(one, 1, buffer.from(8)),
            "input \"y\": an offset of 8 bytes was given, it must be a multiple of 16");
  EXPECT_THAT(bindOutput(one, 0, buffer.from(272)), HasSubstr("an offset of 272 bytes were given, the buffer has"));
  given = buffer.from(0);
  given.size = 1 << 20;
  EXPECT_THAT(bindOutput(one, 0, given),
              HasSubstr("a size of 1048576 and an offset of 0 bytes were given, the buffer"));
  given.buffer = VK_NULL_HANDLE;
  EXPECT_THAT(bindOutput(one, 0, given), HasSubstr("the buffer is VK_NULL_HANDLE; give none at all to unbind it"));
  EXPECT_EQ(bindOutput(one, 3, buffer.from(0)), "the program has 3 outputs, there is no number 3");
  EXPECT_EQ(bindInput(one, -1, buffer.from(0)), "the program has 2 inputs, there is no number -1");
  EXPECT_EQ(Rows(5).run(one), ""); // none of that has changed anything
}

TEST_F(VulkanApp, BufferThatIsTooSmall) {
  treadle_session *one = session();
  AppDevice::Buffer &buffer = app->buffer(256);
  EXPECT_EQ(bindOutput(one, 0, buffer.from(96)), "");
  Rows fits(9), rows(10);
  EXPECT_EQ(submit(one, rows, nullptr, nullptr),
            "output \"sum\" takes 160 bytes for these shapes, and 8 behind them are to be there; the buffer that it is "
            "bound to has 160 from the offset on: make it larger");
  EXPECT_THAT(rows.run(one), StartsWith("output \"sum\" takes 160 bytes"));
  EXPECT_THAT(messageOf(treadle_session_prepare(one, rows.inputs.data(), 2)), StartsWith("output \"sum\" takes 160"));
  EXPECT_EQ(submit(one, fits, nullptr, nullptr), "");
  EXPECT_EQ(messageOf(treadle_vulkan_bind_output(one, 0, nullptr)), "");
  EXPECT_TRUE(holds(buffer, 96, fits.sum));
  EXPECT_EQ(bindInput(one, 0, buffer.from(96)), "");
  rows.inputs[0].data = nullptr;
  EXPECT_THAT(submit(one, rows, nullptr, nullptr), StartsWith("input \"x\" takes 160 bytes"));
}

TEST_F(VulkanApp, TensorsThatOverlap) {
  treadle_session *one = session();
  AppDevice::Buffer &buffer = app->buffer(1024);
  Rows rows(5); // of 80 bytes
  EXPECT_EQ(bindOutput(one, 0, buffer.from(0)), "");
  EXPECT_EQ(bindOutput(one, 2, buffer.from(64)), "");
  EXPECT_EQ(submit(one, rows, nullptr, nullptr), "output \"sum\" and output \"copy\" are bound to the same bytes of a "
                                                 "buffer; bind them apart");
  EXPECT_EQ(bindOutput(one, 2, buffer.from(80)), "");
  EXPECT_EQ(submit(one, rows, nullptr, nullptr), "");
  EXPECT_EQ(bindInput(one, 0, buffer.from(144)), "");
  rows.inputs[0].data = nullptr;
  EXPECT_THAT(submit(one, rows, nullptr, nullptr), StartsWith("input \"x\" and output \"copy\" are bound to"));
  EXPECT_EQ(bindInput(one, 0, buffer.from(160)), "");
  EXPECT_EQ(bindInput(one, 1, buffer.from(160)), ""); // both are only read
  rows.inputs[1].data = nullptr;
  EXPECT_EQ(submit(one, rows, nullptr, nullptr), "");
}

TEST_F(VulkanApp, DataBesideABuffer) {
  treadle_session *one = session();
  AppDevice::Buffer &buffer = app->buffer(1024);
  Rows rows(5);
  EXPECT_EQ(bindInput(one, 0, buffer.from(0)), "");
  EXPECT_EQ(submit(one, rows, nullptr, nullptr), "input \"x\" is bound to a buffer and has data; give none, or unbind "
                                                 "it");
  EXPECT_EQ(messageOf(treadle_vulkan_bind_input(one, 0, nullptr)), "");
  EXPECT_EQ(bindOutput(one, 0, buffer.from(0)), "");
  std::vector<float> sum(20);
  treadle_tensor outputs[3] = {{sum.data(), TREADLE_F32, 0, nullptr, 80}, {}, {}};
  EXPECT_EQ(messageOf(treadle_session_run(one, rows.inputs.data(), 2, outputs, 3)),
            "output \"sum\" is bound to a buffer and has data; give none, or unbind it");
}

TEST_F(VulkanApp, SessionOfAnotherDevice) {
  const std::string expected = "buffers and semaphores of the app can only be used on a device of the app; make the "
                               "session by treadle_vulkan_session_create";
  AppDevice::Buffer &buffer = app->buffer(1024);
  TestProgram both;
  both.alternatives = {program()};
  open(both);
  for (const char *name : {"cpu", "vulkan:0"}) {
    treadle_session_options on = {};
    on.device = name;
    treadle_session *own = nullptr;
    EXPECT_EQ(messageOf(treadle_session_create(opened, &on, &own)), "");
    Rows rows(5);
    EXPECT_EQ(bindOutput(own, 0, buffer.from(0)), expected);
    EXPECT_EQ(bindInput(own, 0, buffer.from(0)), expected);
    EXPECT_EQ(submit(own, rows, nullptr, nullptr), expected);
    EXPECT_EQ(rows.run(own), "");
    treadle_session_close(own);
  }
  open(TestProgram());
  EXPECT_EQ(creating(app->described()), "artifact in memory: has code for cpu x86-64-v2, not for vulkan; compile the "
                                        "model with --target vulkan");
}

TEST_F(VulkanApp, WhatNobodyWaitsForIsNotWatched) {
  treadle_session *one = session();
  Rows rows(5);
  treadle_session_profile(one, 1);
  EXPECT_EQ(submit(one, rows, nullptr, nullptr), "a run that nobody waits for is neither observed nor profiled; use "
                                                 "treadle_session_run, or end that first");
  treadle_session_profile(one, 0);
  EXPECT_EQ(submit(one, rows, nullptr, nullptr), "");
}

// ---- failures ------------------------------------------------------------------------------------

VkResult submitLost(VkQueue, uint32_t, const VkSubmitInfo2 *, VkFence) { return VK_ERROR_DEVICE_LOST; }
VkResult waitLost(VkDevice, const VkSemaphoreWaitInfo *, uint64_t) { return VK_ERROR_DEVICE_LOST; }

TEST_P(Bound, LostDevice) {
  std::unique_ptr<Session> lost = session();
  Rows rows(5);
  EXPECT_EQ(lost->submit(rows.inputs.data(), 2, {}, {}).message, "");
  std::shared_ptr<vulkan::Resident> resident;
  for (auto &[name, part] : checked->shared().parts)
    resident = std::static_pointer_cast<vulkan::Resident>(part.lock());
  ASSERT_TRUE(resident);
  vulkan::Device &device = *resident->device;
  auto *wait = device.WaitSemaphores;
  device.WaitSemaphores = waitLost;
  Status status = lost->submit(rows.inputs.data(), 2, {}, {}); // the run before was lost
  EXPECT_EQ(status.code, TREADLE_DEVICE);
  EXPECT_THAT(status.message, HasSubstr("the device was lost"));
  device.WaitSemaphores = wait;
  EXPECT_THAT(lost->submit(rows.inputs.data(), 2, {}, {}).message, HasSubstr("the device was lost"));
  std::unique_ptr<Session> fresh = session();
  EXPECT_EQ(fresh->submit(rows.inputs.data(), 2, {}, {}).message, "");
  for (auto &[name, part] : checked->shared().parts)
    if (auto held = std::static_pointer_cast<vulkan::Resident>(part.lock()); held && !held->device->isLost()) {
      held->device->QueueSubmit2 = submitLost;
      EXPECT_THAT(fresh->submit(rows.inputs.data(), 2, {}, {}).message, HasSubstr("the device was lost"));
    }
}

} // namespace
