//===- VectorCompare.cpp - comparisons ---------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/Vector.h"
#include <cmath>

namespace treadle::simulator::gcn {
namespace {

/// v_cmpx: the result is EXEC, too.
template <auto compare> void compareToExec(Wave &wave, const Instruction &instruction) {
  perLane<compare>(wave, instruction);
  wave.setScalar64(execRegister, wave.scalar64(instruction.result.index));
}

template <auto compare> void add(std::vector<Operation> &rows, const std::string &what) {
  rows.push_back(vectorOperation<compare>("v_cmp_" + what));
  rows.push_back(vectorOperation<compare>("v_cmpx_" + what));
  rows.back().run = compareToExec<compare>;
}

template <typename T> void addNumbers(std::vector<Operation> &rows, const std::string &type) {
  add<[](T a, T b) -> bool { return a != a && a == a; }>(rows, "f_" + type);
  add<[](T a, T b) -> bool { return a < b; }>(rows, "lt_" + type);
  add<[](T a, T b) -> bool { return a == b; }>(rows, "eq_" + type);
  add<[](T a, T b) -> bool { return a <= b; }>(rows, "le_" + type);
  add<[](T a, T b) -> bool { return a > b; }>(rows, "gt_" + type);
  add<[](T a, T b) -> bool { return a < b || a > b; }>(rows, "lg_" + type);
  add<[](T a, T b) -> bool { return a >= b; }>(rows, "ge_" + type);
  add<[](T a, T b) -> bool { return a == a && b == b; }>(rows, "o_" + type);
  add<[](T a, T b) -> bool { return a != a || b != b; }>(rows, "u_" + type);
  add<[](T a, T b) -> bool { return !(a >= b); }>(rows, "nge_" + type);
  add<[](T a, T b) -> bool { return !(a < b || a > b); }>(rows, "nlg_" + type);
  add<[](T a, T b) -> bool { return !(a > b); }>(rows, "ngt_" + type);
  add<[](T a, T b) -> bool { return !(a <= b); }>(rows, "nle_" + type);
  add<[](T a, T b) -> bool { return !(a == b); }>(rows, "neq_" + type);
  add<[](T a, T b) -> bool { return !(a < b); }>(rows, "nlt_" + type);
  add<[](T a, T b) -> bool { return true; }>(rows, "tru_" + type);
}

template <typename T> void addIntegers(std::vector<Operation> &rows, const std::string &type) {
  add<[](T a, T b) -> bool { return false; }>(rows, "f_" + type);
  add<[](T a, T b) -> bool { return a < b; }>(rows, "lt_" + type);
  add<[](T a, T b) -> bool { return a == b; }>(rows, "eq_" + type);
  add<[](T a, T b) -> bool { return a <= b; }>(rows, "le_" + type);
  add<[](T a, T b) -> bool { return a > b; }>(rows, "gt_" + type);
  add<[](T a, T b) -> bool { return a != b; }>(rows, "ne_" + type);
  add<[](T a, T b) -> bool { return a >= b; }>(rows, "ge_" + type);
  add<[](T a, T b) -> bool { return true; }>(rows, "t_" + type);
}

/// A bit for each class: signaling NaN, quiet NaN, -infinity, -normal, -denormal, -0, +0, +denormal, +normal,
/// +infinity.
template <typename T> bool isOfClass(T value, uint32_t classes) {
  constexpr int mantissa = sizeof(T) == 8 ? 52 : sizeof(T) == 4 ? 23 : 10;
  auto bits = std::bit_cast<BitsOf<T>>(value);
  bool negative = bits >> (8 * sizeof(T) - 1);
  auto magnitude = static_cast<BitsOf<T>>(bits & ~(BitsOf<T>(1) << (8 * sizeof(T) - 1)));
  BitsOf<T> fraction = magnitude & BitsOf<T>((BitsOf<T>(1) << mantissa) - 1);
  auto exponent = static_cast<uint32_t>(magnitude >> mantissa);
  constexpr uint32_t most = sizeof(T) == 8 ? 2047 : sizeof(T) == 4 ? 255 : 31;
  if (exponent == most && fraction)
    return classes >> (fraction >> (mantissa - 1) & 1 ? 1 : 0) & 1;
  unsigned rank = exponent == most ? 3 : exponent ? 2 : fraction ? 1 : 0;
  return classes >> (negative ? 5 - rank : 6 + rank) & 1;
}

std::vector<Operation> makeRows() {
  std::vector<Operation> rows;
  addNumbers<float>(rows, "f32");
  addNumbers<Half>(rows, "f16");
  addNumbers<double>(rows, "f64");
  addIntegers<int16_t>(rows, "i16");
  addIntegers<uint16_t>(rows, "u16");
  addIntegers<int32_t>(rows, "i32");
  addIntegers<uint32_t>(rows, "u32");
  addIntegers<int64_t>(rows, "i64");
  addIntegers<uint64_t>(rows, "u64");
  add<[](float a, uint32_t classes) -> bool { return isOfClass(a, classes); }>(rows, "class_f32");
  add<[](double a, uint32_t classes) -> bool { return isOfClass(a, classes); }>(rows, "class_f64");
  add<[](Half a, uint16_t classes) -> bool { return isOfClass(a, classes); }>(rows, "class_f16");
  return rows;
}

} // namespace

const std::vector<Operation> &compareOperations() {
  static const std::vector<Operation> rows = makeRows();
  return rows;
}

} // namespace treadle::simulator::gcn
