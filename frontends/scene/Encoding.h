//===- Encoding.h - an encoding by its configuration ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_ENCODING_H
#define TREADLE_FRONTENDS_SCENE_ENCODING_H

#include "frontends/scene/Config.h"
#include "frontends/scene/Writer.h"

namespace treadle::scene {

/// An encoding's own key for what a grid's levels grow by is often left out: what instant-ngp puts there, for that many
/// levels of that base resolution.
using GrowthOf = llvm::function_ref<std::optional<float>(int64_t levels, int64_t baseResolution)>;

/// Of each sample's `dims` numbers `outputs` features.
struct Encoding {
  enum class Kind { Grid, Frequency, TriangleWave, OneBlob, SphericalHarmonics, Identity, Composite, Empty };
  enum class Reduction { Concatenation, Sum, Product };
  struct Part;

  Kind kind = Kind::Empty;
  int64_t dims = 0, outputs = 0;
  int64_t parameters = 0;
  int64_t alignment = 1; // outputs before this encoding are filled up to a multiple of it
  // Filled up to a width, it gets this, after the first `padAt` outputs.
  double padValue = 1;
  int64_t padAt = 0;

  int64_t count = 0;           // frequencies, bins, degree
  float scale = 1, offset = 0; // Identity, Frequency, Grid: of its inputs
  int64_t features = 1;        // Grid: of a vertex
  std::vector<ng::GridLevel> levels;
  ng::Interpolation interpolation = ng::Interpolation::linear;
  bool alignCorners = false;
  std::vector<Part> parts; // Composite
  Reduction reduction = Reduction::Concatenation;
};

struct Encoding::Part {
  int64_t begin = 0; // among the inputs
  int64_t width = 0; // of the outputs, filled up
  Encoding encoding;
};

/// Reads tiny-cuda-nn's keys, and some more; what is wrong with them is reported to config's problems.
Encoding readEncoding(const Config &config, int64_t dims, GrowthOf growth = nullptr);

/// Features [samples, width] of positions [samples, dims] in f32, width >= outputs; parameters from number `first` on.
mlir::Value writeEncoding(Writer &writer, const Encoding &encoding, mlir::Value input, int64_t first, int64_t width);

/// The encoding's features [samples, outputs], null if there are none, filled up to `width`; as many rows as `like`
/// has.
mlir::Value fillUp(Writer &writer, const Encoding &encoding, mlir::Value features, mlir::Value like, int64_t width);

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_ENCODING_H
