//===- Normalize.cpp - the meaning of normalizations ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;

namespace treadle::graph {
namespace {

/// For each element of `input`, the number of the row it belongs to: rows lie along `axes`.
std::vector<int64_t> rowNumbers(const Tensor &input, ArrayRef<int64_t> axes, int64_t &count) {
  SmallVector<int64_t> kept(input.shape());
  for (int64_t axis : axes)
    kept[axis] = 1;
  count = ShapedType::getNumElements(kept);
  return broadcastPositions(kept, input.shape());
}

} // namespace

LogicalResult NormalizeOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getInput().getType());
  return success();
}
LogicalResult NormalizeOp::verify() {
  int64_t previous = -1;
  for (int64_t axis : getAxes()) {
    if (axis <= previous || axis >= rankOf(getInput()))
      return emitOpError() << "axes must be ascending and below " << rankOf(getInput());
    previous = axis;
  }
  return success();
}
LogicalResult NormalizeOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  int64_t count;
  std::vector<int64_t> rows = rowNumbers(operands[0], getAxes(), count);
  std::vector<double> x = operands[0].read<double>(), mean(count), variance(count);
  double length = count ? static_cast<double>(x.size()) / count : 1;
  if (getKind() == NormKind::layer)
    for (size_t i = 0; i < x.size(); ++i)
      mean[rows[i]] += x[i] / length;
  for (size_t i = 0; i < x.size(); ++i)
    variance[rows[i]] += (x[i] - mean[rows[i]]) * (x[i] - mean[rows[i]]) / length;
  double epsilon = getEpsilon().convertToDouble();
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = (x[i] - mean[rows[i]]) / std::sqrt(variance[rows[i]] + epsilon);
  results[0].write<double>(x);
  return success();
}
DimExpr NormalizeOp::countFlops() { return elementCount(getType()) * 6; }

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getInput().getType());
  return success();
}
LogicalResult SoftmaxOp::verify() {
  if (static_cast<int64_t>(getAxis()) >= rankOf(getInput()))
    return emitOpError() << "axis is " << getAxis() << ", the input has " << rankOf(getInput()) << " dimensions";
  return success();
}
LogicalResult SoftmaxOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  int64_t count;
  std::vector<int64_t> rows = rowNumbers(operands[0], {static_cast<int64_t>(getAxis())}, count);
  std::vector<double> x = operands[0].read<double>(), sum(count);
  std::vector<double> most(count, -std::numeric_limits<double>::infinity());
  for (size_t i = 0; i < x.size(); ++i)
    most[rows[i]] = std::max(most[rows[i]], x[i]);
  for (size_t i = 0; i < x.size(); ++i)
    sum[rows[i]] += std::exp(x[i] - most[rows[i]]);
  for (size_t i = 0; i < x.size(); ++i) {
    double shifted = x[i] - most[rows[i]];
    x[i] = getLog() ? shifted - std::log(sum[rows[i]]) : std::exp(shifted) / sum[rows[i]];
  }
  results[0].write<double>(x);
  return success();
}
DimExpr SoftmaxOp::countFlops() { return elementCount(getType()) * 12; }

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Normalize.cpp.inc"
