//===- SceneFile.h - scenes that say all of themselves -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A JSON file with tiny-cuda-nn's configuration, the place of its parameters, and what there is to draw. One that says
// no more than the first two is a network: docs/neural-graphics.md has all keys.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_SCENEFILE_H
#define TREADLE_FRONTENDS_SCENE_SCENEFILE_H

#include "frontends/scene/Drawing.h"

namespace treadle::scene {

/// The field of such a file; `folder` is where the files lie that it names.
Field readSceneField(const Config &config, llvm::StringRef folder, llvm::StringRef part = "");

/// What else it says, once the field is read.
Drawing readSceneDrawing(const Config &config, llvm::StringRef folder, const Field &field,
                         llvm::ArrayRef<Setting> settings);

/// The files that it names, as far as it is right.
std::vector<std::string> filesOf(const nlohmann::json &root, llvm::StringRef folder);

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_SCENEFILE_H
