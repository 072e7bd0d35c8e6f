//===- Program.h - a program that is open, from an artifact or a model ----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_PROGRAM_H
#define TREADLE_TOOLS_TREADLE_PROGRAM_H

#include "runtime/base/Status.h"
#include "tools/compile/Compile.h"
#include "tools/tensorfile/HostTensor.h"
#include "llvm/Support/JSON.h"
#include <CLI/CLI.hpp>
#include <memory>

namespace treadle {

/// FILE, the device and the rest that every command which runs something takes.
struct ProgramOptions {
  std::string file, device = "cpu";
  int32_t threads = 0;
  uint64_t memoryLimit = 0; // of a session's values, in bytes; 0: none
  bool checkWeights = true; // read all of them once, so that damaged ones are an error and not a wrong result
  CompileOptions compile;

  void addTo(CLI::App &command, bool runs);
};

struct ProgramTensor {
  std::string name;
  DType dtype;
  std::vector<int64_t> dims; // -1: known at run time
  std::vector<std::string> dimNames;

  /// "f32 [batch, 3, 224, 224]"
  std::string typeText() const;
};

class OpenProgram {
public:
  /// Opens the artifact; a model is compiled first, unless it is in the cache.
  static Status open(const ProgramOptions &options, OpenProgram &program);

  treadle_program *get() const { return handle.get(); }
  const std::string &artifact() const { return path; }
  /// Seconds that compiling took; 0: nothing had to be compiled.
  double compileSeconds() const { return seconds; }
  /// "compiled in 1.2 s", "from the cache" or "".
  std::string origin() const;

  const std::vector<ProgramTensor> &inputs() const { return inputList; }
  const std::vector<ProgramTensor> &outputs() const { return outputList; }
  /// What the artifact says; see runtime/exec/Describe.cpp.
  const llvm::json::Object &description() const;

private:
  struct Close {
    void operator()(treadle_program *program) const { treadle_program_close(program); }
  };
  Status openArtifact(bool checkWeights);

  std::unique_ptr<treadle_program, Close> handle;
  std::string path;
  std::unique_ptr<TemporaryFile> held; // at `path`, where that is not in the cache
  bool fromModel = false;
  double seconds = 0;
  std::vector<ProgramTensor> inputList, outputList;
  mutable std::shared_ptr<llvm::json::Value> json;
};

/// What a session is told of the options; valid as long as both.
treadle_session_options sessionOptions(const ProgramOptions &options, const std::string &cacheFolder);

/// One session, cancelled by Ctrl-C.
class OpenSession {
public:
  static Status open(const OpenProgram &program, const ProgramOptions &options, OpenSession &session);
  ~OpenSession() { treadle_session_close(handle); }

  treadle_session *get() const { return handle; }
  /// The outputs belong to the session, until the next run.
  Status run(const std::vector<HostTensor> &inputs, std::vector<treadle_tensor> &outputs);

private:
  treadle_session *handle = nullptr;
  size_t outputCount = 0;
};

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_PROGRAM_H
