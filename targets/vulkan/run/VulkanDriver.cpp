//===- VulkanDriver.cpp - kernels on Vulkan devices ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a kernel is called stands in KernelAbi.h. A run is one submission, or a few of a long program.
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/run/VulkanDriver.h"
#include "runtime/device/Targets.h"
#include "targets/vulkan/KernelAbi.h"
#include "targets/vulkan/run/Commands.h"
#include "targets/vulkan/run/Resident.h"
#include <algorithm>
#include <cstring>

namespace treadle::vulkan {
namespace {

static_assert(sizeof(void *) == sizeof(uint64_t), "device addresses are kept as pointers");

uint64_t toAddress(const void *pointer) { return reinterpret_cast<uintptr_t>(pointer); }

class VulkanDriver : public Driver, public Recorder {
public:
  explicit VulkanDriver(Choice choice) : choice(std::move(choice)) {}

  int suits(const format::Executable &executable, std::string &lacking) const override;
  Status load(const std::shared_ptr<const Program> &program, const format::Executable &executable) override;

  uint64_t largestBuffer() const override { return simtLargestBuffer; }
  uint64_t bytesFor(size_t arenaBytes, size_t scratchBytes) const override { return (arenaBytes + 127) / 64 * 64; }
  Status reserve(size_t arenaBytes, size_t scratchBytes) override;
  Status adopt(const AppBuffer &buffer, const std::string &name, void *&address) override;
  void release(void *address) override;
  void *arena() const override { return reinterpret_cast<void *>(arenaStart()); }
  void *constant(uint32_t index) const override { return reinterpret_cast<void *>(resident->constant(index)); }
  size_t memoryBytes() const override { return arenaBlock.size(); }

  void launch(uint32_t kernel, void *const *slices, const int64_t *scalars, int64_t tasks) override;
  void copy(void *to, const void *from, size_t bytes) override;
  void fill(void *to, size_t bytes, uint32_t pattern, unsigned width) override;

  Recorder *recorder() override { return this; }
  Status begin(bool timed) override;
  void *upload(void *to, size_t bytes) override;
  const void *download(const void *from, size_t bytes) override;
  void announce(int64_t flops, int64_t bytes) override;
  void barrier() override { mustWait = true; }
  Status end() override;
  Status submit(const std::atomic<bool> &cancelled) override;
  Status start(const AppSemaphore &wait, const AppSemaphore &done) override;
  Status finish() override { return commands->finish(); }
  const std::vector<Interval> &times() const override { return intervals; }

  ~VulkanDriver() override;

private:
  /// What has been recorded last. Copies of one kind may run side by side, steps too unless told otherwise.
  enum class Phase { nothing, uploads, steps, downloads };

  Device &device() const { return *resident->device; }
  const PhysicalDevice &physical() const { return choice.physical(); }
  uint64_t arenaStart() const { return (arenaBlock.address() + 63) / 64 * 64; }
  Status lostStatus() const { return device().failed(VK_ERROR_DEVICE_LOST, "running kernels"); }
  bool good() const { return !failure.failed(); }
  void check(Status status) {
    if (good())
      failure = std::move(status);
  }
  void enter(Phase next);
  void emitBarrier(VkPipelineStageFlags2 to, VkAccessFlags2 access, bool afterApp = false);
  void mark();
  void copyBuffer(const Block &from, uint64_t source, const Block &to, uint64_t target, uint64_t bytes);
  /// The block of arena, weights or a buffer of the app's in which the address lies.
  const Block *blockAt(uint64_t address);
  Status makeQueries();
  Status readTimes();

  Choice choice;
  std::shared_ptr<const Program> program;
  std::shared_ptr<Resident> resident;
  Block arenaBlock;
  std::vector<Block> appBlocks; // one a tensor that is bound
  Pieces argumentPieces{Use::arguments}, uploadPieces{Use::upload}, downloadPieces{Use::download};
  std::unique_ptr<Commands> commands;

  // While recording.
  Status failure;
  Phase phase = Phase::nothing;
  bool mustWait = false;
  VkPipeline bound = VK_NULL_HANDLE;
  double work = 0; // of the part that is recorded
  bool timed = false;
  VkQueryPool queries = VK_NULL_HANDLE;
  uint32_t marks = 0; // timestamps, two a step
  std::vector<Interval> intervals;
};

VulkanDriver::~VulkanDriver() {
  commands = nullptr; // waits
  if (queries)
    device().DestroyQueryPool(device().get(), queries, nullptr);
}

// ---- code and memory -------------------------------------------------------------------------

int VulkanDriver::suits(const format::Executable &executable, std::string &lacking) const {
  if (executable.target()->string_view() != "vulkan")
    return 0;
  for (uint32_t i = 0; executable.features() && i < executable.features()->size(); ++i) {
    lacking = executable.features()->Get(i)->str();
    if (!physical().hasFeature(lacking)) {
      const std::vector<std::string> &disabled = physical().disabled;
      if (choice.app && std::find(disabled.begin(), disabled.end(), lacking) != disabled.end())
        lacking += " (it could have that: enable it in VkDeviceCreateInfo)";
      return 0;
    }
  }
  const VkPhysicalDeviceLimits &limits = physical().properties.limits;
  uint32_t most = std::min(limits.maxComputeWorkGroupInvocations, limits.maxComputeWorkGroupSize[0]);
  for (uint32_t i = 0; executable.entries() && i < executable.entries()->size(); ++i)
    if (executable.entries()->Get(i)->threads() > most) {
      lacking = concat("workgroups of ", executable.entries()->Get(i)->threads(), " threads");
      return 0;
    }
  // Any device runs all code; that for its own kind is the fastest, and then that which asks for most of it.
  std::string_view variant = executable.variant()->string_view();
  bool forSoftware = variant.substr(0, 3) == "cpu", hasMatrices = variant.find("-matrix") != variant.npos;
  return (forSoftware == physical().isSoftware() ? 3 : 1) + (hasMatrices ? 1 : 0);
}

Status VulkanDriver::load(const std::shared_ptr<const Program> &loadedProgram, const format::Executable &executable) {
  if (Status status = Resident::get(loadedProgram, executable, choice, resident); status.failed())
    return status;
  program = loadedProgram;
  loaded = &executable;
  commands = std::make_unique<Commands>(resident->device);
  return {};
}

Status VulkanDriver::reserve(size_t arenaBytes, size_t scratchBytes) {
  if (scratchBytes)
    return error(TREADLE_DAMAGED, program->name(), ": damaged: kernels of Vulkan devices have no private memory");
  if (device().isLost())
    return lostStatus();
  size_t wanted = arenaBytes + 63 + simtReadBeyond; // so that it can start at a multiple of 64
  if (arenaBlock.size() >= wanted && arenaBlock.size() / 2 <= wanted)
    return {};
  return arenaBlock.allocate(resident->device, wanted, Use::kernels, "intermediate values");
}

Status VulkanDriver::adopt(const AppBuffer &buffer, const std::string &name, void *&address) {
  if (!device().isApp())
    return noDeviceOfTheApp();
  constexpr std::pair<VkBufferUsageFlags, const char *> usages[] = {
      {VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, "STORAGE_BUFFER"},
      {VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT, "SHADER_DEVICE_ADDRESS"},
      {VK_BUFFER_USAGE_TRANSFER_SRC_BIT, "TRANSFER_SRC"},
      {VK_BUFFER_USAGE_TRANSFER_DST_BIT, "TRANSFER_DST"},
  };
  auto handle = reinterpret_cast<VkBuffer>(buffer.handle);
  if (!handle)
    return error(TREADLE_INVALID_ARGUMENT, name, ": the buffer is VK_NULL_HANDLE; give none at all to unbind it");
  for (auto [usage, word] : usages)
    if (!(buffer.usage & usage))
      return error(TREADLE_INVALID_ARGUMENT, name, ": the buffer was made without VK_BUFFER_USAGE_", word,
                   "_BIT; make it with TREADLE_VULKAN_BUFFER_USAGE");
  VkMemoryRequirements requirements;
  device().GetBufferMemoryRequirements(device().get(), handle, &requirements);
  if (buffer.bytes > requirements.size || buffer.offset > buffer.bytes)
    return error(TREADLE_INVALID_ARGUMENT, name, ": a size of ", buffer.bytes, " and an offset of ", buffer.offset,
                 " bytes were given, the buffer has ", requirements.size);
  Block block;
  block.adopt(resident->device, handle, buffer.bytes);
  if ((block.address() + buffer.offset) % simtAlignment)
    return error(TREADLE_INVALID_ARGUMENT, name, ": an offset of ", buffer.offset,
                 " bytes was given, it must be a multiple of ", simtAlignment);
  address = reinterpret_cast<void *>(block.address() + buffer.offset);
  appBlocks.push_back(std::move(block));
  return {};
}

void VulkanDriver::release(void *address) {
  auto isThere = [&](const Block &block) { return block.contains(toAddress(address)); };
  if (auto found = std::find_if(appBlocks.begin(), appBlocks.end(), isThere); found != appBlocks.end())
    appBlocks.erase(found);
}

const Block *VulkanDriver::blockAt(uint64_t address) {
  const Block *block = arenaBlock.contains(address) ? &arenaBlock : resident->weightsAt(address);
  for (size_t i = 0; i < appBlocks.size() && !block; ++i)
    if (appBlocks[i].contains(address))
      block = &appBlocks[i];
  if (!block)
    check(error(TREADLE_DAMAGED, program->name(), ": damaged: a step reaches beyond the device's memory"));
  return block;
}

// ---- recording -------------------------------------------------------------------------------

Status VulkanDriver::begin(bool withTimes) {
  if (device().isLost())
    return lostStatus();
  failure = {};
  argumentPieces.giveBackAll();
  uploadPieces.giveBackAll();
  downloadPieces.giveBackAll();
  intervals.clear();
  marks = 0;
  work = 0;
  bound = VK_NULL_HANDLE;
  phase = Phase::nothing;
  mustWait = false;
  timed = withTimes && physical().timestampBits;
  check(commands->begin());
  if (timed && good())
    check(makeQueries());
  return failure;
}

/// `afterApp`: between what the app has in the queue before and this run.
void VulkanDriver::emitBarrier(VkPipelineStageFlags2 to, VkAccessFlags2 access, bool afterApp) {
  auto memory = structure<VkMemoryBarrier2>(VK_STRUCTURE_TYPE_MEMORY_BARRIER_2);
  memory.srcStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT;
  memory.srcAccessMask = VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT;
  if (afterApp) {
    memory.srcStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
    memory.srcAccessMask = VK_ACCESS_2_MEMORY_WRITE_BIT;
  }
  memory.dstStageMask = to;
  memory.dstAccessMask = access;
  auto info = structure<VkDependencyInfo>(VK_STRUCTURE_TYPE_DEPENDENCY_INFO);
  info.memoryBarrierCount = 1;
  info.pMemoryBarriers = &memory;
  device().CmdPipelineBarrier2(commands->get(), &info);
}

/// The barrier before a command that needs one.
void VulkanDriver::enter(Phase next) {
  if (phase != next || mustWait || (timed && next == Phase::steps))
    emitBarrier(VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT,
                VK_ACCESS_2_SHADER_STORAGE_READ_BIT | VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT |
                    VK_ACCESS_2_TRANSFER_READ_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT,
                /*afterApp=*/phase == Phase::nothing && device().isApp());
  phase = next;
  mustWait = false;
}

void VulkanDriver::copyBuffer(const Block &from, uint64_t source, const Block &to, uint64_t target, uint64_t bytes) {
  VkBufferCopy region = {source, target, bytes};
  device().CmdCopyBuffer(commands->get(), from.buffer(), to.buffer(), 1, &region);
}

void *VulkanDriver::upload(void *to, size_t bytes) {
  uint64_t offset = toAddress(to) - arenaBlock.address();
  if (arenaBlock.mapped())
    return arenaBlock.mapped() + offset;
  Pieces::Piece piece;
  check(uploadPieces.take(resident->device, bytes, piece));
  if (!good())
    return nullptr;
  enter(Phase::uploads);
  if (bytes)
    copyBuffer(*piece.block, piece.offset, arenaBlock, offset, bytes);
  return piece.host();
}

const void *VulkanDriver::download(const void *from, size_t bytes) {
  const Block *block = blockAt(toAddress(from));
  if (!block)
    return nullptr;
  uint64_t offset = toAddress(from) - block->address();
  if (block->mapped())
    return block->mapped() + offset;
  Pieces::Piece piece;
  check(downloadPieces.take(resident->device, bytes, piece));
  if (!good())
    return nullptr;
  enter(Phase::downloads);
  if (bytes)
    copyBuffer(*block, offset, *piece.block, piece.offset, bytes);
  return piece.host();
}

void VulkanDriver::announce(int64_t flops, int64_t bytes) {
  // A part is long enough to cost nothing and short enough to be waited for, on the slowest device of its kind.
  const double most = physical().isSoftware() ? 2e8 : 1e11;
  double next = std::max<double>(flops, 8.0 * bytes);
  if (good() && work > 0 && work + next > most) {
    check(commands->split());
    bound = VK_NULL_HANDLE;
    work = 0;
  }
  work += next;
}

void VulkanDriver::launch(uint32_t kernel, void *const *slices, const int64_t *scalars, int64_t tasks) {
  if (tasks > UINT32_MAX)
    check(error(TREADLE_UNSUPPORTED, "these shapes are too large for a Vulkan device: ", tasks, " tasks at once"));
  const format::Kernel &described = *program->tables().kernels()->Get(kernel);
  uint64_t sliceBytes = described.operands() * sizeof(uint64_t), scalarBytes = described.scalars() * sizeof(int64_t);
  Pieces::Piece piece;
  if (good())
    check(argumentPieces.take(resident->device, sliceBytes + scalarBytes, piece));
  if (!good())
    return;
  if (sliceBytes)
    std::memcpy(piece.host(), static_cast<const void *>(slices), sliceBytes);
  if (scalarBytes)
    std::memcpy(piece.host() + sliceBytes, scalars, scalarBytes);
  enter(Phase::steps);
  mark();
  if (tasks > 0) {
    VkCommandBuffer buffer = commands->get();
    if (VkPipeline pipeline = resident->pipeline(kernel); pipeline != bound) {
      device().CmdBindPipeline(buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
      bound = pipeline;
    }
    PushConstants constants = {piece.address(), static_cast<uint32_t>(tasks), 0};
    device().CmdPushConstants(buffer, resident->layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(constants),
                              &constants);
    device().CmdDispatch(buffer, std::min(constants.tasks, device().limits().maxComputeWorkGroupCount[0]), 1, 1);
  }
  mark();
}

void VulkanDriver::copy(void *to, const void *from, size_t bytes) {
  if (!good())
    return;
  enter(Phase::steps);
  mark();
  if (bytes && to != from) {
    const Block *source = blockAt(toAddress(from)), *target = blockAt(toAddress(to));
    if (!good())
      return;
    if (toAddress(from) < toAddress(to) + bytes && toAddress(to) < toAddress(from) + bytes)
      return check(error(TREADLE_DAMAGED, program->name(), ": damaged: a step copies onto what it copies"));
    copyBuffer(*source, toAddress(from) - source->address(), *target, toAddress(to) - target->address(), bytes);
  }
  mark();
}

/// Devices fill in words of 4 bytes: what stands before and after them is copied.
void VulkanDriver::fill(void *to, size_t bytes, uint32_t pattern, unsigned width) {
  if (!good())
    return;
  enter(Phase::steps);
  mark();
  bytes = bytes / width * width;
  const Block *target = bytes ? blockAt(toAddress(to)) : nullptr;
  if (target) {
    uint64_t start = toAddress(to) - target->address();
    uint64_t before = std::min<uint64_t>((4 - start % 4) % 4, bytes), words = (bytes - before) / 4 * 4;
    char repeated[8]; // from any byte of the first word on, 4 bytes as they follow one another
    for (unsigned i = 0; i < sizeof(repeated); ++i)
      repeated[i] = static_cast<char>(pattern >> (8 * (i % width)));
    if (words) {
      uint32_t word;
      std::memcpy(&word, repeated + before % 4, sizeof(word));
      device().CmdFillBuffer(commands->get(), target->buffer(), start + before, words, word);
    }
    if (words != bytes) {
      Pieces::Piece piece;
      check(argumentPieces.take(resident->device, sizeof(repeated), piece));
      if (!good())
        return;
      std::memcpy(piece.host(), repeated, sizeof(repeated));
      if (before)
        copyBuffer(*piece.block, piece.offset, *target, start, before);
      if (uint64_t after = bytes - before - words)
        copyBuffer(*piece.block, piece.offset + before % 4, *target, start + before + words, after);
    }
  }
  mark();
}

Status VulkanDriver::end() {
  if (!good())
    return failure;
  if (device().isApp()) // its commands come next
    emitBarrier(VK_PIPELINE_STAGE_2_HOST_BIT | VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                VK_ACCESS_2_HOST_READ_BIT | VK_ACCESS_2_MEMORY_READ_BIT | VK_ACCESS_2_MEMORY_WRITE_BIT);
  else
    emitBarrier(VK_PIPELINE_STAGE_2_HOST_BIT, VK_ACCESS_2_HOST_READ_BIT);
  check(commands->end());
  return failure;
}

Status VulkanDriver::submit(const std::atomic<bool> &cancelled) {
  if (device().isLost())
    return lostStatus();
  if (Status status = commands->submit(&cancelled); status.failed())
    return status;
  return timed ? readTimes() : Status();
}

Status VulkanDriver::start(const AppSemaphore &wait, const AppSemaphore &done) {
  if (!device().isApp())
    return noDeviceOfTheApp();
  if (device().isLost())
    return lostStatus();
  auto infoOf = [](const AppSemaphore &semaphore) {
    auto info = structure<VkSemaphoreSubmitInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO);
    info.semaphore = reinterpret_cast<VkSemaphore>(semaphore.handle);
    info.value = semaphore.value;
    info.stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
    return info;
  };
  return commands->start(infoOf(wait), infoOf(done));
}

// ---- times -----------------------------------------------------------------------------------

Status VulkanDriver::makeQueries() {
  uint32_t count = 2 * (program->tables().steps() ? program->tables().steps()->size() : 0);
  if (!queries && count) {
    auto info = structure<VkQueryPoolCreateInfo>(VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO);
    info.queryType = VK_QUERY_TYPE_TIMESTAMP;
    info.queryCount = count;
    VkResult result = device().CreateQueryPool(device().get(), &info, nullptr, &queries);
    if (result != VK_SUCCESS)
      return device().failed(result, "measuring times");
  }
  if (count)
    device().CmdResetQueryPool(commands->get(), queries, 0, count);
  return {};
}

void VulkanDriver::mark() {
  if (timed)
    device().CmdWriteTimestamp2(commands->get(), VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, queries, marks++);
}

Status VulkanDriver::readTimes() {
  std::vector<uint64_t> ticks(marks);
  intervals.clear();
  if (!marks)
    return {};
  VkResult result =
      device().GetQueryPoolResults(device().get(), queries, 0, marks, marks * sizeof(uint64_t), ticks.data(),
                                   sizeof(uint64_t), VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
  if (result != VK_SUCCESS)
    return device().failed(result, "measuring times");
  uint32_t bits = physical().timestampBits;
  uint64_t mask = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
  auto since = [&](uint64_t tick) {
    return std::chrono::nanoseconds(
        static_cast<int64_t>(((tick - ticks[0]) & mask) * double(device().limits().timestampPeriod)));
  };
  for (uint32_t i = 0; i + 1 < marks; i += 2)
    intervals.push_back({since(ticks[i]), since(ticks[i + 1])});
  return {};
}

} // namespace

// ---- the target ------------------------------------------------------------------------------

std::vector<DeviceInfo> devices() {
  std::vector<DeviceInfo> list;
  std::shared_ptr<Instance> instance;
  if (Instance::open(instance).failed())
    return list;
  for (const PhysicalDevice &device : instance->devices()) {
    DeviceInfo info;
    info.name = concat("vulkan:", list.size());
    info.description = device.description;
    if (!device.unusable.empty())
      info.description += concat(", cannot be used: ", device.unusable);
    info.memory = device.memory;
    info.target = device.isSoftware() ? "vulkan:cpu" : "vulkan:gpu";
    list.push_back(std::move(info));
  }
  return list;
}

/// One for all sessions of a program: drivers take long to load, and some leave something behind.
static Status openInstance(Program::Shared *shared, std::shared_ptr<Instance> &instance) {
  if (!shared)
    return Instance::open(instance);
  std::lock_guard<std::mutex> guard(shared->lock);
  std::weak_ptr<void> &place = shared->parts["vulkan"];
  instance = std::static_pointer_cast<Instance>(place.lock());
  if (instance)
    return {};
  Status status = Instance::open(instance);
  place = instance;
  return status;
}

Status createDriver(const DriverOptions &options, bool staged, std::unique_ptr<Driver> &driver) {
  Choice choice;
  choice.number = options.device;
  choice.cacheFolder = options.cacheFolder;
  choice.staged = staged;
  Status status = openInstance(options.shared, choice.instance);
  if (status.failed()) {
    status.message = concat("there is no device \"vulkan:", options.device, "\": ", status.message);
    return status;
  }
  if (status = choice.instance->check(options.device); status.failed())
    return status;
  driver = std::make_unique<VulkanDriver>(std::move(choice));
  return {};
}

Status createDriver(const DriverOptions &options, const treadle_vulkan_device &app, bool staged,
                    std::unique_ptr<Driver> &driver, std::string &description) {
  Choice choice;
  choice.app = app;
  choice.app->features = nullptr;
  choice.cacheFolder = options.cacheFolder;
  choice.staged = staged;
  if (Status status = Instance::adopt(app, choice.instance); status.failed())
    return status;
  description = choice.physical().description;
  driver = std::make_unique<VulkanDriver>(std::move(choice));
  return {};
}

Status createDriver(const DriverOptions &options, std::unique_ptr<Driver> &driver) {
  return createDriver(options, /*staged=*/false, driver);
}

} // namespace treadle::vulkan
