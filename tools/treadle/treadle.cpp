//===- treadle.cpp - the command line -------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/compile/Compile.h"
#include "tools/treadle/Command.h"
#include "tools/treadle/Interrupt.h"
#include <cerrno>
#include <cstring>
#include <fmt/core.h>
#include <new>
#include <system_error>

using namespace treadle;

namespace {

constexpr const char *about =
    "Compiles neural networks (ONNX, snapshots of instant-ngp) for this machine, and runs them.";
constexpr const char *footer = R"(
Examples:
  treadle run upscale.onnx --input image=photo.png --output result=large.png
  treadle compile net.onnx -o net.tdl
  treadle bench net.tdl --threads 2
  treadle compare net.onnx --against onnxruntime
  treadle render fox.ingp -o fox.png

A FILE is an artifact (.tdl) or a model; a model is compiled first and kept in a cache: the folder that
TREADLE_CACHE names, else ~/.cache/treadle.
Exit status: 0, 1 if the work failed, 2 for a wrong command line, 130 if it was interrupted.)";

int report(const Status &status) {
  if (!status.failed())
    return worked;
  if (status.code == TREADLE_CANCELLED || Interrupt::requested()) {
    fmt::print(stderr, "treadle: interrupted\n");
    return interrupted;
  }
  fmt::print(stderr, "treadle: {}\n", status.message);
  return failed;
}

/// What was printed may have gone to a full disk. A reader that has seen enough needs no message.
int reportPrinting(int code) {
  if (code != EPIPE)
    fmt::print(stderr, "treadle: standard output: {}\n", std::strerror(code));
  return failed;
}

int run(int argc, char **argv) {
  CLI::App app(about, "treadle");
  app.set_version_flag("--version", compilerVersion());
  app.require_subcommand(1);
  app.footer(footer);
  Action action;
  addCompile(app, action);
  addRun(app, action);
  addBench(app, action);
  addCompare(app, action);
  addRender(app, action);
  addInspect(app, action);
  addDevices(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &problem) {
    if (problem.get_exit_code() == 0)
      return app.exit(problem); // --help, --version
    fmt::print(stderr, "treadle: {}\nFor what can be said: treadle --help, treadle COMMAND --help\n", problem.what());
    return badUsage;
  }
  int exitStatus = worked;
  int reported = report(action(exitStatus));
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    return reportPrinting(errno);
  return reported ? reported : exitStatus;
}

} // namespace

int main(int argc, char **argv) {
  Interrupt::watch();
  int exitStatus = failed;
  try {
    exitStatus = run(argc, argv);
  } catch (const std::bad_alloc &) {
    fmt::print(stderr, "treadle: no memory left\n");
  } catch (const std::system_error &problem) { // fmt::print's
    exitStatus = reportPrinting(problem.code().value());
  }
  Interrupt::cleanUp();
  return exitStatus;
}
