//===- Window.h - the window of a convolution or pool -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What convolutions and pools of ONNX have in common: kernel_shape, strides, dilations, and padding that
// is given or follows from the input's size (auto_pad). The graph's ops take padding as numbers; where
// it depends on a symbolic size, the input is padded by an op of its own.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_OPS_WINDOW_H
#define TREADLE_FRONTENDS_ONNX_OPS_WINDOW_H

#include "frontends/onnx/Node.h"

namespace treadle::onnx {

enum class AutoPad { notset, sameUpper, sameLower, valid };

/// One number for each spatial dimension.
struct Window {
  Sizes kernel;
  llvm::SmallVector<int64_t> strides, dilations;
  Sizes low, high;
  AutoPad autoPad = AutoPad::notset;
  int64_t groups = 1; // of a convolution

  int64_t rank() const { return strides.size(); }
  bool isSame() const { return autoPad == AutoPad::sameUpper || autoPad == AutoPad::sameLower; }
  bool hasKnownPads() const;
  bool hasNoPads() const;
  llvm::SmallVector<int64_t> lowPads() const; // of known ones
  llvm::SmallVector<int64_t> highPads() const;
};

// Each returns nothing after an error.
/// The window of a pool over the node's input.
std::optional<Window> readPoolWindow(Node &node);
/// That of a convolution of x [N, C, X..] with the filter w.
std::optional<Window> readConvWindow(Node &node, Value x, Value w);
/// That of a transposed one; with auto_pad its padding is left at 0.
std::optional<Window> readConvTransposeWindow(Node &node, Value x, Value w);

/// x with the window's padding as elements `outside` around it. The window has none after it.
Value padFor(Builder &b, Window &window, Value x, Value outside);

/// x [N, C, X..] convolved with the filter w; outside x there are zeros.
Value convolve(Builder &b, Window window, Value x, Value w);

/// A pool over the spatial dimensions of x [N, C, X..]; the window's padding must be known.
Value pool(Builder &b, graph::PoolKind kind, const Window &window, Value x, bool ceilMode, bool countPad);

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_OPS_WINDOW_H
