//===- Picture.cpp - the program that draws a field --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pixels are rows of [pixels, K]; what goes in and comes out is [height, width, K]. Light is linear and premultiplied
// from where a pixel is composed on.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "frontends/scene/Drawing.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::scene {
namespace {

// Where the light of surfaces comes from; towards it.
constexpr std::array<double, 3> sun = {0.4, 0.8, 0.45};
constexpr int64_t maxPixels = 1 << 30;

class Painter {
public:
  Painter(func::FuncOp main, const Field &field, const Drawing &drawing)
      : main(main), field(field), drawing(drawing), numbers(drawing.numbers),
        writer(OpBuilder::atBlockEnd(main.addEntryBlock()), field.parameters), b(writer.builder()),
        context(b.getContext()), f32(b.getF32Type()), height(DimExpr::symbol(context, "height")),
        width(DimExpr::symbol(context, "width")), pixels(height * width) {}

  void paint();

private:
  struct Seen {
    Value color, alpha; // [pixels, 3], [pixels, 1]; premultiplied
    Value depth;        // or null
  };
  Seen seeImage();
  Seen seeRadiance();
  Seen seeVolume();
  Seen seeSurface();

  DimExpr number(int64_t value) { return DimExpr::constant(context, value); }
  Value input(StringRef name, ArrayRef<DimExpr> dims, Type element = {});
  void output(StringRef name, Value value) { outputs.push_back({name, value}); }
  Value reshape(Value value, ArrayRef<DimExpr> dims) { return writer.make<ReshapeOp>(value, dims); }
  Value scalar(double value) { return writer.scalar(value, f32); }
  Value vector(ArrayRef<double> values);
  Value select(Value condition, Value a, Value c) { return writer.make<SelectOp>(condition, a, c); }
  Value less(Value a, Value c) { return writer.make<CompareOp>(Predicate::lt, a, c); }
  Value sub(Value a, Value c) { return writer.make<SubOp>(a, c); }
  Value div(Value a, Value c) { return writer.make<DivOp>(a, c); }
  Value pow(Value a, double exponent) { return writer.make<PowOp>(a, scalar(exponent)); }
  Value clamped(Value value, double low, double high) {
    return writer.make<MinOp>(writer.make<MaxOp>(value, scalar(low)), scalar(high));
  }
  Value column(Value value, int64_t index) { return writer.columns(value, index, 1); }
  /// Of a value of three columns, by `Op` of two.
  template <typename Op> Value joinColumns(Value value) {
    return writer.make<Op>(writer.make<Op>(column(value, 0), column(value, 1)), column(value, 2));
  }
  Value toLinear(Value color);
  Value toSrgb(Value color);

  void castRays();
  DenseF32ArrayAttr box() { return b.getDenseF32ArrayAttr(drawing.box); }
  FloatAttr attr(double value) { return b.getF32FloatAttr(static_cast<float>(value)); }
  Value occupancy();
  DimAttr capacity();
  /// Writes the field as the region of an op of ng: positions, and as many directions, are its first arguments.
  void writeRegion(Region &region, int64_t inputs, ArrayRef<StringRef> yields);
  Value inUnitCube(Writer &inner, Value positions);

  func::FuncOp main;
  const Field &field;
  const Drawing &drawing;
  const Drawing::Numbers &numbers;
  Writer writer;
  OpBuilder &b;
  MLIRContext *context;
  Type f32;
  DimExpr height, width, pixels;
  SmallVector<Type> inputTypes;
  SmallVector<StringRef> inputNames;
  SmallVector<NamedValue> outputs;
  Value intrinsics, origin, direction;
};

// ---- building blocks ---------------------------------------------------------------------------

Value Painter::input(StringRef name, ArrayRef<DimExpr> dims, Type element) {
  Type type = tensorOf(Dims(dims), element ? element : f32);
  inputTypes.push_back(type);
  inputNames.push_back(name);
  return main.front().addArgument(type, b.getUnknownLoc());
}

Value Painter::vector(ArrayRef<double> values) {
  Tensor tensor(DType::F32, {static_cast<int64_t>(values.size())});
  for (auto [i, value] : llvm::enumerate(values))
    tensor.set<double>(static_cast<int64_t>(i), value);
  return writer.make<ConstantOp>(tensor.toAttr(context));
}

/// IEC 61966-2-1
Value Painter::toLinear(Value color) {
  Value low = writer.mul(color, 1 / 12.92);
  Value high = pow(writer.mul(writer.add(writer.make<MaxOp>(color, scalar(0)), 0.055), 1 / 1.055), 2.4);
  return select(less(scalar(0.04045), color), high, low);
}

Value Painter::toSrgb(Value color) {
  color = clamped(color, 0, 1);
  Value high = writer.add(writer.mul(pow(color, 1 / 2.4), 1.055), -0.055);
  return select(less(scalar(0.0031308), color), high, writer.mul(color, 12.92));
}

void Painter::castRays() {
  Value camera = input("camera", {number(3), number(4)});
  Attribute size[] = {height.attribute(), width.attribute()};
  writer.setLocation("camera");
  auto rays = writer.make<ng::CameraRaysOp>(camera, intrinsics, DimsAttr::get(context, size));
  origin = rays.getOrigin();
  direction = rays.getDirection();
}

Value Painter::occupancy() {
  if (!drawing.occupancy)
    return {};
  auto bytes = static_cast<int64_t>(drawing.occupancy->size()) / drawing.cascades;
  auto type = RankedTensorType::get({drawing.cascades, bytes}, b.getIntegerType(8, /*isSigned=*/false));
  AsmResourceBlob blob(
      ArrayRef<char>(*drawing.occupancy), 1, [keeper = drawing.occupancy](void *, size_t, size_t) {},
      /*dataIsMutable=*/false);
  return writer.make<ConstantOp>(DenseResourceElementsAttr::get(type, "occupancy", std::move(blob)));
}

/// What there is room for is how large an input is.
DimAttr Painter::capacity() {
  if (numbers.gathers < 0.5)
    return {};
  DimExpr room = DimExpr::symbol(context, "room");
  input("room", {room}, b.getIntegerType(8, /*isSigned=*/false));
  return cast<DimAttr>(room.attribute());
}

Value Painter::inUnitCube(Writer &inner, Value positions) {
  if (drawing.scale == 1)
    return positions;
  return inner.add(inner.mul(inner.add(positions, -0.5), 1.0 / drawing.scale), 0.5);
}

void Painter::writeRegion(Region &region, int64_t inputs, ArrayRef<StringRef> yields) {
  OpBuilder::InsertionGuard guard(b);
  Type points = tensorOf({DimExpr::symbol(context, "samples"), number(3)}, f32);
  Block *block =
      b.createBlock(&region, {}, SmallVector<Type>(inputs, points), SmallVector<Location>(inputs, b.getUnknownLoc()));
  Writer inner(OpBuilder::atBlockEnd(block), field.parameters);
  SmallVector<Value> arguments(block->getArguments());
  arguments[0] = inUnitCube(inner, arguments[0]);
  SmallVector<NamedValue> values = writeField(inner, field, arguments);
  SmallVector<Value> yielded;
  for (StringRef name : yields)
    yielded.push_back(llvm::find_if(values, [&](NamedValue &value) { return value.name == name; })->value);
  inner.make<ng::YieldOp>(yielded);
}

// ---- what each kind of field looks like --------------------------------------------------------

/// The rays of an image are places in it.
Painter::Seen Painter::seeImage() {
  Type word = b.getIntegerType(32);
  Value pixel = writer.make<IotaOp>(tensorOf({pixels, number(1)}, word), b.getI64IntegerAttr(0));
  Attribute across[] = {width.attribute()};
  Value columns = writer.cast(writer.make<SizesOp>(DimsAttr::get(context, across), b.getUnitAttr()), word);
  Value row = writer.make<DivOp>(pixel, columns), inRow = sub(pixel, writer.make<MulOp>(row, columns));
  SmallVector<Value> places;
  for (int64_t d = 0; d < 2; ++d) {
    Value at = writer.cast(d ? row : inRow, f32);
    auto intrinsic = [&](int64_t i) {
      Attribute start[] = {number(i).attribute()};
      return writer.make<SliceOp>(tensorOf({number(1)}, f32), intrinsics, DimsAttr::get(context, start),
                                  b.getDenseI64ArrayAttr({1}));
    };
    Value from = sub(writer.add(at, 0.5), intrinsic(2 + d));
    places.push_back(div(from, intrinsic(d)));
  }
  Value color = writeField(writer, field, writer.concat(places))[0].value;
  return {color, writer.filled(color, 1, 1, f32), {}};
}

Painter::Seen Painter::seeRadiance() {
  castRays();
  writer.setLocation("render");
  auto march = writer.make<ng::MarchOp>(origin, direction, occupancy(), ValueRange(), box(), attr(numbers.min_step),
                                        attr(numbers.max_step), attr(numbers.cone_angle),
                                        b.getI64IntegerAttr(int64_t(numbers.max_steps)), attr(numbers.start),
                                        attr(numbers.min_transmittance), capacity());
  writeRegion(march.getField(), 2, {"density", "color"});
  if (march.getAsked())
    output("asked", march.getAsked());
  return {march.getColor(), march.getAlpha(), march.getDepth()};
}

Painter::Seen Painter::seeVolume() {
  castRays();
  Type word = b.getIntegerType(32, /*isSigned=*/false);
  Value first = input("first", {}, word);
  writer.setLocation("render");
  Value index = writer.make<IotaOp>(tensorOf({pixels, number(1)}, word), b.getI64IntegerAttr(0));
  auto track = writer.make<ng::DeltaTrackOp>(
      origin, direction, occupancy(), writer.add(index, first), ValueRange(), box(), attr(numbers.majorant),
      attr(numbers.density_scale), b.getI64IntegerAttr(int64_t(numbers.max_steps)),
      b.getI64IntegerAttr(int64_t(numbers.seed)), attr(numbers.min_transmittance), capacity());
  writeRegion(track.getField(), 1, {"density", "color"});
  if (track.getAsked())
    output("asked", track.getAsked());
  return {track.getColor(), track.getAlpha(), {}};
}

/// Traced from where rays are on, for some steps more: who draws goes on until none is active. Grey, lit by a sun and
/// from everywhere; normals are central differences of the field.
Painter::Seen Painter::seeSurface() {
  castRays();
  Value before = input("place", {pixels, number(1)});
  writer.setLocation("render");
  Value from = writer.add(origin, writer.mul(direction, before));
  int64_t steps = int64_t(std::min(numbers.steps_at_once, numbers.max_steps));
  auto trace = writer.make<ng::SphereTraceOp>(from, direction, ValueRange(), box(), b.getI64IntegerAttr(steps),
                                              attr(numbers.step_scale), attr(numbers.offset), attr(numbers.epsilon));
  writeRegion(trace.getField(), 1, {"distance"});
  Value position = trace.getPosition(), hit = trace.getHit(), place = writer.add(before, trace.getDistance());
  output("place", place);

  auto corner = [&](int64_t first) {
    return vector({drawing.box[first], drawing.box[first + 1], drawing.box[first + 2]});
  };
  Value isIn = writer.make<AndOp>(less(corner(0), position), less(position, corner(3)));
  Value active = writer.make<AndOp>(joinColumns<AndOp>(isIn), writer.make<NotOp>(hit));
  output("active", reshape(writer.cast(active, b.getIntegerType(8, /*isSigned=*/false)), {height, width}));

  auto gradient = writer.make<ng::GradientOp>(position, ValueRange(), attr(numbers.normal_width));
  writeRegion(gradient.getField(), 1, {"distance"});
  Value normal = gradient.getResult();
  Value length = writer.make<SqrtOp>(joinColumns<AddOp>(writer.mul(normal, normal)));
  normal = div(normal, writer.make<MaxOp>(length, scalar(1e-20)));
  double norm = std::sqrt(sun[0] * sun[0] + sun[1] * sun[1] + sun[2] * sun[2]);
  Value facing = joinColumns<AddOp>(writer.mul(normal, vector({sun[0] / norm, sun[1] / norm, sun[2] / norm})));
  Value value = writer.add(writer.mul(writer.make<MaxOp>(facing, scalar(0)), 1 - numbers.ambient), numbers.ambient);
  value = select(hit, value, scalar(0));
  Value alpha = writer.cast(hit, f32);
  return {writer.make<BroadcastOp>(value, Dims{pixels, number(3)}), alpha, select(hit, place, scalar(0))};
}

// ---- the whole ---------------------------------------------------------------------------------

void Painter::paint() {
  intrinsics = input("intrinsics", {number(4)});
  Seen seen;
  switch (field.mode) {
  case Mode::Image:
    seen = seeImage();
    break;
  case Mode::Nerf:
    seen = seeRadiance();
    break;
  case Mode::Volume:
    seen = seeVolume();
    break;
  case Mode::Sdf:
    seen = seeSurface();
    break;
  case Mode::Network:
    return; // is not drawn, which Import.cpp says
  }
  Dims picture = {height, width, number(4)};
  Value background = input("background", {number(4)}), gain = input("gain", {});
  Value before = input("before", picture), share = input("share", {});

  writer.setLocation("picture");
  Value color = drawing.isLinear ? seen.color : toLinear(seen.color);
  Value now = writer.concat({color, seen.alpha});
  now = select(writer.make<IsNanOp>(now), scalar(0), now);
  before = reshape(before, {pixels, number(4)});
  Value light = writer.add(before, writer.mul(sub(now, before), share));
  Value clear = sub(scalar(1), column(light, 3));
  Value composed = writer.add(light, writer.mul(clear, background));
  Value alpha = column(composed, 3);
  Value linear = writer.mul(writer.columns(composed, 0, 3), gain);
  // A pixel that nothing covers is black, and clear.
  Value straight = div(linear, writer.make<MaxOp>(alpha, scalar(1e-6)));
  Value srgb = writer.concat({toSrgb(straight), clamped(alpha, 0, 1)});
  Value bytes = writer.cast(writer.add(writer.mul(srgb, 255), 0.5), b.getIntegerType(8, /*isSigned=*/false));
  output("light", reshape(light, picture));
  output("linear", reshape(writer.concat({linear, alpha}), picture));
  output("pixels", reshape(bytes, picture));
  if (seen.depth)
    output("depth", reshape(seen.depth, {height, width}));

  auto values = llvm::map_to_vector(outputs, [](const NamedValue &output) { return output.value; });
  writer.make<func::ReturnOp>(values);
  main.setFunctionType(b.getFunctionType(inputTypes, llvm::to_vector(ValueRange(values).getTypes())));
  for (auto [i, name] : llvm::enumerate(inputNames))
    main.setArgAttr(i, "graph.name", b.getStringAttr(name));
  for (auto [i, output] : llvm::enumerate(outputs))
    main.setResultAttr(i, "graph.name", b.getStringAttr(output.name));
}

std::string describe(Mode mode, const Drawing &drawing) {
  const Drawing::Camera &camera = drawing.camera;
  nlohmann::json json = {{"kind", mode == Mode::Image    ? "image"
                                  : mode == Mode::Sdf    ? "sdf"
                                  : mode == Mode::Volume ? "volume"
                                                         : "nerf"},
                         {"size", drawing.size},
                         {"background", drawing.background},
                         {"exposure", drawing.exposure}};
  if (mode != Mode::Image) {
    json["camera"] = {{"eye", camera.eye},
                      {"look_at", camera.target},
                      {"up", camera.up},
                      {"fov", camera.fov},
                      {"fov_axis", camera.isAcross ? "x" : "y"}};
    if (camera.pose)
      json["camera"]["pose"] = *camera.pose;
  }
  if (mode == Mode::Sdf)
    json["rounds"] = std::ceil(drawing.numbers.max_steps / drawing.numbers.steps_at_once);
  return json.dump();
}

} // namespace

OwningOpRef<ModuleOp> makeDrawing(MLIRContext *context, const Field &field, const Drawing &drawing) {
  OpBuilder b(context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(b.getUnknownLoc());
  b.setInsertionPointToStart(module->getBody());
  auto main = func::FuncOp::create(b, b.getUnknownLoc(), "main", b.getFunctionType({}, {}));
  Painter(main, field, drawing).paint();
  SmallVector<Attribute> symbols;
  SmallVector<StringRef> names = {"height", "width"};
  if ((field.mode == Mode::Volume || field.mode == Mode::Nerf) && drawing.numbers.gathers >= 0.5)
    names.push_back("room");
  for (StringRef symbol : names)
    symbols.push_back(SymbolAttr::get(context, symbol, 1, maxPixels, 1));
  (*module)->setAttr("graph.symbols", b.getArrayAttr(symbols));
  NamedAttribute description = b.getNamedAttr("render", b.getStringAttr(describe(field.mode, drawing)));
  (*module)->setAttr("treadle.metadata", b.getDictionaryAttr(description));
  return module;
}

} // namespace treadle::scene
