//===- CpuDriver.cpp - kernels on the CPU's threads -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Machine code is a shared object. It is put into an anonymous file and opened by the system's loader,
// which needs no memory that is writable and executable at once.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Memory.h"
#include "runtime/device/Targets.h"
#include "runtime/exec/ThreadPool.h"
#include "targets/cpu/KernelAbi.h"
#include "targets/cpu/run/SharedObject.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

namespace treadle::cpu {
namespace {

struct CpuInfo {
  std::string model = "unknown CPU";
  std::set<std::string, std::less<>> features;
};

const CpuInfo &cpuInfo() {
  static const CpuInfo info = [] {
    CpuInfo result;
    std::ifstream file("/proc/cpuinfo");
    bool hasModel = false;
    for (std::string line; std::getline(file, line);) {
      size_t colon = line.find(':');
      if (colon == std::string::npos)
        continue;
      std::string value = colon + 2 <= line.size() ? line.substr(colon + 2) : "";
      if (!hasModel && line.rfind("model name", 0) == 0) {
        result.model = value;
        hasModel = true;
      } else if (line.rfind("flags", 0) == 0 || line.rfind("Features", 0) == 0) {
        std::istringstream words(value);
        for (std::string word; words >> word;)
          result.features.insert(word);
        break;
      }
    }
    return result;
  }();
  return info;
}

bool hasAll(std::string_view list) {
  while (!list.empty()) {
    size_t comma = list.find(',');
    std::string_view name = list.substr(0, comma);
    if (!name.empty() && !cpuInfo().features.count(name))
      return false;
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
  return true;
}

/// The highest level that this CPU has, or null.
const Level *bestLevel() {
  const Level *best = nullptr;
  for (const Level &level : levels) {
    if (!hasAll(level.features))
      break;
    best = &level;
  }
  return best;
}

int32_t coreCount() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return CPU_COUNT(&set);
  return std::max(get_nprocs(), 1);
}

class CpuDriver : public Driver {
public:
  explicit CpuDriver(const DriverOptions &options) : arenaMemory(options.allocator), scratch(options.allocator) {
    if (options.pool && options.pool->run)
      pool = *options.pool;
    else
      ownPool = std::make_unique<ThreadPool>(options.threads > 0 ? options.threads : coreCount());
  }
  ~CpuDriver() override {
    if (library)
      dlclose(library);
    if (libraryFile >= 0)
      close(libraryFile);
  }

  int suits(const format::Executable &executable, std::string &lacking) const override {
    if (executable.target()->string_view() != "cpu")
      return 0;
    if (executable.features())
      for (const flatbuffers::String *feature : *executable.features())
        if (!hasAll(feature->string_view())) {
          lacking = feature->str();
          return 0;
        }
    // Levels contain one another.
    lacking = executable.variant()->str();
    for (const Level &level : levels) {
      if (!hasAll(level.features))
        return 0;
      if (lacking == level.variant)
        return 1;
    }
    return 0;
  }

  Status load(const std::shared_ptr<const Program> &program, const format::Executable &executable) override;
  uint64_t bytesFor(size_t arenaBytes, size_t scratchBytes) const override {
    size_t total = 0;
    if (!allScratch(scratchBytes, total) || __builtin_add_overflow(total, arenaBytes, &total) ||
        __builtin_add_overflow(total, 63, &total))
      return UINT64_MAX;
    return std::max<size_t>(total / 64 * 64, 64);
  }
  Status reserve(size_t arenaBytes, size_t scratchBytes) override;
  void *arena() const override { return arenaMemory.data(); }
  void *constant(uint32_t index) const override { return const_cast<void *>(program->constant(index)); }
  size_t memoryBytes() const override { return arenaMemory.size() + scratch.size(); }

  void launch(uint32_t kernel, void *const *slices, const int64_t *scalars, int64_t tasks) override {
    Launch launch{kernels[kernel], slices, scalars, this};
    if (ownPool)
      return ownPool->run(tasks, runRange, &launch);
    if (tasks == 1)
      return runRange(&launch, 0, 1, 0);
    if (tasks > 0)
      pool.run(
          pool.user, tasks,
          [](void *context, int64_t index, int32_t worker) { runRange(context, index, index + 1, worker); }, &launch);
  }
  void copy(void *to, const void *from, size_t bytes) override { std::memmove(to, from, bytes); }
  void fill(void *to, size_t bytes, uint32_t pattern, unsigned width) override {
    if (width == 1) {
      std::memset(to, static_cast<int>(pattern), bytes);
      return;
    }
    for (size_t i = 0; i + width <= bytes; i += width)
      std::memcpy(static_cast<char *>(to) + i, &pattern, width);
  }

private:
  struct Launch {
    KernelFunction function;
    void *const *slices;
    const int64_t *scalars;
    CpuDriver *driver;
  };
  static void runRange(void *context, int64_t begin, int64_t end, int32_t worker) {
    auto *launch = static_cast<Launch *>(context);
    CpuDriver *driver = launch->driver;
    launch->function(launch->slices, launch->scalars, begin, end,
                     driver->scratch.data() + worker * driver->scratchPerWorker);
  }
  /// That much for each worker, in whole pages; false if it is too much.
  bool allScratch(size_t bytes, size_t &total) const {
    return !__builtin_add_overflow(bytes, 4095, &total) &&
           !__builtin_mul_overflow(total / 4096 * 4096, workers(), &total);
  }
  size_t workers() const { return ownPool ? ownPool->workers() : std::max(pool.workers, 1); }

  treadle_pool pool = {};
  std::unique_ptr<ThreadPool> ownPool;
  void *library = nullptr;
  int libraryFile = -1; // stays open: see load()
  std::vector<KernelFunction> kernels;
  std::shared_ptr<const Program> program;
  Memory arenaMemory, scratch;
  size_t scratchPerWorker = 0;
};

Status CpuDriver::load(const std::shared_ptr<const Program> &loadedProgram, const format::Executable &executable) {
  program = loadedProgram;
  const char *code = program->data() + executable.offset();
  if (const char *fault = faultOfSharedObject(code, executable.bytes()))
    return error(TREADLE_DAMAGED, program->name(), ": damaged: its machine code ", fault);
  // The loader takes two libraries of one path for the same. The path has the file's number in it, which
  // must not be given to another program's file while this library is loaded.
  libraryFile = memfd_create("treadle", MFD_CLOEXEC);
  if (libraryFile < 0)
    return error(TREADLE_DEVICE, "cannot make a file in memory for machine code: ", std::strerror(errno));
  for (size_t done = 0; done < executable.bytes();) {
    ssize_t written = write(libraryFile, code + done, executable.bytes() - done);
    if (written <= 0)
      return error(TREADLE_OUT_OF_MEMORY, "no memory for ", executable.bytes(), " bytes of machine code");
    done += written;
  }
  std::string path = concat("/proc/self/fd/", libraryFile);
  library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return error(TREADLE_DEVICE, program->name(), ": its machine code cannot be loaded: ", dlerror());
  for (const format::Entry *entry : *executable.entries()) {
    void *symbol = dlsym(library, entry->symbol()->c_str());
    if (!symbol)
      return error(TREADLE_DAMAGED, program->name(), ": damaged: its machine code lacks ", entry->symbol()->str());
    kernels.push_back(reinterpret_cast<KernelFunction>(symbol));
  }
  loaded = &executable;
  return {};
}

Status CpuDriver::reserve(size_t arenaBytes, size_t scratchBytes) {
  if (!arenaMemory.resize(arenaBytes))
    return error(TREADLE_OUT_OF_MEMORY, "no memory for ", arenaBytes, " bytes of intermediate values");
  if (scratchBytes <= scratchPerWorker)
    return {};
  size_t total = 0;
  if (!allScratch(scratchBytes, total))
    return error(TREADLE_OUT_OF_MEMORY, "no memory for ", scratchBytes, " bytes of private memory of each of ",
                 workers(), " workers");
  scratchPerWorker = 0;
  if (!scratch.resize(total))
    return error(TREADLE_OUT_OF_MEMORY, "no memory for ", total, " bytes of private memory of kernels");
  scratchPerWorker = total / workers();
  return {};
}

} // namespace

std::vector<DeviceInfo> devices() {
  DeviceInfo info;
  info.name = info.target = "cpu";
  const Level *level = bestLevel();
  info.description = concat(cpuInfo().model, ", ", coreCount(), coreCount() == 1 ? " thread, " : " threads, ",
                            level ? level->variant : "below x86-64-v2");
  struct sysinfo system;
  if (sysinfo(&system) == 0)
    info.memory = static_cast<uint64_t>(system.totalram) * system.mem_unit;
  return {info};
}

Status createDriver(const DriverOptions &options, std::unique_ptr<Driver> &driver) {
  if (options.device != 0)
    return error(TREADLE_NOT_FOUND, "there is no device \"cpu:", options.device,
                 "\", all cores are one device, \"cpu\"");
  driver = std::make_unique<CpuDriver>(options);
  return {};
}

} // namespace treadle::cpu
