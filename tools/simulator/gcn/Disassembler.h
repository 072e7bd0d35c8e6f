//===- Disassembler.h - LLVM's disassembler of AMD's GPUs --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_GCN_DISASSEMBLER_H
#define TREADLE_TOOLS_SIMULATOR_GCN_DISASSEMBLER_H

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace treadle::simulator::gcn {

/// One instruction as LLVM has it: its text, and its immediate operands in LLVM's order.
struct Disassembled {
  std::string text;
  std::vector<int64_t> immediates;
  unsigned bytes = 0;
};

class Disassembler {
public:
  /// For a processor, "gfx90a". Throws Fault if LLVM does not know it.
  explicit Disassembler(const std::string &processor);
  ~Disassembler();

  /// The first instruction of `code`, which stands at `address`. What is none has the text "unknown" and 4 bytes.
  Disassembled next(std::span<const uint8_t> code, uint64_t address);

private:
  struct Parts;
  std::unique_ptr<Parts> parts;
};

} // namespace treadle::simulator::gcn

#endif // TREADLE_TOOLS_SIMULATOR_GCN_DISASSEMBLER_H
