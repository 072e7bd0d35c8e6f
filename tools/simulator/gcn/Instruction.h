//===- Instruction.h - an instruction, ready to run --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_GCN_INSTRUCTION_H
#define TREADLE_TOOLS_SIMULATOR_GCN_INSTRUCTION_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace treadle::simulator::gcn {

constexpr unsigned lanesOfWave = 64;

class Wave;
struct Instruction;
using Handler = void (*)(Wave &, const Instruction &);

/// How an operation understands an operand; `any`: it looks for itself. `pair`: two f32; `mask`: a bit for each lane.
enum class Type : uint8_t { any, b16, f16, b32, f32, pair, b64, f64, mask };

/// The part of a register that SDWA selects, and what it does with the rest of the result.
enum class Select : uint8_t { dword, word0, word1, byte0, byte1, byte2, byte3 };
enum class Unused : uint8_t { zero, sign, keep };

/// Scalar registers that have names, in the numbering of s0, s1, ..
enum ScalarRegister : uint16_t { vccRegister = 106, m0Register = 124, execRegister = 126, scalarRegisters = 128 };

struct Operand {
  enum class Kind : uint8_t { none, vector, scalar, constant };
  Kind kind = Kind::none;
  Type type = Type::any;
  uint8_t registers = 0; // 32 bits each
  bool negate = false, absolute = false, extendSign = false;
  bool high = false;     // op_sel: of a 16-bit operand's register the upper half
  bool permuted = false; // by the instruction's DPP
  bool plain = true;     // none of these, and no `select`
  Select select = Select::dword;
  uint16_t index = 0; // of the first register; AGPRs follow the VGPRs that the kernel has
  uint64_t value = 0; // of a constant

  bool isVector() const { return kind == Kind::vector; }
  bool isScalar() const { return kind == Kind::scalar; }
  bool isConstant() const { return kind == Kind::constant; }
};

/// Which lane each lane's first source comes from.
struct Permutation {
  std::array<int8_t, lanesOfWave> from; // -1: none
  uint64_t written = ~UINT64_C(0);      // lanes that row_mask and bank_mask let through
  bool zeroOutside = false;             // bound_ctrl: where there is no lane, zero is read; else nothing is written
};

/// One bit for each source: op_sel, op_sel_hi, neg_lo, neg_hi.
struct Halves {
  uint8_t low = 0, high = 0x7, negateLow = 0, negateHigh = 0;
};

struct Instruction {
  Handler run = nullptr;
  Operand result, mask; // vector or scalar result; the scalar one beside a vector result
  std::array<Operand, 5> source;
  uint8_t sources = 0;
  uint8_t outputScale = 0; // omod: 1: times 2, 2: times 4, 3: half
  bool clamp = false, keepsHigh = false, returnsOld = false;
  Select resultSelect = Select::dword;
  Unused unused = Unused::zero;
  Halves halves;
  uint8_t blocks = 0, block = 0; // cbsz, abid
  int32_t offset = 0, offset1 = 0;
  uint32_t target = 0; // of a branch, a position in the kernel's code
  uint64_t next = 0;   // address of the instruction that follows
  const Permutation *permutation = nullptr;
};

/// An operation as the rows of its family describe it.
struct Operation {
  std::string name; // as LLVM's assembler has it, without _e32, _e64, _dpp, _sdwa
  Handler run;
  /// Operands in the assembler's order: first `results`. `any` for all where `types` is empty.
  uint8_t results = 0;
  std::vector<Type> types = {};
  enum Flag : uint16_t {
    readsResult = 1,   // the result register is the last source, too
    readsVcc = 2,      // the last source is VCC without being written
    packed = 4,        // op_sel & co. choose halves
    keepsHigh = 8,     // a 16-bit result leaves the register's other half as it is
    vectorResult = 16, // the result must be a vector register
    floatResult = 32,  // omod and clamp mean something
    integerClamp = 64, // the operation saturates
    memory = 128,      // offsets and cache hints
    branch = 256,
    ignored = 512,   // whatever its operands are, nothing happens
    matrix = 1024,   // cbsz, abid
    mixed = 4096,    // op_sel_hi says which operands are of 16 bits: none unless it says so
    bitSigns = 2048, // neg and abs are of 32-bit operands that are not numbers
  };
  uint16_t flags = 0;
};

/// The families; each is a table in its own file.
const std::vector<Operation> &scalarOperations();
const std::vector<Operation> &controlOperations();
const std::vector<Operation> &floatOperations();
const std::vector<Operation> &integerOperations();
const std::vector<Operation> &compareOperations();
const std::vector<Operation> &convertOperations();
const std::vector<Operation> &packedOperations();
const std::vector<Operation> &laneOperations();
const std::vector<Operation> &globalOperations();
const std::vector<Operation> &sharedOperations();
const std::vector<Operation> &matrixOperations();

} // namespace treadle::simulator::gcn

#endif // TREADLE_TOOLS_SIMULATOR_GCN_INSTRUCTION_H
