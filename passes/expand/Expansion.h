//===- Expansion.h - what an op is as a composition of others ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_PASSES_EXPAND_EXPANSION_H
#define TREADLE_PASSES_EXPAND_EXPANSION_H

#include "dialects/ng/Ng.h"
#include "mlir/IR/Builders.h"

namespace treadle {

/// Writes graph ops at one place, with NumPy's words for them.
class Expansion {
public:
  explicit Expansion(mlir::Operation *op) : b(op), loc(op->getLoc()) {}

  // Each writes the op's value before the op.
  mlir::Value gridEncoding(ng::GridEncodingOp op);
  mlir::Value frequency(ng::FrequencyOp op);
  mlir::Value triangleWave(ng::TriangleWaveOp op);
  mlir::Value oneBlob(ng::OneBlobOp op);
  mlir::Value sphericalHarmonics(ng::SphericalHarmonicsOp op);
  mlir::Value mlp(ng::MlpOp op);
  llvm::SmallVector<mlir::Value> cameraRays(ng::CameraRaysOp op);
  llvm::SmallVector<mlir::Value> march(ng::MarchOp op);
  llvm::SmallVector<mlir::Value> deltaTrack(ng::DeltaTrackOp op);
  llvm::SmallVector<mlir::Value> sphereTrace(ng::SphereTraceOp op);
  mlir::Value gradient(ng::GradientOp op);

private:
  template <typename Op, typename... Args> mlir::Value make(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...);
  }
  mlir::Value add(mlir::Value a, mlir::Value c) { return make<graph::AddOp>(a, c); }
  mlir::Value sub(mlir::Value a, mlir::Value c) { return make<graph::SubOp>(a, c); }
  mlir::Value mul(mlir::Value a, mlir::Value c) { return make<graph::MulOp>(a, c); }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value c) {
    return make<graph::SelectOp>(condition, a, c);
  }
  mlir::Value cast(mlir::Value value, mlir::Type to);
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<graph::DimExpr> dims) {
    return make<graph::ReshapeOp>(value, dims);
  }
  /// One index of the last dimension, which stays with size 1.
  mlir::Value column(mlir::Value value, int64_t index) {
    return sliced(value, static_cast<size_t>(graph::rankOf(value) - 1), index);
  }
  /// The same of the first.
  mlir::Value row(mlir::Value value, int64_t index) { return sliced(value, 0, index); }
  mlir::Value sliced(mlir::Value value, size_t axis, int64_t index);
  graph::DimExpr number(int64_t value) { return graph::DimExpr::constant(b.getContext(), value); }
  /// A scalar of the elements' type of `like`.
  mlir::Value scalar(double value, mlir::Value like) {
    return graph::makeScalar(b, loc, value, graph::elementOf(like));
  }
  /// A constant of this shape whose element i in row-major order is function(i).
  template <typename F> mlir::Value constant(DType dtype, llvm::ArrayRef<int64_t> shape, F function) {
    graph::Tensor tensor(dtype, shape);
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.set<std::conditional_t<std::is_floating_point_v<decltype(function(i))>, double, int64_t>>(i, function(i));
    return make<graph::ConstantOp>(tensor.toAttr(b.getContext()));
  }
  template <typename F> mlir::Value vector(DType dtype, int64_t size, F function) {
    return constant(dtype, {size}, function);
  }

  mlir::Value remainder(mlir::Value number, mlir::Value divisor, mlir::Value reciprocal);
  mlir::Value quarticDistribution(mlir::Value u);
  mlir::Value activate(mlir::Value x, ng::Activation activation);

  /// What a field yields for inputs of as many samples as the first has.
  llvm::SmallVector<mlir::Value> inlined(mlir::Region &field, llvm::ArrayRef<mlir::Value> inputs);
  struct Span {
    mlir::Value start, end, isInside;
  };
  Span within(mlir::Value origin, mlir::Value direction, llvm::ArrayRef<float> box);
  mlir::Value positionsAt(mlir::Value origin, mlir::Value direction, mlir::Value places);
  mlir::Value occupied(mlir::Value bits, mlir::Value positions);
  /// Places that are brought together, and the ray of each; for all places where they are, whether they are there,
  /// and how many would be.
  struct Asked {
    mlir::Value places, ray, rank, isTaken, total;
  };
  Asked gathered(mlir::Value places, mlir::Value asks, graph::DimExpr capacity);
  mlir::Value spread(const Asked &asked, mlir::Value values);
  mlir::Value sizeOf(graph::DimExpr size);
  struct Along {
    mlir::Value density, colors, asks, total;
  };
  template <typename Op> Along askAlong(Op op, mlir::Value places, mlir::Value asks, bool withDirections);
  mlir::Value uniformOf(mlir::Value numbers, int64_t draws, uint64_t seed);
  struct Light {
    mlir::Value color, alpha, depth, isFull;
  };
  Light composite(mlir::Value opacity, mlir::Value colors, mlir::Value places, llvm::APFloat minTransmittance);
  mlir::Value clamped(mlir::Value value, double low, double high);
  mlir::Value stepsFrom(mlir::Value start, ng::MarchOp op);
  mlir::Value lengthsAt(mlir::Value places, ng::MarchOp op);

  mlir::OpBuilder b;
  mlir::Location loc;
};

} // namespace treadle

#endif // TREADLE_PASSES_EXPAND_EXPANSION_H
