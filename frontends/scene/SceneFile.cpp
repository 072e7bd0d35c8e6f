//===- SceneFile.cpp - scenes that say all of themselves ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/SceneFile.h"
#include "dialects/ng/Rays.h"
#include "frontends/scene/Buffer.h"
#include <cmath>

using namespace mlir;

namespace treadle::scene {
namespace {

constexpr int64_t maxInputDims = 1 << 10, maxExtraDims = 1 << 10, maxPixels = 1 << 16, maxCascades = 16;
constexpr float maxEdge = 1 << 15;
constexpr const char *filesKeys[] = {"parameters", "occupancy"};

// What a file may say at its top; others are a slip of the pen, but for those that tiny-cuda-nn's files have too.
constexpr StringRef sceneKeys[] = {"treadle_scene", "kind",          "encoding",      "network",    "dir_encoding",
                                   "rgb_network",   "n_input_dims",  "n_output_dims", "parameters", "occupancy",
                                   "hdr",           "linear_colors", "extra_dims",    "edge",       "box",
                                   "size",          "background",    "exposure",      "camera",     "render",
                                   "loss",          "optimizer",     "parent",        "description"};
// And in its maps. An encoding may have those of all kinds, as in tiny-cuda-nn.
constexpr StringRef encodingKeys[] = {"otype",
                                      "type",
                                      "n_levels",
                                      "n_features_per_level",
                                      "n_features",
                                      "n_grid_features",
                                      "base_resolution",
                                      "hash",
                                      "interpolation",
                                      "log2_hashmap_size",
                                      "per_level_scale",
                                      "stochastic_interpolation",
                                      "n_frequencies",
                                      "n_bins",
                                      "degree",
                                      "fixed_point_pos",
                                      "n_dims_to_encode",
                                      "dims_to_encode_begin",
                                      "scale",
                                      "offset",
                                      "nested",
                                      "reduction",
                                      "convention",
                                      "align_corners"};
constexpr StringRef networkKeys[] = {"otype",      "n_neurons",         "n_hidden_layers",
                                     "activation", "output_activation", "n_output_dims"};
constexpr StringRef cameraKeys[] = {"eye", "look_at", "up", "fov", "fov_axis", "pose"};
constexpr StringRef parametersKeys[] = {"file", "tensor", "dtype", "offset", "input"};
constexpr StringRef occupancyKeys[] = {"file", "tensor", "dtype", "offset", "cells", "cascades"};
constexpr StringRef boxKeys[] = {"min", "max"};
constexpr int deepest = 16; // encoding within encodings

void checkKeys(const Config &config, ArrayRef<StringRef> known, StringRef owner) {
  for (const std::string &key : config.names()) {
    if (llvm::is_contained(known, key))
      continue;
    auto distance = [&](StringRef other) { return other.edit_distance(key, /*AllowReplacements=*/true, 3); };
    StringRef nearest = *llvm::min_element(known, [&](StringRef a, StringRef b) { return distance(a) < distance(b); });
    std::string advice =
        distance(nearest) <= 2 ? "is " + nearest.str() + " meant?" : "docs/neural-graphics.md has those that there are";
    config.report(StringRef(key).take_front(40), "is no key of " + owner + "; " + advice);
  }
}

void checkEncoding(const Config &encoding, int depth) {
  checkKeys(encoding, encodingKeys, "an encoding");
  const nlohmann::json *nested = encoding.find("nested");
  if (!nested || !nested->is_array() || depth == deepest ||
      !llvm::all_of(*nested, [](const auto &item) { return item.is_object(); }))
    return;
  for (const Config &inner : encoding.maps("nested"))
    checkEncoding(inner, depth + 1);
}

void checkMaps(const Config &config) {
  auto check = [&](StringRef key, auto body) {
    if (const nlohmann::json *value = config.find(key); value && value->is_object())
      body(config.map(key));
  };
  for (StringRef key : {"encoding", "dir_encoding"})
    check(key, [](const Config &encoding) { checkEncoding(encoding, 0); });
  for (StringRef key : {"network", "rgb_network"})
    check(key, [](const Config &network) { checkKeys(network, networkKeys, "a network"); });
  check("camera", [](const Config &camera) { checkKeys(camera, cameraKeys, "a camera"); });
  check("parameters", [](const Config &file) { checkKeys(file, parametersKeys, "parameters"); });
  check("occupancy", [](const Config &file) { checkKeys(file, occupancyKeys, "an occupancy"); });
  check("box", [](const Config &box) { checkKeys(box, boxKeys, "a box"); });
}

void readOccupancy(const Config &config, StringRef folder, Drawing &drawing) {
  if (!config.has("occupancy"))
    return;
  Config entry = config.map("occupancy");
  int64_t cells = entry.integer("cells", 2, 1024), cascades = entry.integer("cascades", 1, 1, maxCascades);
  Buffer bits = readBuffer(config, "occupancy", folder, DType::U8);
  if (!config.all().empty())
    return;
  auto bytes = static_cast<int64_t>(bits.bytes.size());
  if (bytes % cascades || ng::occupancyCells(bytes / cascades) != cells) {
    entry.report("cells", "and cascades say " + Twine(cascades) + " times " + Twine(cells) +
                              "^3 bits, and cells is a power of two; the file has " + Twine(bytes) + " bytes");
    return;
  }
  drawing.occupancy = std::make_shared<std::vector<char>>(bits.bytes.begin(), bits.bytes.end());
  drawing.cascades = cascades;
}

void readSceneCamera(const Config &camera, Drawing::Camera &result) {
  readList(camera, "eye", result.eye);
  readList(camera, "look_at", result.target);
  readList(camera, "up", result.up);
  readPose(camera, "pose", result);
  result.fov = camera.number("fov").value_or(result.fov);
  if (!(result.fov > 0 && result.fov < 180))
    camera.report("fov", camera.found("fov") + "; it should be an angle of more than 0 and less than 180 degrees");
  result.isAcross = camera.choose<bool>("fov_axis", false, {{"x", true}, {"y", false}});
}

/// {"input": "params", "dtype": "f16"}: they come from whoever runs the program.
bool readParameterInput(const Config &config, Parameters &parameters) {
  if (!config.has("parameters"))
    return false;
  Config entry = config.map("parameters");
  if (!entry.has("input"))
    return false;
  parameters.input = entry.text("input");
  if (config.all().empty() && parameters.input.empty())
    entry.report("input", "should be the name that the input with the parameters gets");
  if (entry.has("file"))
    entry.report("input", "stands beside file, and both say where parameters come from; leave one out");
  if (!entry.has("dtype"))
    entry.report("dtype", "is missing; it can be f16, f32");
  parameters.dtype = entry.choose<DType>("dtype", DType::F16, {{"f16", DType::F16}, {"f32", DType::F32}});
  return true;
}

} // namespace

Field readSceneField(const Config &config, StringRef folder, StringRef part) {
  Field field;
  Problems &problems = config.all();
  if (config.has("treadle_scene"))
    config.integer("treadle_scene", 1, 1);
  else if (config.has("kind"))
    config.report("treadle_scene", "is missing, the version of the file's format; it should be 1");
  field.mode = config.choose<Mode>("kind", Mode::Network,
                                   {{"image", Mode::Image},
                                    {"sdf", Mode::Sdf},
                                    {"volume", Mode::Volume},
                                    {"nerf", Mode::Nerf},
                                    {"network", Mode::Network}});
  if (!problems.empty())
    return field; // the rest means nothing without it
  if (config.has("kind"))
    checkKeys(config, sceneKeys, "a scene file");
  checkMaps(config);
  if (field.mode == Mode::Network) {
    if (!config.has("n_input_dims"))
      config.report("n_input_dims",
                    "is missing, how many numbers the encoding takes, which tiny-cuda-nn is told beside "
                    "its configuration; add it, or kind if this is a scene: image, sdf, volume or nerf");
    else
      field.networkInputs = config.integer("n_input_dims", 1, maxInputDims);
  }
  field.isHdr = config.boolean("hdr", false);
  field.extraDims = config.integer("extra_dims", 0, 0, maxExtraDims);
  bool isInput = readParameterInput(config, field.parameters);
  if (!isInput && (config.has("parameters") || problems.empty())) {
    Buffer buffer = readBuffer(config, "parameters", folder, {DType::F16, DType::F32});
    field.parameters = {buffer.dtype, 0, buffer.bytes, buffer.keeper, ""};
  }
  if (problems.empty() || field.networkInputs || field.mode != Mode::Network)
    readConfiguration(config, field, nullptr, /*onlyEncoding=*/part == "encoding");
  if (!problems.empty())
    return field;
  if (isInput) {
    field.parameters.count = field.countParameters(field.alignment);
    return field;
  }
  Config entry = config.map("parameters");
  int64_t width = byteSize(field.parameters.dtype, 1), bytes = static_cast<int64_t>(field.parameters.bytes.size());
  if (bytes % width) {
    entry.report("file", entry.found("file") + ", of " + Twine(bytes) + " bytes, which are no numbers of " +
                             Twine(width) + " bytes; see to dtype and offset");
    return field;
  }
  field.parameters.count = bytes / width;
  settleParameters(config, "parameters", field);
  return field;
}

Drawing readSceneDrawing(const Config &config, StringRef folder, const Field &field, ArrayRef<Setting> settings) {
  Drawing drawing(field);
  Problems &problems = config.all();
  drawing.isLinear = config.boolean("linear_colors", drawing.isLinear);
  if (std::optional<float> edge = config.number("edge"); edge && *edge > 0 && *edge <= maxEdge)
    setEdge(drawing, *edge);
  else if (edge)
    config.report("edge",
                  config.found("edge") + "; it should be a positive number, " + Twine(int64_t(maxEdge)) + " at most");
  cropBox(config, "box", drawing);
  readLook(config, "background", drawing);
  readSceneCamera(config.map("camera", /*isNeeded=*/false), drawing.camera);
  std::array<float, 2> size{};
  if (readList(config, "size", size))
    for (size_t i = 0; i < 2; ++i) {
      if (size[i] >= 1 && size[i] <= maxPixels && size[i] == std::floor(size[i]))
        drawing.size[i] = static_cast<int64_t>(size[i]);
      else
        config.report("size", "should be two whole numbers of pixels, width and height, from 1 to " + Twine(maxPixels));
    }
  readOccupancy(config, folder, drawing);
  if (const nlohmann::json *render = config.find("render"); render && render->is_object()) {
    std::vector<Setting> given;
    for (auto it = render->begin(); it != render->end(); ++it)
      if (it->is_number())
        given.push_back({StringRef(it.key()).take_front(40).str(), it->get<double>()});
      else
        config.report("render." + StringRef(it.key()).take_front(40).str(), "should be a number");
    setNumbers(drawing, field.mode, given, "render.", problems);
  } else {
    config.map("render", /*isNeeded=*/false);
  }
  finishDrawing(drawing, field.mode, settings, problems);
  return drawing;
}

std::vector<std::string> filesOf(const nlohmann::json &root, StringRef folder) {
  std::vector<std::string> files;
  Problems ignored;
  Config config(root, "", ignored);
  for (const char *key : filesKeys)
    if (config.has(key))
      if (std::optional<std::string> path = pathIn(folder, config.map(key).text("file")))
        files.push_back(*path);
  return files;
}

} // namespace treadle::scene
