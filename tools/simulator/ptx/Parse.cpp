//===- Parse.cpp - PTX from text ------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/Fault.h"
#include "tools/simulator/ptx/Module.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>

namespace treadle::simulator::ptx {
namespace {

uint64_t alignTo(uint64_t number, uint64_t to) { return (number + to - 1) / to * to; }

/// Words, numbers and single characters, without comments.
class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) { next(); }

  std::string_view token() const { return current; }
  bool isEnd() const { return current.empty(); }
  /// From the start of the current token.
  size_t position() const { return start; }
  std::string_view between(size_t from, size_t to) const { return text.substr(from, to - from); }

  void next() {
    skip();
    start = at;
    if (at < text.size() && isWord(text[at]))
      while (at < text.size() && isWord(text[at]))
        ++at;
    else if (at < text.size())
      ++at;
    current = text.substr(start, at - start);
  }
  bool accept(std::string_view wanted) {
    if (current != wanted)
      return false;
    next();
    return true;
  }
  void expect(std::string_view wanted) {
    if (!accept(wanted))
      fail(fmt::format("\"{}\" is wanted", wanted));
  }
  std::string take() {
    std::string taken(current);
    next();
    return taken;
  }
  [[noreturn]] void fail(std::string_view why) const {
    size_t line = std::count(text.begin(), text.begin() + std::min(start, text.size()), '\n') + 1;
    throw Fault(fmt::format("PTX line {}, at \"{}\": {}", line, current, why));
  }

private:
  static bool isWord(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' || c == '.';
  }
  void skip() {
    while (at < text.size()) {
      if (std::isspace(static_cast<unsigned char>(text[at])))
        ++at;
      else if (text.substr(at, 2) == "//")
        at = std::min(text.find('\n', at), text.size());
      else if (text.substr(at, 2) == "/*")
        at = std::min(text.find("*/", at), text.size() - 2) + 2;
      else
        return;
    }
  }

  std::string_view text, current;
  size_t at = 0, start = 0;
};

class Parser {
public:
  explicit Parser(std::string_view text) : lexer(text) {}
  Module run();

private:
  uint64_t number();
  unsigned bytesOf(const std::string &type);
  uint64_t alignment() { return lexer.accept(".align") ? number() : 0; }
  void parameters(Entry &entry);
  void body(Entry &entry);
  void registers(Entry &entry);
  void variable(std::map<std::string, Variable> &variables, uint64_t &bytes);
  void global();
  void launchedShared();
  Operand operand();
  void instruction(Entry &entry);

  Lexer lexer;
  Module module;
  std::map<std::string, uint64_t> launched; // shared memory, and its alignment
};

/// Bits: floats as 0f and eight, 0d and sixteen hexadecimal digits.
uint64_t Parser::number() {
  bool isNegative = lexer.accept("-");
  std::string word = lexer.take(), digits = word;
  int base = 0;
  if (word.size() > 2 && word[0] == '0' && std::strchr("fFdD", word[1])) {
    digits = word.substr(2);
    base = 16;
  }
  while (!digits.empty() && digits.back() == 'U')
    digits.pop_back();
  char *end = nullptr;
  uint64_t bits = std::strtoull(digits.c_str(), &end, base);
  if (digits.empty() || *end)
    lexer.fail(fmt::format("\"{}\" is no number", word));
  return isNegative ? -bits : bits;
}

unsigned Parser::bytesOf(const std::string &type) {
  static const std::map<std::string, unsigned> bits = {
      {".pred", 1}, {".b8", 8},   {".u8", 8},   {".s8", 8},   {".b16", 16}, {".u16", 16}, {".s16", 16}, {".f16", 16},
      {".b32", 32}, {".u32", 32}, {".s32", 32}, {".f32", 32}, {".b64", 64}, {".u64", 64}, {".s64", 64}, {".f64", 64}};
  auto found = bits.find(type);
  if (found == bits.end())
    lexer.fail(fmt::format("the type {} is not known", type));
  return (found->second + 7) / 8;
}

Module Parser::run() {
  while (!lexer.isEnd()) {
    std::string word = lexer.take();
    if (word == ".version" || word == ".address_size") {
      lexer.next();
    } else if (word == ".target") {
      module.target = lexer.take();
      while (lexer.accept(","))
        lexer.next();
    } else if (word == ".visible" || word == ".extern" || word == ".weak") {
      continue;
    } else if (word == ".shared") {
      launchedShared();
    } else if (word == ".global" || word == ".const") {
      global();
    } else if (word == ".entry") {
      Entry entry;
      entry.name = lexer.take();
      parameters(entry);
      body(entry);
      module.entries.push_back(std::move(entry));
    } else {
      lexer.fail(fmt::format("{} is not known", word));
    }
  }
  for (const auto &[name, aligned] : launched)
    for (Entry &entry : module.entries) {
      entry.sharedBytes = alignTo(entry.sharedBytes, aligned);
      entry.shared[name] = {entry.sharedBytes, 0};
    }
  return std::move(module);
}

/// .align 16 .b8 name[]: as much as a kernel is launched with, after what it has itself
void Parser::launchedShared() {
  uint64_t aligned = std::max<uint64_t>(alignment(), 1);
  bytesOf(lexer.take());
  launched[lexer.take()] = aligned;
  lexer.expect("[");
  lexer.expect("]");
  lexer.expect(";");
}

/// .param .u64 .ptr .global .align 1 name, ..
void Parser::parameters(Entry &entry) {
  lexer.expect("(");
  while (!lexer.accept(")")) {
    lexer.expect(".param");
    uint64_t aligned = alignment();
    unsigned bytes = bytesOf(lexer.take());
    if (lexer.accept(".ptr")) {
      while (lexer.token().substr(0, 1) == "." && lexer.token() != ".align")
        lexer.next();
      alignment(); // of what it points to
    }
    std::string name = lexer.take();
    uint64_t count = 1;
    if (lexer.accept("[")) {
      count = number();
      lexer.expect("]");
    }
    uint64_t offset = alignTo(entry.parameterBytes, std::max<uint64_t>(aligned, bytes));
    entry.parameters[name] = {offset, bytes * count};
    entry.parameterBytes = offset + bytes * count;
    lexer.accept(",");
  }
}

void Parser::body(Entry &entry) {
  while (!lexer.accept("{")) {
    std::string word = lexer.take();
    if (word == ".maxntid" || word == ".reqntid") {
      entry.mostThreads = 1;
      do
        entry.mostThreads *= number();
      while (lexer.accept(","));
    } else if (word == ".minnctapersm" || word == ".maxnreg" || word == ".maxnctapersm") {
      number();
    } else {
      lexer.fail(fmt::format("{} is not known", word));
    }
  }
  for (int depth = 1; depth > 0;) { // of blocks, which inline assembly has
    if (lexer.isEnd())
      lexer.fail("the text ends within an entry");
    if (lexer.accept("{"))
      ++depth;
    else if (lexer.accept("}"))
      --depth;
    else if (lexer.accept(".reg"))
      registers(entry);
    else if (lexer.accept(".shared"))
      variable(entry.shared, entry.sharedBytes);
    else if (lexer.accept(".local"))
      variable(entry.local, entry.localBytes);
    else if (lexer.accept(".pragma"))
      while (!lexer.accept(";"))
        lexer.next();
    else
      instruction(entry);
  }
}

/// .reg .b32 %r<12>;
void Parser::registers(Entry &entry) {
  std::string type = lexer.take(), name = lexer.take();
  unsigned bits = type == ".pred" ? 1 : 8 * bytesOf(type);
  if (lexer.accept("<")) {
    number();
    lexer.expect(">");
  }
  entry.registers[name] = bits;
  lexer.expect(";");
}

/// .align 16 .b8 name[64];
void Parser::variable(std::map<std::string, Variable> &variables, uint64_t &bytes) {
  uint64_t aligned = std::max<uint64_t>(alignment(), 1);
  unsigned element = bytesOf(lexer.take());
  std::string name = lexer.take();
  uint64_t count = 1;
  if (lexer.accept("[")) {
    count = number();
    lexer.expect("]");
  }
  lexer.expect(";");
  uint64_t offset = alignTo(bytes, std::max<uint64_t>(aligned, element));
  variables[name] = {offset, element * count};
  bytes = offset + element * count;
}

/// .align 4 .b8 name[16] = {1, 2, ..};
void Parser::global() {
  Global made;
  made.alignment = std::max<uint64_t>(alignment(), 1);
  unsigned element = bytesOf(lexer.take());
  made.name = lexer.take();
  uint64_t count = 1;
  if (lexer.accept("[")) {
    count = number();
    lexer.expect("]");
  }
  made.bytes.resize(element * count);
  if (lexer.accept("=")) {
    bool isList = lexer.accept("{");
    size_t at = 0;
    do {
      uint64_t bits = number();
      if (at + element > made.bytes.size())
        lexer.fail("more values than the variable holds");
      std::memcpy(made.bytes.data() + at, &bits, element);
      at += element;
    } while (lexer.accept(","));
    if (isList)
      lexer.expect("}");
  }
  lexer.expect(";");
  module.globals.push_back(std::move(made));
}

Operand Parser::operand() {
  Operand made;
  if (lexer.accept("{")) {
    made.kind = Operand::Kind::list;
    do
      made.of.push_back(operand());
    while (lexer.accept(","));
    lexer.expect("}");
    return made;
  }
  if (lexer.accept("[")) {
    made.kind = Operand::Kind::address;
    if (std::isdigit(static_cast<unsigned char>(lexer.token()[0])))
      made.number = number();
    else
      made.name = lexer.take();
    if (lexer.accept("+"))
      made.number = number();
    else if (lexer.token() == "-")
      made.number = number();
    if (lexer.accept(",")) // a place in a tensor
      made.of = operand().of;
    lexer.expect("]");
    return made;
  }
  if (lexer.token() == "-" || std::isdigit(static_cast<unsigned char>(lexer.token()[0]))) {
    made.kind = Operand::Kind::number;
    made.number = number();
    return made;
  }
  made.name = lexer.take();
  if (lexer.accept("|")) {
    Operand first = std::move(made), second;
    second.name = lexer.take();
    made = {};
    made.kind = Operand::Kind::list;
    made.of = {std::move(first), std::move(second)};
  }
  return made;
}

/// label:    or    @!%p1 word.word operand, operand;
void Parser::instruction(Entry &entry) {
  size_t from = lexer.position();
  Instruction made;
  if (lexer.accept("@")) {
    made.isGuardNegated = lexer.accept("!");
    made.guard = lexer.take();
  }
  std::string word = lexer.take();
  if (lexer.accept(":")) {
    if (lexer.accept(":")) { // "L1::no_allocate" and the like
      word += "::" + lexer.take();
    } else {
      entry.labels[word] = entry.instructions.size();
      return;
    }
  }
  while (lexer.token() == ":") {
    lexer.next();
    lexer.expect(":");
    word += "::" + lexer.take();
  }
  for (size_t at = 0; at <= word.size();) {
    size_t dot = std::min(word.find('.', at), word.size());
    made.words.push_back(word.substr(at, dot - at));
    at = dot + 1;
  }
  if (!lexer.accept(";")) {
    do
      made.operands.push_back(operand());
    while (lexer.accept(","));
    lexer.expect(";");
  }
  std::string_view text = lexer.between(from, lexer.position());
  for (char c : text.substr(0, text.find(';')))
    made.text += std::isspace(static_cast<unsigned char>(c)) ? ' ' : c;
  entry.instructions.push_back(std::move(made));
}

} // namespace

Module parse(std::string_view text) { return Parser(text.substr(0, text.find('\0'))).run(); }

} // namespace treadle::simulator::ptx
