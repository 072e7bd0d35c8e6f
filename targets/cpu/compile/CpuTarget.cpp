//===- CpuTarget.cpp - descriptions of CPUs -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/compile/CpuTarget.h"
#include "targets/cpu/KernelAbi.h"
#include "targets/cpu/compile/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;

namespace treadle::cpu {

std::optional<Target> targetFor(llvm::StringRef variant) {
#define TREADLE_CPU(row, arch, cpu, features, bytes, registers, fmas, masked, l1, l2, rays, idle)                      \
  if (variant == row) {                                                                                                \
    Target target;                                                                                                     \
    target.name = "cpu";                                                                                               \
    target.variant = row;                                                                                              \
    target.vectorBytes = bytes;                                                                                        \
    target.vectorRegisters = registers;                                                                                \
    target.fmasPerCycle = fmas;                                                                                        \
    target.maskedMemory = masked;                                                                                      \
    target.l1Bytes = l1;                                                                                               \
    target.l2Bytes = l2;                                                                                               \
    target.raysOfLane = rays;                                                                                          \
    target.idleLanes = idle;                                                                                           \
    return target;                                                                                                     \
  }
#include "targets/cpu/Chips.def"
  return std::nullopt;
}

llvm::StringRef hostVariant() {
  // LLVM's feature names; where /proc/cpuinfo has others the meaning is the same.
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  auto has = [&](std::initializer_list<const char *> names) {
    return llvm::all_of(names, [&](const char *name) { return features.lookup(name); });
  };
  if (has({"avx2", "fma", "bmi", "bmi2", "f16c", "lzcnt", "movbe"}))
    return has({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}) ? "x86-64-v4" : "x86-64-v3";
  return "x86-64-v2";
}

ArrayRef<StringLiteral> variantNames() {
  static constexpr StringLiteral rows[] = {
#define TREADLE_CPU(row, ...) row,
#include "targets/cpu/Chips.def"
  };
  return rows;
}

static std::vector<Target> describe(StringRef chip, std::string &error) {
  SmallVector<StringRef> chosen = {chip == "host" ? hostVariant() : chip};
  if (chip.empty() || chip == "portable") // what an artifact needs that is to run anywhere
    chosen = {"x86-64-v3", "x86-64-v4"};
  std::vector<Target> result;
  for (StringRef row : chosen) {
    std::optional<Target> target = targetFor(row);
    if (!target) {
      error = "should be host, portable or one of " + llvm::join(variantNames(), ", ");
      return {};
    }
    result.push_back(*target);
  }
  return result;
}

const Backend &backend() {
#define TREADLE_BACKEND(name, passes) static const Backend backend = {name, passes, "so", describe, registerCpuPasses};
#include "targets/cpu/compile/Pipeline.def"
  return backend;
}

} // namespace treadle::cpu
