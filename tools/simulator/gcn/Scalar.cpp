//===- Scalar.cpp - the scalar unit: arithmetic and loads --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/Fault.h"
#include "tools/simulator/gcn/Wave.h"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace treadle::simulator::gcn {
namespace {

using Flag = Operation::Flag;
using U = uint32_t;
using S = int32_t;
using U64 = uint64_t;
using S64 = int64_t;

// ---- rows from functions ---------------------------------------------------------------------
// A scalar operation is a function of the wave (whose SCC it may read and write) and its operands.

template <typename T> T value(const Wave &wave, const Operand &operand) {
  return sizeof(T) == 8 ? static_cast<T>(wave.read64(operand)) : static_cast<T>(wave.read(operand));
}

template <auto function, typename R, typename... T, size_t... number>
void apply(Wave &wave, const Instruction &instruction, R (*)(Wave &, T...), std::index_sequence<number...>) {
  if constexpr (std::is_void_v<R>) {
    function(wave, value<T>(wave, instruction.source[number])...);
  } else {
    R result = function(wave, value<T>(wave, instruction.source[number])...);
    if constexpr (sizeof(R) == 8)
      wave.setScalar64(instruction.result.index, static_cast<U64>(result));
    else
      wave.scalar[instruction.result.index] = static_cast<U>(result);
  }
}
template <auto function, typename R, typename... T>
void applyAll(Wave &wave, const Instruction &instruction, R (*pointer)(Wave &, T...)) {
  apply<function>(wave, instruction, pointer, std::index_sequence_for<T...>());
}
template <auto function> void run(Wave &wave, const Instruction &instruction) {
  applyAll<function>(wave, instruction, +function);
}

template <typename T> constexpr Type typeOf = sizeof(T) == 8 ? Type::b64 : sizeof(T) == 2 ? Type::b16 : Type::b32;

template <typename R, typename... T>
Operation describe(const std::string &name, Handler handler, uint16_t flags, R (*)(Wave &, T...)) {
  Operation row{name, handler, 0, {}, flags};
  if constexpr (!std::is_void_v<R>) {
    row.results = 1;
    row.types.push_back(typeOf<R>);
  }
  (row.types.push_back(typeOf<T>), ...);
  return row;
}
template <auto function> Operation scalar(const std::string &name, uint16_t flags = 0) {
  return describe(name, run<function>, flags, +function);
}

/// SCC says whether the result is not zero.
template <typename T> T withScc(Wave &wave, T result) {
  wave.scc = result != 0;
  return result;
}

// ---- arithmetic ------------------------------------------------------------------------------

void addSums(std::vector<Operation> &rows) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  add(scalar<[](Wave &w, U a, U b) -> U {
    w.scc = a + b < a;
    return a + b;
  }>("s_add_u32"));
  add(scalar<[](Wave &w, U a, U b) -> U {
    w.scc = a < b;
    return a - b;
  }>("s_sub_u32"));
  add(scalar<[](Wave &w, U a, U b) -> U {
    U64 sum = U64(a) + b + w.scc;
    w.scc = sum >> 32 != 0;
    return static_cast<U>(sum);
  }>("s_addc_u32"));
  add(scalar<[](Wave &w, U a, U b) -> U {
    U result = a - b - w.scc;
    w.scc = U64(b) + w.scc > a;
    return result;
  }>("s_subb_u32"));
  add(scalar<[](Wave &w, S a, S b) -> S {
    S r;
    w.scc = __builtin_add_overflow(a, b, &r);
    return r;
  }>("s_add_i32"));
  add(scalar<[](Wave &w, S a, S b) -> S {
    S r;
    w.scc = __builtin_sub_overflow(a, b, &r);
    return r;
  }>("s_sub_i32"));
  add(scalar<[](Wave &w, int16_t k, S a) -> S {
    S r;
    w.scc = __builtin_add_overflow(a, S(k), &r);
    return r;
  }>("s_addk_i32", Flag::readsResult));
  add(scalar<[](Wave &, int16_t k, U a) -> U { return a * U(S(k)); }>("s_mulk_i32", Flag::readsResult));
  add(scalar<[](Wave &, U a, U b) -> U { return a * b; }>("s_mul_i32"));
  add(scalar<[](Wave &, U a, U b) -> U { return U64(a) * b >> 32; }>("s_mul_hi_u32"));
  add(scalar<[](Wave &, S a, S b) -> S { return S64(a) * b >> 32; }>("s_mul_hi_i32"));
  add(scalar<[](Wave &w, S a, S b) -> S {
    w.scc = a < b;
    return std::min(a, b);
  }>("s_min_i32"));
  add(scalar<[](Wave &w, U a, U b) -> U {
    w.scc = a < b;
    return std::min(a, b);
  }>("s_min_u32"));
  add(scalar<[](Wave &w, S a, S b) -> S {
    w.scc = a > b;
    return std::max(a, b);
  }>("s_max_i32"));
  add(scalar<[](Wave &w, U a, U b) -> U {
    w.scc = a > b;
    return std::max(a, b);
  }>("s_max_u32"));
  add(scalar<[](Wave &w, S a) -> U { return withScc(w, a < 0 ? U(0) - U(a) : U(a)); }>("s_abs_i32"));
  add(scalar<[](Wave &w, S a, S b) -> U {
    U d = U(a) - U(b);
    return withScc(w, S(d) < 0 ? U(0) - d : d);
  }>("s_absdiff_i32"));
  auto shiftAdd = [&]<unsigned by>(std::integral_constant<unsigned, by>) {
    add(scalar<[](Wave &w, U a, U b) -> U {
      U64 sum = (U64(a) << by) + b;
      w.scc = sum >> 32 != 0;
      return static_cast<U>(sum);
    }>("s_lshl" + std::to_string(by) + "_add_u32"));
  };
  shiftAdd(std::integral_constant<unsigned, 1>());
  shiftAdd(std::integral_constant<unsigned, 2>());
  shiftAdd(std::integral_constant<unsigned, 3>());
  shiftAdd(std::integral_constant<unsigned, 4>());
}

template <typename T> void addLogic(std::vector<Operation> &rows, const std::string &type) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  add(scalar<[](Wave &, T a) -> T { return a; }>("s_mov_" + type));
  add(scalar<[](Wave &w, T a, T b) -> T { return w.scc ? a : b; }>("s_cselect_" + type));
  add(scalar<[](Wave &w, T a, T old) -> T { return w.scc ? a : old; }>("s_cmov_" + type, Flag::readsResult));
  add(scalar<[](Wave &w, T a) -> T { return withScc(w, ~a); }>("s_not_" + type));
  add(scalar<[](Wave &w, T a, T b) -> T { return withScc(w, a & b); }>("s_and_" + type));
  add(scalar<[](Wave &w, T a, T b) -> T { return withScc(w, a | b); }>("s_or_" + type));
  add(scalar<[](Wave &w, T a, T b) -> T { return withScc(w, a ^ b); }>("s_xor_" + type));
  add(scalar<[](Wave &w, T a, T b) -> T { return withScc(w, a & ~b); }>("s_andn2_" + type));
  add(scalar<[](Wave &w, T a, T b) -> T { return withScc(w, a | ~b); }>("s_orn2_" + type));
  add(scalar<[](Wave &w, T a, T b) -> T { return withScc(w, ~(a & b)); }>("s_nand_" + type));
  add(scalar<[](Wave &w, T a, T b) -> T { return withScc(w, ~(a | b)); }>("s_nor_" + type));
  add(scalar<[](Wave &w, T a, T b) -> T { return withScc(w, ~(a ^ b)); }>("s_xnor_" + type));
  constexpr U mask = 8 * sizeof(T) - 1;
  add(scalar<[](Wave &w, T a, U by) -> T { return withScc(w, a << (by & mask)); }>("s_lshl_" + type));
  add(scalar<[](Wave &w, T a, U by) -> T { return withScc(w, a >> (by & mask)); }>("s_lshr_" + type));
  using Signed = std::make_signed_t<T>;
  std::string integer = "i" + type.substr(1), natural = "u" + type.substr(1);
  add(scalar<[](Wave &w, Signed a, U by) -> T { return withScc(w, T(a >> (by & mask))); }>("s_ashr_" + integer));
  add(scalar<[](Wave &, U width, U at) -> T { return ((T(1) << (width & mask)) - 1) << (at & mask); }>("s_bfm_" +
                                                                                                       type));
  auto extract = []<typename V>(V a, U field) -> T { // position in the lower bits, width from bit 16 on
    U at = field & mask, width = std::min<U>(field >> 16 & 0x7f, 8 * sizeof(T) - at);
    return width == 0 ? T(0) : T(V(T(a) << (8 * sizeof(T) - at - width)) >> (8 * sizeof(T) - width));
  };
  add(scalar<[](Wave &w, T a, U field) -> T { return withScc(w, decltype(extract)()(a, field)); }>("s_bfe_" + natural));
  add(scalar<[](Wave &w, Signed a, U field) -> T { return withScc(w, decltype(extract)()(a, field)); }>("s_bfe_" +
                                                                                                        integer));
  add(scalar<[](Wave &w, T a) -> U { return withScc(w, U(std::popcount(a))); }>("s_bcnt1_i32_" + type));
  add(scalar<[](Wave &w, T a) -> U { return withScc(w, U(std::popcount(T(~a)))); }>("s_bcnt0_i32_" + type));
  add(scalar<[](Wave &, T a) -> U { return a ? U(std::countr_zero(a)) : ~U(0); }>("s_ff1_i32_" + type));
  add(scalar<[](Wave &, T a) -> U { return T(~a) ? U(std::countr_one(a)) : ~U(0); }>("s_ff0_i32_" + type));
  add(scalar<[](Wave &, T a) -> U { return a ? U(std::countl_zero(a)) : ~U(0); }>("s_flbit_i32_" + type));
  add(scalar<[](Wave &, T a) -> T {
    T result = 0;
    for (unsigned i = 0; i <= mask; ++i)
      result |= (a >> i & 1) << (mask - i);
    return result;
  }>("s_brev_" + type));
  add(scalar<[](Wave &, U at, T old) -> T { return old | T(1) << (at & mask); }>("s_bitset1_" + type,
                                                                                 Flag::readsResult));
  add(scalar<[](Wave &, U at, T old) -> T { return old & ~(T(1) << (at & mask)); }>("s_bitset0_" + type,
                                                                                    Flag::readsResult));
  add(scalar<[](Wave &w, T a, U at) -> void { w.scc = (a >> (at & mask) & 1) == 1; }>("s_bitcmp1_" + type));
  add(scalar<[](Wave &w, T a, U at) -> void { w.scc = (a >> (at & mask) & 1) == 0; }>("s_bitcmp0_" + type));
}

void addMoves(std::vector<Operation> &rows) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  add(scalar<[](Wave &, int16_t k) -> S { return k; }>("s_movk_i32"));
  add(scalar<[](Wave &w, int16_t k, S old) -> S { return w.scc ? k : old; }>("s_cmovk_i32", Flag::readsResult));
  add(scalar<[](Wave &, int8_t a) -> S { return a; }>("s_sext_i32_i8"));
  add(scalar<[](Wave &, int16_t a) -> S { return a; }>("s_sext_i32_i16"));
  rows[rows.size() - 2].types[1] = Type::b32;
  rows[rows.size() - 1].types[1] = Type::b32;
  add(scalar<[](Wave &, U a, U b) -> U { return (a & 0xffff) | b << 16; }>("s_pack_ll_b32_b16"));
  add(scalar<[](Wave &, U a, U b) -> U { return (a & 0xffff) | (b & 0xffff0000); }>("s_pack_lh_b32_b16"));
  add(scalar<[](Wave &, U a, U b) -> U { return a >> 16 | (b & 0xffff0000); }>("s_pack_hh_b32_b16"));
  add(scalar<[](Wave &, S a) -> U { return a == 0 || a == -1 ? ~U(0) : U(std::countl_zero(U(a < 0 ? ~a : a))); }>(
      "s_flbit_i32"));
}

// ---- masks -----------------------------------------------------------------------------------

template <auto combine> Operation saveExec(const std::string &name) {
  return scalar<[](Wave &w, U64 a) -> U64 {
    U64 old = w.exec(), exec = combine(old, a);
    w.setScalar64(execRegister, exec);
    w.scc = exec != 0;
    return old;
  }>(name);
}

void addMasks(std::vector<Operation> &rows) {
  rows.push_back(saveExec<[](U64 exec, U64 a) { return exec & a; }>("s_and_saveexec_b64"));
  rows.push_back(saveExec<[](U64 exec, U64 a) { return exec | a; }>("s_or_saveexec_b64"));
  rows.push_back(saveExec<[](U64 exec, U64 a) { return exec ^ a; }>("s_xor_saveexec_b64"));
  rows.push_back(saveExec<[](U64 exec, U64 a) { return a & ~exec; }>("s_andn2_saveexec_b64"));
  rows.push_back(saveExec<[](U64 exec, U64 a) { return a | ~exec; }>("s_orn2_saveexec_b64"));
  rows.push_back(saveExec<[](U64 exec, U64 a) { return ~a & exec; }>("s_andn1_saveexec_b64"));
  rows.push_back(scalar<[](Wave &w, U64 a) -> U64 { // EXEC and the result are equal
    U64 exec = a & ~w.exec();
    w.setScalar64(execRegister, exec);
    return withScc(w, exec);
  }>("s_andn2_wrexec_b64"));
  rows.push_back(scalar<[](Wave &w, U64 a) -> U64 {
    U64 exec = ~a & w.exec();
    w.setScalar64(execRegister, exec);
    return withScc(w, exec);
  }>("s_andn1_wrexec_b64"));
}

// ---- comparisons -----------------------------------------------------------------------------

template <auto compare> void addComparison(std::vector<Operation> &rows, const std::string &name) {
  rows.push_back(scalar<[](Wave &w, S a, S b) -> void { w.scc = compare(a, b); }>("s_cmp_" + name + "_i32"));
  rows.push_back(scalar<[](Wave &w, U a, U b) -> void { w.scc = compare(a, b); }>("s_cmp_" + name + "_u32"));
  rows.push_back(scalar<[](Wave &w, S a, int16_t b) -> void { w.scc = compare(a, S(b)); }>("s_cmpk_" + name + "_i32"));
  rows.push_back(scalar<[](Wave &w, U a, uint16_t b) -> void { w.scc = compare(a, U(b)); }>("s_cmpk_" + name + "_u32"));
}

void addComparisons(std::vector<Operation> &rows) {
  addComparison<[](auto a, auto b) { return a == b; }>(rows, "eq");
  addComparison<[](auto a, auto b) { return a != b; }>(rows, "lg");
  addComparison<[](auto a, auto b) { return a < b; }>(rows, "lt");
  addComparison<[](auto a, auto b) { return a <= b; }>(rows, "le");
  addComparison<[](auto a, auto b) { return a > b; }>(rows, "gt");
  addComparison<[](auto a, auto b) { return a >= b; }>(rows, "ge");
  rows.push_back(scalar<[](Wave &w, U64 a, U64 b) -> void { w.scc = a == b; }>("s_cmp_eq_u64"));
  rows.push_back(scalar<[](Wave &w, U64 a, U64 b) -> void { w.scc = a != b; }>("s_cmp_lg_u64"));
}

// ---- loads -----------------------------------------------------------------------------------

template <unsigned words> void load(Wave &wave, const Instruction &instruction) {
  const Operand &offset = instruction.source[1];
  uint64_t address =
      wave.read64(instruction.source[0]) + static_cast<int64_t>(instruction.offset) +
      (offset.isScalar() ? wave.read(offset) : static_cast<uint64_t>(static_cast<int64_t>(offset.value)));
  address &= ~UINT64_C(3);
  const char *from = wave.readScalarMemory(address, words * sizeof(U));
  std::memcpy(wave.scalar + instruction.result.index, from, words * sizeof(U));
}

void addLoads(std::vector<Operation> &rows) {
  constexpr Type word = Type::b32, address = Type::b64, any = Type::any;
  auto add = [&](const char *name, Handler handler) {
    rows.push_back({name, handler, 1, {any, address, word}, Flag::memory});
  };
  add("s_load_dword", load<1>);
  add("s_load_dwordx2", load<2>);
  add("s_load_dwordx4", load<4>);
  add("s_load_dwordx8", load<8>);
  add("s_load_dwordx16", load<16>);
}

std::vector<Operation> makeRows() {
  std::vector<Operation> rows;
  addSums(rows);
  addLogic<U>(rows, "b32");
  addLogic<U64>(rows, "b64");
  addMoves(rows);
  addMasks(rows);
  addComparisons(rows);
  addLoads(rows);
  return rows;
}

} // namespace

const std::vector<Operation> &scalarOperations() {
  static const std::vector<Operation> rows = makeRows();
  return rows;
}

} // namespace treadle::simulator::gcn
