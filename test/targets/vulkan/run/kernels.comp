// kernels.comp - kernels for tests of the Vulkan driver, as KernelAbi.h says how they are called.
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// KERNEL chooses one: what kernels.c of the runtime's tests has, and one that takes its time.
#version 460
#extension GL_EXT_buffer_reference : require
#pragma use_vulkan_memory_model

layout(local_size_x = 4) in; // a task is a row of four floats

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float at[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer Arguments {
  Floats a, b, result;
  uint scalars[];
};
layout(push_constant) uniform Constants {
  Arguments arguments;
  uint tasks;
} call;

float compute(uint task, uint column) {
  uint i = 4 * task + column;
#if KERNEL == 0 // result[i][j] = a[i][j] + b[j]
  return call.arguments.a.at[i] + call.arguments.b.at[column];
#elif KERNEL == 1 // result[i][j] = a[i][j] + b[i][j]
  return call.arguments.a.at[i] + call.arguments.b.at[i];
#else // result[i][j] = a[i][j], after as many rounds as the second scalar says
  float value = call.arguments.a.at[i], other = call.arguments.b.at[i];
  for (uint round = 0; round < call.arguments.scalars[2]; ++round)
    other = other * 0.999 + 0.001;
  return other > 1e30 ? other : value;
#endif
}

void main() {
  for (uint task = gl_WorkGroupID.x; task < call.tasks; task += gl_NumWorkGroups.x)
    call.arguments.result.at[4 * task + gl_LocalInvocationID.x] = compute(task, gl_LocalInvocationID.x);
}
