//===- Transforms.h - cameras of a transforms.json ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The file that NeRF's data sets have, with instant-ngp's keys: a lens, and a matrix for each picture, which takes the
// camera's axes (right, up, back) to the world's. The world is not the field's: its positions are scaled and moved, its
// axes x, y, z are the field's z, x, y.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_RENDER_TRANSFORMS_H
#define TREADLE_TOOLS_RENDER_TRANSFORMS_H

#include "tools/render/Camera.h"
#include <vector>

namespace treadle {

/// What the file says of one picture.
struct TransformsFrame {
  std::string name;                           // of its picture, "" if there is none
  CameraChoice camera;                        // in the field's coordinates
  std::optional<std::array<int64_t, 2>> size; // in pixels
  std::vector<std::string> ignored;           // keys of the lens that a picture here does not follow
};

/// Reads all of them. The message names the key that is wrong.
Status readTransforms(const std::string &path, std::vector<TransformsFrame> &frames);

} // namespace treadle

#endif // TREADLE_TOOLS_RENDER_TRANSFORMS_H
