//===- Module.h - PTX as text has it -------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What LLVM writes of "PTX ISA" (NVIDIA): one entry or more, registers in numbered families, variables in shared,
// local and global memory, labels and instructions. Functions that are called are not among it.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_PTX_MODULE_H
#define TREADLE_TOOLS_SIMULATOR_PTX_MODULE_H

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace treadle::simulator::ptx {

/// "%r12", "-3", "0f3F800000", "name", "[name+4]", "{%r1, %r2}", "%p1|%p2"
struct Operand {
  enum class Kind { name, number, address, list };
  Kind kind = Kind::name;
  std::string name;        // of a register, variable, parameter or label; of an address what `number` is added to
  uint64_t number = 0;     // the bits
  std::vector<Operand> of; // of a list its parts; of "p|q" too; of "[name, {x, y}]" the place
};

struct Instruction {
  std::string guard; // register, or ""
  bool isGuardNegated = false;
  std::vector<std::string> words; // "fma", "rn", "f32"
  std::vector<Operand> operands;
  std::string text; // as it stands there
};

/// Where a name lies in its memory.
struct Variable {
  uint64_t offset = 0, bytes = 0;
};

struct Entry {
  std::string name;
  std::map<std::string, Variable> parameters, shared, local;
  uint64_t parameterBytes = 0, sharedBytes = 0, localBytes = 0;
  std::map<std::string, unsigned> registers; // "%r" -> bits; 1: predicates
  std::map<std::string, size_t> labels;      // number of the instruction after it
  std::vector<Instruction> instructions;
  uint32_t mostThreads = 0; // .maxntid; 0: any number
};

struct Global {
  std::string name;
  uint64_t alignment = 1;
  std::vector<char> bytes;
};

struct Module {
  std::string target; // "sm_80"
  std::vector<Global> globals;
  std::vector<Entry> entries;
};

/// Throws Fault with the line that is not understood.
Module parse(std::string_view text);

} // namespace treadle::simulator::ptx

#endif // TREADLE_TOOLS_SIMULATOR_PTX_MODULE_H
