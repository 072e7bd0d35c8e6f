//===- Compile.cpp - treadle.compile ---------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The keywords, their documentation and their signature come from tools/compile/Options.def: a row
// added there is a keyword here. The interpreter's lock is held only inside the caller's callbacks.
//
//===----------------------------------------------------------------------===//

#include "frontends/python/Compile.h"
#include "frontends/python/Program.h"
#include "tools/compile/Compile.h"
#include <exception>
#include <fstream>
#include <mutex>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <stdexcept>

namespace nb = nanobind;

namespace treadle::python {
namespace {

/// treadle.CompileError
struct CompileFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// ---- options ---------------------------------------------------------------------------------

[[noreturn]] void wrongOption(const char *name, const char *expected, nb::handle found) {
  throw nb::type_error(concat("option ", name, ": expected ", expected, ", found ",
                              nb::cast<std::string>(nb::getattr(found.type(), "__name__")))
                           .c_str());
}

std::string pathText(nb::handle path) {
  return nb::cast<std::string>(nb::module_::import_("os").attr("fsdecode")(path));
}
bool isPath(nb::handle value) { return nb::isinstance<nb::str>(value) || nb::hasattr(value, "__fspath__"); }

void setOption(std::string &option, const char *name, nb::handle value) {
  if (!isPath(value))
    wrongOption(name, "str", value);
  option = pathText(value);
}
void setOption(bool &option, const char *name, nb::handle value) {
  if (!nb::isinstance<nb::bool_>(value))
    wrongOption(name, "bool", value);
  option = nb::cast<bool>(value);
}
void setOption(int64_t &option, const char *name, nb::handle value) {
  if (nb::isinstance<nb::bool_>(value) || !nb::try_cast(value, option, /*convert=*/false))
    wrongOption(name, "int", value);
}
/// A list of str, or NAME=VALUE as a dict.
void setOption(std::vector<std::string> &option, const char *name, nb::handle value) {
  constexpr const char *expected = "a dict or a list of str";
  if (nb::isinstance<nb::dict>(value)) {
    for (auto [key, item] : nb::borrow<nb::dict>(value))
      option.push_back(nb::cast<std::string>(nb::str(key)) + "=" + nb::cast<std::string>(nb::str(item)));
    return;
  }
  if (!nb::isinstance<nb::list>(value) && !nb::isinstance<nb::tuple>(value))
    wrongOption(name, expected, value);
  for (nb::handle item : value) {
    if (!nb::isinstance<nb::str>(item))
      wrongOption(name, expected, item);
    option.push_back(nb::cast<std::string>(item));
  }
}

std::string optionNames() {
  std::string names;
#define TREADLE_OPTION(name, type, default_, meta, keyed, help)                                                        \
  names += (names.empty() ? "" : ", ") + std::string(#name);
#include "tools/compile/Options.def"
  return names;
}

CompileOptions toOptions(nb::dict given) {
  CompileOptions options;
  for (auto [key, value] : given) {
    auto keyword = nb::cast<std::string>(key);
    bool known = false;
#define TREADLE_OPTION(name, type, default_, meta, keyed, help)                                                        \
  if (keyword == #name) {                                                                                              \
    setOption(options.name, #name, value);                                                                             \
    known = true;                                                                                                      \
  }
#include "tools/compile/Options.def"
    if (!known)
      throw nb::type_error(concat("compile() has no option \"", keyword, "\"; it has ", optionNames()).c_str());
  }
  if (!options.stop_after.empty())
    throw nb::value_error(
        "option stop_after: gives MLIR, not a program; use the command line, or dump_ir for all stages");
  return options;
}

// ---- documentation, from the same table ------------------------------------------------------

const char *annotation(const std::string &) { return "str"; }
const char *annotation(const bool &) { return "bool"; }
const char *annotation(const int64_t &) { return "int"; }
const char *annotation(const std::vector<std::string> &) {
  return "collections.abc.Mapping[str, int] | collections.abc.Sequence[str]";
}
std::string spelled(const std::string &value) { return "'" + value + "'"; }
std::string spelled(bool value) { return value ? "True" : "False"; }
std::string spelled(int64_t value) { return std::to_string(value); }
std::string spelled(const std::vector<std::string> &) { return "()"; }

std::string signature() {
  CompileOptions defaults;
  std::string positional, keywords;
#define TREADLE_OPTION(name, type, default_, meta, keyed, help)                                                        \
  {                                                                                                                    \
    std::string_view keyword = #name;                                                                                  \
    std::string text = concat(", ", keyword, ": ", annotation(defaults.name), " = ", spelled(defaults.name));          \
    if (keyword != "stop_after")                                                                                       \
      (keyword == "target" || keyword == "threads" ? positional : keywords) += text;                                   \
  }
#include "tools/compile/Options.def"
  return "def compile(model: str | os.PathLike | bytes | onnx.ModelProto" + positional +
         ", *, progress: collections.abc.Callable[[str, str, float], None] | None = None, cache: bool = True, "
         "device: str | None = None" +
         keywords + ") -> Program";
}

std::string documentation() {
  std::string text =
      R"(Compiles a model and opens it.

model       path of an ONNX file (its external data beside it), the file's bytes, or an onnx.ModelProto
threads     for compiling and for running; 0: as many as there are cores
progress    called now and then as progress(stage, what, done), done from 0 to 1; an exception that it
            raises stops the compiler and comes out of compile()
cache       take the program from the cache if it is there, and leave it there if not. The cache is the
            folder TREADLE_CACHE names, else $XDG_CACHE_HOME/treadle or ~/.cache/treadle; programs are
            found by the model's contents, the options and the compiler. Where it cannot be written, the
            program is not kept, with a warning
device      that calls run on, as `treadle devices` lists them; None: the first that is compiled for

Options, which are those of the command line:

)";
#define TREADLE_OPTION(name, type, default_, meta, keyed, help)                                                        \
  if (std::string_view keyword = #name; keyword != "threads" && keyword != "stop_after")                               \
    text += concat(keyword, std::string(keyword.size() < 12 ? 12 - keyword.size() : 1, ' '), help, "\n");
#include "tools/compile/Options.def"
  return text + R"(
Raises CompileError with a line for each thing that is wrong, by the model's own names, and TypeError
or ValueError for options that do not exist or have the wrong type. May be called from several threads.)";
}

// ---- compiling -------------------------------------------------------------------------------

/// The model as a file; `held` is one if it came as bytes.
std::string modelPath(nb::handle model, std::unique_ptr<TemporaryFile> &held) {
  if (isPath(model))
    return pathText(model);
  nb::object bytes = nb::borrow(model);
  if (nb::hasattr(model, "SerializeToString"))
    bytes = model.attr("SerializeToString")();
  if (!nb::isinstance<nb::bytes>(bytes))
    wrongOption("model", "a path, bytes or an onnx.ModelProto", model);
  auto content = nb::cast<nb::bytes>(bytes);
  raise(TemporaryFile::make(".onnx", held));
  std::ofstream out(held->path(), std::ios::binary);
  if (!out.write(content.c_str(), content.size()) || !out.flush()) {
    PyErr_SetFromErrnoWithFilename(PyExc_OSError, held->path().c_str());
    throw nb::python_error();
  }
  return held->path();
}

/// The compiler's calls back into Python. The first exception stops the compiler.
class Callbacks {
public:
  Callbacks(nb::object progress, bool explain) {
    if (!progress.is_none())
      hooks.progress = [this, progress](const std::string &stage, const std::string &what, double done) {
        guarded([&] { progress(stage, what, done); });
      };
    if (explain)
      hooks.explain = [this](const std::string &line) { guarded([&] { nb::print(line.c_str()); }); };
    hooks.warn = [this](const std::string &line) {
      guarded([&] {
        if (PyErr_WarnEx(PyExc_RuntimeWarning, line.c_str(), 1) != 0)
          throw nb::python_error();
      });
    };
    hooks.cancelled = [this] {
      guarded([] {
        if (PyErr_CheckSignals() != 0) // Ctrl-C
          throw nb::python_error();
      });
      return stopped();
    };
  }
  CompileHooks hooks;
  std::exception_ptr failure;

private:
  bool stopped() {
    std::lock_guard<std::mutex> guard(lock);
    return failure != nullptr;
  }
  template <typename F> void guarded(F function) {
    nb::gil_scoped_acquire acquire;
    if (stopped())
      return;
    try {
      function();
    } catch (...) {
      std::lock_guard<std::mutex> guard(lock);
      failure = std::current_exception();
    }
  }
  std::mutex lock;
};

std::unique_ptr<Program> compile(nb::object model, nb::object target, nb::object threads, nb::object progress,
                                 bool cache, std::optional<std::string> device, nb::kwargs given) {
  nb::dict all;
  all["target"] = target;
  all["threads"] = threads;
  for (auto [key, value] : given)
    all[key] = value;
  CompileOptions options = toOptions(all);
  std::unique_ptr<TemporaryFile> input, output;
  std::string from = modelPath(model, input), to;
  if (isArtifact(from))
    throw nb::value_error((from + ": is a compiled program already; open it with treadle.load").c_str());
  // What is asked to be shown while compiling would not be, were the program taken from the cache.
  cache &= options.dump_ir.empty() && !options.explain;
  if (!cache) {
    raise(TemporaryFile::make(".tdl", output));
    to = output->path();
  }
  Callbacks callbacks(progress, options.explain);
  CompileResult result;
  {
    nb::gil_scoped_release release;
    result = cache ? compileToCache(from, options, to, output, callbacks.hooks)
                   : compileModel(from, to, options, callbacks.hooks);
  }
  if (callbacks.failure)
    std::rethrow_exception(callbacks.failure);
  if (!result.ok)
    throw CompileFailure(result.error);
  ProgramOptions run;
  run.threads = options.threads;
  run.device = device ? *device : options.target.substr(0, options.target.find_first_of(",:"));
  run.cacheFolder = cacheFolder();
  return std::make_unique<Program>(to, run);
}

} // namespace

void bindCompile(nb::module_ &module) {
  auto type = nb::exception<CompileFailure>(module, "CompileError", module.attr("Error"));
  type.doc() = "A model that cannot be compiled. The message has a line for each thing that is wrong.";
  static const std::string sig = signature(), doc = documentation();
  module.def("compile", compile, nb::arg("model"), nb::arg("target") = "cpu", nb::arg("threads") = 0, nb::kw_only(),
             nb::arg("progress") = nb::none(), nb::arg("cache") = true, nb::arg("device") = nb::none(),
             nb::arg("options"), nb::sig(sig.c_str()), doc.c_str());
}

} // namespace treadle::python
