//===- Conv.cpp - the meaning of convolutions -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace treadle::graph {
namespace {

/// What both directions need: equal lists, positive strides, ranks that fit.
template <typename Adaptor> LogicalResult checkWindow(std::optional<Location> loc, Adaptor adaptor) {
  int64_t spatial = adaptor.getStrides().size();
  for (ArrayRef<int64_t> list : {adaptor.getDilations(), adaptor.getPadLow(), adaptor.getPadHigh()})
    if (static_cast<int64_t>(list.size()) != spatial)
      return emitOptionalError(loc, "every list must have ", spatial, " numbers, one a spatial dimension");
  if (rankOf(adaptor.getInput()) != spatial + 2 || rankOf(adaptor.getFilter()) != spatial + 2)
    return emitOptionalError(loc, "input and filter must have ", spatial + 2, " dimensions, they have ",
                             rankOf(adaptor.getInput()), " and ", rankOf(adaptor.getFilter()));
  for (auto [stride, dilation] : llvm::zip(adaptor.getStrides(), adaptor.getDilations()))
    if (stride <= 0 || dilation <= 0)
      return emitOptionalError(loc, "strides and dilations must be positive");
  if (static_cast<int64_t>(adaptor.getGroups()) <= 0)
    return emitOptionalError(loc, "groups must be positive");
  return success();
}

/// The element type of sums of products.
Type accumulatorOf(Type input, Type filter) {
  bool isByte = input.isInteger(8) && filter.isInteger(8);
  return isByte ? IntegerType::get(input.getContext(), 32) : input;
}

/// Adds input x filter over one direction's index arithmetic. `visit` is called with the output index,
/// input index and filter index of every multiplication that lies within all three.
template <typename T>
void accumulate(const Tensor &input, const Tensor &filter, Tensor &result,
                llvm::function_ref<void(llvm::function_ref<void(int64_t, int64_t, int64_t)>)> walk) {
  std::vector<T> a = input.read<T>(), b = filter.read<T>(), sums(result.size(), T(0));
  walk([&](int64_t to, int64_t x, int64_t w) { sums[to] += a[x] * b[w]; });
  result.write<T>(sums);
}

} // namespace

// ---- conv ------------------------------------------------------------------------------------

LogicalResult ConvOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  if (failed(checkWindow(loc, adaptor)))
    return failure();
  Dims input = dimsOf(adaptor.getInput().getType()), filter = dimsOf(adaptor.getFilter().getType());
  int64_t spatial = adaptor.getStrides().size(), groups = adaptor.getGroups();
  bool last = adaptor.getChannelsLast();
  int64_t channelDim = last ? spatial + 1 : 1;
  if (failed(unifyDims(input[channelDim], filter[1] * groups)))
    return emitOptionalError(loc, "the input has ", input[channelDim], " channels, the filter takes ",
                             filter[1] * groups);
  if (!filter[0].isMultipleOf(groups))
    return emitOptionalError(loc, filter[0], " output channels cannot be split into ", groups, " groups");
  Dims dims = input;
  dims[channelDim] = filter[0];
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t dim = last ? i + 1 : i + 2, stride = adaptor.getStrides()[i];
    int64_t pad = adaptor.getPadLow()[i] + adaptor.getPadHigh()[i];
    DimExpr room = input[dim] + pad - ((filter[i + 2] - 1) * adaptor.getDilations()[i] + 1);
    dims[dim] = room.floorDiv(stride) + 1;
    if (std::optional<int64_t> value = dims[dim].constantValue(); value && *value < 1)
      return emitOptionalError(loc, "the filter is larger than spatial dimension ", i, " with its padding, ",
                               input[dim] + pad);
  }
  types.push_back(tensorOf(dims, accumulatorOf(elementOf(adaptor.getInput()), elementOf(adaptor.getFilter()))));
  return success();
}

bool ConvOp::isDepthwise() {
  Dims filter = dimsOf(getFilter().getType());
  return getChannelsLast() && getGroups() > 1 && filter[0] == getGroups() && filter[1] == 1;
}

bool ConvOp::hasUnitSteps() {
  auto isOne = [](int64_t value) { return value == 1; };
  return llvm::all_of(getStrides(), isOne) && llvm::all_of(getDilations(), isOne);
}

bool ConvOp::isPointwise() {
  auto isOne = [](auto value) { return value == 1; };
  auto isZero = [](int64_t value) { return value == 0; };
  return getGroups() == 1 && llvm::all_of(ArrayRef(dimsOf(getFilter().getType())).drop_front(2), isOne) &&
         llvm::all_of(getStrides(), isOne) && llvm::all_of(getPadLow(), isZero) && llvm::all_of(getPadHigh(), isZero);
}

LogicalResult ConvOp::verify() { return success(); }

LogicalResult ConvOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  const Tensor &input = operands[0], &filter = operands[1];
  Tensor &result = results[0];
  SmallVector<int64_t> inStrides = stridesOf(input.shape()), outStrides = stridesOf(result.shape());
  int64_t channel = channelDim(), spatial = spatialRank();
  int64_t inGroup = filter.shape()[1], outGroup = filter.shape()[0] / getGroups();
  ArrayRef<int64_t> window = filter.shape().drop_front(2);
  int64_t taps = ShapedType::getNumElements(window);
  auto walk = [&](llvm::function_ref<void(int64_t, int64_t, int64_t)> visit) {
    int64_t to = 0;
    forEachIndex(result.shape(), [&](ArrayRef<int64_t> index) {
      int64_t out = index[channel], first = out / outGroup * inGroup, tapIndex = 0;
      forEachIndex(window, [&](ArrayRef<int64_t> tap) {
        int64_t base = index[0] * inStrides[0];
        bool inside = true;
        for (int64_t i = 0; i < spatial; ++i) {
          int64_t dim = spatialDim(i);
          int64_t at = index[dim] * getStrides()[i] - getPadLow()[i] + tap[i] * getDilations()[i];
          inside &= at >= 0 && at < input.shape()[dim];
          base += at * inStrides[dim];
        }
        if (inside)
          for (int64_t c = 0; c < inGroup; ++c)
            visit(to, base + (first + c) * inStrides[channel], (out * inGroup + c) * taps + tapIndex);
        ++tapIndex;
      });
      ++to;
    });
  };
  input.compute() == Compute::Int ? accumulate<int64_t>(input, filter, result, walk)
                                  : accumulate<double>(input, filter, result, walk);
  return success();
}

DimExpr ConvOp::countFlops() {
  Dims filter = dimsOf(getFilter().getType());
  return elementCount(getType()) * product(getContext(), ArrayRef(filter).drop_front()) * 2;
}

// ---- conv_transpose --------------------------------------------------------------------------

LogicalResult ConvTransposeOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                                SmallVectorImpl<Type> &types) {
  if (failed(checkWindow(loc, adaptor)))
    return failure();
  if (adaptor.getOutputPad().size() != adaptor.getStrides().size())
    return emitOptionalError(loc, "every list must have ", adaptor.getStrides().size(), " numbers");
  Dims input = dimsOf(adaptor.getInput().getType()), filter = dimsOf(adaptor.getFilter().getType());
  if (failed(unifyDims(input[1], filter[0])))
    return emitOptionalError(loc, "the input has ", input[1], " channels, the filter takes ", filter[0]);
  if (!filter[0].isMultipleOf(adaptor.getGroups()))
    return emitOptionalError(loc, filter[0], " channels cannot be split into ", adaptor.getGroups(), " groups");
  Dims dims = {input[0], filter[1] * adaptor.getGroups()};
  for (size_t i = 0; i < adaptor.getStrides().size(); ++i) {
    dims.push_back((input[i + 2] - 1) * adaptor.getStrides()[i] + (filter[i + 2] - 1) * adaptor.getDilations()[i] +
                   (adaptor.getOutputPad()[i] + 1 - adaptor.getPadLow()[i] - adaptor.getPadHigh()[i]));
    if (std::optional<int64_t> value = dims.back().constantValue(); value && *value < 1)
      return emitOptionalError(loc, "spatial dimension ", i, " of the result would be ", *value);
  }
  types.push_back(tensorOf(dims, accumulatorOf(elementOf(adaptor.getInput()), elementOf(adaptor.getFilter()))));
  return success();
}

LogicalResult ConvTransposeOp::verify() { return success(); }

LogicalResult ConvTransposeOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  const Tensor &input = operands[0], &filter = operands[1];
  Tensor &result = results[0];
  SmallVector<int64_t> outStrides = stridesOf(result.shape());
  int64_t spatial = getStrides().size(), outGroup = filter.shape()[1];
  int64_t inGroup = filter.shape()[0] / getGroups();
  ArrayRef<int64_t> window = filter.shape().drop_front(2);
  int64_t taps = ShapedType::getNumElements(window);
  auto walk = [&](llvm::function_ref<void(int64_t, int64_t, int64_t)> visit) {
    int64_t from = 0;
    forEachIndex(input.shape(), [&](ArrayRef<int64_t> index) {
      int64_t in = index[1], first = in / inGroup * outGroup, tapIndex = 0;
      forEachIndex(window, [&](ArrayRef<int64_t> tap) {
        int64_t base = index[0] * outStrides[0];
        bool inside = true;
        for (int64_t i = 0; i < spatial; ++i) {
          int64_t at = index[i + 2] * getStrides()[i] - getPadLow()[i] + tap[i] * getDilations()[i];
          inside &= at >= 0 && at < result.shape()[i + 2];
          base += at * outStrides[i + 2];
        }
        if (inside)
          for (int64_t o = 0; o < outGroup; ++o)
            visit(base + (first + o) * outStrides[1], from, (in * outGroup + o) * taps + tapIndex);
        ++tapIndex;
      });
      ++from;
    });
  };
  input.compute() == Compute::Int ? accumulate<int64_t>(input, filter, result, walk)
                                  : accumulate<double>(input, filter, result, walk);
  return success();
}

DimExpr ConvTransposeOp::countFlops() {
  Dims filter = dimsOf(getFilter().getType());
  return elementCount(getInput().getType()) * product(getContext(), ArrayRef(filter).drop_front()) * 2;
}

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Conv.cpp.inc"
