//===- Program.cpp - a compiled model, called from Python ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/python/Program.h"
#include "tools/file/OutputFile.h"
#include <algorithm>
#include <filesystem>

namespace nb = nanobind;
using namespace nb::literals;

namespace treadle::python {

void raise(const Status &status) {
  PyObject *type = nullptr;
  switch (status.code) {
  case TREADLE_OK:
    return;
  case TREADLE_INVALID_ARGUMENT:
    type = PyExc_ValueError;
    break;
  case TREADLE_NOT_FOUND:
    type = PyExc_FileNotFoundError;
    break;
  case TREADLE_OUT_OF_MEMORY:
    type = PyExc_MemoryError;
    break;
  case TREADLE_IO:
    type = PyExc_OSError;
    break;
  default:
    throw Failure(status.message);
  }
  PyErr_SetString(type, status.message.c_str());
  throw nb::python_error();
}

void raise(treadle_error *error) { raise(toStatus(error)); }

namespace {

std::string quoted(const char *name) { return std::string("\"") + name + "\""; }

} // namespace

std::string TensorInfo::text() const {
  std::string text = name + ": " + dtype + "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + nb::cast<std::string>(nb::str(nb::object(shape[i])));
  return text + "]";
}

/// A session for one call. Made, used and given back without the interpreter's lock.
class Program::Lease {
public:
  Lease(Program &owner) : owner(owner) {
    {
      std::lock_guard<std::mutex> guard(owner.lock);
      if (!owner.resting.empty()) {
        session = owner.resting.back();
        owner.resting.pop_back();
        bytes = treadle_session_memory(session);
        return;
      }
    }
    treadle_session_options options = {};
    options.device = owner.options.device.c_str();
    options.cache = owner.options.cacheFolder.c_str();
    options.threads = owner.options.threads;
    options.memory_limit = owner.options.memoryLimit;
    status = toStatus(treadle_session_create(owner.program, &options, &session));
    std::lock_guard<std::mutex> guard(owner.lock);
    owner.sessions += status.failed() ? 0 : 1;
  }
  ~Lease() {
    if (!session)
      return;
    std::lock_guard<std::mutex> guard(owner.lock);
    owner.sessionBytes += treadle_session_memory(session) - bytes;
    owner.resting.push_back(session);
  }
  Lease(const Lease &) = delete;
  Lease &operator=(const Lease &) = delete;

  treadle_session *session = nullptr;
  Status status;

private:
  Program &owner;
  uint64_t bytes = 0;
};

Program::Program(const std::string &path, const ProgramOptions &options) : options(options), path(path) {
  Status status;
  {
    nb::gil_scoped_release release;
    treadle_open_options open = {};
    open.check_weights = options.checkWeights;
    status = toStatus(treadle_program_open_file(path.c_str(), &open, &program));
    if (!status.failed())
      status = MappedFile::open(path.c_str(), file);
    if (status.failed())
      treadle_program_close(program);
  }
  raise(status);
}

Program::~Program() {
  for (treadle_session *session : resting)
    treadle_session_close(session);
  treadle_program_close(program);
}

std::vector<TensorInfo> Program::infos(Count count, Get get) const {
  std::vector<TensorInfo> result;
  for (int32_t i = 0; i < count(program); ++i) {
    treadle_tensor_info info;
    raise(get(program, i, &info));
    nb::list shape;
    for (int32_t d = 0; d < info.rank; ++d) {
      if (info.dims[d] >= 0)
        shape.append(info.dims[d]);
      else
        shape.append(info.dim_names[d]);
    }
    result.push_back({info.name, arrayTypeName(static_cast<DType>(info.dtype)), nb::tuple(shape)});
  }
  return result;
}

std::vector<treadle_tensor_info> Program::rawInputs() const {
  std::vector<treadle_tensor_info> result(treadle_program_input_count(program));
  for (size_t i = 0; i < result.size(); ++i)
    raise(treadle_program_input(program, i, &result[i]));
  return result;
}

/// Positional arrays in the program's order, then those by name; each input exactly once.
std::vector<InputArray> Program::bind(nb::args arrays, nb::kwargs named) const {
  std::vector<treadle_tensor_info> expected = rawInputs();
  std::string names;
  for (const treadle_tensor_info &info : expected)
    names += (names.empty() ? "" : ", ") + quoted(info.name);
  if (names.empty())
    names = "none";
  if (arrays.size() > expected.size())
    throw nb::type_error(
        concat(arrays.size(), " arrays were given, the program has ", expected.size(), " inputs: ", names).c_str());

  std::vector<nb::handle> values(expected.size());
  for (size_t i = 0; i < arrays.size(); ++i)
    values[i] = arrays[i];
  for (auto [key, value] : named) {
    auto name = nb::cast<std::string>(key);
    auto found = std::find_if(expected.begin(), expected.end(),
                              [&](const treadle_tensor_info &info) { return name == info.name; });
    if (found == expected.end())
      throw nb::type_error(concat("the program has no input ", quoted(name.c_str()), "; its inputs: ", names).c_str());
    nb::handle &place = values[found - expected.begin()];
    if (place.is_valid())
      throw nb::type_error(concat("input ", quoted(name.c_str()), " was given twice").c_str());
    place = value;
  }
  std::vector<InputArray> result;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!values[i].is_valid())
      throw nb::type_error(
          concat("input ", quoted(expected[i].name), " is missing; the program's inputs: ", names).c_str());
    result.push_back(importArray(values[i], expected[i]));
  }
  return result;
}

std::vector<OutputArray> Program::run(const std::vector<InputArray> &arrays, std::string *trace) {
  std::vector<OutputArray> outputs(treadle_program_output_count(program));
  Status status;
  {
    nb::gil_scoped_release release;
    Lease lease(*this);
    status = lease.status;
    std::vector<treadle_tensor> from, to;
    for (const InputArray &array : arrays)
      from.push_back(array.tensor);
    if (!status.failed())
      status = toStatus(treadle_session_prepare(lease.session, from.data(), from.size()));
    for (size_t i = 0; i < outputs.size() && !status.failed(); ++i) {
      treadle_tensor shape;
      status = toStatus(treadle_session_output_shape(lease.session, i, &shape));
      if (!status.failed() && !outputs[i].allocate(shape))
        status = error(TREADLE_OUT_OF_MEMORY, "no memory for output ", i);
      to.push_back(outputs[i].tensor());
    }
    if (!status.failed()) {
      treadle_session_profile(lease.session, trace != nullptr);
      status = toStatus(treadle_session_run(lease.session, from.data(), from.size(), to.data(), to.size()));
      treadle_session_profile(lease.session, 0);
      if (trace)
        *trace = treadle_session_trace(lease.session);
    }
  }
  raise(status);
  return outputs;
}

nb::object Program::call(nb::args arrays, nb::kwargs named) {
  std::vector<OutputArray> outputs = run(bind(arrays, named), nullptr);
  if (outputs.size() == 1)
    return outputs.front().release();
  nb::list results;
  for (OutputArray &output : outputs)
    results.append(output.release());
  return nb::tuple(results);
}

nb::object Program::profile(nb::args arrays, nb::kwargs named) {
  std::string trace;
  run(bind(arrays, named), &trace);
  return nb::module_::import_("json").attr("loads")(trace);
}

/// Whole or not at all: written beside its place, then moved there.
void Program::save(const std::string &to) const {
  namespace fs = std::filesystem;
  Status status;
  {
    nb::gil_scoped_release release;
    std::error_code ignored;
    fs::path folder = fs::path(to).parent_path();
    if (!folder.empty() && !fs::exists(folder, ignored))
      status = error(TREADLE_NOT_FOUND, to, ": there is no folder ", folder.string());
    if (!status.failed()) {
      OutputFile out(to);
      out.write(file->data(), file->size());
      status = out.finish();
    }
  }
  if (status.failed())
    raise(status);
}

nb::dict Program::description() const {
  return nb::cast<nb::dict>(nb::module_::import_("json").attr("loads")(treadle_program_json(program)));
}

nb::dict Program::memory() const {
  nb::dict all = description(), result;
  int64_t code = 0;
  for (nb::handle executable : all["executables"])
    code += nb::cast<int64_t>(executable["bytes"]);
  result["weights"] = all["weight_bytes"];
  result["code"] = code;
  std::lock_guard<std::mutex> guard(lock);
  result["sessions"] = sessions;
  result["arena"] = sessionBytes;
  return result;
}

std::string Program::text() const {
  auto join = [](const std::vector<TensorInfo> &infos) {
    std::string text;
    for (const TensorInfo &info : infos)
      text += (text.empty() ? "" : ", ") + info.text();
    return text;
  };
  return "<treadle.Program " + std::filesystem::path(path).filename().string() + " (" + join(inputs()) + ") -> (" +
         join(outputs()) + ")>";
}

} // namespace treadle::python
