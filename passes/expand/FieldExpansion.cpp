//===- FieldExpansion.cpp - rays through fields without loops ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the places that a ray may ask for do not depend on the field, all are asked for at once: [N, S, K] for N rays
// of S steps, with densities of 0 where a ray would not have asked. What is left of the light before each step is a
// product up to it, and the end of a ray the place where that falls below a number. Sphere tracing goes where the field
// sends it: its steps are written one after another, all rays in each. With a capacity, those places that are asked for
// are brought together first, [M, K].
//
// This says what the ops mean, and runs on every target; it takes memory for all samples, and all steps of every ray.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Evaluate.h"
#include "dialects/graph/Random.h"
#include "dialects/ng/Rays.h"
#include "mlir/IR/IRMapping.h"
#include "passes/expand/Expansion.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

SmallVector<Value> Expansion::inlined(Region &field, ArrayRef<Value> inputs) {
  StringRef symbol = dimOf(field.getArgument(0).getType(), 0).symbolName();
  DimExpr samples = dimOf(inputs[0].getType(), 0);
  IRMapping mapping;
  mapping.map(field.getArguments(), inputs);
  for (Operation &op : field.front().without_terminator())
    substituteSymbols(b.clone(op, mapping), [&](StringRef name) { return name == symbol ? samples : DimExpr(); });
  return llvm::map_to_vector(field.front().getTerminator()->getOperands(),
                             [&](Value value) { return mapping.lookupOrDefault(value); });
}

/// Where rays enter and leave a box, [N, 1], and whether they do.
Expansion::Span Expansion::within(Value origin, Value direction, ArrayRef<float> box) {
  auto corner = [&](int64_t first) { return vector(DType::F32, 3, [&](int64_t d) { return double(box[first + d]); }); };
  Value low = make<DivOp>(sub(corner(0), origin), direction), high = make<DivOp>(sub(corner(3), origin), direction);
  const int64_t columns[] = {1};
  Value start = make<ReduceOp>(ReduceKind::max, make<MinOp>(low, high), columns);
  start = make<MaxOp>(start, scalar(0, start));
  Value end = make<ReduceOp>(ReduceKind::min, make<MaxOp>(low, high), columns);
  Value isInside = make<CompareOp>(Predicate::lt, start, end);
  return {select(isInside, start, scalar(0, start)), end, isInside};
}

/// [N, S] to [N, S, 3]
Value Expansion::positionsAt(Value origin, Value direction, Value places) {
  DimExpr rays = dimOf(origin.getType(), 0);
  auto apart = [&](Value vectors) { return reshape(vectors, {rays, number(1), number(3)}); };
  Dims dims = dimsOf(places.getType());
  dims.push_back(number(1));
  return add(apart(origin), mul(reshape(places, dims), apart(direction)));
}

/// What ng.march says of occupancy, of positions [N, S, 3]: [N, S] i1.
Value Expansion::occupied(Value bits, Value positions) {
  auto type = llvm::cast<RankedTensorType>(bits.getType());
  int64_t cascades = type.getDimSize(0), bytes = type.getDimSize(1), cells = occupancyCells(bytes);
  Type natural = b.getIntegerType(32, /*isSigned=*/false), word = b.getIntegerType(32);
  Value centred = sub(positions, scalar(0.5, positions)), sides = make<AbsOp>(centred);
  Value distance = make<MaxOp>(make<MaxOp>(column(sides, 0), column(sides, 1)), column(sides, 2));
  Value scale = scalar(static_cast<double>(cells), distance), first = makeScalar(b, loc, 0, natural);
  for (int64_t cascade = 1; cascade < cascades; ++cascade) {
    double edge = std::ldexp(0.5, static_cast<int>(cascade - 1));
    Value isBeyond = make<CompareOp>(Predicate::ge, distance, scalar(edge, distance));
    scale = select(isBeyond, scalar(std::ldexp(double(cells), static_cast<int>(-cascade)), distance), scale);
    first = select(isBeyond, makeScalar(b, loc, static_cast<double>(cascade * bytes), natural), first);
  }
  Value cell = make<FloorOp>(add(mul(centred, scale), scalar(double(cells) / 2, distance)));
  Value code = cast(cast(clamped(cell, 0, static_cast<double>(cells - 1)), word), natural);
  auto constantOf = [&](uint32_t value) { return makeScalar(b, loc, value, natural); };
  for (SpreadStep step : mortonSteps)
    code = make<AndOp>(make<OrOp>(code, make<ShlOp>(code, constantOf(step.shift))), constantOf(step.mask));
  Value y = make<ShlOp>(column(code, 1), constantOf(1)), z = make<ShlOp>(column(code, 2), constantOf(2));
  code = make<OrOp>(column(code, 0), make<OrOp>(y, z));
  Value index = cast(add(first, make<ShrOp>(code, constantOf(3))), word);
  Value byte = cast(make<GatherOp>(reshape(bits, {number(cascades * bytes)}), index, /*axis=*/0), natural);
  Value bit = make<AndOp>(make<ShrOp>(byte, make<AndOp>(code, constantOf(7))), constantOf(1));
  Dims dims = dimsOf(positions.getType());
  dims.pop_back();
  return reshape(make<CompareOp>(Predicate::ne, bit, constantOf(0)), dims);
}

/// Brings those of the places [N, S] at which the field is asked together, [M] of them, ray by ray: a scatter takes
/// number k to row k.
Expansion::Asked Expansion::gathered(Value places, Value asks, DimExpr capacity) {
  Dims dims = dimsOf(places.getType());
  DimExpr all = dims[0] * dims[1];
  Type word = b.getIntegerType(32);
  Value marks = cast(asks, word);
  Value counts = make<ReduceOp>(ReduceKind::sum, marks, ArrayRef<int64_t>{1});
  Value rays = make<ScanOp>(ReduceKind::sum, counts, /*axis=*/0, /*exclusive=*/true, /*reverse=*/false);
  Value rank = make<ScanOp>(ReduceKind::sum, marks, /*axis=*/1, /*exclusive=*/true, /*reverse=*/false);
  rank = add(rank, rays);
  // Those that are not asked for, or are too many, go to a row after the last, which nobody reads.
  Value most = cast(sizeOf(capacity), word);
  Value isTaken = make<AndOp>(asks, make<CompareOp>(Predicate::lt, rank, most));
  Value row = select(isTaken, rank, most);
  Value index = make<IotaOp>(tensorOf({all}, word), /*axis=*/0);
  Value none = make<BroadcastOp>(makeScalar(b, loc, 0, word), Dims{capacity + 1});
  Value taken = make<ScatterElementsOp>(none, reshape(row, {all}), index, /*axis=*/0, /*kind=*/ReduceKindAttr());
  Attribute starts[] = {number(0).attribute()};
  taken = make<SliceOp>(tensorOf({capacity}, word), taken, DimsAttr::get(b.getContext(), starts),
                        b.getDenseI64ArrayAttr({1}));
  Value ray = make<DivOp>(taken, cast(sizeOf(dims[1]), word));
  Value total = reshape(make<ReduceOp>(ReduceKind::sum, counts, ArrayRef<int64_t>{0}), {number(1)});
  rank = make<MinOp>(rank, sub(most, scalar(1, most)));
  return {make<GatherOp>(reshape(places, {all}), taken, /*axis=*/0), ray, rank, isTaken, total};
}

/// Of what the field says at the places that are brought together, [M, K], what it says at all, [N, S, K].
Value Expansion::spread(const Asked &asked, Value values) { return make<GatherOp>(values, asked.rank, /*axis=*/0); }

Value Expansion::sizeOf(DimExpr size) {
  Attribute values[] = {size.attribute()};
  return make<SizesOp>(DimsAttr::get(b.getContext(), values), /*scalar=*/b.getUnitAttr());
}

/// As `graph.random <uniform> {draws}`, of elements with these numbers, [N, 1]: Philox::words of counters
/// (number, 0, draw, 0).
Value Expansion::uniformOf(Value numbers, int64_t draws, uint64_t seed) {
  Type word = elementOf(numbers), wide = b.getIntegerType(64, /*isSigned=*/false);
  auto wordOf = [&](uint32_t value) { return makeScalar(b, loc, value, word); };
  auto xorOf = [&](Value a, Value c) { return make<XorOp>(a, c); };
  // The upper and the lower half of a product with a constant.
  auto product = [&](Value a, uint32_t factor) {
    Value whole = mul(cast(a, wide), makeScalar(b, loc, factor, wide));
    return std::pair(cast(make<ShrOp>(whole, makeScalar(b, loc, 32, wide)), word), mul(a, wordOf(factor)));
  };
  Value zero = wordOf(0);
  std::array<Value, 4> counter = {numbers, zero, vector(DType::U32, draws, [](int64_t i) { return i; }), zero};
  std::array<uint32_t, 2> key = {uint32_t(seed), uint32_t(seed >> 32)};
  for (int round = 0; round < Philox::rounds; ++round) {
    auto [firstHigh, firstLow] = product(counter[0], Philox::multipliers[0]);
    auto [secondHigh, secondLow] = product(counter[2], Philox::multipliers[1]);
    counter = {xorOf(xorOf(secondHigh, counter[1]), wordOf(key[0])), secondLow,
               xorOf(xorOf(firstHigh, counter[3]), wordOf(key[1])), firstLow};
    key = {key[0] + Philox::keySteps[0], key[1] + Philox::keySteps[1]};
  }
  constexpr int bits = Philox::leadingBits(32, /*isBFloat=*/false);
  Value leading = cast(make<ShrOp>(counter[0], wordOf(32 - bits)), b.getIntegerType(32));
  leading = cast(leading, b.getF32Type());
  return mul(leading, scalar(std::ldexp(1.0, -bits), leading));
}

/// Front to back, of what each step takes [N, S], its colour [N, S, 3] and place [N, S].
Expansion::Light Expansion::composite(Value opacity, Value colors, Value places, APFloat minTransmittance) {
  double least = minTransmittance.convertToFloat();
  const int64_t steps[] = {1};
  Value one = scalar(1, opacity), zero = scalar(0, opacity);
  Value left = make<ScanOp>(ReduceKind::prod, sub(one, opacity), /*axis=*/1, /*exclusive=*/true, /*reverse=*/false);
  Value goesOn = make<CompareOp>(Predicate::ge, left, scalar(least, opacity));
  Value weights = select(goesOn, mul(left, opacity), zero);
  Value alpha = make<ReduceOp>(ReduceKind::sum, weights, steps);
  Value greatest = make<ArgReduceOp>(ArgKind::max, weights, /*axis=*/1, /*selectLast=*/false);
  Value depth = make<GatherElementsOp>(places, greatest, /*axis=*/1);
  depth = select(make<CompareOp>(Predicate::gt, alpha, zero), depth, zero);
  Dims apart = dimsOf(weights.getType());
  apart.push_back(number(1));
  Value color = make<ReduceOp>(ReduceKind::sum, mul(reshape(weights, apart), colors), steps);
  color = reshape(color, {apart[0], number(3)});
  Value isFull = make<CompareOp>(Predicate::gt, alpha, scalar(1 - least, alpha));
  return {color, alpha, depth, isFull};
}

Value Expansion::clamped(Value value, double low, double high) {
  return make<MinOp>(make<MaxOp>(value, scalar(low, value)), scalar(high, value));
}

/// Where the steps of ng.march begin, [N, S], from where rays enter, [N, 1]. The least steps and the greatest are
/// added up by a product with their number; between them each step multiplies t by the same.
Value Expansion::stepsFrom(Value start, MarchOp op) {
  double minStep = op.getMinStep().convertToFloat(), maxStep = op.getMaxStep().convertToFloat();
  double cone = op.getConeAngle().convertToFloat();
  Value length = lengthsAt(start, op);
  Value first = add(start, mul(length, scalar(op.getStart().convertToFloat(), length)));
  Value numbers = vector(DType::F32, op.getMaxSteps(), [](int64_t i) { return double(i); }), zero = scalar(0, first);
  if (cone == 0)
    return add(first, mul(numbers, scalar(minStep, first)));
  double near = minStep / cone, far = maxStep / cone, growth = std::log1p(cone);
  // How many steps begin before a place from which there is so much to go, in steps.
  auto countWithin = [&](Value distance) {
    return make<MaxOp>(add(make<FloorOp>(distance), scalar(1, distance)), zero);
  };
  Value least = countWithin(mul(sub(scalar(near, first), first), scalar(1 / minStep, first)));
  Value grows = add(first, mul(least, scalar(minStep, first)));
  Value growing = countWithin(mul(make<LogOp>(make<DivOp>(scalar(far, first), grows)), scalar(1 / growth, first)));
  Value rest = sub(numbers, least);
  Value before = add(first, mul(make<MinOp>(numbers, least), scalar(minStep, first)));
  Value powers = mul(make<MinOp>(make<MaxOp>(rest, zero), growing), scalar(growth, first));
  Value beyond = make<MaxOp>(sub(rest, growing), zero);
  return add(mul(before, make<ExpOp>(powers)), mul(beyond, scalar(maxStep, first)));
}

Value Expansion::lengthsAt(Value places, MarchOp op) {
  double minStep = op.getMinStep().convertToFloat(), cone = op.getConeAngle().convertToFloat();
  if (cone == 0)
    return scalar(minStep, places);
  return clamped(mul(places, scalar(cone, places)), minStep, op.getMaxStep().convertToFloat());
}

/// What a field says along rays, [N, S] densities and [N, S, 3] colours, of those places [N, S] where it is asked.
template <typename Op> Expansion::Along Expansion::askAlong(Op op, Value places, Value asks, bool withDirections) {
  DimExpr rays = dimOf(places.getType(), 0), steps = dimOf(places.getType(), 1);
  Value positions = positionsAt(op.getOrigin(), op.getDirection(), places);
  if (op.getOccupancy())
    asks = make<AndOp>(asks, occupied(op.getOccupancy(), positions));
  SmallVector<Value> inputs;
  Asked asked;
  if (auto capacity = op.getCapacityAttr()) {
    asked = gathered(places, asks, DimExpr(capacity));
    auto ofRay = [&](Value vectors) -> Value { return make<GatherOp>(vectors, asked.ray, /*axis=*/0); };
    Value direction = ofRay(op.getDirection()), place = reshape(asked.places, {DimExpr(capacity), number(1)});
    inputs.push_back(add(ofRay(op.getOrigin()), mul(place, direction)));
    if (withDirections)
      inputs.push_back(direction);
    asks = asked.isTaken;
  } else {
    Value directions = reshape(op.getDirection(), {rays, number(1), number(3)});
    inputs.push_back(reshape(positions, {rays * steps, number(3)}));
    if (withDirections)
      inputs.push_back(reshape(make<BroadcastOp>(directions, Dims{rays, steps, number(3)}), {rays * steps, number(3)}));
  }
  llvm::append_range(inputs, op.getCaptures());
  SmallVector<Value> field = inlined(op.getField(), inputs);
  Value density = field[0], colors = field[1];
  if (op.getCapacityAttr()) {
    density = spread(asked, density);
    colors = spread(asked, colors);
  }
  return {reshape(density, {rays, steps}), reshape(colors, {rays, steps, number(3)}), asks, asked.total};
}

SmallVector<Value> Expansion::march(MarchOp op) {
  auto [start, end, isInside] = within(op.getOrigin(), op.getDirection(), op.getBox());
  Value places = stepsFrom(start, op), lengths = lengthsAt(places, op);
  Value asks = make<AndOp>(make<CompareOp>(Predicate::lt, places, end), isInside);
  Along along = askAlong(op, places, asks, /*withDirections=*/true);
  Value zero = scalar(0, along.density), one = scalar(1, along.density);
  Value thickness = mul(make<MaxOp>(along.density, zero), lengths);
  Value opacity = select(along.asks, sub(one, make<ExpOp>(make<NegOp>(thickness))), zero);
  Light light = composite(opacity, along.colors, places, op.getMinTransmittance());
  Value color = make<DivOp>(light.color, select(light.isFull, light.alpha, one));
  SmallVector<Value> results = {color, select(light.isFull, one, light.alpha), light.depth};
  if (along.total)
    results.push_back(along.total);
  return results;
}

SmallVector<Value> Expansion::deltaTrack(DeltaTrackOp op) {
  int64_t steps = op.getMaxSteps();
  double majorant = op.getMajorant().convertToFloat();
  DimExpr rays = dimOf(op.getOrigin().getType(), 0);
  auto [start, end, isInside] = within(op.getOrigin(), op.getDirection(), op.getBox());
  Value uniform = op.getNumber() ? uniformOf(op.getNumber(), steps, op.getSeed())
                                 : make<RandomOp>(tensorOf({rays, number(steps)}, b.getF32Type()), RandomKind::uniform,
                                                  op.getSeed(), /*draws=*/true);
  double meanLength = 1 / (majorant * op.getDensityScale().convertToFloat());
  Value lengths = mul(make<Log1pOp>(make<NegOp>(uniform)), scalar(-meanLength, uniform));
  Value places = make<ScanOp>(ReduceKind::sum, lengths, /*axis=*/1, /*exclusive=*/false, /*reverse=*/false);
  places = add(places, start);
  Value asks = make<AndOp>(make<CompareOp>(Predicate::lt, places, end), isInside);
  Along along = askAlong(op, places, asks, /*withDirections=*/false);
  Value opacity = clamped(mul(along.density, scalar(1 / majorant, along.density)), 0, 1);
  opacity = select(along.asks, opacity, scalar(0, opacity));
  Light light = composite(opacity, along.colors, places, op.getMinTransmittance());
  SmallVector<Value> results = {light.color, light.alpha};
  if (along.total)
    results.push_back(along.total);
  return results;
}

SmallVector<Value> Expansion::sphereTrace(SphereTraceOp op) {
  auto [start, end, isInside] = within(op.getOrigin(), op.getDirection(), op.getBox());
  Value place = start, isOnTheWay = isInside, isHit;
  auto position = [&] { return add(op.getOrigin(), mul(place, op.getDirection())); };
  for (int64_t step = 0; step < static_cast<int64_t>(op.getMaxSteps()); ++step) {
    SmallVector<Value> inputs = {position()};
    llvm::append_range(inputs, op.getCaptures());
    Value distance = inlined(op.getField(), inputs)[0];
    if (!op.getOffset().isZero())
      distance = sub(distance, scalar(op.getOffset().convertToFloat(), distance));
    Value isNear = make<CompareOp>(Predicate::le, distance, scalar(op.getEpsilon().convertToFloat(), distance));
    Value hitsNow = make<AndOp>(isOnTheWay, isNear);
    isHit = isHit ? make<OrOp>(isHit, hitsNow) : hitsNow;
    isOnTheWay = make<AndOp>(isOnTheWay, make<NotOp>(isNear));
    Value further = add(place, mul(distance, scalar(op.getStepScale().convertToFloat(), distance)));
    place = select(isOnTheWay, further, place);
    isOnTheWay = make<AndOp>(isOnTheWay, make<CompareOp>(Predicate::lt, place, end));
  }
  return {position(), place, isHit};
}

/// All positions that are shifted one way, and then those the other way, one tensor under another.
Value Expansion::gradient(GradientOp op) {
  double width = op.getWidth().convertToFloat();
  DimExpr rows = dimOf(op.getPosition().getType(), 0);
  SmallVector<Value> around;
  for (int64_t d = 0; d < 3; ++d)
    for (double sign : {1.0, -1.0})
      around.push_back(
          add(op.getPosition(), vector(DType::F32, 3, [&](int64_t k) { return k == d ? sign * width : 0.0; })));
  SmallVector<Value> inputs = {make<ConcatOp>(ValueRange(around), /*axis=*/0)};
  llvm::append_range(inputs, op.getCaptures());
  Value all = inlined(op.getField(), inputs)[0];
  auto part = [&](int64_t i) -> Value {
    Attribute starts[] = {(rows * i).attribute(), number(0).attribute()};
    return make<SliceOp>(tensorOf({rows, number(1)}, b.getF32Type()), all, DimsAttr::get(b.getContext(), starts),
                         b.getDenseI64ArrayAttr({1, 1}));
  };
  SmallVector<Value> slopes;
  for (int64_t d = 0; d < 3; ++d)
    slopes.push_back(sub(part(2 * d), part(2 * d + 1)));
  Value slope = make<ConcatOp>(ValueRange(slopes), /*axis=*/1);
  return mul(slope, scalar(1 / (2 * width), slope));
}

} // namespace treadle
