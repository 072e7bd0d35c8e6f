//===- ElementwiseSizes.cpp - elementwise ops on sizes ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What exporters compute shapes with: integers that are expressions over symbols (evaluateSizes).
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"

using namespace mlir;

namespace treadle::graph {
namespace {

/// Applies `function` to the elements of two known operands, of which one may be a scalar.
FailureOr<Sizes> combineSizes(ArrayRef<const Sizes *> operands,
                              llvm::function_ref<DimExpr(DimExpr, DimExpr)> function) {
  const Sizes *a = operands[0], *b = operands[1];
  if (!a || !b || (a->size() != b->size() && a->size() != 1 && b->size() != 1))
    return failure();
  Sizes result;
  for (size_t i = 0, e = std::max(a->size(), b->size()); i < e; ++i) {
    DimExpr value = function((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]);
    if (!value)
      return failure();
    result.push_back(value);
  }
  return result;
}

bool isInteger(Value value) { return isa<IntegerType>(elementOf(value)); }

/// Integer division truncates; it is floordiv where the numerator cannot be negative. In floats only
/// an exact quotient stays a whole number.
DimExpr divideSizes(DimExpr a, DimExpr b, bool integer) {
  std::optional<int64_t> divisor = b.constantValue();
  if (divisor && *divisor > 0) {
    if (a.isMultipleOf(*divisor) || (integer && a.isAtLeast(0)))
      return a.floorDiv(*divisor);
    return DimExpr();
  }
  DimExpr quotient = a.floorDiv(b);
  return quotient * b == a ? quotient : DimExpr();
}

/// -1, 0 or 1 for what is known of a == b, a < b and so on; nothing if it depends on symbols.
std::optional<bool> compareSizes(Predicate predicate, DimExpr a, DimExpr b) {
  std::optional<int64_t> difference = (a - b).constantValue();
  if (difference) {
    switch (predicate) {
    case Predicate::eq:
      return *difference == 0;
    case Predicate::ne:
      return *difference != 0;
    case Predicate::lt:
      return *difference < 0;
    case Predicate::le:
      return *difference <= 0;
    case Predicate::gt:
      return *difference > 0;
    case Predicate::ge:
      return *difference >= 0;
    }
  }
  bool above = (a - b).isAtLeast(1), below = (b - a).isAtLeast(1);
  if (!above && !below)
    return std::nullopt;
  switch (predicate) {
  case Predicate::eq:
    return false;
  case Predicate::ne:
    return true;
  case Predicate::lt:
  case Predicate::le:
    return below;
  case Predicate::gt:
  case Predicate::ge:
    return above;
  }
  return std::nullopt;
}

} // namespace

FailureOr<Sizes> NegOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  if (!operands[0])
    return failure();
  return Sizes(llvm::map_range(*operands[0], [](DimExpr size) { return size * -1; }));
}

/// Sizes are whole numbers already.
#define WHOLE(OP)                                                                                                      \
  FailureOr<Sizes> OP::evaluateSizes(ArrayRef<const Sizes *> operands) {                                               \
    return operands[0] ? FailureOr<Sizes>(*operands[0]) : FailureOr<Sizes>(failure());                                 \
  }
WHOLE(FloorOp)
WHOLE(CeilOp)
WHOLE(RoundOp)

#define COMBINE(OP, FUNCTION)                                                                                          \
  FailureOr<Sizes> OP::evaluateSizes(ArrayRef<const Sizes *> operands) {                                               \
    return combineSizes(operands, [&](DimExpr a, DimExpr b) { return FUNCTION; });                                     \
  }
COMBINE(AddOp, a + b)
COMBINE(SubOp, a - b)
COMBINE(MulOp, a *b)
COMBINE(MinOp, DimExpr::min(a, b))
COMBINE(MaxOp, DimExpr::max(a, b))
COMBINE(DivOp, divideSizes(a, b, isInteger(getLhs())))

FailureOr<Sizes> ModOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  return combineSizes(operands, [&](DimExpr a, DimExpr b) {
    std::optional<int64_t> divisor = b.constantValue();
    bool sameRounding = divisor && *divisor > 0 && (!getTruncated() || a.isAtLeast(0));
    return sameRounding ? a.mod(b) : DimExpr();
  });
}

FailureOr<Sizes> CastOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  if (!operands[0])
    return failure();
  auto integer = dyn_cast<IntegerType>(getTo());
  if (!integer || integer.getWidth() != 1)
    return *operands[0];
  Sizes result;
  for (DimExpr size : *operands[0]) {
    std::optional<bool> isTrue = compareSizes(Predicate::ne, size, DimExpr::constant(getContext(), 0));
    if (!isTrue)
      return failure();
    result.push_back(DimExpr::constant(getContext(), *isTrue));
  }
  return result;
}

FailureOr<Sizes> CompareOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  return combineSizes(operands, [&](DimExpr a, DimExpr b) {
    std::optional<bool> holds = compareSizes(getPredicate(), a, b);
    return holds ? DimExpr::constant(getContext(), *holds) : DimExpr();
  });
}

FailureOr<Sizes> SelectOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  if (!operands[0])
    return failure();
  // Each element needs only the side that is chosen; one unknown condition makes all unknown.
  Sizes result;
  int64_t count = cast<RankedTensorType>(getType()).getNumElements();
  for (int64_t i = 0; i < count; ++i) {
    auto element = [&](const Sizes *sizes) { return (*sizes)[sizes->size() == 1 ? 0 : i]; };
    std::optional<int64_t> condition = element(operands[0]).constantValue();
    if (!condition)
      return failure();
    const Sizes *chosen = operands[*condition ? 1 : 2];
    if (!chosen || (chosen->size() != 1 && static_cast<int64_t>(chosen->size()) != count))
      return failure();
    result.push_back(element(chosen));
  }
  return result;
}

} // namespace treadle::graph
