//===- Resize.cpp - ONNX: images of other sizes --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every version of Resize and Upsample comes down to a Request: which axes change, to what size, by what
// scale, sampled how. Most are one op of the graph; those that sample a region of interest, which may be
// computed at run time, are built from gathers, axis by axis.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include <cmath>

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

/// One axis that changes.
struct Axis {
  int64_t index;
  DimExpr size;
  double scale;     // as the model gives it; 0 for the quotient of the sizes
  int64_t position; // in the lists of the node, for its region of interest
};

struct Request {
  ResizeMode mode = ResizeMode::nearest;
  CoordinateMode coordinates = CoordinateMode::half_pixel;
  RoundMode rounding = RoundMode::prefer_floor;
  double cubicA = -0.75;
  bool excludeOutside = false;
  bool isRegion = false; // tf_crop_and_resize
  SmallVector<Axis> axes;
};

/// floor(size * scale) as ONNX's own shape inference has it, in f32. A symbolic size is multiplied by
/// the simplest fraction that is that scale as a float.
std::optional<DimExpr> scaled(Builder &b, DimExpr size, double scale) {
  if (std::optional<int64_t> value = size.constantValue()) {
    double result = std::floor(static_cast<float>(*value) * static_cast<float>(scale));
    return result < 1e15 ? std::optional(b.dim(static_cast<int64_t>(result))) : std::nullopt;
  }
  for (int64_t denominator = 1; denominator <= 4096; ++denominator) {
    double numerator = std::nearbyint(scale * static_cast<double>(denominator));
    if (numerator >= 1 && numerator < INT32_MAX &&
        static_cast<float>(numerator / static_cast<double>(denominator)) == static_cast<float>(scale))
      return (size * static_cast<int64_t>(numerator)).floorDiv(denominator);
  }
  return std::nullopt;
}

bool addScaled(Node &node, Request &request, llvm::ArrayRef<int64_t> axes, llvm::ArrayRef<double> scales) {
  if (scales.size() != axes.size())
    return node.fail("has " + llvm::Twine(scales.size()) + " scales for " + llvm::Twine(axes.size()) + " axes");
  for (auto [i, axis, scale] : llvm::enumerate(axes, scales)) {
    if (!(scale > 0) || !std::isfinite(scale))
      return node.fail("scale " + llvm::Twine(i) + " is " + std::to_string(scale) + ", it must be positive");
    std::optional<DimExpr> size = scaled(node.b, node.dims()[axis], scale);
    if (!size)
      return node.fail("scale " + std::to_string(scale) + " of dimension " + node.dims()[axis].str() +
                       " is not supported while the dimension is not fixed; fix it with --dim NAME=N");
    request.axes.push_back({axis, *size, scale, static_cast<int64_t>(i)});
  }
  return true;
}

/// Sizes, of which only the least or greatest ratio to the input's counts where the ratio is to be kept.
bool addSized(Node &node, Request &request, llvm::ArrayRef<int64_t> axes, llvm::ArrayRef<DimExpr> sizes) {
  enum class Policy { stretch, notLarger, notSmaller };
  auto policy = node.choice<Policy>(
      "keep_aspect_ratio_policy", "stretch",
      {{"stretch", Policy::stretch}, {"not_larger", Policy::notLarger}, {"not_smaller", Policy::notSmaller}});
  if (!policy)
    return false;
  if (sizes.size() != axes.size())
    return node.fail("has " + llvm::Twine(sizes.size()) + " sizes for " + llvm::Twine(axes.size()) + " axes");
  if (policy == Policy::stretch) {
    for (auto [i, axis, size] : llvm::enumerate(axes, sizes))
      request.axes.push_back({axis, size, 0, static_cast<int64_t>(i)});
    return true;
  }
  bool isLeast = policy == Policy::notLarger;
  double scale = isLeast ? INFINITY : 0;
  for (auto [axis, size] : llvm::zip(axes, sizes)) {
    std::optional<int64_t> from = node.dims()[axis].constantValue(), to = size.constantValue();
    if (!from || !to)
      return node.fail("keep_aspect_ratio_policy needs known sizes; fix dimension " + node.dims()[axis].str() +
                       " with --dim NAME=N");
    double ratio = static_cast<float>(*to) / static_cast<float>(*from);
    scale = isLeast ? std::min(scale, ratio) : std::max(scale, ratio);
  }
  for (auto [i, axis] : llvm::enumerate(axes)) {
    double size = std::floor(scale * static_cast<double>(*node.dims()[axis].constantValue()) + 0.5);
    if (!(size < 1e15))
      return node.fail("sizes do not fit the input");
    request.axes.push_back({axis, node.b.dim(static_cast<int64_t>(size)), scale, static_cast<int64_t>(i)});
  }
  return true;
}

/// f(x) for f of the round modes, on tensors.
Value roundPositions(Builder &b, RoundMode mode, Value x) {
  switch (mode) {
  case RoundMode::floor:
    return b.make<FloorOp>(x);
  case RoundMode::ceil:
    return b.make<CeilOp>(x);
  case RoundMode::prefer_floor:
    return b.make<CeilOp>(b.sub(x, 0.5));
  case RoundMode::prefer_ceil:
    return b.make<FloorOp>(b.add(x, 0.5));
  }
  return {};
}

/// Keys' cubic kernel at a distance that is known to lie in [0, 1] or in [1, 2].
Value cubicNear(Builder &b, Value x, double a) { return b.add(b.mul(b.mul(b.sub(b.mul(x, a + 2), a + 3), x), x), 1); }
Value cubicFar(Builder &b, Value x, double a) {
  return b.sub(b.mul(b.add(b.mul(b.sub(b.mul(x, a), 5 * a), x), 8 * a), x), 4 * a);
}

/// x sampled along one axis at `positions`, f32 of rank 1.
Value sampleAxis(Builder &b, const Request &request, const Axis &axis, Value x, Value positions) {
  Type i32 = b.ops().getI32Type();
  DimExpr size = dimOf(x.getType(), axis.index);
  Value last = b.cast(b.sizes({size - 1}, /*isScalar=*/true), b.ops().getF32Type()), zero = b.scalarFor(last, 0);
  auto at = [&](Value index) { return b.gather(x, b.cast(b.max(b.min(index, last), zero), i32), axis.index); };
  auto along = [&](Value weight) { return b.cast(b.alongAxis(weight, axis.index, rankOf(x)), elementOf(x)); };
  if (request.mode == ResizeMode::nearest)
    return at(roundPositions(b, request.rounding, positions));
  Value base = b.make<FloorOp>(positions), fraction = b.sub(positions, base),
        rest = b.sub(b.scalarFor(fraction, 1), fraction);
  SmallVector<std::pair<Value, Value>> taps; // index and weight
  if (request.mode == ResizeMode::linear) {
    taps = {{base, rest}, {b.add(base, 1), fraction}};
  } else {
    double a = request.cubicA;
    taps = {{b.sub(base, 1), cubicFar(b, b.add(fraction, 1), a)},
            {base, cubicNear(b, fraction, a)},
            {b.add(base, 1), cubicNear(b, rest, a)},
            {b.add(base, 2), cubicFar(b, b.add(rest, 1), a)}};
  }
  Value total, result;
  for (auto &[index, weight] : taps) {
    if (request.excludeOutside) {
      Value inside = b.make<AndOp>(b.compare(Predicate::ge, index, zero), b.compare(Predicate::le, index, last));
      weight = b.select(inside, weight, zero);
    }
    total = total ? b.add(total, weight) : weight;
  }
  for (auto [index, weight] : taps) {
    Value part = b.mul(at(index), along(request.excludeOutside ? b.div(weight, total) : weight));
    result = result ? b.add(result, part) : part;
  }
  return result;
}

/// tf_crop_and_resize: the region from roi[i] to roi[n + i] of each axis, 0 and 1 being the first and last
/// element. Positions outside the input have the extrapolation value.
bool sampleRegion(Node &node, const Request &request, size_t listed) {
  Builder &b = node.b;
  Type f32 = b.ops().getF32Type();
  Value roi = node.input(1), x = node.input(0), allInside;
  if (!roi || node.rank(1) != 1 || node.dims(1)[0] != static_cast<int64_t>(2 * listed))
    return node.fail("tf_crop_and_resize needs a region of interest, two numbers for each axis");
  std::optional<SmallVector<double>> known = node.constantReals(1);
  for (const Axis &axis : request.axes) {
    if (known && known->size() == 2 * listed && (*known)[axis.position] == 0 && (*known)[axis.position + listed] == 1 &&
        axis.size == node.dims()[axis.index])
      continue; // the whole axis as it is
    auto corner = [&](int64_t i) { return b.cast(b.squeeze(b.sliceAxis(roi, 0, b.dim(i), b.dim(1)), {0}), f32); };
    Value start = corner(axis.position), end = corner(axis.position + listed);
    Value last = b.cast(b.sizes({node.dims()[axis.index] - 1}, true), f32);
    Value positions;
    if (axis.size == 1) {
      positions = b.broadcast(b.mul(b.mul(b.add(start, end), last), 0.5), {axis.size});
    } else {
      Value step = b.div(b.mul(b.sub(end, start), last), b.cast(b.sizes({axis.size - 1}, true), f32));
      positions = b.add(b.mul(b.iota({axis.size}, 0, f32), step), b.mul(start, last));
    }
    Value inside = b.make<AndOp>(b.compare(Predicate::ge, positions, b.scalarFor(positions, 0)),
                                 b.compare(Predicate::le, positions, last));
    inside = b.alongAxis(inside, axis.index, node.rank());
    allInside = allInside ? b.make<AndOp>(allInside, inside) : inside;
    x = sampleAxis(b, request, axis, x, positions);
    if (!x)
      return false;
  }
  if (!allInside)
    return node.set(x);
  return node.set(b.select(allInside, x, b.scalarFor(x, node.real("extrapolation_value", 0))));
}

/// Interpolation weighs 2^n or 4^n neighbours over n axes at once; beyond this, the rest in a second step.
constexpr size_t axesAtOnce = 3;

Value resize(Node &node, const Request &request, Value x, llvm::ArrayRef<Axis> axes) {
  Builder &b = node.b;
  if (!x)
    return {};
  if (axes.size() > axesAtOnce && request.mode != ResizeMode::nearest) {
    SmallVector<Axis> changing(llvm::make_filter_range(axes, [&](const Axis &axis) {
      return axis.scale != 1 && (axis.scale != 0 || axis.size != dimOf(x.getType(), axis.index));
    }));
    if (changing.size() > axesAtOnce)
      x = resize(node, request, x, llvm::ArrayRef(changing).drop_front(axesAtOnce));
    return resize(node, request, x, llvm::ArrayRef(changing).take_front(axesAtOnce));
  }
  Dims dims = dimsOf(x.getType());
  SmallVector<int64_t> indices;
  SmallVector<double> scales;
  for (const Axis &axis : axes) {
    if (axis.scale == 1 || (axis.scale == 0 && axis.size == dims[axis.index]))
      continue;
    dims[axis.index] = axis.size;
    indices.push_back(axis.index);
    scales.push_back(axis.scale);
  }
  if (indices.empty())
    return x;
  return b.makeTyped<ResizeOp>(dims, elementOf(x), x, ResizeModeAttr::get(b.context(), request.mode), b.array(indices),
                               b.ops().getDenseF64ArrayAttr(scales),
                               CoordinateModeAttr::get(b.context(), request.coordinates),
                               RoundModeAttr::get(b.context(), request.rounding),
                               b.ops().getF64FloatAttr(request.cubicA), b.unit(request.excludeOutside));
}

/// Up to version 10: positions o / scale, rounded down where the image grows and up where it shrinks.
bool resizeAsymmetric(Node &node, Request &request) {
  request.coordinates = CoordinateMode::asymmetric;
  SmallVector<Axis> growing, shrinking;
  for (const Axis &axis : request.axes)
    (axis.scale < 1 ? shrinking : growing).push_back(axis);
  if (request.mode != ResizeMode::nearest) {
    growing = request.axes;
    shrinking.clear();
  }
  request.rounding = RoundMode::ceil;
  Value result = resize(node, request, node.input(0), shrinking);
  request.rounding = RoundMode::floor;
  return node.set(resize(node, request, result, growing));
}

bool readMode(Node &node, Request &request) {
  auto mode = node.choice<ResizeMode>("mode", "nearest",
                                      {{"nearest", ResizeMode::nearest},
                                       {"linear", ResizeMode::linear},
                                       {"bilinear", ResizeMode::linear}, // up to version 9 of Upsample
                                       {"cubic", ResizeMode::cubic}});
  request.mode = mode.value_or(ResizeMode::nearest);
  return mode.has_value();
}

bool readRounding(Node &node, Request &request) {
  auto mode = node.choice<RoundMode>("nearest_mode", "round_prefer_floor",
                                     {{"round_prefer_floor", RoundMode::prefer_floor},
                                      {"round_prefer_ceil", RoundMode::prefer_ceil},
                                      {"floor", RoundMode::floor},
                                      {"ceil", RoundMode::ceil}});
  request.rounding = mode.value_or(RoundMode::prefer_floor);
  return mode.has_value();
}

bool readCoordinates(Node &node, Request &request) {
  std::string name = node.text("coordinate_transformation_mode", "half_pixel");
  if (name == "tf_crop_and_resize") {
    request.isRegion = true;
    return true;
  }
  if (name == "tf_half_pixel_for_nn") {
    // (o + 0.5) / scale is half a pixel above half_pixel: another rounding of it, but for two of the modes.
    if (request.rounding == RoundMode::floor)
      request.rounding = RoundMode::prefer_ceil;
    else if (request.rounding == RoundMode::prefer_floor)
      request.rounding = RoundMode::ceil;
    else
      return node.fail("tf_half_pixel_for_nn is supported with nearest_mode floor and round_prefer_floor");
    return request.mode == ResizeMode::nearest || node.fail("tf_half_pixel_for_nn is for mode nearest");
  }
  auto mode = node.choice<CoordinateMode>("coordinate_transformation_mode", "half_pixel",
                                          {{"half_pixel", CoordinateMode::half_pixel},
                                           {"half_pixel_symmetric", CoordinateMode::half_pixel_symmetric},
                                           {"pytorch_half_pixel", CoordinateMode::pytorch_half_pixel},
                                           {"align_corners", CoordinateMode::align_corners},
                                           {"asymmetric", CoordinateMode::asymmetric}});
  request.coordinates = mode.value_or(CoordinateMode::half_pixel);
  return mode.has_value();
}

/// Scales that are constant, or whole numbers that follow from shapes. Nothing after an error.
std::optional<SmallVector<double>> readScales(Node &node, size_t index) {
  if (auto constant = node.constantReals(index))
    return constant;
  SmallVector<double> scales;
  std::optional<Sizes> sizes = node.b.known(node.input(index));
  for (DimExpr size : sizes.value_or(Sizes()))
    if (std::optional<int64_t> value = size.constantValue())
      scales.push_back(static_cast<double>(*value));
  if (sizes && scales.size() == sizes->size())
    return scales;
  node.fail("input " + llvm::Twine(index) +
            " (scales) must be constant; where it follows from inputs' sizes, fix those "
            "with --dim NAME=N");
  return std::nullopt;
}

bool isEmpty(Value value) { return !value || elementCount(value.getType()) == 0; }

} // namespace

bool importResize(Node &node) {
  Request request;
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(node.rank()));
  if (!readMode(node, request))
    return false;
  if (node.version < 11) {
    if (!node.input(1))
      return node.fail("lacks scales");
    auto scales = readScales(node, 1);
    return scales && addScaled(node, request, all, *scales) && resizeAsymmetric(node, request);
  }
  if (node.integer("antialias", 0) && request.mode != ResizeMode::nearest)
    return node.fail("antialias is not supported; export the model with antialias off");
  request.cubicA = node.real("cubic_coeff_a", -0.75);
  request.excludeOutside = node.integer("exclude_outside", 0);
  SmallVector<int64_t> axes = node.integers("axes", all);
  if (!readRounding(node, request) || !readCoordinates(node, request) || !node.axes(axes, node.rank()))
    return false;
  if (isEmpty(node.input(2)) == isEmpty(node.input(3)))
    return node.fail("must have either scales or sizes");
  if (!isEmpty(node.input(2))) {
    auto scales = readScales(node, 2);
    if (!scales || !addScaled(node, request, axes, *scales))
      return false;
  } else {
    Sizes sizes;
    bool given;
    if (!node.knownSizes("sizes", 3, sizes, given) || !addSized(node, request, axes, sizes))
      return false;
  }
  llvm::sort(request.axes, [](const Axis &a, const Axis &b) { return a.index < b.index; });
  if (request.isRegion)
    return sampleRegion(node, request, axes.size());
  return node.set(resize(node, request, node.input(0), request.axes));
}

bool importUpsample(Node &node) {
  Request request;
  SmallVector<double> scales;
  if (node.version >= 9) {
    if (!node.input(1))
      return node.fail("lacks scales");
    auto found = readScales(node, 1);
    if (!found)
      return false;
    scales = *found;
  } else if (node.version >= 7) {
    scales = node.reals("scales");
  } else {
    scales = {1, 1, node.real("height_scale", 1), node.real("width_scale", 1)};
  }
  return readMode(node, request) &&
         addScaled(node, request, llvm::to_vector(llvm::seq<int64_t>(node.rank())), scales) &&
         resizeAsymmetric(node, request);
}

} // namespace treadle::onnx
