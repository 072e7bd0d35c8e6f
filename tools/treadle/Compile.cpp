//===- Compile.cpp - treadle compile --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/file/OutputFile.h"
#include "tools/treadle/Command.h"
#include "tools/treadle/CompileFlags.h"
#include "tools/treadle/Interrupt.h"
#include <filesystem>
#include <fmt/core.h>

namespace treadle {
namespace {

struct Arguments {
  std::string model, output;
  CompileOptions options;
};

Status compile(const Arguments &arguments) {
  std::string output = arguments.output;
  bool toText = !arguments.options.stop_after.empty();
  if (output.empty())
    output = std::filesystem::path(arguments.model).stem().string() + (toText ? ".mlir" : ".tdl");
  // Said now, not after the work.
  if (Status status = checkWritable(output); status.failed())
    return status;
  if (!Interrupt::temporaryFolder().empty() && isArtifact(arguments.model))
    return error(TREADLE_INVALID_ARGUMENT, arguments.model, ": is compiled already");
  Stopwatch watch;
  ProgressLine line;
  Status status = toStatus(compileModel(arguments.model, output, arguments.options, compileHooks(line)));
  line.clear();
  if (status.failed())
    return status;
  std::error_code code;
  uint64_t bytes = std::filesystem::file_size(output, code);
  fmt::print(stderr, "{}: {} in {}\n", output, code ? "written" : bytesText(bytes), timeText(watch.seconds()));
  return {};
}

} // namespace

void addCompile(CLI::App &app, Action &action) {
  CLI::App *command = app.add_subcommand("compile", "Compile a model to an artifact (.tdl)");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("MODEL", arguments->model, "the model: .onnx, or a scene: .ingp, .msgpack")
      ->required()
      ->type_name("");
  command
      ->add_option("-o,--output", arguments->output,
                   "the artifact (default: the model's name with .tdl, in this folder)")
      ->type_name("FILE");
  addCompileFlags(*command, arguments->options, /*keyedOnly=*/false);
  std::string stages = "Stages, and what is true after each:\n";
  for (const StageInfo &stage : pipelineStages())
    stages += fmt::format("  {:<10} {}\n", stage.name, stage.guarantee);
  stages.pop_back();
  command->footer(stages);
  command->callback([arguments, &action] { action = [arguments](int &) { return compile(*arguments); }; });
}

} // namespace treadle
