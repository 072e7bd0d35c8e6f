//===- Pool.cpp - ONNX: reductions over windows -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/ops/Window.h"
#include <cmath>
#include <limits>

using namespace treadle::graph;

namespace treadle::onnx {
namespace {

/// The p of LpPool and its global form, which version 1 has as a float.
std::optional<double> readPower(Node &node) {
  double p = node.version < 2 ? node.real("p", 2) : static_cast<double>(node.integer("p", 2));
  if (p >= 1 && !node.isBroken())
    return p;
  node.fail("p is " + std::to_string(p) + ", it must be 1 or more");
  return std::nullopt;
}

/// |x|^p, and what is undone after the sum.
Value power(Builder &b, Value x, double p) {
  if (p == 1)
    return b.make<AbsOp>(x);
  return p == 2 ? b.mul(x, x) : b.make<PowOp>(b.make<AbsOp>(x), b.scalarFor(x, p));
}
Value root(Builder &b, Value x, double p) {
  if (p == 1)
    return x;
  return p == 2 ? b.sqrt(x) : b.make<PowOp>(x, b.scalarFor(x, 1 / p));
}

/// The least number of the element type, which no maximum is changed by.
Value lowest(Builder &b, Value x) {
  auto integer = llvm::dyn_cast<mlir::IntegerType>(elementOf(x));
  if (!integer)
    return b.scalarFor(x, -std::numeric_limits<double>::infinity());
  return b.scalarFor(x, integer.isUnsigned() ? 0 : -std::ldexp(1.0, integer.getWidth() - 1));
}

/// An average over padding that is not known as numbers: the sum of what is there, divided by its count.
Value averageOfPadded(Builder &b, Window window, Value x, bool countPad) {
  Dims spatial = dimsOf(x.getType());
  spatial[0] = spatial[1] = b.dim(1);
  Value ones = b.broadcast(b.scalarFor(x, 1), spatial);
  Window counted = window;
  Value padded = padFor(b, window, x, b.scalarFor(x, 0));
  ones = padFor(b, counted, ones, b.scalarFor(x, countPad));
  return b.div(pool(b, PoolKind::sum, window, padded, false, false),
               pool(b, PoolKind::sum, counted, ones, false, false));
}

} // namespace

bool importPool(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  std::optional<Window> window = readPoolWindow(node);
  if (!window)
    return false;
  // The padding of SAME makes the last window end with the input.
  bool ceilMode = node.integer("ceil_mode", 0) && !window->isSame();
  if (node.type() == "MaxPool") {
    if (!window->hasKnownPads())
      x = padFor(b, *window, x, lowest(b, x));
    return node.set(pool(b, PoolKind::max, *window, x, ceilMode, false));
  }
  if (node.type() == "AveragePool") {
    bool countPad = node.integer("count_include_pad", 0);
    return node.set(window->hasKnownPads() ? pool(b, PoolKind::average, *window, x, ceilMode, countPad)
                                           : averageOfPadded(b, *window, x, countPad));
  }
  std::optional<double> p = readPower(node);
  if (!p)
    return false;
  x = power(b, x, *p);
  if (x && !window->hasKnownPads())
    x = padFor(b, *window, x, b.scalarFor(x, 0));
  return node.set(root(b, pool(b, PoolKind::sum, *window, x, ceilMode, false), *p));
}

bool importGlobalPool(Node &node) {
  Builder &b = node.b;
  llvm::SmallVector<int64_t> axes;
  for (int64_t i = 2; i < node.rank(); ++i)
    axes.push_back(i);
  if (node.rank() < 2)
    return node.fail("takes an input of two dimensions or more, [N, C, X..], not of " + llvm::Twine(node.rank()));
  if (node.type() == "GlobalMaxPool")
    return node.set(b.reduce(ReduceKind::max, node.input(0), axes));
  if (node.type() == "GlobalAveragePool")
    return node.set(b.reduce(ReduceKind::mean, node.input(0), axes));
  std::optional<double> p = readPower(node);
  return p && node.set(root(b, b.reduce(ReduceKind::sum, power(b, node.input(0), *p), axes), *p));
}

} // namespace treadle::onnx
