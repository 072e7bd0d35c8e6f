//===- Expressions.cpp - integers that depend on shapes -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Expressions.h"
#include <algorithm>

namespace treadle {

Status evaluate(const ExprPool *pool, const int64_t *symbols, const int64_t *arguments, std::vector<int64_t> &values) {
  using Op = format::ExprOp;
  uint32_t count = pool ? pool->size() : 0;
  values.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    const format::ExprNode &node = *pool->Get(i);
    int64_t &value = values[i];
    int64_t lhs = 0, rhs = 0;
    if (node.op() >= Op::add) {
      lhs = values[node.lhs()];
      rhs = values[node.rhs()];
    }
    bool fails = false;
    auto floorDivide = [&] {
      int64_t quotient = lhs / rhs;
      return lhs % rhs < 0 ? quotient - 1 : quotient;
    };
    switch (node.op()) {
    case Op::constant:
      value = node.value();
      break;
    case Op::symbol:
      value = symbols[node.value()];
      break;
    case Op::argument:
      value = arguments[node.value()];
      break;
    case Op::add:
      fails = __builtin_add_overflow(lhs, rhs, &value);
      break;
    case Op::mul:
      fails = __builtin_mul_overflow(lhs, rhs, &value);
      break;
    case Op::floordiv:
      fails = rhs <= 0;
      value = fails ? 0 : floorDivide();
      break;
    case Op::mod:
      fails = rhs <= 0;
      value = fails ? 0 : lhs - rhs * floorDivide();
      break;
    case Op::min:
      value = std::min(lhs, rhs);
      break;
    case Op::max:
      value = std::max(lhs, rhs);
      break;
    }
    if (fails)
      return error(TREADLE_INVALID_ARGUMENT, "these shapes are too large, or make a size that is not positive");
  }
  return {};
}

} // namespace treadle
