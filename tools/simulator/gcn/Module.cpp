//===- Module.cpp - a code object on a simulated device ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/Module.h"
#include "tools/simulator/Fault.h"
#include <new>

namespace treadle::simulator::gcn {

std::unique_ptr<Subgroup> Kernel::start(const Launch &launch, const Dim3 &workgroup, uint32_t first,
                                        GlobalMemory &global, WorkgroupMemory &memory) {
  return std::make_unique<Wave>(entry.setup, code.instructions, code.texts, launch, workgroup, first, global,
                                memory.shared, counters);
}

Module::Module(std::span<const char> file, GlobalMemory &memory) : memory(memory) {
  CodeObject object = readCodeObject(file);
  if (!object.image.empty()) {
    address = memory.allocate(object.image.size());
    if (!address)
      throw std::bad_alloc();
    for (const Relocation &relocation : object.relocations) {
      uint64_t value = address + relocation.addend;
      std::memcpy(object.image.data() + relocation.offset, &value, sizeof value);
    }
    std::memcpy(memory.host(address, object.image.size()), object.image.data(), object.image.size());
  }
  Disassembler disassembler(object.processor);
  for (KernelEntry &entry : object.kernels) {
    // With preloaded arguments the code begins behind what loads them on devices that cannot.
    constexpr uint64_t loader = 256;
    uint64_t begin = entry.begin + (entry.setup.preload & 0x7f && entry.end - entry.begin > loader ? loader : 0);
    std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t *>(object.image.data()) + begin, entry.end - begin);
    Code code = decode(disassembler, bytes, address + begin, entry.setup);
    all.push_back(std::make_unique<Kernel>(std::move(entry), std::move(code)));
  }
}

Module::~Module() {
  if (address)
    memory.release(address);
}

Kernel *Module::find(const std::string &name) const {
  for (const std::unique_ptr<Kernel> &kernel : all)
    if (kernel->name == name)
      return kernel.get();
  return nullptr;
}

} // namespace treadle::simulator::gcn
