//===- Window.cpp - the window of a convolution or pool ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/ops/Window.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

/// Of strides, dilations and pads: no sum or product of a few of them overflows.
constexpr int64_t largest = INT32_MAX;

SmallVector<int64_t> numbersOf(const Sizes &sizes) {
  return llvm::map_to_vector(sizes, [](DimExpr size) { return size.constantValue().value_or(0); });
}

bool checkList(Node &node, llvm::StringRef name, llvm::ArrayRef<int64_t> list, size_t count, int64_t least) {
  if (list.size() != count)
    return node.fail(name + " has " + llvm::Twine(list.size()) + " numbers, it must have " + llvm::Twine(count));
  for (int64_t value : list)
    if (value < least || value > largest)
      return node.fail(name + " has the number " + llvm::Twine(value) + ", it must be " + llvm::Twine(least) +
                       " or more");
  return true;
}

std::optional<Window> readWindow(Node &node, llvm::ArrayRef<DimExpr> kernel) {
  size_t rank = kernel.size();
  Window window;
  window.kernel = Sizes(kernel);
  window.groups = node.integer("group", 1);
  if (!checkList(node, "group", {window.groups}, 1, 1))
    return std::nullopt;
  SmallVector<int64_t> ones(rank, 1), zeros(2 * rank, 0);
  window.strides = node.integers("strides", ones);
  window.dilations = node.integers("dilations", ones);
  auto kind = node.choice<AutoPad>("auto_pad", "NOTSET",
                                   {{"", AutoPad::notset},
                                    {"NOTSET", AutoPad::notset},
                                    {"SAME_UPPER", AutoPad::sameUpper},
                                    {"SAME_LOWER", AutoPad::sameLower},
                                    {"VALID", AutoPad::valid}});
  if (!kind)
    return std::nullopt;
  window.autoPad = *kind;
  SmallVector<int64_t> pads = window.autoPad == AutoPad::notset ? node.integers("pads", zeros) : zeros;
  if (node.isBroken() || !checkList(node, "strides", window.strides, rank, 1) ||
      !checkList(node, "dilations", window.dilations, rank, 1) || !checkList(node, "pads", pads, 2 * rank, 0))
    return std::nullopt;
  for (size_t i = 0; i < rank; ++i) {
    window.low.push_back(node.b.dim(pads[i]));
    window.high.push_back(node.b.dim(pads[rank + i]));
  }
  return window;
}

/// Settles the padding of SAME for the size of x: as many outputs as strides fit, the padding split evenly.
void settlePads(Builder &b, Window &window, Value x) {
  for (int64_t i = 0; i < window.rank() && window.isSame(); ++i) {
    DimExpr size = dimOf(x.getType(), i + 2), stride = b.dim(window.strides[i]);
    DimExpr extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    DimExpr total = (size.ceilDiv(stride) - 1) * stride + extent - size;
    // A window as long as the stride or longer always covers the input, one of length 1 never leaves it:
    // said here, so that the result's size is the plain expression.
    if (extent == 1)
      total = b.dim(0);
    else if (!(extent - stride).isAtLeast(0))
      total = DimExpr::max(total, b.dim(0));
    DimExpr smaller = total.floorDiv(2), larger = total - smaller;
    window.low[i] = window.autoPad == AutoPad::sameUpper ? smaller : larger;
    window.high[i] = window.autoPad == AutoPad::sameUpper ? larger : smaller;
  }
}

/// The spatial dimensions of a filter, which kernel_shape repeats if it is there.
std::optional<Sizes> filterKernel(Node &node, Value x, Value w) {
  if (rankOf(x) < 3 || rankOf(w) != rankOf(x)) {
    node.fail("takes an input [N, C, X..] and a filter of as many dimensions, not of " + llvm::Twine(rankOf(x)) +
              " and " + llvm::Twine(rankOf(w)));
    return std::nullopt;
  }
  Sizes kernel(llvm::ArrayRef(dimsOf(w.getType())).drop_front(2));
  SmallVector<int64_t> given = node.integers("kernel_shape");
  bool fits = given.empty() || given.size() == kernel.size();
  for (size_t i = 0; i < given.size() && fits; ++i)
    fits = !kernel[i].isConstant() || kernel[i] == given[i];
  if (!fits)
    node.fail("kernel_shape is not that of the filter");
  return fits ? std::optional(kernel) : std::nullopt;
}

} // namespace

bool Window::hasKnownPads() const {
  auto isKnown = [](DimExpr pad) { return pad.isConstant(); };
  return llvm::all_of(low, isKnown) && llvm::all_of(high, isKnown);
}
bool Window::hasNoPads() const {
  auto isZero = [](DimExpr pad) { return pad == 0; };
  return llvm::all_of(low, isZero) && llvm::all_of(high, isZero);
}
SmallVector<int64_t> Window::lowPads() const { return numbersOf(low); }
SmallVector<int64_t> Window::highPads() const { return numbersOf(high); }

std::optional<Window> readPoolWindow(Node &node) {
  SmallVector<int64_t> shape = node.integers("kernel_shape");
  if (node.isBroken())
    return std::nullopt;
  if (node.rank() < 3) {
    node.fail("takes an input of three dimensions or more, [N, C, X..], not of " + llvm::Twine(node.rank()));
    return std::nullopt;
  }
  if (!checkList(node, "kernel_shape", shape, node.rank() - 2, 1))
    return std::nullopt;
  int64_t elements = 1;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(elements, size, &elements) || elements > largest) {
      node.fail("kernel_shape is larger than any input");
      return std::nullopt;
    }
  Sizes kernel(llvm::map_range(shape, [&](int64_t size) { return node.b.dim(size); }));
  std::optional<Window> window = readWindow(node, kernel);
  if (window)
    settlePads(node.b, *window, node.input(0));
  return window;
}

std::optional<Window> readConvWindow(Node &node, Value x, Value w) {
  std::optional<Window> window = readConvTransposeWindow(node, x, w);
  if (window)
    settlePads(node.b, *window, x);
  return window;
}

std::optional<Window> readConvTransposeWindow(Node &node, Value x, Value w) {
  std::optional<Sizes> kernel = filterKernel(node, x, w);
  return kernel ? readWindow(node, *kernel) : std::nullopt;
}

Value padFor(Builder &b, Window &window, Value x, Value outside) {
  Sizes low(2, b.dim(0)), high(2, b.dim(0));
  low.append(window.low);
  high.append(window.high);
  window.low.assign(window.rank(), b.dim(0));
  window.high.assign(window.rank(), b.dim(0));
  return b.pad(x, outside, low, high);
}

Value convolve(Builder &b, Window window, Value x, Value w) {
  if (!window.hasKnownPads())
    x = padFor(b, window, x, b.scalarFor(x, 0));
  return b.make<ConvOp>(x, w, b.array(window.strides), b.array(window.dilations), b.array(window.lowPads()),
                        b.array(window.highPads()), b.ops().getI64IntegerAttr(window.groups), b.unit(false));
}

Value pool(Builder &b, PoolKind kind, const Window &window, Value x, bool ceilMode, bool countPad) {
  SmallVector<int64_t> axes;
  // ONNX's own shape inference and ONNX Runtime round so. It is said where a window may be too long for an
  // input that is not empty; with the padding of SAME none is.
  bool truncMode = false;
  for (int64_t i = 0; i < window.rank(); ++i) {
    axes.push_back(i + 2);
    DimExpr room = window.low[i] + window.high[i] - (window.kernel[i] - 1) * window.dilations[i] - 1;
    bool fits = (room + 1).isAtLeast(0) || (room + dimOf(x.getType(), i + 2)).isAtLeast(0);
    truncMode |= !window.isSame() && window.strides[i] > 1 && !fits;
  }
  return b.make<PoolOp>(PoolKindAttr::get(b.context(), kind), x, b.array(axes), b.array(numbersOf(window.kernel)),
                        b.array(window.strides), b.array(window.dilations), b.array(window.lowPads()),
                        b.array(window.highPads()), b.unit(ceilMode), b.unit(truncMode), b.unit(countPad));
}

} // namespace treadle::onnx
