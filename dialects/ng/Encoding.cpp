//===- Encoding.cpp - the meaning of encodings without parameters -----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Computed in f64: these are the formulas, and a kernel in f32 may do them in any order.
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/Harmonics.h"
#include "dialects/ng/Ng.h"
#include "mlir/IR/Builders.h"
#include <cmath>
#include <complex>
#include <numbers>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::ng {
namespace {

LogicalResult inferColumns(Value input, DimExpr columns, SmallVectorImpl<Type> &types) {
  types.push_back(tensorOf({dimOf(input.getType(), 0), columns}, elementOf(input)));
  return success();
}

LogicalResult verifyCount(Operation *op, StringRef name, int64_t count, int64_t most) {
  if (count >= 1 && count <= most)
    return success();
  return op->emitOpError() << name << " is " << count << ", it can be 1 to " << most;
}

/// Writes functions 0 to `count` - 1 of each coordinate.
LogicalResult evaluateEach(ArrayRef<Tensor> operands, Tensor &result, int64_t count,
                           llvm::function_ref<double(double x, int64_t k)> function) {
  for (int64_t i = 0; i < operands[0].size(); ++i)
    for (int64_t k = 0; k < count; ++k)
      result.set<double>(i * count + k, function(operands[0].get<double>(i), k));
  return success();
}

/// The distribution function of the quartic kernel of radius 1.
double quarticDistribution(double u) {
  u = std::clamp(u, -1.0, 1.0);
  return 15.0 / 16 * u * (1 - 2.0 / 3 * u * u + 1.0 / 5 * u * u * u * u) + 0.5;
}

/// More frequencies than this are beyond what an f32 can hold.
constexpr int64_t maxFrequencies = 64;
constexpr int64_t maxBins = 1 << 16;

} // namespace

// ---- frequencies -------------------------------------------------------------------------------

LogicalResult FrequencyOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  return inferColumns(adaptor.getInput(), dimOf(adaptor.getInput().getType(), 1) * (2 * adaptor.getFrequencies()),
                      types);
}
LogicalResult FrequencyOp::verify() { return verifyCount(*this, "frequencies", getFrequencies(), maxFrequencies); }
LogicalResult FrequencyOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  return evaluateEach(operands, results[0], 2 * getFrequencies(), [](double x, int64_t k) {
    double turns = std::ldexp(x, static_cast<int>(k / 2));
    double angle = std::numbers::pi * (turns - 2 * std::floor(turns / 2));
    return k % 2 ? std::cos(angle) : std::sin(angle);
  });
}
DimExpr FrequencyOp::countFlops() { return elementCount(getType()) * 13; }

LogicalResult TriangleWaveOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                               SmallVectorImpl<Type> &types) {
  return inferColumns(adaptor.getInput(), dimOf(adaptor.getInput().getType(), 1) * adaptor.getFrequencies(), types);
}
LogicalResult TriangleWaveOp::verify() { return verifyCount(*this, "frequencies", getFrequencies(), maxFrequencies); }
LogicalResult TriangleWaveOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  return evaluateEach(operands, results[0], getFrequencies(), [](double x, int64_t k) {
    double v = std::ldexp(x, static_cast<int>(k - 1)) + static_cast<double>(k) / 4;
    return 4 * std::abs(v - std::floor(v) - 0.5) - 1;
  });
}
DimExpr TriangleWaveOp::countFlops() { return elementCount(getType()) * 8; }

// ---- blobs -------------------------------------------------------------------------------------

LogicalResult OneBlobOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  return inferColumns(adaptor.getInput(), dimOf(adaptor.getInput().getType(), 1) * adaptor.getBins(), types);
}
LogicalResult OneBlobOp::verify() { return verifyCount(*this, "bins", getBins(), maxBins); }
LogicalResult OneBlobOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  auto bins = static_cast<double>(getBins());
  return evaluateEach(operands, results[0], getBins(), [&](double x, int64_t k) {
    double sum = 0;
    for (int64_t turn = -1; turn <= 1; ++turn) {
      double start = static_cast<double>(k) + bins * (static_cast<double>(turn) - x);
      sum += quarticDistribution(start + 1) - quarticDistribution(start);
    }
    return sum;
  });
}
DimExpr OneBlobOp::countFlops() { return elementCount(getType()) * 60; }

// ---- spherical harmonics -----------------------------------------------------------------------

LogicalResult SphericalHarmonicsOp::inferReturnTypes(MLIRContext *context, std::optional<Location>, Adaptor adaptor,
                                                     SmallVectorImpl<Type> &types) {
  int64_t degree = adaptor.getDegree();
  bool isKnown = degree >= 1 && degree <= maxHarmonicsDegree; // else the verifier says so
  return inferColumns(adaptor.getInput(), DimExpr::constant(context, isKnown ? degree * degree : 1), types);
}
LogicalResult SphericalHarmonicsOp::verify() {
  if (failed(verifyCount(*this, "degree", getDegree(), maxHarmonicsDegree)))
    return failure();
  if (dimOf(getInput().getType(), 1) != 3)
    return emitOpError() << "takes directions of 3 dimensions, not of " << dimOf(getInput().getType(), 1);
  return success();
}
LogicalResult SphericalHarmonicsOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  std::vector<Harmonic> harmonics = harmonicsOf(getDegree());
  auto count = static_cast<int64_t>(harmonics.size());
  for (int64_t i = 0; i < operands[0].shape()[0]; ++i) {
    auto coordinate = [&](int64_t d) { return 2 * operands[0].get<double>(3 * i + d) - 1; };
    std::complex<double> around(coordinate(0), coordinate(1));
    double z = coordinate(2);
    for (auto [k, harmonic] : llvm::enumerate(harmonics)) {
      double polynomial = 0;
      for (double coefficient : llvm::reverse(harmonic.coefficients))
        polynomial = polynomial * z + coefficient;
      std::complex<double> power = 1;
      for (int64_t m = 0; m < std::abs(harmonic.order); ++m)
        power *= around;
      results[0].set<double>(i * count + static_cast<int64_t>(k),
                             polynomial * (harmonic.order < 0 ? power.imag() : power.real()));
    }
  }
  return success();
}
DimExpr SphericalHarmonicsOp::countFlops() { return elementCount(getType()) * 4; }

} // namespace treadle::ng

using namespace treadle::ng;
#define GET_OP_CLASSES
#include "dialects/ng/Encoding.cpp.inc"
