//===- Wave.h - 64 lanes that run in lockstep --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_GCN_WAVE_H
#define TREADLE_TOOLS_SIMULATOR_GCN_WAVE_H

#include "tools/simulator/Launch.h"
#include "tools/simulator/gcn/Instruction.h"
#include <bit>
#include <cstring>

namespace treadle::simulator::gcn {

/// One register of all lanes.
struct alignas(64) Lanes {
  uint32_t at[lanesOfWave];
};

/// Addresses at which waves find what is not in device memory.
constexpr uint64_t argumentBase = UINT64_C(4) << 48, sharedBase = UINT64_C(2) << 48;

/// The MODE register's bits for denormal numbers: whether they are read, whether they are written.
struct Denormals {
  bool read = true, write = true;
};

/// What a kernel's code says of its waves (the kernel descriptor).
struct WaveSetup {
  uint32_t vectorRegisters = 0; // VGPRs, then AGPRs from `firstAccumulator` on
  uint32_t firstAccumulator = 0;
  uint32_t sharedBytes = 0, privateBytes = 0, argumentBytes = 0;
  uint32_t programResources1 = 0, programResources2 = 0;
  uint16_t properties = 0, preload = 0;
};

class Wave : public Subgroup {
public:
  Wave(const WaveSetup &setup, const std::vector<Instruction> &code, const std::vector<std::string> &texts,
       const Launch &launch, const Dim3 &workgroup, uint32_t first, GlobalMemory &global, SharedMemory &shared,
       Counters &counters);

  State run() override;

  // ---- scalar registers

  uint32_t scalar[scalarRegisters];
  bool scc = false;

  uint64_t scalar64(unsigned index) const {
    uint64_t value;
    std::memcpy(&value, scalar + index, sizeof value);
    return value;
  }
  void setScalar64(unsigned index, uint64_t value) { std::memcpy(scalar + index, &value, sizeof value); }
  uint64_t exec() const { return scalar64(execRegister); }
  uint64_t vcc() const { return scalar64(vccRegister); }
  uint32_t m0() const { return scalar[m0Register]; }

  /// A scalar or constant operand. A constant of 64 bits is one already.
  uint32_t read(const Operand &operand) const {
    return operand.isScalar() ? scalar[operand.index] : static_cast<uint32_t>(operand.value);
  }
  uint64_t read64(const Operand &operand) const { return operand.isScalar() ? scalar64(operand.index) : operand.value; }

  // ---- vector registers

  std::vector<Lanes> vector;

  /// 32 bits of each lane's operand, from register `part` on, modifiers applied. In `room` unless they are a register.
  const uint32_t *lanes(const Instruction &instruction, const Operand &operand, unsigned part, uint32_t *room) const {
    if (operand.isVector() && operand.plain)
      return vector[operand.index + part].at;
    return modifiedLanes(instruction, operand, part, room);
  }
  /// Writes where the instruction writes: EXEC, DPP's and SDWA's selection.
  void write(const Instruction &instruction, unsigned part, const uint32_t *values);
  /// The lanes that an instruction writes.
  uint64_t written(const Instruction &instruction) const;
  /// A bit for each lane, 0 where EXEC is.
  void writeMask(const Operand &operand, uint64_t bits) { setScalar64(operand.index, bits & exec()); }

  Denormals denormals32, denormals64; // the latter of 16 and 64 bits
  uint32_t mode = 0;
  void setMode(uint32_t value);

  // ---- memory

  GlobalMemory &global;
  SharedMemory &shared;
  Counters &counters;
  const Launch &launch;
  std::vector<char> privateMemory; // of each lane, one after another
  uint32_t privateBytes;
  std::vector<uint64_t> addresses; // of the lanes that take part, for the counters

  /// Bytes for a scalar load, from the arguments or device memory.
  const char *readScalarMemory(uint64_t address, size_t bytes);
  uint32_t number() const { return agent; }

  // ---- control

  void branch(uint32_t target) { position = target; }
  void meet() { waiting = true; }
  void end() { ended = true; }

private:
  const uint32_t *modifiedLanes(const Instruction &instruction, const Operand &operand, unsigned part,
                                uint32_t *room) const;
  const std::vector<Instruction> &code;
  const std::vector<std::string> &texts;
  uint32_t agent;
  uint32_t position = 0;
  bool waiting = false, ended = false;
};

/// Something to be said before a fault's text.
[[noreturn]] void faultAtLane(unsigned lane, const char *what);

} // namespace treadle::simulator::gcn

#endif // TREADLE_TOOLS_SIMULATOR_GCN_WAVE_H
