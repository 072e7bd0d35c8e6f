//===- FieldExpansion.cpp - rays through fields without loops ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the places that a ray may ask for do not depend on the field, all are asked for at once: [N, S, K] for N rays
// of S steps, with densities of 0 where a ray would not have asked. What is left of the light before each step is a
// product up to it, and the end of a ray the place where that falls below a number. Sphere tracing goes where the field
// sends it: its steps are written one after another, all rays in each.
//
// This says what the ops mean, and runs on every target; it takes memory for all samples, and all steps of every ray.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Evaluate.h"
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

SmallVector<Value> Expansion::march(MarchOp op) {
  int64_t steps = op.getMaxSteps();
  DimExpr rays = dimOf(op.getOrigin().getType(), 0), samples = rays * steps;
  auto [start, end, isInside] = within(op.getOrigin(), op.getDirection(), op.getBox());
  Value places = stepsFrom(start, op), lengths = lengthsAt(places, op);
  Value asks = make<AndOp>(make<CompareOp>(Predicate::lt, places, end), isInside);
  Value positions = positionsAt(op.getOrigin(), op.getDirection(), places);
  if (op.getOccupancy())
    asks = make<AndOp>(asks, occupied(op.getOccupancy(), positions));

  Value directions = reshape(op.getDirection(), {rays, number(1), number(3)});
  directions = make<BroadcastOp>(directions, Dims{rays, number(steps), number(3)});
  SmallVector<Value> inputs = {reshape(positions, {samples, number(3)}), reshape(directions, {samples, number(3)})};
  llvm::append_range(inputs, op.getCaptures());
  SmallVector<Value> field = inlined(op.getField(), inputs);
  Value density = reshape(field[0], {rays, number(steps)}), zero = scalar(0, density);
  Value thickness = mul(make<MaxOp>(density, zero), lengths);
  Value opacity = select(asks, sub(scalar(1, density), make<ExpOp>(make<NegOp>(thickness))), zero);
  Value colors = reshape(field[1], {rays, number(steps), number(3)});
  Light light = composite(opacity, colors, places, op.getMinTransmittance());
  Value one = scalar(1, density);
  Value color = make<DivOp>(light.color, select(light.isFull, light.alpha, one));
  return {color, select(light.isFull, one, light.alpha), light.depth};
}

SmallVector<Value> Expansion::deltaTrack(DeltaTrackOp op) {
  int64_t steps = op.getMaxSteps();
  double majorant = op.getMajorant().convertToFloat();
  DimExpr rays = dimOf(op.getOrigin().getType(), 0), samples = rays * steps;
  auto [start, end, isInside] = within(op.getOrigin(), op.getDirection(), op.getBox());
  Value uniform = make<RandomOp>(tensorOf({rays, number(steps)}, b.getF32Type()), RandomKind::uniform, op.getSeed(),
                                 /*draws=*/true);
  double meanLength = 1 / (majorant * op.getDensityScale().convertToFloat());
  Value lengths = mul(make<Log1pOp>(make<NegOp>(uniform)), scalar(-meanLength, uniform));
  Value places = make<ScanOp>(ReduceKind::sum, lengths, /*axis=*/1, /*exclusive=*/false, /*reverse=*/false);
  places = add(places, start);
  Value asks = make<AndOp>(make<CompareOp>(Predicate::lt, places, end), isInside);
  Value positions = positionsAt(op.getOrigin(), op.getDirection(), places);
  if (op.getOccupancy())
    asks = make<AndOp>(asks, occupied(op.getOccupancy(), positions));
  SmallVector<Value> inputs = {reshape(positions, {samples, number(3)})};
  llvm::append_range(inputs, op.getCaptures());
  SmallVector<Value> field = inlined(op.getField(), inputs);
  Value density = reshape(field[0], {rays, number(steps)}), zero = scalar(0, density);
  Value opacity = clamped(mul(density, scalar(1 / majorant, density)), 0, 1);
  Value colors = reshape(field[1], {rays, number(steps), number(3)});
  Light light = composite(select(asks, opacity, zero), colors, places, op.getMinTransmittance());
  return {light.color, light.alpha};
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

} // namespace treadle
