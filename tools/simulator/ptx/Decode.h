//===- Decode.h - from an instruction's text to its handler -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each kind of instruction has a row, the name and a function that reads the words after the name and the operands,
// in the order in which they stand there, and gives back the handler. Words or operands that are left over are an
// error: what is not understood is not run.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_PTX_DECODE_H
#define TREADLE_TOOLS_SIMULATOR_PTX_DECODE_H

#include "tools/simulator/ptx/Warp.h"
#include <span>

namespace treadle::simulator::ptx {

enum class Type {
  pred,
  b8,
  u8,
  s8,
  b16,
  u16,
  s16,
  f16,
  bf16,
  b32,
  u32,
  s32,
  f32,
  tf32,
  f16x2,
  bf16x2,
  b64,
  u64,
  s64,
  f64
};
unsigned bitsOf(Type type);
bool isFloat(Type type);
bool isSigned(Type type);

class Decoder {
public:
  Decoder(Code &code, const std::map<std::string, uint64_t> &globals) : code(code), globals(globals) {}
  void run();

  // ---- words after the name

  /// Takes the next word if it is `word`.
  bool accept(std::string_view word);
  /// Takes the next word, which must be a type.
  Type type();
  /// The next word, "" after the last; and takes it.
  std::string_view peek() const;
  std::string_view take();

  // ---- operands

  /// Takes the next operand: a register of `bits` bits, or a number, and adds its place to the instruction's.
  void operand(unsigned bits);
  void operand(Type type) { operand(bitsOf(type)); }
  void operands(Type type, unsigned count) {
    while (count-- > 0)
      operand(type);
  }
  /// A register of any width but a predicate, or a number as wide as `type`; how wide stands in Op::bits[`which`].
  void looseOperand(Type type, unsigned which);
  /// A list of registers as wide as that; one alone needs no list.
  void list(const std::vector<unsigned> &bits);
  void list(unsigned bits, unsigned count) { list(std::vector<unsigned>(count, bits)); }
  /// A list of registers of 32 bits, any number of them: of which Code::lists it is.
  uint32_t longList();
  /// The same, of any width but equal to each other.
  void looseList(Type type, unsigned count);
  /// A register or variable, to which Op::number is added. `variables`: those of the memory.
  void address(const std::map<std::string, Variable> *variables);
  /// A number.
  uint64_t number();
  /// Adds the place of an operand that was taken raw().
  void place(const Operand &operand, Type type);
  /// The next operand, as it stands.
  const Operand &raw();
  bool nextIsList() const { return hasOperand() && instruction->operands[nextOperand].kind == Operand::Kind::list; }
  bool hasOperand() const { return nextOperand < instruction->operands.size(); }

  [[noreturn]] void unknown(std::string_view why) const;

  Op op;
  Code &code;
  const Instruction *instruction = nullptr;

private:
  uint32_t allocate(unsigned bits, unsigned lanes = warpThreads);
  uint32_t constant(unsigned bits, uint64_t value);
  uint32_t registerAt(const std::string &name, unsigned &bits);
  uint32_t placeOf(const Operand &operand, unsigned bits);
  uint64_t addressOf(const std::string &variable) const;
  bool isVariable(const std::string &name) const;

  const std::map<std::string, uint64_t> &globals;
  size_t nextWord = 0, nextOperand = 0;
  struct Register {
    uint32_t place;
    unsigned bits;
  };
  std::map<std::string, Register> registers;
  std::map<std::pair<unsigned, uint64_t>, uint32_t> constants;
};

struct Row {
  std::string_view name;
  Handler (*decode)(Decoder &decoder);
};
std::span<const Row> integerRows(), compareRows(), floatRows(), convertRows(), memoryRows(), controlRows(),
    matrixRows(), asyncMatrixRows(), asyncCopyRows();
/// The rest of cp.async.bulk.
Handler bulkCopy(Decoder &decoder);

// ---- handlers by type ------------------------------------------------------------------------

/// `make` for the C++ type of an integer type of 16 bits or more.
template <typename F> Handler byInteger(Decoder &decoder, Type type, F make) {
  switch (type) {
  case Type::b16:
  case Type::u16:
    return make(uint16_t());
  case Type::s16:
    return make(int16_t());
  case Type::b32:
  case Type::u32:
    return make(uint32_t());
  case Type::s32:
    return make(int32_t());
  case Type::b64:
  case Type::u64:
    return make(uint64_t());
  case Type::s64:
    return make(int64_t());
  default:
    decoder.unknown("the type is not known here");
  }
}

/// d = F(a, ..), for each lane.
template <typename D, typename A, typename F> Handler unary(F) {
  return [](Warp &warp, const Op &op) {
    D *d = warp.lanes<D>(op.at[0]);
    const A *a = warp.lanes<A>(op.at[1]);
    forLanes(warp.mask, [&](unsigned i) { d[i] = F{}(a[i]); });
  };
}
template <typename D, typename A, typename B, typename F> Handler binary(F) {
  return [](Warp &warp, const Op &op) {
    D *d = warp.lanes<D>(op.at[0]);
    const A *a = warp.lanes<A>(op.at[1]);
    const B *b = warp.lanes<B>(op.at[2]);
    forLanes(warp.mask, [&](unsigned i) { d[i] = F{}(a[i], b[i]); });
  };
}
template <typename D, typename A, typename C, typename F> Handler ternary(F) {
  return [](Warp &warp, const Op &op) {
    D *d = warp.lanes<D>(op.at[0]);
    const A *a = warp.lanes<A>(op.at[1]), *b = warp.lanes<A>(op.at[2]);
    const C *c = warp.lanes<C>(op.at[3]);
    forLanes(warp.mask, [&](unsigned i) { d[i] = F{}(a[i], b[i], c[i]); });
  };
}
} // namespace treadle::simulator::ptx

#endif // TREADLE_TOOLS_SIMULATOR_PTX_DECODE_H
