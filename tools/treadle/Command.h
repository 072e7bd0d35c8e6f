//===- Command.h - the subcommands ----------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each subcommand is one file. It adds itself to the command line; where it is the one that was called, it
// sets what is to be done once all of the line is read.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_COMMAND_H
#define TREADLE_TOOLS_TREADLE_COMMAND_H

#include "runtime/base/Status.h"
#include <CLI/CLI.hpp>
#include <functional>

namespace treadle {

enum ExitStatus : int { worked = 0, failed = 1, badUsage = 2, interrupted = 130 };

/// Does the work. A failure is printed by who calls it.
using Action = std::function<Status(int &exitStatus)>;

void addCompile(CLI::App &app, Action &action);
void addRun(CLI::App &app, Action &action);
void addBench(CLI::App &app, Action &action);
void addCompare(CLI::App &app, Action &action);
void addRender(CLI::App &app, Action &action);
void addInspect(CLI::App &app, Action &action);
void addDevices(CLI::App &app, Action &action);

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_COMMAND_H
