//===- Dims.cpp - the dimensions of tensor types ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"

using namespace mlir;

namespace treadle::graph {
Dims dimsOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  Dims result;
  if (auto dims = dyn_cast_or_null<DimsAttr>(tensor.getEncoding())) {
    for (Attribute dim : dims.getDims())
      result.push_back(DimExpr(dim));
    return result;
  }
  return constantDims(type.getContext(), tensor.getShape());
}

DimExpr dimOf(Type type, int64_t index) {
  auto tensor = cast<RankedTensorType>(type);
  if (auto dims = dyn_cast_or_null<DimsAttr>(tensor.getEncoding()))
    return DimExpr(dims.getDims()[index]);
  return DimExpr::constant(type.getContext(), tensor.getDimSize(index));
}

RankedTensorType tensorOf(ArrayRef<DimExpr> dims, Type elementType) {
  SmallVector<int64_t> shape;
  SmallVector<Attribute> attrs;
  bool isStatic = true;
  for (DimExpr dim : dims) {
    std::optional<int64_t> value = dim.constantValue();
    isStatic &= value.has_value();
    shape.push_back(value.value_or(ShapedType::kDynamic));
    attrs.push_back(dim.attribute());
  }
  if (isStatic)
    return RankedTensorType::get(shape, elementType);
  return RankedTensorType::get(shape, elementType, DimsAttr::get(elementType.getContext(), attrs));
}

Dims constantDims(MLIRContext *context, ArrayRef<int64_t> shape) {
  return llvm::map_to_vector(shape, [&](int64_t size) { return DimExpr::constant(context, size); });
}

DimExpr product(MLIRContext *context, ArrayRef<DimExpr> dims) {
  DimExpr result = DimExpr::constant(context, 1);
  for (DimExpr dim : dims)
    result = result * dim;
  return result;
}

DimExpr elementCount(Type type) { return product(type.getContext(), dimsOf(type)); }

FailureOr<DimExpr> unifyDims(DimExpr a, DimExpr b) {
  if (a == b)
    return a;
  if (a.isConstant() && b.isConstant())
    return failure();
  if (a.isConstant() || b.isConstant())
    return a.isConstant() ? a : b;
  return b.nodeCount() < a.nodeCount() ? b : a;
}

FailureOr<Dims> broadcastDims(ArrayRef<DimExpr> a, ArrayRef<DimExpr> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Dims result(a);
  for (size_t i = 0, offset = a.size() - b.size(); i < b.size(); ++i) {
    DimExpr &dim = result[offset + i];
    if (b[i] == 1)
      continue;
    if (dim == 1) {
      dim = b[i];
      continue;
    }
    FailureOr<DimExpr> both = unifyDims(dim, b[i]);
    if (failed(both))
      return failure();
    dim = *both;
  }
  return result;
}

LogicalResult DimsAttr::verifyEncoding(ArrayRef<int64_t> shape, Type,
                                       llvm::function_ref<InFlightDiagnostic()> emitError) const {
  if (shape.size() != getDims().size())
    return emitError() << "has " << shape.size() << " dimensions and names " << getDims().size();
  for (auto [size, dim] : llvm::zip(shape, getDims())) {
    std::optional<int64_t> value = DimExpr(dim).constantValue();
    if (value.value_or(ShapedType::kDynamic) != size)
      return emitError() << "names a dimension " << DimExpr(dim).str() << " that its shape does not have";
  }
  return success();
}

bool mayBeEqual(TypeRange a, TypeRange b) {
  auto sameSize = [](DimExpr x, DimExpr y) { return (x - y).constantValue().value_or(0) == 0; };
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [&](auto pair) {
           auto x = dyn_cast<RankedTensorType>(std::get<0>(pair)), y = dyn_cast<RankedTensorType>(std::get<1>(pair));
           return x && y && x.getElementType() == y.getElementType() && x.getRank() == y.getRank() &&
                  llvm::all_of(llvm::zip(dimsOf(x), dimsOf(y)),
                               [&](auto sizes) { return sameSize(std::get<0>(sizes), std::get<1>(sizes)); });
         });
}

} // namespace treadle::graph
