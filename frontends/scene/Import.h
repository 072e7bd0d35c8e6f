//===- Import.h - from a snapshot to the graph dialect ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// instant-ngp's snapshots, and scene files of our own (SceneFile.h): the configuration of tiny-cuda-nn's encodings and
// networks, and their parameters. The graph is the field that they are: what there is at a position.
//
// The file is not trusted: whatever it holds, the result is a graph or error messages, which name keys.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_IMPORT_H
#define TREADLE_FRONTENDS_SCENE_IMPORT_H

#include "frontends/Import.h"

namespace treadle::scene {

/// Whether the file at `path` is a scene, by its name or how it starts.
bool isScene(llvm::StringRef path);

/// The files that the scene at `path` consists of, itself first.
std::vector<std::string> sceneFiles(llvm::StringRef path);

/// Imports the scene at `path`. Its input is `position` [samples, 2 or 3] in the unit cube, and for radiance
/// fields `direction` [samples, 3] of length 1; its outputs are `color` [samples, 3], `density` and `distance`
/// [samples, 1], as far as its mode has them, or of a mere network `input` and `output`; all f32. With options.render
/// it is the program that draws the scene instead (Drawing.h). Errors are diagnostics on the context, one a key.
mlir::FailureOr<ImportedModel> importScene(mlir::MLIRContext *context, llvm::StringRef path,
                                           const ImportOptions &options);

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_IMPORT_H
