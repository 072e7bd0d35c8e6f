//===- KernelAbi.h - how the CPU runtime calls a compiled kernel ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one thing both halves of this target must agree on. A CPU executable is an ELF shared object
// in the artifact's data section; each kernel in it is an exported function of this type. It calls
// nothing but libm and libc's memory functions, keeps no state and needs no initialisation.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CPU_KERNELABI_H
#define TREADLE_TARGETS_CPU_KERNELABI_H

#include <cstdint>

namespace treadle::cpu {

/// Runs the tasks [begin, end) of a dispatch whose grid has end or more.
///   slices   one address for each of the dispatch's slices, 64-byte aligned buffers plus offset
///   scalars  the dispatch's scalars
///   scratch  private to the calling worker, 64-byte aligned, as many bytes as the entry says
using KernelFunction = void (*)(void *const *slices, const int64_t *scalars, int64_t begin, int64_t end, void *scratch);

/// The variants of x86-64 psABI levels that executables are built for, as they are named in
/// artifacts, and what each needs beyond the one before. A level is usable if all of it is there.
struct Level {
  const char *variant;
  const char *features; // comma-separated names of /proc/cpuinfo, without those of earlier levels
};

inline constexpr Level levels[] = {
    {"x86-64-v2", "cx16,popcnt,sse4_1,sse4_2,ssse3"},
    {"x86-64-v3", "avx,avx2,bmi1,bmi2,f16c,fma,abm,movbe"},
    {"x86-64-v4", "avx512f,avx512bw,avx512cd,avx512dq,avx512vl"},
};

} // namespace treadle::cpu

#endif // TREADLE_TARGETS_CPU_KERNELABI_H
