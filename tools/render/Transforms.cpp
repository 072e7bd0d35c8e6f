//===- Transforms.cpp - cameras of a transforms.json --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/render/Transforms.h"
#include "tools/render/Renderer.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>
#include <cstdio>
#include <numbers>

namespace treadle {
namespace {

// instant-ngp's, where the file does not say them.
constexpr double defaultScale = 0.33, defaultOffset = 0.5;
constexpr size_t maxFrames = 10000, maxFileBytes = 256 << 20;
constexpr double leastDirection = 1e-6;

// Of camera_model; how far those with parameters bend is read by name.
constexpr const char *straightLenses[] = {"PERSPECTIVE", "PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL",
                                          "RADIAL",      "OPENCV",  "FULL_OPENCV"};
constexpr const char *distortions[] = {"k1", "k2", "k3", "k4", "p1", "p2"};

/// "0.5"
std::string shown(double number) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", number);
  return text;
}

struct Reader {
  const std::string &path;

  template <typename... Args> Status wrong(const std::string &key, const Args &...what) const {
    return error(TREADLE_INVALID_ARGUMENT, path, ": ", key, " ", what...);
  }

  /// A key of the frame, or else of the whole file; `where` it was found.
  static const llvm::json::Value *find(const llvm::json::Object &all, const llvm::json::Object &frame,
                                       llvm::StringRef key, std::string &where) {
    if (const llvm::json::Value *value = frame.get(key)) {
      where += key;
      return value;
    }
    where = key.str();
    return all.get(key);
  }

  Status readNumber(const llvm::json::Object &all, const llvm::json::Object &frame, const std::string &owner,
                    const char *key, std::optional<double> &number) const {
    std::string where = owner;
    const llvm::json::Value *value = find(all, frame, key, where);
    if (!value)
      return {};
    number = value->getAsNumber();
    return number && std::isfinite(*number) ? Status() : wrong(where, "should be a number");
  }

  Status readLens(const llvm::json::Object &all, const llvm::json::Object &frame, const std::string &owner,
                  TransformsFrame &result) const;
  Status readPose(const llvm::json::Object &frame, const std::string &owner, double scale, const Vector &offset,
                  Pose &pose) const;
  Status read(const llvm::json::Object &all, std::vector<TransformsFrame> &frames) const;
};

Status Reader::readLens(const llvm::json::Object &all, const llvm::json::Object &frame, const std::string &owner,
                        TransformsFrame &result) const {
  std::optional<double> w, h, cx, cy, focal[2], angle[2];
  for (auto [key, number] :
       {std::pair("w", &w), {"h", &h}, {"cx", &cx}, {"cy", &cy}, {"fl_x", &focal[0]}, {"fl_y", &focal[1]}})
    if (Status status = readNumber(all, frame, owner, key, *number); status.failed())
      return status;
  // In radians; x_fov and y_fov are the same in degrees.
  for (auto [key, number, unit] : {std::tuple("camera_angle_x", &angle[0], 1.0),
                                   {"camera_angle_y", &angle[1], 1.0},
                                   {"x_fov", &angle[0], std::numbers::pi / 180},
                                   {"y_fov", &angle[1], std::numbers::pi / 180}}) {
    std::optional<double> given;
    if (Status status = readNumber(all, frame, owner, key, given); status.failed())
      return status;
    if (!given)
      continue;
    *number = *given * unit;
    if (!(**number > 0 && **number < std::numbers::pi))
      return wrong(key, "is ", shown(*given), "; it should be an angle of more than 0 and less than 180 degrees",
                   unit == 1 ? ", in radians" : "");
  }
  for (auto [key, number] : {std::pair("w", &w), {"h", &h}})
    if (*number && !(**number >= 1 && **number <= maxPictureExtent && **number == std::floor(**number)))
      return wrong(key, "should be a whole number of pixels, 1 to ", maxPictureExtent);
  for (auto [key, number] : {std::pair("fl_x", &focal[0]), {"fl_y", &focal[1]}})
    if (*number && !(**number > 0))
      return wrong(key, "is ", shown(**number), "; it should be a positive number of pixels");
  for (const char *key : {"is_fisheye", "ftheta_p0", "latlong", "equirectangular"}) {
    std::string where = owner;
    const llvm::json::Value *value = find(all, frame, key, where);
    if (value && value->getAsBoolean().value_or(true))
      return wrong(where, "is said, and only lenses that keep lines straight are drawn");
  }
  std::string where = owner;
  if (const llvm::json::Value *value = find(all, frame, "camera_model", where)) {
    llvm::StringRef model = value->getAsString().value_or("");
    if (llvm::none_of(straightLenses, [&](const char *known) { return model.equals_insensitive(known); }))
      return wrong(where, "is ", model.empty() ? "no name" : model.take_front(40).str(),
                   ", and only lenses that keep lines straight are drawn");
  }
  for (const char *key : distortions) {
    std::optional<double> amount;
    if (Status status = readNumber(all, frame, owner, key, amount); status.failed())
      return status;
    if (amount.value_or(0) != 0)
      result.ignored.push_back(key);
  }

  if (w && h)
    result.size = {static_cast<int64_t>(*w), static_cast<int64_t>(*h)};
  bool isInPixels = focal[0] || focal[1] || cx || cy;
  if (isInPixels && !result.size)
    return wrong(w ? "h" : "w", "is missing, and ", focal[0] || focal[1] ? "fl_x" : "cx",
                 " is in pixels of a picture of that size");
  if (!focal[0] && !focal[1] && !angle[0] && !angle[1])
    return wrong(owner + "camera_angle_x", "is missing, the angle of the picture's width in radians, or fl_x, its "
                                           "focal length in pixels");
  if (!result.size && !(angle[0] && angle[1])) {
    // One angle is enough for a picture of any size, as pixels are squares.
    result.camera.fov = (angle[0] ? *angle[0] : *angle[1]) * 180 / std::numbers::pi;
    result.camera.isAcross = angle[0].has_value();
    return {};
  }
  // Of a picture of no size in pixels, one of unit size.
  double extent[2] = {w.value_or(1), h.value_or(1)};
  for (size_t d = 0; d < 2; ++d)
    if (!focal[d] && angle[d])
      focal[d] = extent[d] / 2 / std::tan(*angle[d] / 2);
  double fx = focal[0] ? *focal[0] : *focal[1], fy = focal[1] ? *focal[1] : fx;
  result.camera.lens = Lens{extent[0], extent[1], fx, fy, cx.value_or(extent[0] / 2), cy.value_or(extent[1] / 2)};
  return {};
}

Status Reader::readPose(const llvm::json::Object &frame, const std::string &owner, double scale, const Vector &offset,
                        Pose &pose) const {
  std::string key = owner + "transform_matrix";
  const llvm::json::Array *rows = frame.getArray("transform_matrix");
  double matrix[3][4];
  bool isMatrix = rows && (rows->size() == 3 || rows->size() == 4);
  for (size_t i = 0; isMatrix && i < 3; ++i) {
    const llvm::json::Array *row = (*rows)[i].getAsArray();
    isMatrix = row && row->size() == 4;
    for (size_t k = 0; isMatrix && k < 4; ++k) {
      matrix[i][k] = (*row)[k].getAsNumber().value_or(NAN);
      isMatrix = std::isfinite(matrix[i][k]);
    }
  }
  if (!isMatrix)
    return wrong(key, rows ? "should be a matrix of 3 or 4 rows of 4 numbers" : "is missing");
  // The world's axis that is each of the field's.
  constexpr size_t axisOf[] = {1, 2, 0};
  Vector *columns[] = {&pose.right, &pose.down, &pose.forward, &pose.eye};
  for (size_t column = 0; column < 4; ++column) {
    double squares = 0;
    for (size_t d = 0; d < 3; ++d) {
      double number = matrix[axisOf[d]][column];
      squares += number * number;
      bool isTurned = column == 1 || column == 2; // up and back become down and forward
      (*columns[column])[d] = column == 3 ? number * scale + offset[axisOf[d]] : isTurned ? -number : number;
    }
    if (column < 3 && !(squares > leastDirection))
      return wrong(key, "has a column ", column, " of no length, which is one of the camera's directions");
  }
  return {};
}

Status Reader::read(const llvm::json::Object &all, std::vector<TransformsFrame> &frames) const {
  std::optional<double> scale;
  llvm::json::Object none;
  if (Status status = readNumber(all, none, "", "scale", scale); status.failed())
    return status;
  if (scale && !(*scale > 0))
    return wrong("scale", "is ", shown(*scale), "; it should be a positive number");
  Vector offset = {defaultOffset, defaultOffset, defaultOffset};
  if (const llvm::json::Value *given = all.get("offset")) {
    const llvm::json::Array *list = given->getAsArray();
    for (size_t d = 0; d < 3; ++d) {
      const llvm::json::Value *number = !list ? given : list->size() == 3 ? &(*list)[d] : nullptr;
      offset[d] = number ? number->getAsNumber().value_or(NAN) : NAN;
      if (!std::isfinite(offset[d]))
        return wrong("offset", "should be a number, or a list of 3");
    }
  }
  if (all.getBoolean("from_mitsuba").value_or(false))
    return wrong("from_mitsuba", "is true, which has other axes; such files are not read");
  const llvm::json::Array *list = all.getArray("frames");
  if (!list || list->empty() || list->size() > maxFrames)
    return wrong("frames", "should be a list of 1 to ", maxFrames, " pictures");
  for (auto [i, entry] : llvm::enumerate(*list)) {
    std::string owner = concat("frames[", i, "].");
    const llvm::json::Object *frame = entry.getAsObject();
    if (!frame)
      return wrong(concat("frames[", i, "]"), "should be a map with transform_matrix");
    TransformsFrame &result = frames.emplace_back();
    result.name = frame->getString("file_path").value_or("").str();
    if (Status status = readPose(*frame, owner, scale.value_or(defaultScale), offset, result.camera.pose.emplace());
        status.failed())
      return status;
    if (Status status = readLens(all, *frame, owner, result); status.failed())
      return status;
  }
  return {};
}

} // namespace

Status readTransforms(const std::string &path, std::vector<TransformsFrame> &frames) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return error(TREADLE_NOT_FOUND, path, ": ", file.getError().message());
  if ((*file)->getBufferSize() > maxFileBytes)
    return error(TREADLE_INVALID_ARGUMENT, path, ": is too large for a file of cameras");
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse((*file)->getBuffer());
  if (!parsed) {
    std::string problem = llvm::toString(parsed.takeError());
    return error(TREADLE_INVALID_ARGUMENT, path, ": is no JSON: ", problem);
  }
  if (!parsed->getAsObject())
    return error(TREADLE_INVALID_ARGUMENT, path, ": should be a map with frames, as NeRF's transforms.json");
  frames.clear();
  return Reader{path}.read(*parsed->getAsObject(), frames);
}

} // namespace treadle
