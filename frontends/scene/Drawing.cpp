//===- Drawing.cpp - how a snapshot is drawn ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Drawing.h"
#include "dialects/ng/Rays.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::scene {
namespace {

constexpr int64_t maxAabbScale = 128, maxPixels = 1 << 16;
constexpr double leastThickness = 0.01; // of a cell that is looked at, if the mean is not less
constexpr double coneOfLargeScenes = 1 / 256.0;
constexpr double sceneSteps = 1024 * 128; // the greatest step in least ones, of scenes that steps grow in

std::string shown(double number) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", number);
  return text;
}

char letterOf(Mode mode) {
  switch (mode) {
  case Mode::Image:
    return 'i';
  case Mode::Sdf:
    return 's';
  case Mode::Volume:
    return 'v';
  case Mode::Nerf:
    return 'n';
  case Mode::Network:
    break;
  }
  return 0;
}

/// A cell is looked at where the optical thickness of a least step through it is above a threshold; in the middle of a
/// cascade, also where it is in any of the finer one's cells there. `values` are of cells^3 each, in Morton order.
std::vector<char> bitsOf(ArrayRef<float> values, int64_t cells) {
  size_t each = cells * cells * cells, cascades = values.size() / each;
  double mean = 0;
  for (float value : values.take_front(each))
    mean += std::max(value, 0.0f);
  double threshold = std::min(leastThickness, mean / static_cast<double>(each));
  std::vector<bool> occupied(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    occupied[i] = values[i] > threshold;
  auto quarter = static_cast<uint32_t>(cells / 4);
  for (size_t finer = 0; finer + 1 < cascades; ++finer)
    for (size_t parent = 0; parent < each / 8; ++parent) { // of 8 cells that lie together in Morton order
      bool any = false;
      for (size_t child = 0; child < 8; ++child)
        any |= occupied[finer * each + parent * 8 + child];
      uint32_t at[3] = {0, 0, 0};
      for (int bit = 0; bit < 10; ++bit)
        for (int d = 0; d < 3; ++d)
          at[d] |= (parent >> (3 * bit + d) & 1) << bit;
      if (any)
        occupied[(finer + 1) * each + ng::mortonCode(at[0] + quarter, at[1] + quarter, at[2] + quarter)] = true;
    }
  std::vector<char> bytes(values.size() / 8, 0);
  for (size_t i = 0; i < values.size(); ++i)
    bytes[i / 8] = static_cast<char>(bytes[i / 8] | occupied[i] << (i % 8));
  return bytes;
}

void readDensityGrid(const Config &snapshot, Drawing &drawing) {
  if (!snapshot.has("density_grid_binary"))
    return;
  int64_t cells = snapshot.integer("density_grid_size", 128, 4, 1024);
  std::shared_ptr<void> keeper;
  ArrayRef<char> bytes = readBytes(snapshot, "density_grid_binary", keeper);
  if (!snapshot.all().empty())
    return;
  int64_t each = 2 * cells * cells * cells, wanted = 1;
  while (std::ldexp(1.0, static_cast<int>(wanted - 1)) < drawing.scale)
    ++wanted;
  if (!ng::occupancyCells(each / 16) || static_cast<int64_t>(bytes.size()) != wanted * each) {
    snapshot.report("density_grid_binary", "has " + Twine(bytes.size()) +
                                               " bytes; density_grid_size and aabb_scale say " + Twine(wanted) +
                                               " cascades of " + Twine(cells) +
                                               "^3 numbers of 2 bytes, and density_grid_size is a power of two");
    return;
  }
  std::vector<float> values(bytes.size() / 2);
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + 2 * i, 2);
    values[i] = llvm::APFloat(llvm::APFloat::IEEEhalf(), llvm::APInt(16, bits)).convertToFloat();
    if (!std::isfinite(values[i])) {
      snapshot.report("density_grid_binary",
                      "has at number " + Twine(i) + " one that is not finite; take those from before training failed");
      return;
    }
  }
  drawing.occupancy = std::make_shared<std::vector<char>>(bitsOf(values, cells));
  drawing.cascades = wanted;
}

void readBitgrid(const Config &volume, Drawing &drawing) {
  if (!volume.has("bitgrid_binary"))
    return;
  int64_t cells = volume.integer("bitgrid_size", 128, 2, 1024);
  std::shared_ptr<void> keeper;
  ArrayRef<char> bytes = readBytes(volume, "bitgrid_binary", keeper);
  if (!volume.all().empty())
    return;
  if (ng::occupancyCells(static_cast<int64_t>(bytes.size())) != cells) {
    volume.report("bitgrid_binary", "has " + Twine(bytes.size()) + " bytes; bitgrid_size says " + Twine(cells) +
                                        "^3 bits, and is a power of two");
    return;
  }
  drawing.occupancy = std::make_shared<std::vector<char>>(bytes.begin(), bytes.end());
  drawing.cascades = 1;
}

/// Calls `visit` with the places of ng.march's steps from `start` on, until it says false.
void forEachStep(const Drawing::Numbers &numbers, double start, llvm::function_ref<bool(double)> visit) {
  auto length = [&](double t) { return std::clamp(numbers.cone_angle * t, numbers.min_step, numbers.max_step); };
  for (double t = start + numbers.start * length(start); visit(t);)
    t += length(t);
}

double diagonal(const Drawing &drawing) {
  double squares = 0;
  for (int d = 0; d < 3; ++d)
    squares += std::pow(drawing.box[d + 3] - drawing.box[d], 2);
  return std::sqrt(squares);
}

} // namespace

/// The matrix is 3 rows of 4 or 4 columns of 3.
void readPose(const Config &config, StringRef key, Drawing::Camera &camera) {
  const nlohmann::json *entry = config.find(key);
  if (!entry)
    return;
  std::array<float, 12> pose{};
  bool isPose = entry->is_array() && (entry->size() == 3 || entry->size() == 4);
  for (size_t i = 0; isPose && i < entry->size(); ++i) {
    const nlohmann::json &line = (*entry)[i];
    size_t width = entry->size() == 3 ? 4 : 3;
    isPose = line.is_array() && line.size() == width;
    for (size_t k = 0; isPose && k < width; ++k) {
      double number = line[k].is_number() ? line[k].get<double>() : NAN;
      isPose = std::isfinite(static_cast<float>(number));
      pose[entry->size() == 3 ? 4 * i + k : 4 * k + i] = static_cast<float>(number);
    }
  }
  if (!isPose)
    config.report(key, "should be a matrix of 3 rows of 4 numbers, or 4 columns of 3");
  else
    camera.pose = pose;
}

namespace {

void readCamera(const Config &camera, Drawing &drawing) {
  readPose(camera, "matrix", drawing.camera);
  std::array<float, 2> lengths{};
  bool isAcross = camera.integer("fov_axis", 1, 0, 1) == 0;
  if (readList(camera, "relative_focal_length", lengths)) {
    float length = lengths[isAcross ? 0 : 1] * camera.number("zoom").value_or(1);
    if (length > 0) {
      drawing.camera.fov = static_cast<float>(2 * std::atan(0.5 / length) * 180 / std::numbers::pi);
      drawing.camera.isAcross = isAcross;
    } else {
      camera.report("relative_focal_length", "times zoom is " + shown(length) + "; it should be positive");
    }
  }
}

} // namespace

void setEdge(Drawing &drawing, float edge) {
  drawing.scale = edge;
  for (int d = 0; d < 3; ++d) {
    drawing.box[d] = 0.5f - edge / 2;
    drawing.box[d + 3] = 0.5f + edge / 2;
  }
}

void cropBox(const Config &owner, StringRef key, Drawing &drawing) {
  Config crop = owner.map(key, /*isNeeded=*/false);
  std::array<float, 3> low{}, high{};
  if (!readList(crop, "min", low) || !readList(crop, "max", high))
    return;
  for (int d = 0; d < 3; ++d) {
    low[d] = std::max(low[d], drawing.box[d]);
    high[d] = std::min(high[d], drawing.box[d + 3]);
    if (low[d] >= high[d]) {
      owner.report(key, "has nothing in common with the cube of edge " + shown(drawing.scale) +
                            " around (0.5, 0.5, 0.5) that the field is in; leave it out");
      return;
    }
  }
  drawing.box = {low[0], low[1], low[2], high[0], high[1], high[2]};
}

void readLook(const Config &config, StringRef backgroundKey, Drawing &drawing) {
  readList(config, backgroundKey, drawing.background, /*least=*/3);
  if (llvm::any_of(drawing.background, [](float number) { return !(number >= 0 && number <= 1); }))
    config.report(backgroundKey, "should be numbers from 0 to 1, in sRGB");
  drawing.exposure = config.number("exposure").value_or(0);
  if (std::abs(drawing.exposure) > maxStops)
    config.report("exposure", config.found("exposure") + "; it should be a number of stops from " + shown(-maxStops) +
                                  " to " + shown(maxStops));
}

void setNumbers(Drawing &drawing, Mode mode, ArrayRef<Setting> settings, StringRef where, Problems &problems) {
  Drawing::Numbers &numbers = drawing.numbers;
  char letter = letterOf(mode);
  for (const auto &[name, value] : settings) {
    bool isKnown = false;
    std::string known;
#define TREADLE_SCENE_SETTING(setting, modes, kind, otherwise, low, high)                                              \
  if (StringRef(modes).contains(letter)) {                                                                             \
    known += (known.empty() ? "" : ", ") + std::string(#setting);                                                      \
    if (name == #setting) {                                                                                            \
      isKnown = true;                                                                                                  \
      bool isWhole = StringRef(#kind) == "whole";                                                                      \
      if (value >= (low) && value <= (high) && (!isWhole || value == std::floor(value)))                               \
        numbers.setting = value;                                                                                       \
      else                                                                                                             \
        problems.add(where + Twine(name) + " is " + shown(value) + "; it can be " +                                    \
                     (isWhole ? "a whole number from " : "") + shown(low) + " to " + shown(high));                     \
    }                                                                                                                  \
  }
#include "frontends/scene/Settings.def"
    if (!isKnown)
      problems.add(where + Twine(name) + " is no number by which such a scene is drawn; there " +
                   (known.empty() ? "are none" : "are " + known));
  }
}

void settleNumbers(Drawing &drawing, Mode mode) {
  Drawing::Numbers &numbers = drawing.numbers;
  if (mode == Mode::Sdf && std::isnan(numbers.max_steps))
    numbers.max_steps = 1000;
  if (mode == Mode::Nerf) {
    bool isLarge = drawing.scale > 1;
    if (std::isnan(numbers.cone_angle))
      numbers.cone_angle = isLarge ? coneOfLargeScenes : 0;
    if (std::isnan(numbers.max_step))
      numbers.max_step = isLarge ? numbers.min_step * sceneSteps : numbers.min_step;
    numbers.max_step = std::max(numbers.max_step, numbers.min_step);
    if (std::isnan(numbers.max_steps)) {
      numbers.max_steps = 0;
      constexpr int64_t limit = 1 << 16;
      forEachStep(numbers, 0, [&](double t) { return t < diagonal(drawing) && ++numbers.max_steps < limit; });
    }
  }
  if (mode == Mode::Volume) {
    if (std::isnan(numbers.max_steps)) { // four times the flights that a ray takes in the mean
      double flights = diagonal(drawing) * numbers.majorant * numbers.density_scale;
      numbers.max_steps = std::clamp(std::ceil(2 * flights + 32), 16.0, 4096.0);
    }
  }
}

void finishDrawing(Drawing &drawing, Mode mode, ArrayRef<Setting> settings, Problems &problems) {
  setNumbers(drawing, mode, settings, "--set ", problems);
  if (mode == Mode::Volume)
    for (auto [key, value, what] :
         {std::tuple("majorant", drawing.numbers.majorant, "the greatest density that the network gives"),
          std::tuple("density_scale", drawing.numbers.density_scale,
                     "the optical thickness of density 1 per unit of length")})
      if (!(value > 0))
        problems.add(Twine("a cloud is not drawn without ") + key + ", " + what +
                     ", which should be a positive number; add it to the file (docs/neural-graphics.md says where), or "
                     "say --set " +
                     key + "=X");
  if (problems.empty())
    settleNumbers(drawing, mode);
}

Drawing::Drawing(const Field &field) : isLinear(field.mode == Mode::Sdf || field.mode == Mode::Volume || field.isHdr) {
  if (field.mode == Mode::Sdf) // what is light grey stands out from
    background = {0.16f, 0.18f, 0.21f, 1};
  else if (field.mode == Mode::Volume) // a sky
    background = {0.30f, 0.48f, 0.70f, 1};
}

Drawing readDrawing(const Config &snapshot, const Field &field, llvm::ArrayRef<Setting> settings) {
  Drawing drawing(field);
  readLook(snapshot, "background_color", drawing);
  readList(snapshot, "up_dir", drawing.camera.up);
  readCamera(snapshot.map("camera", /*isNeeded=*/false), drawing);
  if (field.mode == Mode::Image) {
    Config image = snapshot.map("image", /*isNeeded=*/false);
    drawing.size = {image.integer("width", drawing.size[0], 1, maxPixels),
                    image.integer("height", drawing.size[1], 1, maxPixels)};
  }
  if (field.mode == Mode::Nerf) {
    Config nerf = snapshot.map("nerf", /*isNeeded=*/false);
    setEdge(drawing, static_cast<float>(nerf.integer("aabb_scale", 1, 1, maxAabbScale)));
    readDensityGrid(snapshot, drawing);
  }
  if (field.mode == Mode::Volume) {
    Config volume = snapshot.map("volume", /*isNeeded=*/false);
    drawing.numbers.majorant = volume.number("majorant").value_or(NAN);
    drawing.numbers.density_scale = volume.number("density_scale").value_or(NAN);
    readBitgrid(volume, drawing);
  }
  if (field.mode != Mode::Image)
    cropBox(snapshot, "render_aabb", drawing);
  finishDrawing(drawing, field.mode, settings, snapshot.all());
  return drawing;
}

} // namespace treadle::scene
