//===- QLinear.cpp - ONNX Runtime's operators on quantized tensors -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All are dequantize, the operator, quantize. That is what ONNX Runtime defines them by, and kernels fuse
// the three. Products of bytes with results in floats are of 32-bit sums.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/ops/Quantize.h"
#include "frontends/onnx/ops/Window.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

/// The node's quantized tensor with its scale and zero point at `index` and the two that follow.
Value dequantizeInput(Node &node, size_t index) {
  Builder &b = node.b;
  Value scale = node.input(index + 1), zero = node.input(index + 2);
  for (size_t i : {index, index + 1})
    if (!node.input(i))
      return b.fail("lacks input " + llvm::Twine(i));
  return dequantize(b, node.input(index), b.reshape(scale, {}), zero ? b.reshape(zero, {}) : zero);
}

/// x as a quantized tensor, whose scale and zero point are at `index` and after it. Without a zero point
/// it has the element type of `like`.
bool setQuantized(Node &node, Value x, size_t index, Type like) {
  Builder &b = node.b;
  Value scale = node.input(index), zero = node.input(index + 1);
  if (!x)
    return false;
  if (!scale)
    return node.fail("lacks input " + llvm::Twine(index) + ", a scale");
  return node.set(
      quantize(b, x, b.reshape(scale, {}), zero ? b.reshape(zero, {}) : zero, zero ? elementOf(zero) : like));
}

/// A product of bytes in floats, in units of both scales.
Value scaleProduct(Node &node, Value product, Value lhsScale, Value rhsScale, Value bias) {
  Builder &b = node.b;
  if (!product || !lhsScale || !rhsScale)
    return {};
  Type f32 = b.ops().getF32Type();
  Value result = b.mul(b.cast(product, f32), b.mul(b.cast(lhsScale, f32), b.cast(rhsScale, f32)));
  return bias ? b.add(result, bias) : result;
}

} // namespace

bool importQLinearBinary(Node &node) {
  Builder &b = node.b;
  Value x = dequantizeInput(node, 0), y = dequantizeInput(node, 3);
  return setQuantized(node, node.type() == "QLinearAdd" ? b.add(x, y) : b.mul(x, y), 6, node.element());
}

bool importQLinearUnary(Node &node) {
  Builder &b = node.b;
  Value x = dequantizeInput(node, 0);
  if (!x)
    return false;
  if (node.type() == "QLinearSigmoid") {
    x = b.sigmoid(x);
  } else if (node.type() == "QLinearLeakyRelu") {
    x = b.select(b.compare(Predicate::gt, x, b.scalarFor(x, 0)), x, b.mul(x, node.real("alpha", 0.01)));
  } else {
    int64_t axis = node.integer("axis", -1), opset = node.integer("opset", 13);
    if (!node.axis(axis, node.rank()))
      return false;
    if (opset < 13 && axis != node.rank() - 1)
      return node.fail("is over several dimensions, as Softmax was before version 13, which is not supported");
    x = b.softmax(x, axis);
  }
  return setQuantized(node, x, 3, node.element());
}

/// Over all spatial dimensions, which end one before the last where channels come last.
bool importQLinearGlobalPool(Node &node) {
  Builder &b = node.b;
  bool isLast = node.integer("channels_last", 0);
  if (node.rank() < 3)
    return node.fail("takes an image, not a tensor of " + llvm::Twine(node.rank()) + " dimensions");
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(isLast ? 1 : 2, node.rank() - (isLast ? 1 : 0)));
  Value x = dequantizeInput(node, 0);
  return setQuantized(node, x ? b.reduce(ReduceKind::mean, x, axes) : x, 3, node.element());
}

bool importQLinearAveragePool(Node &node) {
  if (node.integer("channels_last", 0))
    return node.fail("channels_last is not supported");
  std::optional<Window> window = readPoolWindow(node);
  Value x = window ? dequantizeInput(node, 0) : Value();
  if (!x)
    return false;
  x = pool(node.b, PoolKind::average, *window, x, node.integer("ceil_mode", 0), node.integer("count_include_pad", 0));
  return setQuantized(node, x, 3, node.element());
}

/// The result's scale and zero point, then each tensor with its own.
bool importQLinearConcat(Node &node) {
  Builder &b = node.b;
  int64_t axis = node.integer("axis", 0);
  if (node.inputCount() < 5 || node.inputCount() % 3 != 2)
    return node.fail("takes a scale, a zero point, and three inputs for each tensor; it has " +
                     llvm::Twine(node.inputCount()));
  SmallVector<Value> parts;
  for (size_t i = 2; i < node.inputCount(); i += 3) {
    parts.push_back(dequantizeInput(node, i));
    if (!parts.back())
      return false;
  }
  return node.axis(axis, rankOf(parts.front())) && setQuantized(node, b.concat(parts, axis), 0, node.element(2));
}

bool importQGemm(Node &node) {
  Builder &b = node.b;
  Value lhs = node.input(0), rhs = node.input(3), rhsScale = alongColumns(b, node.input(4));
  if (node.rank(0) != 2 || node.rank(3) != 2)
    return node.fail("takes matrices, not tensors of " + llvm::Twine(node.rank(0)) + " and " +
                     llvm::Twine(node.rank(3)) + " dimensions");
  if (node.integer("transA", 0))
    lhs = b.transpose(lhs, {1, 0});
  if (node.integer("transB", 0))
    rhs = b.transpose(rhs, {1, 0});
  double alpha = node.real("alpha", 1);
  Value product = byteMatMul(b, lhs, rhs, node.input(2), node.input(5));
  if (node.input(6)) // in units of the product
    product = b.add(product, node.input(6));
  Value lhsScale = b.reshape(node.input(1), {});
  if (alpha != 1)
    lhsScale = b.mul(lhsScale, alpha);
  Value result = scaleProduct(node, product, lhsScale, rhsScale, {});
  return node.input(7) ? setQuantized(node, result, 7, node.element()) : node.set(result);
}

bool importMatMulIntegerToFloat(Node &node) {
  Builder &b = node.b;
  Value product = byteMatMul(b, node.input(0), node.input(1), node.input(4), node.input(5));
  return node.set(
      scaleProduct(node, product, alongRows(b, node.input(2)), alongColumns(b, node.input(3)), node.input(6)));
}

bool importDynamicQuantizeMatMul(Node &node) {
  Builder &b = node.b;
  Quantized x = quantizeDynamically(b, node.input(0));
  if (!x.value)
    return false;
  Value product = byteMatMul(b, x.value, node.input(1), x.zero, node.input(3));
  return node.set(scaleProduct(node, product, x.scale, alongColumns(b, node.input(2)), node.input(4)));
}

} // namespace treadle::onnx
