//===- Sound.cpp - sounds as tensors and back -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/tensorfile/Sound.h"
#include "runtime/base/MappedFile.h"
#include "tools/file/OutputFile.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <sndfile.h>

namespace treadle {
namespace {

/// A file in memory, as libsndfile reads and writes it.
struct MemoryFile {
  const char *data = nullptr; // read from
  sf_count_t size = 0, at = 0;
  std::string *out = nullptr; // or written to

  static MemoryFile *of(void *user) { return static_cast<MemoryFile *>(user); }
  static sf_count_t length(void *user) { return of(user)->out ? of(user)->out->size() : of(user)->size; }
  static sf_count_t seek(sf_count_t offset, int whence, void *user) {
    sf_count_t target = offset + (whence == SEEK_CUR ? of(user)->at : whence == SEEK_END ? length(user) : 0);
    if (target < 0 || target > length(user))
      return -1;
    return of(user)->at = target;
  }
  static sf_count_t read(void *into, sf_count_t bytes, void *user) {
    MemoryFile *file = of(user);
    bytes = std::clamp<sf_count_t>(bytes, 0, length(user) - file->at);
    std::memcpy(into, file->out ? file->out->data() + file->at : file->data + file->at, bytes);
    file->at += bytes;
    return bytes;
  }
  static sf_count_t write(const void *from, sf_count_t bytes, void *user) {
    MemoryFile *file = of(user);
    if (!file->out)
      return 0;
    if (file->out->size() < static_cast<size_t>(file->at + bytes))
      file->out->resize(file->at + bytes);
    std::memcpy(file->out->data() + file->at, from, bytes);
    file->at += bytes;
    return bytes;
  }
  static sf_count_t tell(void *user) { return of(user)->at; }
};

SF_VIRTUAL_IO virtualFile = {MemoryFile::length, MemoryFile::seek, MemoryFile::read, MemoryFile::write,
                             MemoryFile::tell};

} // namespace

Status readSound(const std::string &path, Sound &sound) {
  std::unique_ptr<MappedFile> mapped;
  if (Status status = MappedFile::open(path.c_str(), mapped); status.failed())
    return status;
  MemoryFile memory;
  memory.data = mapped->data();
  memory.size = mapped->size();
  SF_INFO info = {};
  SNDFILE *file = sf_open_virtual(&virtualFile, SFM_READ, &info, &memory);
  if (!file)
    return error(TREADLE_DAMAGED, path, ": is no sound that can be read (", sf_strerror(nullptr), ")");
  sound.rate = info.samplerate;
  sound.channels = info.channels;
  sound.samples.clear();
  // In parts: the number of frames in the header may be a lie.
  std::vector<float> part(static_cast<size_t>(info.channels) << 14);
  for (sf_count_t read; (read = sf_readf_float(file, part.data(), 1 << 14)) > 0;)
    sound.samples.insert(sound.samples.end(), part.begin(), part.begin() + read * info.channels);
  int code = sf_error(file);
  std::string reason = sf_strerror(file);
  sf_close(file);
  sound.frames = sound.samples.size() / info.channels;
  if (code != SF_ERR_NO_ERROR)
    return error(TREADLE_DAMAGED, path, ": damaged: ", reason);
  if (sound.frames < info.frames && info.frames != SF_COUNT_MAX)
    return error(TREADLE_DAMAGED, path, ": is cut short: it has ", sound.frames, " of ", info.frames, " frames");
  return {};
}

Status writeWav(const std::string &path, const Sound &sound) {
  std::string bytes;
  MemoryFile memory;
  memory.out = &bytes;
  SF_INFO info = {};
  info.samplerate = sound.rate;
  info.channels = static_cast<int>(sound.channels);
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  SNDFILE *file = sf_open_virtual(&virtualFile, SFM_WRITE, &info, &memory);
  if (!file)
    return error(TREADLE_UNSUPPORTED, path, ": ", sf_strerror(nullptr));
  sf_command(file, SFC_SET_CLIPPING, nullptr, SF_TRUE);
  sf_count_t written = sf_writef_float(file, sound.samples.data(), sound.frames);
  std::string reason = sf_strerror(file);
  sf_close(file);
  if (written != sound.frames)
    return error(TREADLE_IO, path, ": ", reason);
  return writeFile(path, bytes);
}

Sound toMono(const Sound &sound) {
  Sound mono;
  mono.rate = sound.rate;
  mono.channels = 1;
  mono.frames = sound.frames;
  mono.samples.resize(sound.frames);
  for (int64_t i = 0; i < sound.frames; ++i) {
    float sum = 0;
    for (int64_t c = 0; c < sound.channels; ++c)
      sum += sound.samples[i * sound.channels + c];
    mono.samples[i] = sum / sound.channels;
  }
  return mono;
}

Status soundToTensor(const Sound &given, DType dtype, std::vector<int64_t> dims, HostTensor &tensor) {
  auto channelDim = given.channels > 1 ? std::find(dims.begin(), dims.end(), given.channels) : dims.end();
  Sound sound = channelDim == dims.end() ? toMono(given) : given;
  // The channels lie apart where their dimension comes before that of the samples.
  bool apart = channelDim != dims.end() && channelDim + 1 != dims.end();
  int64_t room = 1;
  auto open = std::find(dims.begin(), dims.end(), -1);
  for (int64_t dim : dims)
    if (dim >= 0 && __builtin_mul_overflow(room, dim, &room))
      return error(TREADLE_INVALID_ARGUMENT, "a tensor cannot have the shape ", shapeText(dims));
  if (open != dims.end()) {
    if (room == 0 || std::find(open + 1, dims.end(), -1) != dims.end())
      return error(TREADLE_INVALID_ARGUMENT, "more than one dimension of ", shapeText(dims), " is not fixed");
    *open = (sound.frames * sound.channels + room - 1) / room;
  }
  if (Status status = HostTensor::make(dtype, dims, tensor); status.failed())
    return status;
  int64_t frames = tensor.count() / sound.channels;
  std::vector<double> values(tensor.count(), 0);
  double scale = isFloat(dtype) ? 1 : 32768;
  for (int64_t i = 0; i < std::min(frames, sound.frames); ++i)
    for (int64_t c = 0; c < sound.channels; ++c)
      values[apart ? c * frames + i : i * sound.channels + c] = sound.samples[i * sound.channels + c] * scale;
  if (!fromDoubles(values.data(), tensor))
    return error(TREADLE_UNSUPPORTED, "a sound cannot become elements of ", spelling(dtype));
  return {};
}

Status tensorToSound(const HostTensor &tensor, int rate, Sound &sound) {
  std::vector<int64_t> large;
  for (int64_t dim : tensor.dims())
    if (dim != 1)
      large.push_back(dim);
  if (large.size() > 2 || isComplex(tensor.dtype()) || (large.size() == 2 && large[0] > 8))
    return error(
        TREADLE_UNSUPPORTED, "a tensor of shape ", shapeText(tensor.dims()),
        " is no sound: its shape must be [samples] or [channels, samples], ones aside, with at most 8 channels");
  sound.rate = rate;
  sound.channels = large.size() == 2 ? large[0] : 1;
  sound.frames = sound.channels ? tensor.count() / sound.channels : 0;
  sound.samples.resize(tensor.count());
  std::vector<double> values = toDoubles(tensor);
  double scale = isFloat(tensor.dtype()) ? 1 : 1.0 / 32768;
  for (int64_t c = 0; c < sound.channels; ++c)
    for (int64_t i = 0; i < sound.frames; ++i) {
      double value = values[c * sound.frames + i] * scale;
      sound.samples[i * sound.channels + c] = std::isnan(value) ? 0 : static_cast<float>(value);
    }
  return {};
}

} // namespace treadle
