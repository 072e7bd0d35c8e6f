//===- Camera.h - where a picture is seen from --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_RENDER_CAMERA_H
#define TREADLE_TOOLS_RENDER_CAMERA_H

#include "runtime/base/Status.h"
#include "llvm/Support/JSON.h"
#include <array>
#include <optional>

namespace treadle {

using Vector = std::array<double, 3>;

/// The camera's right, down and forward directions and its position, as of ng.camera_rays.
struct Pose {
  Vector right, down, forward, eye;

  /// Row by row, [3, 4].
  static Pose of(const std::array<double, 12> &matrix);
  std::array<float, 12> matrix() const;
};

/// Focal lengths and principal point, in pixels of a picture of that size.
struct Lens {
  double width = 0, height = 0, fx = 0, fy = 0, cx = 0, cy = 0;
};

struct Camera {
  Pose pose;
  Vector target = {0.5, 0.5, 0.5}, up = {0, 1, 0};
  double fov = 40; // degrees
  bool isAcross = false;
  std::optional<Lens> lens; // instead of the angle

  /// fx, fy, cx, cy in pixels of a picture of that size.
  std::array<double, 4> intrinsics(int64_t width, int64_t height) const;
  /// Turned by a part of a whole turn around the axis `up` through the target.
  Camera turned(double part) const;
};

/// What is said of a camera; the rest is the scene's.
struct CameraChoice {
  std::optional<Vector> eye, target, up;
  std::optional<double> fov; // degrees
  bool isAcross = false;     // of the width, not the height
  std::optional<Pose> pose;  // instead of the first three
  std::optional<Lens> lens;  // instead of the angle

  bool isEmpty() const { return !eye && !target && !up && !fov && !pose && !lens; }
};

/// The camera that a program's description has (frontends/scene/Picture.cpp), as the choice changes it.
Status makeCamera(const llvm::json::Object &description, const CameraChoice &choice, Camera &camera);

} // namespace treadle

#endif // TREADLE_TOOLS_RENDER_CAMERA_H
