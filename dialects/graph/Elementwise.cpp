//===- Elementwise.cpp - the meaning of elementwise ops ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operands broadcast; each op is then one function of numbers. That function is given once, as a
// generic lambda, and instantiated for float (which also serves the narrower formats), double and
// int64_t (which serves every integer type: results are cut to the type's width on storing).
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;

namespace treadle::graph {
namespace {

// ---- result types ----------------------------------------------------------------------------

LogicalResult inferBroadcast(std::optional<Location> loc, ValueRange operands, Type elementType,
                             SmallVectorImpl<Type> &types) {
  Dims dims;
  for (Value operand : operands) {
    FailureOr<Dims> both = broadcastDims(dims, dimsOf(operand.getType()));
    if (failed(both))
      return emitOptionalError(loc, "operands of types ", operands.getTypes(), " cannot be broadcast together");
    dims = *both;
  }
  types.push_back(tensorOf(dims, elementType));
  return success();
}

LogicalResult inferSameElement(std::optional<Location> loc, ValueRange operands, SmallVectorImpl<Type> &types) {
  for (Value operand : operands.drop_front())
    if (elementOf(operand) != elementOf(operands.front()))
      return emitOptionalError(loc, "operands have different element types, ", elementOf(operands.front()), " and ",
                               elementOf(operand));
  return inferBroadcast(loc, operands, elementOf(operands.front()), types);
}

LogicalResult inferBool(std::optional<Location> loc, ValueRange operands, SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, operands, IntegerType::get(operands.front().getContext(), 1), types);
}

// ---- evaluation ------------------------------------------------------------------------------

/// The operand's elements as T in the result's shape.
template <typename T> std::vector<T> spread(const Tensor &operand, const Tensor &result) {
  std::vector<T> values = operand.read<T>();
  if (operand.shape() == result.shape())
    return values;
  std::vector<T> wide;
  wide.reserve(result.size());
  for (int64_t position : broadcastPositions(operand.shape(), result.shape()))
    wide.push_back(values[position]);
  return wide;
}

template <typename T, typename F> void apply(ArrayRef<Tensor> operands, Tensor &result, F function) {
  std::vector<T> a = spread<T>(operands[0], result);
  if constexpr (std::is_invocable_v<F, T>) {
    for (T &x : a)
      x = static_cast<T>(function(x));
  } else {
    std::vector<T> b = spread<T>(operands[1], result);
    for (size_t i = 0; i < a.size(); ++i)
      a[i] = static_cast<T>(function(a[i], b[i]));
  }
  result.write<T>(a);
}

/// For ops on floats alone.
template <typename F> LogicalResult evaluateFloat(ArrayRef<Tensor> operands, Tensor &result, F function) {
  switch (operands[0].compute()) {
  case Compute::Float:
    apply<float>(operands, result, function);
    return success();
  case Compute::Double:
    apply<double>(operands, result, function);
    return success();
  case Compute::Int:
    return failure();
  }
  return failure();
}

template <typename F> LogicalResult evaluateInt(ArrayRef<Tensor> operands, Tensor &result, F function) {
  if (operands[0].compute() != Compute::Int)
    return failure();
  apply<int64_t>(operands, result, function);
  return success();
}

template <typename F> LogicalResult evaluateNumber(ArrayRef<Tensor> operands, Tensor &result, F function) {
  if (operands[0].dtype() == DType::C64 || operands[0].dtype() == DType::C128)
    return failure();
  return operands[0].compute() == Compute::Int ? evaluateInt(operands, result, function)
                                               : evaluateFloat(operands, result, function);
}

template <typename T> constexpr bool isReal = std::is_floating_point_v<T>;

template <typename T> T divide(T a, T b, bool isUnsigned) {
  if constexpr (isReal<T>)
    return a / b;
  else if (b == 0)
    return 0;
  else if (isUnsigned)
    return static_cast<uint64_t>(a) / static_cast<uint64_t>(b);
  else
    return b == -1 ? static_cast<T>(0 - static_cast<uint64_t>(a)) : a / b;
}

template <typename T> T remainder(T a, T b, bool truncated, bool isUnsigned) {
  if constexpr (isReal<T>) {
    T rest = std::fmod(a, b);
    return !truncated && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  } else {
    if (b == 0)
      return 0;
    if (isUnsigned)
      return static_cast<uint64_t>(a) % static_cast<uint64_t>(b);
    if (b == -1)
      return 0;
    T rest = a % b;
    return !truncated && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
}

bool isUnsigned(const Tensor &tensor) {
  return tensor.dtype() == DType::U64; // narrower ones are positive as int64_t
}

ParseResult parsePredicateWord(OpAsmParser &parser, PredicateAttr &attr) {
  StringRef word;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<Predicate> predicate = symbolizePredicate(word);
  if (!predicate)
    return parser.emitError(loc, "expected one of eq, ne, lt, le, gt, ge");
  attr = PredicateAttr::get(parser.getContext(), *predicate);
  return success();
}

void printPredicateWord(OpAsmPrinter &printer, Operation *, PredicateAttr attr) {
  printer << stringifyPredicate(attr.getValue());
}

} // namespace

// ---- ops whose result has the operands' element type ------------------------------------------

#define SAME_ELEMENT(OP)                                                                                               \
  LogicalResult OP::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,                      \
                                     SmallVectorImpl<Type> &types) {                                                   \
    return inferSameElement(loc, adaptor.getOperands(), types);                                                        \
  }

#define EVALUATE(OP, KIND, FUNCTION)                                                                                   \
  LogicalResult OP::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {                             \
    return evaluate##KIND(operands, results[0], FUNCTION);                                                             \
  }

#define TRANSCENDENTAL(OP, FUNCTION)                                                                                   \
  SAME_ELEMENT(OP)                                                                                                     \
  EVALUATE(OP, Float, [](auto x) { return FUNCTION; })                                                                 \
  DimExpr OP::countFlops() { return elementCount(getType()) * 8; }

TRANSCENDENTAL(ExpOp, std::exp(x))
TRANSCENDENTAL(LogOp, std::log(x))
TRANSCENDENTAL(Log1pOp, std::log1p(x))
TRANSCENDENTAL(SinOp, std::sin(x))
TRANSCENDENTAL(CosOp, std::cos(x))
TRANSCENDENTAL(TanOp, std::tan(x))
TRANSCENDENTAL(AsinOp, std::asin(x))
TRANSCENDENTAL(AcosOp, std::acos(x))
TRANSCENDENTAL(AtanOp, std::atan(x))
TRANSCENDENTAL(SinhOp, std::sinh(x))
TRANSCENDENTAL(CoshOp, std::cosh(x))
TRANSCENDENTAL(TanhOp, std::tanh(x))
TRANSCENDENTAL(AsinhOp, std::asinh(x))
TRANSCENDENTAL(AcoshOp, std::acosh(x))
TRANSCENDENTAL(AtanhOp, std::atanh(x))
TRANSCENDENTAL(ErfOp, std::erf(x))
TRANSCENDENTAL(SigmoidOp, 1 / (1 + std::exp(-x)))

#define UNARY(OP, KIND, FUNCTION)                                                                                      \
  SAME_ELEMENT(OP)                                                                                                     \
  EVALUATE(OP, KIND, [](auto x) { return FUNCTION; })

template <typename T> static T negated(T x) {
  if constexpr (isReal<T>)
    return -x;
  else // unsigned, so that the least number wraps around
    return static_cast<T>(0 - static_cast<uint64_t>(x));
}
UNARY(NegOp, Number, negated(x))

SAME_ELEMENT(AbsOp)
LogicalResult AbsOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  bool wide = isUnsigned(operands[0]);
  return evaluateNumber(operands, results[0], [=](auto x) {
    if constexpr (isReal<decltype(x)>)
      return std::abs(x);
    else
      return x < 0 && !wide ? negated(x) : x;
  });
}

SAME_ELEMENT(SignOp)
LogicalResult SignOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  bool wide = isUnsigned(operands[0]);
  return evaluateNumber(operands, results[0], [=](auto x) {
    using T = decltype(x);
    return x > 0 || (wide && x != 0) ? T(1) : x < 0 ? T(-1) : x;
  });
}

UNARY(FloorOp, Float, std::floor(x))
UNARY(CeilOp, Float, std::ceil(x))
UNARY(RoundOp, Float, std::nearbyint(x))
UNARY(SqrtOp, Float, std::sqrt(x))

SAME_ELEMENT(NotOp)
LogicalResult NotOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  bool isBool = operands[0].dtype() == DType::Bool;
  return evaluateInt(operands, results[0], [&](int64_t x) { return isBool ? int64_t(x == 0) : ~x; });
}

#define BINARY(OP, KIND, FUNCTION)                                                                                     \
  SAME_ELEMENT(OP)                                                                                                     \
  EVALUATE(OP, KIND, [](auto a, auto b) { return FUNCTION; })

BINARY(AddOp, Number, wrapping(a, b, [](auto x, auto y) { return x + y; }))
BINARY(SubOp, Number, wrapping(a, b, [](auto x, auto y) { return x - y; }))
BINARY(MulOp, Number, wrapping(a, b, [](auto x, auto y) { return x * y; }))
BINARY(AndOp, Int, a &b)
BINARY(OrOp, Int, a | b)
BINARY(XorOp, Int, a ^ b)

SAME_ELEMENT(DivOp)
LogicalResult DivOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  bool wide = isUnsigned(operands[0]);
  return evaluateNumber(operands, results[0], [=](auto a, auto b) { return divide(a, b, wide); });
}

SAME_ELEMENT(ModOp)
LogicalResult ModOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  bool truncated = getTruncated(), wide = isUnsigned(operands[0]);
  return evaluateNumber(operands, results[0], [=](auto a, auto b) { return remainder(a, b, truncated, wide); });
}

SAME_ELEMENT(MinOp)
LogicalResult MinOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  DType dtype = operands[0].dtype();
  return evaluateNumber(operands, results[0], [=](auto a, auto b) { return isLess(dtype, a, b) || a != a ? a : b; });
}

SAME_ELEMENT(MaxOp)
LogicalResult MaxOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  DType dtype = operands[0].dtype();
  return evaluateNumber(operands, results[0], [=](auto a, auto b) { return isLess(dtype, b, a) || a != a ? a : b; });
}

SAME_ELEMENT(ShlOp)
LogicalResult ShlOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  int64_t width = bitWidth(operands[0].dtype());
  return evaluateInt(operands, results[0], [=](int64_t a, int64_t b) {
    return b < 0 || b >= width ? 0 : static_cast<int64_t>(static_cast<uint64_t>(a) << b);
  });
}

SAME_ELEMENT(ShrOp)
LogicalResult ShrOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  unsigned width = bitWidth(operands[0].dtype());
  uint64_t mask = width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1;
  return evaluateInt(operands, results[0], [=](int64_t a, int64_t b) {
    return b < 0 || b >= width ? 0 : static_cast<int64_t>((static_cast<uint64_t>(a) & mask) >> b);
  });
}

LogicalResult PowOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, adaptor.getOperands(), elementOf(adaptor.getLhs()), types);
}
/// Wraps around, as the other operations on integers do.
static int64_t powerOf(int64_t base, int64_t exponent, bool isUnsigned) {
  if (exponent < 0 && !isUnsigned)
    return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  uint64_t result = 1, factor = base;
  for (auto rest = static_cast<uint64_t>(exponent); rest; rest >>= 1, factor *= factor)
    if (rest & 1)
      result *= factor;
  return static_cast<int64_t>(result);
}
LogicalResult PowOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  if (operands[0].compute() == Compute::Int && operands[1].compute() == Compute::Int) {
    bool wide = isUnsigned(operands[1]);
    return evaluateInt(operands, results[0], [=](int64_t a, int64_t b) { return powerOf(a, b, wide); });
  }
  std::vector<double> a = spread<double>(operands[0], results[0]);
  std::vector<double> b = spread<double>(operands[1], results[0]);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = std::pow(a[i], b[i]);
  results[0].write<double>(a);
  return success();
}
DimExpr PowOp::countFlops() { return elementCount(getType()) * 16; }

// ---- neutral operands ------------------------------------------------------------------------

/// The left operand if the right one holds `neutral` everywhere and broadcasting changes nothing.
template <typename Op> static OpFoldResult dropNeutral(Op op, double neutral) {
  if (op.getLhs().getType() == op.getType() && splatOf(op.getRhs()) == neutral)
    return op.getLhs();
  if (op->template hasTrait<Commutes>() && op.getRhs().getType() == op.getType() && splatOf(op.getLhs()) == neutral)
    return op.getRhs();
  return {};
}

OpFoldResult AddOp::fold(FoldAdaptor) { return dropNeutral(*this, 0); }
OpFoldResult SubOp::fold(FoldAdaptor) { return dropNeutral(*this, 0); }
OpFoldResult MulOp::fold(FoldAdaptor) { return dropNeutral(*this, 1); }
OpFoldResult DivOp::fold(FoldAdaptor) { return dropNeutral(*this, 1); }

// ---- tests, casts, choices -------------------------------------------------------------------

LogicalResult IsNanOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  return inferBool(loc, adaptor.getOperands(), types);
}
LogicalResult IsNanOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  for (int64_t i = 0; i < operands[0].size(); ++i)
    results[0].set<int64_t>(i, std::isnan(operands[0].get<double>(i)));
  return success();
}

LogicalResult IsInfOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  return inferBool(loc, adaptor.getOperands(), types);
}
LogicalResult IsInfOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  for (int64_t i = 0; i < operands[0].size(); ++i) {
    double x = operands[0].get<double>(i);
    results[0].set<int64_t>(i, std::isinf(x) && (x > 0 ? getPositive() : getNegative()));
  }
  return success();
}

LogicalResult CastOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, adaptor.getOperands(), adaptor.getTo(), types);
}
/// Towards zero; out of range the nearest that there is, and 0 for NaN.
static int64_t saturated(double value, unsigned bits, bool isUnsigned) {
  double limit = std::ldexp(1.0, isUnsigned ? bits : bits - 1);
  if (std::isnan(value) || (isUnsigned && value <= 0))
    return 0;
  if (value >= limit)
    return isUnsigned ? static_cast<int64_t>(~uint64_t(0) >> (64 - bits))
                      : static_cast<int64_t>(~uint64_t(0) >> (65 - bits));
  if (isUnsigned)
    return static_cast<int64_t>(static_cast<uint64_t>(value));
  return value <= -limit ? static_cast<int64_t>(~uint64_t(0) << (bits - 1)) : static_cast<int64_t>(value);
}
LogicalResult CastOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  const Tensor &from = operands[0];
  Tensor &to = results[0];
  for (DType dtype : {from.dtype(), to.dtype()})
    if (dtype == DType::C64 || dtype == DType::C128)
      return failure();
  bool isFloat = from.compute() != Compute::Int, toFloat = to.compute() != Compute::Int;
  auto integer = dyn_cast<IntegerType>(getTo());
  double most = std::numeric_limits<double>::infinity(); // of a float that is clamped to
  if (auto floatType = dyn_cast<FloatType>(getTo()); floatType && getSaturate()) {
    APFloat largest = APFloat::getLargest(floatType.getFloatSemantics());
    bool losesInfo;
    largest.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
    most = largest.convertToDouble();
  }
  auto clamped = [most](double value) { return std::isnan(value) ? value : std::min(std::max(value, -most), most); };
  for (int64_t i = 0; i < from.size(); ++i) {
    if (toFloat && getSaturate())
      to.set<double>(i, clamped(from.get<double>(i)));
    else if (!isFloat && from.dtype() == DType::U64 && toFloat)
      // Rounded once: a double would round to itself before a float does.
      to.dtype() == DType::F64 ? to.set<double>(i, from.get<double>(i)) : to.set<float>(i, from.get<float>(i));
    else if (!isFloat)
      to.set<int64_t>(i, from.get<int64_t>(i));
    else if (toFloat)
      to.set<double>(i, from.get<double>(i));
    else if (to.dtype() == DType::Bool)
      to.set<int64_t>(i, from.get<double>(i) != 0);
    else // out of range anything is right, so that this is
      to.set<int64_t>(i, saturated(from.get<double>(i), getSaturate() ? integer.getWidth() : 64,
                                   integer.isUnsigned() && (getSaturate() || integer.getWidth() == 64)));
  }
  return success();
}
OpFoldResult CastOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : Value(); }

LogicalResult CompareOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  if (elementOf(adaptor.getLhs()) != elementOf(adaptor.getRhs()))
    return emitOptionalError(loc, "operands have different element types, ", elementOf(adaptor.getLhs()), " and ",
                             elementOf(adaptor.getRhs()));
  return inferBool(loc, adaptor.getOperands(), types);
}
LogicalResult CompareOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  Predicate predicate = getPredicate();
  auto holds = [predicate](auto a, auto b) {
    switch (predicate) {
    case Predicate::eq:
      return a == b;
    case Predicate::ne:
      return a != b;
    case Predicate::lt:
      return a < b;
    case Predicate::le:
      return a <= b;
    case Predicate::gt:
      return a > b;
    case Predicate::ge:
      return a >= b;
    }
    return false;
  };
  auto run = [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> a = spread<T>(operands[0], results[0]), b = spread<T>(operands[1], results[0]);
    for (size_t i = 0; i < a.size(); ++i)
      results[0].set<int64_t>(i, isUnsigned(operands[0]) ? holds(uint64_t(a[i]), uint64_t(b[i])) : holds(a[i], b[i]));
  };
  operands[0].compute() == Compute::Int ? run(int64_t(0)) : run(0.0);
  return success();
}
LogicalResult SelectOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  if (elementOf(adaptor.getOnTrue()) != elementOf(adaptor.getOnFalse()))
    return emitOptionalError(loc, "choices have different element types, ", elementOf(adaptor.getOnTrue()), " and ",
                             elementOf(adaptor.getOnFalse()));
  return inferBroadcast(loc, adaptor.getOperands(), elementOf(adaptor.getOnTrue()), types);
}
LogicalResult SelectOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  if (results[0].dtype() == DType::C64 || results[0].dtype() == DType::C128)
    return failure();
  std::vector<int64_t> condition = spread<int64_t>(operands[0], results[0]);
  auto run = [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> a = spread<T>(operands[1], results[0]), b = spread<T>(operands[2], results[0]);
    for (size_t i = 0; i < a.size(); ++i)
      results[0].set<T>(i, condition[i] ? a[i] : b[i]);
  };
  results[0].compute() == Compute::Int ? run(int64_t(0)) : run(0.0);
  return success();
}
} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Elementwise.cpp.inc"
