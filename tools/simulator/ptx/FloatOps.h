//===- FloatOps.h - floats of 16 bits, and names that integers and floats share ------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_PTX_FLOATOPS_H
#define TREADLE_TOOLS_SIMULATOR_PTX_FLOATOPS_H

#include "tools/simulator/ptx/Decode.h"
#include <cmath>

namespace treadle::simulator::ptx {

using Half = _Float16;

/// The float of 32 bits nearest to `exact` on the side of zero, its last bit set if it is not `exact`: rounding that
/// again to 22 bits or fewer gives what rounding `exact` does.
inline float roundToOdd(double exact) {
  auto rounded = static_cast<float>(exact);
  if (rounded == exact || rounded != rounded)
    return rounded;
  uint32_t bits = std::bit_cast<uint32_t>(rounded);
  if (std::isinf(rounded) || std::fabs(static_cast<double>(rounded)) > std::fabs(exact))
    --bits;
  return std::bit_cast<float>(bits | 1);
}

/// bfloat16.
struct Brain {
  uint16_t bits;

  Brain() = default;
  explicit Brain(double exact) {
    float value = roundToOdd(exact);
    uint32_t word = std::bit_cast<uint32_t>(value);
    if (value != value)
      bits = 0x7fff;
    else
      bits = static_cast<uint16_t>((word + 0x7fff + (word >> 16 & 1)) >> 16);
  }
  operator float() const { return std::bit_cast<float>(uint32_t(bits) << 16); }
};

/// The elements of a register of 32 bits, the first one lowest.
template <typename T> struct Packed {
  static constexpr unsigned count = sizeof(uint32_t) / sizeof(T);
  static T get(uint32_t word, unsigned i) {
    if constexpr (sizeof(T) == 4)
      return std::bit_cast<T>(word);
    else if constexpr (sizeof(T) == 2)
      return std::bit_cast<T>(static_cast<uint16_t>(word >> (16 * i)));
    else
      return std::bit_cast<T>(static_cast<uint8_t>(word >> (8 * i)));
  }
};

/// Whether the instruction's last type is a float's.
bool isFloatInstruction(const Decoder &decoder);

Handler floatAdd(Decoder &decoder);
Handler floatSub(Decoder &decoder);
Handler floatMul(Decoder &decoder);
Handler floatDiv(Decoder &decoder);
Handler floatFma(Decoder &decoder);
Handler floatAbs(Decoder &decoder);
Handler floatNeg(Decoder &decoder);
Handler floatMinMax(Decoder &decoder, bool isMin);

} // namespace treadle::simulator::ptx

#endif // TREADLE_TOOLS_SIMULATOR_PTX_FLOATOPS_H
