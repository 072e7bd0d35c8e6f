//===- CompileFlags.cpp - Options.def as flags ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/CompileFlags.h"
#include "tools/treadle/Interrupt.h"
#include <algorithm>
#include <fmt/core.h>

namespace treadle {
namespace {

std::string flagOf(const char *name) {
  std::string flag = std::string("--") + name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

void add(CLI::App &command, const char *name, bool &value, const char *, const char *help) {
  command.add_flag(flagOf(name), value, help)->group("Compiling");
}
void add(CLI::App &command, const char *name, std::string &value, const char *meta, const char *help) {
  command.add_option(flagOf(name), value, help)->type_name(meta)->group("Compiling");
}
void add(CLI::App &command, const char *name, int64_t &value, const char *meta, const char *help) {
  command.add_option(flagOf(name), value, help)->type_name(meta)->check(CLI::NonNegativeNumber)->group("Compiling");
}
void add(CLI::App &command, const char *name, std::vector<std::string> &value, const char *meta, const char *help) {
  // One a flag: what follows may be a file.
  command.add_option(flagOf(name), value, help)->type_name(meta)->allow_extra_args(false)->group("Compiling");
}

} // namespace

void addCompileFlags(CLI::App &command, CompileOptions &options, bool keyedOnly) {
#define TREADLE_OPTION(name, type, default_, meta, keyed, help)                                                        \
  if (keyed || !keyedOnly)                                                                                             \
    add(command, #name, options.name, meta, help);
#include "tools/compile/Options.def"
  command.parse_complete_callback([&options] {
    if (std::string problem = checkOptions(options); !problem.empty())
      throw CLI::ValidationError(problem);
  });
}

CompileHooks compileHooks(ProgressLine &line) {
  CompileHooks hooks;
  hooks.progress = [&line](const std::string &stage, const std::string &what, double done) {
    line.show(stage, what, done);
  };
  hooks.cancelled = [] { return Interrupt::requested(); };
  hooks.explain = [&line](const std::string &text) {
    line.clear();
    fmt::print("{}\n", text);
  };
  hooks.warn = [&line](const std::string &text) {
    line.clear();
    fmt::print(stderr, "treadle: {}\n", text);
  };
  return hooks;
}

Status toStatus(const CompileResult &result) {
  if (result.ok)
    return {};
  return {result.cancelled ? TREADLE_CANCELLED : TREADLE_UNSUPPORTED, result.error};
}

} // namespace treadle
