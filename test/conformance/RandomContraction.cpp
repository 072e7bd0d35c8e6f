//===- RandomContraction.cpp - random products and windows --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/conformance/RandomMaker.h"

namespace treadle::test {
namespace {

constexpr double mostProducts = 300000; // of an op

bool isProduct(Type element) { return !element.isInteger(1); }

/// A sum of so many products.
Known sumOf(const Known &a, const Known &c, double length, bool isFloat) {
  double size = a.bound() * c.bound() * std::max(length, 1.0);
  return {-size, size, !isFloat};
}

} // namespace

Value Maker::matmul() {
  Value x = anyOf([&](Value value) { return rankOf(value) > 1 && isProduct(elementOf(value)); });
  if (!x)
    return {};
  Dims shape = dims(x);
  bool transposeLhs = chance(0.2), transposeRhs = chance(0.3);
  DimExpr depth = shape[shape.size() - (transposeLhs ? 2 : 1)];
  SmallVector<NamedAttribute> attributes;
  if (transposeLhs)
    attributes.push_back(flag("transposeLhs"));
  if (transposeRhs)
    attributes.push_back(flag("transposeRhs"));
  // Another value that fits, or a new one.
  Value y = anyOf([&](Value value) {
    if (elementOf(value) != elementOf(x) || rankOf(value) < 2)
      return false;
    Dims other = dims(value);
    return other[other.size() - (transposeRhs ? 1 : 2)] == depth &&
           join(ArrayRef(shape).drop_back(2), ArrayRef(other).drop_back(2));
  });
  if (!y || chance(0.6)) {
    SmallVector<DimExpr> other;
    if (chance(0.4))
      for (DimExpr batch : ArrayRef(shape).drop_back(2))
        other.push_back(chance(0.7) ? batch : dim(1));
    DimExpr columns = anyDim();
    other.push_back(transposeRhs ? columns : depth);
    other.push_back(transposeRhs ? depth : columns);
    y = newOperand(other, elementOf(x));
  }
  if (mostOf(shape) * mostOf(dims(y)) / std::max<double>(most(depth), 1) > mostProducts)
    return {};
  return make<MatMulOp>({x, y}, attributes, sumOf(known[x], known[y], most(depth), isFloat(x)));
}

/// Something to convolve, of at most `rank` dimensions.
Value Maker::anyImage(int64_t rank) {
  return anyOf([&](Value value) {
    return rankOf(value) >= 3 && rankOf(value) <= rank && isProduct(elementOf(value)) && dims(value)[1].isConstant() &&
           least(dims(value)[1]) > 0;
  });
}

Value Maker::conv() {
  Value x = anyImage(5);
  if (!x)
    return {};
  Dims shape = dims(x);
  int64_t channels = *shape[1].constantValue(), groups = 1, spatial = shape.size() - 2;
  if (chance(0.4))
    for (int64_t divisor : {channels, int64_t(2), int64_t(4)})
      if (channels % divisor == 0 && chance(0.6))
        groups = divisor;
  int64_t outputs = groups == channels && chance(0.7) ? channels : groups * oneOf({1, 2, 3, 4, 5, 8, 16, 17});
  SmallVector<DimExpr> filter = {dim(outputs), dim(channels / groups)};
  SmallVector<int64_t> strides, dilations, low, high;
  int64_t size = oneOf({1, 2, 3, 3}), stride = oneOf({1, 1, 1, 2}), padding = below(2);
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t taken = chance(0.8) ? size : 1 + below(4);
    filter.push_back(dim(taken));
    strides.push_back(chance(0.8) ? stride : 1 + below(3));
    dilations.push_back(chance(0.85) ? 1 : 2);
    low.push_back(padding ? chance(0.8) ? taken / 2 : below(3) : 0);
    high.push_back(padding ? chance(0.8) ? taken / 2 : below(3) : 0);
    if (least(shape[i + 2]) + low.back() + high.back() < dilations.back() * (taken - 1) + 1)
      return {};
  }
  double length = mostOf(ArrayRef(filter).drop_front());
  if (mostOf(shape) / channels * outputs * length > mostProducts)
    return {};
  Value y = newOperand(filter, elementOf(x));
  return make<ConvOp>({x, y},
                      {list("strides", strides), list("dilations", dilations), list("padLow", low),
                       list("padHigh", high), number("groups", groups)},
                      sumOf(known[x], known[y], length, isFloat(x)));
}

Value Maker::convTranspose() {
  Value x = anyImage(4);
  if (!x)
    return {};
  Dims shape = dims(x);
  int64_t channels = *shape[1].constantValue(), groups = channels % 2 == 0 && chance(0.3) ? 2 : 1;
  SmallVector<DimExpr> filter = {shape[1], dim(oneOf({1, 2, 3, 8}))};
  SmallVector<int64_t> strides, dilations, low, high, more;
  for (size_t i = 2; i < shape.size(); ++i) {
    if (least(shape[i]) == 0)
      return {};
    int64_t taken = 1 + below(4);
    filter.push_back(dim(taken));
    strides.push_back(1 + below(2));
    dilations.push_back(1);
    low.push_back(below(taken + 1) / 2);
    high.push_back(below(taken + 1) / 2);
    more.push_back(chance(0.2) ? strides.back() - 1 : 0);
    if (taken + more.back() - low.back() - high.back() < 1)
      return {};
  }
  double length = mostOf(ArrayRef(filter).drop_front(2)) * channels;
  if (mostOf(shape) * mostOf(ArrayRef(filter).drop_front()) > mostProducts)
    return {};
  Value y = newOperand(filter, elementOf(x));
  return make<ConvTransposeOp>({x, y},
                               {list("strides", strides), list("dilations", dilations), list("padLow", low),
                                list("padHigh", high), list("outputPad", more), number("groups", groups)},
                               sumOf(known[x], known[y], length, isFloat(x)));
}

Value Maker::pool() {
  Value x = anyOf([](Value value) { return rankOf(value) > 0 && !isBool(value); });
  if (!x)
    return {};
  Dims shape = dims(x);
  SmallVector<int64_t> axes, kernel, strides, dilations, low, high;
  double length = 1;
  bool truncMode = chance(0.2);
  for (int64_t axis = below(shape.size()); axis < static_cast<int64_t>(shape.size()); ++axis) {
    int64_t taken = 1 + below(3), space = least(shape[axis]);
    axes.push_back(axis);
    kernel.push_back(taken);
    strides.push_back(1 + below(3));
    dilations.push_back(chance(0.8) ? 1 : 2);
    low.push_back(chance(0.5) ? 0 : below(taken));
    high.push_back(chance(0.5) ? 0 : below(taken));
    length *= taken;
    int64_t room = space + low.back() + high.back() - dilations.back() * (taken - 1) - 1;
    if (space == 0 || room < (truncMode ? 1 - strides.back() : 0))
      return {};
  }
  auto kind = static_cast<PoolKind>(below(3));
  SmallVector<NamedAttribute> attributes = {{"kind", PoolKindAttr::get(b.getContext(), kind)},
                                            list("axes", axes),
                                            list("kernel", kernel),
                                            list("strides", strides),
                                            list("dilations", dilations),
                                            list("padLow", low),
                                            list("padHigh", high)};
  if (chance(0.3))
    attributes.push_back(flag("countPad"));
  if (chance(0.2))
    attributes.push_back(flag("ceilMode"));
  if (truncMode)
    attributes.push_back(flag("truncMode"));
  Known facts = known[x];
  if (kind == PoolKind::sum)
    facts = {std::min(facts.low * length, facts.low), std::max(facts.high * length, facts.high), facts.exact};
  if (kind != PoolKind::max)
    facts.exact &= !isFloat(x);
  facts.low = std::min(facts.low, kind == PoolKind::max ? facts.low : 0);
  facts.high = std::max(facts.high, kind == PoolKind::max ? facts.high : 0);
  return make<PoolOp>(x, attributes, facts);
}

Value Maker::resize() {
  auto mode = static_cast<ResizeMode>(below(3));
  Value x = anyOf([&](Value value) { return rankOf(value) > 0 && (mode == ResizeMode::nearest || isFloat(value)); });
  if (!x)
    return {};
  Dims shape = dims(x);
  SmallVector<int64_t> axes;
  SmallVector<double> scales;
  for (int64_t axis = std::max<int64_t>(below(shape.size()), shape.size() - 2);
       axis < static_cast<int64_t>(shape.size()); ++axis) {
    if (least(shape[axis]) == 0)
      return {};
    axes.push_back(axis);
    scales.push_back(chance(0.5) ? 2 : 0);
    shape[axis] = scales.back() ? shape[axis] * 2 : anyDim();
  }
  Known facts = known[x];
  if (mode == ResizeMode::cubic)
    facts = {-4 * facts.bound(), 4 * facts.bound(), false};
  facts.exact &= mode == ResizeMode::nearest;
  MLIRContext *context = b.getContext();
  return makeOf(ResizeOp::getOperationName(), tensorOf(shape, elementOf(x)), x,
                {{"mode", ResizeModeAttr::get(context, mode)},
                 list("axes", axes),
                 {"scales", b.getDenseF64ArrayAttr(scales)},
                 {"coordinates", CoordinateModeAttr::get(context, static_cast<CoordinateMode>(below(5)))},
                 {"rounding", RoundModeAttr::get(context, static_cast<RoundMode>(below(4)))}},
                facts);
}

Value Maker::attention() {
  Value q = anyOf([&](Value value) { return rankOf(value) >= 2 && isFloat(value) && known[value].bound() < 20; });
  if (!q)
    return {};
  Dims shape = dims(q);
  size_t rank = shape.size();
  DimExpr keys = chance(0.4) ? shape[rank - 2] : anyDim();
  if (least(keys) == 0 || least(shape.back()) == 0)
    return {};
  Dims key = shape, value = shape, scores = shape;
  for (size_t i = 0; i + 2 < rank; ++i)
    if (chance(0.2))
      key[i] = value[i] = dim(1);
  key[rank - 2] = value[rank - 2] = scores[rank - 1] = keys;
  value[rank - 1] = chance(0.5) ? shape.back() : anyDim();
  if (mostOf(scores) * (most(shape.back()) + most(value.back())) > mostProducts)
    return {};
  SmallVector<Value> operands = {q, key == shape && chance(0.3) ? q : newOperand(key, elementOf(q)),
                                 newOperand(value, elementOf(q))};
  if (chance(0.4)) {
    for (DimExpr &size : scores)
      if (chance(0.3))
        size = dim(1);
    operands.push_back(newOperand(ArrayRef(scores).drop_front(chance(0.5) ? 0 : rank - 2), elementOf(q)));
  }
  SmallVector<NamedAttribute> attributes = {{"scale", b.getF64FloatAttr(0.25)}};
  if (chance(0.3))
    attributes.push_back(flag("causal"));
  else if (chance(0.2))
    attributes.push_back(number("windowRight", below(10)));
  if (chance(0.2))
    attributes.push_back(number("windowLeft", below(10)));
  if (chance(0.2))
    attributes.push_back(number("prefix", below(10)));
  return make<AttentionOp>(operands, attributes, {known[operands[2]].low, known[operands[2]].high, false});
}

} // namespace treadle::test
