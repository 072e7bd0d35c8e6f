//===- DimExpr.cpp - integer expressions over symbols -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The canonical form is kept by the constructors below and by nothing else.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/dims/DimExpr.h"
#include "dialects/graph/Graph.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <map>
#include <numeric>

using namespace mlir;

namespace treadle::graph {
namespace {

DimAttr attrOf(DimExpr expr) { return cast<DimAttr>(expr.attribute()); }

DimExpr make(MLIRContext *context, DimKind kind, int64_t value, StringRef symbol, ArrayRef<DimExpr> operands) {
  SmallVector<Attribute> attrs;
  for (DimExpr operand : operands)
    attrs.push_back(operand.attribute());
  return DimExpr(DimAttr::get(context, kind, value, StringAttr::get(context, symbol), attrs));
}

/// A total order by structure, the same in every process.
int compare(DimExpr a, DimExpr b) {
  if (a == b)
    return 0;
  if (a.kind() != b.kind())
    return a.kind() < b.kind() ? -1 : 1;
  if (int order = a.symbolName().compare(b.symbolName()))
    return order;
  for (unsigned i = 0, e = std::min(a.operandCount(), b.operandCount()); i < e; ++i)
    if (int order = compare(a.operand(i), b.operand(i)))
      return order;
  if (a.operandCount() != b.operandCount())
    return a.operandCount() < b.operandCount() ? -1 : 1;
  return a.value() < b.value() ? -1 : 1;
}

bool precedes(DimExpr a, DimExpr b) { return compare(a, b) < 0; }

/// Coefficients stay at these ends where a result is out of range: no size that a program has is near
/// them. The range is symmetric, so that every number can be negated.
constexpr int64_t greatest = INT64_MAX, lowest = -INT64_MAX;

int64_t clampToRange(int64_t value) { return std::max(value, lowest); }
int64_t addSaturated(int64_t a, int64_t b) {
  int64_t result;
  if (llvm::AddOverflow(a, b, result))
    return a < 0 ? lowest : greatest;
  return clampToRange(result);
}
int64_t multiplySaturated(int64_t a, int64_t b) {
  int64_t result;
  if (llvm::MulOverflow(a, b, result))
    return (a < 0) != (b < 0) ? lowest : greatest;
  return clampToRange(result);
}

/// A product of factors without its coefficient; empty for the constant term.
using Monomial = SmallVector<DimExpr, 2>;

struct MonomialLess {
  bool operator()(const Monomial &a, const Monomial &b) const {
    // Higher degree first, so that the first monomial is a leading one.
    if (a.size() != b.size())
      return a.size() > b.size();
    for (auto [x, y] : llvm::zip(a, b))
      if (int order = compare(x, y))
        return order < 0;
    return false;
  }
};

/// The expanded form in which sums and products are computed.
struct Polynomial {
  std::map<Monomial, int64_t, MonomialLess> terms;

  void add(const Monomial &monomial, int64_t coefficient) {
    if (coefficient == 0)
      return;
    auto [it, inserted] = terms.try_emplace(monomial, coefficient);
    if (inserted)
      return;
    it->second = addSaturated(it->second, coefficient);
    if (it->second == 0)
      terms.erase(it);
  }

  int64_t constant() const {
    auto it = terms.find({});
    return it == terms.end() ? 0 : it->second;
  }
};

void addProduct(Polynomial &into, DimExpr expr, int64_t scale) {
  if (expr.kind() == DimKind::Product) {
    Monomial monomial;
    for (unsigned i = 0; i < expr.operandCount(); ++i)
      monomial.push_back(expr.operand(i));
    into.add(monomial, multiplySaturated(expr.value(), scale));
  } else if (expr.kind() == DimKind::Constant) {
    into.add({}, multiplySaturated(expr.value(), scale));
  } else {
    into.add({expr}, scale);
  }
}

Polynomial expand(DimExpr expr) {
  Polynomial result;
  if (expr.kind() == DimKind::Sum) {
    for (unsigned i = 0; i < expr.operandCount(); ++i)
      addProduct(result, expr.operand(i), 1);
    result.add({}, expr.value());
  } else {
    addProduct(result, expr, 1);
  }
  return result;
}

DimExpr collapse(MLIRContext *context, const Polynomial &polynomial);

/// More terms than this are not multiplied out: both sides become factors as they are.
constexpr size_t mostTerms = 128;

/// The terms of a product, or the two factors where there would be too many.
Polynomial multiply(MLIRContext *context, const Polynomial &a, const Polynomial &b) {
  Polynomial result;
  if (a.terms.size() * b.terms.size() > mostTerms && a.terms.size() > 1 && b.terms.size() > 1) {
    Monomial factors = {collapse(context, a), collapse(context, b)};
    llvm::sort(factors, precedes);
    result.add(factors, 1);
    return result;
  }
  for (const auto &[x, cx] : a.terms)
    for (const auto &[y, cy] : b.terms) {
      Monomial monomial(x);
      monomial.append(y.begin(), y.end());
      llvm::sort(monomial, precedes);
      result.add(monomial, multiplySaturated(cx, cy));
    }
  return result;
}

DimExpr fromTerm(MLIRContext *context, const Monomial &monomial, int64_t coefficient) {
  if (monomial.empty())
    return DimExpr::constant(context, coefficient);
  if (coefficient == 1 && monomial.size() == 1)
    return monomial.front();
  return make(context, DimKind::Product, coefficient, "", monomial);
}

DimExpr collapse(MLIRContext *context, const Polynomial &polynomial) {
  if (polynomial.terms.empty())
    return DimExpr::constant(context, 0);
  if (polynomial.terms.size() == 1)
    return fromTerm(context, polynomial.terms.begin()->first, polynomial.terms.begin()->second);
  SmallVector<DimExpr> terms;
  for (const auto &[monomial, coefficient] : polynomial.terms)
    if (!monomial.empty())
      terms.push_back(fromTerm(context, monomial, coefficient));
  return make(context, DimKind::Sum, polynomial.constant(), "", terms);
}

/// a / b as monomials, if b's factors are all in a.
std::optional<Monomial> divide(const Monomial &a, const Monomial &b) {
  Monomial result(a);
  for (DimExpr factor : b) {
    auto it = llvm::find(result, factor);
    if (it == result.end())
      return std::nullopt;
    result.erase(it);
  }
  return result;
}

/// a / b as polynomials, where no remainder is left.
std::optional<Polynomial> divideExactly(MLIRContext *context, Polynomial a, const Polynomial &b) {
  Polynomial quotient;
  const auto &[leading, coefficient] = *b.terms.begin();
  for (unsigned step = 0; !a.terms.empty(); ++step) {
    const auto &[monomial, value] = *a.terms.begin();
    std::optional<Monomial> factor = divide(monomial, leading);
    if (!factor || value % coefficient != 0 || step > 64)
      return std::nullopt;
    Polynomial term;
    term.add(*factor, value / coefficient);
    quotient.add(*factor, value / coefficient);
    for (const auto &[m, c] : multiply(context, term, b).terms)
      a.add(m, -c);
  }
  return quotient;
}

DimExpr extremum(DimKind kind, DimExpr a, DimExpr b) {
  bool isMin = kind == DimKind::Min;
  if (a == b)
    return a;
  DimExpr difference = a - b;
  if (difference.isAtLeast(0))
    return isMin ? b : a;
  if ((b - a).isAtLeast(0))
    return isMin ? a : b;
  // max(x floordiv c, k) is max(x, k * c) floordiv c: windows over windows stay one division.
  for (auto [quotient, bound] : {std::pair(a, b), std::pair(b, a)})
    if (std::optional<int64_t> value = bound.constantValue(); value && quotient.kind() == DimKind::FloorDiv) {
      int64_t divisor = quotient.operand(1).constantValue().value_or(0), whole = 0;
      if (divisor > 0 && !llvm::MulOverflow(*value, divisor, whole))
        return extremum(kind, quotient.operand(0), DimExpr::constant(a.context(), whole)).floorDiv(divisor);
    }
  SmallVector<DimExpr> operands;
  for (DimExpr expr : {a, b}) {
    if (expr.kind() != kind) {
      operands.push_back(expr);
      continue;
    }
    for (unsigned i = 0; i < expr.operandCount(); ++i)
      operands.push_back(expr.operand(i));
  }
  llvm::sort(operands, precedes);
  operands.erase(llvm::unique(operands), operands.end());
  return make(a.context(), kind, 0, "", operands);
}

} // namespace

DimExpr DimExpr::constant(MLIRContext *context, int64_t value) {
  return make(context, DimKind::Constant, clampToRange(value), "", {});
}

DimExpr DimExpr::symbol(MLIRContext *context, StringRef name) { return make(context, DimKind::Symbol, 0, name, {}); }

DimKind DimExpr::kind() const { return attrOf(*this).getKind(); }
unsigned DimExpr::operandCount() const { return attrOf(*this).getOperands().size(); }
DimExpr DimExpr::operand(unsigned index) const { return DimExpr(attrOf(*this).getOperands()[index]); }
int64_t DimExpr::value() const { return attrOf(*this).getValue(); }
StringRef DimExpr::symbolName() const { return attrOf(*this).getSymbol().getValue(); }

std::optional<int64_t> DimExpr::constantValue() const {
  if (attr && kind() == DimKind::Constant)
    return value();
  return std::nullopt;
}

DimExpr DimExpr::operator+(DimExpr other) const {
  Polynomial result = expand(*this);
  for (const auto &[monomial, coefficient] : expand(other).terms)
    result.add(monomial, coefficient);
  return collapse(context(), result);
}

DimExpr DimExpr::operator-(DimExpr other) const { return *this + other * -1; }

DimExpr DimExpr::operator*(DimExpr other) const {
  return collapse(context(), multiply(context(), expand(*this), expand(other)));
}

DimExpr DimExpr::floorDiv(DimExpr other) const {
  std::optional<int64_t> divisor = other.constantValue();
  if (!divisor) {
    if (std::optional<Polynomial> quotient = divideExactly(context(), expand(*this), expand(other)))
      return collapse(context(), *quotient);
    return make(context(), DimKind::FloorDiv, 0, "", {*this, other});
  }
  if (*divisor <= 0)
    return make(context(), DimKind::FloorDiv, 0, "", {*this, other});
  if (*divisor == 1)
    return *this;

  // Take out what the divisor divides; of the constant leave the remainder.
  Polynomial quotient, rest;
  int64_t common = *divisor, constantRest = 0;
  for (const auto &[monomial, coefficient] : expand(*this).terms) {
    if (monomial.empty()) {
      quotient.add({}, llvm::divideFloorSigned(coefficient, *divisor));
      constantRest = llvm::mod(coefficient, *divisor);
    } else if (coefficient % *divisor == 0) {
      quotient.add(monomial, coefficient / *divisor);
    } else {
      rest.add(monomial, coefficient);
      common = std::gcd(common, coefficient);
    }
  }
  if (rest.terms.empty())
    return collapse(context(), quotient);

  // (g*p + k) floordiv (g*c) == (p + k floordiv g) floordiv c
  Polynomial numerator;
  for (const auto &[monomial, coefficient] : rest.terms)
    numerator.add(monomial, coefficient / common);
  numerator.add({}, constantRest / common);
  int64_t denominator = *divisor / common;
  DimExpr inner = collapse(context(), numerator);

  // (x floordiv d + k) floordiv c == (x + k*d) floordiv (c*d)
  int64_t offset = 0;
  DimExpr nested = inner;
  if (inner.kind() == DimKind::Sum && inner.operandCount() == 1) {
    offset = inner.value();
    nested = inner.operand(0);
  }
  DimExpr result;
  int64_t innerDivisor = nested.kind() == DimKind::FloorDiv ? nested.operand(1).constantValue().value_or(0) : 0;
  int64_t shift, together;
  if (innerDivisor > 0 && !llvm::MulOverflow(offset, innerDivisor, shift) &&
      !llvm::MulOverflow(denominator, innerDivisor, together)) {
    result = (nested.operand(0) + shift).floorDiv(together);
  } else {
    result = make(context(), DimKind::FloorDiv, 0, "", {inner, constant(context(), denominator)});
  }
  return collapse(context(), quotient) + result;
}

DimExpr DimExpr::min(DimExpr a, DimExpr b) { return extremum(DimKind::Min, a, b); }
DimExpr DimExpr::max(DimExpr a, DimExpr b) { return extremum(DimKind::Max, a, b); }

bool DimExpr::isAtLeast(int64_t bound) const {
  switch (kind()) {
  case DimKind::Constant:
    return value() >= bound;
  case DimKind::Symbol:
    return bound <= 0;
  case DimKind::Sum: {
    for (unsigned i = 0; i < operandCount(); ++i)
      if (!operand(i).isAtLeast(0))
        return false;
    return value() >= bound;
  }
  case DimKind::Product:
    if (value() < 0 || bound > 0)
      return false;
    for (unsigned i = 0; i < operandCount(); ++i)
      if (!operand(i).isAtLeast(0))
        return false;
    return true;
  case DimKind::FloorDiv:
    return bound <= 0 && operand(0).isAtLeast(0);
  case DimKind::Min:
    return llvm::all_of(llvm::seq(operandCount()), [&](unsigned i) { return operand(i).isAtLeast(bound); });
  case DimKind::Max:
    return llvm::any_of(llvm::seq(operandCount()), [&](unsigned i) { return operand(i).isAtLeast(bound); });
  }
  return false;
}

bool DimExpr::isMultipleOf(int64_t divisor) const {
  if (divisor == 1)
    return true;
  for (const auto &[monomial, coefficient] : expand(*this).terms) {
    int64_t missing = divisor / std::gcd(divisor, coefficient);
    if (missing != 1)
      return false;
  }
  return true;
}

DimExpr DimExpr::substitute(llvm::function_ref<DimExpr(StringRef)> replacement) const {
  auto operands = [&](unsigned i) { return operand(i).substitute(replacement); };
  switch (kind()) {
  case DimKind::Constant:
    return *this;
  case DimKind::Symbol: {
    DimExpr other = replacement(symbolName());
    return other ? other : *this;
  }
  case DimKind::Sum: {
    DimExpr result = constant(context(), value());
    for (unsigned i = 0; i < operandCount(); ++i)
      result = result + operands(i);
    return result;
  }
  case DimKind::Product: {
    DimExpr result = constant(context(), value());
    for (unsigned i = 0; i < operandCount(); ++i)
      result = result * operands(i);
    return result;
  }
  case DimKind::FloorDiv:
    return operands(0).floorDiv(operands(1));
  case DimKind::Min:
  case DimKind::Max: {
    DimExpr result = operands(0);
    for (unsigned i = 1; i < operandCount(); ++i)
      result = kind() == DimKind::Min ? min(result, operands(i)) : max(result, operands(i));
    return result;
  }
  }
  return *this;
}

std::optional<int64_t> DimExpr::evaluate(llvm::function_ref<std::optional<int64_t>(StringRef)> valueOf) const {
  if (kind() == DimKind::Constant)
    return value();
  if (kind() == DimKind::Symbol)
    return valueOf(symbolName());
  std::optional<int64_t> result;
  if (kind() == DimKind::Sum || kind() == DimKind::Product)
    result = value();
  for (unsigned i = 0; i < operandCount(); ++i) {
    std::optional<int64_t> right = operand(i).evaluate(valueOf);
    if (!right)
      return std::nullopt;
    if (!result) {
      result = right;
      continue;
    }
    int64_t combined = 0;
    bool overflow = false;
    switch (kind()) {
    case DimKind::Sum:
      overflow = llvm::AddOverflow(*result, *right, combined);
      break;
    case DimKind::Product:
      overflow = llvm::MulOverflow(*result, *right, combined);
      break;
    case DimKind::FloorDiv:
      if (*right <= 0)
        return std::nullopt;
      combined = llvm::divideFloorSigned(*result, *right);
      break;
    case DimKind::Min:
      combined = std::min(*result, *right);
      break;
    default:
      combined = std::max(*result, *right);
      break;
    }
    if (overflow)
      return std::nullopt;
    result = combined;
  }
  return result;
}

unsigned DimExpr::nodeCount(unsigned most) const {
  unsigned result = 1;
  for (unsigned i = 0; i < operandCount() && result < most; ++i)
    result += operand(i).nodeCount(most - result);
  return result;
}

void DimExpr::forEachSymbol(llvm::function_ref<void(StringRef)> visit) const {
  if (kind() == DimKind::Symbol)
    visit(symbolName());
  for (unsigned i = 0; i < operandCount(); ++i)
    operand(i).forEachSymbol(visit);
}

} // namespace treadle::graph
