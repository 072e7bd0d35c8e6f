//===- Map.cpp - every element by itself ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results are written in order, vectors along their last dimension:
//
//     task: a block of rows                 rows: all indices but the last
//       for each row of the block
//         for each vector of the last dimension, what is left over under a mask
//
// Where an operand is contiguous along another dimension than the results (a transpose), rows are
// those of that dimension and are done in square tiles, which are transposed in registers.
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/elements/Elements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// A task should be about so many elements: some microseconds.
constexpr int64_t elementsPerTask = 8192;

/// Which result dimension each dimension of a value follows, -1 for none.
using Labels = SmallVector<int64_t, 4>;

/// Follows the results' dimensions down to operands; calls `visit` with each operand that is read.
void trace(Value value, Labels labels, llvm::function_ref<void(BlockArgument, const Labels &)> visit) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return visit(argument, labels);
  Operation *op = value.getDefiningOp();
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    Labels inner(labels.size());
    for (auto [to, from] : llvm::enumerate(transpose.getPermutation()))
      inner[from] = labels[to];
    return trace(transpose.getInput(), inner, visit);
  }
  if (auto slice = dyn_cast<SliceOp>(op)) {
    for (auto [label, step] : llvm::zip(labels, slice.getSteps()))
      if (step != 1)
        label = -1;
    return trace(slice.getInput(), labels, visit);
  }
  if (auto pad = dyn_cast<PadOp>(op))
    return trace(pad.getInput(), labels, visit);
  if (isElementwise(op) || isa<BroadcastOp>(op)) {
    for (Value operand : op->getOperands()) {
      Labels inner(labels.end() - rankOf(operand), labels.end());
      for (auto [label, dim] : llvm::zip(inner, dimsOf(operand.getType())))
        if (dim == 1)
          label = -1;
      trace(operand, inner, visit);
    }
    return;
  }
  if (auto concat = dyn_cast<ConcatOp>(op))
    for (Value operand : concat.getInputs())
      trace(operand, labels, visit);
}

/// The result dimension along which most of what is read lies contiguous, if it is not the last one.
std::optional<int64_t> transposedDim(Kernel &kernel, int64_t rank) {
  std::optional<int64_t> result;
  auto labels = llvm::to_vector_of<int64_t, 4>(llvm::seq<int64_t>(rank));
  for (Value value : kernel.results())
    trace(value, Labels(labels), [&](BlockArgument argument, const Labels &labels) {
      if (!labels.empty() && labels.back() >= 0 && labels.back() < rank - 1 && llvm::is_contained(labels, rank - 1))
        result = labels.back();
    });
  return result;
}

class MapSchedule {
public:
  MapSchedule(func::FuncOp source, const Target &target) : kernel(source, target) {
    Value first = kernel.results().front();
    dims = kernel.dims(first);
    if (dims.empty()) // a scalar is a row of one
      dims.push_back(DimExpr::constant(kernel.b.getContext(), 1));
    lanes = chooseLanes();
    rank = dims.size();
  }

  void emit();

private:
  int64_t chooseLanes() {
    int64_t lanes = kernel.target.vectorBytes;
    for (Value value : kernel.results())
      lanes = std::min(lanes, kernel.target.lanes(computeType(elementOf(value))));
    for (BlockArgument argument : kernel.body().getArguments())
      if (isa<FloatType>(elementOf(argument)))
        lanes = std::min(lanes, kernel.target.lanes(computeType(elementOf(argument))));
    if (std::optional<int64_t> size = dims.back().constantValue())
      lanes = std::min<int64_t>(lanes, llvm::PowerOf2Ceil(std::max<int64_t>(*size, 1)));
    return lanes;
  }

  /// All elements of one vector (and of `rows` rows) of the results.
  void emitVector(Position position, Value mask, int64_t rows);
  void emitRow(Position position, Value from, Value to, int64_t rows);

  Kernel kernel;
  Dims dims;
  int64_t lanes = 1, rank = 0, rowDim = -1;
};

void MapSchedule::emitVector(Position position, Value mask, int64_t rows) {
  Elements elements(kernel, lanes);
  elements.setMask(mask);
  for (int64_t row = 0; row < std::max<int64_t>(rows, 1); ++row) {
    elements.setTile(rows, row);
    Position at = position;
    if (rows)
      at[rowDim].offset = row;
    elements.storeResults(at);
  }
}

/// One row, or `rows` of them as a tile, from element `from` to `to` of the last dimension.
void MapSchedule::emitRow(Position position, Value from, Value to, int64_t rows) {
  ImplicitLocOpBuilder &b = kernel.b;
  Value whole = kernel.add(from, kernel.mul(kernel.div(kernel.sub(to, from), lanes), lanes));
  kernel.loop(from, whole, lanes, [&](Value i) {
    Position at = position;
    at.back() = Coord{i, 0, rank == 0 ? 0 : 1, 0, {}};
    emitVector(at, {}, rows);
  });
  if (dims.back().isMultipleOf(lanes))
    return;
  kernel.when(kernel.less(whole, to), [&] {
    Value mask =
        vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()), ValueRange(kernel.sub(to, whole)));
    for (int64_t row = 0; row < std::max<int64_t>(rows, 1); ++row) {
      Position at = position;
      at.back() = Coord{whole, 0, 1, 0, {}};
      if (rows) {
        at[rowDim].offset = row;
        at[rowDim].row = 0;
      }
      emitVector(at, mask, 0);
    }
  });
}

void MapSchedule::emit() {
  MLIRContext *context = kernel.b.getContext();
  std::optional<int64_t> transposed = transposedDim(kernel, rank);
  rowDim = transposed ? *transposed : rank - 2;
  bool tiled = transposed && lanes == kernel.target.lanes(kernel.b.getF32Type());

  // Blocks of rows and, where rows are long, blocks of the last dimension.
  DimExpr inner = dims.back();
  int64_t columnBlock = llvm::alignTo(tiled ? 4 * lanes : elementsPerTask, lanes);
  if (inner.constantValue().value_or(columnBlock + 1) <= columnBlock)
    columnBlock = std::max<int64_t>(*inner.constantValue(), 1);
  int64_t rowBlock = std::max<int64_t>(elementsPerTask / columnBlock, 1);
  if (!inner.isConstant() && !tiled)
    rowBlock = 8; // rows of unknown length: enough to hide what a task costs
  if (tiled)
    rowBlock = llvm::alignTo(rowBlock, lanes);
  SmallVector<DimExpr> grid;
  SmallVector<int64_t> outer;
  for (int64_t i = 0; i < rank - 1; ++i)
    if (i != rowDim) {
      outer.push_back(i);
      grid.push_back(dims[i]);
    }
  DimExpr one = DimExpr::constant(context, 1);
  grid.push_back(rowDim >= 0 ? dims[rowDim].ceilDiv(rowBlock) : one);
  grid.push_back(inner.ceilDiv(columnBlock));

  kernel.tasks([&](Value task) {
    SmallVector<Value> at = kernel.delinearize(task, grid);
    Position position(rank);
    for (auto [dim, value] : llvm::zip(outer, at))
      position[dim] = Elements::uniform(value);
    Value from = kernel.mul(at.back(), columnBlock);
    Value to = kernel.min(kernel.add(from, columnBlock), kernel.size(inner));
    if (rowDim < 0)
      return emitRow(position, from, to, 0);
    Value firstRow = kernel.mul(at[at.size() - 2], rowBlock);
    Value lastRow = kernel.min(kernel.add(firstRow, rowBlock), kernel.size(dims[rowDim]));
    Value rest = firstRow;
    if (tiled) {
      rest = kernel.add(firstRow, kernel.mul(kernel.div(kernel.sub(lastRow, firstRow), lanes), lanes));
      kernel.loop(firstRow, rest, lanes, [&](Value row) {
        Position inner = position;
        inner[rowDim] = Coord{row, 0, 0, 1, {}};
        emitRow(inner, from, to, lanes);
      });
      if (dims[rowDim].isMultipleOf(lanes))
        return;
    }
    kernel.loop(rest, lastRow, 1, [&](Value row) {
      Position inner = position;
      inner[rowDim] = Elements::uniform(row);
      emitRow(inner, from, to, 0);
    });
  });
  kernel.finish({product(context, grid)});
}

} // namespace

LogicalResult simd::scheduleMap(func::FuncOp source, const Target &target) {
  MapSchedule(source, target).emit();
  return success();
}

} // namespace treadle
