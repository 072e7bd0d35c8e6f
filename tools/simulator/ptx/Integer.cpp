//===- Integer.cpp - integers, bits and predicates ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/Decode.h"
#include "tools/simulator/ptx/FloatOps.h"
#include <algorithm>
#include <limits>
#include <type_traits>

namespace treadle::simulator::ptx {
namespace {

template <typename T> using Unsigned = std::make_unsigned_t<T>;

/// The type with twice the bits.
template <typename T> struct WideOf;
template <> struct WideOf<uint16_t> {
  using Type = uint32_t;
};
template <> struct WideOf<int16_t> {
  using Type = int32_t;
};
template <> struct WideOf<uint32_t> {
  using Type = uint64_t;
};
template <> struct WideOf<int32_t> {
  using Type = int64_t;
};
template <> struct WideOf<uint64_t> {
  using Type = unsigned __int128;
};
template <> struct WideOf<int64_t> {
  using Type = __int128;
};
template <typename T> using Wide = typename WideOf<T>::Type;

// Sums and products wrap, which C++ says of unsigned numbers only.
template <typename T> T plus(T a, T b) { return static_cast<T>(Wide<Unsigned<T>>(Unsigned<T>(a)) + Unsigned<T>(b)); }
template <typename T> T minus(T a, T b) { return static_cast<T>(Wide<Unsigned<T>>(Unsigned<T>(a)) - Unsigned<T>(b)); }
template <typename T> T times(T a, T b) { return static_cast<T>(Wide<Unsigned<T>>(Unsigned<T>(a)) * Unsigned<T>(b)); }
template <typename T> T high(T a, T b) { return static_cast<T>((Wide<T>(a) * Wide<T>(b)) >> (8 * sizeof(T))); }

// ---- arithmetic ------------------------------------------------------------------------------

/// Additions of long numbers, a part at a time: the carry stays in the warp.
Handler carried(Decoder &decoder, bool isSum, bool takes) {
  bool gives = !takes || decoder.accept("cc");
  Type type = decoder.type();
  decoder.operands(type, 3);
  decoder.op.number = (isSum ? 1 : 0) | (takes ? 2 : 0) | (gives ? 4 : 0);
  return byInteger(decoder, type, [](auto tag) -> Handler {
    using T = Unsigned<decltype(tag)>;
    return [](Warp &warp, const Op &op) {
      bool isSum = op.number & 1, takes = op.number & 2, gives = op.number & 4;
      forLanes(warp.mask, [&](unsigned i) {
        T a = warp.lanes<T>(op.at[1])[i], b = warp.lanes<T>(op.at[2])[i];
        auto exact = static_cast<Wide<T>>(a), in = static_cast<Wide<T>>(takes && (warp.carry >> i & 1));
        exact = isSum ? exact + b + in : exact - b - in;
        warp.lanes<T>(op.at[0])[i] = static_cast<T>(exact);
        if (gives)
          warp.carry = (warp.carry & ~(UINT32_C(1) << i)) | static_cast<uint32_t>(exact >> (8 * sizeof(T)) & 1) << i;
      });
    };
  });
}

int32_t saturate(int64_t exact) {
  using Limits = std::numeric_limits<int32_t>;
  return static_cast<int32_t>(std::clamp<int64_t>(exact, Limits::min(), Limits::max()));
}

template <bool isSum> Handler addOrSub(Decoder &decoder) {
  if (isFloatInstruction(decoder))
    return isSum ? floatAdd(decoder) : floatSub(decoder);
  if (decoder.accept("cc"))
    return carried(decoder, isSum, false);
  bool isSaturated = decoder.accept("sat");
  Type type = decoder.type();
  decoder.operands(type, 3);
  if (isSaturated && type != Type::s32)
    decoder.unknown("saturation is known of s32 only");
  if (isSaturated)
    return binary<int32_t, int32_t, int32_t>(
        [](int32_t a, int32_t b) { return saturate(isSum ? int64_t(a) + b : int64_t(a) - b); });
  return byInteger(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return binary<T, T, T>([](T a, T b) { return isSum ? plus(a, b) : minus(a, b); });
  });
}

Handler addc(Decoder &decoder) { return carried(decoder, true, true); }
Handler subc(Decoder &decoder) { return carried(decoder, false, true); }

Handler mul(Decoder &decoder) {
  if (isFloatInstruction(decoder))
    return floatMul(decoder);
  std::string_view part = decoder.take();
  Type type = decoder.type();
  decoder.operand(part == "wide" ? 2 * bitsOf(type) : bitsOf(type));
  decoder.operands(type, 2);
  return byInteger(decoder, type, [&](auto tag) -> Handler {
    using T = decltype(tag);
    if (part == "lo")
      return binary<T, T, T>([](T a, T b) { return times(a, b); });
    if (part == "hi")
      return binary<T, T, T>([](T a, T b) { return high(a, b); });
    if constexpr (sizeof(T) < 8)
      if (part == "wide")
        return binary<Wide<T>, T, T>([](T a, T b) { return Wide<T>(a) * Wide<T>(b); });
    decoder.unknown("which part of the product is not known");
  });
}

Handler mad(Decoder &decoder) {
  if (isFloatInstruction(decoder))
    return floatFma(decoder);
  std::string_view part = decoder.take();
  Type type = decoder.type();
  unsigned bits = part == "wide" ? 2 * bitsOf(type) : bitsOf(type);
  decoder.operand(bits);
  decoder.operands(type, 2);
  decoder.operand(bits);
  return byInteger(decoder, type, [&](auto tag) -> Handler {
    using T = decltype(tag);
    if (part == "lo")
      return ternary<T, T, T>([](T a, T b, T c) { return plus(times(a, b), c); });
    if (part == "hi")
      return ternary<T, T, T>([](T a, T b, T c) { return plus(high(a, b), c); });
    if constexpr (sizeof(T) < 8)
      if (part == "wide")
        return ternary<Wide<T>, T, Wide<T>>(
            [](T a, T b, Wide<T> c) { return plus<Wide<T>>(Wide<T>(a) * Wide<T>(b), c); });
    decoder.unknown("which part of the product is not known");
  });
}

/// Division by zero gives all ones, as devices do it.
Handler div(Decoder &decoder) {
  if (isFloatInstruction(decoder))
    return floatDiv(decoder);
  Type type = decoder.type();
  decoder.operands(type, 3);
  return byInteger(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return binary<T, T, T>([](T a, T b) -> T {
      if (b == 0)
        return static_cast<T>(-1);
      if (std::is_signed_v<T> && b == static_cast<T>(-1))
        return minus(T(0), a);
      return a / b;
    });
  });
}

Handler rem(Decoder &decoder) {
  Type type = decoder.type();
  decoder.operands(type, 3);
  return byInteger(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return binary<T, T, T>([](T a, T b) -> T {
      if (b == 0)
        return a;
      if (std::is_signed_v<T> && b == static_cast<T>(-1))
        return 0;
      return a % b;
    });
  });
}

Handler abs(Decoder &decoder) {
  if (isFloatInstruction(decoder))
    return floatAbs(decoder);
  Type type = decoder.type();
  decoder.operands(type, 2);
  return byInteger(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return unary<T, T>([](T a) { return a < 0 ? minus(T(0), a) : a; });
  });
}

Handler neg(Decoder &decoder) {
  if (isFloatInstruction(decoder))
    return floatNeg(decoder);
  Type type = decoder.type();
  decoder.operands(type, 2);
  return byInteger(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return unary<T, T>([](T a) { return minus(T(0), a); });
  });
}

template <bool isMin> Handler minMax(Decoder &decoder) {
  if (isFloatInstruction(decoder))
    return floatMinMax(decoder, isMin);
  bool clips = decoder.accept("relu");
  Type type = decoder.type();
  decoder.operands(type, 3);
  if (clips && type != Type::s32)
    decoder.unknown("\".relu\" is known of s32 only");
  if (clips)
    return binary<int32_t, int32_t, int32_t>(
        [](int32_t a, int32_t b) { return std::max(isMin ? std::min(a, b) : std::max(a, b), 0); });
  return byInteger(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return binary<T, T, T>([](T a, T b) { return isMin ? std::min(a, b) : std::max(a, b); });
  });
}

/// d = c + the products of four bytes each.
Handler dp4a(Decoder &decoder) {
  Type left = decoder.type(), right = decoder.type();
  decoder.operands(Type::b32, 4);
  decoder.op.number = (isSigned(left) ? 1 : 0) | (isSigned(right) ? 2 : 0);
  return [](Warp &warp, const Op &op) {
    auto byte = [](uint32_t word, unsigned k, bool isSigned) {
      uint32_t bits = word >> (8 * k) & 0xff;
      return isSigned ? static_cast<int32_t>(static_cast<int8_t>(bits)) : static_cast<int32_t>(bits);
    };
    forLanes(warp.mask, [&](unsigned i) {
      uint32_t a = warp.lanes<uint32_t>(op.at[1])[i], b = warp.lanes<uint32_t>(op.at[2])[i];
      uint32_t sum = warp.lanes<uint32_t>(op.at[3])[i];
      for (unsigned k = 0; k < 4; ++k)
        sum += static_cast<uint32_t>(byte(a, k, op.number & 1) * byte(b, k, op.number & 2));
      warp.lanes<uint32_t>(op.at[0])[i] = sum;
    });
  };
}

// ---- bits ------------------------------------------------------------------------------------

/// On predicates and on words of bits.
template <typename F> Handler bitwise(Decoder &decoder, F combine) {
  Type type = decoder.type();
  decoder.operands(type, 3);
  if (type == Type::pred)
    return [](Warp &warp, const Op &op) {
      uint32_t &d = warp.bitsOf(op.at[0]);
      d = (d & ~warp.mask) | (F{}(warp.bitsOf(op.at[1]), warp.bitsOf(op.at[2])) & warp.mask);
    };
  return byInteger(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return binary<T, T, T>([](T a, T b) -> T { return F{}(a, b); });
  });
}

Handler bitAnd(Decoder &decoder) {
  return bitwise(decoder, [](auto a, auto b) { return a & b; });
}
Handler bitOr(Decoder &decoder) {
  return bitwise(decoder, [](auto a, auto b) { return a | b; });
}
Handler bitXor(Decoder &decoder) {
  return bitwise(decoder, [](auto a, auto b) { return a ^ b; });
}

Handler bitNot(Decoder &decoder) {
  Type type = decoder.type();
  decoder.operands(type, 2);
  if (type == Type::pred)
    return [](Warp &warp, const Op &op) {
      uint32_t &d = warp.bitsOf(op.at[0]);
      d = (d & ~warp.mask) | (~warp.bitsOf(op.at[1]) & warp.mask);
    };
  return byInteger(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return unary<T, T>([](T a) -> T { return ~a; });
  });
}

/// Shifts by the width or more are shifts by the width.
Handler shl(Decoder &decoder) {
  Type type = decoder.type();
  decoder.operands(type, 2);
  decoder.operand(Type::b32);
  return byInteger(decoder, type, [](auto tag) {
    using T = Unsigned<decltype(tag)>;
    return binary<T, T, uint32_t>(
        [](T a, uint32_t by) -> T { return by < 8 * sizeof(T) ? static_cast<T>(a << by) : 0; });
  });
}
Handler shr(Decoder &decoder) {
  Type type = decoder.type();
  decoder.operands(type, 2);
  decoder.operand(Type::b32);
  return byInteger(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return binary<T, T, uint32_t>([](T a, uint32_t by) -> T {
      if constexpr (std::is_signed_v<T>)
        return a >> std::min<uint32_t>(by, 8 * sizeof(T) - 1);
      else
        return by < 8 * sizeof(T) ? static_cast<T>(a >> by) : 0;
    });
  });
}

/// A word of 32 bits out of two.
Handler shf(Decoder &decoder) {
  bool isLeft = decoder.take() == "l", wraps = decoder.take() == "wrap";
  decoder.type();
  decoder.operands(Type::b32, 4);
  decoder.op.number = (isLeft ? 1 : 0) | (wraps ? 2 : 0);
  return [](Warp &warp, const Op &op) {
    forLanes(warp.mask, [&](unsigned i) {
      uint64_t both = uint64_t(warp.lanes<uint32_t>(op.at[2])[i]) << 32 | warp.lanes<uint32_t>(op.at[1])[i];
      uint32_t by = warp.lanes<uint32_t>(op.at[3])[i];
      by = op.number & 2 ? by & 31 : std::min(by, 32u);
      warp.lanes<uint32_t>(op.at[0])[i] = static_cast<uint32_t>(op.number & 1 ? both << by >> 32 : both >> by);
    });
  };
}

/// A field of bits, from `c` on, `d` wide, extended by its sign if the type has one.
Handler bfe(Decoder &decoder) {
  Type type = decoder.type();
  decoder.operands(type, 2);
  decoder.operands(Type::b32, 2);
  return byInteger(decoder, type, [](auto tag) -> Handler {
    using T = decltype(tag);
    return [](Warp &warp, const Op &op) {
      constexpr unsigned width = 8 * sizeof(T);
      forLanes(warp.mask, [&](unsigned i) {
        T a = warp.lanes<T>(op.at[1])[i];
        unsigned at = warp.lanes<uint32_t>(op.at[2])[i] & 0xff, count = warp.lanes<uint32_t>(op.at[3])[i] & 0xff;
        bool sign = false;
        if (std::is_signed_v<T> && count > 0)
          sign = a >> std::min(at + count - 1, width - 1) & 1;
        T d = 0;
        for (unsigned k = 0; k < width; ++k) {
          bool bit = k < count && at + k < width ? a >> (at + k) & 1 : sign;
          d = static_cast<T>(d | static_cast<T>(Unsigned<T>(bit) << k));
        }
        warp.lanes<T>(op.at[0])[i] = d;
      });
    };
  });
}

/// `a` put into `b`, from bit `c` on, `d` bits of it.
Handler bfi(Decoder &decoder) {
  Type type = decoder.type();
  decoder.operands(type, 3);
  decoder.operands(Type::b32, 2);
  return byInteger(decoder, type, [](auto tag) -> Handler {
    using T = Unsigned<decltype(tag)>;
    return [](Warp &warp, const Op &op) {
      constexpr unsigned width = 8 * sizeof(T);
      forLanes(warp.mask, [&](unsigned i) {
        T a = warp.lanes<T>(op.at[1])[i], b = warp.lanes<T>(op.at[2])[i];
        unsigned at = warp.lanes<uint32_t>(op.at[3])[i] & 0xff, count = warp.lanes<uint32_t>(op.at[4])[i] & 0xff;
        for (unsigned k = 0; k < count && at + k < width; ++k) {
          T bit = T(1) << (at + k);
          b = static_cast<T>(a >> k & 1 ? b | bit : b & ~bit);
        }
        warp.lanes<T>(op.at[0])[i] = b;
      });
    };
  });
}

template <typename F> Handler countBits(Decoder &decoder, F) {
  Type type = decoder.type();
  decoder.operand(Type::b32);
  decoder.operand(type);
  if (bitsOf(type) == 32)
    return unary<uint32_t, uint32_t>(F{});
  if (bitsOf(type) == 64)
    return unary<uint32_t, uint64_t>(F{});
  decoder.unknown("the type is not known here");
}
Handler clz(Decoder &decoder) {
  return countBits(decoder, [](auto a) { return static_cast<uint32_t>(std::countl_zero(a)); });
}
Handler popc(Decoder &decoder) {
  return countBits(decoder, [](auto a) { return static_cast<uint32_t>(std::popcount(a)); });
}

Handler brev(Decoder &decoder) {
  Type type = decoder.type();
  decoder.operands(type, 2);
  return byInteger(decoder, type, [](auto tag) {
    using T = Unsigned<decltype(tag)>;
    return unary<T, T>([](T a) -> T {
      T d = 0;
      for (unsigned k = 0; k < 8 * sizeof(T); ++k)
        d = static_cast<T>(d | T(T(a >> k & 1) << (8 * sizeof(T) - 1 - k)));
      return d;
    });
  });
}

/// Four bytes out of eight, by the digits of `c`.
Handler prmt(Decoder &decoder) {
  decoder.type();
  decoder.operands(Type::b32, 4);
  return [](Warp &warp, const Op &op) {
    forLanes(warp.mask, [&](unsigned i) {
      uint64_t both = uint64_t(warp.lanes<uint32_t>(op.at[2])[i]) << 32 | warp.lanes<uint32_t>(op.at[1])[i];
      uint32_t selector = warp.lanes<uint32_t>(op.at[3])[i], d = 0;
      for (unsigned k = 0; k < 4; ++k) {
        unsigned digit = selector >> (4 * k) & 0xf;
        uint32_t byte = both >> (8 * (digit & 7)) & 0xff;
        if (digit & 8) // its sign eight times
          byte = byte & 0x80 ? 0xff : 0;
        d |= byte << (8 * k);
      }
      warp.lanes<uint32_t>(op.at[0])[i] = d;
    });
  };
}

} // namespace

std::span<const Row> integerRows() {
  static constexpr Row rows[] = {
      {"add", addOrSub<true>},
      {"addc", addc},
      {"sub", addOrSub<false>},
      {"subc", subc},
      {"mul", mul},
      {"mad", mad},
      {"div", div},
      {"rem", rem},
      {"abs", abs},
      {"neg", neg},
      {"min", minMax<true>},
      {"max", minMax<false>},
      {"dp4a", dp4a},
      {"and", bitAnd},
      {"or", bitOr},
      {"xor", bitXor},
      {"not", bitNot},
      {"shl", shl},
      {"shr", shr},
      {"shf", shf},
      {"bfe", bfe},
      {"bfi", bfi},
      {"clz", clz},
      {"popc", popc},
      {"brev", brev},
      {"prmt", prmt},
  };
  return rows;
}

} // namespace treadle::simulator::ptx
