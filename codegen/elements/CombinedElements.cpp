//===- CombinedElements.cpp - elements that are made of several -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions, windows and interpolation, as loops around the operand's elements. The lanes stay what
// they are, so no lane depends on another here.
//
//===----------------------------------------------------------------------===//

#include "codegen/elements/Elements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

bool isUnsignedElement(Value tensor) { return elementOf(tensor).isUnsignedInteger(); }

} // namespace

// ---- reductions ------------------------------------------------------------------------------

bool Elements::isFewElements(DimExpr count) {
  constexpr int64_t few = 4;
  return count.constantValue().value_or(few + 1) <= few;
}

Value Elements::reduceAt(ReduceOp op, const Position &position) {
  Value input = op.getInput();
  std::function<Value(ArrayRef<int64_t>, Position, Value)> nest = [&](ArrayRef<int64_t> axes, Position inner,
                                                                      Value carried) -> Value {
    if (axes.empty())
      return emitCombine(b, op.getKind(), isUnsignedElement(input), carried, at(input, inner));
    DimExpr count = dimOf(input.getType(), axes.front());
    if (isFewElements(count)) { // written out: places are known then
      for (int64_t i = 0; i < *count.constantValue(); ++i) {
        inner[axes.front()] = Coord{{}, i, 0, 0, {}};
        carried = nest(axes.drop_front(), inner, carried);
      }
      return carried;
    }
    Value size = kernel.size(count);
    return scoped([&] {
      return kernel.loop(kernel.index(0), size, 1, carried, [&](Value i, ValueRange carried) {
        inner[axes.front()] = uniform(i);
        return SmallVector<Value>{nest(axes.drop_front(), inner, carried.front())};
      })[0];
    });
  };
  Value result = nest(op.getAxes(), position, constant(neutralOf(op.getKind(), elementOf(input))));
  return op.getKind() == ReduceKind::mean ? finishMean(op, result) : result;
}

/// A sum divided by the number of elements that went into it.
Value Elements::finishMean(ReduceOp op, Value sum) {
  DimExpr count = DimExpr::constant(b.getContext(), 1);
  for (int64_t axis : op.getAxes())
    count = count * dimOf(op.getInput().getType(), axis);
  count = DimExpr::max(count, DimExpr::constant(b.getContext(), 1)); // of no elements it is 0
  Type element = getElementTypeOrSelf(sum.getType());
  Value number = arith::IndexCastOp::create(b, b.getI64Type(), kernel.size(count));
  if (isa<FloatType>(element)) {
    Value one = arith::ConstantOp::create(b, b.getFloatAttr(element, 1));
    Value inverse = arith::DivFOp::create(b, one, arith::SIToFPOp::create(b, element, number));
    return arith::MulFOp::create(b, sum, splat(inverse));
  }
  if (element.getIntOrFloatBitWidth() < 64)
    number = arith::TruncIOp::create(b, element, number);
  if (isUnsignedElement(op.getInput()))
    return arith::DivUIOp::create(b, sum, splat(number));
  return arith::DivSIOp::create(b, sum, splat(number));
}

Value Elements::argReduceAt(ArgReduceOp op, const Position &position) {
  Value input = op.getInput();
  int64_t axis = op.getAxis();
  Position first = position;
  first[axis] = uniform(kernel.index(0));
  Value best = scoped([&] { return at(input, first); });
  Value where = constant(b.getI64Type(), 0);
  Value size = kernel.size(dimOf(input.getType(), axis));
  bool isMax = op.getKind() == ArgKind::max, last = op.getSelectLast();
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(best.getType())), isUnsigned = isUnsignedElement(input);
  return kernel.loop(kernel.index(1), size, 1, {best, where}, [&](Value i, ValueRange carried) {
    Position inner = position;
    inner[axis] = uniform(i);
    Value candidate = scoped([&] { return at(input, inner); }), better;
    if (isFloat) {
      auto predicate = isMax ? (last ? arith::CmpFPredicate::OGE : arith::CmpFPredicate::OGT)
                             : (last ? arith::CmpFPredicate::OLE : arith::CmpFPredicate::OLT);
      better = arith::CmpFOp::create(b, predicate, candidate, carried[0]);
    } else {
      using P = arith::CmpIPredicate;
      P predicate = isUnsigned ? (isMax ? (last ? P::uge : P::ugt) : (last ? P::ule : P::ult))
                               : (isMax ? (last ? P::sge : P::sgt) : (last ? P::sle : P::slt));
      better = arith::CmpIOp::create(b, predicate, candidate, carried[0]);
    }
    Value index = splat(arith::IndexCastOp::create(b, b.getI64Type(), i));
    return SmallVector<Value>{arith::SelectOp::create(b, better, candidate, carried[0]),
                              arith::SelectOp::create(b, better, index, carried[1])};
  })[1];
}

// ---- windows ---------------------------------------------------------------------------------

/// The coordinate o * stride + tap * dilation - pad of the input. `tap` is a constant or a value.
static Coord windowCoord(Elements &elements, const Coord &out, int64_t stride, int64_t pad, int64_t dilation,
                         std::optional<int64_t> constantTap, Value tap) {
  Kernel &kernel = elements.kernel;
  ImplicitLocOpBuilder &b = elements.b;
  Coord coord = out;
  coord.lane *= stride;
  coord.row *= stride;
  coord.offset = coord.offset * stride - pad;
  if (coord.base)
    coord.base = kernel.mul(coord.base, stride);
  if (coord.lanes && stride != 1)
    coord.lanes = arith::MulIOp::create(b, coord.lanes, elements.constant(b.getI32Type(), stride));
  if (constantTap) {
    coord.offset += *constantTap * dilation;
    return coord;
  }
  Value shift = kernel.mul(tap, dilation);
  if (coord.lanes)
    coord.lanes =
        arith::AddIOp::create(b, coord.lanes, elements.splat(arith::IndexCastOp::create(b, b.getI32Type(), shift)));
  else
    coord.base = coord.base ? kernel.add(coord.base, shift) : shift;
  return coord;
}

Value Elements::window(const Window &window, const Position &position, Value start,
                       llvm::function_ref<Value(const Position &, ArrayRef<Value>, Value, Value)> combine) {
  size_t count = window.axes.size();
  std::function<Value(size_t, Position, SmallVector<Value>, Value, Value)> nest =
      [&](size_t i, Position inner, SmallVector<Value> taps, Value inside, Value carried) -> Value {
    if (i == count)
      return combine(inner, taps, inside, carried);
    int64_t axis = window.axes[i], taken = window.kernel[i];
    const Coord &out = position[axis];
    auto constantTap = [&](int64_t tap, Value carried) {
      Position next = inner;
      next[axis] = windowCoord(*this, out, window.strides[i], window.padLow[i], window.dilations[i], tap, {});
      SmallVector<Value> nextTaps = taps;
      nextTaps.push_back(kernel.index(tap));
      Value nextInside = inside;
      if (!interior && !out.isUniform()) {
        Value limit = splat(arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(window.sizes[axis])));
        Value here = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, vector(next[axis]), limit);
        nextInside = inside ? Value(arith::AndIOp::create(b, inside, here)) : here;
      }
      return nest(i + 1, next, nextTaps, nextInside, carried);
    };
    if (interior || !out.isUniform()) {
      for (int64_t tap = 0; tap < taken; ++tap)
        carried = constantTap(tap, carried);
      return carried;
    }
    Range range = insideRange(window, i, out);
    return scoped([&] {
      return kernel.loop(range.low, range.high, 1, carried, [&](Value tap, ValueRange carried) {
        Position next = inner;
        next[axis] = windowCoord(*this, out, window.strides[i], window.padLow[i], window.dilations[i], {}, tap);
        next[axis].row = 0; // this tap of the next row may be outside
        SmallVector<Value> nextTaps = taps;
        nextTaps.push_back(tap);
        return SmallVector<Value>{nest(i + 1, next, nextTaps, inside, carried.front())};
      })[0];
    });
  };
  return nest(0, position, {}, {}, start);
}

/// Taps k with 0 <= o * stride - pad + k * dilation < size.
Elements::Range Elements::insideRange(const Window &window, size_t i, const Coord &out) {
  Value first = kernel.mul(scalar(out), window.strides[i]);
  Value pad = kernel.index(window.padLow[i]), dilation = kernel.index(window.dilations[i]);
  Value zero = kernel.index(0), taken = kernel.index(window.kernel[i]);
  Value before = kernel.max(kernel.sub(pad, first), zero);
  Value low = kernel.div(kernel.add(before, window.dilations[i] - 1), dilation);
  Value room = kernel.max(kernel.sub(kernel.add(kernel.size(window.sizes[window.axes[i]]), pad), first), zero);
  Value high = kernel.min(kernel.div(kernel.add(room, window.dilations[i] - 1), dilation), taken);
  return {low, high};
}

Value Elements::poolAt(PoolOp op, const Position &position) {
  Window window{op.getAxes(),      op.getKernel(), op.getStrides(),
                op.getDilations(), op.getPadLow(), kernel.dims(op.getInput())};
  ReduceKind kind = op.getKind() == PoolKind::max ? ReduceKind::max : ReduceKind::sum;
  Value input = op.getInput();
  Value start = constant(neutralOf(kind, elementOf(input)));
  Value result =
      this->window(window, position, start, [&](const Position &inner, ArrayRef<Value>, Value inside, Value carried) {
        auto combined = [&] { return emitCombine(b, kind, isUnsignedElement(input), carried, at(input, inner)); };
        if (!inside)
          return combined();
        return Value(arith::SelectOp::create(b, inside, masked(inside, combined), carried));
      });
  if (op.getKind() != PoolKind::average)
    return result;

  // Divide by how many were taken: a constant inside, else counted a dimension at a time.
  Type element = getElementTypeOrSelf(result.getType());
  auto divide = [&](Value count) -> Value {
    return isa<FloatType>(element)    ? Value(arith::DivFOp::create(b, result, count))
           : isUnsignedElement(input) ? Value(arith::DivUIOp::create(b, result, count))
                                      : Value(arith::DivSIOp::create(b, result, count));
  };
  auto toElement = [&](Value number) -> Value { // of i32 or a vector of it
    Type type = isa<VectorType>(number.getType()) ? Type(vectorOf(element)) : element;
    if (isa<FloatType>(element))
      return arith::SIToFPOp::create(b, type, number);
    unsigned width = element.getIntOrFloatBitWidth();
    return width == 32  ? number
           : width < 32 ? Value(arith::TruncIOp::create(b, type, number))
                        : Value(arith::ExtSIOp::create(b, type, number));
  };
  if (interior) {
    double total = 1;
    for (int64_t taken : window.kernel)
      total *= taken;
    if (isa<FloatType>(element))
      return arith::MulFOp::create(b, result, constant(element, 1 / total));
    return divide(constant(element, total));
  }
  Value total;
  for (size_t i = 0; i < window.axes.size(); ++i) {
    const Coord &out = position[window.axes[i]];
    DimExpr size = window.sizes[window.axes[i]];
    DimExpr padded = size + op.getPadHigh()[i];
    Value count;
    if (out.isUniform()) {
      if (op.getCountPad()) {
        // From the low padding to the end of the high padding.
        Window wide = window;
        wide.sizes[window.axes[i]] = padded;
        count = insideRange(wide, i, out).high;
      } else {
        Range range = insideRange(window, i, out);
        count = kernel.sub(range.high, range.low);
      }
      count = splat(arith::IndexCastOp::create(b, b.getI32Type(), count));
    } else {
      count = constant(b.getI32Type(), 0);
      Value limit = splat(arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(op.getCountPad() ? padded : size)));
      for (int64_t tap = 0; tap < window.kernel[i]; ++tap) {
        Value index =
            vector(windowCoord(*this, out, window.strides[i], window.padLow[i], window.dilations[i], tap, {}));
        auto predicate = op.getCountPad() ? arith::CmpIPredicate::slt : arith::CmpIPredicate::ult;
        Value here = arith::CmpIOp::create(b, predicate, index, limit);
        count = arith::AddIOp::create(b, count, arith::ExtUIOp::create(b, vectorOf(b.getI32Type()), here));
      }
    }
    total = total ? Value(arith::MulIOp::create(b, total, count)) : count;
  }
  return divide(toElement(arith::MaxSIOp::create(b, total, constant(b.getI32Type(), 1))));
}

/// A convolution whose every output channel is made of one input channel, its own.
Value Elements::depthwiseAt(ConvOp op, const Position &position) {
  Dims dims = kernel.dims(op.getInput()), filter = kernel.dims(op.getFilter());
  SmallVector<int64_t> axes, taken;
  for (int64_t i = 0; i < op.spatialRank(); ++i) {
    axes.push_back(op.spatialDim(i));
    taken.push_back(*filter[i + 2].constantValue());
  }
  Window window{axes, taken, op.getStrides(), op.getDilations(), op.getPadLow(), dims};
  Type element = computeType(elementOf(op.getResult()));
  Value start = constant(element, 0);
  const Coord &channel = position[op.channelDim()];
  return this->window(
      window, position, start, [&](const Position &inner, ArrayRef<Value> taps, Value inside, Value carried) {
        auto product = [&]() -> Value {
          Position weight = {channel, uniform(kernel.index(0))};
          for (Value tap : taps)
            weight.push_back(uniform(tap));
          Value x = at(op.getInput(), inner), w = at(op.getFilter(), weight);
          if (isa<FloatType>(element))
            return vector::FMAOp::create(b, x, w, carried);
          auto extend = [&](Value value) -> Value {
            return value.getType() == vectorOf(element) ? value
                                                        : Value(arith::ExtSIOp::create(b, vectorOf(element), value));
          };
          return arith::AddIOp::create(b, arith::MulIOp::create(b, extend(x), extend(w)), carried);
        };
        if (!inside)
          return product();
        return Value(arith::SelectOp::create(b, inside, masked(inside, product), carried));
      });
}

// ---- interpolation ---------------------------------------------------------------------------

namespace {

/// Arithmetic on f32 or f64 that is uniform or a vector, whichever its operands are.
struct Reals {
  Elements &elements;
  ImplicitLocOpBuilder &b;
  FloatType element;
  bool uniformly;

  Type type() const { return uniformly ? Type(element) : Type(elements.vectorOf(element)); }
  Type integer() const { return uniformly ? Type(b.getI32Type()) : Type(elements.vectorOf(b.getI32Type())); }
  Value real(double value) const {
    return uniformly ? Value(arith::ConstantOp::create(b, b.getFloatAttr(element, value)))
                     : elements.constant(element, value);
  }
  Value spread(Value scalar) const { return uniformly ? scalar : elements.splat(scalar); }
  Value add(Value a, Value c) const { return arith::AddFOp::create(b, a, c); }
  Value sub(Value a, Value c) const { return arith::SubFOp::create(b, a, c); }
  Value mul(Value a, Value c) const { return arith::MulFOp::create(b, a, c); }
  Value div(Value a, Value c) const { return arith::DivFOp::create(b, a, c); }
  Value toInteger(Value x) const { return arith::FPToSIOp::create(b, integer(), x); }
  Value toReal(Value i) const { return arith::SIToFPOp::create(b, type(), i); }
};

/// As in dialects/graph/Resize.cpp, operation by operation.
Value sourcePosition(const Reals &r, CoordinateMode mode, Value out, Value inSize, Value outSize, double scale) {
  auto scaled = [&](Value x) { return scale != 0 ? r.div(x, r.real(scale)) : r.div(r.mul(x, inSize), outSize); };
  auto halfPixel = [&] { return r.sub(scaled(r.add(out, r.real(0.5))), r.real(0.5)); };
  auto unlessOne = [&](Value x) -> Value {
    Value several = arith::CmpFOp::create(r.b, arith::CmpFPredicate::OGT, outSize, r.real(1));
    return arith::SelectOp::create(r.b, several, x, r.real(0));
  };
  switch (mode) {
  case CoordinateMode::half_pixel:
    return halfPixel();
  case CoordinateMode::half_pixel_symmetric: {
    Value adjustment = r.div(scaled(outSize), inSize);
    return r.add(r.mul(r.mul(inSize, r.real(0.5)), r.sub(r.real(1), adjustment)), halfPixel());
  }
  case CoordinateMode::pytorch_half_pixel:
    return unlessOne(halfPixel());
  case CoordinateMode::align_corners:
    return unlessOne(r.div(r.mul(out, r.sub(inSize, r.real(1))), r.sub(outSize, r.real(1))));
  case CoordinateMode::asymmetric:
    return scaled(out);
  }
  return {};
}

Value roundPosition(const Reals &r, RoundMode mode, Value x) {
  switch (mode) {
  case RoundMode::floor:
    return math::FloorOp::create(r.b, x);
  case RoundMode::ceil:
    return math::CeilOp::create(r.b, x);
  case RoundMode::prefer_floor:
    return math::CeilOp::create(r.b, r.sub(x, r.real(0.5)));
  case RoundMode::prefer_ceil:
    return math::FloorOp::create(r.b, r.add(x, r.real(0.5)));
  }
  return {};
}

/// Keys' cubic kernel with parameter a, at distances up to 1 and up to 2 (Keys 1981).
Value cubicNear(const Reals &r, Value x, double a) {
  Value inner = r.sub(r.mul(r.real(a + 2), x), r.real(a + 3));
  return r.add(r.mul(r.mul(inner, x), x), r.real(1));
}
Value cubicFar(const Reals &r, Value x, double a) {
  Value inner = r.add(r.mul(r.sub(r.mul(r.real(a), x), r.real(5 * a)), x), r.real(8 * a));
  return r.sub(r.mul(inner, x), r.real(4 * a));
}

} // namespace

SmallVector<Elements::Tap> Elements::resizeTaps(ResizeOp op, size_t i, const Coord &out) {
  int64_t axis = op.getAxes()[i];
  // Weights are as exact as the elements; which element is nearest is exact.
  bool wide = op.getMode() == ResizeMode::nearest || elementOf(op.getInput()).isF64();
  Reals r{*this, b, wide ? FloatType(b.getF64Type()) : FloatType(b.getF32Type()), out.isUniform()};
  auto sizeOf = [&](DimExpr dim) {
    return arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(dim)).getResult();
  };
  Value inCount = r.spread(sizeOf(dimOf(op.getInput().getType(), axis)));
  Value inSize = r.toReal(inCount), outSize = r.toReal(r.spread(sizeOf(dimOf(op.getType(), axis))));
  Value index = out.isUniform() ? Value(arith::IndexCastOp::create(b, b.getI32Type(), scalar(out))) : vector(out);
  Value x = sourcePosition(r, op.getCoordinates(), r.toReal(index), inSize, outSize, op.getScales()[i]);

  auto integer = [&](int64_t value) {
    return out.isUniform() ? Value(arith::ConstantOp::create(b, b.getI32IntegerAttr(value)))
                           : constant(b.getI32Type(), value);
  };
  Value zero = integer(0), last = arith::SubIOp::create(b, inCount, integer(1));
  auto coordAt = [&](Value position) {
    Value inside = arith::MinSIOp::create(b, arith::MaxSIOp::create(b, position, zero), last);
    return out.isUniform() ? uniform(arith::IndexCastOp::create(b, b.getIndexType(), inside))
                           : Coord{{}, 0, 0, 0, inside};
  };
  if (op.getMode() == ResizeMode::nearest)
    return {{coordAt(r.toInteger(roundPosition(r, op.getRounding(), x))), Value()}};

  bool linear = op.getMode() == ResizeMode::linear;
  if (linear) { // beyond the border there is the border
    x = arith::MaximumFOp::create(b, x, r.real(0));
    x = arith::MinimumFOp::create(b, x, r.sub(inSize, r.real(1)));
  }
  Value floor = math::FloorOp::create(b, x), fraction = r.sub(x, floor), base = r.toInteger(floor);
  SmallVector<Tap> taps;
  double a = op.getCubicA().convertToDouble();
  Value rest = r.sub(r.real(1), fraction), total;
  for (int64_t k = linear ? 0 : -1; k <= (linear ? 1 : 2); ++k) {
    Value position = k ? Value(arith::AddIOp::create(b, base, integer(k))) : base, weight;
    if (linear)
      weight = k ? fraction : rest;
    else if (k == 0 || k == 1)
      weight = cubicNear(r, k ? rest : fraction, a);
    else
      weight = cubicFar(r, r.add(k < 0 ? fraction : rest, r.real(1)), a);
    if (op.getExcludeOutside()) {
      Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, position, inCount);
      weight = arith::SelectOp::create(b, inside, weight, r.real(0));
      total = total ? r.add(total, weight) : weight;
    }
    taps.push_back({coordAt(position), weight});
  }
  if (total)
    for (Tap &tap : taps)
      tap.weight = r.div(tap.weight, total);
  return taps;
}

Value Elements::resizeAt(ResizeOp op, const Position &position) {
  Type element = computeType(elementOf(op.getResult()));
  DimExpr count = DimExpr::constant(b.getContext(), 1);
  for (int64_t axis : op.getAxes())
    count = count * dimOf(op.getInput().getType(), axis);
  // One dimension after another: the innermost taps are summed first.
  std::function<Value(size_t, Position)> nest = [&](size_t i, Position inner) -> Value {
    if (i == op.getAxes().size()) {
      Value value = ifAny(count, op.getInput(), inner);
      if (op.getMode() == ResizeMode::nearest || isa<FloatType>(element))
        return value;
      // An integer image is interpolated as numbers, in f32, and rounded towards zero.
      return isUnsignedElement(op.getInput()) ? Value(arith::UIToFPOp::create(b, vectorOf(b.getF32Type()), value))
                                              : Value(arith::SIToFPOp::create(b, vectorOf(b.getF32Type()), value));
    }
    int64_t axis = op.getAxes()[i];
    Value sum;
    for (const Tap &tap : resizeTaps(op, i, position[axis])) {
      inner[axis] = tap.coord;
      Value value = nest(i + 1, inner);
      if (!tap.weight)
        return value;
      Value weight = isa<VectorType>(tap.weight.getType()) ? tap.weight : splat(tap.weight);
      sum = sum ? Value(vector::FMAOp::create(b, value, weight, sum)) : Value(arith::MulFOp::create(b, value, weight));
    }
    return sum;
  };
  Value result = nest(0, position);
  if (op.getMode() == ResizeMode::nearest || isa<FloatType>(element))
    return result;
  Value wide = arith::FPToSIOp::create(b, vectorOf(b.getI32Type()), result);
  unsigned width = element.getIntOrFloatBitWidth();
  return width == 32  ? wide
         : width < 32 ? Value(arith::TruncIOp::create(b, vectorOf(element), wide))
                      : Value(arith::ExtSIOp::create(b, vectorOf(element), wide));
}

} // namespace treadle
