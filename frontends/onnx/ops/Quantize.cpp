//===- Quantize.cpp - ONNX: quantized tensors ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quantized operators are what their specification says, in ops of the graph:
//
//     quantize     q = saturate(round(x / scale) + zero)        round: halves to even
//     dequantize   x = (q - zero) * scale
//     products     sum (a - za) * (b - zb)                      over 8-bit a and b, in 32 bits
//                = sum a * b - za * sum b - zb * sum a + za * zb * count
//
// The last form leaves the product to be one of bytes, and is exact, as 32-bit integers wrap around.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/ops/Quantize.h"
#include "frontends/onnx/Weights.h"
#include "frontends/onnx/ops/Window.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

bool isFloat(Value x) { return llvm::isa<mlir::FloatType>(elementOf(x)); }
/// A zero point that changes nothing.
bool isNothing(Value zero) { return !zero || splatOf(zero) == 0; }

/// A scale or zero point laid along x: one number, one for each element of an axis, or one for each
/// block of elements along it.
Value layAlong(Node &node, Value parameter, Value x, int64_t axis, int64_t blockSize) {
  Builder &b = node.b;
  if (!parameter || elementCount(parameter.getType()) == 1)
    return b.reshape(parameter, {});
  int64_t rank = rankOf(x);
  if (!node.axis(axis, rank))
    return {};
  if (blockSize == 0) {
    if (rankOf(parameter) != 1)
      return b.fail("a scale of " + llvm::Twine(rankOf(parameter)) + " dimensions needs a block_size");
    if (!b.require(dimOf(parameter.getType(), 0), dimOf(x.getType(), axis),
                   "must have a scale for each element of its axis"))
      return {};
    return b.alongAxis(parameter, axis, rank);
  }
  if (blockSize < 0 || blockSize > INT32_MAX)
    return b.fail("block_size is " + llvm::Twine(blockSize) + ", it must be positive");
  if (rankOf(parameter) != rank)
    return b.fail("scales of blocks must have as many dimensions as the input, " + llvm::Twine(rank));
  // Each number repeated for its block; the last block may be cut off.
  Dims dims = dimsOf(parameter.getType()), split = dims, wide, joined = dims;
  DimExpr blocks = dims[axis], size = dimOf(x.getType(), axis);
  if (!b.require(blocks, size.ceilDiv(blockSize), "must have a scale for each block of its axis"))
    return {};
  split.insert(split.begin() + axis + 1, b.dim(1));
  wide = split;
  wide[axis + 1] = b.dim(blockSize);
  joined[axis] = blocks * blockSize;
  Value repeated = b.reshape(b.broadcast(b.reshape(parameter, split), wide), joined);
  return repeated ? b.sliceAxis(repeated, axis, b.dim(0), size) : Value();
}

/// saturate(round(x) + zero) in the element type `to`; x is in units of the scale.
Value saturate(Builder &b, Value x, Value zero, Type to, bool clampsFloats = true) {
  if (!x)
    return {};
  if (x && elementOf(x).getIntOrFloatBitWidth() < 32)
    x = b.cast(x, b.ops().getF32Type());
  if (llvm::isa<mlir::FloatType>(to)) {
    if (!isNothing(zero))
      x = b.add(x, b.cast(zero, elementOf(x)));
    return b.cast(x, to, clampsFloats);
  }
  x = b.make<RoundOp>(x);
  if (!isNothing(zero) && x)
    x = b.add(x, b.cast(zero, elementOf(x)));
  return b.cast(x, to, /*saturate=*/true);
}

/// x - zero, as 32-bit floats where they hold it exactly.
Value withoutZero(Builder &b, Value x, Value zero) {
  Type wide = elementOf(x).getIntOrFloatBitWidth() < 32 ? Type(b.ops().getF32Type()) : elementOf(x);
  x = b.cast(x, wide);
  return isNothing(zero) ? x : b.sub(x, b.cast(zero, wide));
}

// ---- products of bytes ---------------------------------------------------------------------------

/// x + sign * factor * sums, in which a factor that is null or 0 leaves x as it is.
Value correct(Builder &b, Value x, Value factor, Value sums, bool isAdded) {
  if (isNothing(factor) || !x)
    return x;
  Value product = b.mul(b.cast(factor, b.ops().getI32Type()), sums);
  return isAdded ? b.add(x, product) : b.sub(x, product);
}

/// The elements that each output channel's window covers added up: [N, M, Y..], or with one in place of
/// M where all channels share a group.
Value windowSums(Builder &b, const Window &window, Value x, DimExpr outChannels) {
  Dims dims = dimsOf(x.getType()), grouped = dims;
  grouped[1] = dims[1].floorDiv(window.groups);
  grouped.insert(grouped.begin() + 1, b.dim(window.groups));
  Value sums = b.reduce(ReduceKind::sum, b.reshape(b.cast(x, b.ops().getI32Type()), grouped), {2});
  dims[1] = b.dim(window.groups);
  sums = pool(b, PoolKind::sum, window, b.reshape(sums, dims), false, false);
  if (!sums || window.groups == 1)
    return sums;
  Dims result = dimsOf(sums.getType()), split = result;
  split.insert(split.begin() + 2, b.dim(1));
  Dims wide = split;
  wide[2] = outChannels.floorDiv(window.groups);
  result[1] = outChannels;
  return b.reshape(b.broadcast(b.reshape(sums, split), wide), result);
}

/// A convolution of (x - xz) with (w - wz), in i32. The padding of x - xz is 0, that of x therefore xz.
Value byteConv(Node &node, Value x, Value w, Value xZero, Value wZero) {
  Builder &b = node.b;
  std::optional<Window> window = readConvWindow(node, x, w);
  if (!window)
    return {};
  xZero = b.reshape(xZero, {});
  if (!isNothing(xZero) && !window->hasNoPads())
    x = padFor(b, *window, x, xZero);
  Value result = convolve(b, *window, x, w);
  if (!result || (isNothing(xZero) && isNothing(wZero)))
    return result;
  Type i32 = b.ops().getI32Type();
  int64_t rank = rankOf(x);
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(1, rank));
  DimExpr outChannels = dimOf(w.getType(), 0);
  wZero = wZero && elementCount(wZero.getType()) == 1 ? b.reshape(wZero, {}) : b.alongAxis(wZero, 1, rank);
  if (!isNothing(xZero)) {
    Value sums = b.reshape(b.reduce(ReduceKind::sum, b.cast(w, i32), all), {outChannels});
    result = correct(b, result, xZero, b.alongAxis(sums, 1, rank), false);
  }
  if (!isNothing(wZero)) {
    if (!window->hasKnownPads())
      x = padFor(b, *window, x, b.scalarFor(x, 0));
    bool allKernelKnown = llvm::all_of(window->kernel, [](DimExpr size) { return size.isConstant(); });
    if (!allKernelKnown)
      return b.fail("a zero point of a filter of unknown size is not supported; fix its dimensions with --dim NAME=N");
    result = correct(b, result, wZero, windowSums(b, *window, x, outChannels), false);
    if (!isNothing(xZero)) {
      Value count =
          b.cast(b.sizes({product(b.context(), llvm::ArrayRef(dimsOf(w.getType())).drop_front())}, true), i32);
      result = correct(b, result, xZero, b.mul(b.cast(wZero, i32), count), true);
    }
  }
  return result;
}

} // namespace

Value quantize(Builder &b, Value x, Value scale, Value zero, Type to, bool clampsFloats) {
  return x && scale ? saturate(b, b.div(b.cast(x, elementOf(scale)), scale), zero, to, clampsFloats) : Value();
}

Value dequantize(Builder &b, Value x, Value scale, Value zero) {
  if (!x || !scale)
    return {};
  Value wide = withoutZero(b, x, zero);
  return wide ? b.mul(wide, b.cast(scale, elementOf(wide))) : Value();
}

/// The range of x, which has to contain 0, is spread over the numbers of a byte.
Quantized quantizeDynamically(Builder &b, Value x) {
  Value zero = b.scalarFor(x, 0), one = b.scalarFor(x, 1);
  Type u8 = mlir::IntegerType::get(b.context(), 8, mlir::IntegerType::Unsigned);
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(rankOf(x)));
  Value least = b.min(b.reshape(b.reduce(ReduceKind::min, x, all), {}), zero);
  Value most = b.max(b.reshape(b.reduce(ReduceKind::max, x, all), {}), zero);
  // All zeros need no scale; any but 0 will do.
  Value scale = b.select(b.compare(Predicate::eq, least, most), one, b.div(b.sub(most, least), 255));
  Value zeroPoint = b.cast(b.make<RoundOp>(b.div(b.neg(least), scale)), u8, /*saturate=*/true);
  return {zeroPoint ? quantize(b, x, scale, zeroPoint, u8) : Value(), scale, zeroPoint};
}

Value alongRows(Builder &b, Value x) {
  if (!x || elementCount(x.getType()) == 1)
    return b.reshape(x, {});
  return rankOf(x) == 1 ? b.unsqueeze(x, {1}) : x;
}

Value alongColumns(Builder &b, Value x) { return x && elementCount(x.getType()) == 1 ? b.reshape(x, {}) : x; }

Value byteMatMul(Builder &b, Value lhs, Value rhs, Value lhsZero, Value rhsZero) {
  if (isFloat(lhs)) {
    lhs = withoutZero(b, lhs, alongRows(b, lhsZero));
    return b.matmul(lhs, withoutZero(b, rhs, rhsZero));
  }
  // Vectors as matrices, so that rows and columns have their places.
  bool isRow = rankOf(lhs) == 1, isColumn = rankOf(rhs) == 1;
  lhs = isRow ? b.unsqueeze(lhs, {0}) : lhs;
  rhs = isColumn ? b.unsqueeze(rhs, {1}) : rhs;
  if (!lhs || !rhs)
    return {};
  lhsZero = alongRows(b, lhsZero);
  Type i32 = b.ops().getI32Type();
  Value result = b.matmul(lhs, rhs);
  auto sum = [&](Value x, int64_t axis) { return b.reduce(ReduceKind::sum, b.cast(x, i32), {axis}); };
  if (!isNothing(lhsZero))
    result = correct(b, result, lhsZero, sum(rhs, rankOf(rhs) - 2), false);
  if (!isNothing(rhsZero))
    result = correct(b, result, rhsZero, sum(lhs, rankOf(lhs) - 1), false);
  if (!isNothing(lhsZero) && !isNothing(rhsZero)) {
    Value count = b.cast(b.sizes({dimsOf(lhs.getType()).back()}, true), i32);
    result = correct(b, result, lhsZero, b.mul(b.cast(rhsZero, i32), count), true);
  }
  if (!result || (!isRow && !isColumn))
    return result;
  SmallVector<int64_t> axes;
  if (isRow)
    axes.push_back(rankOf(result) - 2);
  if (isColumn)
    axes.push_back(rankOf(result) - 1);
  return b.squeeze(result, axes);
}

Value requantize(Builder &b, Value x, Value from, Value scale, Value zero) {
  if (!x || !from || !scale || !zero)
    return {};
  Type f32 = b.ops().getF32Type();
  Value factor = b.div(b.cast(from, f32), b.cast(b.reshape(scale, {}), f32));
  return saturate(b, b.mul(b.cast(x, f32), factor), b.reshape(zero, {}), elementOf(zero));
}

// ---- to and from -----------------------------------------------------------------------------------

bool importQuantizeLinear(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0), scale = node.input(1);
  int64_t axis = node.integer("axis", 1), block = node.integer("block_size", 0),
          given = node.integer("output_dtype", 0);
  Type to = node.input(2) ? node.element(2) : elementTypeOf(b.context(), given ? given : ::onnx::TensorProto::UINT8);
  if (!to || !to.isIntOrFloat())
    return node.fail("output_dtype is " + elementTypeName(given) + ", which is not supported");
  if (int64_t precision = node.integer("precision", 0)) {
    Type type = elementTypeOf(b.context(), precision);
    if (!llvm::isa_and_nonnull<mlir::FloatType>(type))
      return node.fail("precision is " + elementTypeName(precision) + ", it must be a float type");
    scale = b.cast(scale, type);
  }
  if (!isFloat(scale))
    return node.fail("the scale must be of a float type");
  scale = layAlong(node, scale, x, axis, block);
  Value zero = layAlong(node, node.input(2), x, axis, block);
  if (!scale || (node.input(2) && !zero))
    return false;
  return node.set(quantize(b, x, scale, zero, to, node.integer("saturate", 1)));
}

bool importDequantizeLinear(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  int64_t axis = node.integer("axis", 1), block = node.integer("block_size", 0),
          given = node.integer("output_dtype", 0);
  Type to = given ? elementTypeOf(b.context(), given) : node.element(1);
  if (!llvm::isa_and_nonnull<mlir::FloatType>(to) || !isFloat(node.input(1)))
    return node.fail("the scale and the output must be of float types");
  Value scale = layAlong(node, node.input(1), x, axis, block), zero = layAlong(node, node.input(2), x, axis, block);
  if (!scale || (node.input(2) && !zero))
    return false;
  // 16-bit floats would round twice.
  Type wide = to.getIntOrFloatBitWidth() < 32 ? Type(b.ops().getF32Type()) : to;
  return node.set(b.cast(b.mul(b.cast(withoutZero(b, x, zero), wide), b.cast(scale, wide)), to));
}

bool importDynamicQuantizeLinear(Node &node) {
  Quantized result = quantizeDynamically(node.b, node.input(0));
  return node.set(0, result.value) && node.set(1, result.scale) && node.set(2, result.zero);
}

// ---- products --------------------------------------------------------------------------------------

bool importMatMulInteger(Node &node) {
  return node.set(byteMatMul(node.b, node.input(0), node.input(1), node.input(2), node.input(3)));
}

bool importConvInteger(Node &node) {
  return node.set(byteConv(node, node.input(0), node.input(1), node.input(2), node.input(3)));
}

bool importQLinearMatMul(Node &node) {
  Builder &b = node.b;
  Value product = byteMatMul(node.b, node.input(0), node.input(3), node.input(2), node.input(5));
  Value lhsScale = alongRows(b, node.input(1)), rhsScale = alongColumns(b, node.input(4));
  Type f32 = b.ops().getF32Type();
  return node.set(
      requantize(b, product, b.mul(b.cast(lhsScale, f32), b.cast(rhsScale, f32)), node.input(6), node.input(7)));
}

bool importQLinearConv(Node &node) {
  Builder &b = node.b;
  Value product = byteConv(node, node.input(0), node.input(3), node.input(2), node.input(5));
  if (!product)
    return false;
  if (node.input(8)) // the bias is in units of the product
    product = b.add(product, b.alongAxis(node.input(8), 1, node.rank()));
  Value filterScale = node.input(4);
  filterScale =
      elementCount(filterScale.getType()) == 1 ? b.reshape(filterScale, {}) : b.alongAxis(filterScale, 1, node.rank());
  return node.set(
      requantize(b, product, b.mul(b.reshape(node.input(1), {}), filterScale), node.input(6), node.input(7)));
}

} // namespace treadle::onnx
