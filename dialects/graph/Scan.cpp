//===- Scan.cpp - the meaning of scans --------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Reduce.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace treadle::graph {
namespace {

template <typename T> void scan(ScanOp op, const Tensor &input, Tensor &result) {
  ArrayRef<int64_t> shape = input.shape();
  int64_t axis = op.getAxis(), size = shape[axis], stride = stridesOf(shape)[axis];
  for (int64_t row = 0, rows = size ? input.size() / size : 0; row < rows; ++row) {
    int64_t first = row / stride * stride * size + row % stride;
    T sum = startOf<T>(op.getKind(), input.dtype());
    for (int64_t i = 0; i < size; ++i) {
      int64_t at = first + (op.getReverse() ? size - 1 - i : i) * stride;
      T next = combine(op.getKind(), input.dtype(), sum, input.get<T>(at));
      result.set<T>(at, op.getExclusive() ? sum : next);
      sum = next;
    }
  }
}

} // namespace

LogicalResult ScanOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getInput().getType());
  return success();
}
LogicalResult ScanOp::verify() {
  ReduceKind kind = getKind();
  if (kind != ReduceKind::sum && kind != ReduceKind::prod && kind != ReduceKind::min && kind != ReduceKind::max)
    return emitOpError() << "combines by sum, prod, min or max, not by " << stringifyReduceKind(kind);
  if (elementOf(getInput()).isInteger(1))
    return emitOpError("is over numbers, not over i1");
  return verifyAxis(*this, getAxis(), rankOf(getInput()));
}
LogicalResult ScanOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  // Sums of floats are kept in double: this is the reference.
  if (operands[0].compute() == Compute::Int)
    scan<int64_t>(*this, operands[0], results[0]);
  else
    scan<double>(*this, operands[0], results[0]);
  return success();
}

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Scan.cpp.inc"
