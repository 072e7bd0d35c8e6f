//===- RayWalk.cpp - light along rays, and surfaces ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A lane follows its ray to the next place at which the field is asked; the field is computed when all lanes that go on
// have come to such a place. So a ray ends where it ends, and the field is seldom computed for nothing:
//
//     turn: while any lane that goes on has no place: a step, by which it has one, or none, or ends
//           the field at the places, and what it adds to the lanes' light
//
//===----------------------------------------------------------------------===//

#include "codegen/field/RayWalk.h"
#include "dialects/ng/Rays.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

// ---- rays --------------------------------------------------------------------------------------

Columns RayWalk::positionAt(ValueRange ray, Value place, Value asks) {
  Columns position;
  for (size_t d = 0; d < 3; ++d)
    position.push_back(v.add(ray[d], v.mul(place, ray[d + 3])));
  if (asks && v.stayTogether())
    for (Value &x : position)
      x = v.select(asks, x, v.number(0));
  return position;
}

/// Slabs (Kay and Kajiya 1986). Lanes without a row have no ray in the box.
RayWalk::Rays RayWalk::raysOf(FieldRow &row, Value origin, Value direction, ArrayRef<float> box) {
  Rays rays = {row.columns(origin), row.columns(direction), v.number(0), v.number(HUGE_VAL), {}};
  for (size_t d = 0; d < 3; ++d) {
    Value low = v.div(v.sub(v.number(box[d]), rays.origin[d]), rays.direction[d]);
    Value high = v.div(v.sub(v.number(box[d + 3]), rays.origin[d]), rays.direction[d]);
    rays.start = v.max(rays.start, v.min(low, high));
    rays.end = v.min(rays.end, v.max(low, high));
  }
  rays.isInside = v.less(rays.start, rays.end);
  if (row.isThere())
    rays.isInside = v.both(rays.isInside, row.isThere());
  rays.start = v.select(rays.isInside, rays.start, v.number(0));
  return rays;
}

namespace {

/// What goes from turn to turn, by name.
template <typename State> State stateOf(ValueRange values) {
  State state;
  for (auto [member, value] : llvm::zip_equal(State::members, values))
    state.*member = value;
  return state;
}
template <typename State> Columns valuesOf(const State &state) {
  return llvm::map_to_vector(State::members, [&](Value State::*member) { return state.*member; });
}

Columns together(std::initializer_list<ValueRange> parts) {
  Columns all;
  for (ValueRange part : parts)
    llvm::append_range(all, part);
  return all;
}

// ---- light along a ray -------------------------------------------------------------------------

/// On the way to the next place at which the field is asked.
struct Way {
  Value place, next, lost; // where it is asked; the next place, and what was lost of that by rounding
  Value step;              // how many there have been
  Value goesOn, hasPlace;
  static constexpr Value Way::*members[] = {&Way::place, &Way::next,   &Way::lost,
                                            &Way::step,  &Way::goesOn, &Way::hasPlace};
};

/// Front to back.
struct Light {
  Value red, green, blue, alpha, greatest, depth;
  static constexpr Value Light::*members[] = {&Light::red,   &Light::green,    &Light::blue,
                                              &Light::alpha, &Light::greatest, &Light::depth};

  /// Takes `opacity` of what is left.
  Light with(Lanes &v, Value opacity, ArrayRef<Value> color, Value place) const {
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
};

/// From place to place, of which `step` finds the next, until none is left or `opacityAt` has taken nearly all.
/// State: the ray, which stays as it is (origin, direction, where it ends, what else the op knows of it), way, light.
template <typename Op> class LightWalk : public RayWalk {
public:
  LightWalk(FieldRow &row, Op op, ArrayRef<Value Way::*> kept, size_t others)
      : RayWalk(row), op(op), kept(kept), ofRay(7 + others) {}

  Known approach(Known known) override {
    Columns ray(ArrayRef(known.columns).take_front(ofRay));
    Way way = toPlaces(ray, wayOf(known, /*isAtPlace=*/false));
    return {together({ray, keptOf(way)}), way.goesOn};
  }
  Columns begin(const Known &known, bool isAtPlace) override {
    ArrayRef<Value> ray = ArrayRef(known.columns).take_front(ofRay);
    return together({ray, valuesOf(wayOf(known, isAtPlace)), Columns(std::size(Light::members), v.number(0))});
  }
  Value goesOn(ValueRange state) override { return partsOf(state).second.goesOn; }
  Columns turn(ValueRange state) override {
    auto [ray, before] = partsOf(state);
    Way way = toPlaces(ray, before);
    SmallVector<Columns> inputs = {positionAt(ray, way.place, way.hasPlace)};
    if (std::is_same_v<Op, MarchOp>)
      inputs.push_back(Columns(ray.slice(3, 3)));
    SmallVector<Columns> field = row.evaluate(op.getField(), inputs);
    Value opacity = v.select(way.hasPlace, opacityAt(field[0][0], way.place), v.number(0));
    Light light = lightOf(state).with(v, opacity, field[1], way.place);
    way.goesOn = v.both(way.goesOn, v.atMost(light.alpha, full()));
    way.hasPlace = v.truth(false);
    return together({ray, valuesOf(way), valuesOf(light)});
  }

protected:
  virtual Way step(ValueRange ray, Way way) = 0;
  virtual Value opacityAt(Value density, Value place) = 0;
  virtual double usualStep() = 0;
  /// Whether it is known without taking them how many steps there are up to a place.
  virtual bool canSkip() { return false; }
  virtual Value skip(const Way &way, Value clear) { return way.step; }

  Known knownOf(const Rays &rays, ValueRange others, const Way &way) {
    return {together({rays.origin, rays.direction, rays.end, others, keptOf(way)}), rays.isInside};
  }
  Value full() { return v.number(1.0 - op.getMinTransmittance().convertToFloat()); }
  static Light lightOf(ValueRange state) { return stateOf<Light>(state.take_back(std::size(Light::members))); }

  Op op;

private:
  std::pair<ValueRange, Way> partsOf(ValueRange state) {
    ValueRange ofWay = state.slice(ofRay, std::size(Way::members));
    return {state.take_front(ofRay), stateOf<Way>(ofWay)};
  }
  Columns keptOf(const Way &way) {
    return llvm::map_to_vector(kept, [&](Value Way::*member) { return way.*member; });
  }
  Way wayOf(const Known &known, bool isAtPlace) {
    Value zero = v.number(0);
    Way way = {zero, zero, zero, v.word(0), known.goesOn, isAtPlace ? known.goesOn : v.truth(false)};
    for (auto [member, value] : llvm::zip_equal(kept, ArrayRef(known.columns).drop_front(ofRay)))
      way.*member = value;
    return way;
  }
  Value isOnWay(const Way &way) { return v.both(way.goesOn, v.isNot(way.hasPlace)); }
  /// Until each lane has a place or is done.
  Way toPlaces(ValueRange ray, const Way &way) {
    auto wayOf = [](ValueRange state) { return stateOf<Way>(state.drop_back()); };
    return wayOf(kernel.loopWhile(
        together({valuesOf(way), v.number(0)}), [&](ValueRange state) { return v.any(isOnWay(wayOf(state))); },
        [&](ValueRange state) {
          Value clear = state.back();
          Way way = wayOf(state);
          way = advance(ray, way, isOnWay(way));
          Value hasPlace = isOnWay(way);
          if (op.getOccupancy()) {
            bool isAhead = isKnownAhead(op.getOccupancy(), usualStep());
            if (isAhead && !canSkip())
              way = throughEmpty(ray, way, clear);
            Cell cell = cellAt(op.getOccupancy(), ray, way.place, isOnWay(way));
            hasPlace = v.both(isOnWay(way), cell.isOccupied);
            if (isAhead && canSkip())
              way.step = v.select(v.both(isOnWay(way), v.isNot(hasPlace)), skip(way, cell.clear), way.step);
            else if (isAhead)
              clear = cell.clear;
          }
          way.hasPlace = v.either(way.hasPlace, hasPlace);
          return together({valuesOf(way), clear});
        }));
  }
  /// To the first place from `clear` on, before which nothing is.
  Way throughEmpty(ValueRange ray, const Way &way, Value clear) {
    auto isBefore = [&](const Way &way) { return v.both(isOnWay(way), v.less(way.place, clear)); };
    return stateOf<Way>(kernel.loopWhile(
        valuesOf(way), [&](ValueRange state) { return v.any(isBefore(stateOf<Way>(state))); },
        [&](ValueRange state) {
          Way way = stateOf<Way>(state);
          return valuesOf(advance(ray, way, isBefore(way)));
        }));
  }
  /// To the next place, if there is one, of lanes that go there.
  Way advance(ValueRange ray, Way way, Value goes) {
    Way next = step(ray, way);
    Value isThere =
        v.both(v.lessWord(way.step, v.word(static_cast<uint32_t>(op.getMaxSteps()))), v.less(next.place, ray[6]));
    way.goesOn = v.both(way.goesOn, v.either(v.isNot(goes), isThere));
    Value takes = v.both(goes, isThere);
    way.place = v.select(takes, next.place, way.place);
    way.next = v.select(takes, next.next, way.next);
    way.lost = v.select(takes, next.lost, way.lost);
    way.step = v.select(takes, v.add(way.step, v.word(1)), way.step);
    return way;
  }

  SmallVector<Value Way::*> kept; // of the way, which is known of a ray
  size_t ofRay;                   // columns
};

/// A sum in two parts: what is lost of the first by rounding is the second (Kahan 1965).
std::pair<Value, Value> addExactly(ImplicitLocOpBuilder &b, Value sum, Value lost, Value more) {
  // Not to be contracted: what is lost is found by these very operations.
  auto plus = [&](Value a, Value c) -> Value { return arith::AddFOp::create(b, a, c); };
  auto minus = [&](Value a, Value c) -> Value { return arith::SubFOp::create(b, a, c); };
  Value whole = plus(more, lost), next = plus(sum, whole);
  return {next, minus(whole, minus(next, sum))};
}

class MarchWalk : public LightWalk<MarchOp> {
public:
  MarchWalk(FieldRow &row, MarchOp op) : LightWalk(row, op, {&Way::place, &Way::next, &Way::lost, &Way::step}, 0) {}

  Known start(FieldRow &row) override {
    Rays rays = raysOf(row, op.getOrigin(), op.getDirection(), op.getBox());
    Value start = v.add(rays.start, v.mul(lengthAt(rays.start), v.number(op.getStart().convertToFloat())));
    return knownOf(rays, {}, {rays.start, start, v.number(0), v.word(0), {}, {}});
  }
  Columns results(ValueRange state) override {
    Light light = lightOf(state);
    return {light.red, light.green, light.blue, light.alpha, light.depth};
  }
  void bind(FieldRow &row, const Columns &results) override {
    Value one = v.number(1), alpha = results[3], isFull = v.less(full(), alpha);
    Value divisor = v.select(isFull, alpha, one);
    row.bind(op.getColor(), {v.div(results[0], divisor), v.div(results[1], divisor), v.div(results[2], divisor)});
    row.bind(op.getAlpha(), {v.select(isFull, one, alpha)});
    row.bind(op.getDepth(), {results[4]});
  }

private:
  double usualStep() override { return op.getMinStep().convertToFloat(); }
  bool canSkip() override { return op.getConeAngle().isZero(); }
  Value lengthAt(Value place) {
    Value least = v.number(usualStep()), most = v.number(op.getMaxStep().convertToFloat());
    if (canSkip())
      return least;
    return v.clamp(v.mul(place, v.number(op.getConeAngle().convertToFloat())), least, most);
  }
  /// Of steps of one length `next` is where the first was.
  Value skip(const Way &way, Value clear) override {
    Value steps = v.mul(v.sub(clear, way.next), v.number(1 / usualStep()));
    Value first = v.toWord(v.clamp(steps, v.number(0), v.number(static_cast<double>(op.getMaxSteps()))));
    return v.select(v.lessWord(way.step, first), first, way.step);
  }
  Way step(ValueRange, Way way) override {
    if (canSkip()) {
      way.place = v.add(way.next, v.mul(v.toNumber(way.step), v.number(usualStep())));
      return way;
    }
    way.place = way.next;
    std::tie(way.next, way.lost) = addExactly(b, way.next, way.lost, lengthAt(way.next));
    return way;
  }
  Value opacityAt(Value density, Value place) override {
    Value thickness = v.mul(v.max(v.number(0), density), lengthAt(place));
    // What an approximation of light that is left is wrong by is little beside 1.
    return v.sub(v.number(1), math::ExpOp::create(b, arith::NegFOp::create(b, thickness), arith::FastMathFlags::afn));
  }
};

class DeltaTrackWalk : public LightWalk<DeltaTrackOp> {
public:
  DeltaTrackWalk(FieldRow &row, DeltaTrackOp op) : LightWalk(row, op, {&Way::place, &Way::step}, 1) {}

  Known start(FieldRow &row) override {
    Rays rays = raysOf(row, op.getOrigin(), op.getDirection(), op.getBox());
    Value number = op.getNumber() ? row.columns(op.getNumber())[0] : row.number();
    return knownOf(rays, number, {rays.start, {}, {}, v.word(0), {}, {}});
  }
  Columns results(ValueRange state) override {
    Light light = lightOf(state);
    return {light.red, light.green, light.blue, light.alpha};
  }
  void bind(FieldRow &row, const Columns &results) override {
    row.bind(op.getColor(), {results[0], results[1], results[2]});
    row.bind(op.getAlpha(), {results[3]});
  }

private:
  double majorant() { return op.getMajorant().convertToFloat(); }
  double usualStep() override { return 1 / (majorant() * op.getDensityScale().convertToFloat()); }
  Way step(ValueRange ray, Way way) override {
    Value uniform = row.elements.uniformOf(ray[7], way.step, static_cast<uint64_t>(op.getSeed()));
    Value logarithm = math::Log1pOp::create(b, arith::NegFOp::create(b, uniform));
    way.place = v.add(way.place, v.mul(logarithm, v.number(-usualStep())));
    return way;
  }
  Value opacityAt(Value density, Value) override {
    return v.clamp(v.mul(density, v.number(1 / majorant())), v.number(0), v.number(1));
  }
};

// ---- sphere tracing ----------------------------------------------------------------------------

/// State: origin, direction, where the ray ends; where it is, how many steps there have been, whether it goes on,
/// whether it has hit.
class SphereTraceWalk : public RayWalk {
public:
  SphereTraceWalk(FieldRow &row, SphereTraceOp op) : RayWalk(row), op(op) {}

  Known start(FieldRow &row) override {
    Rays rays = raysOf(row, op.getOrigin(), op.getDirection(), op.getBox());
    return {together({rays.origin, rays.direction, rays.end, rays.start}), rays.isInside};
  }
  Columns begin(const Known &known, bool) override {
    return together({known.columns, v.word(0), known.goesOn, v.truth(false)});
  }
  Value goesOn(ValueRange state) override {
    return v.both(state[9], v.lessWord(state[8], v.word(static_cast<uint32_t>(op.getMaxSteps()))));
  }
  Columns turn(ValueRange state) override {
    Value offset = v.number(op.getOffset().convertToFloat()), epsilon = v.number(op.getEpsilon().convertToFloat());
    Value place = state[7], goesOn = this->goesOn(state);
    Value distance = v.sub(row.evaluate(op.getField(), {positionAt(state, place, goesOn)})[0][0], offset);
    Value isNear = v.atMost(distance, epsilon);
    Value isHit = v.either(state[10], v.both(goesOn, isNear));
    goesOn = v.both(goesOn, v.isNot(isNear));
    place = v.select(goesOn, v.add(place, v.mul(distance, v.number(op.getStepScale().convertToFloat()))), place);
    goesOn = v.both(goesOn, v.less(place, state[6]));
    return together({state.take_front(7), place, v.add(state[8], v.word(1)), goesOn, isHit});
  }
  Columns results(ValueRange state) override { return {state[7], state[10]}; }
  void bind(FieldRow &row, const Columns &results) override {
    Columns ray = together({row.columns(op.getOrigin()), row.columns(op.getDirection())});
    row.bind(op.getPosition(), positionAt(ray, results[0]));
    row.bind(op.getDistance(), {results[0]});
    row.bind(op.getHit(), {results[1]});
  }

private:
  SphereTraceOp op;
};

} // namespace

std::unique_ptr<RayWalk> RayWalk::of(FieldRow &row, Operation *op) {
  if (auto march = dyn_cast<MarchOp>(op))
    return std::make_unique<MarchWalk>(row, march);
  if (auto track = dyn_cast<DeltaTrackOp>(op))
    return std::make_unique<DeltaTrackWalk>(row, track);
  return std::make_unique<SphereTraceWalk>(row, cast<SphereTraceOp>(op));
}

} // namespace treadle
