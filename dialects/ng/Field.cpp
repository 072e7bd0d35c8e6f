//===- Field.cpp - the meaning of rays through fields -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All rays are followed at once: in each round every ray that goes on has one sample, and the field is evaluated
// for all of these together.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Evaluate.h"
#include "dialects/graph/Random.h"
#include "dialects/ng/Ng.h"
#include "dialects/ng/Rays.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::ng {
namespace {

constexpr int64_t maxStepLimit = 1 << 20;

// ---- types -------------------------------------------------------------------------------------

LogicalResult inferRays(Value origin, ArrayRef<int64_t> columns, SmallVectorImpl<Type> &types,
                        bool countsAsked = false) {
  MLIRContext *context = origin.getContext();
  for (int64_t count : columns)
    types.push_back(tensorOf({dimOf(origin.getType(), 0), DimExpr::constant(context, count)}, elementOf(origin)));
  if (countsAsked)
    types.push_back(RankedTensorType::get({1}, IntegerType::get(context, 32)));
  return success();
}

/// The symbol that counts a field's samples.
StringRef samplesOf(Region &field) { return dimOf(field.getArgument(0).getType(), 0).symbolName(); }

/// `inputs`: positions, or positions and directions; `columns` of what the field yields.
LogicalResult verifyField(Operation *op, Region &field, OperandRange captures, unsigned inputs,
                          ArrayRef<int64_t> columns) {
  if (field.getNumArguments() != inputs + captures.size() ||
      !llvm::equal(llvm::drop_begin(field.getArgumentTypes(), inputs), captures.getTypes()))
    return op->emitOpError() << "the field must take " << (inputs == 2 ? "positions, directions" : "positions")
                             << " and what is captured";
  auto first = dyn_cast<RankedTensorType>(field.getArgument(0).getType());
  if (!first || first.getRank() != 2 || !dimOf(first, 0).isSymbol())
    return op->emitOpError("the field's positions must be [samples, 3] of any number of samples, named by a symbol");
  DimExpr samples = dimOf(first, 0);
  auto isSamples = [&](Type type, int64_t columns) {
    return type ==
           tensorOf({samples, DimExpr::constant(op->getContext(), columns)}, Float32Type::get(op->getContext()));
  };
  for (unsigned i = 0; i < inputs; ++i)
    if (!isSamples(field.getArgument(i).getType(), 3))
      return op->emitOpError() << "the field takes positions and directions of type f32 [" << samples << ", 3], not "
                               << field.getArgument(i).getType();
  for (Type type : op->getOperandTypes())
    for (DimExpr dim : dimsOf(type)) {
      bool isUsed = false;
      dim.forEachSymbol([&](StringRef name) { isUsed |= name == samples.symbolName(); });
      if (isUsed)
        return op->emitOpError() << samples << " counts the samples of the field; it cannot be a size outside of it";
    }
  TypeRange yielded = field.front().getTerminator()->getOperandTypes();
  bool fits = yielded.size() == columns.size();
  for (size_t i = 0; fits && i < columns.size(); ++i)
    fits = isSamples(yielded[i], columns[i]);
  if (!fits) {
    InFlightDiagnostic error = op->emitOpError("the field must yield");
    for (int64_t count : columns)
      error << (count == columns.front() ? " f32 [" : ", f32 [") << samples << ", " << count << "]";
    return error;
  }
  return success();
}

LogicalResult verifyRays(Operation *op, ArrayRef<float> box, int64_t maxSteps) {
  if (!mayBeEqual(op->getOperand(0).getType(), op->getOperand(1).getType()) ||
      dimOf(op->getOperand(0).getType(), 1) != 3)
    return op->emitOpError() << "takes origins and directions [N, 3], not " << op->getOperand(0).getType() << " and "
                             << op->getOperand(1).getType();
  for (int64_t d = 0; d < 3; ++d)
    if (!(std::isfinite(box[d]) && std::isfinite(box[d + 3]) && box[d] < box[d + 3]))
      return op->emitOpError("has a box whose corners are not in order");
  if (maxSteps < 1 || maxSteps > maxStepLimit)
    return op->emitOpError() << "maxSteps is " << maxSteps << ", it can be 1 to " << maxStepLimit;
  return success();
}

LogicalResult verifyTransmittance(Operation *op, APFloat value) {
  float number = value.convertToFloat();
  if (number >= 0 && number < 1)
    return success();
  return op->emitOpError() << "minTransmittance is " << number << ", it can be 0 to less than 1";
}

LogicalResult verifyCapacity(Operation *op, DimAttr capacity) {
  std::optional<int64_t> number = capacity ? DimExpr(capacity).constantValue() : std::nullopt;
  if (!number || *number >= 1)
    return success();
  return op->emitOpError() << "capacity is " << *number << ", it should be 1 at least";
}

LogicalResult verifyOccupancy(Operation *op, Value occupancy) {
  if (!occupancy)
    return success();
  auto type = cast<RankedTensorType>(occupancy.getType());
  if (type.hasStaticShape() && type.getDimSize(0) >= 1 && type.getDimSize(0) <= 16 &&
      occupancyCells(type.getDimSize(1)))
    return success();
  return op->emitOpError()
         << "occupancy must be of 1 to 16 cascades, each a bit for each of 2^3, 4^3, .. 1024^3 cells, not " << type;
}

// ---- evaluation --------------------------------------------------------------------------------

/// Evaluates the field at one place of each of some rays, or at positions, and of what it captures.
class Samples {
public:
  Samples(Region &field, ArrayRef<Tensor> captures) : field(field), captures(captures) {}

  void add(int64_t ray, const Point &position, const Point &direction) {
    rays.push_back(ray);
    positions.insert(positions.end(), position.begin(), position.end());
    directions.insert(directions.end(), direction.begin(), direction.end());
  }
  /// Calls `visit` with each ray that has a sample, its number among them and what the field yields; then there are no
  /// samples. False if there were none.
  FailureOr<bool> evaluate(llvm::function_ref<void(int64_t ray, int64_t row, ArrayRef<Tensor> values)> visit) {
    if (rays.empty())
      return false;
    SmallVector<Tensor> inputs;
    for (std::vector<double> *numbers : {&positions, &directions})
      if (inputs.size() + captures.size() < field.getNumArguments()) {
        Tensor tensor(DType::F32, {static_cast<int64_t>(rays.size()), 3});
        tensor.write<double>(*numbers);
        inputs.push_back(std::move(tensor));
      }
    llvm::append_range(inputs, captures);
    FailureOr<SmallVector<Tensor>> values = evaluateRegion(field, inputs);
    if (failed(values))
      return failure();
    for (auto [row, ray] : llvm::enumerate(rays))
      visit(ray, static_cast<int64_t>(row), *values);
    rays.clear();
    positions.clear();
    directions.clear();
    return true;
  }

private:
  Region &field;
  ArrayRef<Tensor> captures;
  std::vector<int64_t> rays;
  std::vector<double> positions, directions;
};

/// Front to back.
struct Light {
  Point color = {};
  double alpha = 0, greatest = 0, depth = 0;

  void add(double opacity, const Tensor &colors, int64_t row, double t) {
    double weight = opacity * (1 - alpha);
    for (int64_t d = 0; d < 3; ++d)
      color[d] += weight * colors.get<double>(3 * row + d);
    alpha += weight;
    if (weight > greatest) {
      greatest = weight;
      depth = t;
    }
  }
};

std::vector<Ray> raysOf(ArrayRef<Tensor> operands, ArrayRef<float> box) {
  std::vector<Ray> rays;
  for (int64_t i = 0; i < operands[0].shape()[0]; ++i)
    rays.push_back(rayOf(operands[0], operands[1], i, box));
  return rays;
}

/// A number, when it is evaluated; all that are there if there is none.
int64_t capacityOf(DimAttr capacity, int64_t otherwise) {
  return capacity ? DimExpr(capacity).constantValue().value_or(0) : otherwise;
}

/// Of the field for each sample, besides `each` for a step.
DimExpr countSteps(FieldOpInterface op, int64_t each) {
  Region &field = op.getField();
  DimExpr samples = dimOf(op->getOperand(0).getType(), 0) * op.mostSamples();
  DimExpr flops = samples * each;
  StringRef symbol = samplesOf(field);
  for (Operation &inner : field.front())
    if (auto counted = dyn_cast<GraphOpInterface>(inner))
      flops =
          flops + counted.countFlops().substitute([&](StringRef name) { return name == symbol ? samples : DimExpr(); });
  return flops;
}

} // namespace

// ---- march -------------------------------------------------------------------------------------

LogicalResult MarchOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  return inferRays(adaptor.getOrigin(), {3, 1, 1}, types, !!adaptor.getCapacityAttr());
}

LogicalResult MarchOp::verify() {
  if (failed(verifyRays(*this, getBox(), getMaxSteps())) ||
      failed(verifyField(*this, getField(), getCaptures(), 2, {1, 3})) ||
      failed(verifyTransmittance(*this, getMinTransmittance())) || failed(verifyCapacity(*this, getCapacityAttr())))
    return failure();
  float least = getMinStep().convertToFloat(), most = getMaxStep().convertToFloat();
  float cone = getConeAngle().convertToFloat();
  if (!(least > 0 && most >= least && std::isfinite(most)))
    return emitOpError() << "steps of " << least << " to " << most << " are no range of positive numbers";
  if (!(cone >= 0 && cone < 1))
    return emitOpError() << "coneAngle is " << cone << ", it can be 0 to less than 1";
  if (float start = getStart().convertToFloat(); !(start >= 0 && start <= 1))
    return emitOpError() << "start is " << start << ", it can be 0 to 1";
  return verifyOccupancy(*this, getOccupancy());
}

LogicalResult MarchOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  std::vector<Ray> rays = raysOf(operands, getBox());
  double minStep = getMinStep().convertToFloat(), maxStep = getMaxStep().convertToFloat();
  double cone = getConeAngle().convertToFloat(), full = 1.0 - getMinTransmittance().convertToFloat();
  auto lengthAt = [&](double t) { return std::clamp(cone * t, minStep, maxStep); };
  auto maxSteps = static_cast<int64_t>(getMaxSteps());
  std::optional<Occupancy> occupancy;
  if (getOccupancy())
    occupancy.emplace(operands[2]);
  auto isOccupied = [&](const Point &position) { return !occupancy || occupancy->isOccupied(position); };
  struct State {
    Light light;
    int64_t step = 0;
    int64_t samples = 0; // of this ray and those before
    double place = 0, next = 0;
  };
  std::vector<State> states;
  int64_t asked = 0;
  for (const Ray &ray : rays) {
    double start = ray.start + getStart().convertToFloat() * lengthAt(ray.start);
    states.push_back({{}, 0, asked, 0, start});
    double place = start;
    for (int64_t step = 0; ray.start < ray.end && place < ray.end && step < maxSteps; ++step) {
      asked += isOccupied(ray.at(place));
      place += lengthAt(place);
    }
  }
  int64_t capacity = capacityOf(getCapacityAttr(), asked);
  Samples samples(getField(), operands.take_back(getCaptures().size()));
  while (true) {
    for (auto [i, ray] : llvm::enumerate(rays)) {
      State &state = states[i];
      while (ray.start < ray.end && state.light.alpha <= full && state.samples < capacity && state.step++ < maxSteps &&
             state.next < ray.end) {
        state.place = state.next;
        state.next += lengthAt(state.place);
        Point position = ray.at(state.place);
        if (isOccupied(position)) {
          samples.add(static_cast<int64_t>(i), position, ray.direction);
          ++state.samples;
          break;
        }
      }
    }
    FailureOr<bool> any = samples.evaluate([&](int64_t ray, int64_t row, ArrayRef<Tensor> values) {
      State &state = states[ray];
      double thickness = std::max(values[0].get<double>(row), 0.0) * lengthAt(state.place);
      state.light.add(-std::expm1(-thickness), values[1], row, state.place);
    });
    if (failed(any))
      return failure();
    if (!*any)
      break;
  }
  for (auto [i, state] : llvm::enumerate(states)) {
    bool isFull = state.light.alpha > full;
    for (int64_t d = 0; d < 3; ++d)
      results[0].set<double>(static_cast<int64_t>(3 * i) + d, state.light.color[d] / (isFull ? state.light.alpha : 1));
    results[1].set<double>(static_cast<int64_t>(i), isFull ? 1 : state.light.alpha);
    results[2].set<double>(static_cast<int64_t>(i), state.light.depth);
  }
  if (getAsked())
    results[3].set<int64_t>(0, asked);
  return success();
}

int64_t MarchOp::mostSamples() { return static_cast<int64_t>(getMaxSteps()); }

DimExpr MarchOp::countFlops() { return countSteps(*this, 40); }

// ---- delta tracking ----------------------------------------------------------------------------

LogicalResult DeltaTrackOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                             SmallVectorImpl<Type> &types) {
  return inferRays(adaptor.getOrigin(), {3, 1}, types, !!adaptor.getCapacityAttr());
}

LogicalResult DeltaTrackOp::verify() {
  float majorant = getMajorant().convertToFloat();
  float scale = getDensityScale().convertToFloat();
  if (!(majorant > 0 && std::isfinite(majorant) && scale > 0 && std::isfinite(scale)))
    return emitOpError() << "majorant and densityScale are " << majorant << " and " << scale
                         << ", they should be positive numbers";
  if (failed(verifyRays(*this, getBox(), getMaxSteps())) || failed(verifyTransmittance(*this, getMinTransmittance())) ||
      failed(verifyCapacity(*this, getCapacityAttr())) || failed(verifyOccupancy(*this, getOccupancy())))
    return failure();
  if (Value number = getNumber())
    if (dimOf(number.getType(), 1) != 1 || dimOf(number.getType(), 0) != dimOf(getOrigin().getType(), 0))
      return emitOpError() << "takes a number for each ray, [N, 1], not " << number.getType();
  return verifyField(*this, getField(), getCaptures(), 1, {1, 3});
}

LogicalResult DeltaTrackOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  std::vector<Ray> rays = raysOf(operands, getBox());
  double majorant = getMajorant().convertToFloat(), full = 1.0 - getMinTransmittance().convertToFloat();
  double meanLength = 1 / (majorant * getDensityScale().convertToFloat());
  std::optional<Occupancy> occupancy;
  if (getOccupancy())
    occupancy.emplace(operands[2]);
  std::vector<Light> lights(rays.size());
  std::vector<double> places;
  for (const Ray &ray : rays)
    places.push_back(ray.start);
  auto seed = static_cast<uint64_t>(getSeed());
  const Tensor *numbers = getNumber() ? &operands[getOccupancy() ? 3 : 2] : nullptr;
  auto flightOf = [&](uint64_t ray, uint32_t flight) {
    if (numbers)
      ray = numbers->get<int64_t>(static_cast<int64_t>(ray));
    std::array<uint32_t, 4> counter = {uint32_t(ray), uint32_t(ray >> 32), flight, 0};
    std::array<uint32_t, 4> words = Philox::words(counter, {uint32_t(seed), uint32_t(seed >> 32)});
    return -std::log1p(-std::ldexp(words[0] >> 8, -24)) * meanLength;
  };
  // How many samples there are of a ray and those before, as far as it is followed, and all in all.
  std::vector<int64_t> before;
  int64_t asked = 0;
  for (auto [i, ray] : llvm::enumerate(rays)) {
    before.push_back(asked);
    double place = ray.start;
    for (int64_t flight = 0; ray.start < ray.end && flight < static_cast<int64_t>(getMaxSteps()); ++flight) {
      place += flightOf(i, static_cast<uint32_t>(flight));
      if (place >= ray.end)
        break;
      asked += !occupancy || occupancy->isOccupied(ray.at(place));
    }
  }
  int64_t capacity = capacityOf(getCapacityAttr(), asked);
  Samples samples(getField(), operands.take_back(getCaptures().size()));
  for (int64_t flight = 0; flight < static_cast<int64_t>(getMaxSteps()); ++flight) {
    bool goesOn = false;
    for (auto [i, ray] : llvm::enumerate(rays)) {
      if (!(ray.start < ray.end) || lights[i].alpha > full || before[i] >= capacity || places[i] >= ray.end)
        continue;
      places[i] += flightOf(i, static_cast<uint32_t>(flight));
      goesOn |= places[i] < ray.end;
      Point position = ray.at(places[i]);
      if (places[i] < ray.end && (!occupancy || occupancy->isOccupied(position))) {
        samples.add(static_cast<int64_t>(i), position, ray.direction);
        ++before[i];
      }
    }
    FailureOr<bool> any = samples.evaluate([&](int64_t ray, int64_t row, ArrayRef<Tensor> values) {
      lights[ray].add(std::clamp(values[0].get<double>(row) / majorant, 0.0, 1.0), values[1], row, places[ray]);
    });
    if (failed(any))
      return failure();
    if (!goesOn)
      break;
  }
  for (auto [i, light] : llvm::enumerate(lights)) {
    for (int64_t d = 0; d < 3; ++d)
      results[0].set<double>(static_cast<int64_t>(3 * i) + d, light.color[d]);
    results[1].set<double>(static_cast<int64_t>(i), light.alpha);
  }
  if (getAsked())
    results[2].set<int64_t>(0, asked);
  return success();
}

int64_t DeltaTrackOp::mostSamples() { return static_cast<int64_t>(getMaxSteps()); }

DimExpr DeltaTrackOp::countFlops() { return countSteps(*this, 120); }

// ---- sphere tracing ----------------------------------------------------------------------------

LogicalResult SphereTraceOp::inferReturnTypes(MLIRContext *context, std::optional<Location>, Adaptor adaptor,
                                              SmallVectorImpl<Type> &types) {
  if (failed(inferRays(adaptor.getOrigin(), {3, 1}, types)))
    return failure();
  types.push_back(tensorOf(dimsOf(types.back()), IntegerType::get(context, 1)));
  return success();
}

LogicalResult SphereTraceOp::verify() {
  float scale = getStepScale().convertToFloat(), epsilon = getEpsilon().convertToFloat();
  if (!(scale > 0 && scale <= 1))
    return emitOpError() << "stepScale is " << scale << ", it can be more than 0 to 1";
  if (!(epsilon > 0 && std::isfinite(epsilon)) || !getOffset().isFinite())
    return emitOpError("epsilon must be a positive number, and offset a number");
  if (failed(verifyRays(*this, getBox(), getMaxSteps())))
    return failure();
  return verifyField(*this, getField(), getCaptures(), 1, {1});
}

LogicalResult SphereTraceOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  std::vector<Ray> rays = raysOf(operands, getBox());
  double scale = getStepScale().convertToFloat(), offset = getOffset().convertToFloat();
  double epsilon = getEpsilon().convertToFloat();
  struct State {
    double place = 0;
    bool isOnTheWay = false, isHit = false;
  };
  std::vector<State> states;
  for (const Ray &ray : rays)
    states.push_back({ray.start < ray.end ? ray.start : 0, ray.start < ray.end, false});
  Samples samples(getField(), operands.drop_front(2));
  for (int64_t step = 0; step < static_cast<int64_t>(getMaxSteps()); ++step) {
    for (auto [i, state] : llvm::enumerate(states))
      if (state.isOnTheWay)
        samples.add(static_cast<int64_t>(i), rays[i].at(state.place), rays[i].direction);
    FailureOr<bool> any = samples.evaluate([&](int64_t ray, int64_t row, ArrayRef<Tensor> values) {
      State &state = states[ray];
      double distance = values[0].get<double>(row) - offset;
      state.isHit = distance <= epsilon;
      if (!state.isHit)
        state.place += scale * distance;
      state.isOnTheWay = !state.isHit && state.place < rays[ray].end;
    });
    if (failed(any))
      return failure();
    if (!*any)
      break;
  }
  for (auto [i, state] : llvm::enumerate(states)) {
    Point position = rays[i].at(state.place);
    for (int64_t d = 0; d < 3; ++d)
      results[0].set<double>(static_cast<int64_t>(3 * i) + d, position[d]);
    results[1].set<double>(static_cast<int64_t>(i), state.place);
    results[2].set<int64_t>(static_cast<int64_t>(i), state.isHit);
  }
  return success();
}

int64_t SphereTraceOp::mostSamples() { return static_cast<int64_t>(getMaxSteps()); }

DimExpr SphereTraceOp::countFlops() { return countSteps(*this, 16); }

// ---- gradients ---------------------------------------------------------------------------------

LogicalResult GradientOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  return inferRays(adaptor.getPosition(), {3}, types);
}

LogicalResult GradientOp::verify() {
  if (dimOf(getPosition().getType(), 1) != 3)
    return emitOpError() << "takes positions [N, 3], not " << getPosition().getType();
  if (float width = getWidth().convertToFloat(); !(width > 0 && std::isfinite(width)))
    return emitOpError() << "width is " << width << ", it must be a positive number";
  return verifyField(*this, getField(), getCaptures(), 1, {1});
}

LogicalResult GradientOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  int64_t rows = operands[0].shape()[0];
  double width = getWidth().convertToFloat();
  for (int64_t d = 0; d < 3; ++d) {
    std::vector<double> difference(rows, 0);
    for (double sign : {1.0, -1.0}) {
      Samples samples(getField(), operands.drop_front());
      for (int64_t i = 0; i < rows; ++i) {
        Point position;
        for (int64_t k = 0; k < 3; ++k)
          position[k] = operands[0].get<double>(3 * i + k) + (k == d ? sign * width : 0);
        samples.add(i, position, {});
      }
      FailureOr<bool> any = samples.evaluate(
          [&](int64_t i, int64_t row, ArrayRef<Tensor> values) { difference[i] += sign * values[0].get<double>(row); });
      if (failed(any))
        return failure();
    }
    for (int64_t i = 0; i < rows; ++i)
      results[0].set<double>(3 * i + d, difference[i] / (2 * width));
  }
  return success();
}

int64_t GradientOp::mostSamples() { return 6; }

DimExpr GradientOp::countFlops() { return countSteps(*this, 3); }

} // namespace treadle::ng

using namespace treadle::ng;
#define GET_OP_CLASSES
#include "dialects/ng/Field.cpp.inc"
