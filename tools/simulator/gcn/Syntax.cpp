//===- Syntax.cpp - the assembler's syntax -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/Syntax.h"
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace treadle::simulator::gcn {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

bool consume(std::string_view &text, std::string_view prefix, std::string_view suffix = "") {
  if (text.size() < prefix.size() + suffix.size() || !text.starts_with(prefix) || !text.ends_with(suffix))
    return false;
  text.remove_prefix(prefix.size());
  text.remove_suffix(suffix.size());
  return true;
}

/// Parts between `separator`s that are in no brackets.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t from = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (text[i] == '[' || text[i] == '('))
      ++depth;
    else if (i < text.size() && (text[i] == ']' || text[i] == ')'))
      --depth;
    else if (i == text.size() || (text[i] == separator && depth == 0)) {
      if (std::string_view part = trim(text.substr(from, i - from)); !part.empty())
        parts.push_back(part);
      from = i + 1;
    }
  }
  return parts;
}

// ---- registers -------------------------------------------------------------------------------

struct Named {
  std::string_view name;
  uint16_t index;
  uint8_t registers;
};
constexpr Named named[] = {
    {"vcc", vccRegister, 2},     {"vcc_lo", vccRegister, 1},   {"vcc_hi", vccRegister + 1, 1},
    {"exec", execRegister, 2},   {"exec_lo", execRegister, 1}, {"exec_hi", execRegister + 1, 1},
    {"m0", m0Register, 1},       {"flat_scratch", 102, 2},     {"flat_scratch_lo", 102, 1},
    {"flat_scratch_hi", 103, 1}, {"xnack_mask", 104, 2},       {"xnack_mask_lo", 104, 1},
    {"xnack_mask_hi", 105, 1},
};

constexpr unsigned generalScalars = 102;

/// "v7", "a[0:15]", "s[2:3]".
bool parseRegister(std::string_view text, const WaveSetup &setup, Operand &operand) {
  for (const Named &one : named)
    if (text == one.name) {
      operand.kind = Operand::Kind::scalar;
      operand.index = one.index;
      operand.registers = one.registers;
      return true;
    }
  if (text.size() < 2)
    return false;
  char file = text.front();
  if (file != 's' && file != 'v' && file != 'a')
    return false;
  text.remove_prefix(1);
  int64_t first, last;
  if (consume(text, "[", "]")) {
    size_t colon = text.find(':');
    if (colon == std::string_view::npos || !parseInteger(text.substr(0, colon), first) ||
        !parseInteger(text.substr(colon + 1), last))
      return false;
  } else {
    if (!parseInteger(text, first))
      return false;
    last = first;
  }
  uint32_t base = file == 'a' ? setup.firstAccumulator : 0;
  uint32_t end = file == 's'                             ? generalScalars
                 : file == 'v' && setup.firstAccumulator ? setup.firstAccumulator
                                                         : setup.vectorRegisters;
  if (first < 0 || last < first || base + last >= end)
    return false;
  operand.kind = file == 's' ? Operand::Kind::scalar : Operand::Kind::vector;
  operand.index = static_cast<uint16_t>(base + first);
  operand.registers = static_cast<uint8_t>(last - first + 1);
  return true;
}

// ---- constants -------------------------------------------------------------------------------

/// A number as the operand's type has it. Of f64 a hexadecimal one is the upper half.
bool parseConstant(std::string_view text, Type type, Operand &operand) {
  operand.kind = Operand::Kind::constant;
  if (text == "src_shared_base") {
    operand.value = sharedBase;
    return true;
  }
  int64_t integer;
  if (parseInteger(text, integer)) {
    bool hexadecimal = text.find('x') != std::string_view::npos;
    operand.value =
        type == Type::f64 && hexadecimal ? static_cast<uint64_t>(integer) << 32 : static_cast<uint64_t>(integer);
    return true;
  }
  std::string copy(text);
  char *end = nullptr;
  double value = std::strtod(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || copy.empty())
    return false;
  bool turn = text.starts_with("0.15915494"); // 1 / 2 pi, whose bits each format defines
  switch (type) {
  case Type::f16:
    operand.value = turn ? 0x3118 : std::bit_cast<uint16_t>(static_cast<_Float16>(value));
    return true;
  case Type::f64:
    operand.value = turn ? UINT64_C(0x3fc45f306dc9c882) : std::bit_cast<uint64_t>(value);
    return true;
  case Type::f32:
  case Type::b32:
  case Type::pair:
    operand.value = turn ? 0x3e22f983 : std::bit_cast<uint32_t>(static_cast<float>(value));
    return true;
  default:
    return false;
  }
}

} // namespace

bool parseInteger(std::string_view text, int64_t &value) {
  bool negative = consume(text, "-");
  int base = consume(text, "0x") ? 16 : 10;
  uint64_t magnitude;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc() || end != text.data() + text.size())
    return false;
  value = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  return true;
}

bool parseList(std::string_view text, std::vector<int64_t> &values) {
  if (!consume(text, "[", "]"))
    return false;
  for (std::string_view part : split(text, ','))
    if (values.emplace_back(); !parseInteger(part, values.back()))
      return false;
  return values.size() <= 8;
}

Syntax parseInstruction(std::string_view text) {
  Syntax syntax;
  size_t space = text.find(' ');
  syntax.mnemonic = text.substr(0, space);
  if (space == std::string_view::npos)
    return syntax;
  syntax.operands = split(text.substr(space), ',');
  if (syntax.operands.empty())
    return syntax;
  std::vector<std::string_view> words = split(syntax.operands.back(), ' ');
  syntax.operands.back() = words.front();
  syntax.modifiers.assign(words.begin() + 1, words.end());
  return syntax;
}

bool parseOperand(std::string_view text, Type type, const WaveSetup &setup, Operand &operand) {
  operand = {};
  operand.type = type;
  if (text == "off")
    return true;
  if (consume(text, "sext(", ")"))
    operand.extendSign = true;
  bool isNumber = text.size() > 1 && text[0] == '-' && (text[1] >= '0' && text[1] <= '9');
  if (consume(text, "neg(", ")") || (!isNumber && consume(text, "-")))
    operand.negate = true;
  if (consume(text, "|", "|") || consume(text, "abs(", ")"))
    operand.absolute = true;
  operand.plain = !operand.negate && !operand.absolute && !operand.extendSign;
  return parseRegister(text, setup, operand) || parseConstant(text, type, operand);
}

} // namespace treadle::simulator::gcn
