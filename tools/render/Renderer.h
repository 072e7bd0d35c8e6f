//===- Renderer.h - pictures by a program that draws ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What draws is a program of the compiler's (frontends/scene/Drawing.h has its inputs and outputs). Here a picture is
// taken apart into tiles, rows of it or a part of one, that fit the memory; each is run once for each sample, a
// surface's where rays are still on their way again.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_RENDER_RENDERER_H
#define TREADLE_TOOLS_RENDER_RENDERER_H

#include "tools/render/Camera.h"
#include "tools/tensorfile/HostTensor.h"
#include <functional>
#include <initializer_list>
#include <memory>

namespace treadle {

constexpr int64_t maxPictureExtent = 1 << 16;

struct Size {
  int64_t width = 0, height = 0;
};

/// What is said of a picture; the rest is the scene's.
struct PictureChoice {
  std::optional<Size> size;
  std::optional<std::array<double, 4>> background; // sRGB with straight alpha
  std::optional<double> exposure;                  // in stops
  CameraChoice camera;
};

/// Whether there are such pictures; `flag` stands before what a message names: "--" of a command.
Status checkPicture(const PictureChoice &choice, std::string_view flag);

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

/// What who asks for a picture may want while it is drawn. Both may be empty.
struct DrawHooks {
  std::function<void(double done)> progress; // 0 to 1
  std::function<bool()> cancelled;           // asked before each run of the program
};

class Renderer {
public:
  /// Fails where the program draws nothing. `name` is what messages call it.
  static Status open(treadle_program *program, const treadle_session_options &options, const std::string &name,
                     Renderer &renderer);

  const llvm::json::Object &description() const { return *json.getAsObject(); }
  bool isImage() const { return !find("camera"); }
  treadle_session *get() const { return session.get(); }
  uint64_t memory() const { return treadle_session_memory(session.get()); }

  /// The size, and the view and camera of the picture.
  Status makeView(const PictureChoice &choice, Size &size, View &view, Camera &camera) const;
  /// How many pixels are drawn at once, of so many bytes at most.
  Status chooseTile(Size size, uint64_t limit);
  Status draw(const View &view, int64_t samples, bool withLight, Frame &frame, const DrawHooks &hooks);

private:
  struct Tile {
    int64_t x, y, width, height;
  };
  /// Of a tile; and how far along rays its pixels are, if they are.
  struct Part {
    int64_t x, y, width, height, round;
    std::vector<float> places;
  };
  struct CloseSession {
    void operator()(treadle_session *session) const { treadle_session_close(session); }
  };
  struct Wanted {
    std::string name;
    DType dtype = DType::F32;
    std::vector<int64_t> dims; // -1: any
  };
  HostTensor *find(const std::string &name) const {
    for (size_t i = 0; i < wanted.size(); ++i)
      if (wanted[i].name == name)
        return &inputs[i];
    return nullptr;
  }
  treadle_tensor *result(const std::string &name) {
    for (size_t i = 0; i < outputNames.size(); ++i)
      if (outputNames[i] == name)
        return &results[i];
    return nullptr;
  }
  Status shapeInputs(int64_t width, int64_t height);
  Status checkResults(int64_t pixels);
  template <typename T> void set(const std::string &name, std::initializer_list<T> values) {
    if (HostTensor *tensor = find(name))
      std::copy(values.begin(), values.end(), tensor->as<T>());
  }
  Status memoryOf(int64_t pixels, int64_t places, double &bytes);
  Status drawTile(const View &view, const Tile &tile, int64_t samples, Frame &frame, bool &fits);
  Status drawPart(const View &view, const Tile &tile, const Part &part, int64_t sample,
                  const std::vector<float> &before, std::vector<float> &after, Frame &frame, bool &fits);
  std::vector<Part> unfinished(const Part &part);
  Status run(int64_t pixels, bool &fits);

  std::string name;
  std::unique_ptr<treadle_session, CloseSession> session;
  std::vector<Wanted> wanted;
  std::vector<std::string> outputNames;
  const DrawHooks *hooks = nullptr; // while a picture is drawn
  llvm::json::Value json = llvm::json::Object();
  mutable std::vector<HostTensor> inputs;
  std::vector<treadle_tensor> results;
  int64_t tilePixels = 1, rounds = 1;
  bool isCpu = true;
  int64_t room = 1; // places at which the field can be asked
  int64_t runs = 0;
};

} // namespace treadle

#endif // TREADLE_TOOLS_RENDER_RENDERER_H
