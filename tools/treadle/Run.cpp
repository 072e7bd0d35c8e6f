//===- Run.cpp - treadle run ----------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/file/OutputFile.h"
#include "tools/treadle/Command.h"
#include "tools/treadle/Inputs.h"
#include "tools/treadle/Outputs.h"
#include "tools/treadle/Terminal.h"
#include <fmt/core.h>

namespace treadle {
namespace {

struct Arguments {
  ProgramOptions program;
  InputOptions inputs;
  OutputOptions outputs;
  std::string profile;
  bool asJson = false;
};

Status run(Arguments &arguments) {
  if (!arguments.profile.empty())
    if (Status status = checkWritable(arguments.profile); status.failed())
      return status;
  OpenProgram program;
  if (Status status = OpenProgram::open(arguments.program, program); status.failed())
    return status;
  arguments.outputs.bgr = arguments.inputs.bgr;
  OutputPlan plan;
  if (Status status = OutputPlan::make(program, arguments.outputs, plan); status.failed())
    return status;
  Inputs inputs;
  if (Status status = makeInputs(program, arguments.inputs, "", inputs); status.failed())
    return status;
  OpenSession session;
  if (Status status = OpenSession::open(program, arguments.program, session); status.failed())
    return status;
  treadle_session_profile(session.get(), !arguments.profile.empty());

  Stopwatch watch;
  std::vector<treadle_tensor> results;
  if (Status status = session.run(inputs.tensors, results); status.failed())
    return status;
  double seconds = watch.seconds();
  std::vector<HostTensor> tensors(results.size());
  for (size_t i = 0; i < results.size(); ++i)
    if (Status status = HostTensor::copyOf(results[i], tensors[i]); status.failed())
      return status;
  if (Status status = plan.write(tensors, inputs.soundRate); status.failed())
    return status;
  if (!arguments.profile.empty())
    if (Status status = writeFile(arguments.profile, treadle_session_trace(session.get())); status.failed())
      return status;
  uint64_t memory = treadle_session_memory(session.get());
  int64_t weights = program.description().getInteger("weight_bytes").value_or(0);
  if (arguments.asJson) {
    printJson(llvm::json::Object{{"file", arguments.program.file},
                                 {"compile_ms", program.compileSeconds() * 1e3},
                                 {"run_ms", seconds * 1e3},
                                 {"arena_bytes", static_cast<int64_t>(memory)},
                                 {"weight_bytes", weights},
                                 {"outputs", describeOutputs(program, tensors)}});
    return {};
  }
  if (plan.empty())
    printOutputs(program, tensors);
  std::fflush(stdout);
  for (const std::string &note : inputs.notes)
    fmt::print(stderr, "{}\n", note);
  std::string origin = program.origin();
  fmt::print(stderr, "{}: {}{}ran in {} with {} of memory and {} of weights\n", arguments.program.file, origin,
             origin.empty() ? "" : ", ", timeText(seconds), bytesText(memory), bytesText(weights));
  return {};
}

} // namespace

void addRun(CLI::App &app, Action &action) {
  CLI::App *command = app.add_subcommand("run", "Run a model or an artifact once");
  auto arguments = std::make_shared<Arguments>();
  arguments->program.addTo(*command, /*runs=*/true);
  arguments->inputs.addTo(*command);
  arguments->outputs.addTo(*command);
  command->add_option("--profile", arguments->profile, "write when each step ran, for chrome://tracing or Perfetto")
      ->type_name("TRACE.json");
  command->add_flag("--json", arguments->asJson, "print what came out and what it took as JSON");
  command->footer("Inputs that are not given get random numbers. Without --output, a line for each output is printed.");
  command->callback([arguments, &action] { action = [arguments](int &) { return run(*arguments); }; });
}

} // namespace treadle
