//===- Window.cpp - pools and depthwise convolutions ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Channels lie last, so they are the lanes. Along the last windowed dimension several outputs are done
// together, which share what they read of the input and the filter:
//
//     task: some rows of the output          rows: all dimensions but the last two
//       for each vector of channels
//         for the places whose windows stick out: each by itself, tap by tap
//         for those between, in blocks: all taps of all of a block, from registers
//
// A window over other dimensions than those before the last is done like a map: each output by itself.
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/elements/Elements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// A task should be about so many multiply-adds.
constexpr int64_t workPerTask = 100'000;
/// Taps of all outputs of a block together, which are all written out.
constexpr int64_t maxUnrolled = 128;

/// The windowed dimensions of a pool or convolution, and how the window moves along them.
struct Moves {
  SmallVector<int64_t> axes, kernel, strides, dilations, padLow;

  explicit Moves(PoolOp op)
      : axes(op.getAxes()), kernel(op.getKernel()), strides(op.getStrides()), dilations(op.getDilations()),
        padLow(op.getPadLow()) {}
  explicit Moves(ConvOp op) : strides(op.getStrides()), dilations(op.getDilations()), padLow(op.getPadLow()) {
    Dims filter = dimsOf(op.getFilter().getType());
    for (int64_t i = 0; i < op.spatialRank(); ++i) {
      axes.push_back(op.spatialDim(i));
      kernel.push_back(filter[i + 2].constantValue().value_or(0));
    }
  }
  int64_t taps() const {
    int64_t count = 1;
    for (int64_t size : kernel)
      count *= size;
    return count;
  }
};

class WindowSchedule {
public:
  WindowSchedule(func::FuncOp source, const Target &target, Operation *op)
      : kernel(source, target), b(kernel.b), op(op),
        moves(isa<PoolOp>(op) ? Moves(cast<PoolOp>(op)) : Moves(cast<ConvOp>(op))),
        dims(dimsOf(op->getResult(0).getType())) {
    lanes = target.lanes(computeType(elementOf(op->getResult(0))));
    if (std::optional<int64_t> channels = dims.back().constantValue())
      lanes = std::min<int64_t>(lanes, llvm::PowerOf2Ceil(std::max<int64_t>(*channels, 1)));
  }
  void emit();

private:
  void emitVector(Position position, Value mask);
  void emitPlaces(const Position &position, Value first, Value last, int64_t count, bool interior, Value mask);
  /// Outputs along windowed dimension number `i` whose windows lie within the input: from, to.
  std::pair<Value, Value> interiorOf(size_t i);

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  Operation *op;
  Moves moves;
  Dims dims;
  int64_t lanes = 1, block = 1;
  SmallVector<std::pair<Value, Value>> interiors; // of each windowed dimension
};

std::pair<Value, Value> WindowSchedule::interiorOf(size_t i) {
  DimExpr out = dims[moves.axes[i]], in = dimOf(op->getOperand(0).getType(), moves.axes[i]);
  int64_t reach = (moves.kernel[i] - 1) * moves.dilations[i];
  MLIRContext *context = b.getContext();
  DimExpr zero = DimExpr::constant(context, 0);
  DimExpr low = DimExpr::min(DimExpr::constant(context, llvm::divideCeil(moves.padLow[i], moves.strides[i])), out);
  // The last o with o * stride - pad + reach < in.
  DimExpr high = (DimExpr::max(in + (moves.padLow[i] - reach + moves.strides[i] - 1), zero)).floorDiv(moves.strides[i]);
  return {kernel.size(low), kernel.size(DimExpr::max(DimExpr::min(high, out), low))};
}

/// Outputs [first, last) along the last windowed dimension, `count` at a time.
void WindowSchedule::emitPlaces(const Position &position, Value first, Value last, int64_t count, bool interior,
                                Value mask) {
  kernel.loop(first, last, count, [&](Value place) {
    Elements elements(kernel, lanes);
    elements.setMask(mask);
    elements.setInterior(interior);
    for (int64_t i = 0; i < count; ++i) {
      Position at = position;
      at[moves.axes.back()] = Coord{place, i, 0, 0, {}};
      elements.storeResults(at);
    }
  });
}

/// One row of outputs, for one vector of channels.
void WindowSchedule::emitVector(Position position, Value mask) {
  Value zero = kernel.index(0), size = kernel.size(dims[moves.axes.back()]);
  if (block == 0)
    return emitPlaces(position, zero, size, 1, false, mask);
  // The window lies within the input along all other dimensions.
  Value within;
  for (size_t i = 0; i + 1 < moves.axes.size(); ++i) {
    Value at = position[moves.axes[i]].base;
    Value above = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, at, interiors[i].first);
    Value below = kernel.less(at, interiors[i].second);
    Value both = arith::AndIOp::create(b, above, below);
    within = within ? Value(arith::AndIOp::create(b, within, both)) : both;
  }
  auto fast = [&] {
    auto [low, high] = interiors.back();
    emitPlaces(position, zero, low, 1, false, mask);
    Value blocks = kernel.add(low, kernel.mul(kernel.div(kernel.sub(high, low), block), block));
    emitPlaces(position, low, blocks, block, true, mask);
    emitPlaces(position, blocks, high, 1, true, mask);
    emitPlaces(position, high, size, 1, false, mask);
  };
  kernel.when(within, fast, [&] { emitPlaces(position, zero, size, 1, false, mask); });
}

void WindowSchedule::emit() {
  MLIRContext *context = b.getContext();
  int64_t rank = dims.size(), inner = moves.axes.back();
  // Sums, the filter's vectors and the inputs that are shared must all fit the registers.
  block = std::min<int64_t>(kernel.target.vectorRegisters >= 32 ? 8 : 4, maxUnrolled / moves.taps());
  if (std::optional<int64_t> width = dims[inner].constantValue())
    block = std::min(block, *width);
  if (block > 0)
    for (size_t i = 0; i < moves.axes.size(); ++i)
      interiors.push_back(interiorOf(i));

  // Rows: all dimensions but channels and the one along which blocks lie.
  SmallVector<int64_t> outer;
  SmallVector<DimExpr> grid;
  for (int64_t i = 0; i < rank - 1; ++i)
    if (i != inner) {
      outer.push_back(i);
      grid.push_back(dims[i]);
    }
  DimExpr rows = product(context, grid);
  int64_t perRow = moves.taps() * dims[inner].constantValue().value_or(64) * dims.back().constantValue().value_or(64);
  int64_t rowsPerTask = std::clamp<int64_t>(workPerTask / std::max<int64_t>(perRow, 1), 1, 64);

  kernel.tasks([&](Value task) {
    Value first = kernel.mul(task, rowsPerTask);
    Value last = kernel.min(kernel.add(first, rowsPerTask), kernel.size(rows));
    kernel.loop(first, last, 1, [&](Value row) {
      SmallVector<Value> at = kernel.delinearize(row, grid);
      Position position(rank);
      for (auto [dim, index] : llvm::zip(outer, at))
        position[dim] = Elements::uniform(index);
      Value channels = kernel.size(dims.back());
      Value whole = kernel.mul(kernel.div(channels, lanes), lanes);
      kernel.loop(kernel.index(0), whole, lanes, [&](Value channel) {
        Position inside = position;
        inside.back() = Coord{channel, 0, 1, 0, {}};
        emitVector(inside, {});
      });
      if (dims.back().isMultipleOf(lanes))
        return;
      kernel.when(kernel.less(whole, channels), [&] {
        Value mask = vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                                  ValueRange(kernel.sub(channels, whole)));
        Position inside = position;
        inside.back() = Coord{whole, 0, 1, 0, {}};
        emitVector(inside, mask);
      });
    });
  });
  kernel.finish({rows.ceilDiv(rowsPerTask)});
}

} // namespace

LogicalResult simd::scheduleWindow(func::FuncOp source, const Target &target) {
  Operation *anchor = nullptr;
  for (Operation &op : source.getBody().front())
    if (isa<PoolOp, ConvOp>(op))
      anchor = &op;
  if (!anchor)
    return source.emitError("needs a pool or a depthwise conv");
  auto conv = dyn_cast<ConvOp>(anchor);
  if (conv && llvm::any_of(ArrayRef(dimsOf(conv.getFilter().getType())).drop_front(2),
                           [](DimExpr dim) { return !dim.isConstant(); }))
    return conv.emitOpError("needs a filter of known size to be done channel by channel");
  int64_t rank = rankOf(anchor->getResult(0));
  bool channelsLast = rank >= 2 && (conv || !llvm::is_contained(cast<PoolOp>(anchor).getAxes(), rank - 1));
  if (!channelsLast)
    return simd::scheduleMap(source, target);
  WindowSchedule(source, target, anchor).emit();
  return success();
}

} // namespace treadle
