//===- Draw.cpp - pictures of scenes, from Python ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same loop over tiles and samples as of treadle render (tools/render/Renderer.h); treadle/ng.py is what people
// see of it.
//
//===----------------------------------------------------------------------===//

#include "frontends/python/Draw.h"
#include "frontends/python/Program.h"
#include "tools/render/Renderer.h"
#include "tools/render/Transforms.h"
#include <cstring>
#include <exception>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>

namespace nb = nanobind;

namespace treadle::python {
namespace {

using Numbers3 = std::optional<std::array<double, 3>>;
using Numbers4 = std::optional<std::array<double, 4>>;
using Numbers12 = std::optional<std::array<double, 12>>;

/// A copy, in memory that NumPy frees. Needs the interpreter's lock.
template <typename T> nb::object toArray(const std::vector<T> &values, std::vector<int64_t> dims, treadle_dtype dtype) {
  treadle_tensor shape = {nullptr, dtype, static_cast<int32_t>(dims.size()), dims.data(), 0};
  OutputArray array;
  if (!array.allocate(shape))
    raise(error(TREADLE_OUT_OF_MEMORY, "no memory for a picture"));
  std::memcpy(array.tensor().data, values.data(), values.size() * sizeof(T));
  return array.release();
}

/// One session, so one picture at a time; others wait.
class SceneRenderer {
public:
  SceneRenderer(const Program &program, uint64_t memoryLimit) : memoryLimit(memoryLimit) {
    const ProgramOptions &options = program.runOptions();
    treadle_session_options session = {};
    session.device = options.device.c_str();
    session.threads = options.threads;
    session.memory_limit = memoryLimit;
    session.cache = options.cacheFolder.c_str();
    Status status;
    {
      nb::gil_scoped_release release;
      status = Renderer::open(program.get(), session, program.artifact(), renderer);
    }
    raise(status);
  }

  std::string kind() const { return renderer.description().getString("kind").value_or("").str(); }

  nb::tuple draw(std::optional<std::array<int64_t, 2>> size, int64_t samples, Numbers4 background,
                 std::optional<double> exposure, Numbers3 eye, Numbers3 target, Numbers3 up, std::optional<double> fov,
                 Numbers12 pose, Numbers4 intrinsics, bool linear, bool withDepth, nb::object progress) {
    PictureChoice choice;
    if (size)
      choice.size = {(*size)[0], (*size)[1]};
    choice.background = background;
    choice.exposure = exposure;
    choice.camera.eye = eye;
    choice.camera.target = target;
    choice.camera.up = up;
    choice.camera.fov = fov;
    if (pose)
      choice.camera.pose = Pose::of(*pose);
    if (intrinsics)
      choice.camera.lens.emplace(); // that there is one; of which size is not known yet
    raise(checkPicture(choice, ""));
    Frame frame;
    std::exception_ptr failure;
    Status status;
    {
      nb::gil_scoped_release release;
      std::lock_guard<std::mutex> guard(lock);
      status = drawLocked(choice, intrinsics, samples, linear || withDepth, progress, frame, failure);
    }
    if (failure)
      std::rethrow_exception(failure);
    raise(status);
    int64_t width = frame.size.width, height = frame.size.height;
    nb::object depth = nb::none();
    if (withDepth && !frame.depth.empty())
      depth = toArray(frame.depth, {height, width}, TREADLE_F32);
    return nb::make_tuple(linear ? toArray(frame.linear, {height, width, 4}, TREADLE_F32)
                                 : toArray(frame.pixels, {height, width, 4}, TREADLE_U8),
                          depth);
  }

private:
  Status drawLocked(PictureChoice &choice, const Numbers4 &intrinsics, int64_t samples, bool withLight,
                    const nb::object &progress, Frame &frame, std::exception_ptr &failure) {
    View view;
    Camera camera;
    if (Status status = renderer.makeView(choice, frame.size, view, camera); status.failed())
      return status;
    if (intrinsics) // are in pixels of this picture
      view.intrinsics = *intrinsics;
    if (Status status = renderer.chooseTile(frame.size, memoryLimit); status.failed())
      return status;
    auto guarded = [&](auto function) {
      nb::gil_scoped_acquire acquire;
      if (failure)
        return;
      try {
        function();
      } catch (...) {
        failure = std::current_exception();
      }
    };
    DrawHooks hooks;
    hooks.cancelled = [&] {
      guarded([] {
        if (PyErr_CheckSignals() != 0) // Ctrl-C
          throw nb::python_error();
      });
      return failure != nullptr;
    };
    if (!progress.is_none())
      hooks.progress = [&](double done) { guarded([&] { progress(done); }); };
    return renderer.draw(view, samples, withLight, frame, hooks);
  }

  Renderer renderer;
  uint64_t memoryLimit;
  std::mutex lock;
};

/// Of each frame its pose, intrinsics and size; pictures have the given size, or that of the file.
nb::list readCameras(nb::object path, std::optional<std::array<int64_t, 2>> size) {
  auto file = nb::cast<std::string>(nb::module_::import_("os").attr("fsdecode")(path));
  std::vector<TransformsFrame> frames;
  raise(readTransforms(file, frames));
  nb::list result;
  for (const TransformsFrame &frame : frames) {
    std::optional<std::array<int64_t, 2>> extent = size ? size : frame.size;
    if (!extent)
      raise(error(TREADLE_INVALID_ARGUMENT, file, ": says no size of pictures (w, h); give one"));
    Camera camera;
    raise(makeCamera({}, frame.camera, camera));
    result.append(nb::make_tuple(camera.pose.matrix(), camera.intrinsics((*extent)[0], (*extent)[1]), *extent));
  }
  return result;
}

} // namespace

void bindDraw(nb::module_ &module) {
  module.def("read_cameras", readCameras, nb::arg("path"), nb::arg("size").none(), "See treadle.ng.cameras.");
  nb::class_<SceneRenderer>(module, "Renderer", "Draws a scene with a program of compile(.., render=True).")
      .def(nb::init<const Program &, uint64_t>(), nb::arg("program"), nb::arg("memory_limit"), nb::keep_alive<1, 2>())
      .def_prop_ro("kind", &SceneRenderer::kind, "\"image\", \"sdf\", \"volume\" or \"nerf\".")
      .def("draw", &SceneRenderer::draw, nb::kw_only(), nb::arg("size").none(), nb::arg("samples"),
           nb::arg("background").none(), nb::arg("exposure").none(), nb::arg("eye").none(), nb::arg("look_at").none(),
           nb::arg("up").none(), nb::arg("fov").none(), nb::arg("pose").none(), nb::arg("intrinsics").none(),
           nb::arg("linear"), nb::arg("depth"), nb::arg("progress").none(),
           "The picture and its depth, if it has one; see treadle.ng.Scene.render. What is None is the scene's.");
}

} // namespace treadle::python
