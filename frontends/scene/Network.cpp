//===- Network.cpp - a network by its configuration -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Network.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::scene {

constexpr int64_t maxNeurons = 1 << 14, maxHiddenLayers = 1 << 8;

SmallVector<int64_t> Network::widths(int64_t inputs, int64_t alignment) const {
  SmallVector<int64_t> result = {static_cast<int64_t>(llvm::alignTo(inputs, alignment))};
  result.append(hiddenLayers, neurons);
  result.push_back(llvm::alignTo(outputs, alignment));
  return result;
}

int64_t Network::parameters(int64_t inputs, int64_t alignment) const {
  SmallVector<int64_t> all = widths(inputs, alignment);
  int64_t result = 0;
  for (size_t i = 1; i < all.size(); ++i)
    result += all[i - 1] * all[i];
  return result;
}

Network readNetwork(const Config &config, int64_t outputs) {
  using ng::Activation;
  static const Config::Choice<bool> types[] = {
#define TREADLE_SCENE_NETWORK(otype, isFused) {otype, isFused},
#include "frontends/scene/Ops.def"
  };
  static const Config::Choice<Activation> activations[] = {{"None", Activation::none},
                                                           {"ReLU", Activation::relu},
                                                           {"LeakyReLU", Activation::leaky_relu},
                                                           {"SiLU", Activation::silu},
                                                           {"Exponential", Activation::exponential},
                                                           {"Sine", Activation::sine},
                                                           {"Sigmoid", Activation::sigmoid},
                                                           {"Squareplus", Activation::squareplus},
                                                           {"Softplus", Activation::softplus},
                                                           {"Tanh", Activation::tanh}};
  bool isFused = config.choose<bool>("otype", true, types);
  Network result;
  result.outputs = outputs;
  result.neurons = config.integer("n_neurons", 128, 1, maxNeurons);
  result.hiddenLayers = config.integer("n_hidden_layers", 5, isFused ? 1 : 0, maxHiddenLayers);
  if (isFused && result.neurons != 16 && result.neurons != 32 && result.neurons != 64 && result.neurons != 128)
    config.report("n_neurons",
                  config.found("n_neurons") + "; a FullyFusedMLP has 16, 32, 64 or 128, otype CutlassMLP any number");
  result.activation = config.choose<Activation>("activation", Activation::relu, activations);
  result.outputActivation = config.choose<Activation>("output_activation", Activation::none, activations);
  return result;
}

Value writeNetwork(Writer &writer, const Network &network, Value features, int64_t first, int64_t alignment) {
  MLIRContext *context = writer.builder().getContext();
  SmallVector<int64_t> widths = network.widths(*dimOf(features.getType(), 1).constantValue(), alignment);
  SmallVector<Value> weights;
  for (size_t i = 1; i < widths.size(); ++i) {
    weights.push_back(writer.parameter(first, {widths[i], widths[i - 1]}));
    first += widths[i] * widths[i - 1];
  }
  Value result = writer.make<ng::MlpOp>(features, weights, ng::ActivationAttr::get(context, network.activation),
                                        ng::ActivationAttr::get(context, network.outputActivation));
  return writer.columns(result, 0, network.outputs);
}

} // namespace treadle::scene
