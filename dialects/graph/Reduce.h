//===- Reduce.h - two elements as one, as reductions do it --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For the evaluators of ops that combine elements: reductions, scans, scatters. T is double or int64_t.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_REDUCE_H
#define TREADLE_DIALECTS_GRAPH_REDUCE_H

#include "dialects/graph/Graph.h"
#include <limits>

namespace treadle::graph {

/// The value that a reduction over no elements has.
template <typename T> T startOf(ReduceKind kind, DType dtype) {
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::mean:
  case ReduceKind::any:
    return 0;
  case ReduceKind::prod:
  case ReduceKind::all:
    return 1;
  case ReduceKind::min:
  case ReduceKind::max:
    break;
  }
  bool isMin = kind == ReduceKind::min;
  if constexpr (std::is_floating_point_v<T>)
    return isMin ? std::numeric_limits<T>::infinity() : -std::numeric_limits<T>::infinity();
  unsigned bits = bitWidth(dtype);
  bool isUnsigned =
      dtype == DType::U8 || dtype == DType::U16 || dtype == DType::U32 || dtype == DType::U64 || dtype == DType::Bool;
  uint64_t highest = isUnsigned ? ~uint64_t(0) >> (64 - bits) : (uint64_t(1) << (bits - 1)) - 1;
  return isMin ? static_cast<T>(highest) : static_cast<T>(isUnsigned ? 0 : ~highest);
}

/// `a` came before `b`. A NaN stays once it is there; integers wrap around.
template <typename T> T combine(ReduceKind kind, DType dtype, T a, T b) {
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::mean:
    return wrapping(a, b, [](auto x, auto y) { return x + y; });
  case ReduceKind::prod:
    return wrapping(a, b, [](auto x, auto y) { return x * y; });
  case ReduceKind::min:
    return isLess(dtype, b, a) || b != b ? b : a;
  case ReduceKind::max:
    return isLess(dtype, a, b) || b != b ? b : a;
  case ReduceKind::any:
    return a != 0 || b != 0;
  case ReduceKind::all:
    return a != 0 && b != 0;
  }
  return a;
}

} // namespace treadle::graph

#endif // TREADLE_DIALECTS_GRAPH_REDUCE_H
