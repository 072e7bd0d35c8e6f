//===- Module.cpp - the Python module --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Python sees, with its documentation; the type stubs are made from it.
//
//===----------------------------------------------------------------------===//

#include "frontends/python/Compile.h"
#include "frontends/python/Draw.h"
#include "frontends/python/Program.h"
#include "tools/compile/Compile.h"
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace treadle::python;

namespace {

std::unique_ptr<Program> load(nb::object path, int32_t threads, uint64_t memoryLimit, bool checkWeights,
                              const std::string &device) {
  auto text = nb::cast<std::string>(nb::module_::import_("os").attr("fsdecode")(path));
  return std::make_unique<Program>(text,
                                   ProgramOptions{threads, memoryLimit, checkWeights, device, treadle::cacheFolder()});
}

void save(const Program &program, nb::object path) {
  program.save(nb::cast<std::string>(nb::module_::import_("os").attr("fsdecode")(path)));
}

nb::list devices() {
  nb::list result;
  treadle_device_info info;
  treadle_error *problem = nullptr;
  for (int32_t i = 0; !(problem = treadle_device(i, &info)); ++i) {
    nb::dict device;
    device["name"] = info.name;
    device["description"] = info.description;
    device["memory"] = info.memory;
    device["target"] = info.target;
    result.append(device);
  }
  bool isEnd = treadle_error_code(problem) == TREADLE_NOT_FOUND;
  if (!isEnd)
    raise(problem);
  treadle_error_free(problem);
  return result;
}

void bindTensorInfo(nb::module_ &module) {
  nb::class_<TensorInfo>(module, "TensorInfo", "What a program says of an input or output.")
      .def_ro("name", &TensorInfo::name, "The model's name for it.")
      .def_ro("dtype", &TensorInfo::dtype,
              "NumPy's name of its element type, \"float32\"; ml_dtypes' where NumPy has none.")
      .def_ro("shape", &TensorInfo::shape, nb::for_getter(nb::sig("def shape(self) -> tuple[int | str, ...]")),
              "An int for each fixed dimension; for one that is known only when the program runs its name "
              "(\"batch\") or formula (\"height / 2\") as a str.")
      .def(
          "__eq__",
          [](const TensorInfo &a, const TensorInfo &b) {
            return a.name == b.name && a.dtype == b.dtype && a.shape.equal(b.shape);
          },
          nb::is_operator())
      .def("__repr__", [](const TensorInfo &info) { return "<treadle.TensorInfo " + info.text() + ">"; });
}

void bindProgram(nb::module_ &module) {
  nb::class_<Program>(
      module, "Program",
      "A compiled model. Made by compile() or load(); called like a function, from any number of threads at once.")
      .def_prop_ro("inputs", &Program::inputs, nb::for_getter(nb::sig("def inputs(self) -> list[TensorInfo]")),
                   "The inputs, in the order in which arrays are passed.")
      .def_prop_ro("outputs", &Program::outputs, nb::for_getter(nb::sig("def outputs(self) -> list[TensorInfo]")),
                   "The outputs, in the order in which they are given back.")
      .def_prop_ro("device", &Program::device, "The device that a call runs on.")
      .def_prop_ro("threads", &Program::threads, "Threads that a call runs on; 0: as many as there are cores.")
      .def("__call__", &Program::call, nb::arg("arrays"), nb::arg("named"),
           nb::sig("def __call__(self, *arrays: numpy.typing.ArrayLike, **named: numpy.typing.ArrayLike) "
                   "-> numpy.ndarray | tuple[numpy.ndarray, ...]"),
           R"(Runs the model once.

Arrays are given in the order of `inputs`, or by name (`program(**{"input.1": x})`), one for each input.
An array is anything that speaks DLPack or the buffer protocol and lies in the CPU's memory: NumPy arrays,
tensors of PyTorch. It is read in place, and copied only if it is not dense. Numbers and lists become
arrays of the type that the input has. Shapes must be those of `inputs`; dimensions with a name may have
any size there, the same wherever the name stands.

Gives back a NumPy array, or a tuple of them if the model has several outputs, each in memory of its own.

Raises TypeError for an array of another element type or a missing or unknown input, ValueError for a
wrong shape, MemoryError if the limit given to load() would be exceeded.)")
      .def("profile", &Program::profile, nb::arg("arrays"), nb::arg("named"),
           nb::sig("def profile(self, *arrays: numpy.typing.ArrayLike, **named: numpy.typing.ArrayLike) -> dict[str, "
                   "typing.Any]"),
           R"(Runs once with the arrays of a call, and gives back when each step ran.

The dict is a Chrome trace: json.dump it into a file and open that in chrome://tracing or Perfetto. Its
"traceEvents" have "name" (the model's ops in this step), "ts" and "dur" (start and duration in
microseconds) and "args" with "kernel", "flops" (floating-point operations) and "bytes" (read and
written). The first call with new shapes also plans memory; call once before for the usual times.)")
      .def("save", save, nb::arg("path"), nb::sig("def save(self, path: str | os.PathLike) -> None"),
           "Writes the program to a file (.tdl) for load(), the command line or the C API; whole or not at all. "
           "Raises OSError.")
      .def_prop_ro(
          "metadata", [](const Program &p) { return p.described("metadata"); },
          nb::for_getter(nb::sig("def metadata(self) -> dict[str, str]")),
          "The model's own metadata: class names, a character table.")
      .def_prop_ro(
          "provenance", [](const Program &p) { return p.described("provenance"); },
          nb::for_getter(nb::sig("def provenance(self) -> dict[str, str]")),
          "Where the program came from: \"compiler\", \"model\", \"model_sha256\", \"options\".")
      .def_prop_ro("memory", &Program::memory, nb::for_getter(nb::sig("def memory(self) -> dict[str, int]")),
                   R"(Bytes that the program takes.

"weights" and "code" (of all variants) are mapped from the file and loaded as far as they are touched;
"arena" is what "sessions" (one for each call that ran at the same time as others) hold for intermediate
values of the shapes they ran last. Inputs and outputs are counted only where they are copied to a
device.)")
      .def("description", &Program::description, nb::sig("def description(self) -> dict[str, typing.Any]"),
           "Everything that the program's file says: inputs, outputs, steps with the model's ops, kernels, provenance; "
           "what `treadle inspect --json` prints.")
      .def("__repr__", &Program::text);
}

} // namespace

NB_MODULE(_native, module) {
  module.doc() = "Compiles ONNX models and runs them. See the package treadle.";
  module.attr("__version__") = treadle_version();
  nb::exception<Failure>(module, "Error", PyExc_RuntimeError).doc() =
      "A damaged file, one without code for this machine, or a device that failed.";
  bindTensorInfo(module);
  bindProgram(module);
  module.def("load", load, nb::arg("path"), nb::arg("threads") = 0, nb::kw_only(), nb::arg("memory_limit") = 0,
             nb::arg("check_weights") = false, nb::arg("device") = "cpu",
             nb::sig("def load(path: str | os.PathLike, threads: int = 0, *, memory_limit: int = 0, "
                     "check_weights: bool = False, device: str = 'cpu') -> Program"),
             R"(Opens a program (.tdl) that save() or `treadle compile` wrote.

The file is mapped, not read, and must not change while the program is in use.

threads        that a call runs on; 0: as many as there are cores
memory_limit   bytes that a call may take for intermediate values; 0: no limit
check_weights  also compare the weights with their hashes; everything else is always checked
device         that a call runs on, as `treadle devices` lists them: "cpu", "vulkan:0"

Raises FileNotFoundError or OSError if it cannot be read, Error if it is damaged or newer than this
version can run.)");
  module.def("devices", devices, nb::sig("def devices() -> list[dict[str, typing.Any]]"),
             R"(The devices that this machine has, as `treadle devices` lists them.

Each is a dict of "name" ("cpu", "vulkan:0"), "description", "memory" in bytes and "target", what compile() is told
to make code for it.)");
  bindCompile(module);
  bindDraw(module);
}
