//===- failures.cpp - what a Vulkan device may do to a session ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The device's functions are replaced by some that fail: those that the driver has where it has them, those that the
// allocator asks for when it does.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"
#include "targets/vulkan/run/PipelineCache.h"
#include "targets/vulkan/run/Resident.h"
#include "targets/vulkan/run/VulkanDriver.h"
#include "test/targets/vulkan/run/VulkanTest.h"

using namespace treadle;
using namespace treadle::test;
using testing::EndsWith;
using testing::HasSubstr;

namespace {

// ---- memory ----------------------------------------------------------------------------------

struct {
  PFN_vkGetDeviceProcAddr functions; // the driver's, as are the others
  PFN_vkAllocateMemory allocate;
  PFN_vkMapMemory map;
  bool isEmpty, cannotBeMapped;
} memory;

VkResult allocate(VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *callbacks,
                  VkDeviceMemory *made) {
  return memory.isEmpty ? VK_ERROR_OUT_OF_DEVICE_MEMORY : memory.allocate(device, info, callbacks, made);
}
VkResult map(VkDevice device, VkDeviceMemory piece, VkDeviceSize offset, VkDeviceSize bytes, VkMemoryMapFlags flags,
             void **data) {
  return memory.cannotBeMapped ? VK_ERROR_MEMORY_MAP_FAILED : memory.map(device, piece, offset, bytes, flags, data);
}
PFN_vkVoidFunction functionOf(VkDevice device, const char *name) {
  PFN_vkVoidFunction function = memory.functions(device, name);
  if (std::string_view(name) == "vkAllocateMemory") {
    memory.allocate = reinterpret_cast<PFN_vkAllocateMemory>(function);
    return reinterpret_cast<PFN_vkVoidFunction>(allocate);
  }
  if (std::string_view(name) == "vkMapMemory") {
    memory.map = reinterpret_cast<PFN_vkMapMemory>(function);
    return reinterpret_cast<PFN_vkVoidFunction>(map);
  }
  return function;
}

// ---- sessions --------------------------------------------------------------------------------

class VulkanFailures : public VulkanTest {
protected:
  void SetUp() override {
    VulkanTest::SetUp();
    if (IsSkipped())
      return;
    EXPECT_EQ(Program::open(file.data(), file.size(), "f", true, nullptr, opened).message, "");
  }
  std::unique_ptr<Session> session() {
    std::unique_ptr<Driver> driver;
    EXPECT_EQ(vulkan::createDriver({}, /*staged=*/false, driver).message, "");
    EXPECT_EQ(driver->load(opened, *opened->tables().executables()->Get(0)).message, "");
    return std::make_unique<Session>(opened, std::move(driver), nullptr, 0);
  }
  /// Of a device whose memory goes by `memory`.
  std::unique_ptr<Session> tightSession(bool staged) {
    std::unique_ptr<Driver> driver;
    EXPECT_EQ(load(staged, /*isEmpty=*/false, driver).message, "");
    return std::make_unique<Session>(opened, std::move(driver), nullptr, 0);
  }
  Status load(bool staged, bool isEmpty, std::unique_ptr<Driver> &driver) {
    memory = {};
    memory.isEmpty = isEmpty;
    DriverOptions options;
    options.shared = &opened->shared();
    EXPECT_EQ(vulkan::createDriver(options, staged, driver).message, "");
    auto instance = std::static_pointer_cast<vulkan::Instance>(opened->shared().parts["vulkan"].lock());
    memory.functions = instance->GetDeviceProcAddr;
    instance->GetDeviceProcAddr = functionOf;
    Status status = driver->load(opened, *opened->tables().executables()->Get(0));
    instance->GetDeviceProcAddr = memory.functions;
    return status;
  }
  /// That of the sessions.
  vulkan::Device &device() {
    for (auto &[name, part] : opened->shared().parts)
      if (std::shared_ptr<void> held = part.lock())
        return *std::static_pointer_cast<vulkan::Resident>(held)->device;
    throw std::logic_error("no session");
  }
  static Status run(Session &session, int64_t count) {
    Rows rows(count);
    Status status;
    std::string wrong = rows.check([&](treadle_tensor *outputs) {
      status = session.run(rows.inputs.data(), 2, outputs, 3);
      return status.message;
    });
    EXPECT_EQ(wrong, status.message);
    return status;
  }

  AlignedBytes file{program().write()};
  std::shared_ptr<const Program> opened;
};

VkResult submitLost(VkQueue, uint32_t, const VkSubmitInfo2 *, VkFence) { return VK_ERROR_DEVICE_LOST; }
VkResult waitLost(VkDevice, const VkSemaphoreWaitInfo *, uint64_t) { return VK_ERROR_DEVICE_LOST; }
VkResult allocateNoCommands(VkDevice, const VkCommandBufferAllocateInfo *, VkCommandBuffer *) {
  return VK_ERROR_OUT_OF_HOST_MEMORY;
}

TEST_F(VulkanFailures, LostWhenSubmitting) {
  std::unique_ptr<Session> lost = session(), other = session();
  EXPECT_EQ(run(*lost, 5).message, "");
  device().QueueSubmit2 = submitLost;
  Status status = run(*lost, 5);
  EXPECT_EQ(status.code, TREADLE_DEVICE);
  EXPECT_THAT(status.message,
              EndsWith("the device was lost: its driver has reset it or it is gone; make a new session"));
  // It stays lost, for all sessions that have it; a new one has it anew.
  EXPECT_EQ(run(*lost, 6).message, status.message);
  EXPECT_EQ(run(*lost, 60000).message, status.message);
  EXPECT_EQ(run(*other, 5).message, status.message);
  EXPECT_EQ(run(*session(), 5).message, "");
}

TEST_F(VulkanFailures, LostWhenWaiting) {
  std::unique_ptr<Session> lost = session();
  auto *wait = device().WaitSemaphores;
  device().WaitSemaphores = waitLost;
  EXPECT_THAT(run(*lost, 5).message, HasSubstr("the device was lost"));
  device().WaitSemaphores = wait;
  EXPECT_THAT(run(*lost, 5).message, HasSubstr("the device was lost"));
  EXPECT_EQ(run(*session(), 5).message, "");
}

TEST_F(VulkanFailures, APartThatIsNotSubmitted) {
  TestProgram description = program();
  description.exprs.push_back({format::ExprOp::constant, 0, 0, INT64_C(1) << 40});
  for (TestProgram::Step &step : description.steps)
    step.flops = 6; // each dispatch is a part, what follows them another
  AlignedBytes long_(description.write());
  EXPECT_EQ(Program::open(long_.data(), long_.size(), "f", true, nullptr, opened).message, "");
  std::unique_ptr<Session> parts = session();
  static PFN_vkQueueSubmit2 submit;
  static int left;
  submit = device().QueueSubmit2;
  for (left = 0; left <= 3; ++left) { // of three
    device().QueueSubmit2 = [](VkQueue queue, uint32_t count, const VkSubmitInfo2 *infos, VkFence fence) {
      return left-- > 0 ? submit(queue, count, infos, fence) : VK_ERROR_OUT_OF_HOST_MEMORY;
    };
    int before = left;
    Status status = run(*parts, 1000 * (before + 1));
    EXPECT_EQ(status.message.empty(), before == 3) << status.message;
    left = before;
    device().QueueSubmit2 = submit;
    EXPECT_EQ(run(*parts, 50000).message, ""); // what was submitted has ended: its memory may go
  }
}

TEST_F(VulkanFailures, NoMemory) {
  for (bool staged : {false, true}) {
    std::unique_ptr<Session> tight = tightSession(staged);
    EXPECT_EQ(run(*tight, 5).message, "");
    memory.isEmpty = true;
    Status status = run(*tight, 50000);
    EXPECT_EQ(status.code, TREADLE_OUT_OF_MEMORY);
    EXPECT_THAT(status.message, HasSubstr(" bytes for intermediate values: the device has no more memory"));
    memory.isEmpty = false;
    EXPECT_EQ(run(*tight, 50000).message, "");
  }
}

TEST_F(VulkanFailures, NoMemoryForWeights) {
  std::unique_ptr<Driver> driver;
  Status status = load(/*staged=*/false, /*isEmpty=*/true, driver);
  EXPECT_EQ(status.code, TREADLE_OUT_OF_MEMORY);
  EXPECT_THAT(status.message,
              EndsWith("for weights: the device has no more memory; close what else uses it, or run the "
                       "model on a device with more, compile a scene with --tables i8, or take a model "
                       "of fewer weights: of a scene a smaller log2_hashmap_size"));
}

TEST_F(VulkanFailures, MemoryThatCannotBeMapped) {
  std::unique_ptr<Session> tight = tightSession(/*staged=*/false);
  memory.cannotBeMapped = true;
  EXPECT_EQ(run(*tight, 50000).code, TREADLE_OUT_OF_MEMORY);
  memory.cannotBeMapped = false;
  EXPECT_EQ(run(*tight, 50000).message, "");
}

TEST_F(VulkanFailures, NoMemoryForCommands) {
  std::unique_ptr<Session> tight = session();
  auto *allocate = device().AllocateCommandBuffers;
  device().AllocateCommandBuffers = allocateNoCommands;
  EXPECT_THAT(run(*tight, 5).message, EndsWith("preparing a run: no more memory"));
  device().AllocateCommandBuffers = allocate;
  EXPECT_EQ(run(*tight, 5).message, "");
}

// ---- kernels on disk -------------------------------------------------------------------------

constexpr size_t keptBytes = 1000;
size_t givenBytes = 0; // to the last cache that was made

VkResult keepSome(VkDevice, VkPipelineCache, size_t *size, void *data) {
  if (data)
    std::memset(data, 'k', *size);
  *size = keptBytes;
  return VK_SUCCESS;
}
VkResult takeAny(VkDevice, const VkPipelineCacheCreateInfo *info, const VkAllocationCallbacks *,
                 VkPipelineCache *made) {
  givenBytes = info->initialDataSize;
  *made = reinterpret_cast<VkPipelineCache>(1);
  return VK_SUCCESS;
}
void dropAny(VkDevice, VkPipelineCache, const VkAllocationCallbacks *) {}

TEST_F(VulkanFailures, PipelinesAreKept) {
  std::unique_ptr<Session> holder = session();
  vulkan::Device &on = device();
  on.GetPipelineCacheData = keepSome;
  on.CreatePipelineCache = takeAny;
  on.DestroyPipelineCache = dropAny;
  TemporaryFolder place;
  std::string folder = place.path("a/b");
  auto givenTo = [&](const std::string &where, uint64_t hash) {
    vulkan::PipelineCache cache(on, where, hash);
    cache.save();
    return givenBytes;
  };
  EXPECT_EQ(givenTo(folder, 1), 0u);
  EXPECT_EQ(givenTo(folder, 1), keptBytes);
  EXPECT_EQ(givenTo(folder, 2), 0u); // another program's

  // What is damaged is made anew, what cannot be written is not there.
  std::vector<std::filesystem::path> files;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path());
  ASSERT_EQ(files.size(), 2u);
  for (const std::filesystem::path &file : files) {
    EXPECT_EQ(file.extension(), ".pipelines");
    std::filesystem::resize_file(file, keptBytes / 2);
  }
  EXPECT_EQ(givenTo(folder, 1), 0u);
  EXPECT_EQ(givenTo(folder, 1), keptBytes);
  for (const std::filesystem::path &file : files)
    std::ofstream(file) << "short";
  EXPECT_EQ(givenTo(folder, 1), 0u);
  EXPECT_EQ(givenTo("/dev/null/x", 1), 0u);
  EXPECT_EQ(givenTo("/dev/null/x", 1), 0u);
  EXPECT_EQ(givenTo("", 1), 0u);
}

} // namespace
