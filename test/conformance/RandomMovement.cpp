//===- RandomMovement.cpp - random ops that move elements ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/conformance/RandomMaker.h"
#include <numeric>

namespace treadle::test {

Value Maker::reshape() {
  Value x = anyOf([](Value) { return true; });
  Dims shape = dims(x);
  int64_t rank = shape.size();
  switch (below(4)) {
  case 0: // flat
    shape = {product(b.getContext(), shape)};
    break;
  case 1: { // a dimension of 1 more
    shape.insert(shape.begin() + below(rank + 1), dim(1));
    break;
  }
  case 2: { // two become one
    if (rank < 2)
      return {};
    int64_t at = below(rank - 1);
    shape[at] = shape[at] * shape[at + 1];
    shape.erase(shape.begin() + at + 1);
    break;
  }
  default: { // one becomes two
    if (rank == 0)
      return {};
    int64_t at = below(rank);
    SmallVector<int64_t> divisors;
    for (int64_t divisor : {2, 3, 4, 8})
      if (shape[at].isMultipleOf(divisor))
        divisors.push_back(divisor);
    if (divisors.empty())
      return {};
    DimExpr part = dim(divisors[below(divisors.size())]), rest = shape[at].floorDiv(part);
    bool first = chance(0.5);
    shape[at] = first ? part : rest;
    shape.insert(shape.begin() + at + 1, first ? rest : part);
  }
  }
  if (shape.size() > 6)
    return {};
  return makeOf(ReshapeOp::getOperationName(), tensorOf(shape, elementOf(x)), x, {}, known[x]);
}

Value Maker::transpose() {
  Value x = anyOf([](Value value) { return rankOf(value) > 1; });
  if (!x)
    return {};
  SmallVector<int64_t> permutation(rankOf(x));
  std::iota(permutation.begin(), permutation.end(), 0);
  std::shuffle(permutation.begin(), permutation.end(), random);
  if (chance(0.3)) { // the last two
    llvm::sort(permutation);
    std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  }
  return make<TransposeOp>(x, list("permutation", permutation), known[x]);
}

Value Maker::slice() {
  Value x = anyOf([](Value value) { return rankOf(value) > 0; });
  if (!x)
    return {};
  Dims shape = dims(x);
  SmallVector<DimExpr> starts;
  SmallVector<int64_t> steps;
  for (DimExpr &size : shape) {
    DimExpr start = dim(0);
    int64_t step = 1;
    if (chance(0.4)) {
      if (std::optional<int64_t> count = size.constantValue(); count && *count > 0 && chance(0.8)) {
        int64_t first = below(*count);
        step = oneOf({1, 1, 2, 3, -1, -2});
        int64_t most = step > 0 ? (*count - first - 1) / step + 1 : first / -step + 1;
        start = dim(first);
        size = dim(chance(0.3) ? most : 1 + below(most));
      } else if (least(size) > 0) {
        switch (below(4)) {
        case 0:
          start = size - 1;
          step = -1;
          break;
        case 1:
          start = dim(1);
          size = size - 1;
          break;
        case 2:
          size = size.ceilDiv(2);
          step = 2;
          break;
        default:
          start = size - size.ceilDiv(2);
          size = size.ceilDiv(2);
        }
      }
    }
    starts.push_back(start);
    steps.push_back(step);
  }
  return makeOf(SliceOp::getOperationName(), tensorOf(shape, elementOf(x)), x,
                {dimList("starts", starts), list("steps", steps)}, known[x]);
}

Value Maker::pad() {
  Value x = anyOf([](Value value) { return rankOf(value) > 0; });
  if (!x)
    return {};
  auto mode = static_cast<PadMode>(below(4));
  Dims shape = dims(x);
  SmallVector<DimExpr> low, high;
  for (DimExpr size : shape) {
    int64_t limit = mode == PadMode::reflect ? least(size) - 1 : mode == PadMode::constant || least(size) > 0 ? 3 : 0;
    auto amount = [&] { return dim(chance(0.5) || limit <= 0 ? 0 : below(std::min<int64_t>(limit, 3) + 1)); };
    low.push_back(amount());
    high.push_back(amount());
  }
  Value filling = newOperand({}, elementOf(x));
  Known facts = known[x];
  if (mode == PadMode::constant)
    facts = {std::min(facts.low, known[filling].low), std::max(facts.high, known[filling].high), facts.exact};
  return make<PadOp>({x, filling},
                     {dimList("low", low), dimList("high", high), {"mode", PadModeAttr::get(b.getContext(), mode)}},
                     facts);
}

Value Maker::concat() {
  Value x = anyOf([](Value value) { return rankOf(value) > 0; });
  if (!x)
    return {};
  int64_t axis = below(rankOf(x));
  SmallVector<Value> inputs = {x};
  Known facts = known[x];
  for (int64_t more = 1 + below(2); more > 0; --more) {
    Value other = anyOf([&](Value other) {
      if (rankOf(other) != rankOf(x) || elementOf(other) != elementOf(x))
        return false;
      for (int64_t i = 0; i < rankOf(x); ++i)
        if (i != axis && dims(other)[i] != dims(x)[i])
          return false;
      return true;
    });
    if (chance(0.4)) {
      Dims shape = dims(x);
      shape[axis] = anyDim();
      other = newOperand(shape, elementOf(x));
    }
    inputs.insert(inputs.begin() + below(inputs.size() + 1), other);
    facts = {std::min(facts.low, known[other].low), std::max(facts.high, known[other].high),
             facts.exact && known[other].exact};
  }
  return make<ConcatOp>(inputs, number("axis", axis), facts);
}

Value Maker::broadcast() {
  Value x = anyOf([](Value value) { return rankOf(value) < 5; });
  if (!x)
    return {};
  Dims shape = dims(x);
  for (DimExpr &size : shape)
    if (size == 1 && chance(0.6))
      size = anyDim();
  if (chance(0.4))
    shape.insert(shape.begin(), anyDim());
  if (shape == dims(x))
    return {};
  return makeOf(BroadcastOp::getOperationName(), tensorOf(shape, elementOf(x)), x, {}, known[x]);
}

Value Maker::iota() {
  Value like = anyOf([](Value value) { return rankOf(value) > 0; });
  if (!like)
    return {};
  int64_t axis = below(rankOf(like));
  Type element = oneOf<Type>({b.getI64Type(), b.getF32Type(), b.getI32Type()});
  return makeOf(IotaOp::getOperationName(), tensorOf(dims(like), element), {}, number("axis", axis),
                {0, double(most(dims(like)[axis])), true});
}

Value Maker::sizesOf() {
  Value of = anyOf([](Value value) { return rankOf(value) > 0; });
  if (!of)
    return {};
  DimExpr size = dims(of)[below(rankOf(of))];
  return make<SizesOp>({}, {dimList("values", size), flag("scalar")}, {0, double(most(size)), true});
}

Value Maker::gather() {
  Value x = anyOf([](Value value) { return rankOf(value) > 0; });
  if (!x)
    return {};
  Dims shape = dims(x);
  int64_t axis = below(rankOf(x));
  if (least(shape[axis]) == 0)
    return {};
  SmallVector<DimExpr> few;
  switch (below(4)) {
  case 0: { // of each place its own
    Dims indices = shape;
    indices[axis] = anyDim();
    return make<GatherElementsOp>({x, newIndices(indices, shape[axis])}, number("axis", axis), known[x]);
  }
  case 1: // tuples
    if (shape[0] != shape[std::min<size_t>(1, shape.size() - 1)] || least(shape[0]) == 0)
      return {};
    few = {anyDim(), dim(shape.size() > 1 ? 2 : 1)};
    return make<GatherNdOp>({x, newIndices(few, shape[0])}, number("batchDims", 0), known[x]);
  default:
    for (int64_t rank = below(3); rank > 0; --rank)
      few.push_back(anyDim());
    return make<GatherOp>({x, newIndices(few, shape[axis])}, number("axis", axis), known[x]);
  }
}

Value Maker::scatter() {
  Value x = anyOf([](Value value) { return rankOf(value) > 0; });
  if (!x)
    return {};
  Dims shape = dims(x), indices = shape;
  int64_t axis = below(rankOf(x));
  bool isTuples = chance(0.4);
  DimExpr size = shape[isTuples ? 0 : axis], count = anyDim();
  if (least(size) == 0)
    return {};
  indices[axis] = count;
  Dims given = indices;
  if (isTuples) {
    indices = {count, dim(1)};
    given = shape;
    given[0] = count;
  }
  if (mostOf(given) > 4000)
    return {};
  Value updates = newOperand(given, elementOf(x));
  Known facts = known[x], of = known[updates];
  SmallVector<NamedAttribute> attributes;
  if (!isTuples)
    attributes.push_back(number("axis", axis));
  ReduceKind kind = oneOf({ReduceKind::sum, ReduceKind::min, ReduceKind::max});
  bool combines = chance(0.5) && !isBool(x);
  if (combines)
    attributes.push_back({"kind", ReduceKindAttr::get(b.getContext(), kind)});
  double times = combines && kind == ReduceKind::sum ? most(count) : 0;
  facts = times ? Known{facts.low + std::min(times * of.low, 0.0), facts.high + std::max(times * of.high, 0.0),
                        facts.exact && !isFloat(x)}
                : Known{std::min(facts.low, of.low), std::max(facts.high, of.high), facts.exact};
  SmallVector<Value> operands = {x, newIndices(indices, size), updates};
  return isTuples ? make<ScatterNdOp>(operands, attributes, facts)
                  : make<ScatterElementsOp>(operands, attributes, facts);
}

} // namespace treadle::test
