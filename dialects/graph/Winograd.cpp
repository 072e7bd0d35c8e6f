//===- Winograd.cpp - filters as Winograd's algorithm uses them -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Winograd.h"
#include "dialects/graph/Graph.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/Support/MathExtras.h"
#include <map>

using namespace mlir;

namespace treadle::graph {
namespace {

using Matrix = WinogradMatrices::Matrix;
constexpr int64_t width = WinogradFilterOp::panelColumns, taps = 3;

/// The coefficients of the product of (x - root), lowest first.
SmallVector<double> polynomial(ArrayRef<double> roots) {
  SmallVector<double> coefficients = {1};
  for (double root : roots) {
    coefficients.insert(coefficients.begin(), 0);
    for (size_t i = 0; i + 1 < coefficients.size(); ++i)
      coefficients[i] -= root * coefficients[i + 1];
  }
  return coefficients;
}

WinogradMatrices cookToom(int64_t outputTile, ArrayRef<double> points) {
  WinogradMatrices result;
  result.outputTile = outputTile;
  int64_t tile = result.tile = outputTile + taps - 1;
  result.input.assign(tile, SmallVector<double>(tile, 0));
  result.filter.assign(tile, SmallVector<double>(taps, 0));
  result.output.assign(outputTile, SmallVector<double>(tile, 0));
  for (auto [i, point] : llvm::enumerate(points)) {
    SmallVector<double> others;
    double divisor = 1;
    for (auto [j, other] : llvm::enumerate(points))
      if (i != j) {
        others.push_back(other);
        divisor *= point - other;
      }
    llvm::copy(polynomial(others), result.input[i].begin());
    double power = 1;
    for (int64_t j = 0; j < std::max(outputTile, taps); ++j, power *= point) {
      if (j < taps)
        result.filter[i][j] = power / divisor;
      if (j < outputTile)
        result.output[j][i] = power;
    }
  }
  // Infinity.
  llvm::copy(polynomial(points), result.input[tile - 1].begin());
  result.filter[tile - 1][taps - 1] = 1;
  result.output[outputTile - 1][tile - 1] = 1;
  return result;
}

/// The matrix L with L G = 1: (G^T G)^-1 G^T. Symmetric 3x3 by cofactors.
Matrix leftInverse(const Matrix &g) {
  double s[3][3] = {};
  for (const auto &row : g)
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        s[i][j] += row[i] * row[j];
  auto cofactor = [&](int i, int j) {
    int a = (i + 1) % 3, b = (i + 2) % 3, c = (j + 1) % 3, d = (j + 2) % 3;
    return s[a][c] * s[b][d] - s[a][d] * s[b][c];
  };
  double determinant = s[0][0] * cofactor(0, 0) + s[0][1] * cofactor(0, 1) + s[0][2] * cofactor(0, 2);
  Matrix result(3, SmallVector<double>(g.size(), 0));
  for (int i = 0; i < 3; ++i)
    for (size_t k = 0; k < g.size(); ++k)
      for (int j = 0; j < 3; ++j)
        result[i][k] += cofactor(j, i) / determinant * g[k][j];
  return result;
}

/// matrix * x * matrix^T
SmallVector<double> bothSides(const Matrix &matrix, ArrayRef<double> x) {
  int64_t rows = matrix.size(), inner = matrix.front().size();
  SmallVector<double> left(rows * inner, 0), result(rows * rows, 0);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < inner; ++j)
      for (int64_t k = 0; k < inner; ++k)
        left[i * inner + j] += matrix[i][k] * x[k * inner + j];
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < rows; ++j)
      for (int64_t k = 0; k < inner; ++k)
        result[i * rows + j] += left[i * inner + k] * matrix[j][k];
  return result;
}

} // namespace

const WinogradMatrices &WinogradMatrices::of(int64_t outputTile) {
  static const std::map<int64_t, WinogradMatrices> all = {
      {2, cookToom(2, {0, 1, -1})},
      {4, cookToom(4, {0, 0.75, -0.75, 1.375, -1.375})},
      {6, cookToom(6, {0, 0.625, -0.625, 1, -1, 1.75, -1.75})},
  };
  return all.at(outputTile);
}

Tensor WinogradFilterOp::transform(const Tensor &filter, int64_t outputTile) {
  const WinogradMatrices &matrices = WinogradMatrices::of(outputTile);
  int64_t outputs = filter.shape()[0], channels = filter.shape()[1], elements = matrices.tile * matrices.tile;
  int64_t panels = llvm::divideCeil(outputs, width);
  Tensor result(filter.dtype(), {elements, panels, channels, width});
  SmallVector<double> window(taps * taps);
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t i = 0; i < taps * taps; ++i)
        window[i] = filter.get<double>((o * channels + c) * taps * taps + i);
      for (auto [x, value] : llvm::enumerate(bothSides(matrices.filter, window)))
        result.set<double>(((x * panels + o / width) * channels + c) * width + o % width, value);
    }
  return result;
}

LogicalResult WinogradFilterOp::verify() {
  auto from = cast<RankedTensorType>(getTransformed().getType()), to = cast<RankedTensorType>(getType());
  int64_t tile = static_cast<int64_t>(getOutputTile()) + taps - 1;
  if (getOutputTile() != 2 && getOutputTile() != 4 && getOutputTile() != 6)
    return emitOpError("has an outputTile of ") << getOutputTile() << ", should be 2, 4 or 6";
  if (!from.hasStaticShape() || !to.hasStaticShape() || from.getRank() != 4 || to.getRank() != 4 ||
      to.getDimSize(2) != taps || to.getDimSize(3) != taps || from.getDimSize(0) != tile * tile ||
      from.getDimSize(1) != static_cast<int64_t>(llvm::divideCeil(to.getDimSize(0), width)) ||
      from.getDimSize(2) != to.getDimSize(1) || from.getDimSize(3) != width)
    return emitOpError("of ") << from << " is no " << to;
  return success();
}

LogicalResult WinogradFilterOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  const Tensor &transformed = operands[0];
  Matrix inverse = leftInverse(WinogradMatrices::of(getOutputTile()).filter);
  int64_t elements = transformed.shape()[0], panels = transformed.shape()[1], channels = transformed.shape()[2];
  SmallVector<double> tile(elements);
  for (int64_t o = 0; o < results[0].shape()[0]; ++o)
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t x = 0; x < elements; ++x)
        tile[x] = transformed.get<double>(((x * panels + o / width) * channels + c) * width + o % width);
      for (auto [i, value] : llvm::enumerate(bothSides(inverse, tile)))
        results[0].set<double>((o * channels + c) * taps * taps + i, value);
    }
  return success();
}

DimExpr WinogradFilterOp::countFlops() { return DimExpr::constant(getContext(), 0); }

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Winograd.cpp.inc"
