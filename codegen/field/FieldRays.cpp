//===- FieldRays.cpp - rays, a lane each, until none goes on -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A lane follows its ray to the next place at which the field is asked; the field is computed when all lanes that go on
// have come to such a place. So a ray ends where it ends, and the field is seldom computed for nothing:
//
//     while any lane goes on
//       while any lane that goes on has no place: a step, by which it has one, or none, or ends
//       the field at the places, and what it adds to the lanes' light
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FieldRow.h"
#include "dialects/graph/Random.h"
#include "dialects/ng/Rays.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {
namespace {

/// What goes from turn to turn of a loop, by name.
template <typename State> State stateOf(ValueRange values) {
  State state;
  for (auto [member, value] : llvm::zip_equal(State::members, values))
    state.*member = value;
  return state;
}
template <typename State> SmallVector<Value> valuesOf(const State &state) {
  return llvm::map_to_vector(State::members, [&](Value State::*member) { return state.*member; });
}

/// A sum in two parts: what is lost of the first by rounding is the second (Kahan 1965).
std::pair<Value, Value> addExactly(ImplicitLocOpBuilder &b, Value sum, Value lost, Value more) {
  // Not to be contracted: what is lost is found by these very operations.
  auto plus = [&](Value a, Value c) -> Value { return arith::AddFOp::create(b, a, c); };
  auto minus = [&](Value a, Value c) -> Value { return arith::SubFOp::create(b, a, c); };
  Value whole = plus(more, lost), next = plus(sum, whole);
  return {next, minus(whole, minus(next, sum))};
}

} // namespace

/// Takes `opacity` of what is left.
FieldRow::Light FieldRow::Light::with(Lanes &v, Value opacity, ArrayRef<Value> color, Value place) const {
  Value weight = v.mul(opacity, v.sub(v.number(1), alpha));
  Light next = *this;
  next.red = v.add(red, v.mul(weight, color[0]));
  next.green = v.add(green, v.mul(weight, color[1]));
  next.blue = v.add(blue, v.mul(weight, color[2]));
  next.alpha = v.add(alpha, weight);
  Value isGreater = v.less(greatest, weight);
  next.greatest = v.select(isGreater, weight, greatest);
  next.depth = v.select(isGreater, place, depth);
  return next;
}

/// Lanes that have nothing to ask but stay with the others are all at one place, for which memory is read once.
Columns FieldRow::Rays::at(Lanes &v, Value place, Value asks) const {
  Columns position;
  for (size_t d = 0; d < 3; ++d)
    position.push_back(v.add(origin[d], v.mul(place, direction[d])));
  if (asks && v.stayTogether())
    for (Value &x : position)
      x = v.select(asks, x, v.number(0));
  return position;
}

/// Slabs (Kay and Kajiya 1986). Lanes without a row have no ray in the box.
FieldRow::Rays FieldRow::raysOf(Value origin, Value direction, ArrayRef<float> box) {
  Rays rays = {columns(origin), columns(direction), v.number(0), v.number(HUGE_VAL), {}};
  for (size_t d = 0; d < 3; ++d) {
    Value low = v.div(v.sub(v.number(box[d]), rays.origin[d]), rays.direction[d]);
    Value high = v.div(v.sub(v.number(box[d + 3]), rays.origin[d]), rays.direction[d]);
    rays.start = v.max(rays.start, v.min(low, high));
    rays.end = v.min(rays.end, v.max(low, high));
  }
  rays.isInside = v.less(rays.start, rays.end);
  if (row.isThere)
    rays.isInside = v.both(rays.isInside, row.isThere);
  rays.start = v.select(rays.isInside, rays.start, v.number(0));
  return rays;
}

/// What ng.march says of occupancy.
Value FieldRow::isOccupied(Value bits, const Columns &position) {
  auto type = cast<RankedTensorType>(bits.getType());
  int64_t cascades = type.getDimSize(0), bytes = type.getDimSize(1), cells = occupancyCells(bytes);
  Columns centred;
  Value distance = v.number(0);
  for (Value x : position) {
    centred.push_back(v.sub(x, v.number(0.5)));
    distance = v.max(distance, math::AbsFOp::create(b, centred.back()));
  }
  Value scale = v.number(static_cast<double>(cells)), first = v.word(0);
  for (int64_t cascade = 1; cascade < cascades; ++cascade) {
    Value isBeyond = v.atMost(v.number(std::ldexp(0.5, static_cast<int>(cascade - 1))), distance);
    scale = v.select(isBeyond, v.number(std::ldexp(double(cells), static_cast<int>(-cascade))), scale);
    first = v.select(isBeyond, v.word(static_cast<uint32_t>(cascade * bytes)), first);
  }
  Value code;
  for (auto [d, x] : llvm::enumerate(centred)) {
    Value cell = math::FloorOp::create(b, v.add(v.mul(x, scale), v.number(static_cast<double>(cells) / 2)));
    Value bits = v.toWord(v.clamp(cell, v.number(0), v.number(static_cast<double>(cells - 1))));
    for (SpreadStep step : mortonSteps)
      bits = v.both(v.either(bits, v.shiftLeft(bits, step.shift)), v.word(step.mask));
    code = d ? v.either(code, v.shiftLeft(bits, static_cast<uint32_t>(d))) : bits;
  }
  Value index = v.add(first, v.shiftRight(code, v.word(3)));
  Value byte = loadNeighbours(kernelArgument(bits), index, 1)[0];
  byte = arith::ExtUIOp::create(b, elements.vectorOf(b.getI32Type()), byte);
  return v.isSet(v.both(v.shiftRight(byte, v.both(code, v.word(7))), v.word(1)));
}

SmallVector<Columns> FieldRow::evaluate(Region &field, ArrayRef<Columns> inputs) {
  Elements inner(kernel, elements.lanes);
  FieldRow fieldRow(inner, networks, {Elements::uniform(kernel.index(0)), {}});
  Block &block = field.front();
  for (auto [argument, columns] : llvm::zip(block.getArguments(), inputs))
    fieldRow.bind(argument, columns);
  // What is captured is in memory, of which an element may be read like any other.
  for (BlockArgument capture : block.getArguments().drop_front(inputs.size()))
    inner.bind(capture, [this, &inner, memory = kernelArgument(capture)](const Position &position) {
      auto type = cast<RankedTensorType>(memory.getType());
      return fromStorage(b, inner.load(kernel.bufferOf(memory), type, position), type.getElementType());
    });
  FieldRow::emit(fieldRow, block);
  return llvm::map_to_vector(block.getTerminator()->getOperands(),
                             [&](Value value) { return fieldRow.columns(value); });
}

// ---- light along a ray -------------------------------------------------------------------------

/// From place to place, of which `step` finds the next, until none is left or `opacityAt` has taken nearly all.
template <typename Op>
FieldRow::Light FieldRow::follow(Op op, const Rays &rays, Way begin, llvm::function_ref<Way(Way)> step,
                                 llvm::function_ref<Value(Value density, Value place)> opacityAt) {
  Value full = v.number(1.0 - op.getMinTransmittance().convertToFloat()), zero = v.number(0);
  auto wayOf = [](ValueRange state) { return stateOf<Way>(state.take_front(std::size(Way::members))); };
  auto lightOf = [](ValueRange state) { return stateOf<Light>(state.drop_front(std::size(Way::members))); };
  auto together = [](const Way &way, const Light &light) {
    SmallVector<Value> state = valuesOf(way);
    llvm::append_range(state, valuesOf(light));
    return state;
  };
  auto toNextPlace = [&](ValueRange state) {
    Way way = stateOf<Way>(state), next = step(way);
    Value isThere =
        v.both(v.lessWord(way.step, v.word(static_cast<uint32_t>(op.getMaxSteps()))), v.less(next.place, rays.end));
    Value takes = v.both(v.both(way.goesOn, v.isNot(way.hasPlace)), isThere);
    way.goesOn = v.both(way.goesOn, v.either(way.hasPlace, isThere));
    way.place = v.select(takes, next.place, way.place);
    way.next = v.select(takes, next.next, way.next);
    way.lost = v.select(takes, next.lost, way.lost);
    way.step = v.select(takes, v.add(way.step, v.word(1)), way.step);
    if (op.getOccupancy())
      takes = v.both(takes, isOccupied(op.getOccupancy(), rays.at(v, way.place, takes)));
    way.hasPlace = v.either(way.hasPlace, takes);
    return valuesOf(way);
  };
  SmallVector<Value> state = kernel.loopWhile(
      together(begin, Light::none(v)), [&](ValueRange state) { return v.any(wayOf(state).goesOn); },
      [&](ValueRange state) {
        Way way = stateOf<Way>(kernel.loopWhile(
            valuesOf(wayOf(state)),
            [&](ValueRange state) {
              Way way = stateOf<Way>(state);
              return v.any(v.both(way.goesOn, v.isNot(way.hasPlace)));
            },
            toNextPlace));
        SmallVector<Columns> inputs = {rays.at(v, way.place, way.hasPlace)};
        if (std::is_same_v<Op, MarchOp>)
          inputs.push_back(rays.direction);
        SmallVector<Columns> field = evaluate(op.getField(), inputs);
        Value opacity = v.select(way.hasPlace, opacityAt(field[0][0], way.place), zero);
        Light light = lightOf(state).with(v, opacity, field[1], way.place);
        way.goesOn = v.both(way.goesOn, v.atMost(light.alpha, full));
        way.hasPlace = v.truth(false);
        return together(way, light);
      });
  return lightOf(state);
}

void FieldRow::march(MarchOp op) {
  Rays rays = raysOf(op.getOrigin(), op.getDirection(), op.getBox());
  double cone = op.getConeAngle().convertToFloat();
  Value least = v.number(op.getMinStep().convertToFloat()), most = v.number(op.getMaxStep().convertToFloat());
  auto lengthAt = [&](Value place) { return cone == 0 ? least : v.clamp(v.mul(place, v.number(cone)), least, most); };
  Value one = v.number(1), zero = v.number(0);
  Value start = v.add(rays.start, v.mul(lengthAt(rays.start), v.number(op.getStart().convertToFloat())));
  Light light = follow(
      op, rays, {rays.start, start, zero, v.word(0), rays.isInside, v.truth(false)},
      [&](Way way) {
        way.place = way.next;
        std::tie(way.next, way.lost) = addExactly(b, way.next, way.lost, lengthAt(way.next));
        return way;
      },
      [&](Value density, Value place) {
        Value thickness = v.mul(v.max(zero, density), lengthAt(place));
        return v.sub(one, math::ExpOp::create(b, arith::NegFOp::create(b, thickness)));
      });
  Value full = v.number(1.0 - op.getMinTransmittance().convertToFloat());
  Value isFull = v.less(full, light.alpha), divisor = v.select(isFull, light.alpha, one);
  bind(op.getColor(), {v.div(light.red, divisor), v.div(light.green, divisor), v.div(light.blue, divisor)});
  bind(op.getAlpha(), {v.select(isFull, one, light.alpha)});
  bind(op.getDepth(), {light.depth});
}

void FieldRow::deltaTrack(DeltaTrackOp op) {
  Rays rays = raysOf(op.getOrigin(), op.getDirection(), op.getBox());
  double majorant = op.getMajorant().convertToFloat();
  Value meanLength = v.number(-1 / (majorant * op.getDensityScale().convertToFloat())), zero = v.number(0);
  Value number = op.getNumber() ? columns(op.getNumber())[0] : elements.vector(row.coord);
  Light light = follow(
      op, rays, {rays.start, zero, zero, v.word(0), rays.isInside, v.truth(false)},
      [&](Way way) {
        Value uniform = elements.uniformOf(number, way.step, static_cast<uint64_t>(op.getSeed()));
        Value logarithm = math::Log1pOp::create(b, arith::NegFOp::create(b, uniform));
        way.place = v.add(way.place, v.mul(logarithm, meanLength));
        return way;
      },
      [&](Value density, Value) { return v.clamp(v.mul(density, v.number(1 / majorant)), zero, v.number(1)); });
  bind(op.getColor(), {light.red, light.green, light.blue});
  bind(op.getAlpha(), {light.alpha});
}

// ---- sphere tracing ----------------------------------------------------------------------------

void FieldRow::sphereTrace(SphereTraceOp op) {
  Rays rays = raysOf(op.getOrigin(), op.getDirection(), op.getBox());
  Value maxSteps = v.word(static_cast<uint32_t>(op.getMaxSteps())), one = v.word(1);
  Value epsilon = v.number(op.getEpsilon().convertToFloat()), offset = v.number(op.getOffset().convertToFloat());
  Value scale = v.number(op.getStepScale().convertToFloat());
  // Where it is, whether it goes on, whether it has hit; and the number of steps, the same for all.
  SmallVector<Value> state = {rays.start, rays.isInside, v.truth(false), v.word(0)};
  state = kernel.loopWhile(
      state, [&](ValueRange state) { return v.any(v.both(state[1], v.lessWord(state[3], maxSteps))); },
      [&](ValueRange state) -> SmallVector<Value> {
        Value place = state[0], goesOn = state[1], isHit = state[2];
        Value distance = v.sub(evaluate(op.getField(), {rays.at(v, place, goesOn)})[0][0], offset);
        Value isNear = v.atMost(distance, epsilon);
        isHit = v.either(isHit, v.both(goesOn, isNear));
        goesOn = v.both(goesOn, v.isNot(isNear));
        place = v.select(goesOn, v.add(place, v.mul(distance, scale)), place);
        goesOn = v.both(goesOn, v.less(place, rays.end));
        return {place, goesOn, isHit, v.add(state[3], one)};
      });
  bind(op.getPosition(), rays.at(v, state[0]));
  bind(op.getDistance(), {state[0]});
  bind(op.getHit(), {state[2]});
}

// ---- gradients ---------------------------------------------------------------------------------

/// One turn for each of the six places around a position, so that the field's code is there once.
Columns FieldRow::gradient(GradientOp op) {
  double width = op.getWidth().convertToFloat();
  Columns position = columns(op.getPosition());
  Value two = kernel.index(2), zero = v.number(0), ahead = v.number(width), behind = v.number(-width);
  auto where = [&](Value condition, Value a, Value c) { return v.select(elements.splat(condition), a, c); };
  auto is = [&](Value a, int64_t c) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, a, kernel.index(c));
  };
  Columns sums(3, zero);
  sums = kernel.loop(kernel.index(0), kernel.index(6), 1, sums, [&](Value turn, ValueRange before) {
    Value axis = kernel.div(turn, two), isBehind = is(kernel.rem(turn, two), 1);
    Value shift = where(isBehind, behind, ahead);
    Columns shifted;
    for (int64_t d = 0; d < 3; ++d)
      shifted.push_back(v.add(position[d], where(is(axis, d), shift, zero)));
    Value slope =
        v.mul(evaluate(op.getField(), {shifted})[0][0], where(isBehind, v.number(-0.5 / width), v.number(0.5 / width)));
    Columns next;
    for (int64_t d = 0; d < 3; ++d)
      next.push_back(v.add(before[d], where(is(axis, d), slope, zero)));
    return next;
  });
  return sums;
}

} // namespace treadle
