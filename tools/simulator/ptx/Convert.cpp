//===- Convert.cpp - from type to type, from register to register ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/FloatOps.h"
#include <cstring>
#include <limits>

namespace treadle::simulator::ptx {
namespace {

enum Rounding : int64_t { none, toEven, toZero, down, up };
constexpr int64_t saturates = 8, rectifies = 16;

template <typename F> Handler byType(Decoder &decoder, Type type, F make) {
  switch (type) {
  case Type::u8:
  case Type::b8:
    return make(uint8_t());
  case Type::s8:
    return make(int8_t());
  case Type::u16:
  case Type::b16:
    return make(uint16_t());
  case Type::s16:
    return make(int16_t());
  case Type::u32:
  case Type::b32:
    return make(uint32_t());
  case Type::s32:
    return make(int32_t());
  case Type::u64:
  case Type::b64:
    return make(uint64_t());
  case Type::s64:
    return make(int64_t());
  case Type::f16:
    return make(Half());
  case Type::bf16:
    return make(Brain());
  case Type::f32:
    return make(float());
  case Type::f64:
    return make(double());
  default:
    decoder.unknown("the type is not known here");
  }
}

template <typename T> constexpr bool isInteger = std::is_integral_v<T>;

template <typename T> double widen(T value) {
  if constexpr (std::is_same_v<T, double>)
    return value;
  else
    return static_cast<float>(value);
}

double roundToIntegral(double value, int64_t rounding) {
  switch (rounding) {
  case toEven:
    return std::nearbyint(value);
  case toZero:
    return std::trunc(value);
  case down:
    return std::floor(value);
  case up:
    return std::ceil(value);
  default:
    return value;
  }
}

/// Floats become the nearest that there is of D; NaN becomes 0.
template <typename D> D toInteger(double value) {
  constexpr double low = std::numeric_limits<D>::min(), beyond = 2.0 * (std::numeric_limits<D>::max() / 2 + 1);
  if (value != value)
    return 0;
  if (value <= low)
    return std::numeric_limits<D>::min();
  if (value >= beyond)
    return std::numeric_limits<D>::max();
  return static_cast<D>(value);
}

template <typename D, typename S> D convert(S value, int64_t how) {
  int64_t rounding = how & ~(saturates | rectifies);
  if constexpr (isInteger<S> && isInteger<D>) {
    if (!(how & saturates))
      return static_cast<D>(value);
    using Limits = std::numeric_limits<D>;
    auto exact = static_cast<__int128>(value);
    if (exact < Limits::min())
      return Limits::min();
    return exact > Limits::max() ? Limits::max() : static_cast<D>(value);
  } else if constexpr (isInteger<S>) {
    // A float of 16 bits overflows long before an integer does not fit f64.
    if constexpr (sizeof(D) == 2)
      return static_cast<D>(static_cast<double>(value));
    else
      return static_cast<D>(value);
  } else if constexpr (isInteger<D>) {
    return toInteger<D>(roundToIntegral(widen(value), rounding));
  } else {
    double exact = widen(value);
    if (sizeof(S) == sizeof(D))
      exact = roundToIntegral(exact, rounding);
    if (how & saturates)
      exact = exact > 0 ? std::min(exact, 1.0) : 0.0;
    if (how & rectifies && exact < 0)
      exact = 0;
    return static_cast<D>(exact);
  }
}

template <typename T> T readLane(const Warp &warp, uint32_t place, unsigned bits, unsigned i) {
  T value;
  std::memcpy(&value, warp.lanes<char>(place) + i * bits / 8, sizeof(T));
  return value;
}

/// Into a register that may be wider: numbers keep their value.
template <typename T> void writeLane(const Warp &warp, uint32_t place, unsigned bits, unsigned i, T value) {
  char *to = warp.lanes<char>(place) + i * bits / 8;
  if constexpr (isInteger<T>) {
    auto wide = static_cast<int64_t>(value);
    std::memcpy(to, &wide, bits / 8);
  } else {
    std::memset(to, 0, bits / 8);
    std::memcpy(to, &value, sizeof(T));
  }
}

/// Two floats into one word, the first into its upper half.
Handler convertTwo(Decoder &decoder, Type to) {
  bool clips = decoder.op.number & saturates;
  if (decoder.type() != Type::f32 || clips)
    decoder.unknown("two floats are known to come from f32 only");
  decoder.operands(Type::b32, 3);
  auto make = [](auto tag) -> Handler {
    using T = decltype(tag);
    return [](Warp &warp, const Op &op) {
      auto half = [&](unsigned operand, unsigned i) {
        float number = warp.lanes<float>(op.at[operand])[i];
        return std::bit_cast<uint16_t>(static_cast<T>(op.number & rectifies && number < 0 ? 0 : number));
      };
      forLanes(warp.mask, [&](unsigned i) {
        uint16_t high = half(1, i), low = half(2, i);
        warp.lanes<uint32_t>(op.at[0])[i] = uint32_t(high) << 16 | low;
      });
    };
  };
  return to == Type::f16x2 ? make(Half()) : make(Brain());
}

Handler cvt(Decoder &decoder) {
  constexpr std::pair<std::string_view, Rounding> roundings[] = {
      {"rn", toEven}, {"rni", toEven}, {"rzi", toZero}, {"rmi", down}, {"rpi", up}};
  bool toIntegral = false;
  for (auto [name, meaning] : roundings)
    if (decoder.accept(name)) {
      decoder.op.number = meaning;
      toIntegral = name.size() == 3;
    }
  if (decoder.accept("sat"))
    decoder.op.number |= saturates;
  if (decoder.accept("relu")) // what is less than 0 is 0, and NaN stays
    decoder.op.number |= rectifies;
  Type to = decoder.type();
  if (to == Type::f16x2 || to == Type::bf16x2)
    return convertTwo(decoder, to);
  Type from = decoder.type();
  if (isFloat(to) && isFloat(from) && !toIntegral)
    decoder.op.number &= saturates | rectifies; // "rn" says how a narrower float is rounded
  decoder.looseOperand(to, 0);
  decoder.looseOperand(from, 1);
  bool isExact = decoder.op.bits[0] == bitsOf(to) && decoder.op.bits[1] == bitsOf(from);
  return byType(decoder, to, [&](auto d) {
    return byType(decoder, from, [&](auto s) -> Handler {
      using D = decltype(d);
      using S = decltype(s);
      if constexpr (isInteger<D> && isInteger<S>)
        if (isExact && !decoder.op.number)
          return unary<D, S>([](S value) { return static_cast<D>(value); });
      return [](Warp &warp, const Op &op) {
        forLanes(warp.mask, [&](unsigned i) {
          writeLane<D>(warp, op.at[0], op.bits[0], i,
                       convert<D, S>(readLane<S>(warp, op.at[1], op.bits[1], i), op.number));
        });
      };
    });
  });
}

// ---- mov -------------------------------------------------------------------------------------

/// Parts into one register, or one register into parts.
Handler moveList(Decoder &decoder, Type type, bool packs) {
  const Operand &list = decoder.instruction->operands[packs ? 1 : 0];
  auto count = static_cast<unsigned>(list.of.size());
  unsigned bits = bitsOf(type) / count;
  if (bits < 16)
    decoder.unknown("parts of 16 bits or more are known");
  if (packs)
    decoder.operand(type);
  decoder.list(bits, count);
  if (!packs)
    decoder.operand(type);
  decoder.op.count = static_cast<uint8_t>(count);
  decoder.op.bytes = static_cast<uint8_t>(bits / 8);
  auto copy = [](Warp &warp, const Op &op, uint32_t whole, unsigned firstPart, bool packs) {
    forLanes(warp.mask, [&](unsigned i) {
      char *at = warp.lanes<char>(whole) + i * op.count * op.bytes;
      for (unsigned k = 0; k < op.count; ++k) {
        char *part = warp.lanes<char>(op.at[firstPart + k]) + i * op.bytes;
        std::memcpy(packs ? at + k * op.bytes : part, packs ? part : at + k * op.bytes, op.bytes);
      }
    });
  };
  static const auto copyParts = copy;
  if (packs)
    return [](Warp &warp, const Op &op) { copyParts(warp, op, op.at[0], 1, true); };
  return [](Warp &warp, const Op &op) { copyParts(warp, op, op.at[op.count], 0, false); };
}

Handler mov(Decoder &decoder) {
  Type type = decoder.type();
  const std::vector<Operand> &operands = decoder.instruction->operands;
  if (operands.size() == 2 && operands[1].kind == Operand::Kind::list)
    return moveList(decoder, type, true);
  if (operands.size() == 2 && operands[0].kind == Operand::Kind::list)
    return moveList(decoder, type, false);
  decoder.operands(type, 2);
  if (type == Type::pred)
    return [](Warp &warp, const Op &op) {
      uint32_t &d = warp.bitsOf(op.at[0]);
      d = (d & ~warp.mask) | (warp.bitsOf(op.at[1]) & warp.mask);
    };
  switch (bitsOf(type)) {
  case 16:
    return unary<uint16_t, uint16_t>([](uint16_t a) { return a; });
  case 32:
    return unary<uint32_t, uint32_t>([](uint32_t a) { return a; });
  default:
    return unary<uint64_t, uint64_t>([](uint64_t a) { return a; });
  }
}

/// Addresses of global memory are the same everywhere.
/// Generic addresses of device memory and of arguments are what they are there: they are far from each other.
Handler cvta(Decoder &decoder) {
  decoder.accept("to");
  if (!decoder.accept("global") && !decoder.accept("param"))
    decoder.unknown("only global addresses and those of arguments are known");
  Type type = decoder.type();
  decoder.operands(type, 2);
  if (bitsOf(type) != 64)
    decoder.unknown("addresses have 64 bits");
  return unary<uint64_t, uint64_t>([](uint64_t a) { return a; });
}

} // namespace

std::span<const Row> convertRows() {
  static constexpr Row rows[] = {{"cvt", cvt}, {"mov", mov}, {"cvta", cvta}};
  return rows;
}

} // namespace treadle::simulator::ptx
