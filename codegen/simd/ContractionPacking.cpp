//===- ContractionPacking.cpp - operands as the tiles read them ----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A: rows of [k], copied from a matrix or, for a convolution, tap by tap from the image (im2col of one
// block). B: panels of columns, [k][column], where it is not a constant that was packed before.
//
//===----------------------------------------------------------------------===//

#include "codegen/simd/ContractionSchedule.h"
#include "codegen/simd/PackRows.h"
#include "codegen/simd/RegisterTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

static constexpr int64_t panelColumns = UnpackOp::panelColumns;

// ---- A ---------------------------------------------------------------------------------------

ContractionSchedule::Matrix ContractionSchedule::directLhs(Value firstRow) {
  DimExpr stride = shape.depth;
  Value start = kernel.mul(firstRow, kernel.size(stride));
  if (!conv && !outer.empty()) {
    SmallVector<DimExpr> strides = kernel.strides(shape.lhs.getType());
    Dims dims = dimsOf(shape.lhs.getType());
    int64_t missing = outer.size() + 2 - dims.size();
    for (size_t i = 0; i + 2 < dims.size(); ++i)
      if (dims[i] != 1)
        start = kernel.add(start, kernel.mul(outer[i + missing], kernel.size(strides[i])));
  }
  return {kernel.bufferOf(cast<BlockArgument>(shape.lhs)), start, stride};
}

void ContractionSchedule::packMatrix(Value firstRow, Value lastRow) {
  int64_t kDim = rankOf(shape.lhs) - (cast<MatMulOp>(op).getTransposeLhs() ? 2 : 1);
  auto positionOf = [&](Coord row, Coord k) { return lhsPosition(row, k); };
  RowPacking packing{shape.lhs, shape.depth, positionOf};
  packing.isTransposed = shape.rows.size() == 1 && !isContiguous(shape.lhs, kDim);
  packing.lanes = lanes;
  packing.sumType = shape.sumType;
  packing.memory = lhsBlock;
  packing.stride = kernel.size(lhsStride);
  packRows(kernel, packing, firstRow, lastRow);
}

/// Zeros from `target` on, at least `length` of them and less than a vector more.
void ContractionSchedule::clearRun(Value target, Value length) {
  kernel.loop(kernel.index(0), length, lanes, [&](Value i) {
    vector::StoreOp::create(b, arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get({lanes}, shape.sumType))),
                            lhsBlock, kernel.add(target, i));
  });
}

/// `length` elements that follow `from` in memory to `target`; what comes behind is overwritten.
void ContractionSchedule::copyRun(const Position &from, DimExpr length, Value target) {
  auto emit = [&](Value i, Value mask) {
    Elements elements(kernel, lanes);
    elements.setMask(mask);
    Position position = from;
    position.back() = Coord{kernel.add(from.back().base, i), 0, 1, 0, {}};
    vector::StoreOp::create(b, extend(elements.at(shape.lhs, position), shape.lhs), lhsBlock, kernel.add(target, i));
  };
  Value count = kernel.size(length), whole = kernel.mul(kernel.div(count, lanes), lanes);
  kernel.loop(kernel.index(0), whole, lanes, [&](Value i) { emit(i, {}); });
  if (length.isMultipleOf(lanes))
    return;
  auto rest = [&] {
    emit(whole, vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                             ValueRange(kernel.sub(count, whole))));
  };
  length.isConstant() ? rest() : kernel.when(kernel.less(whole, count), rest);
}

/// The filter's taps along spatial dimension `axis` and those after it, at output place `image` (batch,
/// then one index a spatial dimension). `place` has the input's indices so far, `inside` whether they
/// are all within the image.
void ContractionSchedule::packTaps(ArrayRef<Value> image, Value target, int64_t axis, SmallVector<Value> place,
                                   Value inside) {
  Dims filter = dimsOf(shape.rhs.getType()), input = dimsOf(shape.lhs.getType());
  int64_t spatial = conv.spatialRank();
  DimExpr channels = filter[1];
  DimExpr inner = channels * product(b.getContext(), ArrayRef(filter).drop_front(axis + 3)); // of one tap
  Value firstChannel = conv.getGroups() == 1 ? kernel.index(0) : kernel.mul(outer[0], kernel.size(channels));
  Value size = kernel.size(input[axis + 1]);
  Value origin = kernel.sub(kernel.mul(image[axis + 1], conv.getStrides()[axis]), kernel.index(conv.getPadLow()[axis]));
  bool isPadded = conv.getPadLow()[axis] || conv.getPadHigh()[axis];
  bool isLast = axis == spatial - 1;
  Value taps = kernel.size(filter[axis + 2]);

  auto perTap = [&] {
    kernel.loop(kernel.index(0), taps, 1, [&](Value tap) {
      Value at = kernel.add(origin, kernel.mul(tap, conv.getDilations()[axis]));
      Value here = inside;
      if (isPadded) {
        // As unsigned numbers, those below 0 are large.
        Value within = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at, size);
        here = here ? Value(arith::AndIOp::create(b, here, within)) : within;
      }
      Value to = kernel.add(target, kernel.mul(tap, kernel.size(inner)));
      SmallVector<Value> next = place;
      next.push_back(at);
      if (!isLast)
        return packTaps(image, to, axis + 1, next, here);
      Position from(input.size());
      for (auto [coord, value] : llvm::zip(from, next))
        coord = Elements::uniform(value);
      from.back() = Elements::uniform(firstChannel);
      kernel.when(here, [&] { copyRun(from, channels, to); }, [&] { clearRun(to, kernel.size(channels)); });
    });
  };
  // All taps of the last dimension are neighbours in memory, if they are all within the image.
  bool isRun = isLast && conv.getGroups() == 1 && conv.getDilations()[axis] == 1 && isa<BlockArgument>(shape.lhs);
  if (!isRun)
    return perTap();
  Position from(input.size());
  for (auto [coord, value] : llvm::zip(from, place))
    coord = Elements::uniform(value);
  from[axis + 1] = Elements::uniform(origin);
  from.back() = Elements::uniform(kernel.index(0));
  Value within = inside;
  if (isPadded) {
    Value low = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, origin, kernel.index(0));
    Value high = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, kernel.add(origin, taps), size);
    Value both = arith::AndIOp::create(b, low, high);
    within = within ? Value(arith::AndIOp::create(b, within, both)) : both;
  }
  DimExpr length = channels * filter[axis + 2];
  kernel.when(within, [&] { copyRun(from, length, target); }, perTap);
}

void ContractionSchedule::packImage(Value firstRow, Value lastRow) {
  kernel.loop(firstRow, lastRow, 1, [&](Value row) {
    SmallVector<Value> image = kernel.delinearize(row, shape.rows);
    Value target = kernel.mul(kernel.sub(row, firstRow), kernel.size(lhsStride));
    packTaps(image, target, 0, {image[0]}, {});
  });
}

// ---- B ---------------------------------------------------------------------------------------

/// Elements k in [0, depth) of each column go to row kOffset + k of the panels.
void ContractionSchedule::fillPanels(Value firstColumn, Value lastColumn,
                                     llvm::function_ref<Position(Coord, Coord)> positionOf, DimExpr depth,
                                     Value kOffset) {
  int64_t width = std::min(lanes, panelColumns);
  Value fullDepth = kernel.size(shape.depth), count = kernel.size(depth);
  auto emitColumns = [&](Value column, Value mask) {
    Value relative = kernel.sub(column, firstColumn);
    Value start = kernel.add(kernel.mul(kernel.mul(kernel.div(relative, panelColumns), fullDepth), panelColumns),
                             kernel.rem(relative, panelColumns));
    auto emitSteps = [&](Value k, int64_t steps) {
      Elements elements(kernel, width);
      elements.setMask(mask);
      for (int64_t step = 0; step < steps; ++step) {
        elements.setTile(steps > 1 ? steps : 0, step);
        Coord kCoord{k, step, 0, steps > 1 ? 1 : 0, {}};
        Value value = elements.at(shape.rhs, positionOf(kCoord, Coord{column, 0, 1, 0, {}}));
        value = extend(value, shape.rhs);
        Value to = kernel.add(start, kernel.mul(kernel.add(kernel.add(k, kOffset), step), panelColumns));
        vector::StoreOp::create(b, value, panels, to);
      }
    };
    Value rest = kernel.index(0);
    if (!mask) {
      rest = kernel.mul(kernel.div(count, width), width);
      kernel.loop(kernel.index(0), rest, width, [&](Value k) { emitSteps(k, width); });
    }
    kernel.loop(rest, count, 1, [&](Value k) { emitSteps(k, 1); });
  };
  Value whole = kernel.add(firstColumn, kernel.mul(kernel.div(kernel.sub(lastColumn, firstColumn), width), width));
  kernel.loop(firstColumn, whole, width, [&](Value column) { emitColumns(column, {}); });
  if (!shape.columns.isMultipleOf(width))
    kernel.when(kernel.less(whole, lastColumn), [&] {
      emitColumns(whole, vector::CreateMaskOp::create(b, VectorType::get({width}, b.getI1Type()),
                                                      ValueRange(kernel.sub(lastColumn, whole))));
    });
}

void ContractionSchedule::packPanels(Value firstColumn, Value lastColumn) {
  panelColumn = firstColumn;
  panelStart = kernel.index(0);
  int64_t rank = rankOf(shape.rhs);
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    Dims dims = dimsOf(shape.rhs.getType());
    int64_t missing = rankOf(op->getResult(0)) - rank;
    fillPanels(
        firstColumn, lastColumn,
        [&](Coord k, Coord column) {
          Position position(rank);
          for (int64_t i = 0; i < rank - 2; ++i)
            position[i] = Elements::uniform(dims[i] == 1 ? kernel.index(0) : outer[i + missing]);
          position[rank - 2] = matmul.getTransposeRhs() ? column : k;
          position[rank - 1] = matmul.getTransposeRhs() ? k : column;
          return position;
        },
        shape.depth, kernel.index(0));
    return;
  }
  Dims filter = dimsOf(shape.rhs.getType());
  Value base = kernel.mul(outer[0], kernel.size(shape.columns));
  DimExpr taps = product(b.getContext(), ArrayRef(filter).drop_front(2));
  ArrayRef<DimExpr> window = ArrayRef(filter).drop_front(2);
  kernel.loop(kernel.index(0), kernel.size(taps), 1, [&](Value tap) {
    SmallVector<Value> at = kernel.delinearize(tap, window);
    fillPanels(
        firstColumn, lastColumn,
        [&](Coord k, Coord column) {
          Position position(rank);
          column.base = kernel.add(column.base, base);
          position[0] = column;
          position[1] = k;
          for (auto [i, index] : llvm::enumerate(at))
            position[i + 2] = Elements::uniform(index);
          return position;
        },
        filter[1], kernel.mul(tap, kernel.size(filter[1])));
  });
}

/// Elements of `tensor` as the type that is added up in.
Value ContractionSchedule::extend(Value value, Value tensor) {
  return extendTo(b, value, shape.sumType, elementOf(tensor).isUnsignedInteger());
}

} // namespace treadle
