//===- Pool.cpp - the meaning of window reductions --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include <limits>

using namespace mlir;

namespace treadle::graph {
namespace {

ParseResult parsePoolWord(OpAsmParser &parser, PoolKindAttr &attr) {
  StringRef word;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<PoolKind> kind = symbolizePoolKind(word);
  if (!kind)
    return parser.emitError(loc, "expected one of max, average, sum");
  attr = PoolKindAttr::get(parser.getContext(), *kind);
  return success();
}
void printPoolWord(OpAsmPrinter &printer, Operation *, PoolKindAttr attr) {
  printer << stringifyPoolKind(attr.getValue());
}

} // namespace

LogicalResult PoolOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(adaptor.getInput().getType());
  size_t count = adaptor.getAxes().size();
  for (ArrayRef<int64_t> list :
       {adaptor.getKernel(), adaptor.getStrides(), adaptor.getDilations(), adaptor.getPadLow(), adaptor.getPadHigh()})
    if (list.size() != count)
      return emitOptionalError(loc, "every list must have ", count, " numbers, one for each of axes");
  for (size_t i = 0; i < count; ++i) {
    int64_t axis = adaptor.getAxes()[i], stride = adaptor.getStrides()[i];
    if (axis < 0 || axis >= static_cast<int64_t>(dims.size()) || stride <= 0 || adaptor.getKernel()[i] <= 0 ||
        adaptor.getDilations()[i] <= 0)
      return emitOptionalError(loc, "axes must be dimensions of the input; kernel, strides and dilations positive");
    int64_t window = adaptor.getDilations()[i] * (adaptor.getKernel()[i] - 1) + 1;
    DimExpr size = dims[axis];
    int64_t missing = window - adaptor.getPadLow()[i] - adaptor.getPadHigh()[i];
    DimExpr room = size - missing;
    if (adaptor.getTruncMode() && stride > 1 && missing > 1 && room.constantValue().value_or(0) > -stride)
      room = DimExpr::max(size, DimExpr::constant(size.context(), missing)) - missing;
    DimExpr out = room.floorDiv(stride) + 1;
    if (adaptor.getCeilMode()) {
      // The last window must start inside the input or its low padding.
      DimExpr most = (size + (adaptor.getPadLow()[i] - 1)).floorDiv(stride) + 1;
      out = DimExpr::min(room.ceilDiv(stride) + 1, most);
    }
    if (std::optional<int64_t> value = out.constantValue(); value && *value < 1)
      return emitOptionalError(loc, "a window of ", window, " is larger than dimension ", axis, " with its padding, ",
                               room + window);
    dims[axis] = out;
  }
  types.push_back(tensorOf(dims, elementOf(adaptor.getInput())));
  return success();
}

LogicalResult PoolOp::verify() {
  if (elementOf(getInput()).isInteger(1))
    return emitOpError("is over numbers, not i1");
  return success();
}

LogicalResult PoolOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  const Tensor &input = operands[0];
  SmallVector<int64_t> strides = stridesOf(input.shape());
  bool isMax = getKind() == PoolKind::max;
  auto run = [&](auto zero) {
    using T = decltype(zero);
    int64_t to = 0;
    forEachIndex(results[0].shape(), [&](ArrayRef<int64_t> index) {
      int64_t base = 0;
      for (size_t i = 0; i < index.size(); ++i)
        if (!llvm::is_contained(getAxes(), i))
          base += index[i] * strides[i];
      T value = isMax ? std::numeric_limits<T>::lowest() : T(0);
      bool seen = false;
      int64_t padded = 0;
      forEachIndex(getKernel(), [&](ArrayRef<int64_t> tap) {
        int64_t position = base;
        bool inside = true, insidePadded = true;
        for (size_t i = 0; i < tap.size(); ++i) {
          int64_t axis = getAxes()[i], size = input.shape()[axis];
          int64_t at = index[axis] * getStrides()[i] - getPadLow()[i] + tap[i] * getDilations()[i];
          inside &= at >= 0 && at < size;
          insidePadded &= at < size + getPadHigh()[i];
          position += at * strides[axis];
        }
        padded += insidePadded && (inside || getCountPad());
        if (!inside)
          return;
        T x = input.get<T>(position);
        value = isMax ? (!seen || isLess(input.dtype(), value, x) || x != x ? x : value)
                      : wrapping(value, x, [](auto a, auto b) { return a + b; });
        seen = true;
      });
      if (getKind() == PoolKind::average)
        value /= static_cast<T>(std::max<int64_t>(padded, 1));
      results[0].set<T>(to++, value);
    });
  };
  input.compute() == Compute::Int ? run(int64_t(0)) : run(0.0);
  return success();
}

DimExpr PoolOp::countFlops() { return elementCount(getType()) * ShapedType::getNumElements(getKernel()); }

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Pool.cpp.inc"
