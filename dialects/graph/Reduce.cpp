//===- Reduce.cpp - the meaning of reductions -------------------------------===//
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

Type withOnes(Value input, ArrayRef<int64_t> axes, Type elementType) {
  Dims dims = dimsOf(input.getType());
  for (int64_t axis : axes)
    if (axis >= 0 && axis < static_cast<int64_t>(dims.size()))
      dims[axis] = DimExpr::constant(input.getContext(), 1);
  return tensorOf(dims, elementType);
}

ParseResult parseReduceWord(OpAsmParser &parser, ReduceKindAttr &attr) {
  StringRef word;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<ReduceKind> kind = symbolizeReduceKind(word);
  if (!kind)
    return parser.emitError(loc, "expected one of sum, prod, min, max, mean, any, all");
  attr = ReduceKindAttr::get(parser.getContext(), *kind);
  return success();
}
void printReduceWord(OpAsmPrinter &printer, Operation *, ReduceKindAttr attr) {
  printer << stringifyReduceKind(attr.getValue());
}

template <typename T> void reduce(ReduceKind kind, const Tensor &input, Tensor &result) {
  std::vector<T> values(result.size(), startOf<T>(kind, result.dtype()));
  int64_t from = 0;
  for (int64_t to : broadcastPositions(result.shape(), input.shape())) {
    values[to] = combine(kind, result.dtype(), values[to], input.get<T>(from));
    ++from;
  }
  if (kind == ReduceKind::mean && result.size()) {
    auto length = static_cast<T>(std::max<int64_t>(input.size() / result.size(), 1));
    for (T &value : values)
      value = result.dtype() == DType::U64
                  ? static_cast<T>(static_cast<uint64_t>(value) / static_cast<uint64_t>(length))
                  : value / length;
  }
  result.write<T>(values);
}

} // namespace

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  types.push_back(withOnes(adaptor.getInput(), adaptor.getAxes(), elementOf(adaptor.getInput())));
  return success();
}
LogicalResult ReduceOp::verify() {
  int64_t previous = -1;
  for (int64_t axis : getAxes()) {
    if (axis <= previous || axis >= rankOf(getInput()))
      return emitOpError() << "axes must be ascending and below " << rankOf(getInput());
    previous = axis;
  }
  bool isBool = elementOf(getInput()).isInteger(1);
  bool wantsBool = getKind() == ReduceKind::any || getKind() == ReduceKind::all;
  if (isBool != wantsBool)
    return emitOpError("of any and all is over i1, and of the others over numbers");
  if (getKind() == ReduceKind::mean && elementOf(getInput()).isInteger() &&
      elementOf(getInput()).getIntOrFloatBitWidth() < 32)
    return emitOpError("of mean is over floats and integers of 32 bits or more, not over ") << elementOf(getInput());
  return success();
}
LogicalResult ReduceOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  // Sums of floats are kept in double: this is the reference.
  if (operands[0].compute() == Compute::Int)
    reduce<int64_t>(getKind(), operands[0], results[0]);
  else
    reduce<double>(getKind(), operands[0], results[0]);
  return success();
}
FailureOr<Sizes> ReduceOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  if (!operands[0] || getType().getNumElements() != 1 || operands[0]->empty())
    return failure();
  DimExpr result = operands[0]->front();
  for (DimExpr size : ArrayRef(*operands[0]).drop_front()) {
    switch (getKind()) {
    case ReduceKind::sum:
      result = result + size;
      break;
    case ReduceKind::prod:
      result = result * size;
      break;
    case ReduceKind::min:
      result = DimExpr::min(result, size);
      break;
    case ReduceKind::max:
      result = DimExpr::max(result, size);
      break;
    default:
      return failure();
    }
  }
  return Sizes{result};
}
/// Over no dimension there is nothing to combine.
OpFoldResult ReduceOp::fold(FoldAdaptor) { return getAxes().empty() ? getInput() : Value(); }

DimExpr ReduceOp::countFlops() { return elementCount(getInput().getType()); }

LogicalResult ArgReduceOp::inferReturnTypes(MLIRContext *context, std::optional<Location>, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  types.push_back(
      withOnes(adaptor.getInput(), {static_cast<int64_t>(adaptor.getAxis())}, IntegerType::get(context, 64)));
  return success();
}
LogicalResult ArgReduceOp::verify() {
  if (static_cast<int64_t>(getAxis()) >= rankOf(getInput()))
    return emitOpError() << "axis is " << getAxis() << ", the input has " << rankOf(getInput()) << " dimensions";
  return success();
}
LogicalResult ArgReduceOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  const Tensor &input = operands[0];
  int64_t axis = getAxis(), size = input.shape()[axis], stride = stridesOf(input.shape())[axis];
  SmallVector<int64_t> strides = stridesOf(input.shape());
  auto run = [&](auto zero) {
    using T = decltype(zero);
    int64_t to = 0;
    forEachIndex(results[0].shape(), [&](ArrayRef<int64_t> index) {
      int64_t base = 0, best = 0;
      for (size_t i = 0; i < index.size(); ++i)
        base += index[i] * strides[i];
      for (int64_t k = 1; k < size; ++k) {
        T candidate = input.get<T>(base + k * stride), current = input.get<T>(base + best * stride);
        bool better = getKind() == ArgKind::max ? isLess(input.dtype(), current, candidate)
                                                : isLess(input.dtype(), candidate, current);
        better |= candidate != candidate && current == current;
        if (better || (getSelectLast() && candidate == current))
          best = k;
      }
      results[0].set<int64_t>(to++, best);
    });
  };
  input.compute() == Compute::Int ? run(int64_t(0)) : run(0.0);
  return success();
}
DimExpr ArgReduceOp::countFlops() { return elementCount(getInput().getType()); }

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Reduce.cpp.inc"
