//===- Signal.cpp - ONNX: windows and Fourier transforms ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A transform of length n is a product with the matrix of cos(2 pi jk / n) and sin(2 pi jk / n): for the
// lengths of speech and music (25 ms are 400 samples) as fast as a fast transform, and it is one kernel
// with what precedes it. Complex numbers are pairs in the last dimension.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "frontends/onnx/Weights.h"
#include <cmath>

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

/// Longer transforms would need matrices that are too large.
constexpr int64_t longest = 4096;

/// The matrices of a transform, [samples, bins], as constants of the element type.
struct Basis {
  Value cosine, sine;
};

Basis basis(Builder &b, int64_t samples, int64_t length, int64_t bins, Type type) {
  if (!b.reserve(2 * samples * bins))
    return {};
  bool isDouble = llvm::isa<mlir::Float64Type>(type);
  Tensor cosine(isDouble ? DType::F64 : DType::F32, {samples, bins}), sine = Tensor(cosine.dtype(), cosine.shape());
  for (int64_t j = 0; j < samples; ++j)
    for (int64_t k = 0; k < bins; ++k) {
      double angle = 2 * M_PI * static_cast<double>(j * k % length) / static_cast<double>(length);
      cosine.set<double>(j * bins + k, std::cos(angle));
      sine.set<double>(j * bins + k, std::sin(angle));
    }
  return {b.cast(b.constant(cosine), type), b.cast(b.constant(sine), type)};
}

/// real and imaginary [.., samples] (imaginary may be null) transformed: [.., bins, 2].
Value transform(Builder &b, Value real, Value imaginary, const Basis &basis, bool isInverse) {
  // (a + ib)(c -+ is) = ac +- bs + i(bc -+ as)
  Value outReal = b.matmul(real, basis.cosine), outImaginary = b.matmul(real, basis.sine);
  if (!isInverse)
    outImaginary = b.neg(outImaginary);
  if (imaginary) {
    Value turned = b.matmul(imaginary, basis.sine);
    outReal = isInverse ? b.sub(outReal, turned) : b.add(outReal, turned);
    outImaginary = b.add(outImaginary, b.matmul(imaginary, basis.cosine));
  }
  if (!outReal || !outImaginary)
    return {};
  int64_t last = rankOf(outReal);
  return b.concat({b.unsqueeze(outReal, {last}), b.unsqueeze(outImaginary, {last})}, last);
}

/// The real or imaginary part of x [.., 1 or 2]; null where there is none.
Value part(Builder &b, Value x, int64_t index) {
  int64_t last = rankOf(x) - 1;
  if (index > 0 && dimOf(x.getType(), last) == 1)
    return {};
  return b.squeeze(b.sliceAxis(x, last, b.dim(index), b.dim(1)), {last});
}

/// A size that must be a constant number of samples. Nothing after an error.
std::optional<int64_t> fixedLength(Node &node, DimExpr length, llvm::StringRef what) {
  std::optional<int64_t> value = length.constantValue();
  if (!value)
    node.fail(what + " is " + length.str() + ", it must be constant; fix the input's dimension with --dim NAME=N");
  else if (*value < 1 || *value > longest)
    node.fail(what + " is " + llvm::Twine(*value) + ", lengths from 1 to " + llvm::Twine(longest) + " are supported");
  else
    return value;
  return std::nullopt;
}

/// Input `index` as one size, if it is there. False after an error.
bool readSize(Node &node, llvm::StringRef name, size_t index, std::optional<DimExpr> &size) {
  Sizes sizes;
  bool given;
  if (!node.knownSizes(name, index, sizes, given))
    return false;
  if (given && sizes.size() != 1)
    return node.fail(name + " must be one number");
  if (given)
    size = sizes.front();
  return true;
}

bool checkSignal(Node &node, int64_t leastRank) {
  DimExpr last = node.rank() >= leastRank ? node.dims().back() : node.b.dim(0);
  if (last != 1 && last != 2)
    return node.fail("takes a signal of " + llvm::Twine(leastRank) +
                     " dimensions or more, of which the last has size 1 (real) or 2 (complex)");
  return llvm::isa<mlir::FloatType>(node.element()) || node.fail("takes a signal of floats");
}

} // namespace

/// sum of c[i] * cos(2 pi i n / size), for 0 <= n < size.
bool importWindow(Node &node) {
  Builder &b = node.b;
  std::optional<DimExpr> size;
  if (!readSize(node, "size", 0, size))
    return false;
  int64_t number = node.integer("output_datatype", ::onnx::TensorProto::FLOAT);
  Type type = elementTypeOf(b.context(), number), f64 = b.ops().getF64Type();
  if (!type || !type.isIntOrFloat())
    return node.fail("output_datatype is " + elementTypeName(number) + ", which is not supported");
  SmallVector<double> terms = {0.5, -0.5};
  if (node.type() == "HammingWindow")
    terms = {25.0 / 46, -21.0 / 46};
  else if (node.type() == "BlackmanWindow")
    terms = {0.42, -0.5, 0.08};
  DimExpr period = node.integer("periodic", 1) ? *size : DimExpr::max(*size - 1, b.dim(1));
  Value angle = b.div(b.mul(b.iota({*size}, 0, f64), 2 * M_PI), b.cast(b.sizes({period}, /*isScalar=*/true), f64));
  Value result = b.broadcast(b.scalar(terms.front(), f64), {*size});
  for (size_t i = 1; i < terms.size(); ++i)
    result = b.add(result, b.mul(b.make<CosOp>(b.mul(angle, static_cast<double>(i))), terms[i]));
  return node.set(b.cast(result, type));
}

bool importDft(Node &node) {
  Builder &b = node.b;
  bool isInverse = node.integer("inverse", 0), isOneSided = node.integer("onesided", 0);
  int64_t axis = node.version < 20 ? node.integer("axis", 1) : -2;
  SmallVector<int64_t> axes;
  bool given = false;
  if (!checkSignal(node, 2) || (node.version >= 20 && !node.knownIntegers("axis", 2, axes, given)))
    return false;
  if (given && axes.size() != 1)
    return node.fail("axis must be one number");
  if (given)
    axis = axes.front();
  if (!node.axis(axis, node.rank()))
    return false;
  if (axis == node.rank() - 1)
    return node.fail("axis is the last dimension, which holds the parts of complex numbers");
  std::optional<DimExpr> asked;
  if (!readSize(node, "dft_length", 1, asked))
    return false;
  // One side of a spectrum has the first half of its bins; the other half mirrors them.
  bool fromHalf = isOneSided && isInverse;
  DimExpr size = node.dims()[axis], whole = fromHalf ? DimExpr::max((size - 1) * 2, b.dim(1)) : size;
  auto samples = fixedLength(node, size, "the signal"), length = fixedLength(node, asked.value_or(whole), "dft_length");
  if (!samples || !length)
    return false;
  // What is longer than the transform is left out, what is shorter is as if zeros followed.
  int64_t used = std::min(*samples, fromHalf ? *length / 2 + 1 : *length);
  int64_t bins = isOneSided && !isInverse ? *length / 2 + 1 : *length;
  Value x = b.sliceAxis(node.input(0), axis, b.dim(0), b.dim(used)), real = part(b, x, 0), imaginary = part(b, x, 1);
  // The axis last, and back in its place.
  int64_t rank = node.rank() - 1;
  SmallVector<int64_t> order, back;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      order.push_back(i);
  order.push_back(axis);
  for (int64_t i = 0; i < rank; ++i)
    back.push_back(i == axis ? rank - 1 : i < axis ? i : i - 1);
  back.push_back(rank);
  Basis matrices = basis(b, used, *length, bins, node.element());
  real = b.transpose(real, order);
  imaginary = b.transpose(imaginary, order);
  Value result;
  if (fromHalf) {
    // Real sums, for which all bins count twice but those that are their own mirror image.
    SmallVector<double> counts(used, 2);
    counts.front() = 1;
    if (*length % 2 == 0 && used == *length / 2 + 1)
      counts.back() = 1;
    Value count = b.numbers(counts, node.element());
    result = b.matmul(b.mul(real, count), matrices.cosine);
    if (imaginary)
      result = b.sub(result, b.matmul(b.mul(imaginary, count), matrices.sine));
    result = result ? b.unsqueeze(result, {rank}) : result;
  } else {
    result = transform(b, real, imaginary, matrices, isInverse);
  }
  if (isInverse)
    result = b.div(result, static_cast<double>(*length));
  return node.set(b.transpose(result, back));
}

/// signal [batch, samples, 1 or 2], or [batch, samples] as some exporters write it -> [batch, frames, bins, 2]
bool importStft(Node &node) {
  Builder &b = node.b;
  std::optional<DimExpr> step, asked;
  Value signal = node.input(0);
  bool isReal = node.rank() == 2;
  if ((!isReal && !checkSignal(node, 3)) || !readSize(node, "frame_step", 1, step) ||
      !readSize(node, "frame_length", 3, asked))
    return false;
  if (!isReal && node.rank() != 3)
    return node.fail("takes a signal of 3 dimensions, not of " + llvm::Twine(node.rank()));
  if (isReal)
    signal = b.unsqueeze(signal, {2});
  if (!signal || !llvm::isa<mlir::FloatType>(elementOf(signal)))
    return node.fail("takes a signal of floats");
  Value window = node.input(2);
  if (window && node.rank(2) != 1)
    return node.fail("takes a window of one dimension, not of " + llvm::Twine(node.rank(2)));
  if (!asked && window)
    asked = node.dims(2)[0];
  if (!asked)
    return node.fail("lacks both window and frame_length");
  auto length = fixedLength(node, *asked, "frame_length"), stride = fixedLength(node, *step, "frame_step");
  if (!length || !stride)
    return false;
  if (window && !b.require(node.dims(2)[0], b.dim(*length), "the window must have frame_length elements"))
    return false;
  bool isComplex = dimOf(signal.getType(), 2) == 2;
  int64_t bins = !isComplex && node.integer("onesided", 1) ? *length / 2 + 1 : *length;
  DimExpr frames = (node.dims()[1] - *length).floorDiv(*stride) + 1;
  if (frames.isConstant() && *frames.constantValue() < 1)
    return node.fail("the signal is shorter than a frame of " + llvm::Twine(*length));
  Type i32 = b.ops().getI32Type();
  Value start = b.mul(b.iota({frames, b.dim(1)}, 0, i32), static_cast<double>(*stride));
  Value index = b.add(start, b.iota({b.dim(1), b.dim(*length)}, 1, i32));
  auto framed = [&](Value x) {
    x = x ? b.gather(x, index, 1) : Value();
    return window && x ? b.mul(x, b.cast(window, elementOf(x))) : x;
  };
  return node.set(transform(b, framed(part(b, signal, 0)), framed(part(b, signal, 1)),
                            basis(b, *length, *length, bins, node.element()), false));
}

} // namespace treadle::onnx
