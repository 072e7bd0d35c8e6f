//===- Sound.h - sounds as tensors and back -------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TENSORFILE_SOUND_H
#define TREADLE_TOOLS_TENSORFILE_SOUND_H

#include "tools/tensorfile/HostTensor.h"

namespace treadle {

/// Samples from -1 to 1, the channels of a moment beside each other.
struct Sound {
  int rate = 0; // samples a second
  int64_t channels = 0, frames = 0;
  std::vector<float> samples;
};

/// Reads a WAV, FLAC or Ogg file.
Status readSound(const std::string &path, Sound &sound);
/// Writes a WAV file of 16-bit samples.
Status writeWav(const std::string &path, const Sound &sound);

/// All channels averaged into one.
Sound toMono(const Sound &sound);

/// The sound as a tensor of `dims`, where at most one dimension is -1: it gets as many as there are
/// samples. Where the shape is fixed, the sound is cut or followed by silence. It becomes mono unless a
/// dimension is its number of channels. Integer types hold 16-bit samples.
Status soundToTensor(const Sound &sound, DType dtype, std::vector<int64_t> dims, HostTensor &tensor);

/// The sound in a tensor whose dimensions are all 1 but for the samples', and at most 8 channels' before it.
Status tensorToSound(const HostTensor &tensor, int rate, Sound &sound);

} // namespace treadle

#endif // TREADLE_TOOLS_TENSORFILE_SOUND_H
