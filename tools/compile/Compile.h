//===- Compile.h - from a model file to an artifact ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler as its users see it: the command line and Python are two thin doors to this one.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_COMPILE_COMPILE_H
#define TREADLE_TOOLS_COMPILE_COMPILE_H

#include "tools/file/TemporaryFile.h"
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace treadle {

struct CompileOptions {
#define TREADLE_OPTION(name, type, default_, meta, keyed, help) type name = default_;
#include "tools/compile/Options.def"

  /// As flags, those that differ from the default; for provenance ("--cpu=host --no-fusion").
  std::string toString(bool keyedOnly) const;
};

/// What is wrong with the options whatever the model is, as one line; "" if nothing. The compiler checks for
/// itself: this is for who must tell a wrong command line from a model that does not compile.
std::string checkOptions(const CompileOptions &options);

/// What a caller may want while the compiler works. All may be empty.
struct CompileHooks {
  /// Called now and then, from one thread at a time: the stage ("group"), the op or kernel it is at,
  /// and how much is done, 0 to 1.
  std::function<void(const std::string &stage, const std::string &what, double done)> progress;
  /// Asked often; the compiler stops, and leaves nothing behind, once it says true.
  std::function<bool()> cancelled;
  /// Lines of --explain, without the line's end.
  std::function<void(const std::string &line)> explain;
  /// What the user should know of though the compiler goes on, as one line.
  std::function<void(const std::string &line)> warn;
};

struct CompileResult {
  bool ok = false;
  bool cancelled = false;
  /// One line for a user, which names the model's op; further lines are further ops.
  std::string error;
};

/// Compiles the model at `input` and writes the artifact to `output`, whole or not at all.
CompileResult compileModel(const std::string &input, const std::string &output, const CompileOptions &options,
                           const CompileHooks &hooks = {});

/// The same into the cache, unless it is there: the folder TREADLE_CACHE names, else
/// $XDG_CACHE_HOME/treadle or ~/.cache/treadle. Artifacts are named by the model's contents (files that
/// it refers to included), the keyed options and the compiler. `path` is where it stands: where the cache
/// cannot be written, which is a warning, that is `instead`.
CompileResult compileToCache(const std::string &input, const CompileOptions &options, std::string &path,
                             std::unique_ptr<TemporaryFile> &instead, const CompileHooks &hooks = {});
/// That folder.
std::string cacheFolder();

/// Whether the file at `path` starts as an artifact does.
bool isArtifact(const std::string &path);
/// Whether the file at `path` is a scene, and no ONNX model.
bool isScene(const std::string &path);

/// "treadle 0.1.0"
std::string compilerVersion();

/// The stages of the pipeline, in order, and what is true after each: "group: every op is in a group".
struct StageInfo {
  std::string name, guarantee;
};
std::vector<StageInfo> pipelineStages();

} // namespace treadle

#endif // TREADLE_TOOLS_COMPILE_COMPILE_H
