//===- VectorLanes.cpp - what moves between lanes, and between register files ---===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/Fault.h"
#include "tools/simulator/gcn/Vector.h"
#include <algorithm>

namespace treadle::simulator::gcn {
namespace {

using Flag = Operation::Flag;

uint32_t ofLane(const Wave &wave, const Operand &operand, unsigned lane) {
  return operand.isVector() ? wave.vector[operand.index].at[lane] : wave.read(operand);
}

/// The first lane that takes part; the first of all if none does.
void readFirstLane(Wave &wave, const Instruction &instruction) {
  unsigned lane = wave.exec() ? std::countr_zero(wave.exec()) : 0;
  wave.scalar[instruction.result.index] = ofLane(wave, instruction.source[0], lane);
}
void readLane(Wave &wave, const Instruction &instruction) {
  unsigned lane = wave.read(instruction.source[1]) % lanesOfWave;
  wave.scalar[instruction.result.index] = ofLane(wave, instruction.source[0], lane);
}
void writeLane(Wave &wave, const Instruction &instruction) {
  unsigned lane = wave.read(instruction.source[1]) % lanesOfWave;
  wave.vector[instruction.result.index].at[lane] = wave.read(instruction.source[0]);
}

/// How many bits of the mask's half are those of lanes before this one, and a sum.
template <unsigned half> void countBefore(Wave &wave, const Instruction &instruction) {
  Lanes rooms[2], result;
  const uint32_t *mask = wave.lanes(instruction, instruction.source[0], 0, rooms[0].at);
  const uint32_t *sum = wave.lanes(instruction, instruction.source[1], 0, rooms[1].at);
  for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
    auto before = static_cast<uint32_t>(((UINT64_C(1) << lane) - 1) >> 32 * half);
    result.at[lane] = static_cast<uint32_t>(std::popcount(mask[lane] & before)) + sum[lane];
  }
  wave.write(instruction, 0, result.at);
}

void swap(Wave &wave, const Instruction &instruction) {
  Lanes &a = wave.vector[instruction.result.index], &b = wave.vector[instruction.source[0].index];
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    if (wave.exec() >> lane & 1)
      std::swap(a.at[lane], b.at[lane]);
}

void move64(Wave &wave, const Instruction &instruction) {
  Lanes rooms[2];
  const uint32_t *from[2];
  for (unsigned part = 0; part < 2; ++part)
    from[part] = wave.lanes(instruction, instruction.source[0], part, rooms[part].at);
  if (instruction.source[0].isVector() && instruction.source[0].index + 1 == instruction.result.index) {
    std::copy_n(from[1], lanesOfWave, rooms[1].at); // the first write would be the second's source
    from[1] = rooms[1].at;
  }
  for (unsigned part = 0; part < 2; ++part)
    wave.write(instruction, part, from[part]);
}

} // namespace

const std::vector<Operation> &laneOperations() {
  constexpr Type word = Type::b32;
  static const std::vector<Operation> rows = {
      {"v_readfirstlane_b32", readFirstLane, 1, {Type::any, word}},
      {"v_readlane_b32", readLane, 1, {Type::any, word, word}},
      {"v_writelane_b32", writeLane, 1, {word, word, word}, Flag::vectorResult},
      {"v_mbcnt_lo_u32_b32", countBefore<0>, 1, {word, word, word}, Flag::vectorResult},
      {"v_mbcnt_hi_u32_b32", countBefore<1>, 1, {word, word, word}, Flag::vectorResult},
      {"v_swap_b32", swap, 1, {word, word}, Flag::vectorResult},
      {"v_mov_b64", move64, 1, {Type::b64, Type::b64}, Flag::vectorResult},
      vectorOperation<[](uint32_t a) -> uint32_t { return a; }>("v_accvgpr_read_b32"),
      vectorOperation<[](uint32_t a) -> uint32_t { return a; }>("v_accvgpr_write_b32"),
      vectorOperation<[](uint32_t a) -> uint32_t { return a; }>("v_accvgpr_mov_b32"),
  };
  return rows;
}

} // namespace treadle::simulator::gcn
