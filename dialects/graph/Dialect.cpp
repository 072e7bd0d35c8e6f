//===- Dialect.cpp - registration, and functions on whole graphs ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;

#include "dialects/graph/Dialect.cpp.inc"
#include "dialects/graph/Enums.cpp.inc"
#include "dialects/graph/Interfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/graph/Attributes.cpp.inc"

namespace treadle::graph {
namespace {

/// Tensors of more elements are data, not shapes.
constexpr int64_t sizesLimit = 64;

struct GraphInliner : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final { return true; }
};

} // namespace

void GraphDialect::initialize() {
#include "dialects/graph/Families.add.inc"
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/graph/Attributes.cpp.inc"
      >();
  addInterfaces<GraphInliner>();
}

Operation *GraphDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  if (auto elements = dyn_cast<ElementsAttr>(value))
    return ConstantOp::create(builder, loc, elements);
  return nullptr;
}

std::optional<Tensor> constantOf(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant)
    return std::nullopt;
  FailureOr<Tensor> tensor = Tensor::from(constant.getValue());
  if (failed(tensor))
    return std::nullopt;
  return *tensor;
}

std::optional<double> splatOf(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant || isa<ComplexType>(constant.getValue().getElementType()))
    return std::nullopt;
  if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue()); dense && !dense.isSplat())
    return std::nullopt;
  std::optional<Tensor> tensor = constantOf(value);
  if (!tensor || tensor->size() == 0)
    return std::nullopt;
  double first = tensor->get<double>(0);
  for (int64_t i = 1; i < tensor->size(); ++i)
    if (tensor->get<double>(i) != first)
      return std::nullopt;
  return first;
}

std::optional<Sizes> sizesOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.getElementType().isIntOrFloat() || !type.hasStaticShape() || type.getNumElements() > sizesLimit)
    return std::nullopt;
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (isa<ConstantOp>(op)) {
    std::optional<Tensor> tensor = constantOf(value);
    if (!tensor)
      return std::nullopt;
    Sizes sizes;
    bool isFloat = tensor->compute() != Compute::Int;
    for (int64_t i = 0; i < tensor->size(); ++i) {
      // A float counts if it is a whole number: shapes pass through Cast and Mul on their way.
      double number = isFloat ? tensor->get<double>(i) : 0;
      if (number != std::floor(number) || std::abs(number) > 9e15)
        return std::nullopt;
      sizes.push_back(DimExpr::constant(value.getContext(), tensor->get<int64_t>(i)));
    }
    return sizes;
  }
  auto graphOp = dyn_cast<GraphOpInterface>(op);
  if (!graphOp || op->getNumResults() != 1)
    return std::nullopt;
  SmallVector<std::optional<Sizes>> known;
  for (Value operand : op->getOperands())
    known.push_back(sizesOf(operand));
  SmallVector<const Sizes *> operands;
  for (std::optional<Sizes> &sizes : known)
    operands.push_back(sizes ? &*sizes : nullptr);
  FailureOr<Sizes> result = graphOp.evaluateSizes(operands);
  if (failed(result))
    return std::nullopt;
  return *result;
}

Value makeScalar(OpBuilder &builder, Location loc, double value, Type elementType) {
  auto type = RankedTensorType::get({}, elementType);
  Attribute attr;
  if (isa<FloatType>(elementType))
    attr = FloatAttr::get(elementType, value);
  else
    attr = IntegerAttr::get(elementType,
                            APInt(elementType.getIntOrFloatBitWidth(), static_cast<int64_t>(value), false, true));
  return ConstantOp::create(builder, loc, DenseElementsAttr::get(type, attr));
}

LogicalResult verifyAxis(Operation *op, int64_t axis, int64_t rank) {
  if (axis >= 0 && axis < rank)
    return success();
  return op->emitOpError() << "axis is " << axis << ", the input has " << rank << " dimensions";
}

std::string sourceName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().str();
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      if (std::string name = sourceName(part); !name.empty())
        return name;
  }
  return "";
}

} // namespace treadle::graph
