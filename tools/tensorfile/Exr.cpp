//===- Exr.cpp - pictures of light --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/file/OutputFile.h"
#include "tools/tensorfile/Image.h"
#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>

#include <tinyexr.h>

namespace treadle {

Status writeExr(const std::string &path, int64_t width, int64_t height, const std::vector<ExrChannel> &channels) {
  if (width < 1 || height < 1 || width > INT_MAX / 16 || height > INT_MAX / 16)
    return error(TREADLE_UNSUPPORTED, path, ": a picture of ", width, " x ", height, " pixels cannot be written");
  EXRHeader header;
  EXRImage image;
  InitEXRHeader(&header);
  InitEXRImage(&image);
  // As readers of the format want them: by name.
  std::vector<const ExrChannel *> sorted;
  for (const ExrChannel &channel : channels)
    sorted.push_back(&channel);
  std::sort(sorted.begin(), sorted.end(), [](auto *a, auto *b) { return a->name < b->name; });
  std::vector<EXRChannelInfo> infos(sorted.size());
  std::vector<int> types(sorted.size(), TINYEXR_PIXELTYPE_FLOAT);
  std::vector<unsigned char *> planes;
  for (size_t i = 0; i < sorted.size(); ++i) {
    std::memset(&infos[i], 0, sizeof(infos[i]));
    std::strncpy(infos[i].name, sorted[i]->name.c_str(), sizeof(infos[i].name) - 1);
    planes.push_back(reinterpret_cast<unsigned char *>(const_cast<float *>(sorted[i]->pixels.data())));
  }
  image.num_channels = header.num_channels = static_cast<int>(sorted.size());
  image.images = planes.data();
  image.width = static_cast<int>(width);
  image.height = static_cast<int>(height);
  header.channels = infos.data();
  header.pixel_types = header.requested_pixel_types = types.data();
  header.compression_type = TINYEXR_COMPRESSIONTYPE_ZIP;
  unsigned char *memory = nullptr;
  const char *problem = nullptr;
  size_t bytes = SaveEXRImageToMemory(&image, &header, &memory, &problem);
  if (bytes == 0) {
    Status status = error(TREADLE_UNSUPPORTED, path, ": cannot be written (", problem ? problem : "unknown", ")");
    FreeEXRErrorMessage(problem);
    return status;
  }
  Status status = writeFile(path, std::string_view(reinterpret_cast<char *>(memory), bytes));
  std::free(memory);
  return status;
}

} // namespace treadle
