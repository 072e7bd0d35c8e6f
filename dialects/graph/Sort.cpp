//===- Sort.cpp - the meaning of sorting ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include <numeric>

using namespace mlir;

namespace treadle::graph {
namespace {

template <typename T> bool isBefore(DType dtype, T a, T b, bool largest) {
  if (largest)
    std::swap(a, b);
  return isLess(dtype, a, b) || (b != b && a == a); // NaN is above all numbers
}

/// Calls `visit` for each line along the axis with its number of elements, the place of its first, the
/// distance between them, and the line's number.
void forEachLine(ArrayRef<int64_t> shape, int64_t axis,
                 llvm::function_ref<void(int64_t first, int64_t stride, int64_t number)> visit) {
  int64_t inner = ShapedType::getNumElements(shape.drop_front(axis + 1));
  int64_t outer = ShapedType::getNumElements(shape.take_front(axis));
  for (int64_t number = 0; number < outer * inner; ++number)
    visit(number / inner * inner * shape[axis] + number % inner, inner, number);
}

/// The numbers 0 to size - 1, each block of `block` of them in the order of the line's elements.
std::vector<int64_t> sorted(const Tensor &input, int64_t first, int64_t stride, int64_t size, int64_t block,
                            bool largest) {
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  auto sort = [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> values(size);
    for (int64_t i = 0; i < size; ++i)
      values[i] = input.get<T>(first + i * stride);
    for (int64_t from = 0; from < size; from += block)
      std::stable_sort(order.begin() + from, order.begin() + std::min(from + block, size),
                       [&](int64_t a, int64_t b) { return isBefore(input.dtype(), values[a], values[b], largest); });
  };
  input.compute() == Compute::Int ? sort(int64_t(0)) : sort(0.0);
  return order;
}

void takeFirst(const Tensor &input, int64_t axis, bool largest, Tensor &values, Tensor &indices) {
  int64_t size = input.shape()[axis], count = values.shape()[axis];
  int64_t inner = ShapedType::getNumElements(input.shape().drop_front(axis + 1));
  forEachLine(input.shape(), axis, [&](int64_t first, int64_t stride, int64_t number) {
    std::vector<int64_t> order = sorted(input, first, stride, size, std::max<int64_t>(size, 1), largest);
    int64_t to = number / inner * inner * count + number % inner;
    for (int64_t i = 0; i < std::min(count, size); ++i, to += stride) {
      indices.set<int64_t>(to, order[i]);
      if (input.compute() == Compute::Int)
        values.set<int64_t>(to, input.get<int64_t>(first + order[i] * stride));
      else
        values.set<double>(to, input.get<double>(first + order[i] * stride));
    }
  });
}

/// n log2(n) comparisons a line, of n = 1024 where that is not known.
DimExpr comparisons(Type input, int64_t axis) {
  int64_t size = dimOf(input, axis).constantValue().value_or(1024);
  return elementCount(input) * static_cast<int64_t>(llvm::Log2_64_Ceil(std::max<int64_t>(size, 2)));
}

/// That results are what is taken first of `input`'s lines along `axis`.
LogicalResult verifyTaken(Operation *op, Value input, int64_t axis) {
  if (failed(verifyAxis(op, axis, rankOf(input))))
    return failure();
  auto values = cast<RankedTensorType>(op->getResult(0).getType());
  auto indices = cast<RankedTensorType>(op->getResult(1).getType());
  if (values.getElementType() != elementOf(input) || !indices.getElementType().isSignlessInteger(64))
    return op->emitOpError() << "gives elements of type " << elementOf(input) << " and indices of type i64, not "
                             << values.getElementType() << " and " << indices.getElementType();
  Dims expected = dimsOf(input.getType());
  if (values.getRank() == rankOf(input)) {
    DimExpr count = dimOf(values, axis);
    if (count.isConstant() && expected[axis].isConstant() && *count.constantValue() > *expected[axis].constantValue())
      return op->emitOpError() << "takes " << count << " of " << expected[axis] << " elements";
    expected[axis] = count;
  }
  Type type = tensorOf(expected, values.getElementType()), other = tensorOf(expected, indices.getElementType());
  if (!mayBeEqual({type, other}, op->getResultTypes()))
    return op->emitOpError() << "results must have the input's dimensions but for the axis";
  return success();
}

} // namespace

// ---- top_k -----------------------------------------------------------------------------------

LogicalResult TopKOp::verify() { return verifyTaken(*this, getInput(), getAxis()); }
LogicalResult TopKOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  takeFirst(operands[0], getAxis(), getLargest(), results[0], results[1]);
  return success();
}
DimExpr TopKOp::countFlops() { return comparisons(getInput().getType(), getAxis()); }

// ---- sort_blocks, merge_blocks ---------------------------------------------------------------

LogicalResult SortBlocksOp::verify() {
  if (failed(verifyAxis(*this, getAxis(), rankOf(getInput()))))
    return failure();
  if (!mayBeEqual(tensorOf(dimsOf(getInput().getType()), IntegerType::get(getContext(), 32)), getType()))
    return emitOpError("gives indices of type i32, one for each element");
  if (static_cast<int64_t>(getBlock()) <= 0)
    return emitOpError() << "block is " << getBlock() << ", it must be positive";
  return success();
}
LogicalResult SortBlocksOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  int64_t size = operands[0].shape()[getAxis()];
  forEachLine(operands[0].shape(), getAxis(), [&](int64_t first, int64_t stride, int64_t) {
    std::vector<int64_t> order = sorted(operands[0], first, stride, size, getBlock(), getLargest());
    for (int64_t i = 0; i < size; ++i)
      results[0].set<int64_t>(first + i * stride, order[i]);
  });
  return success();
}
DimExpr SortBlocksOp::countFlops() { return comparisons(getInput().getType(), getAxis()); }

LogicalResult MergeBlocksOp::verify() {
  if (!mayBeEqual(tensorOf(dimsOf(getInput().getType()), IntegerType::get(getContext(), 32)), getOrder().getType()))
    return emitOpError("takes indices of type i32, one for each element");
  return verifyTaken(*this, getInput(), getAxis());
}
LogicalResult MergeBlocksOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  takeFirst(operands[0], getAxis(), getLargest(), results[0], results[1]);
  return success();
}
DimExpr MergeBlocksOp::countFlops() { return comparisons(getInput().getType(), getAxis()); }

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Sort.cpp.inc"
