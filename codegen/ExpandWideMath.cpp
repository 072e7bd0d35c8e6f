//===- ExpandWideMath.cpp - functions of f64, and remainders, as arithmetic -----===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For targets that have no library of them. What is computed in f64 is rare there: series of as many terms
// as f64 needs, and nothing is saved. Multiplication and addition may be rounded each (fma need not be
// fused), so products that must be exact are made of halves (Dekker, "A floating-point technique for
// extending the available precision", 1971).
//
//===----------------------------------------------------------------------===//

#include "codegen/ExpandFunctions.h"
#include "codegen/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <cmath>
#include <limits>
#include <numbers>

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_EXPANDWIDEMATH
#include "codegen/Passes.h.inc"

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
constexpr double ln2 = std::numbers::ln2, pi = std::numbers::pi;
/// ln 2 as a number of 33 bits, whose product with an exponent is exact, and the rest.
constexpr double ln2High = 0x1.62e42feep-1, ln2Low = 0x1.a39ef35793c76p-33;
/// Added to a number, it rounds it to a whole one, which then stands in the lowest bits of the sum.
constexpr double rounding = 1.5 * (int64_t(1) << 52);

class Doubles {
public:
  explicit Doubles(Operation *op) : b(op->getLoc(), op), type(b.getF64Type()) {}

  Value exp(Value x) { return expOver(x, 0); }
  Value log(Value x);
  Value log1p(Value x);
  Value sin(Value x) { return sinOrCos(x, 0); }
  Value cos(Value x) { return sinOrCos(x, 1); }
  Value tan(Value x);
  Value asin(Value x) { return atan(div(x, sqrt(mul(sub(real(1), x), add(real(1), x))))); }
  Value acos(Value x) { return mul(atan(sqrt(div(sub(real(1), x), add(real(1), x)))), real(2)); }
  Value atan(Value x);
  Value sinh(Value x);
  Value cosh(Value x);
  Value tanh(Value x);
  Value asinh(Value x);
  Value acosh(Value x);
  Value atanh(Value x);
  Value erf(Value x);
  Value pow(Value x, Value y);

private:
  /// A sum of two, the second far smaller.
  struct Pair {
    Value high, low;
  };
  Pair exactProduct(Value x, Value y);
  Pair exactSum(Value x, Value y);
  Value upperHalf(Value x);

  /// x = 2^exponent (1 + f), 1 + f in [sqrt(1/2), sqrt(2)).
  Value split(Value x, Value &exponent);
  Value logTail(Value square);
  Pair logOfSize(Value x);
  Value expOver(Value x, int64_t halvings);
  Value sinhNear(Value x);
  Value sinNear(Value x);
  Value cosNear(Value x);
  Value sinOrCos(Value x, int64_t quarters);
  Value reduceAngle(Value x, Value &quadrant);
  Value reduceHugeAngle(Value x, Value &quadrant);
  Value expOfSquare(Value x);
  Value repeat(int64_t from, int64_t to, ValueRange start,
               llvm::function_ref<SmallVector<Value>(Value, ValueRange)> step);

  Value real(double value) { return arith::ConstantOp::create(b, b.getF64FloatAttr(value)); }
  Value integer(int64_t value) { return arith::ConstantOp::create(b, b.getI64IntegerAttr(value)); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value neg(Value x) { return arith::NegFOp::create(b, x); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  Value sqrt(Value x) { return math::SqrtOp::create(b, x); }
  Value fma(Value x, Value y, Value z) { return add(mul(x, y), z); }
  Value withSign(Value x, Value sign) {
    Value signBit = andInt(bitsOf(sign), integer(INT64_MIN)), rest = andInt(bitsOf(x), integer(INT64_MAX));
    return fromBits(arith::OrIOp::create(b, rest, signBit));
  }
  Value less(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y); }
  Value equal(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, y); }
  Value select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, condition, x, y); }
  /// A NaN in x stays.
  Value atMost(Value x, double limit) { return select(less(real(limit), x), real(limit), x); }
  Value atLeast(Value x, double limit) { return select(less(x, real(limit)), real(limit), x); }

  Value addInt(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value subInt(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value andInt(Value x, Value y) { return arith::AndIOp::create(b, x, y); }
  Value shiftLeft(Value x, int64_t bits) { return arith::ShLIOp::create(b, x, integer(bits)); }
  Value shiftRight(Value x, int64_t bits) { return arith::ShRSIOp::create(b, x, integer(bits)); }
  Value bitsOf(Value x) { return arith::BitcastOp::create(b, b.getI64Type(), x); }
  Value fromBits(Value x) { return arith::BitcastOp::create(b, type, x); }
  Value powerOfTwo(Value n) { return fromBits(shiftLeft(addInt(n, integer(1023)), 52)); }
  Value toReal(Value n) { return arith::SIToFPOp::create(b, type, n); }

  /// The sum of coefficient(i) * x^i for i below `count`.
  Value series(Value x, int count, llvm::function_ref<double(int)> coefficient) {
    Value sum = real(coefficient(count - 1));
    for (int i = count - 2; i >= 0; --i)
      sum = fma(sum, x, real(coefficient(i)));
    return sum;
  }

  ImplicitLocOpBuilder b;
  Type type;
};

double overFactorial(int n) { return 1 / std::tgamma(n + 1.0); }

// ---- exact arithmetic ------------------------------------------------------------------------

/// The number with the lower 27 bits of its 53 cleared.
Value Doubles::upperHalf(Value x) { return fromBits(andInt(bitsOf(x), integer(-(int64_t(1) << 27)))); }

Doubles::Pair Doubles::exactProduct(Value x, Value y) {
  Value product = mul(x, y), xHigh = upperHalf(x), yHigh = upperHalf(y);
  Value xLow = sub(x, xHigh), yLow = sub(y, yHigh);
  Value rest = sub(mul(xHigh, yHigh), product);
  rest = add(add(rest, mul(xHigh, yLow)), mul(xLow, yHigh));
  return {product, add(rest, mul(xLow, yLow))};
}

Doubles::Pair Doubles::exactSum(Value x, Value y) {
  Value sum = add(x, y), part = sub(sum, x);
  return {sum, add(sub(x, sub(sum, part)), sub(y, part))};
}

Value Doubles::repeat(int64_t from, int64_t to, ValueRange start,
                      llvm::function_ref<SmallVector<Value>(Value, ValueRange)> step) {
  auto constant = [&](int64_t value) { return arith::ConstantIndexOp::create(b, value).getResult(); };
  auto loop = scf::ForOp::create(b, constant(from), constant(to), constant(1), start);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value number = toReal(arith::IndexCastOp::create(b, b.getI64Type(), loop.getInductionVar()));
  scf::YieldOp::create(b, step(number, loop.getRegionIterArgs()));
  return loop.getResults().back();
}

// ---- exponential and logarithm ---------------------------------------------------------------

/// exp(x) / 2^halvings: 2^n exp(r) for x = n ln 2 + r. 2^n is two factors, since it may be above or below what a
/// number holds.
Value Doubles::expOver(Value x, int64_t halvings) {
  x = atLeast(atMost(x, 711), -746);
  Value magic = real(rounding), rounded = fma(x, real(1 / ln2), magic), n = sub(rounded, magic);
  Value r = fma(n, real(-ln2Low), fma(n, real(-ln2High), x));
  Value power = add(fma(mul(r, r), series(r, 12, [](int i) { return overFactorial(i + 2); }), r), real(1));
  Value exponent = subInt(bitsOf(rounded), bitsOf(magic)), half = shiftRight(exponent, 1);
  Value rest = subInt(subInt(exponent, half), integer(halvings));
  return mul(mul(power, powerOfTwo(half)), powerOfTwo(rest));
}

Value Doubles::split(Value x, Value &exponent) {
  Value isTiny = less(x, real(0x1p-1022)), scaled = select(isTiny, mul(x, real(0x1p54)), x);
  Value low = integer(0x3fe6a09e667f3bcd), above = subInt(bitsOf(scaled), low); // sqrt(1/2)
  exponent = addInt(shiftRight(above, 52), select(isTiny, integer(-54), integer(0)));
  return sub(fromBits(addInt(andInt(above, integer((int64_t(1) << 52) - 1)), low)), real(1));
}

/// log(1 + f) = 2 s + s tail(s^2) for s = f / (2 + f), which is below 0.172.
Value Doubles::logTail(Value square) {
  return mul(square, series(square, 11, [](int i) { return 2.0 / (2 * i + 3); }));
}

Value Doubles::log(Value x) {
  Value exponent, f = split(x, exponent), e = toReal(exponent);
  Value s = div(f, add(f, real(2))), half = mul(mul(f, f), real(0.5));
  Value rest = fma(e, real(ln2Low), mul(s, add(half, logTail(mul(s, s)))));
  Value result = sub(mul(e, real(ln2High)), sub(sub(half, rest), f));
  result = select(equal(x, real(infinity)), x, result);
  result = select(equal(x, real(0)), real(-infinity), result);
  Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, x, real(0));
  return select(isNumber, result, real(nan));
}

/// log(u) for u = 1 + x as it is rounded, corrected by what rounding lost: (x - (u - 1)) / u.
Value Doubles::log1p(Value x) {
  Value one = real(1), u = add(x, one);
  Value result = add(log(u), div(sub(x, sub(u, one)), u));
  result = select(equal(u, real(infinity)), u, result);
  result = select(equal(u, real(0)), real(-infinity), result);
  return select(equal(u, one), x, result); // with its sign, if it is 0
}

/// log x with a dozen bits more than a number has, of x above 0 and below infinity.
Doubles::Pair Doubles::logOfSize(Value x) {
  Value exponent, f = split(x, exponent), e = toReal(exponent);
  Pair divisor = exactSum(real(2), f);
  Value s = div(f, divisor.high);
  Pair product = exactProduct(s, divisor.high);
  Value lost = div(sub(sub(sub(f, product.high), product.low), mul(s, divisor.low)), divisor.high);
  Pair sum = exactSum(mul(e, real(ln2High)), mul(s, real(2)));
  Value rest = add(fma(e, real(ln2Low), mul(s, logTail(mul(s, s)))), fma(lost, real(2), sum.low));
  return exactSum(sum.high, rest);
}

/// exp(y log |x|), with x's sign where y is odd, and what C says of special numbers (C17, F.10.4.4).
Value Doubles::pow(Value x, Value y) {
  Value one = real(1), zero = real(0), size = abs(x);
  // What is beyond has a power of 0, 1 or infinity, like these.
  Value exponent = atLeast(atMost(y, 0x1p66), -0x1p66);
  Pair logarithm = logOfSize(size), product = exactProduct(exponent, logarithm.high);
  Value rest = fma(exponent, logarithm.low, product.low);
  Value power = exp(product.high);
  Value result = select(equal(power, real(infinity)), power, fma(power, rest, power));
  // 0 and infinity.
  Value isZero = equal(size, zero), isLimit = arith::OrIOp::create(b, isZero, equal(size, real(infinity)));
  Value grows = arith::XOrIOp::create(b, isZero, less(zero, y));
  result = select(isLimit, select(grows, real(infinity), zero), result);
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, y);
  result = select(isNaN, real(nan), result);
  Value infiniteOfOne = arith::AndIOp::create(b, equal(size, one), equal(abs(y), real(infinity)));
  Value isOne = arith::OrIOp::create(b, arith::OrIOp::create(b, equal(x, one), equal(y, zero)), infiniteOfOne);
  result = select(isOne, one, result);
  Value half = mul(y, real(0.5)), isWhole = equal(math::FloorOp::create(b, y), y);
  Value isOdd = arith::AndIOp::create(b, isWhole, less(math::FloorOp::create(b, half), half));
  result = select(isOdd, withSign(result, x), result);
  Value isNegative = arith::AndIOp::create(b, less(x, zero), less(real(-infinity), x));
  Value hasNoRoot = arith::AndIOp::create(b, isNegative, less(math::FloorOp::create(b, y), y));
  return select(hasNoRoot, real(nan), result);
}

// ---- angles ----------------------------------------------------------------------------------

Value Doubles::sinNear(Value x) {
  Value square = mul(x, x);
  Value p = series(square, 9, [](int i) { return (i % 2 ? 1 : -1) * overFactorial(2 * i + 3); });
  return fma(mul(x, square), p, x);
}

Value Doubles::cosNear(Value x) {
  Value square = mul(x, x), half = mul(square, real(0.5)), near = sub(real(1), half);
  Value p = series(square, 9, [](int i) { return (i % 2 ? -1 : 1) * overFactorial(2 * i + 4); });
  // What rounding 1 - x^2 / 2 loses.
  return add(near, fma(mul(square, square), p, sub(sub(real(1), near), half)));
}

/// x less its quarters of a turn. Up to 2^20 by pi/2 as three numbers, of 33 bits but the last (Cody and Waite).
Value Doubles::reduceAngle(Value x, Value &quadrant) {
  Value isHuge = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, abs(x), real(0x1p20));
  auto branch = scf::IfOp::create(b, TypeRange{type, b.getI64Type()}, isHuge, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  Value rest = reduceHugeAngle(x, quadrant);
  scf::YieldOp::create(b, ValueRange{rest, quadrant});
  b.setInsertionPointToStart(branch.elseBlock());
  Value magic = real(rounding), rounded = fma(x, real(2 / pi), magic), n = sub(rounded, magic);
  quadrant = subInt(bitsOf(rounded), bitsOf(magic));
  Pair first = exactSum(x, mul(n, real(-0x1.921fb544p0)));
  Pair second = exactSum(first.high, mul(n, real(-0x1.0b4611a6p-34)));
  rest = add(second.high, add(add(first.low, second.low), mul(n, real(-0x1.3198a2e037073p-69))));
  scf::YieldOp::create(b, ValueRange{rest, quadrant});
  quadrant = branch.getResult(1);
  return branch.getResult(0);
}

/// After Payne and Hanek, "Radian reduction for trigonometric functions", 1983: of 2/pi those 192 bits are taken
/// that decide about quarters below four and their fraction. |x| = m 2^e is 2^20 or more.
Value Doubles::reduceHugeAngle(Value x, Value &quadrant) {
  // 2/pi, after 64 bits that are 0.
  static constexpr uint32_t words[] = {
      0,          0,          0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041,
      0xfe5163ab, 0xdebbc561, 0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e,
      0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b,
      0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d,
      0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab};
  constexpr int parts = 6, choices = std::size(words) - parts;
  Value bits = bitsOf(abs(x)), e = subInt(arith::ShRUIOp::create(b, bits, integer(52)), integer(1075));
  Value m = arith::OrIOp::create(b, andInt(bits, integer((int64_t(1) << 52) - 1)), integer(int64_t(1) << 52));
  // The first bit of them stands for 2^(1 - e).
  Value first = addInt(e, integer(62)), word = shiftRight(first, 5), left = andInt(first, integer(31));
  Value low = integer(0xffffffff), half = integer(32);
  Value here[choices];
  for (int i = 0; i < choices; ++i)
    here[i] = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, word, integer(i));
  auto wordAt = [&](int distance) {
    Value result = integer(words[distance]);
    for (int i = 1; i < choices; ++i)
      result = select(here[i], integer(words[distance + i]), result);
    return result;
  };
  Value all[parts + 1];
  for (int i = 0; i <= parts; ++i)
    all[i] = wordAt(i);
  // The product with m's two halves, in words of 32 bits from the last: modulo four quarters it is as long as
  // what was taken.
  Value factors[] = {andInt(m, low), arith::ShRUIOp::create(b, m, half)};
  Value product[parts];
  for (Value &sum : product)
    sum = integer(0);
  for (int place = 0; place < parts; ++place) {
    int i = parts - 1 - place;
    Value pair = arith::OrIOp::create(b, arith::ShLIOp::create(b, all[i], half), all[i + 1]);
    Value part = andInt(arith::ShRUIOp::create(b, arith::ShLIOp::create(b, pair, left), half), low);
    Value carry = integer(0);
    for (int j = 0; j < 2 && place + j < parts; ++j) {
      Value sum = addInt(arith::MulIOp::create(b, part, factors[j]), addInt(product[place + j], carry));
      product[place + j] = andInt(sum, low);
      carry = arith::ShRUIOp::create(b, sum, half);
    }
    if (place + 2 < parts)
      product[place + 2] = addInt(product[place + 2], carry);
  }
  auto join = [&](int i) -> Value { // what is carried may be in the higher word still
    return addInt(arith::ShLIOp::create(b, product[i], half), product[i - 1]);
  };
  // Quarters of a turn, modulo 4, with 62 bits behind the point, and 64 more.
  Value turn = join(parts - 1), further = join(parts - 3);
  Value nearest = arith::ShRUIOp::create(b, addInt(turn, integer(int64_t(1) << 61)), integer(62));
  Value fraction = subInt(turn, arith::ShLIOp::create(b, nearest, integer(62)));
  // Its size, whose leading bits may be any of these.
  Value isBelow = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, fraction, integer(0));
  Value isShort = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, further, integer(0));
  Value negative = subInt(select(isShort, integer(0), integer(-1)), fraction);
  fraction = select(isBelow, negative, fraction);
  further = select(isBelow, subInt(integer(0), further), further);
  Value top = toReal(shiftRight(fraction, 32));
  Value middle = toReal(andInt(fraction, low)), last = arith::UIToFPOp::create(b, type, further);
  Pair sum = exactSum(mul(top, real(0x1p-30)), add(mul(middle, real(0x1p-62)), mul(last, real(0x1p-126))));
  Pair angle = exactProduct(sum.high, real(pi / 2));
  Value tail = fma(sum.high, real(6.123233995736766e-17), fma(sum.low, real(pi / 2), angle.low));
  Value rest = add(angle.high, tail), isNegative = less(x, real(0));
  quadrant = select(isNegative, subInt(integer(0), nearest), nearest);
  rest = select(arith::XOrIOp::create(b, isBelow, isNegative), neg(rest), rest);
  return select(less(abs(x), real(infinity)), rest, real(nan));
}

Value Doubles::sinOrCos(Value x, int64_t quarters) {
  Value quadrant, r = reduceAngle(x, quadrant);
  quadrant = addInt(quadrant, integer(quarters));
  Value isOdd = arith::TruncIOp::create(b, b.getI1Type(), quadrant);
  Value result = select(isOdd, cosNear(r), sinNear(r)), sign = shiftLeft(andInt(quadrant, integer(2)), 62);
  return fromBits(arith::XOrIOp::create(b, bitsOf(result), sign));
}

Value Doubles::tan(Value x) {
  Value quadrant, r = reduceAngle(x, quadrant), sine = sinNear(r), cosine = cosNear(r);
  Value isOdd = arith::TruncIOp::create(b, b.getI1Type(), quadrant);
  return div(select(isOdd, neg(cosine), sine), select(isOdd, sine, cosine));
}

/// atan(x) = atan(c) + atan((x - c) / (1 + c x)), with c so that the rest is below 7/16.
Value Doubles::atan(Value x) {
  struct Part {
    double from, c, high, low; // atan(c) as two numbers
  };
  constexpr Part parts[] = {{7.0 / 16, 0.5, 4.63647609000806093515e-01, 2.26987774529616870924e-17},
                            {11.0 / 16, 1, 7.85398163397448278999e-01, 3.06161699786838301793e-17},
                            {19.0 / 16, 1.5, 9.82793723247329054082e-01, 1.39033110312309984516e-17}};
  Value size = abs(x), rest = size, high = real(0), low = real(0);
  for (const Part &part : parts) {
    Value beyond = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, size, real(part.from));
    Value near = div(sub(size, real(part.c)), fma(size, real(part.c), real(1)));
    rest = select(beyond, near, rest);
    high = select(beyond, real(part.high), high);
    low = select(beyond, real(part.low), low);
  }
  Value isFar = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, size, real(39.0 / 16));
  rest = select(isFar, div(real(-1), size), rest);
  high = select(isFar, real(pi / 2), high);
  low = select(isFar, real(6.12323399573676603587e-17), low);
  Value square = mul(rest, rest);
  Value tail = mul(mul(rest, square), series(square, 22, [](int i) { return (i % 2 ? 1.0 : -1.0) / (2 * i + 3); }));
  return withSign(add(high, add(rest, add(tail, low))), x);
}

// ---- hyperbolic functions, erf ---------------------------------------------------------------

Value Doubles::sinhNear(Value x) {
  Value square = mul(x, x);
  return fma(mul(x, square), series(square, 10, [](int i) { return overFactorial(2 * i + 3); }), x);
}

Value Doubles::sinh(Value x) {
  Value half = expOver(abs(x), 1), far = sub(half, div(real(0.25), half));
  return select(less(abs(x), real(1)), sinhNear(x), withSign(far, x));
}

Value Doubles::cosh(Value x) {
  Value half = expOver(abs(x), 1);
  return add(half, div(real(0.25), half));
}

Value Doubles::tanh(Value x) {
  Value size = abs(x), far = sub(real(1), div(real(2), add(exp(add(size, size)), real(1))));
  return select(less(size, real(1)), div(sinhNear(x), cosh(x)), withSign(far, x));
}

/// log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))), and log(2 |x|) where that is all of it.
Value Doubles::asinh(Value x) {
  Value size = abs(x), isLarge = less(real(0x1p60), size), square = mul(x, x);
  Value small = add(size, div(square, add(sqrt(add(square, real(1))), real(1))));
  Value result = log1p(select(isLarge, size, small));
  return withSign(select(isLarge, add(result, real(ln2)), result), x);
}

/// log1p(t + sqrt(t^2 + 2t)) for t = x - 1, and log(2x) where that is all of it.
Value Doubles::acosh(Value x) {
  Value isLarge = less(real(0x1p60), x), t = sub(x, real(1));
  Value result = log1p(select(isLarge, x, add(t, sqrt(fma(t, t, add(t, t))))));
  result = select(isLarge, add(result, real(ln2)), result);
  return select(less(x, real(1)), real(nan), result);
}

Value Doubles::atanh(Value x) {
  Value size = abs(x), result = log1p(div(add(size, size), sub(real(1), size)));
  return withSign(mul(result, real(0.5)), x);
}

/// exp(-x^2), the square of whose upper half is exact.
Value Doubles::expOfSquare(Value x) {
  Value high = upperHalf(x);
  return mul(exp(neg(mul(high, high))), exp(neg(mul(sub(x, high), add(x, high)))));
}

/// Up to 2.5 a series without subtractions; beyond, 1 - erfc(x) by its continued fraction (Abramowitz and
/// Stegun, 7.1.6 and 7.1.14).
Value Doubles::erf(Value x) {
  Value size = abs(x), square = mul(size, size), twice = add(square, square), one = real(1);
  Value sum = repeat(1, 56, {one, one}, [&](Value n, ValueRange carried) -> SmallVector<Value> {
    Value term = div(mul(carried[0], twice), fma(n, real(2), one));
    return {term, add(carried[1], term)};
  });
  Value far = atMost(atLeast(size, 2.5), 7), power = expOfSquare(atMost(size, 7));
  Value near = mul(mul(size, real(2 / std::sqrt(pi))), mul(power, sum));
  Value fraction = repeat(0, 64, {far}, [&](Value n, ValueRange carried) -> SmallVector<Value> {
    return {add(far, div(mul(sub(real(64), n), real(0.5)), carried[0]))};
  });
  Value beyond = sub(one, div(mul(power, real(1 / std::sqrt(pi))), fraction));
  Value isNear = less(size, real(2.5)), isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
  return select(isNaN, x, withSign(select(isNear, near, beyond), x));
}

// ---- remainders ------------------------------------------------------------------------------

/// By numbers of 32 bits, which every machine counts in.
Value leadingZeros(ImplicitLocOpBuilder &b, Value x) {
  if (x.getType().isInteger(32))
    return math::CountLeadingZerosOp::create(b, x);
  auto number = [&](int64_t value) -> Value { return arith::ConstantOp::create(b, b.getI64IntegerAttr(value)); };
  Value upper = arith::ShRUIOp::create(b, x, number(32));
  Value isUpper = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, upper, number(0));
  Value word = arith::TruncIOp::create(b, b.getI32Type(), arith::SelectOp::create(b, isUpper, upper, x));
  Value zeros = arith::ExtUIOp::create(b, b.getI64Type(), math::CountLeadingZerosOp::create(b, word));
  return arith::AddIOp::create(b, zeros, arith::SelectOp::create(b, isUpper, number(0), number(32)));
}

/// fmod, exactly: a division with remainder of whole numbers, the mantissas, a few bits of the quotient at a
/// time.
Value remainder(arith::RemFOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  auto type = cast<FloatType>(op.getType());
  unsigned width = type.getWidth(), mantissaBits = type.getFPMantissaWidth() - 1, step = width - mantissaBits - 1;
  Type word = b.getIntegerType(width);
  auto number = [&](int64_t value) -> Value { return arith::ConstantOp::create(b, IntegerAttr::get(word, value)); };
  auto real = [&](double value) -> Value { return arith::ConstantOp::create(b, FloatAttr::get(type, value)); };
  auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) -> Value {
    return arith::CmpIOp::create(b, predicate, x, y);
  };
  auto minus = [&](Value x, Value y) -> Value { return arith::SubIOp::create(b, x, y); };
  using P = arith::CmpIPredicate;

  Value magnitude = number((uint64_t(1) << (width - 1)) - 1), zero = number(0), one = number(1);
  auto bitsOf = [&](Value x) -> Value {
    return arith::AndIOp::create(b, arith::BitcastOp::create(b, word, x), magnitude);
  };
  Value x = bitsOf(op.getLhs()), y = bitsOf(op.getRhs()), bitCount = number(mantissaBits);
  // |v| = mantissa * 2^(exponent - bias - mantissaBits), denormal numbers too.
  auto split = [&](Value bits, Value &exponent) -> Value {
    Value field = arith::ShRUIOp::create(b, bits, bitCount), fraction = number((int64_t(1) << mantissaBits) - 1);
    Value isDenormal = compare(P::eq, field, zero), hidden = number(int64_t(1) << mantissaBits);
    exponent = arith::SelectOp::create(b, isDenormal, one, field);
    Value low = arith::AndIOp::create(b, bits, fraction);
    return arith::SelectOp::create(b, isDenormal, low, arith::OrIOp::create(b, low, hidden));
  };
  Value xExponent, yExponent, dividend = split(x, xExponent), divisor = split(y, yExponent);
  divisor = arith::MaxUIOp::create(b, divisor, one); // by 0 is not used
  Value distance = arith::MaxSIOp::create(b, minus(xExponent, yExponent), zero);
  Value rounds = arith::DivUIOp::create(b, arith::AddIOp::create(b, distance, number(step - 1)), number(step));
  Value first = arith::RemUIOp::create(b, dividend, divisor);
  auto constant = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  Value count = arith::IndexCastOp::create(b, b.getIndexType(), rounds);
  auto loop = scf::ForOp::create(b, constant(0), count, constant(1), ValueRange(first));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value done = arith::IndexCastOp::create(b, word, loop.getInductionVar());
    Value left = minus(distance, arith::MulIOp::create(b, done, number(step)));
    Value shift = arith::MinSIOp::create(b, left, number(step));
    Value next = arith::ShLIOp::create(b, loop.getRegionIterArg(0), shift);
    scf::YieldOp::create(b, ValueRange(arith::RemUIOp::create(b, next, divisor)));
  }
  // Back to a number: as many bits to the left as the mantissa lacks, unless the exponent ends before.
  Value rest = loop.getResult(0);
  Value lead = leadingZeros(b, rest);
  Value room = minus(yExponent, one);
  Value shift = arith::MinSIOp::create(b, minus(lead, number(step)), room);
  Value mantissa = arith::ShLIOp::create(b, rest, shift), exponent = minus(yExponent, shift);
  Value isNormal = compare(P::uge, mantissa, number(int64_t(1) << mantissaBits));
  Value field = arith::SelectOp::create(b, isNormal, minus(exponent, one), zero);
  // The mantissa's first bit adds one to the exponent.
  Value bits = arith::AddIOp::create(b, arith::ShLIOp::create(b, field, bitCount), mantissa);
  bits = arith::SelectOp::create(b, compare(P::eq, rest, zero), zero, bits);
  bits = arith::SelectOp::create(b, compare(P::ult, x, y), x, bits);
  Value sign = arith::AndIOp::create(b, arith::BitcastOp::create(b, word, op.getLhs()),
                                     number(width == 32 ? INT32_MIN : INT64_MIN));
  Value result = arith::BitcastOp::create(b, type, arith::OrIOp::create(b, bits, sign));
  // Of infinity, by 0, and of what is no number.
  Value limit = arith::BitcastOp::create(b, word, real(infinity));
  Value exists = arith::AndIOp::create(b, compare(P::ult, x, limit), compare(P::ule, y, limit));
  exists = arith::AndIOp::create(b, exists, compare(P::ne, y, zero));
  return arith::SelectOp::create(b, exists, result, real(nan));
}

/// What takes the place of an op; null for one that stays.
Value expand(Operation *op) {
  if (op->getNumResults() != 1)
    return {};
  if (auto rest = dyn_cast<arith::RemFOp>(op))
    return rest.getType().isF32() || rest.getType().isF64() ? remainder(rest) : Value();
  if (!op->getResult(0).getType().isF64())
    return {};
  Doubles doubles(op);
  return expandFunction(op, doubles);
}

struct ExpandWideMath : impl::ExpandWideMathBase<ExpandWideMath> {
  void runOnOperation() override { expandEach(getOperation(), expand); }
};

} // namespace
} // namespace treadle
