//===- Shape.cpp - ONNX: constants, shapes and changes of shape ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "frontends/onnx/Weights.h"
#include <cmath>

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

/// A tensor of one element as a scalar, whatever its rank.
Value asScalar(Builder &b, Value x) { return b.reshape(x, {}); }

/// The number of elements of start, start + delta, .. before limit. Nothing where it depends on data.
std::optional<DimExpr> rangeLength(Node &node) {
  Builder &b = node.b;
  std::optional<Sizes> sizes[3];
  bool allKnown = true;
  for (size_t i = 0; i < 3; ++i) {
    sizes[i] = b.known(node.input(i));
    allKnown &= sizes[i] && sizes[i]->size() == 1;
  }
  if (allKnown) {
    DimExpr start = sizes[0]->front(), limit = sizes[1]->front(), delta = sizes[2]->front();
    std::optional<int64_t> step = delta.constantValue();
    if (!step || *step == 0 || std::abs(*step) > INT32_MAX)
      return std::nullopt;
    DimExpr length = *step > 0 ? (limit - start).ceilDiv(*step) : (start - limit).ceilDiv(-*step);
    return DimExpr::max(length, b.dim(0));
  }
  double values[3];
  for (size_t i = 0; i < 3; ++i) {
    auto constant = node.constantReals(i);
    if (!constant || constant->size() != 1)
      return std::nullopt;
    values[i] = constant->front();
  }
  double length = std::ceil((values[1] - values[0]) / values[2]);
  if (!std::isfinite(length) || length > 1e15)
    return std::nullopt;
  return b.dim(std::max<int64_t>(0, static_cast<int64_t>(length)));
}

} // namespace

// ---- constants -----------------------------------------------------------------------------------

bool importConstant(Node &node) {
  Builder &b = node.b;
  Type f32 = b.ops().getF32Type();
  if (node.has("value"))
    return node.set(node.tensor("value"));
  if (node.has("value_int"))
    return node.set(b.constant(Tensor::from(DType::I64, {}, {node.integer("value_int", 0)})));
  if (node.has("value_ints")) {
    SmallVector<int64_t> values = node.integers("value_ints");
    return node.set(b.constant(Tensor::from(DType::I64, {static_cast<int64_t>(values.size())}, values)));
  }
  if (node.has("value_float"))
    return node.set(b.scalar(node.real("value_float", 0), f32));
  if (node.has("value_floats"))
    return node.set(b.numbers(node.reals("value_floats"), f32));
  return node.fail(node.has("sparse_value")                                ? "sparse constants are not supported"
                   : node.has("value_string") || node.has("value_strings") ? "strings are not supported"
                                                                           : "has no value");
}

bool importConstantOfShape(Node &node) {
  Builder &b = node.b;
  Sizes shape;
  bool given;
  if (!node.knownSizes("shape", 0, shape, given))
    return false;
  Value value = node.has("value") ? node.tensor("value") : b.scalar(0, b.ops().getF32Type());
  if (!value)
    return false;
  if (elementCount(value.getType()) != 1)
    return node.fail("value must have one element, it has " + elementCount(value.getType()).str());
  return node.set(b.broadcast(asScalar(b, value), shape));
}

bool importRange(Node &node) {
  Builder &b = node.b;
  for (size_t i = 0; i < 3; ++i)
    if (elementCount(node.input(i).getType()) != 1 || node.element(i) != node.element(0))
      return node.fail("takes three numbers of one element type");
  std::optional<DimExpr> length = rangeLength(node);
  if (!length)
    return node.fail("start, limit or delta depends on data or on inputs' sizes in a way that leaves the length open; "
                     "they must be constant or follow from shapes, and delta constant and not 0");
  // In f32 for narrower floats, which have few whole numbers.
  Type type = node.element(0), wide = type;
  if (llvm::isa<mlir::FloatType>(type) && type.getIntOrFloatBitWidth() < 32)
    wide = b.ops().getF32Type();
  Value start = b.cast(asScalar(b, node.input(0)), wide), delta = b.cast(asScalar(b, node.input(2)), wide);
  Value result = b.iota({*length}, 0, wide);
  if (delta && splatOf(delta) != 1)
    result = b.mul(result, delta);
  if (start && splatOf(start) != 0)
    result = b.add(result, start);
  return node.set(b.cast(result, type));
}

bool importEyeLike(Node &node) {
  Builder &b = node.b;
  if (node.rank() != 2)
    return node.fail("takes a matrix, not a tensor of " + llvm::Twine(node.rank()) + " dimensions");
  Type type = node.element();
  if (node.has("dtype"))
    type = elementTypeOf(b.context(), node.integer("dtype", 0));
  if (!type || !type.isIntOrFloat())
    return node.fail("dtype is " + elementTypeName(node.integer("dtype", 0)) + ", which is not supported");
  Dims dims = node.dims();
  Type i64 = b.ops().getI64Type();
  Value diagonal = b.constant(Tensor::from(DType::I64, {}, {node.integer("k", 0)}));
  Value row = b.iota({dims[0], b.dim(1)}, 0, i64), column = b.iota({b.dim(1), dims[1]}, 1, i64);
  return node.set(b.cast(b.compare(Predicate::eq, column, b.add(row, diagonal)), type));
}

// ---- shapes as tensors ---------------------------------------------------------------------------

bool importShape(Node &node) {
  int64_t rank = node.rank();
  auto clamp = [&](int64_t value) { return std::clamp<int64_t>(value < 0 ? value + rank : value, 0, rank); };
  int64_t start = clamp(node.integer("start", 0)), end = clamp(node.integer("end", rank));
  return node.set(node.b.sizes(llvm::ArrayRef(node.dims()).slice(start, std::max<int64_t>(end - start, 0))));
}

bool importSize(Node &node) {
  return node.set(node.b.sizes({elementCount(node.input(0).getType())}, /*isScalar=*/true));
}

// ---- changes of shape ----------------------------------------------------------------------------

bool importReshape(Node &node) {
  Builder &b = node.b;
  Sizes shape;
  bool given;
  if (!node.knownSizes("shape", 1, shape, given))
    return false;
  if (!given)
    return node.fail("has no shape");
  Dims dims = node.dims();
  std::optional<size_t> inferred;
  for (auto [i, size] : llvm::enumerate(shape)) {
    if (size == 0 && !node.integer("allowzero", 0)) {
      if (i >= dims.size())
        return node.fail("shape copies dimension " + llvm::Twine(i) + ", the input has " + llvm::Twine(dims.size()));
      size = dims[i];
    } else if (size == -1) {
      if (inferred)
        return node.fail("shape has -1 twice");
      inferred = i;
    }
  }
  if (inferred) {
    shape[*inferred] = b.dim(1);
    DimExpr rest = product(b.context(), shape);
    if (std::optional<int64_t> value = rest.constantValue(); value && *value <= 0)
      return node.fail("shape has -1 beside dimensions of " + rest.str() + " elements; it cannot be inferred");
    shape[*inferred] = elementCount(node.input(0).getType()).floorDiv(rest);
  }
  return node.set(b.reshape(node.input(0), shape));
}

bool importFlatten(Node &node) {
  Builder &b = node.b;
  int64_t axis = node.integer("axis", 1), rank = node.rank();
  if (axis < -rank || axis > rank)
    return node.fail("axis " + llvm::Twine(axis) + " is not one of " + llvm::Twine(rank) + " dimensions");
  if (axis < 0)
    axis += rank;
  Dims dims = node.dims();
  return node.set(b.reshape(node.input(0), {product(b.context(), llvm::ArrayRef(dims).take_front(axis)),
                                            product(b.context(), llvm::ArrayRef(dims).drop_front(axis))}));
}

bool importSqueeze(Node &node) {
  SmallVector<int64_t> axes;
  bool given;
  if (!node.knownIntegers("axes", 1, axes, given) || !node.axes(axes, node.rank()))
    return false;
  if (axes.empty()) // all that have size 1 for sure
    for (auto [i, dim] : llvm::enumerate(node.dims()))
      if (dim == 1)
        axes.push_back(i);
  return node.set(node.b.squeeze(node.input(0), axes));
}

bool importUnsqueeze(Node &node) {
  SmallVector<int64_t> axes;
  bool given;
  if (!node.knownIntegers("axes", 1, axes, given))
    return false;
  if (!given)
    return node.fail("has no axes");
  if (!node.axes(axes, node.rank() + axes.size()))
    return false;
  return node.set(node.b.unsqueeze(node.input(0), axes));
}

/// Both the input and the shape broadcast.
bool importExpand(Node &node) {
  Builder &b = node.b;
  Sizes shape;
  bool given;
  if (!node.knownSizes("shape", 1, shape, given))
    return false;
  mlir::FailureOr<Dims> dims = broadcastDims(node.dims(), shape);
  if (failed(dims))
    return node.fail("the input cannot be expanded to that shape");
  for (auto [from, to] : llvm::zip(llvm::reverse(shape), llvm::reverse(*dims)))
    if (from != 1 && !b.require(from, to, "the input cannot be expanded to that shape"))
      return false;
  return node.set(b.broadcast(node.input(0), *dims));
}

} // namespace treadle::onnx
