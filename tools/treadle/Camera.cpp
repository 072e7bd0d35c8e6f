//===- Camera.cpp - where a picture is seen from ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Camera.h"
#include <charconv>
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
    return error(TREADLE_INVALID_ARGUMENT, "--camera and --look-at are the same place");
  pose.right = cross(pose.forward, up);
  if (!normalize(pose.right))
    return error(TREADLE_INVALID_ARGUMENT, "the camera looks along --up, which says what is up in the picture; give "
                                           "another, for example --up 0,0,1");
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

std::array<float, 12> Pose::matrix() const {
  std::array<float, 12> result{};
  for (size_t d = 0; d < 3; ++d)
    for (size_t column = 0; column < 4; ++column)
      result[4 * d + column] = static_cast<float>((*std::array{&right, &down, &forward, &eye}[column])[d]);
  return result;
}

std::array<double, 4> Camera::intrinsics(int64_t width, int64_t height) const {
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

void CameraOptions::addTo(CLI::App &command) {
  auto add = [&](const char *flag, std::string &value, const char *help) {
    command.add_option(flag, value, help)->type_name("X,Y,Z")->group("Camera");
  };
  add("--camera", eye, "where the camera is (default: the scene's)");
  add("--look-at", target, "what it looks at, and what --orbit goes around");
  add("--up", up, "what is up in the picture");
  command.add_option("--fov", fov, "angle between the picture's upper and lower edge, in degrees")
      ->type_name("DEGREES")
      ->check(CLI::Range(0.01, 179.0))
      ->group("Camera");
}

Status parseNumbers(const std::string &flag, const std::string &text, double *numbers, size_t count) {
  const char *at = text.data(), *end = at + text.size();
  for (size_t i = 0; i < count; ++i) {
    auto [next, problem] = std::from_chars(at, end, numbers[i]);
    bool isLast = i + 1 == count;
    if (problem != std::errc() || !std::isfinite(numbers[i]) || (isLast ? next != end : next == end || *next != ','))
      return error(TREADLE_INVALID_ARGUMENT, flag, " ", text, ": should be ", count,
                   " numbers with commas between them, for example ", count == 3 ? "0.5,1,2" : "1,1,1,0");
    at = next + 1;
  }
  return {};
}

Status makeCamera(const llvm::json::Object &description, const CameraOptions &options, Camera &camera) {
  Vector eye = {0.5, 0.5, 2};
  std::array<double, 12> pose{};
  bool isPose = false;
  if (const llvm::json::Object *given = description.getObject("camera")) {
    readNumbers(given->getArray("eye"), eye);
    readNumbers(given->getArray("look_at"), camera.target);
    readNumbers(given->getArray("up"), camera.up);
    camera.fov = given->getNumber("fov").value_or(camera.fov);
    camera.isAcross = given->getString("fov_axis").value_or("y") == "x";
    isPose = readNumbers(given->getArray("pose"), pose);
  }
  for (auto [flag, text, value] :
       {std::tuple("--camera", &options.eye, &eye), std::tuple("--look-at", &options.target, &camera.target),
        std::tuple("--up", &options.up, &camera.up)})
    if (!text->empty()) {
      if (Status status = parseNumbers(flag, *text, value->data(), 3); status.failed())
        return status;
      isPose = false;
    }
  if (options.fov) {
    camera.fov = *options.fov;
    camera.isAcross = false;
  }
  if (!isPose)
    return lookAt(eye, camera.target, camera.up, camera.pose);
  for (size_t d = 0; d < 3; ++d)
    for (size_t column = 0; column < 4; ++column)
      (*std::array{&camera.pose.right, &camera.pose.down, &camera.pose.forward, &camera.pose.eye}[column])[d] =
          pose[4 * d + column];
  return {};
}

} // namespace treadle
