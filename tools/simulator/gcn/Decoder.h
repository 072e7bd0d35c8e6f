//===- Decoder.h - from text to what is run ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The assembler's syntax is documented and stable (LLVM's AMDGPU operand and modifier syntax), the order of LLVM's
// operands is not: instructions are read from their text, once, when the code is loaded.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_GCN_DECODER_H
#define TREADLE_TOOLS_SIMULATOR_GCN_DECODER_H

#include "tools/simulator/gcn/Disassembler.h"
#include "tools/simulator/gcn/Wave.h"
#include <deque>

namespace treadle::simulator::gcn {

/// A kernel's instructions, and the text of each.
struct Code {
  std::vector<Instruction> instructions;
  std::vector<std::string> texts;
  std::deque<Permutation> permutations; // what instructions point to
};

/// `bytes` of the kernel's code, which stands at `address`. An instruction that is not known, or has an operand or a
/// modifier that is not, faults when it is reached.
Code decode(Disassembler &disassembler, std::span<const uint8_t> bytes, uint64_t address, const WaveSetup &setup);

} // namespace treadle::simulator::gcn

#endif // TREADLE_TOOLS_SIMULATOR_GCN_DECODER_H
