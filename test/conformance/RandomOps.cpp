//===- RandomOps.cpp - random ops on elements and along dimensions -----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/conformance/RandomMaker.h"

namespace treadle::test {

// ---- elementwise -----------------------------------------------------------------------------

Value Maker::unary() {
  Value x = anyOf([](Value value) { return !isBool(value); });
  if (!x)
    return {};
  Known of = known[x], rounded = of;
  rounded.exact = false;
  bool isUnsigned = elementOf(x).isUnsignedInteger();
  double size = of.bound();
  if (!isFloat(x))
    switch (below(4)) {
    case 0:
      return make<NegOp>(x, {}, isUnsigned ? Known{-1, 0, true} : Known{-of.high, -of.low, true});
    case 1:
      return make<AbsOp>(x, {}, {0, size, true});
    case 2:
      return make<SignOp>(x, {}, {isUnsigned ? 0.0 : -1.0, 1, true});
    default:
      return make<NotOp>(x, {}, isUnsigned ? Known{-1, 0, true} : Known{-of.high - 1, -of.low, true});
    }
  switch (below(14)) {
  case 0:
    return make<NegOp>(x, {}, {-of.high, -of.low, of.exact});
  case 1:
    return make<AbsOp>(x, {}, {0, size, of.exact});
  case 2:
    return of.exact ? make<SignOp>(x, {}, {-1, 1, true}) : Value();
  case 3:
    return of.exact ? make<FloorOp>(x, {}, {of.low - 1, of.high, true}) : Value();
  case 4:
    return of.exact ? make<RoundOp>(x, {}, {of.low - 1, of.high + 1, true}) : Value();
  case 5:
    return of.low > 0.01 ? make<SqrtOp>(x, {}, {std::sqrt(of.low), std::sqrt(of.high), false}) : Value();
  case 6:
    return of.low > 0.01 ? make<LogOp>(x, {}, {std::log(of.low), std::log(of.high), false}) : Value();
  case 7:
    return of.high < 5 ? make<ExpOp>(x, {}, {std::exp(of.low), std::exp(of.high), false}) : Value();
  case 8:
    return size < 30 ? make<SinOp>(x, {}, {-1, 1, false}) : Value();
  case 9:
    return make<ErfOp>(x, {}, {-1, 1, false});
  case 10:
    return make<AtanOp>(x, {}, {-1.6, 1.6, false});
  case 11:
    return make<SigmoidOp>(x, {}, {0, 1, false});
  default:
    return make<TanhOp>(x, {}, {-1, 1, false});
  }
}

Value Maker::binary() {
  Value x = anyOf([](Value value) { return !isBool(value); });
  if (!x)
    return {};
  int64_t choice = below(9);
  if (isFloat(x) && choice >= 6) {
    // By what is not near zero; a remainder is a step.
    Dims shape = dims(x);
    Value y = newOperand(chance(0.5) ? ArrayRef<DimExpr>() : ArrayRef<DimExpr>(shape), elementOf(x), 1, 3);
    double size = known[x].bound();
    if (choice == 7)
      return known[x].exact ? make<ModOp>({x, y}, {}, {0, 3, false}) : Value();
    if (choice == 8 && known[x].low > 0.01)
      return make<PowOp>({x, y}, {}, {0, std::pow(std::max(size, 1.0), 3), false});
    return make<DivOp>({x, y}, {}, {-size, size, false});
  }
  Value y = partner(x);
  if (chance(0.3))
    std::swap(x, y);
  Known a = known[x], c = known[y];
  bool exact = a.exact && c.exact, stays = exact && !isFloat(x);
  double product = a.bound() * c.bound();
  switch (choice) {
  case 0:
    return make<SubOp>({x, y}, {}, {a.low - c.high, a.high - c.low, stays});
  case 1:
  case 2:
    return make<MulOp>({x, y}, {}, {-product, product, stays});
  case 3:
    return make<MinOp>({x, y}, {}, {std::min(a.low, c.low), std::min(a.high, c.high), exact});
  case 4:
    return make<MaxOp>({x, y}, {}, {std::max(a.low, c.low), std::max(a.high, c.high), exact});
  case 6:
    return make<DivOp>({x, y}, {}, {-a.bound() - 1, a.bound() + 1, true});
  case 7:
    return make<ModOp>({x, y}, chance(0.5) ? ArrayRef(flag("truncated")) : ArrayRef<NamedAttribute>(),
                       {-c.bound() - 1, c.bound() + 1, true});
  default:
    return make<AddOp>({x, y}, {}, {a.low + c.low, a.high + c.high, stays});
  }
}

Value Maker::bitwise() {
  Value x = anyOf([](Value value) { return !isFloat(value); });
  if (!x)
    return {};
  constexpr double any = 1e30; // of the type
  if (chance(0.2) && !isBool(x)) {
    Value y = newOperand(dims(x), elementOf(x), 0, 40);
    return chance(0.5) ? make<ShlOp>({x, y}, {}, {-any, any, true}) : make<ShrOp>({x, y}, {}, {-any, any, true});
  }
  Value y = partner(x);
  switch (below(3)) {
  case 0:
    return make<AndOp>({x, y}, {}, {-any, any, true});
  case 1:
    return make<OrOp>({x, y}, {}, {-any, any, true});
  default:
    return make<XorOp>({x, y}, {}, {-any, any, true});
  }
}

Value Maker::compare() {
  Value x = anyOf([&](Value value) { return known[value].exact; });
  if (!x)
    return {};
  Value y = partner(x);
  if (!known[y].exact)
    return {};
  auto predicate = static_cast<Predicate>(below(6));
  return make<CompareOp>({x, y}, {{"predicate", PredicateAttr::get(b.getContext(), predicate)}}, {0, 1, true});
}

Value Maker::select() {
  Value condition = anyOf([](Value value) { return isBool(value); });
  if (!condition)
    return {};
  Value x = anyOf([&](Value value) { return join(dims(condition), dims(value)); });
  if (!x)
    return {};
  Value y = partner(x);
  Dims both;
  if (!join(dims(x), dims(y), &both) || !join(both, dims(condition)))
    return {};
  return make<SelectOp>(
      {condition, x, y}, {},
      {std::min(known[x].low, known[y].low), std::max(known[x].high, known[y].high), known[x].exact && known[y].exact});
}

Value Maker::cast() {
  Value x = anyOf([](Value) { return true; });
  Type to = anyElement();
  Known of = known[x], facts = of;
  if (to == elementOf(x))
    return {};
  if (to.isInteger(1))
    facts = {0, 1, true};
  bool narrows = to.isF16() || to.isBF16();
  if (!isa<FloatType>(to)) {
    if (!of.exact)
      return {};
    // Out of its range a number has no fixed integer.
    double width = std::exp2(to.getIntOrFloatBitWidth() - (to.isUnsignedInteger() ? 0 : 1));
    if (isFloat(x) && !to.isInteger(1) && (of.high >= width || of.low < (to.isUnsignedInteger() ? 0 : -width)))
      return {};
  } else if (!isFloat(x)) {
    if (of.bound() > 1e4)
      return {};
    facts.exact = !narrows || of.bound() <= 256;
  } else if (to.getIntOrFloatBitWidth() < elementOf(x).getIntOrFloatBitWidth() || narrows) {
    facts.exact = false;
  }
  return make<CastOp>(x, {{"to", TypeAttr::get(to)}}, facts);
}

// ---- along dimensions ------------------------------------------------------------------------

Value Maker::reduce() {
  Value x = anyOf([](Value value) { return rankOf(value) > 0; });
  if (!x)
    return {};
  SmallVector<int64_t> axes;
  double length = 1;
  bool isEmpty = false;
  while (axes.empty())
    for (int64_t i = 0; i < rankOf(x); ++i)
      if (chance(0.5)) {
        axes.push_back(i);
        length *= most(dims(x)[i]);
        isEmpty |= least(dims(x)[i]) == 0;
      }
  Known of = known[x], facts = of;
  ReduceKind kind = isBool(x) ? oneOf({ReduceKind::any, ReduceKind::all})
                              : oneOf({ReduceKind::sum, ReduceKind::sum, ReduceKind::mean, ReduceKind::min,
                                       ReduceKind::max, ReduceKind::prod});
  facts.exact = of.exact && (!isFloat(x) || kind == ReduceKind::min || kind == ReduceKind::max);
  if (kind == ReduceKind::sum)
    facts = {std::min(of.low * length, of.low), std::max(of.high * length, of.high), facts.exact};
  if (kind == ReduceKind::prod) {
    double size = std::pow(std::max(of.bound(), 1.0), length);
    facts = {-size, size, facts.exact};
  }
  if (isEmpty && !isBool(x) && kind != ReduceKind::sum && kind != ReduceKind::prod)
    return {};
  return make<ReduceOp>(x, {{"kind", ReduceKindAttr::get(b.getContext(), kind)}, list("axes", axes)}, facts);
}

Value Maker::argReduce() {
  Value x = anyOf([&](Value value) { return rankOf(value) > 0 && known[value].exact && !isBool(value); });
  if (!x)
    return {};
  int64_t axis = below(rankOf(x));
  if (least(dims(x)[axis]) == 0)
    return {};
  SmallVector<NamedAttribute> attributes = {
      {"kind", ArgKindAttr::get(b.getContext(), oneOf({ArgKind::min, ArgKind::max}))}, number("axis", axis)};
  if (chance(0.5))
    attributes.push_back(flag("selectLast"));
  return make<ArgReduceOp>(x, attributes, {0, double(most(dims(x)[axis])), true});
}

Value Maker::scan() {
  Value x = anyOf([&](Value value) { return rankOf(value) > 0 && !isBool(value); });
  if (!x)
    return {};
  int64_t axis = below(rankOf(x));
  double length = most(dims(x)[axis]);
  ReduceKind kind = oneOf({ReduceKind::sum, ReduceKind::sum, ReduceKind::prod, ReduceKind::min, ReduceKind::max});
  Known facts = known[x];
  facts.exact &= !isFloat(x) || kind == ReduceKind::min || kind == ReduceKind::max;
  if (kind == ReduceKind::sum)
    facts = {std::min(facts.low * length, 0.0), std::max(facts.high * length, 0.0), facts.exact};
  if (kind == ReduceKind::prod) {
    double size = std::pow(std::max(facts.bound(), 1.0), length);
    facts = {-size, size, facts.exact};
  }
  SmallVector<NamedAttribute> attributes = {{"kind", ReduceKindAttr::get(b.getContext(), kind)}, number("axis", axis)};
  // Over no elements, what is least is infinite.
  if (chance(0.3) && (kind == ReduceKind::sum || kind == ReduceKind::prod))
    attributes.push_back(flag("exclusive"));
  if (chance(0.3))
    attributes.push_back(flag("reverse"));
  return make<ScanOp>(x, attributes, facts);
}

/// One of the two results is taken on.
Value Maker::topK() {
  Value x = anyOf([&](Value value) { return rankOf(value) > 0 && known[value].exact; });
  if (!x)
    return {};
  int64_t axis = below(rankOf(x));
  Dims taken = dims(x);
  DimExpr size = taken[axis];
  if (chance(0.7))
    taken[axis] = chance(0.5) ? size.ceilDiv(2) : DimExpr::min(size, dim(oneOf({1, 3, 20})));
  SmallVector<NamedAttribute> attributes = {number("axis", axis)};
  if (chance(0.5))
    attributes.push_back(flag("largest"));
  bool isIndices = chance(0.4);
  Value values = makeOf(TopKOp::getOperationName(), {tensorOf(taken, elementOf(x)), tensorOf(taken, b.getI64Type())}, x,
                        attributes, known[x]);
  if (!values || !isIndices)
    return values;
  Value indices = values.getDefiningOp()->getResult(1);
  known[indices] = {0, double(most(size)), true};
  return indices;
}

Value Maker::softmax() {
  Value x = anyOf([&](Value value) { return rankOf(value) > 0 && isFloat(value) && known[value].bound() < 100; });
  if (!x)
    return {};
  int64_t axis = below(rankOf(x));
  if (chance(0.2))
    return make<SoftmaxOp>(x, {number("axis", axis), flag("log")}, {-2 * known[x].bound() - 8, 0, false});
  return make<SoftmaxOp>(x, number("axis", axis), {0, 1, false});
}

Value Maker::normalize() {
  Value x = anyOf([](Value value) { return rankOf(value) > 0 && isFloat(value); });
  if (!x)
    return {};
  SmallVector<int64_t> axes;
  double length = 1;
  for (int64_t i = below(rankOf(x)); i < rankOf(x); ++i)
    axes.push_back(i);
  if (chance(0.2))
    axes = {below(rankOf(x))};
  for (int64_t axis : axes)
    length *= most(dims(x)[axis]);
  NormKind kind = oneOf({NormKind::layer, NormKind::rms});
  double size = std::sqrt(length);
  return make<NormalizeOp>(
      x, {{"kind", NormKindAttr::get(b.getContext(), kind)}, list("axes", axes), {"epsilon", b.getF64FloatAttr(0.01)}},
      {-size, size, false});
}

} // namespace treadle::test
