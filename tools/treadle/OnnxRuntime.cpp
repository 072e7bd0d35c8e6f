//===- OnnxRuntime.cpp - ONNX Runtime's values of a model -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/OnnxRuntime.h"
#include "tools/treadle/Interrupt.h"
#include "tools/treadle/onnxruntime_run.h" // the script, as text
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace treadle {
namespace {

constexpr int packageMissing = 3, commandMissing = 127;

std::vector<std::string> pythons() {
  if (const char *named = std::getenv("TREADLE_PYTHON"); named && *named)
    return {named};
  std::vector<std::string> result;
  std::error_code code;
  std::filesystem::path binary = std::filesystem::read_symlink("/proc/self/exe", code);
  std::filesystem::path own = binary.parent_path().parent_path() / "venv/bin/python";
  if (!code && std::filesystem::exists(own, code))
    result.push_back(own);
  result.push_back("python3");
  return result;
}

/// Runs a command to its end. `complaint` is the last line of its standard error.
Status runCommand(const std::vector<std::string> &command, int &exitStatus, std::string &complaint) {
  std::string log = Interrupt::temporaryFolder() + "/log";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigmask(&attributes, &none); // ours are blocked
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char *> arguments;
  for (const std::string &word : command)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  int code = posix_spawnp(&child, command[0].c_str(), &files, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (code == ENOENT || code == EACCES) {
    exitStatus = commandMissing;
    complaint = std::strerror(code);
    return {};
  }
  if (code != 0)
    return error(TREADLE_IO, command[0], ": ", std::strerror(code));
  Interrupt::EndsChild ends(child);
  int state = 0;
  while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
  }
  if (Interrupt::requested())
    return error(TREADLE_CANCELLED, "cancelled");
  exitStatus = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  std::ifstream text(log);
  for (std::string line; std::getline(text, line);)
    if (!line.empty())
      complaint = line;
  return {};
}

} // namespace

Status runOnnxRuntime(const std::string &model, const std::vector<ProgramTensor> &names,
                      const std::vector<HostTensor> &inputs, bool everything, std::unique_ptr<ExpectedValues> &values) {
  const std::string &folder = Interrupt::temporaryFolder();
  if (folder.empty())
    return error(TREADLE_IO, "there is no place for temporary files; TMPDIR names another folder");
  NpzWriter writer(folder + "/inputs.npz", /*deflate=*/false);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (Status status = writer.add("in:" + names[i].name, inputs[i]); status.failed())
      return status;
  if (Status status = writer.finish(); status.failed())
    return status;
  std::string tried;
  for (const std::string &python : pythons()) {
    std::vector<std::string> command = {
        python, "-c", onnxruntimeScript, model, folder + "/inputs.npz", folder + "/outputs.npz"};
    if (everything)
      command.push_back("everything");
    int exitStatus = 0;
    std::string complaint;
    if (Status status = runCommand(command, exitStatus, complaint); status.failed())
      return status;
    if (exitStatus == 0)
      return ArchivedValues::open(folder + "/outputs.npz", values);
    if (exitStatus != packageMissing && exitStatus != commandMissing)
      return error(TREADLE_UNSUPPORTED, model,
                   ": ONNX Runtime: ", complaint.empty() ? concat("ended with ", exitStatus) : complaint);
    tried += concat(tried.empty() ? "" : "; ", python, ": ", complaint);
  }
  return error(TREADLE_NOT_FOUND, "no Python with ONNX Runtime was found (", tried,
               "); TREADLE_PYTHON names one that has the packages onnxruntime and onnx");
}

} // namespace treadle
