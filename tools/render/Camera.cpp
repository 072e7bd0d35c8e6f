//===- Camera.cpp - where a picture is seen from ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/render/Camera.h"
#include <cmath>
#include <numbers>

namespace treadle {
namespace {

Vector cross(const Vector &a, const Vector &b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double dot(const Vector &a, const Vector &b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector sum(const Vector &a, const Vector &b, double times = 1) {
  return {a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]};
}
Vector scaled(const Vector &a, double factor) { return {a[0] * factor, a[1] * factor, a[2] * factor}; }

/// False for a vector that has no direction.
bool normalize(Vector &v) {
  double length = std::sqrt(dot(v, v));
  if (!(length > 1e-9))
    return false;
  v = scaled(v, 1 / length);
  return true;
}

Status lookAt(const Vector &eye, const Vector &target, const Vector &up, Pose &pose) {
  pose.eye = eye;
  pose.forward = sum(target, eye, -1);
  if (!normalize(pose.forward))
    return error(TREADLE_INVALID_ARGUMENT,
                 "the camera is at the place that it looks at, which gives it no direction; move one of them");
  pose.right = cross(pose.forward, up);
  if (!normalize(pose.right))
    return error(TREADLE_INVALID_ARGUMENT, "the camera looks along the direction that is to be up in the picture; give "
                                           "another, for example 0,0,1");
  pose.down = cross(pose.forward, pose.right);
  return {};
}

/// Rodrigues' formula; the axis has length 1.
Vector rotated(const Vector &v, const Vector &axis, double angle) {
  double c = std::cos(angle), s = std::sin(angle);
  return sum(sum(scaled(v, c), cross(axis, v), s), axis, dot(axis, v) * (1 - c));
}

template <size_t N> bool readNumbers(const llvm::json::Array *list, std::array<double, N> &numbers) {
  if (!list || list->size() != N)
    return false;
  for (size_t i = 0; i < N; ++i)
    numbers[i] = (*list)[i].getAsNumber().value_or(0);
  return true;
}

} // namespace

Pose Pose::of(const std::array<double, 12> &matrix) {
  Pose pose;
  for (size_t d = 0; d < 3; ++d)
    for (size_t column = 0; column < 4; ++column)
      (*std::array{&pose.right, &pose.down, &pose.forward, &pose.eye}[column])[d] = matrix[4 * d + column];
  return pose;
}

std::array<float, 12> Pose::matrix() const {
  std::array<float, 12> result{};
  for (size_t d = 0; d < 3; ++d)
    for (size_t column = 0; column < 4; ++column)
      result[4 * d + column] = static_cast<float>((*std::array{&right, &down, &forward, &eye}[column])[d]);
  return result;
}

std::array<double, 4> Camera::intrinsics(int64_t width, int64_t height) const {
  if (lens) {
    double x = static_cast<double>(width) / lens->width, y = static_cast<double>(height) / lens->height;
    return {x * lens->fx, y * lens->fy, x * lens->cx, y * lens->cy};
  }
  double extent = static_cast<double>(isAcross ? width : height);
  double focal = extent / 2 / std::tan(fov * std::numbers::pi / 360);
  return {focal, focal, static_cast<double>(width) / 2, static_cast<double>(height) / 2};
}

Camera Camera::turned(double part) const {
  Camera result = *this;
  Vector axis = up;
  if (part == 0 || !normalize(axis))
    return result;
  double angle = 2 * std::numbers::pi * part;
  for (Vector *v : {&result.pose.right, &result.pose.down, &result.pose.forward})
    *v = rotated(*v, axis, angle);
  result.pose.eye = sum(target, rotated(sum(pose.eye, target, -1), axis, angle));
  return result;
}

Status makeCamera(const llvm::json::Object &description, const CameraChoice &choice, Camera &camera) {
  Vector eye = {0.5, 0.5, 2};
  std::optional<Pose> pose;
  if (const llvm::json::Object *given = description.getObject("camera")) {
    readNumbers(given->getArray("eye"), eye);
    readNumbers(given->getArray("look_at"), camera.target);
    readNumbers(given->getArray("up"), camera.up);
    camera.fov = given->getNumber("fov").value_or(camera.fov);
    camera.isAcross = given->getString("fov_axis").value_or("y") == "x";
    std::array<double, 12> matrix{};
    if (readNumbers(given->getArray("pose"), matrix))
      pose = Pose::of(matrix);
  }
  if (choice.eye || choice.target || choice.up)
    pose.reset();
  if (choice.pose)
    pose = choice.pose;
  eye = choice.eye.value_or(eye);
  camera.target = choice.target.value_or(camera.target);
  camera.up = choice.up.value_or(camera.up);
  camera.lens = choice.lens;
  if (choice.fov) {
    camera.fov = *choice.fov;
    camera.isAcross = choice.isAcross;
  }
  if (!pose)
    return lookAt(eye, camera.target, camera.up, camera.pose);
  camera.pose = *pose;
  return {};
}

} // namespace treadle
