//===- Render.cpp - treadle render ----------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/file/OutputFile.h"
#include "tools/render/Renderer.h"
#include "tools/render/Transforms.h"
#include "tools/tensorfile/Image.h"
#include "tools/treadle/Command.h"
#include "tools/treadle/Interrupt.h"
#include "tools/treadle/Program.h"
#include "tools/treadle/Terminal.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fmt/core.h>

namespace treadle {
namespace {

struct Arguments {
  ProgramOptions program;
  std::string output, size, background, eye, target, up;
  std::optional<double> exposure, fov;
  int64_t samples = 1, orbit = 0, frame = -1;
  std::string profile;
  bool asJson = false;
};

/// "640x480"
Status parseSize(const std::string &text, Size &size) {
  char rest = 0;
  long long width = 0, height = 0;
  if (std::sscanf(text.c_str(), "%lldx%lld%c", &width, &height, &rest) != 2 || width < 1 || height < 1 ||
      width > maxPictureExtent || height > maxPictureExtent)
    return error(TREADLE_INVALID_ARGUMENT, "--size ", text, ": should be WIDTHxHEIGHT, for example 640x480, each 1 to ",
                 maxPictureExtent);
  size = {width, height};
  return {};
}

/// "0.5,1,2"
Status parseNumbers(const std::string &flag, const std::string &text, double *numbers, size_t count) {
  const char *at = text.data(), *end = at + text.size();
  for (size_t i = 0; i < count; ++i) {
    auto [next, problem] = std::from_chars(at, end, numbers[i]);
    bool isLast = i + 1 == count;
    if (problem != std::errc() || !std::isfinite(numbers[i]) || (isLast ? next != end : next == end || *next != ','))
      return error(TREADLE_INVALID_ARGUMENT, flag, " ", text, ": should be ", count,
                   " numbers with commas between them, for example ", count == 3 ? "0.5,1,2" : "1,1,1,0");
    at = next + 1;
  }
  return {};
}

/// Whether --camera is the name of a file with cameras.
bool isTransforms(const Arguments &arguments) { return arguments.eye.ends_with(".json"); }

Status parseChoice(const Arguments &arguments, PictureChoice &choice) {
  if (!arguments.size.empty())
    if (Status status = parseSize(arguments.size, choice.size.emplace()); status.failed())
      return status;
  choice.exposure = arguments.exposure;
  if (arguments.background == "none") {
    choice.background = {0, 0, 0, 0};
  } else if (!arguments.background.empty()) {
    bool hasAlpha = std::count(arguments.background.begin(), arguments.background.end(), ',') == 3;
    choice.background = {0, 0, 0, 1};
    if (Status status = parseNumbers("--background", arguments.background, choice.background->data(), hasAlpha ? 4 : 3);
        status.failed())
      return status;
  }
  choice.camera.fov = arguments.fov;
  for (auto [flag, text, value] : {std::tuple("--camera", &arguments.eye, &choice.camera.eye),
                                   {"--look-at", &arguments.target, &choice.camera.target},
                                   {"--up", &arguments.up, &choice.camera.up}})
    if (!text->empty() && !(value == &choice.camera.eye && isTransforms(arguments)))
      if (Status status = parseNumbers(flag, *text, value->emplace().data(), 3); status.failed())
        return status;
  return checkPicture(choice, "--");
}

/// One picture of several.
struct Shot {
  PictureChoice choice;
  double turn = 0;   // part of a whole turn around what the camera looks at
  std::string name;  // of the frame of a transforms.json
  int64_t index = 0; // of the picture's file, or among the frames
};

/// The frames of the file that --camera names, or one of them.
Status readShots(const Arguments &arguments, const PictureChoice &choice, std::vector<Shot> &shots) {
  const std::string &path = arguments.eye;
  for (auto [flag, isThere] : {std::pair("--look-at", !arguments.target.empty()),
                               {"--up", !arguments.up.empty()},
                               {"--fov", arguments.fov.has_value()},
                               {"--orbit", arguments.orbit > 0}})
    if (isThere)
      return error(TREADLE_INVALID_ARGUMENT, flag, " stands beside --camera ", path,
                   ", which says all of its cameras; leave one out");
  std::vector<TransformsFrame> frames;
  if (Status status = readTransforms(path, frames); status.failed())
    return status;
  auto count = static_cast<int64_t>(frames.size());
  if (arguments.frame >= count)
    return error(TREADLE_INVALID_ARGUMENT, "--frame ", arguments.frame, ": ", path, " has frames 0 to ", count - 1);
  std::string ignored;
  for (int64_t i = 0; i < count; ++i) {
    if (arguments.frame >= 0 && i != arguments.frame)
      continue;
    Shot shot{choice, 0, frames[i].name, i};
    shot.choice.camera = frames[i].camera;
    if (!shot.choice.size && frames[i].size)
      shot.choice.size = {(*frames[i].size)[0], (*frames[i].size)[1]};
    shots.push_back(std::move(shot));
    if (ignored.empty())
      for (const std::string &key : frames[i].ignored)
        ignored += (ignored.empty() ? "" : ", ") + key;
  }
  if (!ignored.empty())
    fmt::print(stderr, "{}: {}: not followed, pictures are drawn as by a lens that keeps lines straight\n", path,
               ignored);
  return {};
}

Status makeShots(const Arguments &arguments, std::vector<Shot> &shots) {
  PictureChoice choice;
  if (Status status = parseChoice(arguments, choice); status.failed())
    return status;
  if (isTransforms(arguments))
    return readShots(arguments, choice, shots);
  if (arguments.frame >= 0)
    return error(TREADLE_INVALID_ARGUMENT, "--frame ", arguments.frame,
                 ": is a frame of a file that --camera names, for example --camera transforms.json");
  int64_t count = std::max<int64_t>(arguments.orbit, 1);
  for (int64_t i = 0; i < count; ++i)
    shots.push_back({choice, static_cast<double>(i) / static_cast<double>(count), "", i});
  return {};
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

Status render(const Arguments &arguments) {
  if (!arguments.output.ends_with(".png") && !arguments.output.ends_with(".exr"))
    return error(TREADLE_INVALID_ARGUMENT, arguments.output, ": a picture is written as .png or .exr");
  if (Status status = checkWritable(arguments.output); status.failed())
    return status;
  if (!arguments.profile.empty())
    if (Status status = checkWritable(arguments.profile); status.failed())
      return status;
  if (!arguments.program.memoryLimit)
    return error(TREADLE_INVALID_ARGUMENT, "--memory 0: is too little to draw with; the default is 512MiB");
  std::vector<Shot> shots;
  if (Status status = makeShots(arguments, shots); status.failed())
    return status;
  OpenProgram program;
  if (Status status = OpenProgram::open(arguments.program, program); status.failed())
    return status;
  Renderer renderer;
  std::string cache = cacheFolder();
  if (Status status =
          Renderer::open(program.get(), sessionOptions(arguments.program, cache), arguments.program.file, renderer);
      status.failed())
    return status;
  if (renderer.isImage() && arguments.orbit)
    return error(TREADLE_INVALID_ARGUMENT, arguments.program.file, ": is a picture, which has no camera to turn");
  if (std::string origin = program.origin(); !origin.empty() && !arguments.asJson)
    fmt::print(stderr, "{}: {}\n", arguments.program.file, origin);

  treadle_session_profile(renderer.get(), !arguments.profile.empty());
  bool isOne = !arguments.orbit && (!isTransforms(arguments) || arguments.frame >= 0);
  llvm::json::Array frames;
  Frame frame;
  Size tiledFor;
  for (size_t i = 0; i < shots.size(); ++i) {
    const Shot &shot = shots[i];
    std::string path = isOne ? arguments.output : numbered(arguments.output, shot.index);
    View view;
    Camera camera;
    if (Status status = renderer.makeView(shot.choice, frame.size, view, camera); status.failed())
      return status;
    view.camera = camera.turned(shot.turn).pose.matrix();
    if (frame.size.width != tiledFor.width || frame.size.height != tiledFor.height)
      if (Status status = renderer.chooseTile(frame.size, arguments.program.memoryLimit); status.failed())
        return status;
    tiledFor = frame.size;
    ProgressLine line;
    Stopwatch watch;
    DrawHooks hooks;
    hooks.progress = [&](double done) {
      line.show("render", path, (static_cast<double>(i) + done) / static_cast<double>(shots.size()));
    };
    hooks.cancelled = Interrupt::requested;
    Interrupt::CancelsSession cancels(renderer.get());
    if (Status status = renderer.draw(view, arguments.samples, path.ends_with(".exr"), frame, hooks); status.failed())
      return status;
    double seconds = watch.seconds();
    line.clear();
    if (Status status = writeFrame(path, frame); status.failed())
      return status;
    double rays = static_cast<double>(frame.size.width * frame.size.height * arguments.samples);
    if (arguments.asJson) {
      llvm::json::Object entry{{"file", path}, {"render_ms", seconds * 1e3}, {"runs", frame.runs}};
      if (isTransforms(arguments)) {
        entry["frame"] = shot.index;
        entry["name"] = shot.name;
        entry["width"] = frame.size.width;
        entry["height"] = frame.size.height;
      }
      frames.push_back(std::move(entry));
    } else {
      fmt::print(stderr, "{}: {} x {} in {}, {}, {} runs with {} of memory\n", path, frame.size.width,
                 frame.size.height, timeText(seconds), countText(rays / seconds, "rays/s"), frame.runs,
                 bytesText(renderer.memory()));
    }
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
                                 {"compile_ms", program.compileSeconds() * 1e3},
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
  auto addPlace = [&](const char *flag, std::string &value, const char *help) {
    command->add_option(flag, value, help)->type_name("X,Y,Z")->group("Camera");
  };
  addPlace("--camera", arguments->eye,
           "where the camera is (default: the scene's), or a transforms.json, as NeRF's data sets have them, each of "
           "whose frames is drawn: FILE-0000.png, ..");
  command->add_option("--frame", arguments->frame, "only this frame of the transforms.json, the first is 0")
      ->type_name("N")
      ->check(CLI::Range(int64_t(0), int64_t(9999)))
      ->group("Camera");
  addPlace("--look-at", arguments->target, "what it looks at, and what --orbit goes around");
  addPlace("--up", arguments->up, "what is up in the picture");
  command->add_option("--fov", arguments->fov, "angle between the picture's upper and lower edge, in degrees")
      ->type_name("DEGREES")
      ->check(CLI::Range(0.01, 179.0))
      ->group("Camera");
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
