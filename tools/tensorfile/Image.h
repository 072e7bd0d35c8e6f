//===- Image.h - pictures as tensors and back -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TENSORFILE_IMAGE_H
#define TREADLE_TOOLS_TENSORFILE_IMAGE_H

#include "tools/tensorfile/HostTensor.h"

namespace treadle {

/// Rows from the top, pixels from the left, channels (grey; grey, alpha; r, g, b; r, g, b, alpha) innermost.
struct Image {
  int64_t width = 0, height = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

/// Reads a PNG, JPEG or BMP file, converted to that many channels; 0: as many as it has.
Status readImage(const std::string &path, int channels, Image &image);
Status writePng(const std::string &path, const Image &image);

/// A plane of an OpenEXR file; R, G, B, A and Z have a meaning that everybody knows.
struct ExrChannel {
  std::string name;
  std::vector<float> pixels; // row by row
};
/// Writes 32 bits a number, deflated (tinyexr does it). R, G and B are linear and premultiplied.
Status writeExr(const std::string &path, int64_t width, int64_t height, const std::vector<ExrChannel> &channels);

/// Bilinear; where the picture shrinks, each pixel is a weighted mean of all that it covers (as Pillow does
/// it). The result is not rounded.
std::vector<float> resize(const Image &image, int64_t width, int64_t height);

/// Where a tensor has rows, columns and channels.
struct ImageLayout {
  int batch = -1, channel = -1, row = -1, column = -1; // dimensions; -1: none
};

/// The layout of a tensor of 2 to 4 dimensions (-1: not fixed): the channels are where a 1, 3 or 4 stands,
/// first or last; first where neither is fixed. Nothing for other shapes.
std::optional<ImageLayout> imageLayoutOf(const std::vector<int64_t> &dims);

/// From pixels (0 to 255) to elements: (pixel * scale - mean) / deviation. mean and deviation have one number for all
/// channels, or one for each.
struct PixelTransform {
  double scale = 1.0 / 255;
  std::vector<double> mean = {0}, deviation = {1};
  bool bgr = false;
};

/// The pictures, each resized, one after another along the batch. Integer types take pixels as they are.
Status imagesToTensor(const std::vector<Image> &images, const ImageLayout &layout, DType dtype,
                      const std::vector<int64_t> &dims, const PixelTransform &transform, HostTensor &tensor);

/// The picture in a tensor with a batch of one. Floats are taken as 0 to 1, or as 0 to 255 where one is
/// above 2, and clamped.
Status tensorToImage(const HostTensor &tensor, bool bgr, Image &image);

} // namespace treadle

#endif // TREADLE_TOOLS_TENSORFILE_IMAGE_H
