//===- Render.cpp - treadle render ----------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/file/OutputFile.h"
#include "tools/tensorfile/Image.h"
#include "tools/treadle/Camera.h"
#include "tools/treadle/Command.h"
#include "tools/treadle/Renderer.h"
#include "tools/treadle/Terminal.h"
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/core.h>

namespace treadle {
namespace {

constexpr int64_t maxExtent = 1 << 16;

struct Arguments {
  ProgramOptions program;
  CameraOptions camera;
  std::string output, size, background;
  std::optional<double> exposure;
  int64_t samples = 1, orbit = 0;
  std::string profile;
  bool asJson = false;
};

/// "640x480"
Status parseSize(const std::string &text, Size &size) {
  char rest = 0;
  long long width = 0, height = 0;
  if (std::sscanf(text.c_str(), "%lldx%lld%c", &width, &height, &rest) != 2 || width < 1 || height < 1 ||
      width > maxExtent || height > maxExtent)
    return error(TREADLE_INVALID_ARGUMENT, "--size ", text, ": should be WIDTHxHEIGHT, for example 640x480, each 1 to ",
                 maxExtent);
  size = {width, height};
  return {};
}

double toLinear(double srgb) { return srgb <= 0.04045 ? srgb / 12.92 : std::pow((srgb + 0.055) / 1.055, 2.4); }

/// sRGB and straight alpha to linear and premultiplied.
std::array<float, 4> premultiplied(const std::array<double, 4> &color) {
  std::array<float, 4> result{};
  for (size_t c = 0; c < 3; ++c)
    result[c] = static_cast<float>(toLinear(color[c]) * color[3]);
  result[3] = static_cast<float>(color[3]);
  return result;
}

// ---- pictures ----------------------------------------------------------------------------------

/// "orbit.png" is orbit-0007.png for picture 7 of several.
std::string numbered(const std::string &path, int64_t index) {
  std::filesystem::path whole(path);
  return (whole.parent_path() / fmt::format("{}-{:04}{}", whole.stem().string(), index, whole.extension().string()))
      .string();
}

Status writeFrame(const std::string &path, const Frame &frame) {
  if (path.ends_with(".exr")) {
    std::vector<ExrChannel> channels;
    for (size_t c = 0; c < 4; ++c) {
      ExrChannel channel{std::string(1, "RGBA"[c]), {}};
      for (size_t i = c; i < frame.linear.size(); i += 4)
        channel.pixels.push_back(frame.linear[i]);
      channels.push_back(std::move(channel));
    }
    if (!frame.depth.empty())
      channels.push_back({"Z", frame.depth});
    return writeExr(path, frame.size.width, frame.size.height, channels);
  }
  Image image{frame.size.width, frame.size.height, 3, {}};
  for (size_t i = 3; i < frame.pixels.size(); i += 4)
    if (frame.pixels[i] != 255)
      image.channels = 4;
  for (size_t i = 0; i < frame.pixels.size(); ++i)
    if (image.channels == 4 || i % 4 != 3)
      image.pixels.push_back(frame.pixels[i]);
  return writePng(path, image);
}

Status makeView(const Renderer &renderer, const Arguments &arguments, Size &size, View &view, Camera &camera) {
  const llvm::json::Object &description = renderer.description();
  if (const llvm::json::Array *given = description.getArray("size"); given && given->size() == 2)
    size = {(*given)[0].getAsInteger().value_or(1), (*given)[1].getAsInteger().value_or(1)};
  if (!arguments.size.empty())
    if (Status status = parseSize(arguments.size, size); status.failed())
      return status;
  std::array<double, 4> background = {1, 1, 1, 1};
  if (const llvm::json::Array *given = description.getArray("background"); given && given->size() == 4)
    for (size_t c = 0; c < 4; ++c)
      background[c] = (*given)[c].getAsNumber().value_or(0);
  if (arguments.background == "none") {
    background = {0, 0, 0, 0};
  } else if (!arguments.background.empty()) {
    bool hasAlpha = std::count(arguments.background.begin(), arguments.background.end(), ',') == 3;
    background[3] = 1;
    if (Status status = parseNumbers("--background", arguments.background, background.data(), hasAlpha ? 4 : 3);
        status.failed())
      return status;
  }
  view.background = premultiplied(background);
  view.gain = std::exp2(arguments.exposure.value_or(description.getNumber("exposure").value_or(0)));
  if (renderer.isImage()) {
    if (arguments.orbit || !arguments.camera.eye.empty() || !arguments.camera.target.empty() || arguments.camera.fov)
      return error(TREADLE_INVALID_ARGUMENT, arguments.program.file,
                   ": is a picture, which has no camera; --size says how large it is drawn");
    view.intrinsics = {static_cast<double>(size.width), static_cast<double>(size.height), 0, 0};
    return {};
  }
  if (Status status = makeCamera(description, arguments.camera, camera); status.failed())
    return status;
  view.intrinsics = camera.intrinsics(size.width, size.height);
  return {};
}

Status render(const Arguments &arguments) {
  if (!arguments.output.ends_with(".png") && !arguments.output.ends_with(".exr"))
    return error(TREADLE_INVALID_ARGUMENT, arguments.output, ": a picture is written as .png or .exr");
  if (Status status = checkWritable(arguments.output); status.failed())
    return status;
  if (!arguments.profile.empty())
    if (Status status = checkWritable(arguments.profile); status.failed())
      return status;
  Renderer renderer;
  if (Status status = Renderer::open(arguments.program, renderer); status.failed())
    return status;
  Frame frame;
  View view;
  Camera camera;
  if (Status status = makeView(renderer, arguments, frame.size, view, camera); status.failed())
    return status;
  if (Status status = renderer.chooseTile(frame.size, arguments.program.memoryLimit); status.failed())
    return status;
  if (std::string origin = renderer.program().origin(); !origin.empty() && !arguments.asJson)
    fmt::print(stderr, "{}: {}\n", arguments.program.file, origin);

  treadle_session_profile(renderer.get(), !arguments.profile.empty());
  int64_t count = std::max<int64_t>(arguments.orbit, 1);
  llvm::json::Array frames;
  for (int64_t i = 0; i < count; ++i) {
    std::string path = arguments.orbit ? numbered(arguments.output, i) : arguments.output;
    view.camera = camera.turned(static_cast<double>(i) / static_cast<double>(count)).pose.matrix();
    ProgressLine line;
    Stopwatch watch;
    auto progress = [&](double done) {
      line.show("render", path, (static_cast<double>(i) + done) / static_cast<double>(count));
    };
    if (Status status = renderer.draw(view, arguments.samples, path.ends_with(".exr"), frame, progress);
        status.failed())
      return status;
    double seconds = watch.seconds();
    line.clear();
    if (Status status = writeFrame(path, frame); status.failed())
      return status;
    double rays = static_cast<double>(frame.size.width * frame.size.height * arguments.samples);
    if (arguments.asJson)
      frames.push_back(llvm::json::Object{{"file", path}, {"render_ms", seconds * 1e3}, {"runs", frame.runs}});
    else
      fmt::print(stderr, "{}: {} x {} in {}, {}, {} runs with {} of memory\n", path, frame.size.width,
                 frame.size.height, timeText(seconds), countText(rays / seconds, "rays/s"), frame.runs,
                 bytesText(renderer.memory()));
  }
  if (!arguments.profile.empty())
    if (Status status = writeFile(arguments.profile, treadle_session_trace(renderer.get())); status.failed())
      return status;
  if (arguments.asJson)
    printJson(llvm::json::Object{{"file", arguments.program.file},
                                 {"device", arguments.program.device},
                                 {"width", frame.size.width},
                                 {"height", frame.size.height},
                                 {"samples", arguments.samples},
                                 {"compile_ms", renderer.program().compileSeconds() * 1e3},
                                 {"arena_bytes", static_cast<int64_t>(renderer.memory())},
                                 {"frames", std::move(frames)}});
  return {};
}

} // namespace

void addRender(CLI::App &app, Action &action) {
  CLI::App *command = app.add_subcommand("render", "Draw a scene: a radiance field, a surface, a cloud or an image");
  auto arguments = std::make_shared<Arguments>();
  arguments->program.addTo(*command, /*runs=*/true);
  arguments->program.compile.render = true;
  arguments->program.memoryLimit = uint64_t(512) << 20;
  command->remove_option(command->get_option("--render"));
  command->remove_option(command->get_option("--dim"));
  command->add_option("-o,--output", arguments->output, "the picture: .png, or .exr for linear light and depth")
      ->required()
      ->type_name("FILE");
  command->add_option("--size", arguments->size, "of the picture in pixels (default: the scene's, or 512x512)")
      ->type_name("WxH");
  command
      ->add_option("--samples", arguments->samples, "rays through each pixel, at different places of it (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 16));
  command
      ->add_option("--background", arguments->background,
                   "what is behind the scene, in sRGB: R,G,B or R,G,B,A with 0 to 1, or none for a transparent "
                   "picture (default: the scene's, or by its kind)")
      ->type_name("COLOR");
  command->add_option("--exposure", arguments->exposure, "brighter by so many stops: 1 is twice the light")
      ->type_name("STOPS");
  arguments->camera.addTo(*command);
  command
      ->add_option("--orbit", arguments->orbit,
                   "so many pictures of one turn around what the camera looks at: FILE-0000.png, ..")
      ->type_name("N")
      ->check(CLI::Range(int64_t(1), int64_t(10000)))
      ->group("Camera");
  command
      ->add_option("--memory", arguments->program.memoryLimit,
                   "most that values of rays may take, from which the size of tiles "
                   "follows (default: 512MiB)")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false));
  command->add_option("--profile", arguments->profile, "write when each kernel ran, for chrome://tracing or Perfetto")
      ->type_name("TRACE.json");
  command->add_flag("--json", arguments->asJson, "print what it took as JSON");
  command->footer("Positions are those of the field: the unit cube, which a camera looks at from outside.");
  command->callback([arguments, &action] { action = [arguments](int &) { return render(*arguments); }; });
}

} // namespace treadle
