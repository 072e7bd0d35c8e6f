//===- Render.cpp - treadle render ----------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What draws is a program of the compiler's (frontends/scene/Drawing.h has its inputs and outputs). Here a picture is
// taken apart into tiles, rows of it or a part of one, that fit the memory; each is run once for each sample.
//
//===----------------------------------------------------------------------===//

#include "tools/file/OutputFile.h"
#include "tools/tensorfile/Image.h"
#include "tools/treadle/Camera.h"
#include "tools/treadle/Command.h"
#include "tools/treadle/Program.h"
#include "tools/treadle/Terminal.h"
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/core.h>

namespace treadle {
namespace {

constexpr int64_t maxExtent = 1 << 16;
// More values at once gain nothing, and leave the caches.
constexpr double cacheBytes = 32 << 20;
// What a tile is planned with: at how many places the field is asked for a pixel.
constexpr double placesOfPixel = 64;
constexpr int64_t roomStep = 256;

struct Arguments {
  ProgramOptions program;
  CameraOptions camera;
  std::string output, size, background;
  std::optional<double> exposure;
  int64_t samples = 1, orbit = 0;
  uint64_t memory = uint64_t(512) << 20;
  bool asJson = false;
};

struct Size {
  int64_t width = 0, height = 0;
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

/// Where in a pixel sample number k lies, 0 to 1: the centre first, then evenly spread (Roberts 2018, the R2 sequence).
std::array<double, 2> placeOf(int64_t k) {
  auto part = [k](double step) {
    double at = 0.5 + static_cast<double>(k) * step;
    return at - std::floor(at);
  };
  return {part(0.7548776662466927), part(0.5698402909980532)};
}

/// What all pixels of a picture have in common.
struct View {
  std::array<float, 12> camera{};
  std::array<double, 4> intrinsics{};
  std::array<float, 4> background{};
  double gain = 1;
};

struct Frame {
  Size size;
  std::vector<uint8_t> pixels;      // r, g, b, a
  std::vector<float> linear, depth; // where they are asked for
  int64_t runs = 0;
};

class Renderer {
public:
  static Status open(const Arguments &arguments, Renderer &renderer);

  const llvm::json::Object &description() const { return *json.getAsObject(); }
  bool isImage() const { return !find("camera"); }
  const OpenProgram &program() const { return opened; }
  uint64_t memory() const { return treadle_session_memory(session.get()); }

  /// How many pixels are drawn at once.
  Status chooseTile(Size size, uint64_t limit);
  Status draw(const View &view, int64_t samples, bool withLight, Frame &frame,
              llvm::function_ref<void(double)> progress);

private:
  struct Tile {
    int64_t x, y, width, height;
  };
  HostTensor *find(const std::string &name) const {
    for (size_t i = 0; i < opened.inputs().size(); ++i)
      if (opened.inputs()[i].name == name)
        return &inputs[i];
    return nullptr;
  }
  treadle_tensor *result(const std::string &name) {
    for (size_t i = 0; i < opened.outputs().size(); ++i)
      if (opened.outputs()[i].name == name)
        return &results[i];
    return nullptr;
  }
  Status shapeInputs(int64_t width, int64_t height);
  template <typename T> void set(const std::string &name, std::initializer_list<T> values) {
    if (HostTensor *tensor = find(name))
      std::copy(values.begin(), values.end(), tensor->as<T>());
  }
  Status memoryOf(int64_t pixels, int64_t places, double &bytes);
  Status drawTile(const View &view, const Tile &tile, int64_t samples, Frame &frame, bool &fits);
  Status runSample(int64_t pixels, bool &fits);

  OpenProgram opened;
  OpenSession session;
  llvm::json::Value json = llvm::json::Object();
  mutable std::vector<HostTensor> inputs;
  std::vector<treadle_tensor> results;
  int64_t tilePixels = 1, rounds = 1;
  int64_t room = 1; // places at which the field can be asked
  // What runs take: this, and for each pixel and each place more.
  double fixedBytes = 0, pixelBytes = 0, placeBytes = 0, limitBytes = 0;
  int64_t runs = 0;
};

Status Renderer::open(const Arguments &arguments, Renderer &renderer) {
  if (Status status = OpenProgram::open(arguments.program, renderer.opened); status.failed())
    return status;
  const char *text = treadle_program_metadata(renderer.opened.get(), "render");
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(text ? text : "");
  if (!parsed || !parsed->getAsObject()) {
    llvm::consumeError(parsed.takeError());
    return error(TREADLE_INVALID_ARGUMENT, arguments.program.file,
                 ": is a program that draws nothing; give the scene, or compile it with treadle compile --render");
  }
  renderer.json = std::move(*parsed);
  renderer.rounds = static_cast<int64_t>(renderer.description().getNumber("rounds").value_or(1));
  if (Status status = renderer.shapeInputs(1, 1); status.failed())
    return status;
  return OpenSession::open(renderer.opened, arguments.program, renderer.session);
}

Status Renderer::shapeInputs(int64_t width, int64_t height) {
  inputs.resize(opened.inputs().size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ProgramTensor &wanted = opened.inputs()[i];
    std::vector<int64_t> dims = wanted.dims;
    if (wanted.name == "before")
      dims = {height, width, 4};
    else if (wanted.name == "place")
      dims = {height * width, 1};
    else if (wanted.name == "room")
      dims = {room};
    if (std::count(dims.begin(), dims.end(), -1))
      return error(TREADLE_DAMAGED, opened.artifact(), ": has an input \"", wanted.name,
                   "\", which programs that draw do not have");
    if (inputs[i].dims() != dims || inputs[i].count() == 0)
      if (Status status = HostTensor::make(wanted.dtype, dims, inputs[i]); status.failed())
        return status;
  }
  for (const char *name : {"intrinsics", "background", "gain", "before", "share"})
    if (!find(name))
      return error(TREADLE_DAMAGED, opened.artifact(), ": has no input \"", name, "\", as programs that draw have");
  return {};
}

Status Renderer::memoryOf(int64_t pixels, int64_t places, double &bytes) {
  room = places;
  if (Status status = shapeInputs(pixels, 1); status.failed())
    return status;
  std::vector<treadle_tensor> views;
  for (const HostTensor &input : inputs)
    views.push_back(input.view());
  if (Status status =
          toStatus(treadle_session_prepare(session.get(), views.data(), static_cast<int32_t>(views.size())));
      status.failed())
    return status;
  bytes = static_cast<double>(memory());
  return {};
}

/// Memory grows with the number of pixels and of places, from a few of which the rest follows.
Status Renderer::chooseTile(Size size, uint64_t limit) {
  constexpr int64_t few = 64, many = 256;
  double least = 0, pixels = 0, places = 0;
  for (auto [width, count, bytes] : {std::tuple(few, few, &least), {many, few, &pixels}, {few, many, &places}})
    if (Status status = memoryOf(width, count, *bytes); status.failed())
      return status;
  limitBytes = static_cast<double>(limit);
  pixelBytes = std::max(1.0, (pixels - least) / (many - few));
  placeBytes = find("room") ? std::max(1.0, (places - least) / (many - few)) : 0;
  fixedBytes = std::max(0.0, least - few * (pixelBytes + placeBytes));
  double fits = (limitBytes - fixedBytes) / (pixelBytes + placesOfPixel * placeBytes);
  if (fits < 1)
    return error(TREADLE_OUT_OF_MEMORY, "a pixel takes ",
                 bytesText(static_cast<uint64_t>(fixedBytes + pixelBytes + placesOfPixel * placeBytes)),
                 ", --memory allows ", bytesText(limit));
  double inCaches = std::max(1.0, cacheBytes / (pixelBytes + placesOfPixel * placeBytes));
  tilePixels = static_cast<int64_t>(std::min({fits, inCaches, static_cast<double>(size.width * size.height)}));
  room = std::max<int64_t>(1, tilePixels);
  return {};
}

/// A surface is traced for some steps a run. A field with too little room is asked again with more, unless that does
/// not fit the memory.
Status Renderer::runSample(int64_t pixels, bool &fits) {
  HostTensor *place = find("place");
  if (place)
    std::fill_n(place->as<float>(), place->count(), 0.0f);
  for (int64_t round = 0; round < rounds; ++round) {
    if (Status status = session.run(inputs, results); status.failed())
      return status;
    ++runs;
    treadle_tensor *active = result("active"), *now = result("place");
    if (!place || !active || !now || *static_cast<float *>(active->data) == 0)
      break;
    std::memcpy(place->data(), now->data, place->bytes());
  }
  treadle_tensor *asked = result("asked");
  if (!asked || !find("room"))
    return {};
  auto wanted = static_cast<double>(*static_cast<int32_t *>(asked->data));
  bool isEnough = wanted <= static_cast<double>(room);
  if (isEnough && wanted > 0.75 * static_cast<double>(room))
    return {};
  // With some more than was needed here, as the next tile may be a little fuller.
  room = static_cast<int64_t>(std::ceil(wanted * 1.1 / roomStep + 1)) * roomStep;
  double bytes = fixedBytes + pixelBytes * static_cast<double>(pixels) + placeBytes * static_cast<double>(room);
  fits = bytes <= limitBytes || pixels == 1;
  if (isEnough || !fits)
    return {};
  HostTensor *input = find("room");
  if (Status status = HostTensor::make(input->dtype(), {room}, *input); status.failed())
    return status;
  return runSample(pixels, fits);
}

Status Renderer::drawTile(const View &view, const Tile &tile, int64_t samples, Frame &frame, bool &fits) {
  if (Status status = shapeInputs(tile.width, tile.height); status.failed())
    return status;
  if (HostTensor *camera = find("camera"))
    std::copy(view.camera.begin(), view.camera.end(), camera->as<float>());
  std::copy(view.background.begin(), view.background.end(), find("background")->as<float>());
  set("gain", {static_cast<float>(view.gain)});
  HostTensor *before = find("before");
  std::fill_n(before->as<float>(), before->count(), 0.0f);
  for (int64_t k = 0; k < samples; ++k) {
    std::array<double, 2> place = placeOf(k);
    const std::array<double, 4> &all = view.intrinsics;
    set("intrinsics", {static_cast<float>(all[0]), static_cast<float>(all[1]),
                       static_cast<float>(all[2] - static_cast<double>(tile.x) + 0.5 - place[0]),
                       static_cast<float>(all[3] - static_cast<double>(tile.y) + 0.5 - place[1])});
    set("share", {1.0f / static_cast<float>(k + 1)});
    set("first", {static_cast<uint32_t>((k * frame.size.height + tile.y) * frame.size.width + tile.x)});
    if (Status status = runSample(tile.width * tile.height, fits); status.failed() || !fits)
      return status;
    if (k + 1 < samples)
      std::memcpy(before->data(), result("light")->data, before->bytes());
  }
  auto copy = [&](const char *name, auto &to, int64_t channels) {
    treadle_tensor *from = result(name);
    using Element = std::decay_t<decltype(to[0])>;
    for (int64_t row = 0; from && !to.empty() && row < tile.height; ++row)
      std::memcpy(&to[((tile.y + row) * frame.size.width + tile.x) * channels],
                  static_cast<Element *>(from->data) + row * tile.width * channels,
                  tile.width * channels * sizeof(Element));
  };
  copy("pixels", frame.pixels, 4);
  copy("linear", frame.linear, 4);
  copy("depth", frame.depth, 1);
  return {};
}

Status Renderer::draw(const View &view, int64_t samples, bool withLight, Frame &frame,
                      llvm::function_ref<void(double)> progress) {
  int64_t width = frame.size.width, height = frame.size.height;
  frame.pixels.assign(width * height * 4, 0);
  if (withLight) {
    frame.linear.assign(width * height * 4, 0);
    bool hasDepth = std::any_of(opened.outputs().begin(), opened.outputs().end(),
                                [](const ProgramTensor &output) { return output.name == "depth"; });
    frame.depth.assign(hasDepth ? width * height : 0, 0);
  }
  runs = 0;
  int64_t columns = std::min(width, tilePixels), lines = std::max<int64_t>(1, tilePixels / width);
  for (int64_t y = 0; y < height; y += lines)
    for (int64_t x = 0; x < width; x += columns) {
      Tile tile{x, y, std::min(columns, width - x), std::min(lines, height - y)};
      std::vector<Tile> parts = {tile};
      while (!parts.empty()) {
        Tile part = parts.back();
        parts.pop_back();
        bool fits = true;
        if (Status status = drawTile(view, part, samples, frame, fits); status.failed())
          return status;
        if (fits)
          continue;
        room = std::max(roomStep, room / 2);
        Tile half = part; // the other half begins where this ends
        int64_t &extent = part.height > 1 ? half.height : half.width;
        int64_t rest = extent / 2;
        extent -= rest;
        parts.push_back(half);
        if (part.height > 1)
          parts.push_back({part.x, part.y + half.height, part.width, rest});
        else
          parts.push_back({part.x + half.width, part.y, rest, 1});
      }
      progress(static_cast<double>(y * width + (x + tile.width) * tile.height) / static_cast<double>(width * height));
    }
  frame.runs = runs;
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
  Renderer renderer;
  if (Status status = Renderer::open(arguments, renderer); status.failed())
    return status;
  Frame frame;
  View view;
  Camera camera;
  if (Status status = makeView(renderer, arguments, frame.size, view, camera); status.failed())
    return status;
  if (Status status = renderer.chooseTile(frame.size, arguments.memory); status.failed())
    return status;
  if (std::string origin = renderer.program().origin(); !origin.empty() && !arguments.asJson)
    fmt::print(stderr, "{}: {}\n", arguments.program.file, origin);

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
                   "picture (default: the scene's, or white)")
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
      ->add_option("--memory", arguments->memory,
                   "most that values of rays may take, from which the size of tiles "
                   "follows (default: 512MiB)")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false));
  command->add_flag("--json", arguments->asJson, "print what it took as JSON");
  command->footer("Positions are those of the field: the unit cube, which a camera looks at from outside.");
  command->callback([arguments, &action] { action = [arguments](int &) { return render(*arguments); }; });
}

} // namespace treadle
