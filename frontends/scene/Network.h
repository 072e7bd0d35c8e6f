//===- Network.h - a network by its configuration ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_NETWORK_H
#define TREADLE_FRONTENDS_SCENE_NETWORK_H

#include "frontends/scene/Config.h"
#include "frontends/scene/Writer.h"

namespace treadle::scene {

/// A perceptron without biases. Its matrices are [to, from], one after another; what goes in and what comes out is
/// filled up to a multiple of the alignment.
struct Network {
  int64_t outputs = 0;
  int64_t neurons = 64, hiddenLayers = 1;
  ng::Activation activation = ng::Activation::relu, outputActivation = ng::Activation::none;

  /// Of each layer, the inputs' first.
  llvm::SmallVector<int64_t> widths(int64_t inputs, int64_t alignment) const;
  int64_t parameters(int64_t inputs, int64_t alignment) const;
};

/// Reads tiny-cuda-nn's keys; what is wrong with them is reported to config's problems.
Network readNetwork(const Config &config, int64_t outputs);

/// [samples, network.outputs] of features that are filled up; parameters from number `first` on.
mlir::Value writeNetwork(Writer &writer, const Network &network, mlir::Value features, int64_t first,
                         int64_t alignment);

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_NETWORK_H
