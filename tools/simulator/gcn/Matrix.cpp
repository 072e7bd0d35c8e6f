//===- Matrix.cpp - the matrix unit (MFMA) -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D = A * B + C on blocks of M x N, summed over K. Which lane and register hold what, by AMD's matrix instruction
// calculator: A's element (i, k) of block b is in lane i + M * (b + blocks * (k / perLane)), element k % perLane of
// what the lane has; B's (k, j) likewise. C and D: in groups of 4 rows,
//
//   32 bits: row i, column j of block b   lane j + N * (i / 4 % (64 / N)), register i % 4 + 4 * (i / (4 * 64 / N)) + ..
//   4 x 4 x 16 blocks                     lane j + 4 * b, register i
//   64 bits, 16 x 16                      lane j + 16 * (i % 4), register pair i / 4
//   64 bits, 4 x 4 x 4 blocks             lane j + 4 * b + 16 * i
//
// Sums run over k in order, each step rounded once; in which order the hardware adds is not documented. With f16 and
// bf16 denormal numbers are zero, in what is read and what is written. EXEC does not matter.
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/Fault.h"
#include "tools/simulator/gcn/Vector.h"
#include <cmath>

namespace treadle::simulator::gcn {
namespace {

// ---- elements --------------------------------------------------------------------------------
// `Value`: what is multiplied and summed; `perLane`: how many a lane has; `read` one from the lane's registers.

template <typename T> T lanePart(const Lanes *registers, unsigned lane, unsigned number) {
  T value;
  uint32_t word = registers[number * sizeof(T) / 4].at[lane];
  auto part = static_cast<BitsOf<T>>(word >> 8 * (number * sizeof(T) % 4));
  std::memcpy(&value, &part, sizeof value);
  return value;
}

struct Single {
  using Value = float;
  static constexpr unsigned perLane = 1;
  static constexpr bool flushes = false;
  static Value read(const Lanes *registers, unsigned lane, unsigned) {
    return std::bit_cast<float>(registers->at[lane]);
  }
};
struct Double {
  using Value = double;
  static constexpr unsigned perLane = 1;
  static constexpr bool flushes = false;
  static Value read(const Lanes *registers, unsigned lane, unsigned) {
    return std::bit_cast<double>(registers[0].at[lane] | uint64_t(registers[1].at[lane]) << 32);
  }
};
struct HalfFour {
  using Value = float;
  static constexpr unsigned perLane = 4;
  static constexpr bool flushes = true;
  static Value read(const Lanes *registers, unsigned lane, unsigned number) {
    return static_cast<float>(flushed(lanePart<Half>(registers, lane, number)));
  }
};
template <unsigned count> struct Brain {
  using Value = float;
  static constexpr unsigned perLane = count;
  static constexpr bool flushes = true;
  static Value read(const Lanes *registers, unsigned lane, unsigned number) {
    return flushed(std::bit_cast<float>(uint32_t(lanePart<uint16_t>(registers, lane, number)) << 16));
  }
};
struct Byte {
  using Value = int32_t;
  static constexpr unsigned perLane = 4;
  static constexpr bool flushes = false;
  static Value read(const Lanes *registers, unsigned lane, unsigned number) {
    return static_cast<int8_t>(registers->at[lane] >> 8 * number);
  }
};

template <typename T> T multiplyAdd(T a, T b, T c) {
  if constexpr (isFloat<T>)
    return std::fma(a, b, c);
  else
    return static_cast<T>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b) + static_cast<uint32_t>(c));
}

// ---- where results are -----------------------------------------------------------------------

struct Place {
  unsigned lane, number;
};

template <typename T, unsigned size, unsigned blocks> Place place(unsigned row, unsigned column, unsigned block) {
  if constexpr (sizeof(T) == 8)
    return size == 16 ? Place{column + 16 * (row % 4), row / 4} : Place{column + 4 * block + 16 * row, 0};
  else if constexpr (size == 4)
    return {column + 4 * block, row};
  constexpr unsigned groups = lanesOfWave / size, perBlock = size * size / lanesOfWave;
  return {column + size * (row / 4 % groups), block * perBlock + row / (4 * groups) * 4 + row % 4};
}

// ---- the product -----------------------------------------------------------------------------

template <typename Element, unsigned size, unsigned depth, unsigned blocks>
void multiply(Wave &wave, const Instruction &instruction) {
  using Value = typename Element::Value;
  constexpr unsigned parts = partsOf<Value>;
  constexpr unsigned results = size * size * blocks / lanesOfWave;
  static_assert(size * blocks * depth == lanesOfWave * Element::perLane);
  const Operand &a = instruction.source[0], &b = instruction.source[1], &c = instruction.source[2];
  if (instruction.blocks > 4 || (blocks >> instruction.blocks) == 0)
    throw Fault("cbsz is more than the instruction has blocks");

  Value sum[results][lanesOfWave];
  Lanes room;
  for (unsigned number = 0; number < results; ++number) {
    BitsOf<Value> bits[lanesOfWave] = {};
    for (unsigned part = 0; part < parts; ++part) {
      unsigned index = c.isVector() ? number * parts + part : part;
      const uint32_t *from = wave.lanes(instruction, c, index, room.at);
      for (unsigned lane = 0; lane < lanesOfWave; ++lane)
        bits[lane] |= BitsOf<Value>(from[lane]) << (32 * part % (8 * sizeof(Value)));
    }
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      sum[number][lane] = std::bit_cast<Value>(bits[lane]);
  }

  for (unsigned block = 0; block < blocks; ++block) {
    unsigned from = (block >> instruction.blocks << instruction.blocks) + (instruction.blocks ? instruction.block : 0);
    auto lane = [](unsigned row, unsigned of, unsigned k) {
      return row + size * (of + blocks * (k / Element::perLane));
    };
    Value left[size][depth], right[depth][size];
    for (unsigned i = 0; i < size; ++i)
      for (unsigned k = 0; k < depth; ++k) {
        left[i][k] = Element::read(&wave.vector[a.index], lane(i, from, k), k % Element::perLane);
        right[k][i] = Element::read(&wave.vector[b.index], lane(i, block, k), k % Element::perLane);
      }
    for (unsigned i = 0; i < size; ++i) {
      Value row[size];
      for (unsigned j = 0; j < size; ++j) {
        Place at = place<Value, size, blocks>(i, j, block);
        row[j] = sum[at.number][at.lane];
      }
      if constexpr (Element::flushes)
        for (Value &value : row)
          value = flushed(value);
      for (unsigned k = 0; k < depth; ++k)
        for (unsigned j = 0; j < size; ++j)
          row[j] = multiplyAdd(left[i][k], right[k][j], row[j]);
      if constexpr (Element::flushes)
        for (Value &value : row)
          value = flushed(value);
      for (unsigned j = 0; j < size; ++j) {
        Place at = place<Value, size, blocks>(i, j, block);
        sum[at.number][at.lane] = row[j];
      }
    }
  }

  for (unsigned number = 0; number < results; ++number)
    for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
      auto bits = std::bit_cast<BitsOf<Value>>(sum[number][lane]);
      for (unsigned part = 0; part < parts; ++part)
        wave.vector[instruction.result.index + number * parts + part].at[lane] =
            static_cast<uint32_t>(uint64_t(bits) >> 32 * part);
    }
  ++wave.counters.matrix;
  wave.counters.matrixFlops += UINT64_C(2) * size * size * depth * blocks;
}

template <typename Element, unsigned size, unsigned depth, unsigned blocks> Operation row(const char *name) {
  return {name,
          multiply<Element, size, depth, blocks>,
          1,
          {Type::any, Type::any, Type::any, typeOf<typename Element::Value>},
          Operation::matrix | Operation::vectorResult};
}

} // namespace

const std::vector<Operation> &matrixOperations() {
  static const std::vector<Operation> rows = {
      row<Single, 32, 1, 2>("v_mfma_f32_32x32x1f32"),
      row<Single, 16, 1, 4>("v_mfma_f32_16x16x1f32"),
      row<Single, 4, 1, 16>("v_mfma_f32_4x4x1f32"),
      row<Single, 32, 2, 1>("v_mfma_f32_32x32x2f32"),
      row<Single, 16, 4, 1>("v_mfma_f32_16x16x4f32"),
      row<HalfFour, 32, 4, 2>("v_mfma_f32_32x32x4f16"),
      row<HalfFour, 16, 4, 4>("v_mfma_f32_16x16x4f16"),
      row<HalfFour, 4, 4, 16>("v_mfma_f32_4x4x4f16"),
      row<HalfFour, 32, 8, 1>("v_mfma_f32_32x32x8f16"),
      row<HalfFour, 16, 16, 1>("v_mfma_f32_16x16x16f16"),
      row<Brain<2>, 32, 2, 2>("v_mfma_f32_32x32x2bf16"),
      row<Brain<2>, 16, 2, 4>("v_mfma_f32_16x16x2bf16"),
      row<Brain<2>, 4, 2, 16>("v_mfma_f32_4x4x2bf16"),
      row<Brain<2>, 32, 4, 1>("v_mfma_f32_32x32x4bf16"),
      row<Brain<2>, 16, 8, 1>("v_mfma_f32_16x16x8bf16"),
      row<Brain<4>, 32, 4, 2>("v_mfma_f32_32x32x4bf16_1k"),
      row<Brain<4>, 16, 4, 4>("v_mfma_f32_16x16x4bf16_1k"),
      row<Brain<4>, 4, 4, 16>("v_mfma_f32_4x4x4bf16_1k"),
      row<Brain<4>, 32, 8, 1>("v_mfma_f32_32x32x8bf16_1k"),
      row<Brain<4>, 16, 16, 1>("v_mfma_f32_16x16x16bf16_1k"),
      row<Byte, 32, 4, 2>("v_mfma_i32_32x32x4i8"),
      row<Byte, 16, 4, 4>("v_mfma_i32_16x16x4i8"),
      row<Byte, 4, 4, 16>("v_mfma_i32_4x4x4i8"),
      row<Byte, 32, 8, 1>("v_mfma_i32_32x32x8i8"),
      row<Byte, 16, 16, 1>("v_mfma_i32_16x16x16i8"),
      row<Double, 16, 4, 1>("v_mfma_f64_16x16x4f64"),
      row<Double, 4, 4, 4>("v_mfma_f64_4x4x4f64"),
  };
  return rows;
}

} // namespace treadle::simulator::gcn
