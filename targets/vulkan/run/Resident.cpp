//===- Resident.cpp - a program on a device --------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/run/Resident.h"
#include "runtime/device/Driver.h"
#include "runtime/exec/ThreadPool.h"
#include "targets/vulkan/KernelAbi.h"
#include "targets/vulkan/run/Commands.h"
#include "targets/vulkan/run/PipelineCache.h"
#include <algorithm>
#include <charconv>
#include <cstring>
#include <thread>

namespace treadle::vulkan {
namespace {

/// Brings weights to the device, through memory that the host reaches where it does not reach theirs.
class Upload {
public:
  explicit Upload(const std::shared_ptr<Device> &device) : device(device), commands(device) {}

  Status copy(const Block &to, uint64_t offset, const char *from, uint64_t bytes) {
    if (to.mapped()) {
      if (bytes)
        std::memcpy(to.mapped() + offset, from, bytes);
      return {};
    }
    for (uint64_t done = 0; done < bytes;) {
      if (used == between.size())
        if (Status status = flush(); status.failed())
          return status;
      uint64_t part = std::min(bytes - done, between.size() - used);
      std::memcpy(between.mapped() + used, from + done, part);
      copies.push_back({&to, {used, offset + done, part}});
      used += part;
      done += part;
    }
    return {};
  }
  Status finish() { return between.size() ? flush() : Status(); }

private:
  Status flush() {
    constexpr uint64_t size = 1 << 25;
    if (!between.size())
      return between.allocate(device, size, Use::upload, "weights on their way", fewerWeights);
    if (Status status = commands.begin(); status.failed())
      return status;
    for (const auto &[to, region] : copies)
      device->CmdCopyBuffer(commands.get(), between.buffer(), to->buffer(), 1, &region);
    copies.clear();
    used = 0;
    if (Status status = commands.end(); status.failed())
      return status;
    return commands.submit(nullptr);
  }

  std::shared_ptr<Device> device;
  Commands commands;
  Block between;
  uint64_t used = 0;
  std::vector<std::pair<const Block *, VkBufferCopy>> copies;
};

} // namespace

Status Resident::get(const std::shared_ptr<const Program> &program, const format::Executable &code,
                     const Choice &choice, std::shared_ptr<Resident> &resident) {
  Program::Shared &shared = program->shared();
  std::lock_guard<std::mutex> guard(shared.lock);
  std::string name = choice.app ? concat("app ", reinterpret_cast<uintptr_t>(choice.app->device), " ",
                                         reinterpret_cast<uintptr_t>(choice.app->queue))
                                : concat(choice.number);
  std::weak_ptr<void> &place = shared.parts[concat("vulkan:", name, choice.staged ? " staged " : " ", code.offset())];
  resident = std::static_pointer_cast<Resident>(place.lock());
  if (resident && !resident->device->isLost())
    return {};
  std::shared_ptr<Device> device;
  Status status = choice.app ? Device::adopt(choice.instance, *choice.app, choice.staged, device)
                             : Device::open(choice.instance, choice.number, choice.staged, device);
  if (status.failed())
    return status;
  std::shared_ptr<Resident> made(new Resident(device));
  if (status = made->loadKernels(*program, code, choice.cacheFolder); status.failed())
    return status;
  if (status = made->loadWeights(*program); status.failed())
    return status;
  place = made;
  resident = std::move(made);
  return {};
}

Resident::~Resident() {
  for (VkPipeline pipeline : pipelines)
    device->DestroyPipeline(device->get(), pipeline, nullptr);
  if (pipelineLayout)
    device->DestroyPipelineLayout(device->get(), pipelineLayout, nullptr);
}

const Block *Resident::weightsAt(uint64_t address) const {
  for (const Block &block : weights)
    if (block.contains(address))
      return &block;
  return nullptr;
}

// ---- weights ---------------------------------------------------------------------------------

/// All weights in few blocks: drivers allow no more than some thousand pieces of memory.
Status Resident::loadWeights(const Program &program) {
  constexpr uint64_t usualBlock = 1 << 28;
  struct Group {
    uint32_t first;
    uint64_t bytes;
  };
  const auto *list = program.tables().constants();
  uint32_t count = list ? list->size() : 0;
  std::vector<Group> groups;
  std::vector<uint64_t> offsets(count);
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t bytes = (list->Get(i)->bytes() + weightAlignment - 1) / weightAlignment * weightAlignment;
    if (groups.empty() || groups.back().bytes + bytes > std::min(usualBlock, device->largestPiece() - weightAlignment))
      groups.push_back({i, 0});
    offsets[i] = groups.back().bytes;
    groups.back().bytes += bytes;
  }
  weights.resize(groups.size());
  constants.resize(count);
  Upload upload(device);
  for (size_t g = 0; g < groups.size(); ++g) {
    Block &block = weights[g];
    if (Status status = block.allocate(device, groups[g].bytes + simtReadBeyond, Use::kernels, "weights", fewerWeights);
        status.failed())
      return status;
    uint32_t end = g + 1 < groups.size() ? groups[g + 1].first : count;
    for (uint32_t i = groups[g].first; i < end; ++i) {
      constants[i] = block.address() + offsets[i];
      Status status =
          upload.copy(block, offsets[i], static_cast<const char *>(program.constant(i)), list->Get(i)->bytes());
      if (status.failed())
        return status;
    }
  }
  return upload.finish();
}

// ---- kernels ---------------------------------------------------------------------------------

Status Resident::loadKernels(const Program &program, const format::Executable &code, const std::string &cacheFolder) {
  VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(PushConstants)};
  auto info = structure<VkPipelineLayoutCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
  info.pushConstantRangeCount = 1;
  info.pPushConstantRanges = &range;
  VkResult result = device->CreatePipelineLayout(device->get(), &info, nullptr, &pipelineLayout);
  if (result != VK_SUCCESS)
    return device->failed(result, "loading kernels");

  struct Work {
    Resident &resident;
    const Program &program;
    const format::Executable &code;
    VkPipelineCache cache;
    std::vector<Status> statuses;
  };
  PipelineCache cache(*device, cacheFolder, code.hash());
  uint32_t count = code.entries() ? code.entries()->size() : 0;
  pipelines.assign(count, VK_NULL_HANDLE);
  Work work{*this, program, code, cache.get(), std::vector<Status>(count)};
  // Drivers take milliseconds for each.
  ThreadPool pool(std::max(1u, std::min(count, std::thread::hardware_concurrency())));
  pool.run(
      count,
      [](void *context, int64_t begin, int64_t end, int32_t) {
        auto *work = static_cast<Work *>(context);
        for (int64_t i = begin; i < end; ++i)
          work->statuses[i] = work->resident.makePipeline(work->program, work->code, i, work->cache);
      },
      &work);
  for (Status &status : work.statuses)
    if (status.failed())
      return std::move(status);
  cache.save();
  return {};
}

/// What kernels that hand values round ask for; 0: nothing.
static uint32_t subgroupSizeOf(const format::Executable &code) {
  uint32_t size = 0;
  std::string_view prefix = subgroupOf;
  for (uint32_t i = 0; code.features() && i < code.features()->size(); ++i)
    if (std::string_view feature = code.features()->Get(i)->string_view(); feature.substr(0, prefix.size()) == prefix)
      std::from_chars(feature.data() + prefix.size(), feature.data() + feature.size(), size);
  return size;
}

Status Resident::makePipeline(const Program &program, const format::Executable &code, uint32_t kernel,
                              VkPipelineCache cache) {
  constexpr uint32_t magic = 0x07230203;
  const format::Entry &entry = *code.entries()->Get(kernel);
  const char *words = program.data() + code.offset() + entry.offset();
  uint32_t first = 0;
  if (entry.bytes() >= sizeof(first))
    std::memcpy(&first, words, sizeof(first));
  if (entry.offset() % 4 || entry.bytes() % 4 || first != magic)
    return error(TREADLE_DAMAGED, program.name(), ": damaged: the code of ", entry.symbol()->str(), " is no SPIR-V");

  auto moduleInfo = structure<VkShaderModuleCreateInfo>(VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO);
  moduleInfo.codeSize = entry.bytes();
  moduleInfo.pCode = reinterpret_cast<const uint32_t *>(words);
  VkShaderModule module = VK_NULL_HANDLE;
  VkResult result = device->CreateShaderModule(device->get(), &moduleInfo, nullptr, &module);
  if (result == VK_SUCCESS) {
    auto info = structure<VkComputePipelineCreateInfo>(VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO);
    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = module;
    info.stage.pName = "main";
    info.layout = pipelineLayout;
    auto subgroup = structure<VkPipelineShaderStageRequiredSubgroupSizeCreateInfo>(
        VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO);
    subgroup.requiredSubgroupSize = subgroupSizeOf(code);
    if (subgroup.requiredSubgroupSize && device->physical().subgroupSizes.most) {
      info.stage.pNext = &subgroup;
      if (entry.threads() % subgroup.requiredSubgroupSize == 0)
        info.stage.flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
    }
    result = device->CreateComputePipelines(device->get(), cache, 1, &info, nullptr, &pipelines[kernel]);
    device->DestroyShaderModule(device->get(), module, nullptr);
  }
  if (result == VK_SUCCESS)
    return {};
  pipelines[kernel] = VK_NULL_HANDLE;
  return device->failed(result, concat("loading kernel ", entry.symbol()->str()));
}

} // namespace treadle::vulkan
