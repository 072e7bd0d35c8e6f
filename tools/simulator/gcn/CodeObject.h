//===- CodeObject.h - what stands in a code object (HSACO) -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_GCN_CODEOBJECT_H
#define TREADLE_TOOLS_SIMULATOR_GCN_CODEOBJECT_H

#include "tools/simulator/gcn/Wave.h"
#include <span>

namespace treadle::simulator::gcn {

/// An argument as the code object's metadata describes it. `kind`: "by_value", "global_buffer", "hidden_..".
struct Argument {
  uint64_t offset = 0, bytes = 0;
  std::string kind;
};

struct KernelEntry {
  std::string name;
  WaveSetup setup;
  uint64_t begin = 0, end = 0; // of its code, from the image's begin on
  std::vector<Argument> arguments;
};

/// A place in the image that holds an address: that of the image plus `addend`.
struct Relocation {
  uint64_t offset = 0, addend = 0;
};

struct CodeObject {
  std::string processor;
  std::vector<char> image; // as it lies in memory
  std::vector<Relocation> relocations;
  std::vector<KernelEntry> kernels;
};

/// Throws Fault with what is wrong.
CodeObject readCodeObject(std::span<const char> file);

} // namespace treadle::simulator::gcn

#endif // TREADLE_TOOLS_SIMULATOR_GCN_CODEOBJECT_H
