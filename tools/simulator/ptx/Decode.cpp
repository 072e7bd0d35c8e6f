//===- Decode.cpp - from an instruction's text to its handler ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/Decode.h"
#include "tools/simulator/ptx/Order.h"
#include <cstring>
#include <fmt/format.h>
#include <unordered_map>

namespace treadle::simulator::ptx {
namespace {

constexpr struct {
  std::string_view name;
  Type type;
  unsigned bits;
  char kind; // b, u, s, f
} types[] = {
    {"pred", Type::pred, 1, 'b'},      {"b8", Type::b8, 8, 'b'},      {"u8", Type::u8, 8, 'u'},
    {"s8", Type::s8, 8, 's'},          {"b16", Type::b16, 16, 'b'},   {"u16", Type::u16, 16, 'u'},
    {"s16", Type::s16, 16, 's'},       {"f16", Type::f16, 16, 'f'},   {"bf16", Type::bf16, 16, 'f'},
    {"b32", Type::b32, 32, 'b'},       {"u32", Type::u32, 32, 'u'},   {"s32", Type::s32, 32, 's'},
    {"f32", Type::f32, 32, 'f'},       {"tf32", Type::tf32, 32, 'f'}, {"f16x2", Type::f16x2, 32, 'f'},
    {"bf16x2", Type::bf16x2, 32, 'f'}, {"b64", Type::b64, 64, 'b'},   {"u64", Type::u64, 64, 'u'},
    {"s64", Type::s64, 64, 's'},       {"f64", Type::f64, 64, 'f'},
};

const std::unordered_map<std::string_view, const Row *> &rowsByName() {
  static const auto *table = [] {
    auto *made = new std::unordered_map<std::string_view, const Row *>;
    for (std::span<const Row> rows : {integerRows(), compareRows(), floatRows(), convertRows(), memoryRows(),
                                      controlRows(), matrixRows(), asyncMatrixRows(), asyncCopyRows()})
      for (const Row &row : rows)
        made->emplace(row.name, &row);
    return made;
  }();
  return *table;
}

} // namespace

unsigned bitsOf(Type type) { return types[static_cast<int>(type)].bits; }
bool isFloat(Type type) { return types[static_cast<int>(type)].kind == 'f'; }
bool isSigned(Type type) { return types[static_cast<int>(type)].kind == 's'; }

Code::Code(Entry parsed, const std::map<std::string, uint64_t> &globals)
    : KernelCode(parsed.name), entry(std::move(parsed)) {
  Decoder(*this, globals).run();
  order = orderOf(ops);
}

void Decoder::run() {
  allocate(64, 1); // nothing is at 0
  for (const Instruction &next : code.entry.instructions) {
    instruction = &next;
    op = {};
    op.source = &next;
    nextWord = 1;
    nextOperand = 0;
    if (!next.guard.empty()) {
      unsigned bits = 0;
      op.guard = registerAt(next.guard, bits);
      op.isGuardNegated = next.isGuardNegated;
    }
    auto row = rowsByName().find(next.words[0]);
    if (row == rowsByName().end())
      unknown("the instruction is not known");
    op.run = row->second->decode(*this);
    if (!peek().empty())
      unknown(fmt::format("\".{}\" is not known here", peek()));
    if (hasOperand())
      unknown("more operands than are known here");
    code.ops.push_back(op);
  }
  // Whoever runs on past the last instruction has ended.
  static const Instruction last = [] {
    Instruction made;
    made.text = "(end)";
    return made;
  }();
  op = {};
  op.kind = Op::Kind::exit;
  op.source = &last;
  code.ops.push_back(op);
}

void Decoder::unknown(std::string_view why) const {
  throw Fault(fmt::format("{}: \"{}\": {}", code.name, instruction->text, why));
}

// ---- words -----------------------------------------------------------------------------------

std::string_view Decoder::peek() const {
  return nextWord < instruction->words.size() ? std::string_view(instruction->words[nextWord]) : "";
}

std::string_view Decoder::take() {
  std::string_view word = peek();
  ++nextWord;
  return word;
}

bool Decoder::accept(std::string_view word) {
  if (peek() != word)
    return false;
  ++nextWord;
  return true;
}

Type Decoder::type() {
  for (const auto &row : types)
    if (accept(row.name))
      return row.type;
  unknown(fmt::format("\".{}\" is no type that is known here", peek()));
}

// ---- operands --------------------------------------------------------------------------------

uint32_t Decoder::allocate(unsigned bits, unsigned lanes) {
  constexpr size_t line = 64;
  size_t place = code.initial.size(), bytes = bits == 1 ? sizeof(uint32_t) : bits / 8 * lanes;
  code.initial.resize(place + (bytes + line - 1) / line * line);
  return static_cast<uint32_t>(place);
}

/// A register whose lanes all hold `value`.
uint32_t Decoder::constant(unsigned bits, uint64_t value) {
  if (bits < 64)
    value &= (UINT64_C(1) << bits) - 1;
  if (bits == 1 && value)
    value = allLanes;
  auto [found, isNew] = constants.try_emplace({bits, value}, 0);
  if (isNew) {
    found->second = allocate(bits);
    if (bits == 1)
      std::memcpy(code.initial.data() + found->second, &value, sizeof(uint32_t));
    else
      for (unsigned i = 0; i < warpThreads; ++i)
        std::memcpy(code.initial.data() + found->second + i * bits / 8, &value, bits / 8);
  }
  return found->second;
}

/// "%r12" is of the family "%r"; other names with % are special registers of 32 bits.
uint32_t Decoder::registerAt(const std::string &name, unsigned &bits) {
  if (auto found = registers.find(name); found != registers.end()) {
    bits = found->second.bits;
    return found->second.place;
  }
  auto family = code.entry.registers.find(name);
  if (family == code.entry.registers.end())
    family = code.entry.registers.find(name.substr(0, name.find_last_not_of("0123456789") + 1));
  bool isOwn = family != code.entry.registers.end();
  if (!isOwn && (name.empty() || name[0] != '%'))
    unknown(fmt::format("{} is not known", name));
  bits = isOwn ? family->second : 32;
  uint32_t place = allocate(bits);
  if (!isOwn)
    code.specials.push_back({place, name});
  registers[name] = {place, bits};
  return place;
}

bool Decoder::isVariable(const std::string &name) const {
  return code.entry.shared.count(name) || code.entry.local.count(name) || code.entry.parameters.count(name) ||
         globals.count(name);
}

uint64_t Decoder::addressOf(const std::string &name) const {
  for (const auto *variables : {&code.entry.shared, &code.entry.local, &code.entry.parameters})
    if (auto found = variables->find(name); found != variables->end())
      return found->second.offset;
  auto found = globals.find(name);
  if (found == globals.end())
    unknown(fmt::format("{} is not known", name));
  return found->second;
}

uint32_t Decoder::placeOf(const Operand &operand, unsigned bits) {
  switch (operand.kind) {
  case Operand::Kind::number:
    return constant(bits, operand.number);
  case Operand::Kind::name: {
    if (operand.name == "_")
      return allocate(bits);
    if (isVariable(operand.name))
      return constant(bits, addressOf(operand.name));
    unsigned actual = 0;
    uint32_t place = registerAt(operand.name, actual);
    if (actual != bits)
      unknown(fmt::format("{} has {} bits where {} are wanted", operand.name, actual, bits));
    return place;
  }
  default:
    unknown("a register or a number is wanted");
  }
}

const Operand &Decoder::raw() {
  if (!hasOperand())
    unknown("an operand is missing");
  return instruction->operands[nextOperand++];
}

static uint32_t &firstFree(Op &op) {
  for (uint32_t &place : op.at)
    if (!place)
      return place;
  throw Fault("an instruction has too many operands");
}

void Decoder::operand(unsigned bits) {
  uint32_t place = placeOf(raw(), bits);
  firstFree(op) = place;
}

void Decoder::place(const Operand &operand, Type type) {
  uint32_t place = placeOf(operand, bitsOf(type));
  firstFree(op) = place;
}

void Decoder::looseOperand(Type type, unsigned which) {
  const Operand &next = raw();
  unsigned bits = std::max(bitsOf(type), 16u);
  if (next.kind == Operand::Kind::name && !isVariable(next.name) && next.name != "_")
    registerAt(next.name, bits);
  if (bits < bitsOf(type))
    unknown(fmt::format("{} is too narrow", next.name));
  firstFree(op) = placeOf(next, bits);
  op.bits[which] = static_cast<uint8_t>(bits);
}

void Decoder::list(const std::vector<unsigned> &bits) {
  if (bits.size() == 1 && !nextIsList())
    return operand(bits[0]);
  const Operand &next = raw();
  if (next.kind != Operand::Kind::list || next.of.size() != bits.size())
    unknown(fmt::format("a list of {} registers is wanted", bits.size()));
  for (size_t i = 0; i < bits.size(); ++i)
    firstFree(op) = placeOf(next.of[i], bits[i]);
}

uint32_t Decoder::longList() {
  const Operand &next = raw();
  if (next.kind != Operand::Kind::list)
    unknown("a list of registers is wanted");
  std::vector<uint32_t> places;
  for (const Operand &part : next.of)
    places.push_back(placeOf(part, 32));
  code.lists.push_back(std::move(places));
  return static_cast<uint32_t>(code.lists.size() - 1);
}

void Decoder::looseList(Type type, unsigned count) {
  if (count == 1)
    return looseOperand(type, 0);
  const Operand &next = raw();
  if (next.kind != Operand::Kind::list || next.of.size() != count)
    unknown(fmt::format("a list of {} registers is wanted", count));
  unsigned bits = std::max(bitsOf(type), 16u);
  for (const Operand &part : next.of)
    if (part.kind == Operand::Kind::name && part.name != "_" && !isVariable(part.name))
      registerAt(part.name, bits);
  for (const Operand &part : next.of)
    firstFree(op) = placeOf(part, bits);
  op.bits[0] = static_cast<uint8_t>(bits);
}

void Decoder::address(const std::map<std::string, Variable> *variables) {
  const Operand &next = raw();
  if (next.kind != Operand::Kind::address)
    unknown("an address is wanted");
  op.number = static_cast<int64_t>(next.number);
  uint32_t place = 0;
  if (next.name.empty()) {
    place = constant(64, 0);
  } else if (auto found = variables ? variables->find(next.name) : code.entry.shared.end();
             variables && found != variables->end()) {
    place = constant(64, found->second.offset);
  } else if (isVariable(next.name)) {
    place = constant(64, addressOf(next.name));
  } else {
    unsigned bits = 0;
    place = registerAt(next.name, bits);
    if (bits != 64 && bits != 32)
      unknown("an address of 32 or 64 bits is wanted");
    op.bits[1] = static_cast<uint8_t>(bits);
  }
  if (!op.bits[1])
    op.bits[1] = 64;
  firstFree(op) = place;
}

uint64_t Decoder::number() {
  const Operand &next = raw();
  if (next.kind != Operand::Kind::number)
    unknown("a number is wanted");
  return next.number;
}

} // namespace treadle::simulator::ptx
