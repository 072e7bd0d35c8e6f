//===- Field.h - the field in a snapshot ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_FIELD_H
#define TREADLE_FRONTENDS_SCENE_FIELD_H

#include "frontends/scene/Encoding.h"
#include "frontends/scene/Network.h"

namespace treadle::scene {

/// instant-ngp's modes, and a network that is none of them.
enum class Mode { Image, Sdf, Volume, Nerf, Network };

/// What encodings and networks a snapshot has, and where its parameters lie: those of the network, of the colour's
/// network, of the position's encoding, of the direction's.
struct Field {
  Mode mode = Mode::Image;
  Encoding position;
  Network network;
  // A radiance field's colour depends on the density network's outputs and the direction.
  Encoding direction;
  Network color;
  int64_t extraDims = 0; // of the direction's encoding, learnt for each picture; 0 for none of them
  bool isHdr = false;
  int64_t networkInputs = 0; // of Mode::Network; other modes say it themselves

  int64_t alignment = 16; // of widths
  Parameters parameters;

  int64_t colorInputs() const { return network.outputs + direction.outputs; }
  bool hasNetwork = true; // an encoding alone has none
  // Where parameters begin: of the colour's network, the position's encoding, the direction's.
  int64_t colorAt() const { return hasNetwork ? network.parameters(position.outputs, alignment) : 0; }
  int64_t positionAt() const {
    return colorAt() + (mode == Mode::Nerf ? color.parameters(colorInputs(), alignment) : 0);
  }
  int64_t directionAt() const { return positionAt() + position.parameters; }
  int64_t countParameters(int64_t alignment) const;
  /// "network [64, 32] + [16, 64] = 3072, encoding 4096 x 2 = 8192"
  std::string layersText(int64_t alignment) const;
  /// What the parameters are, one after another, as JSON: [{"key": "network", "shape": [64, 32]}, ..]; matrices are
  /// [to, from], tables [entries, features].
  std::string layoutText() const;
};

/// Reads a snapshot's configuration and parameters. What is wrong is reported to config's problems. `keeper` is what
/// the values of config live in.
Field readField(const Config &config, std::shared_ptr<void> keeper);

/// Of a field whose mode, and what is said beside its encodings and networks, is set: reads these.
/// What a network that is none of the modes' lacks may be left out if only its encoding is wanted.
void readConfiguration(const Config &config, Field &field, GrowthOf growth, bool onlyEncoding = false);
/// Of a field with parameters: finds the alignment by which they are as many as there should be, and reports of `key`
/// where there is none, or where one is not a finite number.
void settleParameters(const Config &config, llvm::StringRef key, Field &field);

struct NamedValue {
  llvm::StringRef name;
  mlir::Value value;
};
/// The field's inputs, and their numbers a sample.
llvm::SmallVector<std::pair<llvm::StringRef, int64_t>> inputsOf(const Field &field);
/// Writes what a radiance field's colour depends on of directions of length 1, [samples, width].
mlir::Value writeDirection(Writer &writer, const Field &field, mlir::Value direction, int64_t width);
/// Writes the field of these inputs.
llvm::SmallVector<NamedValue> writeField(Writer &writer, const Field &field, mlir::ValueRange inputs);

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_FIELD_H
