//===- Field.cpp - the field in a snapshot ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Field.h"
#include "dialects/graph/Graph.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::scene {
namespace {

constexpr int64_t maxNetworkDims = 1 << 10;
constexpr int64_t maxDensityOutputs = 256, maxExtraDims = 1 << 10, maxAabbScale = 128;
constexpr int64_t colorChannels = 3;

int64_t dimsOf(const Field &field) {
  return field.mode == Mode::Network ? field.networkInputs : field.mode == Mode::Image ? 2 : 3;
}

/// instant-ngp computes how levels grow when it loads a snapshot, from what it is a snapshot of: the finest level is to
/// be as fine as that.
std::optional<float> growthOf(const Config &snapshot, Mode mode, int64_t levels, int64_t baseResolution) {
  float desired = 2048;
  if (levels == 1)
    return 1.0f;
  if (mode == Mode::Image) {
    Config image = snapshot.map("image", /*isNeeded=*/false);
    if (!image.has("width") || !image.has("height")) {
      snapshot.report("image", "is missing, and encoding.per_level_scale too, which follows from it; add the picture's "
                               "size as snapshot.image.width and height, or per_level_scale to encoding");
      return std::nullopt;
    }
    desired = static_cast<float>(std::max(image.integer("width", 1, 1 << 24), image.integer("height", 1, 1 << 24))) / 2;
  } else if (mode == Mode::Volume) {
    std::optional<float> scale = snapshot.map("volume", /*isNeeded=*/false).number("world2index_scale");
    if (!scale) {
      snapshot.report("volume.world2index_scale",
                      "is missing, and encoding.per_level_scale too, which follows from it; add either");
      return std::nullopt;
    }
    desired = *scale;
  } else if (mode == Mode::Nerf) {
    desired *= static_cast<float>(snapshot.map("nerf", /*isNeeded=*/false).integer("aabb_scale", 1, 1, maxAabbScale));
  }
  return ng::perLevelScaleFor(desired, levels, baseResolution);
}

Parameters readParameters(const Config &snapshot, std::shared_ptr<void> keeper) {
  Parameters result;
  if (!snapshot.has("params_type"))
    snapshot.report("params_type", "is missing; it should be __half or float");
  result.dtype = snapshot.choose<DType>("params_type", DType::F16, {{"__half", DType::F16}, {"float", DType::F32}});
  result.count = snapshot.integer("n_params", 1, INT32_MAX);
  result.keeper = std::move(keeper);
  result.bytes = readBytes(snapshot, "params_binary", result.keeper);
  int64_t width = byteSize(result.dtype, 1);
  if (!snapshot.all().empty())
    return result;
  if (static_cast<int64_t>(result.bytes.size()) != result.count * width) {
    snapshot.report("params_binary", "has " + Twine(result.bytes.size()) + " bytes; n_params and params_type say " +
                                         Twine(result.count) + " numbers of " + Twine(width) + " bytes");
    return result;
  }
  return result;
}

} // namespace

int64_t Field::countParameters(int64_t alignment) const {
  int64_t result = position.parameters + (hasNetwork ? network.parameters(position.outputs, alignment) : 0);
  if (mode == Mode::Nerf)
    result += direction.parameters + color.parameters(colorInputs(), alignment);
  return result;
}

std::string Field::layersText(int64_t alignment) const {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto addNetwork = [&](StringRef name, const Network &network, int64_t inputs) {
    SmallVector<int64_t> widths = network.widths(inputs, alignment);
    os << (text.empty() ? "" : ", ") << name << " ";
    if (widths.size() > 6)
      os << widths.size() - 1 << " matrices";
    else
      for (size_t i = 1; i < widths.size(); ++i)
        os << (i > 1 ? " + " : "") << "[" << widths[i] << ", " << widths[i - 1] << "]";
    os << " = " << network.parameters(inputs, alignment);
  };
  auto addEncoding = [&](StringRef name, const Encoding &encoding) {
    if (encoding.parameters)
      os << (text.empty() ? "" : ", ") << name << " " << encoding.parameters / encoding.features << " x "
         << encoding.features << " = " << encoding.parameters;
  };
  if (hasNetwork)
    addNetwork("network", network, position.outputs);
  if (mode == Mode::Nerf)
    addNetwork("rgb_network", color, colorInputs());
  addEncoding("encoding", position);
  if (mode == Mode::Nerf)
    addEncoding("dir_encoding", direction);
  return text;
}

static void addTables(nlohmann::json &layout, StringRef key, const Encoding &encoding) {
  if (encoding.kind == Encoding::Kind::Grid)
    layout.push_back({{"key", key.str()}, {"shape", {encoding.parameters / encoding.features, encoding.features}}});
  for (const Encoding::Part &part : encoding.parts)
    addTables(layout, key, part.encoding);
}

std::string Field::layoutText() const {
  nlohmann::json layout = nlohmann::json::array();
  auto addMatrices = [&](StringRef key, const Network &network, int64_t inputs) {
    SmallVector<int64_t> widths = network.widths(inputs, alignment);
    for (size_t i = 1; i < widths.size(); ++i)
      layout.push_back({{"key", key.str()}, {"shape", {widths[i], widths[i - 1]}}});
  };
  if (hasNetwork)
    addMatrices("network", network, position.outputs);
  if (mode == Mode::Nerf)
    addMatrices("rgb_network", color, colorInputs());
  addTables(layout, "encoding", position);
  if (mode == Mode::Nerf)
    addTables(layout, "dir_encoding", direction);
  return layout.dump();
}

/// Whose parameter number `index` is.
static StringRef ownerOf(const Field &field, int64_t index) {
  if (index < field.colorAt())
    return "network";
  if (index < field.positionAt())
    return "rgb_network";
  return index < field.directionAt() ? "encoding" : "dir_encoding";
}

void settleParameters(const Config &config, StringRef key, Field &field) {
  Parameters &parameters = field.parameters;
  // Old builds of tiny-cuda-nn filled widths up to 8 where it is 16 now.
  bool isFound = false;
  for (int64_t alignment : {8, 16})
    if (field.countParameters(alignment) == parameters.count) {
      field.alignment = alignment;
      isFound = true;
    }
  if (!isFound) {
    config.report(key == "params_binary" ? "n_params" : key,
                  "is " + Twine(parameters.count) + "; the encodings and networks have " +
                      Twine(field.countParameters(16)) + ", or " + Twine(field.countParameters(8)) +
                      " in the format of old snapshots; see to their keys: " + field.layersText(16));
    return;
  }
  int64_t width = byteSize(parameters.dtype, 1);
  const char *at = parameters.bytes.data();
  for (int64_t i = 0; i < parameters.count; ++i, at += width) {
    uint32_t bits = 0; // not a finite number: all bits of the exponent are set
    std::memcpy(&bits, at, width);
    uint32_t exponent = width == 2 ? 0x7c00 : 0x7f800000;
    if ((bits & exponent) == exponent) {
      config.report(key, "has at number " + Twine(i) + ", of " + ownerOf(field, i) +
                             ", one that is not finite; take those from before training failed");
      return;
    }
  }
}

void readConfiguration(const Config &config, Field &field, GrowthOf growth, bool onlyEncoding) {
  field.position = readEncoding(config.map("encoding"), dimsOf(field), growth);
  if (config.all().empty() && field.position.outputs == 0)
    config.report("encoding",
                  "makes no features of a position, and a network needs one; its otype should not be Empty");
  field.hasNetwork = !onlyEncoding || field.mode != Mode::Network || config.has("network");
  if (!field.hasNetwork)
    return;
  Config network = config.map("network");
  switch (field.mode) {
  case Mode::Image:
    field.network = readNetwork(network, colorChannels);
    break;
  case Mode::Sdf:
    field.network = readNetwork(network, 1);
    break;
  case Mode::Volume:
    field.network = readNetwork(network, colorChannels + 1);
    break;
  case Mode::Nerf:
    field.network = readNetwork(network, network.integer("n_output_dims", 16, 1, maxDensityOutputs));
    field.direction = readEncoding(config.map("dir_encoding"), 3 + field.extraDims);
    field.color = readNetwork(config.map("rgb_network"), colorChannels);
    break;
  case Mode::Network:
    field.network = readNetwork(network, config.integer("n_output_dims", 1, maxNetworkDims));
    break;
  }
}

Field readField(const Config &config, std::shared_ptr<void> keeper) {
  Field field;
  Problems &problems = config.all();
  Config snapshot = config.map("snapshot");
  snapshot.integer("version", 1, 1, 1);
  if (!snapshot.has("mode"))
    snapshot.report("mode", "is missing; it can be nerf, sdf, image, volume");
  field.mode = snapshot.choose<Mode>(
      "mode", Mode::Image,
      {{"nerf", Mode::Nerf}, {"sdf", Mode::Sdf}, {"image", Mode::Image}, {"volume", Mode::Volume}});
  if (!problems.empty())
    return field; // the rest means nothing without the mode

  if (field.mode == Mode::Nerf) {
    Config dataset = snapshot.map("nerf", /*isNeeded=*/false).map("dataset", /*isNeeded=*/false);
    field.extraDims = dataset.integer("n_extra_learnable_dims", 0, 0, maxExtraDims);
    field.isHdr = dataset.boolean("is_hdr", false);
  }
  readConfiguration(config, field,
                    [&](int64_t levels, int64_t base) { return growthOf(snapshot, field.mode, levels, base); });
  field.parameters = readParameters(snapshot, std::move(keeper));
  if (problems.empty())
    settleParameters(snapshot, "params_binary", field);
  return field;
}

SmallVector<std::pair<StringRef, int64_t>> inputsOf(const Field &field) {
  StringRef name = field.mode == Mode::Network ? "input" : "position";
  SmallVector<std::pair<StringRef, int64_t>> result = {{name, dimsOf(field)}};
  if (field.mode == Mode::Nerf)
    result.push_back({"direction", 3});
  return result;
}

Value writeDirection(Writer &writer, const Field &field, Value direction, int64_t width) {
  Value input = writer.concat({writer.add(writer.mul(direction, 0.5), 0.5),
                               writer.filled(direction, field.extraDims, 0, writer.builder().getF32Type())});
  return writeEncoding(writer, field.direction, input, field.directionAt(), width);
}

SmallVector<NamedValue> writeField(Writer &writer, const Field &field, ValueRange inputs) {
  Type f32 = writer.builder().getF32Type();
  bool isRadiance = field.mode == Mode::Nerf;
  int64_t alignment = field.alignment, width = field.network.widths(field.position.outputs, alignment).front();

  writer.setLocation("encoding");
  Value features = writeEncoding(writer, field.position, inputs[0], field.positionAt(), width);
  writer.setLocation("network");
  Value result = writeNetwork(writer, field.network, features, 0, alignment);
  if (!isRadiance) {
    Value value = writer.cast(result, f32);
    switch (field.mode) {
    case Mode::Image:
      return {{"color", value}};
    case Mode::Sdf:
      return {{"distance", value}};
    case Mode::Network:
      return {{"output", value}};
    default:
      return {{"color", writer.columns(value, 0, colorChannels)}, {"density", writer.columns(value, colorChannels, 1)}};
    }
  }

  Value density = writer.make<ExpOp>(writer.cast(writer.columns(result, 0, 1), f32));
  writer.setLocation("dir_encoding");
  int64_t directionWidth = field.color.widths(field.colorInputs(), alignment).front() - field.network.outputs;
  Value seen = writeDirection(writer, field, inputs[1], directionWidth);
  writer.setLocation("rgb_network");
  Value raw = writeNetwork(writer, field.color, writer.concat({result, seen}), field.colorAt(), alignment);
  raw = writer.cast(raw, f32);
  if (!field.isHdr)
    return {{"color", writer.make<SigmoidOp>(raw)}, {"density", density}};
  // The greatest and least colour that there can be.
  constexpr double range = 10;
  raw = writer.make<MaxOp>(writer.make<MinOp>(raw, writer.scalar(range, f32)), writer.scalar(-range, f32));
  return {{"color", writer.make<ExpOp>(raw)}, {"density", density}};
}

} // namespace treadle::scene
