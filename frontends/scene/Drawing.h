//===- Drawing.h - how a field is drawn --------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_DRAWING_H
#define TREADLE_FRONTENDS_SCENE_DRAWING_H

#include "frontends/Import.h"
#include "frontends/scene/Field.h"
#include <array>
#include <cmath>

namespace treadle::scene {

constexpr int64_t maxStops = 64; // of exposure

using Setting = std::pair<std::string, double>;

/// What there is besides the field: where it is, how rays are followed, and what the file says of a picture.
struct Drawing {
  Drawing() = default;
  /// What is to be said of a field where a file says nothing.
  explicit Drawing(const Field &field);

  /// Numbers that a scene file's `render` and --set give, under the names of the ng dialect's attributes. NaN where
  /// nothing says one; those that a mode needs are set.
  struct Numbers {
#define TREADLE_SCENE_SETTING(name, modes, kind, otherwise, low, high) double name = otherwise;
#include "frontends/scene/Settings.def"
  } numbers;

  std::array<float, 6> box = {0, 0, 0, 1, 1, 1}; // where there can be anything: least x, y, z, then greatest
  float scale = 1;       // edge of the cube around (1/2, 1/2, 1/2) that the field knows as the unit cube
  bool isLinear = false; // colours; sRGB otherwise
  std::shared_ptr<std::vector<char>> occupancy; // as ng.march has it; null for none
  int64_t cascades = 0;

  // What who asks for a picture may leave open.
  std::array<int64_t, 2> size = {512, 512};
  struct Camera {
    std::array<float, 3> eye = {1.6f, 1.25f, 1.75f}, target = {0.5f, 0.5f, 0.5f}, up = {0, 1, 0};
    std::optional<std::array<float, 12>> pose; // as of ng.camera_rays, row by row; instead of eye and target
    float fov = 39.3076f;                      // degrees
    bool isAcross = false;                     // of the width, not the height
  } camera;
  std::array<float, 4> background = {1, 1, 1, 1}; // sRGB, not premultiplied; otherwise by mode
  float exposure = 0;                             // in stops
};

/// Reads what a snapshot says besides its field; `settings` are asked first. What is wrong is reported to its problems.
Drawing readDrawing(const Config &snapshot, const Field &field, llvm::ArrayRef<Setting> settings);

// What files of different kinds have in common.
/// The box is the cube of that edge around (1/2, 1/2, 1/2).
void setEdge(Drawing &drawing, float edge);
/// Less of it is to be seen, if the key has a `min` and a `max`.
void cropBox(const Config &owner, llvm::StringRef key, Drawing &drawing);
/// What is behind the scene, and the exposure.
void readLook(const Config &config, llvm::StringRef backgroundKey, Drawing &drawing);
/// A matrix of 3 rows of 4, or 4 columns of 3, if there is one.
void readPose(const Config &config, llvm::StringRef key, Drawing::Camera &camera);
/// Sets numbers by name; `where` they stand: "render.", "--set ".
void setNumbers(Drawing &drawing, Mode mode, llvm::ArrayRef<Setting> settings, llvm::StringRef where,
                Problems &problems);
/// Sets numbers, and settles those that follow from the scene.
void finishDrawing(Drawing &drawing, Mode mode, llvm::ArrayRef<Setting> settings, Problems &problems);

/// The program that draws the field:
///
///   inputs    `camera` [3, 4] and `intrinsics` [4] as of ng.camera_rays (an image: without camera, and intrinsics are
///   of
///             [0, 1]), `background` [4] linear and premultiplied, `gain`, `before` [height, width, 4], `share`;
///             `first` of a cloud: the number of the first pixel, from which others count; `room` [M] u8 of clouds and
///             radiance fields, whose elements say nothing: at how many places the field can be asked; `place` of a
///             surface [height * width, 1]: how far along its ray each pixel is already
///   outputs   `light` [height, width, 4], linear and premultiplied: before + share * (what is seen now - before), so
///             that a mean is taken as it goes; `linear`, the same times `gain` in front of the background,
///             premultiplied; `pixels` u8, that as sRGB with straight alpha; `depth` [height, width] of radiance fields
///             and surfaces; of surfaces `place`, and `active` u8 [height, width], 1 where a ray is still on its way;
///             `asked` [1] where there is `room`: how much of it there should be, so that the picture is right where it
///             is no more
///
/// The module's treadle.metadata has the key "render": what the file says of a picture, as JSON.
mlir::OwningOpRef<mlir::ModuleOp> makeDrawing(mlir::MLIRContext *context, const Field &field, const Drawing &drawing);

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_DRAWING_H
