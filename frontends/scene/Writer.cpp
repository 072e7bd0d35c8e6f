//===- Writer.cpp - ops of a field ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Writer.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::scene {

Value Writer::parameter(int64_t first, ArrayRef<int64_t> shape) {
  if (source) {
    auto fixed = [&](int64_t number) { return DimExpr::constant(b.getContext(), number); };
    Value part = make<SliceOp>(tensorOf({fixed(ShapedType::getNumElements(shape))}, element()), source,
                               DimsAttr::get(b.getContext(), {fixed(first).attribute()}), b.getDenseI64ArrayAttr({1}));
    return make<ReshapeOp>(part, ArrayRef<DimExpr>(llvm::map_to_vector(shape, fixed)));
  }
  int64_t width = byteSize(parameters.dtype, 1);
  ArrayRef<char> bytes = parameters.bytes.slice(first * width, ShapedType::getNumElements(shape) * width);
  AsmResourceBlob blob(bytes, 1, [keeper = parameters.keeper](void *, size_t, size_t) {}, /*dataIsMutable=*/false);
  return make<ConstantOp>(
      DenseResourceElementsAttr::get(RankedTensorType::get(shape, element()), "parameters", std::move(blob)));
}

Value Writer::scalar(double value, Type type) { return makeScalar(b, loc, value, type); }

Value Writer::cast(Value value, Type type) {
  return elementOf(value) == type ? value : make<CastOp>(value, TypeAttr::get(type), /*saturate=*/UnitAttr());
}

Value Writer::columns(Value value, int64_t begin, int64_t count) {
  Dims dims = dimsOf(value.getType());
  if (begin == 0 && dims[1] == count)
    return value;
  dims[1] = DimExpr::constant(b.getContext(), count);
  Attribute starts[] = {DimExpr::constant(b.getContext(), 0).attribute(),
                        DimExpr::constant(b.getContext(), begin).attribute()};
  return make<SliceOp>(tensorOf(dims, elementOf(value)), value, DimsAttr::get(b.getContext(), starts),
                       b.getDenseI64ArrayAttr({1, 1}));
}

Value Writer::concat(ArrayRef<Value> values) {
  auto given = llvm::to_vector(llvm::make_filter_range(values, [](Value value) { return !!value; }));
  return given.size() == 1 ? given.front() : make<ConcatOp>(ValueRange(given), b.getI64IntegerAttr(1));
}

Value Writer::filled(Value like, int64_t columns, double value, Type type) {
  if (columns == 0)
    return {};
  Dims dims = {dimsOf(like.getType())[0], DimExpr::constant(b.getContext(), columns)};
  return make<BroadcastOp>(tensorOf(dims, type), scalar(value, type));
}

} // namespace treadle::scene
