//===- Wave.cpp - 64 lanes that run in lockstep ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/Wave.h"
#include "tools/simulator/Fault.h"
#include "llvm/Support/AMDHSAKernelDescriptor.h"
#include <algorithm>
#include <fmt/format.h>

namespace treadle::simulator::gcn {

using namespace llvm::amdhsa;

// ---- start -----------------------------------------------------------------------------------

Wave::Wave(const WaveSetup &setup, const std::vector<Instruction> &code, const std::vector<std::string> &texts,
           const Launch &launch, const Dim3 &workgroup, uint32_t first, GlobalMemory &global, SharedMemory &shared,
           Counters &counters)
    : vector(setup.vectorRegisters), global(global), shared(shared), counters(counters), launch(launch),
      privateMemory(size_t(lanesOfWave) * setup.privateBytes, '\xff'), privateBytes(setup.privateBytes), code(code),
      texts(texts), agent(first / lanesOfWave) {
  // What nothing has set is a NaN, and an address that faults.
  std::memset(scalar, 0xff, sizeof scalar);
  std::memset(vector.data(), 0xff, vector.size() * sizeof(Lanes));
  uint32_t threads = std::min(lanesOfWave, launch.threads() - first);
  setScalar64(execRegister, threads == lanesOfWave ? ~UINT64_C(0) : (UINT64_C(1) << threads) - 1);

  unsigned next = 0;
  auto has = [&](uint32_t property) { return (setup.properties & property) != 0; };
  auto refuse = [&](uint32_t property, const char *what) {
    if (has(property))
      throw Fault(fmt::format("the kernel asks for {}, which is not simulated", what));
  };
  if (has(KERNEL_CODE_PROPERTY_ENABLE_SGPR_PRIVATE_SEGMENT_BUFFER))
    next += 4;
  refuse(KERNEL_CODE_PROPERTY_ENABLE_SGPR_DISPATCH_PTR, "the dispatch packet");
  refuse(KERNEL_CODE_PROPERTY_ENABLE_SGPR_QUEUE_PTR, "the queue");
  if (has(KERNEL_CODE_PROPERTY_ENABLE_SGPR_KERNARG_SEGMENT_PTR)) {
    setScalar64(next, argumentBase);
    next += 2;
  }
  refuse(KERNEL_CODE_PROPERTY_ENABLE_SGPR_DISPATCH_ID, "the dispatch's number");
  refuse(KERNEL_CODE_PROPERTY_ENABLE_SGPR_PRIVATE_SEGMENT_SIZE, "its private memory's size");
  if (has(KERNEL_CODE_PROPERTY_ENABLE_SGPR_FLAT_SCRATCH_INIT)) {
    setScalar64(next, 0);
    next += 2;
  }
  uint32_t preloaded = setup.preload & 0x7f, from = setup.preload >> 7;
  for (uint32_t i = 0; i < preloaded; ++i) {
    if (sizeof(uint32_t) * (from + i + 1) > launch.arguments.size())
      throw Fault("the kernel has more arguments than it is given");
    std::memcpy(&scalar[next++], launch.arguments.data() + sizeof(uint32_t) * (from + i), sizeof(uint32_t));
  }
  for (unsigned i = 0; i < 3; ++i)
    if (setup.programResources2 & (COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_X << i))
      scalar[next++] = workgroup[i];
  if (setup.programResources2 & COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_INFO)
    throw Fault("the kernel asks for the workgroup's description, which is not simulated");
  if (setup.programResources2 & COMPUTE_PGM_RSRC2_ENABLE_PRIVATE_SEGMENT)
    scalar[next++] = 0; // each wave's private memory is its own

  for (uint32_t lane = 0; !vector.empty() && lane < threads; ++lane) {
    uint32_t thread = first + lane;
    uint32_t x = thread % launch.block[0], y = thread / launch.block[0] % launch.block[1];
    uint32_t z = thread / launch.block[0] / launch.block[1];
    vector[0].at[lane] = x | y << 10 | z << 20;
  }
  setMode(setup.programResources1 >> 12 & 0xff);
}

void Wave::setMode(uint32_t value) {
  if (value & 0xf)
    throw Fault("the kernel rounds otherwise than to nearest even, which is not simulated");
  mode = value;
  auto denormals = [&](unsigned shift) {
    uint32_t bits = value >> shift;
    return Denormals{(bits & FLOAT_DENORM_MODE_FLUSH_DST) != 0, (bits & FLOAT_DENORM_MODE_FLUSH_SRC) != 0};
  };
  denormals32 = denormals(4);
  denormals64 = denormals(6);
}

// ---- run -------------------------------------------------------------------------------------

Subgroup::State Wave::run() {
  waiting = false;
  while (true) {
    uint32_t at = position++;
    if (at >= code.size())
      throw Fault("the kernel runs beyond the end of its code");
    const Instruction &instruction = code[at];
    ++counters.instructions;
    try {
      instruction.run(*this, instruction);
    } catch (const Fault &fault) {
      throw Fault(fmt::format("wave {}, {}: {}", agent, texts[at], fault.what()));
    }
    if (ended)
      return State::ended;
    if (waiting)
      return State::atBarrier;
  }
}

void faultAtLane(unsigned lane, const char *what) { throw Fault(fmt::format("lane {} {}", lane, what)); }

// ---- operands --------------------------------------------------------------------------------

namespace {

uint32_t selectPart(uint32_t value, Select select, bool sign) {
  switch (select) {
  case Select::dword:
    return value;
  case Select::word0:
  case Select::word1: {
    auto word = static_cast<uint16_t>(select == Select::word0 ? value : value >> 16);
    return sign ? static_cast<uint32_t>(static_cast<int16_t>(word)) : word;
  }
  default: {
    auto byte = static_cast<uint8_t>(value >> 8 * (unsigned(select) - unsigned(Select::byte0)));
    return sign ? static_cast<uint32_t>(static_cast<int8_t>(byte)) : byte;
  }
  }
}

uint32_t insertPart(uint32_t old, uint32_t value, Select select, Unused unused) {
  unsigned shift = 0, bits = 32;
  if (select == Select::word0 || select == Select::word1) {
    bits = 16;
    shift = select == Select::word1 ? 16 : 0;
  } else if (select != Select::dword) {
    bits = 8;
    shift = 8 * (unsigned(select) - unsigned(Select::byte0));
  }
  if (bits == 32)
    return value;
  uint32_t mask = ((UINT32_C(1) << bits) - 1) << shift;
  uint32_t part = value << shift & mask;
  switch (unused) {
  case Unused::keep:
    return (old & ~mask) | part;
  case Unused::sign:
    return static_cast<uint32_t>(static_cast<int32_t>(part << (32 - bits - shift)) >> (32 - bits - shift));
  case Unused::zero:
    return part;
  }
  return part;
}

} // namespace

const uint32_t *Wave::modifiedLanes(const Instruction &instruction, const Operand &operand, unsigned part,
                                    uint32_t *room) const {
  switch (operand.kind) {
  case Operand::Kind::vector: {
    const uint32_t *from = vector[operand.index + part].at;
    if (!operand.permuted) {
      std::copy_n(from, lanesOfWave, room);
      break;
    }
    for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
      int other = instruction.permutation->from[lane];
      room[lane] = other >= 0 && exec() >> other & 1 ? from[other] : 0;
    }
    break;
  }
  case Operand::Kind::scalar:
    std::fill_n(room, lanesOfWave, scalar[operand.index + part]);
    break;
  default:
    std::fill_n(room, lanesOfWave, static_cast<uint32_t>(operand.value >> 32 * part));
  }
  if (operand.plain)
    return room;
  if (operand.select != Select::dword)
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      room[lane] = selectPart(room[lane], operand.select, operand.extendSign);
  if (operand.high)
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      room[lane] >>= 16;
  uint32_t sign = operand.type == Type::f16 ? 0x8000 : 0x80000000;
  if (operand.type == Type::f64 && part == 0)
    sign = 0;
  if (operand.absolute)
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      room[lane] &= ~sign;
  if (operand.negate)
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      room[lane] ^= sign;
  return room;
}

uint64_t Wave::written(const Instruction &instruction) const {
  uint64_t lanes = exec();
  if (const Permutation *permutation = instruction.permutation) {
    lanes &= permutation->written;
    if (!permutation->zeroOutside)
      for (unsigned lane = 0; lane < lanesOfWave; ++lane)
        if (int from = permutation->from[lane]; from < 0 || !(exec() >> from & 1))
          lanes &= ~(UINT64_C(1) << lane);
  }
  return lanes;
}

void Wave::write(const Instruction &instruction, unsigned part, const uint32_t *values) {
  uint32_t *to = vector[instruction.result.index + part].at;
  uint64_t lanes = written(instruction);
  Lanes room;
  if (instruction.resultSelect != Select::dword) {
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      room.at[lane] = insertPart(to[lane], values[lane], instruction.resultSelect, instruction.unused);
    values = room.at;
  } else if (instruction.result.high) {
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      room.at[lane] = (to[lane] & 0xffff) | values[lane] << 16;
    values = room.at;
  } else if (instruction.keepsHigh) {
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      room.at[lane] = (to[lane] & 0xffff0000) | (values[lane] & 0xffff);
    values = room.at;
  }
  if (lanes == ~UINT64_C(0)) {
    std::copy_n(values, lanesOfWave, to);
    return;
  }
  counters.divergent += part == 0;
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    to[lane] = lanes >> lane & 1 ? values[lane] : to[lane];
}

// ---- memory ----------------------------------------------------------------------------------

const char *Wave::readScalarMemory(uint64_t address, size_t bytes) {
  if (uint64_t offset = address - argumentBase; address >= argumentBase) {
    if (offset > launch.arguments.size() || bytes > launch.arguments.size() - offset)
      throw Fault(fmt::format("reads bytes {} to {} of the kernel's arguments, which have {}", offset,
                              offset + bytes - 1, launch.arguments.size()));
    return launch.arguments.data() + offset;
  }
  return global.access(address, bytes, Access::read, counters);
}

} // namespace treadle::simulator::gcn
