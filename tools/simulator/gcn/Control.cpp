//===- Control.cpp - branches, barriers, and what waits for nothing here -----===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/Fault.h"
#include "tools/simulator/gcn/Wave.h"
#include <fmt/format.h>

namespace treadle::simulator::gcn {
namespace {

using Flag = Operation::Flag;

template <auto condition> void branchIf(Wave &wave, const Instruction &instruction) {
  if (condition(wave))
    wave.branch(instruction.target);
}

template <auto condition> Operation branch(const std::string &name) {
  return {name, branchIf<condition>, 0, {Type::any}, Flag::branch};
}

// The only hardware register is MODE, of which kernels change how denormal numbers are treated.
constexpr uint32_t modeRegister = 1;

struct Field {
  uint32_t number, shift, mask;
};
Field fieldOf(uint64_t immediate) {
  uint32_t width = (immediate >> 11 & 31) + 1;
  return {uint32_t(immediate & 63), uint32_t(immediate >> 6 & 31), uint32_t((UINT64_C(1) << width) - 1)};
}
Field modeField(const Operand &operand) {
  Field field = fieldOf(operand.value);
  if (field.number != modeRegister)
    throw Fault("of the hardware's registers only MODE is simulated");
  return field;
}

void setRegister(Wave &wave, const Instruction &instruction) {
  Field field = modeField(instruction.source[0]);
  uint32_t value = wave.read(instruction.source[1]);
  wave.setMode((wave.mode & ~(field.mask << field.shift)) | (value & field.mask) << field.shift);
}
void getRegister(Wave &wave, const Instruction &instruction) {
  Field field = modeField(instruction.source[0]);
  wave.scalar[instruction.result.index] = wave.mode >> field.shift & field.mask;
}

void programCounter(Wave &wave, const Instruction &instruction) {
  wave.setScalar64(instruction.result.index, instruction.next);
}

void nothing(Wave &, const Instruction &) {}

} // namespace

const std::vector<Operation> &controlOperations() {
  static const std::vector<Operation> rows = [] {
    std::vector<Operation> rows = {
        {"s_endpgm", [](Wave &wave, const Instruction &) { wave.end(); }},
        {"s_barrier", [](Wave &wave, const Instruction &) { wave.meet(); }},
        branch<[](const Wave &) { return true; }>("s_branch"),
        branch<[](const Wave &wave) { return wave.scc; }>("s_cbranch_scc1"),
        branch<[](const Wave &wave) { return !wave.scc; }>("s_cbranch_scc0"),
        branch<[](const Wave &wave) { return wave.vcc() == 0; }>("s_cbranch_vccz"),
        branch<[](const Wave &wave) { return wave.vcc() != 0; }>("s_cbranch_vccnz"),
        branch<[](const Wave &wave) { return wave.exec() == 0; }>("s_cbranch_execz"),
        branch<[](const Wave &wave) { return wave.exec() != 0; }>("s_cbranch_execnz"),
        {"s_setreg_b32", setRegister, 0, {Type::any, Type::b32}},
        {"s_setreg_imm32_b32", setRegister, 0, {Type::any, Type::b32}},
        {"s_getreg_b32", getRegister, 1, {Type::b32, Type::any}},
        {"s_getpc_b64", programCounter, 1, {Type::b64}},
        {"s_trap", [](Wave &, const Instruction &) { throw Fault("the kernel gives up"); }, 0, {}, Flag::ignored},
    };
    // Every instruction is done before the next begins.
    for (const char *name :
         {"s_nop", "s_waitcnt", "s_sleep", "s_setprio", "s_icache_inv", "s_dcache_inv", "s_dcache_wb", "s_code_end",
          "v_nop", "buffer_wbinvl1", "buffer_wbinvl1_vol", "buffer_wbl2", "buffer_invl2", "s_inst_prefetch"})
      rows.push_back({name, nothing, 0, {}, Flag::ignored});
    return rows;
  }();
  return rows;
}

} // namespace treadle::simulator::gcn
