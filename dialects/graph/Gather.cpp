//===- Gather.cpp - the meaning of gathers and scatters ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Reduce.h"
#include "mlir/IR/Builders.h"
#include <algorithm>
#include <cstring>

using namespace mlir;

namespace treadle::graph {
namespace {

/// An index as models give it, brought into [0, size).
int64_t wrapIndex(int64_t index, int64_t size) {
  if (index < 0)
    index += size;
  return std::clamp<int64_t>(index, 0, std::max<int64_t>(size - 1, 0));
}

/// Copies runs of `run` elements; `starts` has the input position of each, in result order.
void copyRuns(const Tensor &input, Tensor &result, ArrayRef<int64_t> starts, int64_t run) {
  unsigned bits = bitWidth(input.dtype());
  if (input.size() == 0) // there is nothing to be read: the result is of zeros
    return;
  int64_t to = 0;
  for (int64_t start : starts) {
    if (bits % 8 == 0)
      std::memcpy(result.mutableRaw() + to * bits / 8, input.raw().data() + start * bits / 8, run * bits / 8);
    else
      for (int64_t i = 0; i < run; ++i)
        result.set<int64_t>(to + i, input.get<int64_t>(start + i));
    to += run;
  }
}

/// Copies the input, then puts runs of `run` updates where `starts` says, one after another.
void putRuns(ArrayRef<Tensor> operands, Tensor &result, ArrayRef<int64_t> starts, int64_t run,
             std::optional<ReduceKind> kind) {
  const Tensor &input = operands[0], &updates = operands[2];
  if (result.size() == 0) // no index is in range
    return;
  auto put = [&](auto zero) {
    using T = decltype(zero);
    result.write<T>(input.read<T>());
    int64_t from = 0;
    for (int64_t start : starts)
      for (int64_t to = start; to < start + run; ++to, ++from) {
        T update = updates.get<T>(from);
        result.set<T>(to, kind ? combine(*kind, result.dtype(), result.get<T>(to), update) : update);
      }
  };
  input.compute() == Compute::Int ? put(int64_t(0)) : put(0.0);
}

LogicalResult verifyScatter(Operation *op, Value input, Value updates, std::optional<ReduceKind> kind) {
  if (elementOf(input) != elementOf(updates))
    return op->emitOpError() << "puts elements of type " << elementOf(updates) << " into a tensor of "
                             << elementOf(input);
  if (kind == ReduceKind::mean || kind == ReduceKind::any || kind == ReduceKind::all)
    return op->emitOpError() << "combines by sum, prod, min or max, not by " << stringifyReduceKind(*kind);
  if (kind && elementOf(input).isInteger(1))
    return op->emitOpError("combines numbers, not i1");
  return success();
}

} // namespace

// ---- gather ----------------------------------------------------------------------------------

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  Dims input = dimsOf(adaptor.getInput().getType()), indices = dimsOf(adaptor.getIndices().getType());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= static_cast<int64_t>(input.size()))
    return emitOptionalError(loc, "axis is ", axis, ", the input has ", input.size(), " dimensions");
  Dims dims(ArrayRef(input).take_front(axis));
  llvm::append_range(dims, indices);
  llvm::append_range(dims, ArrayRef(input).drop_front(axis + 1));
  types.push_back(tensorOf(dims, elementOf(adaptor.getInput())));
  return success();
}
LogicalResult GatherOp::verify() { return verifyAxis(*this, getAxis(), rankOf(getInput())); }
LogicalResult GatherOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  ArrayRef<int64_t> shape = operands[0].shape();
  int64_t axis = getAxis();
  int64_t outer = ShapedType::getNumElements(shape.take_front(axis));
  int64_t inner = ShapedType::getNumElements(shape.drop_front(axis + 1));
  std::vector<int64_t> indices = operands[1].read<int64_t>(), starts;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t index : indices)
      starts.push_back((o * shape[axis] + wrapIndex(index, shape[axis])) * inner);
  copyRuns(operands[0], results[0], starts, inner);
  return success();
}
FailureOr<Sizes> GatherOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  if (!operands[0] || !operands[1] || rankOf(getInput()) != 1)
    return failure();
  Sizes result;
  for (DimExpr index : *operands[1]) {
    std::optional<int64_t> value = index.constantValue();
    if (!value || operands[0]->empty())
      return failure();
    result.push_back((*operands[0])[wrapIndex(*value, operands[0]->size())]);
  }
  return result;
}
DimExpr GatherOp::countFlops() { return DimExpr::constant(getContext(), 0); }

// ---- gather_elements -------------------------------------------------------------------------

LogicalResult GatherElementsOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                                 SmallVectorImpl<Type> &types) {
  types.push_back(tensorOf(dimsOf(adaptor.getIndices().getType()), elementOf(adaptor.getInput())));
  return success();
}
LogicalResult GatherElementsOp::verify() {
  if (rankOf(getInput()) != rankOf(getIndices()))
    return emitOpError() << "input has " << rankOf(getInput()) << " dimensions, indices " << rankOf(getIndices());
  return verifyAxis(*this, getAxis(), rankOf(getInput()));
}
LogicalResult GatherElementsOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  SmallVector<int64_t> strides = stridesOf(operands[0].shape());
  std::vector<int64_t> starts;
  forEachIndex(results[0].shape(), [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (int64_t i = 0; i < static_cast<int64_t>(index.size()); ++i) {
      int64_t at = index[i];
      if (i == static_cast<int64_t>(getAxis()))
        at = wrapIndex(operands[1].get<int64_t>(starts.size()), operands[0].shape()[i]);
      position += at * strides[i];
    }
    starts.push_back(position);
  });
  copyRuns(operands[0], results[0], starts, 1);
  return success();
}
DimExpr GatherElementsOp::countFlops() { return DimExpr::constant(getContext(), 0); }

// ---- gather_nd -------------------------------------------------------------------------------

LogicalResult GatherNdOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  Dims input = dimsOf(adaptor.getInput().getType()), indices = dimsOf(adaptor.getIndices().getType());
  if (indices.empty())
    return emitOptionalError(loc, "indices must have a dimension");
  std::optional<int64_t> depth = indices.back().constantValue();
  int64_t batch = adaptor.getBatchDims();
  if (!depth || batch < 0 || batch >= static_cast<int64_t>(std::min(input.size(), indices.size())) ||
      batch + *depth > static_cast<int64_t>(input.size()))
    return emitOptionalError(loc, "tuples of ", indices.back(), " indices after ", batch,
                             " batch dimensions do not fit an input of ", input.size(), " dimensions");
  Dims dims(ArrayRef(indices).drop_back());
  llvm::append_range(dims, ArrayRef(input).drop_front(batch + *depth));
  types.push_back(tensorOf(dims, elementOf(adaptor.getInput())));
  return success();
}
LogicalResult GatherNdOp::verify() { return success(); }
LogicalResult GatherNdOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  ArrayRef<int64_t> shape = operands[0].shape(), indexShape = operands[1].shape();
  int64_t batch = getBatchDims(), depth = indexShape.back();
  SmallVector<int64_t> strides = stridesOf(shape);
  int64_t inner = ShapedType::getNumElements(shape.drop_front(batch + depth));
  std::vector<int64_t> starts;
  int64_t tuple = 0;
  forEachIndex(indexShape.drop_back(), [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (int64_t i = 0; i < batch; ++i)
      position += index[i] * strides[i];
    for (int64_t i = 0; i < depth; ++i)
      position += wrapIndex(operands[1].get<int64_t>(tuple * depth + i), shape[batch + i]) * strides[batch + i];
    starts.push_back(position);
    ++tuple;
  });
  copyRuns(operands[0], results[0], starts, inner);
  return success();
}
DimExpr GatherNdOp::countFlops() { return DimExpr::constant(getContext(), 0); }

// ---- scatter_elements ------------------------------------------------------------------------

LogicalResult ScatterElementsOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                                  SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getInput().getType());
  return success();
}
LogicalResult ScatterElementsOp::verify() {
  if (rankOf(getInput()) != rankOf(getIndices()))
    return emitOpError() << "input has " << rankOf(getInput()) << " dimensions, indices " << rankOf(getIndices());
  if (!mayBeEqual(tensorOf(dimsOf(getIndices().getType()), elementOf(getUpdates())), getUpdates().getType()))
    return emitOpError("indices and updates must have the same dimensions");
  if (failed(verifyScatter(*this, getInput(), getUpdates(), getKind())))
    return failure();
  return verifyAxis(*this, getAxis(), rankOf(getInput()));
}
LogicalResult ScatterElementsOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  ArrayRef<int64_t> shape = operands[0].shape();
  SmallVector<int64_t> strides = stridesOf(shape);
  std::vector<int64_t> starts;
  forEachIndex(operands[1].shape(), [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (int64_t i = 0; i < static_cast<int64_t>(index.size()); ++i) {
      bool isAxis = i == static_cast<int64_t>(getAxis());
      position += strides[i] * (isAxis ? wrapIndex(operands[1].get<int64_t>(starts.size()), shape[i]) : index[i]);
    }
    starts.push_back(position);
  });
  putRuns(operands, results[0], starts, 1, getKind());
  return success();
}
DimExpr ScatterElementsOp::countFlops() { return elementCount(getUpdates().getType()); }

// ---- scatter_nd ------------------------------------------------------------------------------

LogicalResult ScatterNdOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getInput().getType());
  return success();
}
LogicalResult ScatterNdOp::verify() {
  Dims input = dimsOf(getInput().getType()), indices = dimsOf(getIndices().getType());
  std::optional<int64_t> depth = indices.empty() ? std::nullopt : indices.back().constantValue();
  if (!depth || *depth > rankOf(getInput()))
    return emitOpError() << "takes tuples of up to " << input.size() << " indices in the last dimension of indices";
  Dims expected(ArrayRef(indices).drop_back());
  llvm::append_range(expected, ArrayRef(input).drop_front(*depth));
  if (!mayBeEqual(tensorOf(expected, elementOf(getUpdates())), getUpdates().getType()))
    return emitOpError() << "updates must be " << tensorOf(expected, elementOf(getUpdates())) << ", they are "
                         << getUpdates().getType();
  return verifyScatter(*this, getInput(), getUpdates(), getKind());
}
LogicalResult ScatterNdOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  ArrayRef<int64_t> shape = operands[0].shape(), indexShape = operands[1].shape();
  int64_t depth = indexShape.back(), inner = ShapedType::getNumElements(shape.drop_front(depth));
  SmallVector<int64_t> strides = stridesOf(shape);
  std::vector<int64_t> starts;
  for (int64_t tuple = 0, count = ShapedType::getNumElements(indexShape.drop_back()); tuple < count; ++tuple) {
    int64_t position = 0;
    for (int64_t i = 0; i < depth; ++i)
      position += wrapIndex(operands[1].get<int64_t>(tuple * depth + i), shape[i]) * strides[i];
    starts.push_back(position);
  }
  putRuns(operands, results[0], starts, inner, getKind());
  return success();
}
DimExpr ScatterNdOp::countFlops() { return elementCount(getUpdates().getType()); }

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Gather.cpp.inc"
