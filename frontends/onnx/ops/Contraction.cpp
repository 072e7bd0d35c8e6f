//===- Contraction.cpp - ONNX: matrix products and convolutions --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/ops/Contraction.h"
#include "frontends/onnx/ops/Window.h"
#include <cmath>

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

Value addBias(Node &node, Value result, size_t index) {
  if (!node.input(index) || !result)
    return result;
  return node.b.add(result, node.b.alongAxis(node.input(index), 1, rankOf(result)));
}

/// x times a factor that an attribute gives, for x of any element type.
Value scale(Node &node, Value x, double factor, llvm::StringRef name) {
  if (!x || factor == 1)
    return x;
  if (llvm::isa<mlir::IntegerType>(elementOf(x)) && factor != std::floor(factor))
    return node.b.fail(name + " is " + std::to_string(factor) + ", which integers cannot be multiplied with");
  return node.b.mul(x, factor);
}

} // namespace

Value conv(Node &node) {
  std::optional<Window> window = readConvWindow(node, node.input(0), node.input(1));
  return window ? addBias(node, convolve(node.b, *window, node.input(0), node.input(1)), 2) : Value();
}

bool importConv(Node &node) { return node.set(conv(node)); }

bool importConvTranspose(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0), w = node.input(1);
  std::optional<Window> window = readConvTransposeWindow(node, x, w);
  if (!window)
    return false;
  size_t rank = window->rank();
  SmallVector<int64_t> zeros(rank, 0), outputPad = node.integers("output_padding", zeros),
                                       shape = node.integers("output_shape");
  if (shape.size() == rank + 2) // some exporters give the whole shape
    shape.erase(shape.begin(), shape.begin() + 2);
  if (outputPad.size() != rank || (!shape.empty() && shape.size() != rank))
    return node.fail("output_padding and output_shape must have " + llvm::Twine(rank) + " numbers");
  for (int64_t value : outputPad)
    if (value < 0 || value > INT32_MAX)
      return node.fail("output_padding has the number " + llvm::Twine(value) + ", it must be 0 or more");

  // The result's size may be given; the padding follows then. What a result is larger than all that the
  // input reaches is empty space after it.
  bool follows = !shape.empty() || window->isSame();
  Sizes wanted, extra(rank, b.dim(0));
  for (size_t i = 0; i < rank && follows; ++i) {
    DimExpr size = dimOf(x.getType(), i + 2);
    DimExpr reach = (size - 1) * window->strides[i] + window->kernel[i] * window->dilations[i] +
                    (1 - window->dilations[i] + outputPad[i]);
    wanted.push_back(shape.empty() ? size * window->strides[i] : b.dim(shape[i]));
    DimExpr total = DimExpr::max(reach - wanted[i], b.dim(0));
    extra[i] = DimExpr::max(wanted[i] - reach, b.dim(0));
    DimExpr smaller = total.floorDiv(2), larger = total - smaller;
    bool isUpper = window->autoPad == AutoPad::sameUpper;
    window->low[i] = isUpper ? smaller : larger;
    window->high[i] = isUpper ? larger : smaller;
  }
  bool isKnown = window->hasKnownPads() && llvm::all_of(extra, [](DimExpr size) { return size.isConstant(); });
  Sizes low = window->low;
  if (!isKnown) { // the whole result, of which a part is taken
    window->low.assign(rank, b.dim(0));
    window->high.assign(rank, b.dim(0));
  }
  for (size_t i = 0; i < rank && isKnown; ++i)
    outputPad[i] += *extra[i].constantValue();
  Value result = b.make<ConvTransposeOp>(x, w, b.array(window->strides), b.array(window->dilations),
                                         b.array(window->lowPads()), b.array(window->highPads()), b.array(outputPad),
                                         b.ops().getI64IntegerAttr(window->groups));
  if (result && !isKnown) {
    Sizes zero(rank + 2, b.dim(0)), high = zero, starts = zero, counts = dimsOf(result.getType());
    for (size_t i = 0; i < rank; ++i) {
      high[i + 2] = extra[i];
      starts[i + 2] = low[i];
      counts[i + 2] = wanted[i];
    }
    result =
        b.slice(b.pad(result, b.scalarFor(result, 0), zero, high), starts, counts, SmallVector<int64_t>(rank + 2, 1));
  }
  return node.set(addBias(node, result, 2));
}

bool importMatMul(Node &node) { return node.set(node.b.matmul(node.input(0), node.input(1))); }

Value gemm(Node &node) {
  Builder &b = node.b;
  if (node.rank(0) != 2 || node.rank(1) != 2)
    return b.fail("takes matrices, not tensors of " + llvm::Twine(node.rank(0)) + " and " + llvm::Twine(node.rank(1)) +
                  " dimensions");
  Value result = b.matmul(node.input(0), node.input(1), node.integer("transA", 0), node.integer("transB", 0));
  result = scale(node, result, node.real("alpha", 1), "alpha");
  double beta = node.real("beta", 1);
  if (!node.input(2) || !result || beta == 0)
    return result;
  if (node.rank(2) > 2)
    return b.fail("adds a tensor of up to two dimensions, not of " + llvm::Twine(node.rank(2)));
  Dims dims = dimsOf(result.getType()), added = node.dims(2);
  for (auto [from, to] : llvm::zip(llvm::reverse(added), llvm::reverse(dims)))
    if (to == 1 && from != 1)
      return b.fail("adds a tensor that is larger than the product");
  return b.add(result, scale(node, node.input(2), beta, "beta"));
}

bool importGemm(Node &node) { return node.set(gemm(node)); }

} // namespace treadle::onnx
