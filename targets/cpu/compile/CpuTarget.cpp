//===- CpuTarget.cpp - descriptions of CPUs -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/compile/CpuTarget.h"
#include "targets/cpu/KernelAbi.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

namespace treadle::cpu {

std::optional<Target> targetFor(llvm::StringRef variant) {
#define TREADLE_CPU(row, arch, cpu, features, bytes, registers, fmas, masked, l1, l2)                                  \
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

std::vector<std::string> portableVariants() { return {"x86-64-v3", "x86-64-v4"}; }

std::vector<std::string> variantNames() {
  std::vector<std::string> names;
#define TREADLE_CPU(row, arch, cpu, features, bytes, registers, fmas, masked, l1, l2) names.push_back(row);
#include "targets/cpu/Chips.def"
  return names;
}

} // namespace treadle::cpu
