//===- Vectors.cpp - a line, a vector at a time -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simd/Vectors.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace treadle {
namespace {

using Body = llvm::function_ref<SmallVector<Value>(Value, Value, ValueRange)>;

SmallVector<Value> overAll(Kernel &kernel, int64_t lanes, Value from, Value to, ValueRange start, Body body) {
  Value whole = kernel.add(from, kernel.mul(kernel.div(kernel.sub(to, from), lanes), lanes));
  SmallVector<Value> carried =
      kernel.loop(from, whole, lanes, start, [&](Value i, ValueRange carried) { return body(i, {}, carried); });
  // At most one more.
  Value rest = kernel.sub(to, whole), end = kernel.add(whole, kernel.min(rest, kernel.index(1)));
  return kernel.loop(whole, end, 1, carried,
                     [&](Value i, ValueRange carried) { return body(i, firstLanes(kernel, lanes, rest), carried); });
}

} // namespace

Value firstLanes(Kernel &kernel, int64_t lanes, Value count) {
  return vector::CreateMaskOp::create(kernel.b, VectorType::get({lanes}, kernel.b.getI1Type()), ValueRange(count));
}

void overVectors(Kernel &kernel, int64_t lanes, Value from, Value to, llvm::function_ref<void(Value, Value)> body) {
  overAll(kernel, lanes, from, to, {}, [&](Value i, Value mask, ValueRange) {
    body(i, mask);
    return SmallVector<Value>();
  });
}

Value overVectors(Kernel &kernel, int64_t lanes, Value from, Value to, Value start,
                  llvm::function_ref<Value(Value, Value, Value)> body) {
  return overAll(kernel, lanes, from, to, start, [&](Value i, Value mask, ValueRange carried) {
    return SmallVector<Value>{body(i, mask, carried[0])};
  })[0];
}

} // namespace treadle
