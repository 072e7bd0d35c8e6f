//===- Activation.cpp - ONNX: activation functions ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Each is the formula of its operator's specification, over the graph's elementwise ops.

#include "frontends/onnx/ops/Activation.h"
#include "frontends/onnx/Node.h"
#include <cmath>
#include <limits>

using namespace treadle::graph;

namespace treadle::onnx {
namespace {

Value isPositive(Builder &b, Value x) { return b.compare(Predicate::gt, x, b.scalarFor(x, 0)); }

/// scale * (exp(x / divisor) - 1) for x < 0.
Value exponentialTail(Builder &b, Value x, double scale, double divisor) {
  return b.mul(b.sub(b.exp(b.div(b.min(x, 0), divisor)), 1), scale);
}

/// log(1 + exp(x)), which neither overflows nor loses small values.
Value softplus(Builder &b, Value x) { return b.add(b.max(x, 0), b.make<Log1pOp>(b.exp(b.neg(b.make<AbsOp>(x))))); }

} // namespace

bool importRelu(Node &node) { return node.set(node.b.max(node.input(0), 0)); }

bool importLeakyRelu(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  return node.set(b.select(isPositive(b, x), x, b.mul(x, node.real("alpha", 0.01))));
}

bool importPRelu(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0), slope = node.input(1);
  // Up to version 6 a slope of rank 1 has one number for each channel.
  if (node.version < 7 && node.rank(1) == 1 && node.rank() > 2)
    slope = b.alongAxis(slope, 1, node.rank());
  return node.set(b.select(isPositive(b, x), x, b.mul(x, slope)));
}

bool importThresholdedRelu(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0), alpha = b.scalarFor(x, node.real("alpha", 1));
  return node.set(b.select(b.compare(Predicate::gt, x, alpha), x, b.scalarFor(x, 0)));
}

bool importElu(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  return node.set(b.select(isPositive(b, x), x, exponentialTail(b, x, node.real("alpha", 1), 1)));
}

bool importSelu(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  double alpha = node.real("alpha", 1.67326319217681884765625), gamma = node.real("gamma", 1.05070102214813232421875);
  return node.set(b.mul(b.select(isPositive(b, x), x, exponentialTail(b, x, alpha, 1)), gamma));
}

bool importCelu(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  double alpha = node.real("alpha", 1);
  return node.set(b.add(b.max(x, 0), exponentialTail(b, x, alpha, alpha)));
}

bool importHardSigmoid(Node &node) {
  Builder &b = node.b;
  Value line = b.add(b.mul(node.input(0), node.real("alpha", 0.2)), node.real("beta", 0.5));
  return node.set(b.max(b.min(line, 1), 0));
}

bool importHardSwish(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0), line = b.add(b.mul(x, 1.0 / 6), 0.5);
  return node.set(b.mul(x, b.max(b.min(line, 1), 0)));
}

bool importSoftplus(Node &node) { return node.set(softplus(node.b, node.input(0))); }

bool importSoftsign(Node &node) {
  Builder &b = node.b;
  return node.set(b.div(node.input(0), b.add(b.make<AbsOp>(node.input(0)), 1)));
}

bool importMish(Node &node) {
  Builder &b = node.b;
  return node.set(b.mul(node.input(0), b.tanh(softplus(b, node.input(0)))));
}

Value gelu(Builder &b, Value x, bool isTanh) {
  if (isTanh) {
    Value cube = b.mul(b.mul(x, x), x);
    Value inner = b.mul(b.add(x, b.mul(cube, 0.044715)), std::sqrt(2 / M_PI));
    return b.mul(b.mul(x, 0.5), b.add(b.tanh(inner), 1));
  }
  return b.mul(b.mul(x, 0.5), b.add(b.make<ErfOp>(b.mul(x, M_SQRT1_2)), 1));
}

Value swish(Builder &b, Value x, double alpha) { return b.mul(x, b.sigmoid(alpha == 1 ? x : b.mul(x, alpha))); }

bool importGelu(Node &node) {
  return node.set(gelu(node.b, node.input(0), node.text("approximate", "none") == "tanh"));
}

bool importSwish(Node &node) { return node.set(swish(node.b, node.input(0), node.real("alpha", 1))); }

bool importSwiGlu(Node &node) {
  return node.set(node.b.mul(swish(node.b, node.input(0), node.real("alpha", 1)), node.input(1)));
}

bool importShrink(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  double lambda = node.real("lambd", 0.5), bias = node.real("bias", 0);
  Value isLow = b.compare(Predicate::lt, x, b.scalarFor(x, -lambda));
  Value isHigh = b.compare(Predicate::gt, x, b.scalarFor(x, lambda));
  return node.set(b.select(isLow, b.add(x, bias), b.select(isHigh, b.sub(x, bias), b.scalarFor(x, 0))));
}

bool importClip(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  Value low = node.input(1), high = node.input(2);
  if (node.version < 11) {
    // Some exporters write the type's extremes for "no bound".
    double least = node.real("min", -std::numeric_limits<double>::infinity());
    double greatest = node.real("max", std::numeric_limits<double>::infinity());
    low = least > std::numeric_limits<float>::lowest() ? b.scalarFor(x, least) : Value();
    high = greatest < std::numeric_limits<float>::max() ? b.scalarFor(x, greatest) : Value();
  }
  if (low)
    x = b.max(x, low);
  if (high)
    x = b.min(x, high);
  return node.set(x);
}

} // namespace treadle::onnx
