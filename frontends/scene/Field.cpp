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

constexpr int64_t maxDensityOutputs = 256, maxExtraDims = 1 << 10, maxAabbScale = 128;
constexpr int64_t colorChannels = 3;

int64_t dimsOf(Mode mode) { return mode == Mode::Image ? 2 : 3; }

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

/// The bytes of a key; a file that went through JSON has a list of them.
ArrayRef<char> readBytes(const Config &config, StringRef key, std::shared_ptr<void> &keeper) {
  using nlohmann::json;
  const json *entry = config.find(key);
  if (entry)
    if (const auto *binary = entry->get_ptr<const json::binary_t *>())
      return {reinterpret_cast<const char *>(binary->data()), binary->size()};
  const json *list = nullptr;
  if (entry && entry->is_object())
    if (auto it = entry->find("bytes"); it != entry->end() && it->is_array())
      list = &*it;
  if (!list) {
    config.report(key, config.found(key) + "; it should be binary, or {\"bytes\": [..]} in JSON");
    return {};
  }
  auto bytes = std::make_shared<std::vector<char>>();
  for (const json &item : *list) {
    const auto *number = item.is_number_unsigned() ? item.get_ptr<const uint64_t *>() : nullptr;
    if (!number || *number > UINT8_MAX) {
      config.report(key, "has an element in bytes that is not a whole number from 0 to 255");
      return {};
    }
    bytes->push_back(static_cast<char>(*number));
  }
  keeper = bytes;
  return *bytes;
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
  const char *at = result.bytes.data();
  for (int64_t i = 0; i < result.count; ++i, at += width) {
    uint32_t bits = 0; // not a finite number: all bits of the exponent are set
    std::memcpy(&bits, at, width);
    uint32_t exponent = width == 2 ? 0x7c00 : 0x7f800000;
    if ((bits & exponent) == exponent) {
      snapshot.report("params_binary", "has at number " + Twine(i) +
                                           " one that is not finite; save a snapshot from before training failed");
      break;
    }
  }
  return result;
}

} // namespace

int64_t Field::countParameters(int64_t alignment) const {
  int64_t result = position.parameters + network.parameters(position.outputs, alignment);
  if (mode == Mode::Nerf)
    result += direction.parameters + color.parameters(colorInputs(), alignment);
  return result;
}

Field readField(const Config &config, std::shared_ptr<void> keeper) {
  Field field;
  Problems &problems = config.all();
  if (!config.has("snapshot")) {
    config.report("snapshot",
                  "is missing; this is a configuration without the parameters that were trained for it: save "
                  "a snapshot with instant-ngp, or with tools/train");
    return field;
  }
  Config snapshot = config.map("snapshot");
  snapshot.integer("version", 1, 1, 1);
  if (!snapshot.has("mode"))
    snapshot.report("mode", "is missing; it can be nerf, sdf, image, volume");
  field.mode = snapshot.choose<Mode>(
      "mode", Mode::Image,
      {{"nerf", Mode::Nerf}, {"sdf", Mode::Sdf}, {"image", Mode::Image}, {"volume", Mode::Volume}});
  if (!problems.empty())
    return field; // the rest means nothing without the mode

  auto growth = [&](int64_t levels, int64_t base) { return growthOf(snapshot, field.mode, levels, base); };
  field.position = readEncoding(config.map("encoding"), dimsOf(field.mode), growth);
  if (problems.empty() && field.position.outputs == 0)
    config.report("encoding",
                  "makes no features of a position, and a network needs one; its otype should not be Empty");
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
  case Mode::Nerf: {
    field.network = readNetwork(network, network.integer("n_output_dims", 16, 1, maxDensityOutputs));
    Config dataset = snapshot.map("nerf", /*isNeeded=*/false).map("dataset", /*isNeeded=*/false);
    field.extraDims = dataset.integer("n_extra_learnable_dims", 0, 0, maxExtraDims);
    field.isHdr = dataset.boolean("is_hdr", false);
    field.direction = readEncoding(config.map("dir_encoding"), 3 + field.extraDims);
    field.color = readNetwork(config.map("rgb_network"), colorChannels);
    break;
  }
  }
  field.parameters = readParameters(snapshot, std::move(keeper));
  if (!problems.empty())
    return field;
  // Old builds of tiny-cuda-nn filled widths up to 8 where it is 16 now.
  for (int64_t alignment : {16, 8})
    if (field.countParameters(alignment) == field.parameters.count) {
      field.alignment = alignment;
      return field;
    }
  snapshot.report("n_params", "is " + Twine(field.parameters.count) + "; the encodings and networks have " +
                                  Twine(field.countParameters(16)) + ", or " + Twine(field.countParameters(8)) +
                                  " in the format of old snapshots; see to their keys");
  return field;
}

SmallVector<std::pair<StringRef, int64_t>> inputsOf(const Field &field) {
  SmallVector<std::pair<StringRef, int64_t>> result = {{"position", dimsOf(field.mode)}};
  if (field.mode == Mode::Nerf)
    result.push_back({"direction", 3});
  return result;
}

SmallVector<NamedValue> writeField(Writer &writer, const Field &field, ValueRange inputs) {
  Type f32 = writer.builder().getF32Type();
  bool isRadiance = field.mode == Mode::Nerf;
  int64_t alignment = field.alignment, width = field.network.widths(field.position.outputs, alignment).front();
  int64_t colorAt = field.network.parameters(field.position.outputs, alignment);
  int64_t positionAt = colorAt + (isRadiance ? field.color.parameters(field.colorInputs(), alignment) : 0);

  writer.setLocation("encoding");
  Value features = writeEncoding(writer, field.position, inputs[0], positionAt, width);
  writer.setLocation("network");
  Value result = writeNetwork(writer, field.network, features, 0, alignment);
  if (!isRadiance) {
    Value value = writer.cast(result, f32);
    switch (field.mode) {
    case Mode::Image:
      return {{"color", value}};
    case Mode::Sdf:
      return {{"distance", value}};
    default:
      return {{"color", writer.columns(value, 0, colorChannels)}, {"density", writer.columns(value, colorChannels, 1)}};
    }
  }

  Value density = writer.make<ExpOp>(writer.cast(writer.columns(result, 0, 1), f32));
  writer.setLocation("dir_encoding");
  Value direction =
      writer.concat({writer.add(writer.mul(inputs[1], 0.5), 0.5), writer.filled(inputs[1], field.extraDims, 0, f32)});
  int64_t directionWidth = field.color.widths(field.colorInputs(), alignment).front() - field.network.outputs;
  Value seen =
      writeEncoding(writer, field.direction, direction, positionAt + field.position.parameters, directionWidth);
  writer.setLocation("rgb_network");
  Value raw = writeNetwork(writer, field.color, writer.concat({result, seen}), colorAt, alignment);
  raw = writer.cast(raw, f32);
  if (!field.isHdr)
    return {{"color", writer.make<SigmoidOp>(raw)}, {"density", density}};
  // The greatest and least colour that there can be.
  constexpr double range = 10;
  raw = writer.make<MaxOp>(writer.make<MinOp>(raw, writer.scalar(range, f32)), writer.scalar(-range, f32));
  return {{"color", writer.make<ExpOp>(raw)}, {"density", density}};
}

} // namespace treadle::scene
