//===- Vector.h - what one lane computes, for all lanes ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A vector operation is a function of one lane's values; the types of its parameters say what its operands are:
//
//   vectorOperation<[](float a, float b, float c) { return std::fma(a, b, c); }>("v_fma_f32")
//
// bool is one bit of a mask in scalar registers, as parameter or result.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_GCN_VECTOR_H
#define TREADLE_TOOLS_SIMULATOR_GCN_VECTOR_H

#include "tools/simulator/gcn/Wave.h"
#include <utility>

namespace treadle::simulator::gcn {

using Half = _Float16;

/// A result with a mask beside it: a carry.
template <typename T> struct WithMask {
  using Value = T;
  T value;
  bool bit;
};

// ---- types -----------------------------------------------------------------------------------

template <typename T> constexpr Type typeOf = Type::any;
template <> inline constexpr Type typeOf<uint16_t> = Type::b16;
template <> inline constexpr Type typeOf<int16_t> = Type::b16;
template <> inline constexpr Type typeOf<Half> = Type::f16;
template <> inline constexpr Type typeOf<uint32_t> = Type::b32;
template <> inline constexpr Type typeOf<int32_t> = Type::b32;
template <> inline constexpr Type typeOf<float> = Type::f32;
template <> inline constexpr Type typeOf<uint64_t> = Type::b64;
template <> inline constexpr Type typeOf<int64_t> = Type::b64;
template <> inline constexpr Type typeOf<double> = Type::f64;
template <> inline constexpr Type typeOf<bool> = Type::mask;

template <typename T>
constexpr bool isFloat = typeOf<T> == Type::f16 || typeOf<T> == Type::f32 || typeOf<T> == Type::f64;
template <typename T> constexpr unsigned partsOf = sizeof(T) == 8 ? 2 : 1;

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 8, uint64_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint16_t>>;

/// Zero, with the sign of a number that is denormal.
template <typename T> T flushed(T value) {
  using Bits = BitsOf<T>;
  constexpr Bits exponent = sizeof(T) == 8 ? Bits(0x7ffull << 52) : sizeof(T) == 4 ? Bits(0x7f800000) : Bits(0x7c00);
  constexpr Bits sign = Bits(Bits(1) << (8 * sizeof(T) - 1));
  auto bits = std::bit_cast<Bits>(value);
  return (bits & exponent) == 0 ? std::bit_cast<T>(Bits(bits & sign)) : value;
}

template <typename T> Denormals denormalsOf(const Wave &wave) {
  return sizeof(T) == 4 ? wave.denormals32 : wave.denormals64;
}

// ---- operands --------------------------------------------------------------------------------

template <typename T> class Source {
public:
  Source(const Wave &wave, const Instruction &instruction, const Operand &operand) {
    for (unsigned part = 0; part < partsOf<T>; ++part)
      lanes[part] = wave.lanes(instruction, operand, part, room[part].at);
    if constexpr (isFloat<T>)
      if (!denormalsOf<T>(wave).read)
        flush();
  }
  T operator[](unsigned lane) const {
    if constexpr (sizeof(T) == 8)
      return std::bit_cast<T>(lanes[0][lane] | uint64_t(lanes[1][lane]) << 32);
    else
      return std::bit_cast<T>(static_cast<BitsOf<T>>(lanes[0][lane]));
  }

private:
  void flush() {
    for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
      auto bits = std::bit_cast<BitsOf<T>>(flushed((*this)[lane]));
      for (unsigned part = 0; part < partsOf<T>; ++part)
        room[part].at[lane] = static_cast<uint32_t>(uint64_t(bits) >> 32 * part);
    }
    for (unsigned part = 0; part < partsOf<T>; ++part)
      lanes[part] = room[part].at;
  }
  const uint32_t *lanes[partsOf<T>];
  Lanes room[partsOf<T>];
};

template <> class Source<bool> {
public:
  Source(const Wave &wave, const Instruction &, const Operand &operand) {
    uint64_t bits = wave.read64(operand);
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      set[lane] = bits >> lane & 1;
  }
  bool operator[](unsigned lane) const { return set[lane] != 0; }

private:
  uint32_t set[lanesOfWave];
};

// ---- results ---------------------------------------------------------------------------------

/// What comes after the operation: omod, clamp, denormals flushed.
template <typename T> T finish(T value, const Instruction &instruction, bool denormals) {
  constexpr float scales[] = {1, 2, 4, 0.5f};
  if (instruction.outputScale)
    value = static_cast<T>(value * static_cast<T>(scales[instruction.outputScale]));
  if (instruction.clamp) // of NaN, too
    value = value > T(0) ? (value < T(1) ? value : T(1)) : T(0);
  return denormals ? value : flushed(value);
}

template <typename T> class Result {
public:
  void set(unsigned lane, T value) {
    auto bits = std::bit_cast<BitsOf<T>>(value);
    parts[0].at[lane] = static_cast<uint32_t>(bits);
    if constexpr (sizeof(T) == 8)
      parts[1].at[lane] = static_cast<uint32_t>(bits >> 32);
  }
  void write(Wave &wave, const Instruction &instruction) {
    if constexpr (isFloat<T>) {
      bool denormals = denormalsOf<T>(wave).write;
      if (instruction.outputScale || instruction.clamp || !denormals)
        for (unsigned lane = 0; lane < lanesOfWave; ++lane)
          set(lane, finish(get(lane), instruction, denormals));
    }
    for (unsigned part = 0; part < partsOf<T>; ++part)
      wave.write(instruction, part, parts[part].at);
  }

private:
  T get(unsigned lane) const {
    if constexpr (sizeof(T) == 8)
      return std::bit_cast<T>(parts[0].at[lane] | uint64_t(parts[1].at[lane]) << 32);
    else
      return std::bit_cast<T>(static_cast<BitsOf<T>>(parts[0].at[lane]));
  }
  Lanes parts[partsOf<T>];
};

template <> class Result<bool> {
public:
  void set(unsigned lane, bool value) { lanes[lane] = value; }
  uint64_t bits() const {
    uint64_t all = 0;
    for (unsigned lane = 0; lane < lanesOfWave; lane += 8) { // eight bytes of 0 and 1 become eight bits
      uint64_t bytes;
      std::memcpy(&bytes, lanes + lane, sizeof bytes);
      all |= (bytes * UINT64_C(0x0102040810204080) >> 56) << lane;
    }
    return all;
  }
  void write(Wave &wave, const Instruction &instruction) { wave.writeMask(instruction.result, bits()); }

private:
  uint8_t lanes[lanesOfWave];
};

template <typename T> class Result<WithMask<T>> {
public:
  void set(unsigned lane, WithMask<T> value) {
    values.set(lane, value.value);
    mask.set(lane, value.bit);
  }
  void write(Wave &wave, const Instruction &instruction) {
    values.write(wave, instruction);
    wave.writeMask(instruction.mask, mask.bits());
  }

private:
  Result<T> values;
  Result<bool> mask;
};

// ---- operations ------------------------------------------------------------------------------

namespace detail {

template <size_t number, typename T> struct Slot {
  Source<T> source;
};
template <typename Numbers, typename... T> struct Slots;
template <size_t... number, typename... T> struct Slots<std::index_sequence<number...>, T...> : Slot<number, T>... {
  Slots(const Wave &wave, const Instruction &instruction)
      : Slot<number, T>{Source<T>(wave, instruction, instruction.source[number])}... {}
};

template <auto function, typename R, typename... T, size_t... number>
void apply(Wave &wave, const Instruction &instruction, R (*)(T...), std::index_sequence<number...> numbers) {
  Slots<decltype(numbers), T...> slots(wave, instruction);
  Result<R> result;
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    result.set(lane, function(static_cast<const Slot<number, T> &>(slots).source[lane]...));
  result.write(wave, instruction);
}

template <auto function, typename R, typename... T>
void applyAll(Wave &wave, const Instruction &instruction, R (*pointer)(T...)) {
  apply<function>(wave, instruction, pointer, std::index_sequence_for<T...>());
}

template <typename R> struct ResultTypes {
  static constexpr uint8_t count = 1;
  static constexpr uint16_t flags =
      typeOf<R> == Type::mask ? 0 : Operation::vectorResult | (isFloat<R> ? Operation::floatResult : 0);
  static void add(std::vector<Type> &types) { types.push_back(typeOf<R>); }
};
template <typename T> struct ResultTypes<WithMask<T>> {
  static constexpr uint8_t count = 2;
  static constexpr uint16_t flags = ResultTypes<T>::flags;
  static void add(std::vector<Type> &types) { types.insert(types.end(), {typeOf<T>, Type::mask}); }
};

template <typename R, typename... T>
Operation describe(const std::string &name, Handler run, uint16_t flags, R (*)(T...)) {
  Operation operation{name, run, ResultTypes<R>::count, {}, uint16_t(flags | ResultTypes<R>::flags)};
  ResultTypes<R>::add(operation.types);
  (operation.types.push_back(typeOf<T>), ...);
  return operation;
}

} // namespace detail

/// The operation whose lanes each compute `function` of their operands.
template <auto function> void perLane(Wave &wave, const Instruction &instruction) {
  detail::applyAll<function>(wave, instruction, +function);
}

/// With clamp, the operation saturates: then it is `saturating`.
template <auto function, auto saturating> void perLaneSaturating(Wave &wave, const Instruction &instruction) {
  if (instruction.clamp)
    perLane<saturating>(wave, instruction);
  else
    perLane<function>(wave, instruction);
}

/// The row of such an operation.
template <auto function> Operation vectorOperation(const std::string &name, uint16_t flags = 0) {
  return detail::describe(name, perLane<function>, flags, +function);
}
template <auto function, auto saturating> Operation saturatingOperation(const std::string &name, uint16_t flags = 0) {
  return detail::describe(name, perLaneSaturating<function, saturating>, flags | Operation::integerClamp, +function);
}

} // namespace treadle::simulator::gcn

#endif // TREADLE_TOOLS_SIMULATOR_GCN_VECTOR_H
