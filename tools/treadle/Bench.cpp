//===- Bench.cpp - treadle bench ------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Command.h"
#include "tools/treadle/Inputs.h"
#include "tools/treadle/Terminal.h"
#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <fstream>
#include <malloc.h>

namespace treadle {
namespace {

struct Arguments {
  ProgramOptions program;
  InputOptions inputs;
  int repeat = 0;
  bool asJson = false;
};

// Without --repeat: for as long, but so many runs at least and at most.
constexpr double warmUpSeconds = 0.2, measuredSeconds = 2;
constexpr int fewestRuns = 5, mostRuns = 1000;

/// A line of /proc/self/status, in bytes.
uint64_t statusOf(const char *key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.rfind(key, 0) == 0)
      return std::strtoull(line.c_str() + std::strlen(key) + 1, nullptr, 10) * 1024;
  return 0;
}

/// Lets the process's peak of resident memory start again from what it holds now.
void resetPeakMemory() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// The number below which a part of the sorted times lies.
double quantile(const std::vector<double> &sorted, double part) {
  return sorted[static_cast<size_t>(std::ceil(part * sorted.size())) - 1];
}

/// FLOPs and bytes moved of one run, as the compiler counted them.
Status countWork(OpenSession &session, const std::vector<HostTensor> &inputs, double &flops, double &bytes) {
  std::vector<treadle_tensor> outputs;
  treadle_session_profile(session.get(), 1);
  if (Status status = session.run(inputs, outputs); status.failed())
    return status;
  treadle_session_profile(session.get(), 0);
  llvm::Expected<llvm::json::Value> trace = llvm::json::parse(treadle_session_trace(session.get()));
  if (!trace) {
    llvm::consumeError(trace.takeError());
    return {};
  }
  const llvm::json::Object *root = trace->getAsObject();
  const llvm::json::Array *events = root ? root->getArray("traceEvents") : nullptr;
  for (size_t i = 0; events && i < events->size(); ++i)
    if (const llvm::json::Object *event = (*events)[i].getAsObject())
      if (const llvm::json::Object *numbers = event->getObject("args")) {
        flops += numbers->getNumber("flops").value_or(0);
        bytes += numbers->getNumber("bytes").value_or(0);
      }
  return {};
}

Status bench(const Arguments &arguments) {
  std::string artifact;
  Inputs inputs;
  {
    OpenProgram program;
    if (Status status = OpenProgram::open(arguments.program, program); status.failed())
      return status;
    if (Status status = makeInputs(program, arguments.inputs, "", inputs); status.failed())
      return status;
    artifact = program.artifact();
  }
  ProgramOptions options = arguments.program;
  options.file = artifact;
  options.compile = {};         // it is
  options.checkWeights = false; // as an app loads it
  resetPeakMemory();
  uint64_t memoryBefore = statusOf("VmRSS:");

  Stopwatch sinceOpening;
  OpenProgram program;
  OpenSession session;
  std::vector<treadle_tensor> outputs;
  if (Status status = OpenProgram::open(options, program); status.failed())
    return status;
  if (Status status = OpenSession::open(program, options, session); status.failed())
    return status;
  double loading = sinceOpening.seconds();
  if (Status status = session.run(inputs.tensors, outputs); status.failed())
    return status;
  double firstResult = sinceOpening.seconds();

  auto runFor = [&](double seconds, int fewest, int most, std::vector<double> &times) -> Status {
    Stopwatch all;
    for (int i = 0; i < most && (i < fewest || all.seconds() < seconds); ++i) {
      Stopwatch one;
      if (Status status = session.run(inputs.tensors, outputs); status.failed())
        return status;
      times.push_back(one.seconds());
    }
    return {};
  };
  std::vector<double> warmUp, times;
  if (Status status = runFor(warmUpSeconds, 1, mostRuns, warmUp); status.failed())
    return status;
  Status status = arguments.repeat > 0 ? runFor(0, arguments.repeat, arguments.repeat, times)
                                       : runFor(measuredSeconds, fewestRuns, mostRuns, times);
  if (status.failed())
    return status;
  uint64_t peak = statusOf("VmHWM:"), arena = treadle_session_memory(session.get());
  peak = peak > memoryBefore ? peak - memoryBefore : 0;
  double flops = 0, bytes = 0;
  if (status = countWork(session, inputs.tensors, flops, bytes); status.failed())
    return status;

  std::sort(times.begin(), times.end());
  double median = quantile(times, 0.5), least = times.front(), p90 = quantile(times, 0.9);
  int64_t weights = program.description().getInteger("weight_bytes").value_or(0);
  if (arguments.asJson) {
    llvm::json::Object result{{"file", arguments.program.file},
                              {"device", arguments.program.device},
                              {"threads", arguments.program.threads},
                              {"runs", static_cast<int64_t>(times.size())},
                              {"median_ms", median * 1e3},
                              {"min_ms", least * 1e3},
                              {"p90_ms", p90 * 1e3},
                              {"flops", flops},
                              {"traffic_bytes", bytes},
                              {"gflops_per_second", flops / median * 1e-9},
                              {"load_ms", loading * 1e3},
                              {"first_result_ms", firstResult * 1e3},
                              {"peak_memory_bytes", static_cast<int64_t>(peak)},
                              {"arena_bytes", static_cast<int64_t>(arena)},
                              {"weight_bytes", weights}};
    printJson(std::move(result));
    return {};
  }
  for (const std::string &note : inputs.notes)
    fmt::print(stderr, "{}\n", note);
  fmt::print("{}\n", arguments.program.file);
  fmt::print("  time          median {}, min {}, p90 {} of {} runs\n", timeText(median), timeText(least), timeText(p90),
             times.size());
  fmt::print("  work          {}, {}\n", countText(flops, "FLOP"), countText(flops / median, "FLOP/s"));
  fmt::print("  loading       {}, first result after {}\n", timeText(loading), timeText(firstResult));
  fmt::print("  peak memory   {} more than before loading; intermediate values {}, weights {}\n", bytesText(peak),
             bytesText(arena), bytesText(weights));
  return {};
}

} // namespace

void addBench(CLI::App &app, Action &action) {
  CLI::App *command = app.add_subcommand("bench", "Measure how fast a model or an artifact runs, and what it takes");
  auto arguments = std::make_shared<Arguments>();
  arguments->program.addTo(*command, /*runs=*/true);
  arguments->inputs.addTo(*command);
  command->add_option("--repeat", arguments->repeat, "measured runs (default: 2 seconds of them)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000));
  command->add_flag("--json", arguments->asJson, "print JSON");
  command->callback([arguments, &action] { action = [arguments](int &) { return bench(*arguments); }; });
}

} // namespace treadle
