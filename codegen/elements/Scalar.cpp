//===- Scalar.cpp - elementwise ops in arith and math -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One line an op where the machine has it, a formula where it has not. Works on scalars and vectors
// alike. Multiplication and addition may be contracted to one rounding.
//
//===----------------------------------------------------------------------===//

#include "codegen/elements/Elements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// Emits with an op's operands; `T` are their types.
class Emitter {
public:
  Emitter(ImplicitLocOpBuilder &b, Operation *op, ValueRange operands) : b(b), op(op), operands(operands) {}

  Value emit();

private:
  template <typename Op, typename... Args> Value make(Args &&...args) {
    return Op::create(b, std::forward<Args>(args)...);
  }
  template <typename Op> Value fp(Value a, Value c) { return Op::create(b, a, c, arith::FastMathFlags::contract); }
  Value fadd(Value a, Value c) { return fp<arith::AddFOp>(a, c); }
  Value fsub(Value a, Value c) { return fp<arith::SubFOp>(a, c); }
  Value fmul(Value a, Value c) { return fp<arith::MulFOp>(a, c); }
  Value fdiv(Value a, Value c) { return fp<arith::DivFOp>(a, c); }

  Value x() { return operands[0]; }
  Value y() { return operands[1]; }
  Type element() { return getElementTypeOrSelf(x().getType()); }
  bool isFloat() { return isa<FloatType>(element()); }
  bool isUnsigned() {
    Type type = elementOf(op->getOperand(0));
    return type.isUnsignedInteger() || type.isInteger(1);
  }

  Value constant(double value) { return constantLike(x().getType(), value); }
  Value constantLike(Type type, double value) {
    Type scalar = getElementTypeOrSelf(type);
    Attribute attr;
    if (isa<FloatType>(scalar))
      attr = b.getFloatAttr(scalar, value);
    else
      attr = IntegerAttr::get(scalar, APInt(scalar.getIntOrFloatBitWidth(), static_cast<int64_t>(value), true, true));
    if (auto shaped = dyn_cast<VectorType>(type))
      attr = DenseElementsAttr::get(shaped, attr);
    return make<arith::ConstantOp>(cast<TypedAttr>(attr));
  }
  Value integerLike(Type type, const APInt &value) {
    TypedAttr attr = IntegerAttr::get(getElementTypeOrSelf(type), value);
    if (auto shaped = dyn_cast<VectorType>(type))
      attr = DenseElementsAttr::get(shaped, Attribute(attr));
    return make<arith::ConstantOp>(attr);
  }
  Value select(Value condition, Value a, Value c) { return make<arith::SelectOp>(condition, a, c); }
  Value compare(arith::CmpFPredicate predicate, Value a, Value c) { return make<arith::CmpFOp>(predicate, a, c); }
  Value compare(arith::CmpIPredicate predicate, Value a, Value c) { return make<arith::CmpIOp>(predicate, a, c); }

  Value extremum(bool isMax);
  Value divide();
  Value modulo(bool truncated);
  Value power();
  Value integerPower();
  Value saturate(Value value, Type type, bool isUnsigned);
  Value cast(CastOp op);
  Value roundToOdd(Value wide, Type type);
  Value compareOp(Predicate predicate);
  Value shift(bool left);

  ImplicitLocOpBuilder &b;
  Operation *op;
  ValueRange operands;
};

/// NaN if one is NaN. Against a constant the compare-and-select that is one instruction: where the
/// comparison is false for NaN the variable is taken.
Value Emitter::extremum(bool isMax) {
  if (!isFloat()) {
    if (isUnsigned())
      return isMax ? make<arith::MaxUIOp>(x(), y()) : make<arith::MinUIOp>(x(), y());
    return isMax ? make<arith::MaxSIOp>(x(), y()) : make<arith::MinSIOp>(x(), y());
  }
  auto predicate = isMax ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT;
  for (auto [a, c] : {std::make_pair(x(), y()), std::make_pair(y(), x())})
    if (matchPattern(a, m_Constant()))
      return select(compare(predicate, a, c), a, c);
  return isMax ? make<arith::MaximumFOp>(x(), y()) : make<arith::MinimumFOp>(x(), y());
}

/// Integers: 0 where the divisor is 0. -x where it is -1, which traps for the least number.
Value Emitter::divide() {
  if (isFloat())
    return fdiv(x(), y());
  Value zero = constant(0), one = constant(1);
  Value isZero = compare(arith::CmpIPredicate::eq, y(), zero);
  if (isUnsigned())
    return select(isZero, zero, make<arith::DivUIOp>(x(), select(isZero, one, y())));
  Value isMinusOne = compare(arith::CmpIPredicate::eq, y(), constant(-1));
  Value trouble = make<arith::OrIOp>(isZero, isMinusOne);
  Value quotient = make<arith::DivSIOp>(x(), select(trouble, one, y()));
  return select(isZero, zero, select(isMinusOne, make<arith::SubIOp>(zero, x()), quotient));
}

Value Emitter::modulo(bool truncated) {
  Value zero = constant(0);
  if (isFloat()) {
    // x - trunc(x / y) * y is exact only for small quotients; fmod is libm's.
    Value rest = make<arith::RemFOp>(x(), y());
    if (truncated)
      return rest;
    Value signs = make<arith::XOrIOp>(compare(arith::CmpFPredicate::OLT, rest, zero),
                                      compare(arith::CmpFPredicate::OLT, y(), zero));
    Value differs = make<arith::AndIOp>(signs, compare(arith::CmpFPredicate::ONE, rest, zero));
    return select(differs, fadd(rest, y()), rest);
  }
  Value one = constant(1), isZero = compare(arith::CmpIPredicate::eq, y(), zero);
  if (isUnsigned())
    return select(isZero, zero, make<arith::RemUIOp>(x(), select(isZero, one, y())));
  Value trouble = make<arith::OrIOp>(isZero, compare(arith::CmpIPredicate::eq, y(), constant(-1)));
  Value divisor = select(trouble, one, y());
  Value rest = make<arith::RemSIOp>(x(), divisor);
  if (!truncated) {
    Value signs = make<arith::XOrIOp>(rest, divisor);
    Value differs = make<arith::AndIOp>(compare(arith::CmpIPredicate::slt, signs, zero),
                                        compare(arith::CmpIPredicate::ne, rest, zero));
    rest = select(differs, make<arith::AddIOp>(rest, divisor), rest);
  }
  return select(trouble, zero, rest);
}

/// Constant exponents that are a few multiplications are just that.
Value Emitter::power() {
  std::optional<double> exponent = splatOf(op->getOperand(1));
  if (exponent && isFloat()) {
    if (*exponent == 2)
      return fmul(x(), x());
    if (*exponent == 3)
      return fmul(fmul(x(), x()), x());
    if (*exponent == 4) {
      Value square = fmul(x(), x());
      return fmul(square, square);
    }
    if (*exponent == 0.5)
      return make<math::SqrtOp>(x());
    if (*exponent == -0.5)
      return fdiv(constant(1), make<math::SqrtOp>(x()));
    if (*exponent == -1)
      return fdiv(constant(1), x());
    if (*exponent == 1)
      return x();
  }
  if (!isFloat() && isa<IntegerType>(getElementTypeOrSelf(y().getType())))
    return integerPower();
  Value base = x(), power = y();
  Type wide = base.getType();
  bool integer = !isFloat();
  auto toFloat = [&](Value value, Value tensor) -> Value {
    Type type = getElementTypeOrSelf(value.getType());
    Type target = integer ? Type(b.getF64Type()) : element();
    if (type == target)
      return value;
    Type shaped =
        isa<VectorType>(value.getType()) ? Type(llvm::cast<VectorType>(value.getType()).clone(target)) : target;
    if (isa<FloatType>(type))
      return type.getIntOrFloatBitWidth() < target.getIntOrFloatBitWidth() ? make<arith::ExtFOp>(shaped, value)
                                                                           : make<arith::TruncFOp>(shaped, value);
    return elementOf(tensor).isUnsignedInteger() ? make<arith::UIToFPOp>(shaped, value)
                                                 : make<arith::SIToFPOp>(shaped, value);
  };
  Value result = make<math::PowFOp>(toFloat(base, op->getOperand(0)), toFloat(power, op->getOperand(1)));
  if (!integer)
    return result;
  return isUnsigned() ? make<arith::FPToUIOp>(wide, result) : make<arith::FPToSIOp>(wide, result);
}

/// By squaring, wrapping around. One over more than one is 0.
Value Emitter::integerPower() {
  Value one = constant(1), factor = x(), result = one;
  bool isSigned = !elementOf(op->getOperand(1)).isUnsignedInteger();
  unsigned exponentBits = getElementTypeOrSelf(y().getType()).getIntOrFloatBitWidth(), bits = exponentBits;
  Value none = integerLike(y().getType(), APInt(exponentBits, 0));
  if (std::optional<double> known = splatOf(op->getOperand(1)); known && *known >= 0)
    bits = llvm::Log2_64(std::max<uint64_t>(*known, 1)) + 1;
  for (unsigned bit = 0; bit < bits; ++bit) {
    Value one = integerLike(y().getType(), APInt(exponentBits, uint64_t(1) << bit));
    Value isSet = compare(arith::CmpIPredicate::ne, make<arith::AndIOp>(y(), one), none);
    result = select(isSet, make<arith::MulIOp>(result, factor), result);
    if (bit + 1 < bits)
      factor = make<arith::MulIOp>(factor, factor);
  }
  if (!isSigned || splatOf(op->getOperand(1)).value_or(-1) >= 0)
    return result;
  // A negative exponent: only 1 and -1 have such a power. Its last bit says which of the two.
  Value negative = compare(arith::CmpIPredicate::slt, y(), none);
  Value isUnit = make<arith::OrIOp>(compare(arith::CmpIPredicate::eq, x(), one),
                                    compare(arith::CmpIPredicate::eq, x(), constant(-1)));
  return select(negative, select(isUnit, result, constant(0)), result);
}

/// The nearest integer towards zero that the type has, and 0 for NaN. Its bounds are compared with as
/// powers of two, which every float type has.
Value Emitter::saturate(Value value, Type type, bool isUnsigned) {
  auto integer = llvm::cast<IntegerType>(getElementTypeOrSelf(type));
  unsigned width = integer.getWidth();
  Value low = constant(isUnsigned ? 0 : -std::ldexp(1.0, width - 1)),
        high = constant(std::ldexp(1.0, isUnsigned ? width : width - 1));
  Value below = compare(arith::CmpFPredicate::OLE, value, low), above = compare(arith::CmpFPredicate::OGE, value, high);
  Value inside = make<arith::AndIOp>(compare(arith::CmpFPredicate::OGT, value, low),
                                     compare(arith::CmpFPredicate::OLT, value, high));
  Value safe = select(inside, value, constant(0)), number;
  if (width < 32) {
    Type wide = isa<VectorType>(type) ? Type(llvm::cast<VectorType>(type).clone(b.getI32Type())) : b.getI32Type();
    number = make<arith::TruncIOp>(type, make<arith::FPToSIOp>(wide, safe));
  } else {
    number = isUnsigned ? make<arith::FPToUIOp>(type, safe) : make<arith::FPToSIOp>(type, safe);
  }
  auto limit = [&](const APInt &value) { return integerLike(type, value); };
  number = select(below, limit(isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width)), number);
  return select(above, limit(isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width)), number);
}

/// An f64 as an f32 that rounds further to what the f64 itself would: towards zero, the last bit set where
/// anything was lost (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
Value Emitter::roundToOdd(Value wide, Type type) {
  Type word = b.getI32Type();
  if (auto vector = dyn_cast<VectorType>(type))
    word = vector.clone(word);
  auto wordOf = [&](int32_t value) { return integerLike(word, APInt(32, value, /*isSigned=*/true)); };
  Value nearest = make<arith::TruncFOp>(type, wide), back = make<arith::ExtFOp>(wide.getType(), nearest);
  Value lost = make<arith::CmpFOp>(arith::CmpFPredicate::ONE, back, wide);
  Value further = make<arith::CmpFOp>(arith::CmpFPredicate::OGT, make<math::AbsFOp>(back), make<math::AbsFOp>(wide));
  Value bits = make<arith::BitcastOp>(word, nearest);
  Value towardsZero = select(further, make<arith::SubIOp>(bits, wordOf(1)), bits);
  Value odd = make<arith::OrIOp>(towardsZero, wordOf(1));
  return make<arith::BitcastOp>(type, select(lost, odd, bits));
}

Value Emitter::cast(CastOp cast) {
  Type fromElement = elementOf(cast.getInput()), toElement = cast.getTo();
  Type from = element(), to = computeType(toElement);
  Type type = isa<VectorType>(x().getType()) ? Type(llvm::cast<VectorType>(x().getType()).clone(to)) : to;
  bool fromUnsigned = fromElement.isUnsignedInteger() || fromElement.isInteger(1);
  if (toElement.isInteger(1)) {
    if (from == to)
      return x();
    Value zero = constant(0);
    return isFloat() ? compare(arith::CmpFPredicate::UNE, x(), zero) : compare(arith::CmpIPredicate::ne, x(), zero);
  }
  if (isFloat() && isa<FloatType>(to)) {
    Value value = x();
    if (toElement.getIntOrFloatBitWidth() < 32 && toElement != fromElement) {
      // Computed in f32; what the narrow format cannot hold is lost here, as the op says.
      Type narrow = isa<VectorType>(type) ? Type(llvm::cast<VectorType>(type).clone(toElement)) : toElement;
      if (from.isF64()) // for which not every machine has instructions
        value = roundToOdd(value, type);
      return make<arith::ExtFOp>(type, make<arith::TruncFOp>(narrow, value));
    }
    if (from == to)
      return value;
    return from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth() ? make<arith::ExtFOp>(type, value)
                                                                     : make<arith::TruncFOp>(type, value);
  }
  if (isFloat()) {
    bool toUnsigned = toElement.isUnsignedInteger();
    Value value = x();
    unsigned width = to.getIntOrFloatBitWidth();
    if (cast.getSaturate())
      return saturate(value, type, toUnsigned);
    // Through a type that every machine converts to.
    if (width < 32) {
      Type wide = isa<VectorType>(type) ? Type(llvm::cast<VectorType>(type).clone(b.getI32Type())) : b.getI32Type();
      return make<arith::TruncIOp>(type, make<arith::FPToSIOp>(wide, value));
    }
    return toUnsigned ? make<arith::FPToUIOp>(type, value) : make<arith::FPToSIOp>(type, value);
  }
  if (isa<FloatType>(to))
    return fromUnsigned ? make<arith::UIToFPOp>(type, x()) : make<arith::SIToFPOp>(type, x());
  unsigned fromWidth = from.getIntOrFloatBitWidth(), toWidth = to.getIntOrFloatBitWidth();
  if (fromWidth == toWidth)
    return x();
  if (fromWidth > toWidth)
    return make<arith::TruncIOp>(type, x());
  return fromUnsigned ? make<arith::ExtUIOp>(type, x()) : make<arith::ExtSIOp>(type, x());
}

Value Emitter::compareOp(Predicate predicate) {
  using FP = arith::CmpFPredicate;
  using IP = arith::CmpIPredicate;
  bool u = !isFloat() && isUnsigned();
  switch (predicate) {
  case Predicate::eq:
    return isFloat() ? compare(FP::OEQ, x(), y()) : compare(IP::eq, x(), y());
  case Predicate::ne:
    return isFloat() ? compare(FP::UNE, x(), y()) : compare(IP::ne, x(), y());
  case Predicate::lt:
    return isFloat() ? compare(FP::OLT, x(), y()) : compare(u ? IP::ult : IP::slt, x(), y());
  case Predicate::le:
    return isFloat() ? compare(FP::OLE, x(), y()) : compare(u ? IP::ule : IP::sle, x(), y());
  case Predicate::gt:
    return isFloat() ? compare(FP::OGT, x(), y()) : compare(u ? IP::ugt : IP::sgt, x(), y());
  case Predicate::ge:
    return isFloat() ? compare(FP::OGE, x(), y()) : compare(u ? IP::uge : IP::sge, x(), y());
  }
  return {};
}

Value Emitter::shift(bool left) {
  Value width = constant(element().getIntOrFloatBitWidth()), zero = constant(0);
  Value inRange = compare(arith::CmpIPredicate::ult, y(), width);
  Value amount = select(inRange, y(), zero);
  Value shifted = left ? make<arith::ShLIOp>(x(), amount) : make<arith::ShRUIOp>(x(), amount);
  return select(inRange, shifted, zero);
}

Value Emitter::emit() {
  bool f = isFloat();
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<AddOp>([&](auto) { return f ? fadd(x(), y()) : make<arith::AddIOp>(x(), y()); })
      .Case<SubOp>([&](auto) {
        if (!f)
          return make<arith::SubIOp>(x(), y());
        // What a row's mean or peak was made of is computed again here, and is to be the same number: where all
        // of a row are equal nothing may be left.
        bool isOfRow = op->getOperand(1).getDefiningOp<ReduceOp>();
        return isOfRow ? make<arith::SubFOp>(x(), y()) : fsub(x(), y());
      })
      .Case<MulOp>([&](auto) { return f ? fmul(x(), y()) : make<arith::MulIOp>(x(), y()); })
      .Case<DivOp>([&](auto) { return divide(); })
      .Case<ModOp>([&](ModOp mod) { return modulo(mod.getTruncated()); })
      .Case<PowOp>([&](auto) { return power(); })
      .Case<MinOp>([&](auto) { return extremum(false); })
      .Case<MaxOp>([&](auto) { return extremum(true); })
      .Case<AndOp>([&](auto) { return make<arith::AndIOp>(x(), y()); })
      .Case<OrOp>([&](auto) { return make<arith::OrIOp>(x(), y()); })
      .Case<XorOp>([&](auto) { return make<arith::XOrIOp>(x(), y()); })
      .Case<ShlOp>([&](auto) { return shift(true); })
      .Case<ShrOp>([&](auto) { return shift(false); })
      .Case<NotOp>([&](auto) { return make<arith::XOrIOp>(x(), constant(-1)); })
      .Case<NegOp>([&](auto) { return f ? make<arith::NegFOp>(x()) : make<arith::SubIOp>(constant(0), x()); })
      .Case<AbsOp>([&](auto) -> Value {
        if (f)
          return make<math::AbsFOp>(x());
        return isUnsigned() ? x() : make<math::AbsIOp>(x());
      })
      .Case<SignOp>([&](auto) -> Value {
        Value zero = constant(0), one = constant(1), minus = constant(-1);
        if (f) // NaN falls through both
          return select(compare(arith::CmpFPredicate::OGT, x(), zero), one,
                        select(compare(arith::CmpFPredicate::OLT, x(), zero), minus, x()));
        auto positive = isUnsigned() ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt;
        Value low = isUnsigned() ? zero : select(compare(arith::CmpIPredicate::slt, x(), zero), minus, zero);
        return select(compare(positive, x(), zero), one, low);
      })
      .Case<FloorOp>([&](auto) { return make<math::FloorOp>(x()); })
      .Case<CeilOp>([&](auto) { return make<math::CeilOp>(x()); })
      .Case<RoundOp>([&](auto) { return make<math::RoundEvenOp>(x()); })
      .Case<SqrtOp>([&](auto) { return make<math::SqrtOp>(x()); })
      .Case<ExpOp>([&](auto) { return make<math::ExpOp>(x()); })
      .Case<LogOp>([&](auto) { return make<math::LogOp>(x()); })
      .Case<Log1pOp>([&](auto) { return make<math::Log1pOp>(x()); })
      .Case<SinOp>([&](auto) { return make<math::SinOp>(x()); })
      .Case<CosOp>([&](auto) { return make<math::CosOp>(x()); })
      .Case<TanOp>([&](auto) { return make<math::TanOp>(x()); })
      .Case<AsinOp>([&](auto) { return make<math::AsinOp>(x()); })
      .Case<AcosOp>([&](auto) { return make<math::AcosOp>(x()); })
      .Case<AtanOp>([&](auto) { return make<math::AtanOp>(x()); })
      .Case<SinhOp>([&](auto) { return make<math::SinhOp>(x()); })
      .Case<CoshOp>([&](auto) { return make<math::CoshOp>(x()); })
      .Case<TanhOp>([&](auto) { return make<math::TanhOp>(x()); })
      .Case<AsinhOp>([&](auto) { return make<math::AsinhOp>(x()); })
      .Case<AcoshOp>([&](auto) { return make<math::AcoshOp>(x()); })
      .Case<AtanhOp>([&](auto) { return make<math::AtanhOp>(x()); })
      .Case<ErfOp>([&](auto) { return make<math::ErfOp>(x()); })
      .Case<SigmoidOp>([&](auto) {
        // 1 / (1 + exp(-x)); below 0, exp(x) / (exp(x) + 1), which does not overflow.
        Value one = constant(1), power = make<math::ExpOp>(make<arith::NegFOp>(make<math::AbsFOp>(x())));
        Value isNegative = compare(arith::CmpFPredicate::OLT, x(), constant(0));
        // The divisor is between 1 and 2: f32's approximations, which need not care for others, are as good.
        auto flags = element().isF32() ? arith::FastMathFlags::afn : arith::FastMathFlags::none;
        return make<arith::DivFOp>(select(isNegative, power, one), fadd(one, power), flags);
      })
      .Case<IsNanOp>([&](auto) { return compare(arith::CmpFPredicate::UNO, x(), x()); })
      .Case<IsInfOp>([&](IsInfOp test) {
        double infinity = std::numeric_limits<double>::infinity();
        if (test.getPositive() && test.getNegative())
          return compare(arith::CmpFPredicate::OEQ, make<math::AbsFOp>(x()), constant(infinity));
        return compare(arith::CmpFPredicate::OEQ, x(), constant(test.getPositive() ? infinity : -infinity));
      })
      .Case<CastOp>([&](CastOp cast) { return this->cast(cast); })
      .Case<CompareOp>([&](CompareOp op) { return compareOp(op.getPredicate()); })
      .Case<SelectOp>([&](auto) { return select(x(), y(), operands[2]); })
      .Default([](Operation *) { return Value(); });
}

} // namespace

Value emitElementwise(ImplicitLocOpBuilder &b, Operation *op, ValueRange operands) {
  return Emitter(b, op, operands).emit();
}

Value emitCombine(ImplicitLocOpBuilder &b, ReduceKind kind, bool isUnsigned, Value a, Value c) {
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(a.getType()));
  auto flags = arith::FastMathFlags::contract;
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::mean:
    return isFloat ? Value(arith::AddFOp::create(b, a, c, flags)) : Value(arith::AddIOp::create(b, a, c));
  case ReduceKind::prod:
    return isFloat ? Value(arith::MulFOp::create(b, a, c, flags)) : Value(arith::MulIOp::create(b, a, c));
  case ReduceKind::any:
    return arith::OrIOp::create(b, a, c);
  case ReduceKind::all:
    return arith::AndIOp::create(b, a, c);
  case ReduceKind::min:
  case ReduceKind::max:
    break;
  }
  bool isMax = kind == ReduceKind::max;
  if (isFloat) { // a NaN stays once it is there
    auto predicate = isMax ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT;
    Value better = arith::CmpFOp::create(b, predicate, c, a);
    Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, c, c);
    return arith::SelectOp::create(b, arith::OrIOp::create(b, better, isNaN), c, a);
  }
  if (isUnsigned)
    return isMax ? Value(arith::MaxUIOp::create(b, a, c)) : Value(arith::MinUIOp::create(b, a, c));
  return isMax ? Value(arith::MaxSIOp::create(b, a, c)) : Value(arith::MinSIOp::create(b, a, c));
}

TypedAttr neutralOf(ReduceKind kind, Type elementType) {
  Type type = computeType(elementType);
  bool extreme = kind == ReduceKind::min || kind == ReduceKind::max;
  double start = kind == ReduceKind::prod || kind == ReduceKind::all ? 1 : 0;
  if (isa<FloatType>(type)) {
    double infinity = std::numeric_limits<double>::infinity();
    return FloatAttr::get(type, !extreme ? start : kind == ReduceKind::min ? infinity : -infinity);
  }
  unsigned bits = type.getIntOrFloatBitWidth();
  if (!extreme)
    return IntegerAttr::get(type, APInt(bits, static_cast<uint64_t>(start)));
  bool isUnsigned = elementType.isUnsignedInteger();
  if (kind == ReduceKind::min)
    return IntegerAttr::get(type, isUnsigned ? APInt::getMaxValue(bits) : APInt::getSignedMaxValue(bits));
  return IntegerAttr::get(type, isUnsigned ? APInt::getMinValue(bits) : APInt::getSignedMinValue(bits));
}

} // namespace treadle
