//===- Image.cpp - pictures as tensors and back ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/tensorfile/Image.h"
#include "runtime/base/MappedFile.h"
#include "tools/file/OutputFile.h"
#include <algorithm>
#include <climits>
#include <cmath>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS 65536
#include <stb/stb_image.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

namespace treadle {
namespace {

/// For each position of a line of `to` pixels: the first source pixel, and weights from there on.
struct Taps {
  std::vector<int64_t> first;
  std::vector<std::vector<float>> weights;
};

/// A triangle as wide as a pixel of the coarser of the two lines, on each side.
Taps tapsFor(int64_t from, int64_t to) {
  Taps taps;
  double scale = static_cast<double>(from) / to, support = std::max(scale, 1.0);
  for (int64_t i = 0; i < to; ++i) {
    double center = (i + 0.5) * scale;
    int64_t first = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    int64_t last = std::min<int64_t>(from, static_cast<int64_t>(center + support + 0.5));
    std::vector<float> weights;
    double total = 0;
    for (int64_t j = first; j < last; ++j) {
      double weight = std::max(0.0, 1 - std::abs((j + 0.5 - center) / support));
      weights.push_back(static_cast<float>(weight));
      total += weight;
    }
    for (float &weight : weights)
      weight = static_cast<float>(weight / total);
    taps.first.push_back(first);
    taps.weights.push_back(std::move(weights));
  }
  return taps;
}

double perChannel(const std::vector<double> &values, int64_t channel) {
  return values.size() == 1 ? values[0] : values[channel];
}

} // namespace

Status readImage(const std::string &path, int channels, Image &image) {
  std::unique_ptr<MappedFile> file;
  if (Status status = MappedFile::open(path.c_str(), file); status.failed())
    return status;
  int width = 0, height = 0, there = 0;
  auto *pixels = file->size() > INT_MAX
                     ? nullptr
                     : stbi_load_from_memory(reinterpret_cast<const stbi_uc *>(file->data()),
                                             static_cast<int>(file->size()), &width, &height, &there, channels);
  if (!pixels) {
    const char *reason = file->size() > INT_MAX ? "too large" : stbi_failure_reason();
    return error(TREADLE_DAMAGED, path, ": is no PNG, JPEG or BMP picture that can be read (",
                 reason ? reason : "damaged", ")");
  }
  image.width = width;
  image.height = height;
  image.channels = channels ? channels : there;
  image.pixels.assign(pixels, pixels + image.width * image.height * image.channels);
  stbi_image_free(pixels);
  return {};
}

Status writePng(const std::string &path, const Image &image) {
  if (image.width < 1 || image.height < 1 || image.width * image.height * image.channels > INT_MAX / 2)
    return error(TREADLE_UNSUPPORTED, path, ": a picture of ", image.width, " x ", image.height,
                 " pixels cannot be written");
  std::string bytes;
  auto append = [](void *context, void *data, int size) {
    static_cast<std::string *>(context)->append(static_cast<const char *>(data), size);
  };
  if (!stbi_write_png_to_func(append, &bytes, static_cast<int>(image.width), static_cast<int>(image.height),
                              static_cast<int>(image.channels), image.pixels.data(),
                              static_cast<int>(image.width * image.channels)))
    return error(TREADLE_OUT_OF_MEMORY, path, ": the picture could not be compressed");
  return writeFile(path, bytes);
}

std::vector<float> resize(const Image &image, int64_t width, int64_t height) {
  int64_t channels = image.channels;
  Taps columns = tapsFor(image.width, width), rows = tapsFor(image.height, height);
  std::vector<float> wide(image.height * width * channels, 0), result(height * width * channels, 0);
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (size_t t = 0; t < columns.weights[x].size(); ++t) {
        const uint8_t *pixel = &image.pixels[(y * image.width + columns.first[x] + t) * channels];
        for (int64_t c = 0; c < channels; ++c)
          wide[(y * width + x) * channels + c] += columns.weights[x][t] * pixel[c];
      }
  for (int64_t y = 0; y < height; ++y)
    for (size_t t = 0; t < rows.weights[y].size(); ++t) {
      const float *line = &wide[(rows.first[y] + t) * width * channels];
      for (int64_t i = 0; i < width * channels; ++i)
        result[y * width * channels + i] += rows.weights[y][t] * line[i];
    }
  return result;
}

std::optional<ImageLayout> imageLayoutOf(const std::vector<int64_t> &dims) {
  int rank = static_cast<int>(dims.size());
  auto isChannels = [](int64_t dim) { return dim == 1 || dim == 3 || dim == 4; };
  ImageLayout layout;
  if (rank == 2) {
    layout.row = 0;
    layout.column = 1;
    return layout;
  }
  if (rank != 3 && rank != 4)
    return std::nullopt;
  if (rank == 4)
    layout.batch = 0;
  int first = rank - 3;
  if (isChannels(dims[first]) || (dims[first] < 0 && !isChannels(dims[rank - 1]))) {
    layout.channel = first;
    layout.row = first + 1;
    layout.column = first + 2;
    return layout;
  }
  if (!isChannels(dims[rank - 1]))
    return std::nullopt;
  layout.row = first;
  layout.column = first + 1;
  layout.channel = first + 2;
  return layout;
}

Status imagesToTensor(const std::vector<Image> &images, const ImageLayout &layout, DType dtype,
                      const std::vector<int64_t> &dims, const PixelTransform &transform, HostTensor &tensor) {
  if (Status status = HostTensor::make(dtype, dims, tensor); status.failed())
    return status;
  int64_t channels = layout.channel < 0 ? 1 : dims[layout.channel];
  int64_t rows = dims[layout.row], columns = dims[layout.column];
  for (const std::vector<double> *list : {&transform.mean, &transform.deviation})
    if (list->size() != 1 && static_cast<int64_t>(list->size()) != channels)
      return error(TREADLE_INVALID_ARGUMENT, "mean and std must have one number, or one for each of the ", channels,
                   " channels, not ", list->size());
  bool channelsFirst = layout.channel >= 0 && layout.channel < layout.row;
  std::vector<double> values(tensor.count());
  int64_t at = 0;
  for (const Image &image : images) {
    std::vector<float> pixels = resize(image, columns, rows);
    for (int64_t y = 0; y < rows; ++y)
      for (int64_t x = 0; x < columns; ++x)
        for (int64_t c = 0; c < channels; ++c) {
          int64_t source = transform.bgr && channels >= 3 && c < 3 ? 2 - c : c;
          double value = pixels[(y * columns + x) * channels + source];
          if (isFloat(dtype))
            value = (value * transform.scale - perChannel(transform.mean, c)) / perChannel(transform.deviation, c);
          values[at + (channelsFirst ? (c * rows + y) * columns + x : (y * columns + x) * channels + c)] = value;
        }
    at += channels * rows * columns;
  }
  if (!fromDoubles(values.data(), tensor))
    return error(TREADLE_UNSUPPORTED, "a picture cannot become elements of ", spelling(dtype));
  return {};
}

Status tensorToImage(const HostTensor &tensor, bool bgr, Image &image) {
  const std::vector<int64_t> &dims = tensor.dims();
  std::optional<ImageLayout> layout = imageLayoutOf(dims);
  if (!layout || isComplex(tensor.dtype()) || (layout->batch >= 0 && dims[layout->batch] != 1))
    return error(
        TREADLE_UNSUPPORTED, "a tensor of shape ", shapeText(dims),
        " is no picture: its shape must be [1, C, H, W], [1, H, W, C], [C, H, W], [H, W, C] or [H, W] with 1, 3 or 4 "
        "channels");
  std::vector<double> values = toDoubles(tensor);
  double scale = 1;
  if (isFloat(tensor.dtype()) && std::none_of(values.begin(), values.end(), [](double value) { return value > 2; }))
    scale = 255;
  image.height = dims[layout->row];
  image.width = dims[layout->column];
  image.channels = layout->channel < 0 ? 1 : dims[layout->channel];
  image.pixels.resize(image.height * image.width * image.channels);
  bool channelsFirst = layout->channel >= 0 && layout->channel < layout->row;
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x)
      for (int64_t c = 0; c < image.channels; ++c) {
        int64_t source = bgr && image.channels >= 3 && c < 3 ? 2 - c : c;
        double value = values[channelsFirst ? (source * image.height + y) * image.width + x
                                            : (y * image.width + x) * image.channels + source];
        double clamped = std::isnan(value) ? 0 : std::clamp(value * scale, 0.0, 255.0);
        image.pixels[(y * image.width + x) * image.channels + c] = static_cast<uint8_t>(std::lround(clamped));
      }
  return {};
}

} // namespace treadle
