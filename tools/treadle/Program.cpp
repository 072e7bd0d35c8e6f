//===- Program.cpp - a program that is open, from an artifact or a model --------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Program.h"
#include "tools/treadle/CompileFlags.h"
#include "tools/treadle/Interrupt.h"
#include <cstdio>
#include <fmt/core.h>

namespace treadle {

void ProgramOptions::addTo(CLI::App &command, bool runs) {
  command
      .add_option("FILE", file, "an artifact (.tdl), or a model (.onnx, .ingp, .msgpack, .json) that is compiled first")
      ->required()
      ->type_name("");
  if (runs) {
    command.add_option("--device", device, "where to run: see treadle devices (default: cpu)")->type_name("NAME");
    command.add_option("--threads", threads, "threads that run (default: as many as there are cores)")
        ->type_name("N")
        ->check(CLI::Range(1, 4096));
  }
  // What is compiled here is run here.
  compile.cpu = "host";
  addCompileFlags(command, compile, /*keyedOnly=*/true);
}

std::string ProgramTensor::typeText() const {
  std::string text(spelling(dtype));
  text += " [";
  for (size_t i = 0; i < dims.size(); ++i)
    text += (i ? ", " : "") + dimNames[i];
  return text + "]";
}

// ---- programs --------------------------------------------------------------------------------

Status OpenProgram::openArtifact(bool checkWeights) {
  treadle_program *opened = nullptr;
  treadle_open_options options = {};
  options.check_weights = checkWeights;
  if (Status status = toStatus(treadle_program_open_file(path.c_str(), &options, &opened)); status.failed())
    return status;
  handle.reset(opened);
  auto list = [&](int32_t count, auto get, std::vector<ProgramTensor> &tensors) -> Status {
    for (int32_t i = 0; i < count; ++i) {
      treadle_tensor_info info;
      if (Status status = toStatus(get(opened, i, &info)); status.failed())
        return status;
      ProgramTensor tensor{info.name, static_cast<DType>(info.dtype), {}, {}};
      tensor.dims.assign(info.dims, info.dims + info.rank);
      tensor.dimNames.assign(info.dim_names, info.dim_names + info.rank);
      tensors.push_back(std::move(tensor));
    }
    return {};
  };
  if (Status status = list(treadle_program_input_count(opened), treadle_program_input, inputList); status.failed())
    return status;
  return list(treadle_program_output_count(opened), treadle_program_output, outputList);
}

/// What to compile a model for that is to run on the device: what that device says, unless the user does.
static CompileOptions compileOptions(const ProgramOptions &options) {
  CompileOptions compile = options.compile;
  if (compile.target != CompileOptions().target)
    return compile;
  treadle_device_info info;
  treadle_error *error = nullptr;
  for (int32_t i = 0; !(error = treadle_device(i, &info)); ++i)
    if (options.device == info.name || options.device + ":0" == info.name)
      compile.target = info.target;
  treadle_error_free(error);
  return compile;
}

/// Of what is compiled already a command would have to leave out flags that the user gave.
static Status refuseCompileFlags(const ProgramOptions &options) {
  CompileOptions given = options.compile, defaults;
  given.render = defaults.render; // the command's own, as is --cpu host
  if (given.cpu == "host")
    given.cpu = defaults.cpu;
  std::string flags = given.toString(/*keyedOnly=*/true);
  if (flags.empty())
    return {};
  return {TREADLE_INVALID_ARGUMENT,
          fmt::format("{} is compiled already, without {}: give that to treadle compile", options.file, flags)};
}

Status OpenProgram::open(const ProgramOptions &options, OpenProgram &program) {
  program.path = options.file;
  // A file that is named like an artifact is not taken for a model, even where it is damaged.
  if (options.file.ends_with(".tdl") || isArtifact(options.file)) {
    Status status = program.openArtifact(options.checkWeights);
    return status.failed() ? status : refuseCompileFlags(options);
  }
  Interrupt::temporaryFolder();
  program.fromModel = true;
  CompileOptions compile = compileOptions(options);
  for (bool again : {false, true}) {
    ProgressLine line;
    CompileHooks hooks = compileHooks(line);
    bool compiled = false;
    hooks.progress = [&, show = hooks.progress](const std::string &stage, const std::string &what, double done) {
      compiled = true;
      show(stage, what, done);
    };
    Stopwatch watch;
    if (Status status = toStatus(compileToCache(options.file, compile, program.path, program.held, hooks));
        status.failed())
      return status;
    program.seconds = compiled ? watch.seconds() : 0;
    Status status = program.openArtifact(options.checkWeights);
    // What the cache holds may be damaged, or be another version's: it is made anew.
    if (!status.failed() || compiled || again)
      return status;
    std::remove(program.path.c_str());
  }
  return {};
}

std::string OpenProgram::origin() const {
  if (!fromModel)
    return "";
  return seconds > 0 ? "compiled in " + timeText(seconds) : "compiled before";
}

const llvm::json::Object &OpenProgram::description() const {
  if (!json) {
    json = std::make_shared<llvm::json::Value>(llvm::json::Object());
    if (llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(treadle_program_json(handle.get())))
      *json = std::move(*parsed);
    else
      llvm::consumeError(parsed.takeError());
  }
  return *json->getAsObject();
}

// ---- sessions --------------------------------------------------------------------------------

treadle_session_options sessionOptions(const ProgramOptions &options, const std::string &cacheFolder) {
  treadle_session_options result = {};
  result.device = options.device.c_str();
  result.threads = options.threads;
  result.memory_limit = options.memoryLimit;
  result.cache = cacheFolder.c_str();
  return result;
}

Status OpenSession::open(const OpenProgram &program, const ProgramOptions &options, OpenSession &session) {
  std::string cache = cacheFolder();
  treadle_session_options given = sessionOptions(options, cache);
  session.outputCount = program.outputs().size();
  return toStatus(treadle_session_create(program.get(), &given, &session.handle));
}

Status OpenSession::run(const std::vector<HostTensor> &inputs, std::vector<treadle_tensor> &outputs) {
  std::vector<treadle_tensor> views;
  for (const HostTensor &input : inputs)
    views.push_back(input.view());
  outputs.assign(outputCount, {});
  Interrupt::CancelsSession cancels(handle);
  if (Interrupt::requested())
    return error(TREADLE_CANCELLED, "cancelled");
  return toStatus(treadle_session_run(handle, views.data(), static_cast<int32_t>(views.size()), outputs.data(),
                                      static_cast<int32_t>(outputs.size())));
}

} // namespace treadle
