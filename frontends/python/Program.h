//===- Program.h - a compiled model, called from Python --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program may be called from any number of threads at once, but a session of the runtime runs one
// call at a time. Each call takes a session that rests, the one used last first, or makes another: as
// many exist as calls ever overlapped, none is bound to a thread that has long ended, and a loop in
// one thread always finds its own, with the memory of its shapes already planned.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_PYTHON_PROGRAM_H
#define TREADLE_FRONTENDS_PYTHON_PROGRAM_H

#include "frontends/python/Tensor.h"
#include "runtime/base/MappedFile.h"
#include <mutex>
#include <nanobind/nanobind.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace treadle::python {

struct ProgramOptions {
  int32_t threads = 0;
  uint64_t memoryLimit = 0;
  bool checkWeights = false;
  std::string device = "cpu", cacheFolder;
};

/// An input or output, as Python sees it.
struct TensorInfo {
  std::string name, dtype;
  nanobind::tuple shape; // of int and str
  std::string text() const;
};

class Program {
public:
  Program(const std::string &path, const ProgramOptions &options);
  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  std::vector<TensorInfo> inputs() const { return infos(treadle_program_input_count, treadle_program_input); }
  std::vector<TensorInfo> outputs() const { return infos(treadle_program_output_count, treadle_program_output); }

  nanobind::object call(nanobind::args arrays, nanobind::kwargs named);
  nanobind::object profile(nanobind::args arrays, nanobind::kwargs named);
  void save(const std::string &path) const;

  /// Everything that the artifact says, or one member of it.
  nanobind::dict description() const;
  nanobind::object described(const char *key) const { return description()[key]; }
  nanobind::dict memory() const;
  int32_t threads() const { return options.threads; }
  const std::string &device() const { return options.device; }
  std::string text() const;

  treadle_program *get() const { return program; }
  const std::string &artifact() const { return path; }
  const ProgramOptions &runOptions() const { return options; }

private:
  class Lease;
  using Count = int32_t (*)(const treadle_program *);
  using Get = treadle_error *(*)(const treadle_program *, int32_t, treadle_tensor_info *);
  std::vector<TensorInfo> infos(Count count, Get get) const;
  std::vector<treadle_tensor_info> rawInputs() const;
  std::vector<InputArray> bind(nanobind::args arrays, nanobind::kwargs named) const;
  /// Runs once in a session of its own for that time; with `trace`, also records what ran when.
  std::vector<OutputArray> run(const std::vector<InputArray> &arrays, std::string *trace);

  ProgramOptions options;
  std::string path;
  std::unique_ptr<MappedFile> file; // for save(): the runtime maps the same pages
  treadle_program *program = nullptr;

  mutable std::mutex lock;
  std::vector<treadle_session *> resting;
  int64_t sessions = 0;
  uint64_t sessionBytes = 0; // of all of them, as far as their last calls ended
};

/// Throws the Python exception that fits, and frees the error; returns if there is none.
void raise(treadle_error *error);
void raise(const Status &status);

/// treadle.Error: failures that no exception of Python's own fits.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace treadle::python

#endif // TREADLE_FRONTENDS_PYTHON_PROGRAM_H
