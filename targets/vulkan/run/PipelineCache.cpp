//===- PipelineCache.cpp - compiled kernels, kept on disk ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/run/PipelineCache.h"
#include "runtime/base/Hash.h"
#include <cstdio>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

namespace treadle::vulkan {
namespace {

void makeFolders(const std::string &path) {
  for (size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1))
    mkdir(path.substr(0, end).c_str(), 0777);
  mkdir(path.c_str(), 0777);
}

struct Close {
  void operator()(std::FILE *file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

// A file is the hash of the rest, and what the driver gave.
constexpr size_t mostBytes = 1 << 28;

std::string read(const std::string &path) {
  File file(std::fopen(path.c_str(), "rb"));
  struct stat info;
  if (!file || fstat(fileno(file.get()), &info) != 0 || info.st_size < 8 ||
      static_cast<size_t>(info.st_size) > mostBytes)
    return "";
  std::string bytes(info.st_size, '\0');
  if (std::fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size())
    return "";
  uint64_t hash;
  std::memcpy(&hash, bytes.data(), 8);
  bytes.erase(0, 8);
  return hashBytes(bytes.data(), bytes.size()) == hash ? bytes : "";
}

/// Beside its place, then moved there: others read it whole or not at all.
void write(const std::string &path, const std::string &bytes) {
  std::string beside = concat(path, ".", getpid());
  uint64_t hash = hashBytes(bytes.data(), bytes.size());
  bool written = false;
  if (File file{std::fopen(beside.c_str(), "wb")})
    written = std::fwrite(&hash, 8, 1, file.get()) == 1 &&
              std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size() && std::fflush(file.get()) == 0;
  if (!written || std::rename(beside.c_str(), path.c_str()) != 0)
    std::remove(beside.c_str());
}

} // namespace

PipelineCache::PipelineCache(Device &device, std::string cacheFolder, uint64_t codeHash)
    : device(device), folder(std::move(cacheFolder)) {
  // The UUID is that of the device with its driver.
  const VkPhysicalDeviceProperties &properties = device.physical().properties;
  std::string key(reinterpret_cast<const char *>(properties.pipelineCacheUUID), VK_UUID_SIZE);
  for (uint64_t part :
       {uint64_t(properties.vendorID), uint64_t(properties.deviceID), uint64_t(properties.driverVersion), codeHash})
    key += concat(" ", part);
  uint64_t hash = hashBytes(key.data(), key.size());
  std::string name;
  for (int digit = 15; digit >= 0; --digit)
    name += "0123456789abcdef"[hash >> (4 * digit) & 15];
  path = concat(folder, "/vulkan-", name, ".pipelines");

  std::string bytes = folder.empty() ? "" : read(path);
  auto info = structure<VkPipelineCacheCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO);
  info.initialDataSize = bytesRead = bytes.size();
  info.pInitialData = bytes.data();
  if (device.CreatePipelineCache(device.get(), &info, nullptr, &handle) != VK_SUCCESS)
    handle = VK_NULL_HANDLE;
}

PipelineCache::~PipelineCache() {
  if (handle)
    device.DestroyPipelineCache(device.get(), handle, nullptr);
}

void PipelineCache::save() const {
  size_t size = 0;
  if (!handle || folder.empty() || device.GetPipelineCacheData(device.get(), handle, &size, nullptr) != VK_SUCCESS ||
      size > mostBytes)
    return;
  std::string bytes(size, '\0');
  // A driver that keeps nothing gives its header only.
  if (size <= sizeof(VkPipelineCacheHeaderVersionOne) || size == bytesRead ||
      device.GetPipelineCacheData(device.get(), handle, &size, bytes.data()) != VK_SUCCESS)
    return;
  bytes.resize(size);
  makeFolders(folder);
  write(path, bytes);
}

} // namespace treadle::vulkan
