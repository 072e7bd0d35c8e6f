//===- ExpandMath.cpp - transcendental functions as polynomials -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of f32, of vectors and of numbers, in a few multiplications without a branch: the argument is
// reduced to where a short polynomial is good to less than a unit in the last place (minimax in the
// relative error, by Lawson's weights), and the result is put together again. How good each is, over all
// floats, is what test/conformance/Math.cpp says. Functions of f64 are libm's.
//
// Where a float is too short on the way, vectors go on in f64, at half the speed. Numbers, which are what GPUs compute
// with, go on with two floats: some devices have no f64, others one of a 64th of the speed. Multiplication and addition
// may be rounded each there (fma need not be fused), so products that must be exact are of factors with few bits.
//
// Reductions after Cody and Waite, "Software Manual for the Elementary Functions", 1980; sums of two floats after
// Dekker, "A floating-point technique for extending the available precision", 1971.
//
//===----------------------------------------------------------------------===//

#include "codegen/ExpandFunctions.h"
#include "codegen/Passes.h"
#include "codegen/Target.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <bit>
#include <limits>
#include <numbers>

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_EXPANDMATH
#include "codegen/Passes.h.inc"

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double ln2 = std::numbers::ln2, pi = std::numbers::pi;
/// Added to a number, they round it to a whole one, which then stands in the lowest bits of the sum.
constexpr double roundingF32 = 1.5 * (1 << 23), roundingF64 = 1.5 * (int64_t(1) << 52);

/// A constant's first 12 bits. The product of two such numbers is exact.
constexpr uint32_t topBits = 0xfffff000;
constexpr double topOf(double x) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(static_cast<float>(x)) & topBits);
}

/// Arithmetic on f32, all numbers of one shape.
class Floats {
public:
  Floats(Operation *op, const Target &target)
      : b(op->getLoc(), op), shape(op->getResult(0).getType()), hasExp2(target.approximatesExp2) {}

  Value exp(Value x) { return expOver(x, 0); }
  Value approximateExp(Value x);
  Value log(Value x);
  Value log1p(Value x);
  Value sin(Value x) { return sinOrCos(x, 0); }
  Value cos(Value x) { return sinOrCos(x, 1); }
  Value tan(Value x);
  Value asin(Value x);
  Value acos(Value x);
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
  /// For m in [sqrt(1/2), sqrt(2)) and x = 2^exponent m above 0.
  Value mantissaOf(Value x, Value &exponent);
  Value log2OfSize(Value x);
  Value exp2OfWide(Value t);
  Value powerOfSize(Value size, Value y);
  Value asinNear(Value x);
  Value expOver(Value x, int32_t halvings);
  Value expNear(Value x, Value &exponent);
  Value sinNear(Value x);
  Value cosNear(Value x);
  Value sinOrCos(Value x, int quadrant);
  /// x less its quarters of a turn, of which `quadrant` is the number.
  Value reduceAngle(Value x, Value &quadrant);
  Value reduceUsualAngle(Value x, Value &quadrant);
  Value reduceHugeAngle(Value x, Value &quadrant);

  bool isVector() const { return isa<VectorType>(shape); }
  Type like(Type element) const {
    auto vector = dyn_cast<VectorType>(shape);
    return vector ? Type(vector.clone(element)) : element;
  }
  Value constant(TypedAttr value) {
    auto vector = dyn_cast<VectorType>(like(value.getType()));
    return arith::ConstantOp::create(b, vector ? TypedAttr(DenseElementsAttr::get(vector, Attribute(value))) : value);
  }
  Value real(double value) { return constant(b.getF32FloatAttr(value)); }
  Value wide(double value) { return constant(b.getF64FloatAttr(value)); }
  Value wideInteger(int64_t value) { return constant(b.getI64IntegerAttr(value)); }
  Value integer(int32_t value) { return constant(b.getI32IntegerAttr(value)); }

  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value neg(Value x) { return arith::NegFOp::create(b, x); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  Value sqrt(Value x) { return math::SqrtOp::create(b, x); }
  Value withSign(Value x, Value sign) { return math::CopySignOp::create(b, x, sign); }
  Value fma(Value x, Value y, Value z) { return math::FmaOp::create(b, x, y, z); }
  Value less(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y); }
  Value equal(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, y); }
  Value select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, condition, x, y); }
  /// A NaN in x stays.
  Value atMost(Value x, double limit) { return select(less(real(limit), x), real(limit), x); }
  Value atLeast(Value x, double limit) { return select(less(x, real(limit)), real(limit), x); }

  Value addInt(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value subInt(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value andInt(Value x, Value y) { return arith::AndIOp::create(b, x, y); }
  Value shiftLeft(Value x, int32_t bits) { return arith::ShLIOp::create(b, x, integer(bits)); }
  Value shiftRight(Value x, int32_t bits) { return arith::ShRSIOp::create(b, x, integer(bits)); }
  Value top(Value x) { return fromBits(andInt(bitsOf(x), integer(static_cast<int32_t>(topBits)))); }
  /// x - y, and what rounding lost of it, if y is not the larger one or the difference is exact anyway.
  Value minus(Value x, Value y, Value &lost) {
    Value difference = sub(x, y);
    lost = sub(sub(x, difference), y);
    return difference;
  }
  Value exp2(Value x) { return math::Exp2Op::create(b, x, arith::FastMathFlags::afn); }
  Value bitsOf(Value x) { return arith::BitcastOp::create(b, like(b.getI32Type()), x); }
  Value powerOfTwo(Value n) { return fromBits(shiftLeft(addInt(n, integer(127)), 23)); }
  Value fromBits(Value x) { return arith::BitcastOp::create(b, like(b.getF32Type()), x); }

  /// The sum of coefficients[i] * x^i.
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = real(coefficients.back());
    for (double c : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, real(c));
    return sum;
  }
  /// x + x^3 P(x^2), for odd functions like x at 0.
  Value oddPolynomial(Value x, ArrayRef<double> coefficients) {
    Value square = mul(x, x);
    return fma(mul(x, square), polynomial(square, coefficients), x);
  }

  ImplicitLocOpBuilder b;
  Type shape;
  bool hasExp2;
};

/// exp(r) for x = n ln 2 + r.
Value Floats::expNear(Value x, Value &exponent) {
  Value magic = real(roundingF32);
  Value rounded = fma(x, real(1 / ln2), magic), n = sub(rounded, magic);
  exponent = subInt(bitsOf(rounded), bitsOf(magic));
  Value r = fma(n, real(2.12194440e-4), fma(n, real(-0.693359375), x));
  if (hasExp2)
    return exp2(mul(r, real(1 / ln2)));
  Value p = polynomial(
      r, {0.4999999403953552, 0.1666651964187622, 0.04166839271783829, 0.008368780836462975, 0.001381446490995586});
  return add(fma(mul(r, r), p, r), real(1));
}

/// exp(x) / 2^halvings. 2^n is two factors, since it may be above or below what a float holds.
Value Floats::expOver(Value x, int32_t halvings) {
  Value n, power = expNear(atLeast(atMost(x, 90), -104), n), half = shiftRight(n, 1);
  return mul(mul(power, powerOfTwo(half)), powerOfTwo(subInt(subInt(n, half), integer(halvings))));
}

/// With one factor: 0 below 2^-126, infinity above 2^127.5. By an instruction it is as exact as x / ln 2 is rounded.
Value Floats::approximateExp(Value x) {
  if (hasExp2)
    return exp2(mul(x, real(1 / ln2)));
  Value n, power = expNear(atLeast(atMost(x, 89), -88), n);
  return mul(power, powerOfTwo(n));
}

Value Floats::mantissaOf(Value x, Value &exponent) {
  Value tiny = less(x, real(0x1p-126)); // a denormal number, 0 or less
  Value scaled = select(tiny, mul(x, real(0x1p23)), x);
  Value low = integer(0x3f3504f3); // sqrt(1/2)
  Value bits = subInt(bitsOf(scaled), low);
  Value whole = addInt(shiftRight(bits, 23), select(tiny, integer(-23), integer(0)));
  exponent = arith::SIToFPOp::create(b, shape, whole);
  return fromBits(addInt(andInt(bits, integer(0x7fffff)), low));
}

/// log(x) = e ln 2 + log(1 + f).
Value Floats::log(Value x) {
  Value e, f = sub(mantissaOf(x, e), real(1));
  Value square = mul(f, f);
  Value p = polynomial(f, {0.3333331346511841, -0.25000008940696716, 0.2000211924314499, -0.1666799634695053,
                           0.14219550788402557, -0.12405591458082199, 0.11888174712657928, -0.11675640940666199,
                           0.06746601313352585});
  Value rest = fma(e, real(-2.12194440e-4), mul(mul(f, square), p));
  rest = fma(square, real(-0.5), rest);
  Value result = fma(e, real(0.693359375), add(f, rest));
  // What is not a number above 0 and below infinity.
  result = select(equal(x, real(infinity)), x, result);
  result = select(equal(x, real(0)), real(-infinity), result);
  Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, x, real(0));
  return select(isNumber, result, real(std::numeric_limits<double>::quiet_NaN()));
}

/// log(u) for u = 1 + x as it is rounded, corrected by what rounding lost: (x - (u - 1)) / u.
Value Floats::log1p(Value x) {
  Value one = real(1), u = add(x, one);
  Value result = add(log(u), div(sub(x, sub(u, one)), u));
  result = select(equal(u, real(infinity)), u, result);
  result = select(equal(u, real(0)), real(-infinity), result);
  return select(equal(u, one), x, result); // with its sign, if it is 0
}

/// x less n quarters of a turn. Of vectors in f64; of numbers with pi/2 as floats of 13 bits, whose products with n are
/// exact, and a rest.
Value Floats::reduceUsualAngle(Value x, Value &quadrant) {
  if (!isVector()) {
    Value magic = real(roundingF32), rounded = fma(x, real(2 / pi), magic), n = sub(rounded, magic);
    quadrant = subInt(bitsOf(rounded), bitsOf(magic));
    Value lost, r = minus(sub(x, mul(n, real(0x1.921p0))), mul(n, real(0x1.f6ap-13)), lost);
    r = minus(r, sub(mul(n, real(0x1.11p-26)), lost), lost);
    return sub(r, sub(mul(n, real(0x1.68c234c4c6629p-39)), lost));
  }
  Value magic = wide(roundingF64), exact = arith::ExtFOp::create(b, like(b.getF64Type()), x);
  Value rounded = fma(exact, wide(2 / pi), magic), n = sub(rounded, magic);
  Value bits = arith::BitcastOp::create(b, like(b.getI64Type()), rounded);
  quadrant = arith::TruncIOp::create(b, like(b.getI32Type()), bits);
  Value r = fma(n, wide(-6.123233995736766e-17), fma(n, wide(-pi / 2), exact));
  return arith::TruncFOp::create(b, shape, r);
}

/// Where there is a larger angle than is usual, exactly.
Value Floats::reduceAngle(Value x, Value &quadrant) {
  Value r = reduceUsualAngle(x, quadrant);
  Value huge = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, abs(x), real(isVector() ? 0x1p45 : 3072));
  huge = arith::AndIOp::create(b, huge, less(abs(x), real(infinity))); // of which nothing is left but NaN
  Value any = isVector() ? Value(vector::ReductionOp::create(b, vector::CombiningKind::OR, huge)) : huge;
  auto branch = scf::IfOp::create(b, TypeRange{shape, quadrant.getType()}, any, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  Value otherQuadrant, other = reduceHugeAngle(x, otherQuadrant);
  scf::YieldOp::create(b, ValueRange{select(huge, other, r), select(huge, otherQuadrant, quadrant)});
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, ValueRange{r, quadrant});
  quadrant = branch.getResult(1);
  return branch.getResult(0);
}

/// For x = m * 2^(e - 12), e from 0 to 116, the turns that x is are m times 1 / (2^13 pi) from its bit e on: the bits
/// before are whole turns (Payne and Hanek, "Radian reduction for trigonometric functions", 1983).
Value Floats::reduceHugeAngle(Value x, Value &quadrant) {
  Type longs = like(b.getI64Type()), words = like(b.getI32Type());
  constexpr uint64_t inverse[] = {0x00028be60db93910, 0x54a7f09d5f47d4d3, 0x77036d8a5664f10e, 0x4107f9458eaf7aef};
  auto shiftLeft = [&](Value value, Value by) -> Value { return arith::ShLIOp::create(b, value, by); };
  auto shiftRight = [&](Value value, Value by) -> Value { return arith::ShRUIOp::create(b, value, by); };
  auto multiply = [&](Value a, Value c) -> Value { return arith::MulIOp::create(b, a, c); };

  Value bits = andInt(bitsOf(x), integer(0x7fffffff));
  Value m =
      arith::ExtUIOp::create(b, longs, arith::OrIOp::create(b, andInt(bits, integer(0x7fffff)), integer(0x800000)));
  Value e = arith::ExtUIOp::create(b, longs, subInt(arith::ShRUIOp::create(b, bits, integer(23)), integer(138)));
  // 64 bits from bit e on, and 32 more that carry into them.
  Value isLater = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, e, wideInteger(64));
  Value shift = andInt(e, wideInteger(63)), back = subInt(wideInteger(63), shift);
  auto word = [&](int64_t i) { return select(isLater, wideInteger(inverse[i + 1]), wideInteger(inverse[i])); };
  auto window = [&](int64_t i) -> Value { // in two steps to the right: 64 would be too many for one
    Value low = shiftRight(shiftRight(word(i + 1), wideInteger(1)), back);
    return arith::OrIOp::create(b, shiftLeft(word(i), shift), low);
  };
  Value carry = shiftRight(multiply(m, shiftRight(window(1), wideInteger(32))), wideInteger(32));
  Value turns = addInt(multiply(m, window(0)), carry); // in 2^-64
  Value quarters = shiftRight(addInt(turns, wideInteger(int64_t(1) << 61)), wideInteger(62));
  Value rest = subInt(turns, shiftLeft(quarters, wideInteger(62)));
  // Of 62 bits with a sign, the first 24, the next 24 and the last 14, each as a number.
  auto part = [&](int64_t bit, int64_t mask) {
    Value some = arith::ShRSIOp::create(b, rest, wideInteger(bit));
    Value word = arith::TruncIOp::create(b, words, andInt(some, wideInteger(mask)));
    return mul(arith::SIToFPOp::create(b, shape, word), real(static_cast<double>(int64_t(1) << bit)));
  };
  Value high = part(38, -1), low = add(part(14, 0xffffff), part(0, 0x3fff));
  constexpr double unit = pi / 2 / 0x1p62;
  Value first = top(high), others = add(sub(high, first), low);
  Value r = add(mul(first, real(topOf(unit))), fma(others, real(unit), mul(first, real(unit - topOf(unit)))));
  quadrant = arith::TruncIOp::create(b, words, quarters);
  Value isNegative = less(x, real(0));
  quadrant = select(isNegative, subInt(integer(0), quadrant), quadrant);
  return select(isNegative, neg(r), r);
}

Value Floats::sinNear(Value x) {
  return oddPolynomial(x, {-0.16666655242443085, 0.008332155644893646, -0.00019514630548655987});
}

Value Floats::cosNear(Value x) {
  Value square = mul(x, x);
  Value p = polynomial(square, {0.04166664555668831, -0.0013887309469282627, 2.4432411009911448e-05});
  return fma(mul(square, square), p, fma(square, real(-0.5), real(1)));
}

Value Floats::sinOrCos(Value x, int quarters) {
  Value quadrant, r = reduceAngle(x, quadrant);
  quadrant = addInt(quadrant, integer(quarters));
  Value isOdd = arith::TruncIOp::create(b, like(b.getI1Type()), quadrant);
  Value result = select(isOdd, cosNear(r), sinNear(r));
  Value sign = shiftLeft(andInt(quadrant, integer(2)), 30);
  return fromBits(arith::XOrIOp::create(b, bitsOf(result), sign));
}

Value Floats::tan(Value x) {
  Value quadrant, r = reduceAngle(x, quadrant), sine = sinNear(r), cosine = cosNear(r);
  Value isOdd = arith::TruncIOp::create(b, like(b.getI1Type()), quadrant);
  return div(select(isOdd, neg(cosine), sine), select(isOdd, sine, cosine));
}

/// Up to 1/2.
Value Floats::asinNear(Value x) {
  return oddPolynomial(
      x, {0.16666753590106964, 0.07495275139808655, 0.045473456382751465, 0.024163108319044113, 0.04219609871506691});
}

/// Above 1/2, asin(x) = pi/2 - 2 asin(sqrt((1 - x) / 2)).
Value Floats::asin(Value x) {
  Value size = abs(x), isNear = less(size, real(0.5));
  Value root = sqrt(fma(size, real(-0.5), real(0.5))), p = asinNear(select(isNear, size, root));
  return withSign(select(isNear, p, fma(p, real(-2), real(pi / 2))), x);
}

Value Floats::acos(Value x) {
  Value size = abs(x), isNear = less(size, real(0.5));
  Value root = sqrt(fma(size, real(-0.5), real(0.5))), p = asinNear(select(isNear, x, root)), twice = add(p, p);
  Value far = select(less(x, real(0)), sub(real(pi), twice), twice);
  // pi/2 as two floats.
  Value near = sub(real(pi / 2), add(p, real(4.371139000186241e-08)));
  return select(isNear, near, far);
}

/// Above 1, atan(x) = pi/2 - atan(1 / x).
Value Floats::atan(Value x) {
  Value size = abs(x), isFar = less(real(1), size);
  Value p = oddPolynomial(select(isFar, div(real(1), size), size),
                          {-0.33333298563957214, 0.19998548924922943, -0.14264240860939026, 0.10952181369066238,
                           -0.08403436839580536, 0.05795735865831375, -0.031177613884210587, 0.010914481244981289,
                           -0.001793593866750598});
  return withSign(select(isFar, sub(real(pi / 2), p), p), x);
}

Value Floats::sinh(Value x) {
  Value near =
      oddPolynomial(x, {0.1666666716337204, 0.008333349600434303, 0.0001983615948120132, 2.8169513370812638e-06});
  Value half = expOver(abs(x), 1), far = sub(half, div(real(0.25), half));
  return select(less(abs(x), real(1)), near, withSign(far, x));
}

Value Floats::cosh(Value x) {
  Value half = expOver(abs(x), 1);
  return add(half, div(real(0.25), half));
}

/// 1 - 2 / (exp(2x) + 1), but near 0.
Value Floats::tanh(Value x) {
  Value near = oddPolynomial(
      x, {-0.3333328068256378, 0.13331441581249237, -0.05373971164226532, 0.020639078691601753, -0.005704978480935097});
  Value size = abs(x), power = approximateExp(add(size, size));
  Value far = sub(real(1), div(real(2), add(power, real(1))));
  return select(less(size, real(0.625)), near, withSign(far, x));
}

/// log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))), and log(2 |x|) where that is all of it.
Value Floats::asinh(Value x) {
  Value size = abs(x), isLarge = less(real(0x1p30), size), square = mul(x, x);
  Value root = sqrt(add(square, real(1))), small = add(size, div(square, add(root, real(1))));
  Value result = log1p(select(isLarge, size, small));
  return withSign(select(isLarge, add(result, real(ln2)), result), x);
}

/// log1p(t + sqrt(t^2 + 2t)) for t = x - 1, and log(2x) where that is all of it.
Value Floats::acosh(Value x) {
  Value isLarge = less(real(0x1p30), x), t = sub(x, real(1));
  Value result = log1p(select(isLarge, x, add(t, sqrt(fma(t, t, add(t, t))))));
  result = select(isLarge, add(result, real(ln2)), result);
  return select(less(x, real(1)), real(std::numeric_limits<double>::quiet_NaN()), result);
}

Value Floats::atanh(Value x) {
  Value size = abs(x), result = log1p(div(add(size, size), sub(real(1), size)));
  return withSign(mul(result, real(0.5)), x);
}

/// From 1 on 1 - exp(log erfc(x)), whose exponent is a polynomial; from 3.95 on that is 1.
Value Floats::erf(Value x) {
  Value square = mul(x, x), size = abs(x);
  Value near =
      fma(x,
          polynomial(square, {0.12837916612625122, -0.3761262595653534, 0.1128358542919159, -0.026853810995817184,
                              0.005188327748328447, -0.0008010192541405559, 7.853857823647559e-05}),
          x);
  Value q = polynomial(atMost(size, 3.95),
                       {0.00035370929981581867, 1.1270400285720825, 0.6382256150245667, 0.10303743183612823,
                        -0.021805349737405777, 0.002939615398645401, -0.0001855748560046777});
  Value far = sub(real(1), approximateExp(neg(q)));
  return select(less(size, real(1)), near, withSign(far, x));
}

/// log2 of the size as f64, good to 1e-11 so that it can be multiplied: e + log2 m, m in [sqrt(1/2), sqrt(2)), where
/// log2 m is the series of the inverse hyperbolic tangent of s = (m - 1) / (m + 1).
Value Floats::log2OfSize(Value x) {
  Type doubles = like(b.getF64Type()), longs = like(b.getI64Type());
  Value size = arith::ExtFOp::create(b, doubles, x);
  // The exponent counted from sqrt(1/2) on, with 1,024 more so that it is not negative.
  constexpr int64_t low = 0x3fe6a09e667f3bcd, more = int64_t(1024) << 52;
  Value bits = arith::BitcastOp::create(b, longs, size),
        above = addInt(subInt(bits, wideInteger(low)), wideInteger(more));
  Value exponent =
      subInt(arith::TruncIOp::create(b, like(b.getI32Type()), arith::ShRUIOp::create(b, above, wideInteger(52))),
             integer(1024));
  Value m = arith::BitcastOp::create(b, doubles,
                                     addInt(andInt(above, wideInteger((int64_t(1) << 52) - 1)), wideInteger(low)));
  Value s = div(sub(m, wide(1)), add(m, wide(1))), square = mul(s, s), sum = wide(2 / ln2 / 13);
  for (int k : {11, 9, 7, 5, 3, 1})
    sum = fma(sum, square, wide(2 / ln2 / k));
  Value result = fma(s, sum, arith::SIToFPOp::create(b, doubles, exponent));
  result = select(equal(size, wide(0)), wide(-infinity), result);
  return select(less(size, wide(infinity)), result, size); // infinity and NaN
}

/// 2^t as f32, rounded once: 2^n exp(f ln 2) for t = n + f, where exp is its series.
Value Floats::exp2OfWide(Value t) {
  Type longs = like(b.getI64Type());
  t = select(less(wide(200), t), wide(200), select(less(t, wide(-200)), wide(-200), t));
  Value magic = wide(roundingF64), rounded = add(t, magic);
  Value r = mul(sub(t, sub(rounded, magic)), wide(ln2));
  double factorial = 40320;
  Value sum = wide(1 / factorial);
  for (int k = 8; k >= 1; --k) {
    factorial /= k;
    sum = fma(sum, r, wide(1 / factorial));
  }
  Value n = subInt(arith::BitcastOp::create(b, longs, rounded), arith::BitcastOp::create(b, longs, magic));
  Value power = arith::ShLIOp::create(b, addInt(n, wideInteger(1023)), wideInteger(52));
  Value scaled = mul(sum, arith::BitcastOp::create(b, like(b.getF64Type()), power));
  return arith::TruncFOp::create(b, shape, scaled);
}

/// The same of numbers: log2 of the size and its product with y are sums of two floats, the first of 12 bits.
Value Floats::powerOfSize(Value size, Value y) {
  if (isVector())
    return exp2OfWide(mul(arith::ExtFOp::create(b, like(b.getF64Type()), y), log2OfSize(size)));
  // s = (m - 1) / (m + 1)
  Value e, m = mantissaOf(size, e), f = sub(m, real(1)), sum = add(m, real(1));
  Value sumHigh = top(sum), sumLow = add(sub(sum, sumHigh), sub(f, sub(sum, real(2))));
  Value sHigh = top(div(f, sum));
  Value sLow = div(sub(sub(f, mul(sHigh, sumHigh)), mul(sHigh, sumLow)), sum), s = add(sHigh, sLow);
  // log2 m = 2 / (3 ln 2) s t, t = 3 + s^2 + 3/5 s^4 + 3/7 s^6 ..
  Value squareHigh = mul(sHigh, sHigh), square = mul(s, s);
  Value rest = polynomial(square, {3.0 / 5, 3.0 / 7, 3.0 / 9, 3.0 / 11});
  rest = fma(mul(square, square), rest, mul(sLow, add(sHigh, s)));
  Value tHigh = top(add(add(real(3), squareHigh), rest)), tLow = sub(rest, sub(sub(tHigh, real(3)), squareHigh));
  Value pHigh = mul(sHigh, tHigh), pLow = fma(sLow, tHigh, mul(tLow, s)), p = top(add(pHigh, pLow));
  pLow = sub(pLow, sub(p, pHigh));
  constexpr double scale = 2 / ln2 / 3;
  Value logHigh = mul(p, real(topOf(scale))), logLow = fma(p, real(scale - topOf(scale)), mul(pLow, real(scale)));
  Value log = top(add(add(logHigh, logLow), e));
  logLow = sub(logLow, sub(sub(log, e), logHigh));
  // Their product with y, which is large enough for any result far below what would be infinite on the way.
  y = atLeast(atMost(y, 0x1p60), -0x1p60);
  Value yHigh = top(y), tail = fma(sub(y, yHigh), log, mul(y, logLow)), power = mul(yHigh, log), t = add(power, tail);
  Value isInRange = less(abs(t), real(160));
  // 2^n 2^r
  Value magic = real(roundingF32), rounded = add(atLeast(atMost(t, 160), -160), magic);
  Value fraction = sub(power, sub(rounded, magic)), r = add(fraction, tail);
  Value rLow = sub(tail, sub(r, fraction));
  r = select(isInRange, r, real(0));
  rLow = select(isInRange, rLow, real(0));
  Value rHigh = top(r), first = mul(rHigh, real(topOf(ln2)));
  Value small = add(mul(add(sub(r, rHigh), rLow), real(ln2)), mul(rHigh, real(ln2 - topOf(ln2))));
  constexpr double l2 = ln2 * ln2;
  small = fma(mul(r, r),
              polynomial(r, {l2 / 2, l2 * ln2 / 6, l2 * l2 / 24, l2 * l2 * ln2 / 120, l2 * l2 * l2 / 720,
                             l2 * l2 * l2 * ln2 / 5040}),
              small);
  Value one = add(real(1), first);
  Value lost = sub(first, sub(one, real(1)));
  Value n = subInt(bitsOf(rounded), bitsOf(magic)), half = shiftRight(n, 1);
  Value result = mul(mul(add(one, add(small, lost)), powerOfTwo(half)), powerOfTwo(subInt(n, half)));
  // Of 0 and infinity.
  Value isLast = arith::OrIOp::create(b, equal(size, real(0)), equal(size, real(infinity)));
  Value grows = arith::XOrIOp::create(b, equal(size, real(0)), less(real(0), y));
  result = select(isLast, select(grows, real(infinity), real(0)), result);
  Value isNone = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, size, y);
  return select(isNone, add(size, y), result);
}

/// 2^(y log2 |x|), with x's sign where y is odd, and what C says of special numbers (C17, F.10.4.4).
Value Floats::pow(Value x, Value y) {
  Value one = real(1), zero = real(0), size = abs(x), result = powerOfSize(size, y);
  // 1 to any power, and any number to none; -1 to infinity. NaN is none of them, but for 1^NaN and NaN^0.
  Value infiniteOfOne = arith::AndIOp::create(b, equal(size, one), equal(abs(y), real(infinity)));
  Value isOne = arith::OrIOp::create(b, arith::OrIOp::create(b, equal(x, one), equal(y, zero)), infiniteOfOne);
  result = select(isOne, one, result);
  Value half = mul(y, real(0.5));
  Value isWhole = equal(math::FloorOp::create(b, y), y);
  Value isOdd = arith::AndIOp::create(b, isWhole, less(math::FloorOp::create(b, half), half));
  result = select(isOdd, withSign(result, x), result);
  Value isNegative = arith::AndIOp::create(b, less(x, zero), less(real(-infinity), x));
  Value hasRoot = arith::OrIOp::create(b, isWhole, arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, y, y));
  Value isNone = arith::AndIOp::create(b, isNegative, arith::XOrIOp::create(b, hasRoot, constant(b.getBoolAttr(true))));
  return select(isNone, real(std::numeric_limits<double>::quiet_NaN()), result);
}

/// What takes the place of an op; null for one that stays.
Value expand(Operation *op, const Target &target) {
  if (op->getNumResults() != 1 || !getElementTypeOrSelf(op->getResult(0).getType()).isF32())
    return {};
  Floats floats(op, target);
  if (auto exp = dyn_cast<math::ExpOp>(op); exp && bitEnumContainsAll(exp.getFastmath(), arith::FastMathFlags::afn))
    return floats.approximateExp(exp.getOperand());
  return expandFunction(op, floats);
}

struct ExpandMath : impl::ExpandMathBase<ExpandMath> {
  void runOnOperation() override {
    Target target = Target::of(getOperation());
    expandEach(getOperation(), [&](Operation *op) { return expand(op, target); });
  }
};

} // namespace
} // namespace treadle
