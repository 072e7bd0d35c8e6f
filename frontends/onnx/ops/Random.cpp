//===- Random.cpp - ONNX: numbers that look random -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A node's numbers are the same in every run and on every target (dialects/graph/Random.td). The key of a
// node with the attribute `seed` are that number's 32 bits; of the n-th node without one, counted from 0 in the
// model's order, it is 2^32 + n. ONNX Runtime's numbers for the same seed are others: ONNX names no generator.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "frontends/onnx/Weights.h"
#include "llvm/ADT/bit.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

int64_t keyOf(Node &node) {
  if (node.has("seed"))
    return llvm::bit_cast<uint32_t>(static_cast<float>(node.real("seed", 0)));
  return (int64_t(1) << 32) + node.b.nextUnseeded();
}

/// The attribute `dtype`, or what is there without it. Null after an error.
Type elementOfResult(Node &node, Type fallback) {
  if (!node.has("dtype"))
    return fallback;
  Type element = elementTypeOf(node.b.context(), node.integer("dtype", 0));
  if (!element)
    node.fail("gives elements of type " + elementTypeName(node.integer("dtype", 0)) + ", which is not supported");
  return element;
}

Value random(Node &node, RandomKind kind, llvm::ArrayRef<DimExpr> dims, Type element) {
  Builder &b = node.b;
  return b.makeTyped<RandomOp>(dims, element, RandomKindAttr::get(b.context(), kind),
                               b.ops().getI64IntegerAttr(keyOf(node)));
}

bool importDistribution(Node &node, llvm::ArrayRef<DimExpr> dims, Type fallback) {
  Type element = elementOfResult(node, fallback);
  if (!element)
    return false;
  if (!llvm::isa<mlir::FloatType>(element))
    return node.fail("gives floats; name a type of them in the attribute dtype");
  Builder &b = node.b;
  bool isNormal = llvm::StringRef(node.type()).starts_with("RandomNormal");
  double low = isNormal ? node.real("mean", 0) : node.real("low", 0);
  double scale = isNormal ? node.real("scale", 1) : node.real("high", 1) - low;
  Value value = random(node, isNormal ? RandomKind::normal : RandomKind::uniform, dims, element);
  if (scale != 1)
    value = b.mul(value, scale);
  return node.set(low != 0 ? b.add(value, low) : value);
}

} // namespace

bool importRandom(Node &node) {
  Dims dims;
  for (int64_t size : node.integers("shape")) {
    if (size < 0)
      return node.fail("shape must not be negative");
    dims.push_back(node.b.dim(size));
  }
  return importDistribution(node, dims, node.b.ops().getF32Type());
}

bool importRandomLike(Node &node) { return importDistribution(node, node.dims(), node.element()); }

/// 1 as often as the input says.
bool importBernoulli(Node &node) {
  Type element = elementOfResult(node, node.element());
  if (!element)
    return false;
  Value below = random(node, RandomKind::uniform, node.dims(), node.element());
  return node.set(node.b.cast(node.b.compare(Predicate::lt, below, node.input(0)), element));
}

} // namespace treadle::onnx
