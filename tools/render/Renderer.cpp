//===- Renderer.cpp - pictures by a program that draws --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/render/Renderer.h"
#include "frontends/scene/Drawing.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

namespace treadle {
namespace {

// More values at once gain nothing on a CPU, and leave the caches; a GPU has more to do at once.
constexpr double cacheBytes = 8 << 20, gpuBytes = 256 << 20;
// What a tile is planned with: at how many places the field is asked for a pixel.
constexpr double placesOfPixel = 64;
constexpr int64_t roomStep = 256;
// Where some rays of a surface are on their way longer than others, pictures are traced on in blocks of so many pixels.
constexpr int64_t blockExtent = 16;

/// Where in a pixel sample number k lies, 0 to 1: the centre first, then evenly spread (Roberts 2018, the R2 sequence).
std::array<double, 2> placeOf(int64_t k) {
  auto part = [k](double step) {
    double at = 0.5 + static_cast<double>(k) * step;
    return at - std::floor(at);
  };
  return {part(0.7548776662466927), part(0.5698402909980532)};
}

/// Copies the rows of a part of a picture into another picture; both have their width, of so many elements a pixel.
template <typename T>
void copyRows(const T *from, int64_t fromWidth, T *to, int64_t toWidth, int64_t width, int64_t height,
              int64_t elements) {
  for (int64_t row = 0; row < height; ++row)
    std::memcpy(to + row * toWidth * elements, from + row * fromWidth * elements, width * elements * sizeof(T));
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

} // namespace

Status Renderer::open(treadle_program *program, const treadle_session_options &options, const std::string &name,
                      Renderer &renderer) {
  const char *text = treadle_program_metadata(program, "render");
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(text ? text : "");
  if (!parsed || !parsed->getAsObject()) {
    llvm::consumeError(parsed.takeError());
    return error(TREADLE_INVALID_ARGUMENT, name,
                 ": is a program that draws nothing; give the scene, or compile it with treadle compile --render");
  }
  renderer.json = std::move(*parsed);
  renderer.name = name;
  renderer.isCpu = !options.device || std::string_view(options.device) == "cpu";
  renderer.rounds = static_cast<int64_t>(renderer.description().getNumber("rounds").value_or(1));
  treadle_tensor_info info;
  for (int32_t i = 0; i < treadle_program_input_count(program); ++i) {
    if (Status status = toStatus(treadle_program_input(program, i, &info)); status.failed())
      return status;
    renderer.wanted.push_back({info.name, static_cast<DType>(info.dtype), {info.dims, info.dims + info.rank}});
  }
  for (int32_t i = 0; i < treadle_program_output_count(program); ++i) {
    if (Status status = toStatus(treadle_program_output(program, i, &info)); status.failed())
      return status;
    renderer.outputNames.push_back(info.name);
  }
  if (Status status = renderer.shapeInputs(1, 1); status.failed())
    return status;
  treadle_session *session = nullptr;
  Status status = toStatus(treadle_session_create(program, &options, &session));
  renderer.session.reset(session);
  return status;
}

Status checkPicture(const PictureChoice &choice, std::string_view flag) {
  if (choice.exposure && !(std::abs(*choice.exposure) <= scene::maxStops))
    return error(TREADLE_INVALID_ARGUMENT, flag, "exposure: should be a number of stops from ", -scene::maxStops,
                 " to ", scene::maxStops);
  if (choice.background)
    for (double number : *choice.background)
      if (!(number >= 0 && number <= 1))
        return error(TREADLE_INVALID_ARGUMENT, flag, "background: should be numbers from 0 to 1");
  return {};
}

Status Renderer::makeView(const PictureChoice &choice, Size &size, View &view, Camera &camera) const {
  if (const llvm::json::Array *given = description().getArray("size"); given && given->size() == 2)
    size = {(*given)[0].getAsInteger().value_or(1), (*given)[1].getAsInteger().value_or(1)};
  size = choice.size.value_or(size);
  if (std::min(size.width, size.height) < 1 || std::max(size.width, size.height) > maxPictureExtent)
    return error(TREADLE_INVALID_ARGUMENT, "a picture of ", size.width, " x ", size.height,
                 " pixels cannot be drawn; each should be 1 to ", maxPictureExtent);
  std::array<double, 4> background = {1, 1, 1, 1};
  if (const llvm::json::Array *given = description().getArray("background"); given && given->size() == 4)
    for (size_t c = 0; c < 4; ++c)
      background[c] = (*given)[c].getAsNumber().value_or(0);
  view.background = premultiplied(choice.background.value_or(background));
  view.gain = std::exp2(choice.exposure.value_or(description().getNumber("exposure").value_or(0)));
  if (isImage()) {
    if (!choice.camera.isEmpty())
      return error(TREADLE_INVALID_ARGUMENT, name,
                   ": is a picture, which has no camera; its size says how large it is drawn");
    view.intrinsics = {static_cast<double>(size.width), static_cast<double>(size.height), 0, 0};
    return {};
  }
  if (Status status = makeCamera(description(), choice.camera, camera); status.failed())
    return status;
  view.intrinsics = camera.intrinsics(size.width, size.height);
  view.camera = camera.pose.matrix();
  return {};
}

Status Renderer::shapeInputs(int64_t width, int64_t height) {
  const std::map<std::string, std::pair<DType, std::vector<int64_t>>> known = {
      {"camera", {DType::F32, {3, 4}}},  {"intrinsics", {DType::F32, {4}}},
      {"background", {DType::F32, {4}}}, {"gain", {DType::F32, {}}},
      {"share", {DType::F32, {}}},       {"before", {DType::F32, {height, width, 4}}},
      {"first", {DType::U32, {}}},       {"place", {DType::F32, {height * width, 1}}},
      {"room", {DType::U8, {room}}},
  };
  inputs.resize(wanted.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Wanted &input = wanted[i];
    auto found = known.find(input.name);
    bool fits = found != known.end() && found->second.first == input.dtype &&
                std::equal(input.dims.begin(), input.dims.end(), found->second.second.begin(),
                           found->second.second.end(), [](int64_t a, int64_t b) { return a == -1 || a == b; });
    if (!fits)
      return error(TREADLE_DAMAGED, name, ": has an input \"", input.name, "\" that programs which draw do not have");
    if (inputs[i].dims() != found->second.second || inputs[i].dtype() != input.dtype)
      if (Status status = HostTensor::make(input.dtype, found->second.second, inputs[i]); status.failed())
        return status;
  }
  for (const char *needed : {"intrinsics", "background", "gain", "before", "share"})
    if (!find(needed))
      return error(TREADLE_DAMAGED, name, ": has no input \"", needed, "\", as programs that draw have");
  return {};
}

/// That outputs are as large as they should be for a part of so many pixels.
Status Renderer::checkResults(int64_t pixels) {
  struct Known {
    const char *name;
    DType dtype;
    int64_t count;
    bool isNeeded;
  };
  bool isTraced = find("place"), hasRoom = find("room");
  for (const Known &known : {Known{"light", DType::F32, 4 * pixels, true},
                             {"linear", DType::F32, 4 * pixels, true},
                             {"pixels", DType::U8, 4 * pixels, true},
                             {"depth", DType::F32, pixels, false},
                             {"place", DType::F32, pixels, isTraced},
                             {"active", DType::U8, pixels, isTraced},
                             {"asked", DType::I32, 1, hasRoom}}) {
    treadle_tensor *tensor = result(known.name);
    int64_t count = 1;
    for (int32_t d = 0; tensor && d < tensor->rank; ++d)
      count *= tensor->dims[d];
    if (tensor ? static_cast<DType>(tensor->dtype) != known.dtype || count != known.count : known.isNeeded)
      return error(TREADLE_DAMAGED, name, ": has no output \"", known.name, "\" as programs that draw have it");
  }
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

/// Memory grows with the number of pixels and of places, from a few of which the rest follows, more or less: a tile
/// that does not fit is taken apart.
Status Renderer::chooseTile(Size size, uint64_t limit) {
  constexpr int64_t few = 64, many = 256;
  double least = 0, pixels = 0, places = 0;
  for (auto [width, count, bytes] : {std::tuple(few, few, &least), {many, few, &pixels}, {few, many, &places}})
    if (Status status = memoryOf(width, count, *bytes); status.code == TREADLE_OUT_OF_MEMORY) {
      tilePixels = room = 1;
      return {};
    } else if (status.failed()) {
      return status;
    }
  double pixelBytes = std::max(1.0, (pixels - least) / (many - few));
  double placeBytes = find("room") ? std::max(1.0, (places - least) / (many - few)) : 0;
  double fixedBytes = std::max(0.0, least - few * (pixelBytes + placeBytes));
  double fits = (static_cast<double>(limit) - fixedBytes) / (pixelBytes + placesOfPixel * placeBytes);
  double inCaches = std::max(1.0, (isCpu ? cacheBytes : gpuBytes) / (pixelBytes + placesOfPixel * placeBytes));
  tilePixels =
      static_cast<int64_t>(std::min({std::max(1.0, fits), inCaches, static_cast<double>(size.width * size.height)}));
  room = std::max<int64_t>(1, tilePixels);
  return {};
}

/// A field with too little room is asked again with more, unless that does not fit the memory's limit.
Status Renderer::run(int64_t pixels, bool &fits) {
  if (hooks && hooks->cancelled && hooks->cancelled())
    return error(TREADLE_CANCELLED, "cancelled");
  std::vector<treadle_tensor> views;
  for (const HostTensor &input : inputs)
    views.push_back(input.view());
  results.assign(outputNames.size(), {});
  if (Status status = toStatus(treadle_session_run(session.get(), views.data(), static_cast<int32_t>(views.size()),
                                                   results.data(), static_cast<int32_t>(results.size())));
      status.failed()) {
    fits = status.code != TREADLE_OUT_OF_MEMORY || pixels == 1;
    return fits ? status : Status();
  }
  ++runs;
  if (Status status = checkResults(pixels); status.failed())
    return status;
  treadle_tensor *asked = result("asked");
  HostTensor *input = find("room");
  if (!asked || !input)
    return {};
  auto wanted = static_cast<double>(*static_cast<int32_t *>(asked->data));
  bool isEnough = wanted <= static_cast<double>(room);
  if (isEnough && wanted > 0.75 * static_cast<double>(room))
    return {};
  // With some more than was needed here, as the next tile may be a little fuller.
  room = static_cast<int64_t>(std::ceil(wanted * 1.1 / roomStep + 1)) * roomStep;
  if (isEnough)
    return {};
  if (Status status = HostTensor::make(input->dtype(), {room}, *input); status.failed())
    return status;
  return run(pixels, fits);
}

/// Draws a part of a tile, which light is of; what comes after `before` is `after`.
Status Renderer::drawPart(const View &view, const Tile &tile, const Part &part, int64_t sample,
                          const std::vector<float> &before, std::vector<float> &after, Frame &frame, bool &fits) {
  if (Status status = shapeInputs(part.width, part.height); status.failed())
    return status;
  if (HostTensor *camera = find("camera"))
    std::copy(view.camera.begin(), view.camera.end(), camera->as<float>());
  std::copy(view.background.begin(), view.background.end(), find("background")->as<float>());
  int64_t x = tile.x + part.x, y = tile.y + part.y, offset = part.y * tile.width + part.x;
  std::array<double, 2> place = placeOf(sample);
  const std::array<double, 4> &all = view.intrinsics;
  set("intrinsics", {static_cast<float>(all[0]), static_cast<float>(all[1]),
                     static_cast<float>(all[2] - static_cast<double>(x) + 0.5 - place[0]),
                     static_cast<float>(all[3] - static_cast<double>(y) + 0.5 - place[1])});
  set("gain", {static_cast<float>(view.gain)});
  set("share", {1.0f / static_cast<float>(sample + 1)});
  set("first", {static_cast<uint32_t>((sample * frame.size.height + y) * frame.size.width + x)});
  copyRows(&before[offset * 4], tile.width, find("before")->as<float>(), part.width, part.width, part.height, 4);
  if (HostTensor *input = find("place")) {
    std::fill_n(input->as<float>(), input->count(), 0.0f);
    std::copy(part.places.begin(), part.places.end(), input->as<float>());
  }
  if (Status status = run(part.width * part.height, fits); status.failed() || !fits)
    return status;

  auto keep = [&](const char *name, auto *to, int64_t toWidth, int64_t elements) {
    if (treadle_tensor *from = result(name))
      copyRows(static_cast<decltype(to)>(from->data), part.width, to, toWidth, part.width, part.height, elements);
  };
  keep("light", &after[offset * 4], tile.width, 4);
  int64_t at = y * frame.size.width + x;
  keep("pixels", &frame.pixels[at * 4], frame.size.width, 4);
  if (!frame.linear.empty())
    keep("linear", &frame.linear[at * 4], frame.size.width, 4);
  if (!frame.depth.empty())
    keep("depth", &frame.depth[at], frame.size.width, 1);
  return {};
}

/// The blocks of a part in which rays of a surface are on their way, with how far they are.
std::vector<Renderer::Part> Renderer::unfinished(const Part &part) {
  std::vector<Part> blocks;
  treadle_tensor *active = result("active"), *places = result("place");
  if (!active || !places || part.round + 1 >= rounds)
    return blocks;
  const auto *isActive = static_cast<const uint8_t *>(active->data);
  const auto *place = static_cast<const float *>(places->data);
  for (int64_t y = 0; y < part.height; y += blockExtent)
    for (int64_t x = 0; x < part.width; x += blockExtent) {
      Part block{
          part.x + x,     part.y + y, std::min(blockExtent, part.width - x), std::min(blockExtent, part.height - y),
          part.round + 1, {}};
      bool any = false;
      for (int64_t row = y; row < y + block.height; ++row) {
        const uint8_t *line = isActive + row * part.width + x;
        any |= std::any_of(line, line + block.width, [](uint8_t ray) { return ray != 0; });
        const float *from = place + row * part.width + x;
        block.places.insert(block.places.end(), from, from + block.width);
      }
      if (any)
        blocks.push_back(std::move(block));
    }
  return blocks;
}

Status Renderer::drawTile(const View &view, const Tile &tile, int64_t samples, Frame &frame, bool &fits) {
  std::vector<float> before(tile.width * tile.height * 4, 0), after = before;
  for (int64_t sample = 0; sample < samples; ++sample) {
    std::vector<Part> parts = {Part{0, 0, tile.width, tile.height, 0, {}}};
    while (!parts.empty()) {
      Part part = std::move(parts.back());
      parts.pop_back();
      if (Status status = drawPart(view, tile, part, sample, before, after, frame, fits); status.failed() || !fits)
        return status;
      for (Part &rest : unfinished(part))
        parts.push_back(std::move(rest));
    }
    before.swap(after);
  }
  return {};
}

Status Renderer::draw(const View &view, int64_t samples, bool withLight, Frame &frame, const DrawHooks &drawHooks) {
  hooks = &drawHooks;
  int64_t width = frame.size.width, height = frame.size.height;
  frame.pixels.assign(width * height * 4, 0);
  if (withLight) {
    frame.linear.assign(width * height * 4, 0);
    bool hasDepth = std::find(outputNames.begin(), outputNames.end(), "depth") != outputNames.end();
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
      if (drawHooks.progress)
        drawHooks.progress(static_cast<double>(y * width + (x + tile.width) * tile.height) /
                           static_cast<double>(width * height));
    }
  frame.runs = runs;
  return {};
}

} // namespace treadle
