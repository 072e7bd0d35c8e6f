//===- Camera.h - where a picture is seen from --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_CAMERA_H
#define TREADLE_TOOLS_TREADLE_CAMERA_H

#include "runtime/base/Status.h"
#include "llvm/Support/JSON.h"
#include <CLI/CLI.hpp>
#include <array>
#include <optional>

namespace treadle {

using Vector = std::array<double, 3>;

/// The camera's right, down and forward directions and its position, as of ng.camera_rays.
struct Pose {
  Vector right, down, forward, eye;

  /// Row by row, [3, 4].
  std::array<float, 12> matrix() const;
};

struct Camera {
  Pose pose;
  Vector target = {0.5, 0.5, 0.5}, up = {0, 1, 0};
  double fov = 40; // degrees
  bool isAcross = false;

  /// fx, fy, cx, cy in pixels.
  std::array<double, 4> intrinsics(int64_t width, int64_t height) const;
  /// Turned by a part of a whole turn around the axis `up` through the target.
  Camera turned(double part) const;
};

struct CameraOptions {
  std::string eye, target, up;
  std::optional<double> fov;

  void addTo(CLI::App &command);
};

/// "0.5,1,2": as many numbers as the list has. What is wrong is said of `flag`.
Status parseNumbers(const std::string &flag, const std::string &text, double *numbers, size_t count);

/// The camera that a program's description has (frontends/scene/Picture.cpp), as the options change it.
Status makeCamera(const llvm::json::Object &description, const CameraOptions &options, Camera &camera);

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_CAMERA_H
