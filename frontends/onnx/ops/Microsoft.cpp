//===- Microsoft.cpp - operators that ONNX Runtime adds to ONNX -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Its optimizer and quantizer write them into the models that they save. Defined in ContribOperators.md
// of ONNX Runtime.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/ops/Activation.h"
#include "frontends/onnx/ops/Contraction.h"
#include <cmath>

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

/// The function that a fused operator ends in. Null after an error.
Value activate(Node &node, Value x, llvm::ArrayRef<double> params) {
  Builder &b = node.b;
  std::string name = node.text("activation", "");
  auto param = [&](size_t i, double fallback) { return i < params.size() ? params[i] : fallback; };
  if (name.empty() || !x)
    return x;
  if (name == "Relu")
    return b.max(x, 0);
  if (name == "Sigmoid")
    return b.sigmoid(x);
  if (name == "Tanh")
    return b.tanh(x);
  if (name == "Clip")
    return b.min(b.max(x, param(0, -INFINITY)), param(1, INFINITY));
  if (name == "LeakyRelu")
    return b.select(b.compare(Predicate::gt, x, b.scalarFor(x, 0)), x, b.mul(x, param(0, 0.01)));
  if (name == "HardSigmoid")
    return b.max(b.min(b.add(b.mul(x, param(0, 0.2)), param(1, 0.5)), 1), 0);
  return b.fail("activation is '" + name + "', which is not supported");
}

/// x + more, which may be null.
Value addTo(Builder &b, Value x, Value more) { return more ? b.add(x, more) : x; }

} // namespace

// ---- activations -----------------------------------------------------------------------------------

bool importBiasGelu(Node &node) {
  Value x = addTo(node.b, node.input(0), node.input(1));
  return node.set(gelu(node.b, x, /*isTanh=*/node.type() == "FastGelu"));
}

bool importQuickGelu(Node &node) { return node.set(swish(node.b, node.input(0), node.real("alpha", 1.702))); }

// ---- products --------------------------------------------------------------------------------------

bool importFusedMatMul(Node &node) {
  Builder &b = node.b;
  Value lhs = node.input(0), rhs = node.input(1);
  // The first dimension of the matrices moved behind the others.
  auto turnBatch = [&](Value x) {
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(1, rankOf(x) - 1));
    order.push_back(0);
    order.push_back(rankOf(x) - 1);
    return rankOf(x) < 3 ? x : b.transpose(x, order);
  };
  if (node.integer("transBatchA", 0))
    lhs = turnBatch(lhs);
  if (node.integer("transBatchB", 0))
    rhs = turnBatch(rhs);
  bool turnsLhs = node.integer("transA", 0) && rankOf(lhs) > 1, turnsRhs = node.integer("transB", 0) && rankOf(rhs) > 1;
  Value result = b.matmul(lhs, rhs, turnsLhs, turnsRhs);
  double alpha = node.real("alpha", 1);
  return node.set(alpha == 1 ? result : b.mul(result, alpha));
}

bool importFusedGemm(Node &node) {
  double params[] = {node.real("activation_alpha", 0.01), node.real("activation_beta", 0.5)};
  Value result = gemm(node);
  return result && node.set(activate(node, result,
                                     node.has("activation_alpha") ? llvm::ArrayRef(params) : llvm::ArrayRef<double>()));
}

/// A sum may be added before the function.
bool importFusedConv(Node &node) {
  Value result = addTo(node.b, conv(node), node.input(3));
  return result && node.set(activate(node, result, node.reals("activation_params")));
}

// ---- normalizations --------------------------------------------------------------------------------

/// A normalization of input + skip + bias, with the sum as a result of its own.
bool importSkipNormalization(Node &node) {
  Builder &b = node.b;
  bool isRms = node.type() == "SkipSimplifiedLayerNormalization";
  Value beta = isRms ? Value() : node.input(3), bias = node.input(isRms ? 3 : 4);
  Value sum = addTo(b, b.add(node.input(0), node.input(1)), bias);
  if (!sum || (node.wants(3) && !node.set(3, sum)))
    return false;
  double epsilon = node.real("epsilon", isRms ? 1e-6 : 1e-12);
  Value result = b.normalize(isRms ? NormKind::rms : NormKind::layer, sum, {rankOf(sum) - 1}, epsilon);
  return node.set(addTo(b, b.mul(result, node.input(2)), beta));
}

/// Embeddings of words, positions and segments added up and normalized.
bool importEmbedNormalization(Node &node) {
  Builder &b = node.b;
  Value ids = node.input(0), positions = node.input(8);
  for (size_t i : {2, 3, 5, 6})
    if (!node.input(i))
      return node.fail("lacks input " + llvm::Twine(i));
  if (node.rank() != 2 || node.rank(2) != 2 || node.rank(3) != 2)
    return node.fail("takes ids [batch, sequence] and tables of embeddings");
  Value sum = b.gather(node.input(2), ids, 0);
  if (positions)
    sum = b.add(sum, b.gather(node.input(3), positions, 0));
  else
    sum = b.add(sum, b.sliceAxis(node.input(3), 0, b.dim(0), node.dims()[1]));
  if (node.input(1) && node.input(4))
    sum = b.add(sum, b.gather(node.input(4), node.input(1), 0));
  if (!sum || (node.wants(2) && !node.set(2, sum)))
    return false;
  if (node.wants(1)) { // how many elements of the mask are set
    Type i32 = b.ops().getI32Type();
    Value mask = node.input(7);
    Value count = mask ? b.reduce(ReduceKind::sum, b.cast(mask, i32), {1}) : Value();
    Value index = mask ? b.squeeze(count, {1}) : b.broadcast(b.scalar(0, i32), {node.dims()[0]});
    if (!node.set(1, index))
      return false;
  }
  Value result = b.normalize(NormKind::layer, sum, {2}, node.real("epsilon", 1e-12));
  return node.set(b.add(b.mul(result, node.input(5)), node.input(6)));
}

// ---- ai.onnx.ml ------------------------------------------------------------------------------------

/// (x - offset) * scale, one number for all features or one for each.
bool importScaler(Node &node) {
  Builder &b = node.b;
  Type f32 = b.ops().getF32Type();
  Value x = b.cast(node.input(0), f32);
  for (llvm::StringRef name : {"offset", "scale"}) {
    SmallVector<double> values = node.reals(name);
    if (values.empty())
      continue;
    Value numbers = values.size() == 1 ? b.scalar(values.front(), f32) : b.numbers(values, f32);
    x = name == "offset" ? b.sub(x, numbers) : b.mul(x, numbers);
  }
  return node.set(x);
}

} // namespace treadle::onnx
