//===- kernels.cl - kernels for tests of the HIP driver, as codegen/SimtToLlvm.h says how they are called ---===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define KERNEL __attribute__((amdgpu_flat_work_group_size(4, 4))) kernel void
#define FOR_TASKS for (unsigned i = __builtin_amdgcn_workgroup_id_x(); i < tasks; i += workgroups)
#define COLUMN __builtin_amdgcn_workitem_id_x()

#if defined(COUNT)

#define COUNT_WORKGROUPS(name)                                                                                         \
  KERNEL name(global const float *a, global const float *b, global float *result, long n, unsigned tasks,              \
              unsigned workgroups) {                                                                                   \
    FOR_TASKS result[4 * i + COLUMN] = workgroups;                                                                     \
  }
COUNT_WORKGROUPS(add_row)
COUNT_WORKGROUPS(add)

#elif !defined(LONG)

KERNEL add_row(global const float *a, global const float *b, global float *result, long n, unsigned tasks,
       unsigned workgroups) {
  FOR_TASKS result[4 * i + COLUMN] = a[4 * i + COLUMN] + b[COLUMN];
}

KERNEL add(global const float *a, global const float *b, global float *result, long n, unsigned tasks,
       unsigned workgroups) {
  FOR_TASKS result[4 * i + COLUMN] = a[4 * i + COLUMN] + b[4 * i + COLUMN];
}

KERNEL far(global const float *a, global const float *b, global float *result, long n, unsigned tasks,
       unsigned workgroups) {
  FOR_TASKS result[4 * i + COLUMN] = *(global const float *)0x90;
}

#else

#define SLOW(name)                                                                                                     \
  KERNEL name(global const float *a, global const float *b, global float *result, long n, long rounds, unsigned tasks, \
              unsigned workgroups) {                                                                                   \
    FOR_TASKS {                                                                                                        \
      float x = b[COLUMN];                                                                                             \
      for (long round = 0; round < rounds; ++round)                                                                    \
        x = __builtin_fmaf(x, 0.999f, 0.001f);                                                                         \
      result[4 * i + COLUMN] = x > 1e30f ? x : a[4 * i + COLUMN];                                                      \
    }                                                                                                                  \
  }
SLOW(add_row)
SLOW(add)

#endif
