//===- Matrix.cpp - the matrix unit ------------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D = A B + C of a warp, as "Matrix Fragments for mma" of "PTX ISA" lay them out. With g = lane / 4, t = lane % 4 and
// p the elements in a register of 32 bits:
//
//     A, m x k    register r: row g + 8 * (r % 2), columns p * t + 4 * p * (r / 2) + 0 .. p - 1
//     B, k x n    register r: rows p * t + 4 * p * r + 0 .. p - 1, column g
//     C, m x n    register r: row g + 8 * (r / 2), column 2 * t + r % 2
//
// Products are exact and so, in f64, are almost all of their sums; a device's sums of floats may be less so.
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/FloatOps.h"
#include <fmt/format.h>

namespace treadle::simulator::ptx {
namespace {

constexpr unsigned rows = 16, columns = 8; // of all shapes that are known

template <typename A, typename B, typename C, unsigned depth> void multiply(Warp &warp, const Op &op) {
  using Sum = std::conditional_t<std::is_integral_v<C>, uint32_t, double>; // integers wrap
  constexpr unsigned p = Packed<A>::count, registersA = rows * depth / p / warpThreads,
                     registersB = columns * depth / p / warpThreads, registersC = rows * columns / warpThreads;
  if (warp.mask != allLanes)
    throw Fault("not all lanes of the warp take part");
  Sum a[rows][depth], b[depth][columns], d[rows][columns];
  auto read = [&](unsigned place, unsigned lane) { return warp.lanes<uint32_t>(op.at[place])[lane]; };
  for (unsigned lane = 0; lane < warpThreads; ++lane) {
    unsigned g = lane / 4, t = lane % 4;
    for (unsigned r = 0; r < registersA; ++r)
      for (unsigned i = 0; i < p; ++i)
        a[g + 8 * (r % 2)][p * t + 4 * p * (r / 2) + i] = Sum(Packed<A>::get(read(registersC + r, lane), i));
    for (unsigned r = 0; r < registersB; ++r)
      for (unsigned i = 0; i < p; ++i)
        b[p * t + 4 * p * r + i][g] = Sum(Packed<B>::get(read(registersC + registersA + r, lane), i));
    for (unsigned r = 0; r < registersC; ++r)
      d[g + 8 * (r / 2)][2 * t + r % 2] = Sum(Packed<C>::get(read(registersC + registersA + registersB + r, lane), 0));
  }
  for (unsigned i = 0; i < rows; ++i)
    for (unsigned k = 0; k < depth; ++k)
      for (unsigned j = 0; j < columns; ++j)
        d[i][j] += a[i][k] * b[k][j];
  for (unsigned lane = 0; lane < warpThreads; ++lane)
    for (unsigned r = 0; r < registersC; ++r)
      warp.lanes<uint32_t>(op.at[r])[lane] =
          std::bit_cast<uint32_t>(static_cast<C>(d[lane / 4 + 8 * (r / 2)][2 * (lane % 4) + r % 2]));
  ++warp.counters.matrix;
  warp.counters.matrixFlops += 2 * rows * columns * depth;
}

/// mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 d, a, b, c
Handler mma(Decoder &decoder) {
  decoder.accept("sync");
  decoder.accept("aligned");
  std::string_view shape = decoder.take();
  if (!decoder.accept("row") || !decoder.accept("col"))
    decoder.unknown("the order of the elements is not known");
  if (decoder.accept("satfinite"))
    decoder.unknown("saturation is not known");
  Type d = decoder.type(), a = decoder.type(), b = decoder.type(), c = decoder.type();
  unsigned depth = shape == "m16n8k8" ? 8 : shape == "m16n8k16" ? 16 : shape == "m16n8k32" ? 32 : 0;
  if (d != c || !depth)
    decoder.unknown("the shape is not known");
  unsigned perRegister = 32 / bitsOf(a);
  decoder.list(32, 4);
  decoder.list(32, rows * depth / perRegister / warpThreads);
  decoder.list(32, columns * depth / perRegister / warpThreads);
  decoder.list(32, 4);
  decoder.op.isConvergent = true;
  struct Known {
    Type sum, a, b;
    unsigned depth;
    Handler handler;
  };
  static constexpr Known known[] = {
      {Type::f32, Type::f16, Type::f16, 8, multiply<Half, Half, float, 8>},
      {Type::f32, Type::f16, Type::f16, 16, multiply<Half, Half, float, 16>},
      {Type::f32, Type::bf16, Type::bf16, 8, multiply<Brain, Brain, float, 8>},
      {Type::f32, Type::bf16, Type::bf16, 16, multiply<Brain, Brain, float, 16>},
      {Type::s32, Type::s8, Type::s8, 16, multiply<int8_t, int8_t, int32_t, 16>},
      {Type::s32, Type::s8, Type::s8, 32, multiply<int8_t, int8_t, int32_t, 32>},
      {Type::s32, Type::u8, Type::s8, 16, multiply<uint8_t, int8_t, int32_t, 16>},
      {Type::s32, Type::u8, Type::s8, 32, multiply<uint8_t, int8_t, int32_t, 32>},
      {Type::s32, Type::s8, Type::u8, 16, multiply<int8_t, uint8_t, int32_t, 16>},
      {Type::s32, Type::s8, Type::u8, 32, multiply<int8_t, uint8_t, int32_t, 32>},
      {Type::s32, Type::u8, Type::u8, 16, multiply<uint8_t, uint8_t, int32_t, 16>},
      {Type::s32, Type::u8, Type::u8, 32, multiply<uint8_t, uint8_t, int32_t, 32>},
  };
  for (const Known &row : known)
    if (row.sum == d && row.a == a && row.b == b && row.depth == depth)
      return row.handler;
  decoder.unknown("this product is not known");
}

} // namespace

std::span<const Row> matrixRows() {
  static constexpr Row table[] = {{"mma", mma}};
  return table;
}

} // namespace treadle::simulator::ptx
