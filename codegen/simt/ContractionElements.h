//===- ContractionElements.h - what products on workgroups read and write ----===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elements of a product's operands and results by row, column and step of the depth, whether it is a matrix product or
// a convolution, for schedules that differ in who multiplies what.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_CONTRACTIONELEMENTS_H
#define TREADLE_CODEGEN_SIMT_CONTRACTIONELEMENTS_H

#include "codegen/ContractionShape.h"
#include "codegen/simt/Boxes.h"
#include "codegen/simt/Staging.h"

namespace treadle::simt {

class ContractionElements {
public:
  ContractionElements(Kernel &kernel, mlir::Operation *op);

  /// The indices of a row of A.
  using Row = llvm::SmallVector<mlir::Value>;
  /// A step of the depth: its number; and for a convolution the taps, then the channel.
  struct Step {
    mlir::Value k;
    llvm::SmallVector<mlir::Value> place;
  };
  /// An element of an operand.
  struct Place {
    mlir::Value tensor;
    Position position;
    mlir::RankedTensorType matrix; // what memory is read as, if it is not as the tensor; else null
    mlir::Value within;            // null, or whether it is there: not outside of a convolution's image
  };
  enum class Side { lhs, rhs };

  Row rowAt(mlir::Value number);
  Step stepAt(mlir::Value k);
  /// Whether the steps of a block of `count`, from a multiple of it on, have their taps in common.
  bool isWithinTap(int64_t count) const;
  /// The step `count` after another one of the same tap.
  Step stepAfter(const Step &step, int64_t count);
  Place lhsAt(const Row &row, const Step &step);
  Place rhsAt(const Step &step, mlir::Value column);
  Position resultPosition(const Row &row, mlir::Value column);

  /// The element at a place, as what it is computed with; anything where it is not there.
  mlir::Value load(Elements &elements, const Place &place);
  /// The same as what is added up in, and 0 where it is not there.
  mlir::Value loadWide(Elements &elements, const Place &place);

  /// How an operand comes to shared memory.
  Staging::Source sourceOf(Side side);

  /// How a device can copy boxes of an operand, if it can.
  std::optional<BoxSource> boxesOf(Side side);

  mlir::Value last(graph::DimExpr size) { return kernel.sub(kernel.size(size), kernel.index(1)); }

  ContractionShape shape;
  llvm::SmallVector<mlir::Value> outer; // the current place of the outer dimensions

private:
  /// The dimensions of an operand that its rows, or the columns of B, and k are along.
  std::pair<int64_t, int64_t> axesOf(Side side) const;
  mlir::Value operandOf(Side side) const { return side == Side::lhs ? shape.lhs : shape.rhs; }
  std::optional<Staging::Memory> memoryOf(Side side) const;
  bool isPoint();
  mlir::Value filterArgument() const;
  mlir::RankedTensorType matrixType() const;

  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  mlir::Operation *op;
  graph::ConvOp conv; // or null
  /// A filter that is read as a matrix, without looking for the tap: [k][column] or [column][k].
  enum class FilterOrder { any, depthFirst, depthLast } filterOrder = FilterOrder::any;
};

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_CONTRACTIONELEMENTS_H
