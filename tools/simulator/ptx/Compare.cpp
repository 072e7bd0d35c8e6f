//===- Compare.cpp - comparisons, and choices by them -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/FloatOps.h"
#include <type_traits>

namespace treadle::simulator::ptx {
namespace {

enum class Comparison { eq, ne, lt, le, gt, ge, equ, neu, ltu, leu, gtu, geu, num, nan };

Comparison comparison(Decoder &decoder) {
  // Of unsigned numbers there are other names.
  constexpr std::pair<std::string_view, Comparison> names[] = {
      {"eq", Comparison::eq},   {"ne", Comparison::ne},   {"lt", Comparison::lt},   {"le", Comparison::le},
      {"gt", Comparison::gt},   {"ge", Comparison::ge},   {"lo", Comparison::lt},   {"ls", Comparison::le},
      {"hi", Comparison::gt},   {"hs", Comparison::ge},   {"equ", Comparison::equ}, {"neu", Comparison::neu},
      {"ltu", Comparison::ltu}, {"leu", Comparison::leu}, {"gtu", Comparison::gtu}, {"geu", Comparison::geu},
      {"num", Comparison::num}, {"nan", Comparison::nan}};
  for (auto [name, meaning] : names)
    if (decoder.accept(name))
      return meaning;
  decoder.unknown("the comparison is not known");
}

/// A predicate, a bit for each lane.
template <typename A, typename F> uint32_t compareLanes(Warp &warp, const Op &op, unsigned first, F) {
  const A *a = warp.lanes<A>(op.at[first]), *b = warp.lanes<A>(op.at[first + 1]);
  uint32_t result = 0;
  forLanes(warp.mask, [&](unsigned i) { result |= static_cast<uint32_t>(F{}(a[i], b[i])) << i; });
  return result;
}

template <typename T, Comparison C> uint32_t compare(Warp &warp, const Op &op, unsigned first) {
  return compareLanes<T>(warp, op, first, [](T a, T b) {
    bool isUnordered = a != a || b != b;
    switch (C) {
    case Comparison::eq:
      return a == b;
    case Comparison::ne:
      return a != b && !isUnordered;
    case Comparison::lt:
      return a < b;
    case Comparison::le:
      return a <= b;
    case Comparison::gt:
      return a > b;
    case Comparison::ge:
      return a >= b;
    case Comparison::equ:
      return a == b || isUnordered;
    case Comparison::neu:
      return a != b;
    case Comparison::ltu:
      return a < b || isUnordered;
    case Comparison::leu:
      return a <= b || isUnordered;
    case Comparison::gtu:
      return a > b || isUnordered;
    case Comparison::geu:
      return a >= b || isUnordered;
    case Comparison::num:
      return !isUnordered;
    case Comparison::nan:
      return isUnordered;
    }
    return false;
  });
}

/// setp: the destination is op.at[0], its negation op.at[1] (or the same), the predicate to combine with op.at[2].
template <typename T, Comparison C> void setPredicate(Warp &warp, const Op &op) {
  uint32_t result = compare<T, C>(warp, op, 3), other = warp.bitsOf(op.at[2]), inverse = ~result;
  auto combine = [&](uint32_t bits) {
    return op.number == 1 ? bits & other : op.number == 2 ? bits | other : op.number == 3 ? bits ^ other : bits;
  };
  if (op.at[1] != op.at[0]) {
    uint32_t &q = warp.bitsOf(op.at[1]);
    q = (q & ~warp.mask) | (combine(inverse) & warp.mask);
  }
  uint32_t &p = warp.bitsOf(op.at[0]);
  p = (p & ~warp.mask) | (combine(result) & warp.mask);
}

template <typename T> Handler setHandler(Decoder &decoder, Comparison comparison) {
#define TREADLE_CASE(name)                                                                                             \
  case Comparison::name:                                                                                               \
    return setPredicate<T, Comparison::name>;
  switch (comparison) {
    TREADLE_CASE(eq)
    TREADLE_CASE(ne)
    TREADLE_CASE(lt)
    TREADLE_CASE(le)
    TREADLE_CASE(gt)
    TREADLE_CASE(ge)
  default:
    if constexpr (!std::is_integral_v<T>)
      switch (comparison) {
        TREADLE_CASE(equ)
        TREADLE_CASE(neu)
        TREADLE_CASE(ltu)
        TREADLE_CASE(leu)
        TREADLE_CASE(gtu)
        TREADLE_CASE(geu)
        TREADLE_CASE(num)
        TREADLE_CASE(nan)
      default:
        break;
      }
    decoder.unknown("integers are not compared so");
  }
#undef TREADLE_CASE
}

Handler setp(Decoder &decoder) {
  Comparison wanted = comparison(decoder);
  if (decoder.accept("and"))
    decoder.op.number = 1;
  else if (decoder.accept("or"))
    decoder.op.number = 2;
  else if (decoder.accept("xor"))
    decoder.op.number = 3;
  Type type = decoder.type();
  Op &op = decoder.op;
  if (decoder.instruction->operands[0].kind == Operand::Kind::list) {
    decoder.list(1, 2);
    op.at[2] = op.at[0];
  } else {
    decoder.operand(Type::pred);
    op.at[1] = op.at[2] = op.at[0];
  }
  decoder.operands(type, 2);
  if (op.number) {
    decoder.operand(Type::pred);
    op.at[2] = op.at[5];
  }
  switch (type) {
  case Type::f16:
    return setHandler<Half>(decoder, wanted);
  case Type::bf16:
    return setHandler<Brain>(decoder, wanted);
  case Type::f32:
    return setHandler<float>(decoder, wanted);
  case Type::f64:
    return setHandler<double>(decoder, wanted);
  default:
    return byInteger(decoder, type, [&](auto tag) { return setHandler<decltype(tag)>(decoder, wanted); });
  }
}

Handler selp(Decoder &decoder) {
  Type type = decoder.type();
  decoder.operands(type, 3);
  decoder.operand(Type::pred);
  auto make = [](auto tag) -> Handler {
    using T = decltype(tag);
    return [](Warp &warp, const Op &op) {
      T *d = warp.lanes<T>(op.at[0]);
      const T *a = warp.lanes<T>(op.at[1]), *b = warp.lanes<T>(op.at[2]);
      uint32_t which = warp.bitsOf(op.at[3]);
      forLanes(warp.mask, [&](unsigned i) { d[i] = which >> i & 1 ? a[i] : b[i]; });
    };
  };
  return bitsOf(type) == 16 ? make(uint16_t()) : bitsOf(type) == 32 ? make(uint32_t()) : make(uint64_t());
}

} // namespace

std::span<const Row> compareRows() {
  static constexpr Row rows[] = {{"setp", setp}, {"selp", selp}};
  return rows;
}

} // namespace treadle::simulator::ptx
