//===- Scan.cpp - running sums, a vector at a time ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Along the last dimension a vector is scanned in log2(lanes) steps, in which each lane takes in the one
// that is 1, 2, 4, .. lanes before it, and then what came before the vector:
//
//     a        b        c        d
//     a        a+b      b+c      c+d
//     a        a+b      a+b+c    a+b+c+d
//
// From the end it is the same mirrored: lanes then shift the other way, and what is left over of a line
// that is no multiple of a vector comes first. Along another dimension a vector is one place of as many
// lines, and nothing has to be moved between lanes.
//
//===----------------------------------------------------------------------===//

#include "codegen/Lines.h"
#include "codegen/Schedule.h"
#include "codegen/simd/Vectors.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// A task should be about so many elements.
constexpr int64_t elementsPerTask = 8192;

class ScanSchedule : Lines {
public:
  ScanSchedule(func::FuncOp source, ScanOp op, const Target &target)
      : Lines(op.getInput(), op.getAxis()), op(op), kernel(source, target), b(kernel.b), isReverse(op.getReverse()) {
    lanes = kernel.target.lanes(computeType(elementOf(op.getInput())));
    if (std::optional<int64_t> known = dims.back().constantValue())
      lanes = std::min<int64_t>(lanes, llvm::PowerOf2Ceil(std::max<int64_t>(*known, 1)));
  }
  void emit() { isAlongRow ? emitRows() : emitColumns(); }

private:
  void emitRows();
  void emitColumns();
  void emitRow(Position row);
  Value emitVector(const Position &position, Value mask, Value before);
  Value shifted(Value vector, int64_t by, Value filling);
  Value combine(Value before, Value after) {
    return emitCombine(b, op.getKind(), elementOf(op.getInput()).isUnsignedInteger(), before, after);
  }
  Value start() {
    Elements elements(kernel, lanes);
    return elements.constant(neutralOf(op.getKind(), elementOf(op.getInput())));
  }
  void store(Elements &elements, const Position &position, Value result) {
    elements.bind(op.getResult(), [result](const Position &) { return result; });
    elements.storeResults(position);
  }

  ScanOp op;
  Kernel kernel;
  ImplicitLocOpBuilder &b;
  int64_t lanes = 1;
  bool isReverse;
};

/// Every lane moved `by` lanes on in the order of the scan; where none comes from, lanes of `filling`.
Value ScanSchedule::shifted(Value vector, int64_t by, Value filling) {
  SmallVector<int64_t> from;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    int64_t source = isReverse ? lane + by : lane - by;
    from.push_back(source >= 0 && source < lanes ? lanes + source : lane);
  }
  return vector::ShuffleOp::create(b, filling, vector, from);
}

/// One vector of a row. Returns in every lane what came before the next.
Value ScanSchedule::emitVector(const Position &position, Value mask, Value before) {
  Elements elements(kernel, lanes);
  elements.setMask(mask);
  Value sums = elements.at(op.getInput(), position), neutral = start();
  if (mask)
    sums = arith::SelectOp::create(b, mask, sums, neutral);
  for (int64_t by = 1; by < lanes; by *= 2)
    sums = combine(shifted(sums, by, neutral), sums);
  // What comes before the next vector waits for one operation, not for all of them.
  SmallVector<int64_t> last(lanes, isReverse ? 0 : lanes - 1);
  Value next = combine(before, vector::ShuffleOp::create(b, sums, sums, last));
  if (op.getExclusive())
    sums = shifted(sums, 1, neutral);
  store(elements, position, combine(before, sums));
  return next;
}

void ScanSchedule::emitRow(Position row) {
  Value size = kernel.size(length), whole = kernel.mul(kernel.div(size, lanes), lanes);
  auto vectorAt = [&](Value at, Value mask, Value before) {
    row[axis] = Coord{at, 0, 1, 0, {}};
    return emitVector(row, mask, before);
  };
  auto emitWhole = [&](Value before) {
    return kernel.loop(kernel.index(0), whole, lanes, before, [&](Value i, ValueRange carried) -> SmallVector<Value> {
      Value at = isReverse ? kernel.sub(kernel.sub(whole, kernel.index(lanes)), i) : i;
      return {vectorAt(at, {}, carried[0])};
    })[0];
  };
  // At most one more, of which some lanes are beyond the end.
  auto emitRest = [&](Value before) {
    if (length.isMultipleOf(lanes))
      return before;
    Value count = kernel.sub(size, whole);
    Value end = kernel.add(whole, kernel.min(count, kernel.index(1)));
    return kernel.loop(whole, end, 1, before, [&](Value at, ValueRange carried) -> SmallVector<Value> {
      return {vectorAt(at, firstLanes(kernel, lanes, count), carried[0])};
    })[0];
  };
  isReverse ? emitWhole(emitRest(start())) : emitRest(emitWhole(start()));
}

void ScanSchedule::emitRows() {
  int64_t block = linesOf(elementsPerTask);
  kernel.tasks([&](Value task) {
    Value first = kernel.mul(task, block);
    Value last = kernel.min(kernel.add(first, block), kernel.size(count()));
    kernel.loop(first, last, 1, [&](Value number) { emitRow(line(kernel, number)); });
  });
  kernel.finish({count().ceilDiv(block)});
}

void ScanSchedule::emitColumns() {
  DimExpr columns = dims.back();
  grid.back() = columns.ceilDiv(lanes);
  kernel.tasks([&](Value task) {
    Position position = line(kernel, task);
    Value from = kernel.mul(position.back().base, lanes), size = kernel.size(length);
    position.back() = Coord{from, 0, 1, 0, {}};
    Value mask =
        columns.isMultipleOf(lanes) ? Value() : firstLanes(kernel, lanes, kernel.sub(kernel.size(columns), from));
    kernel.loop(kernel.index(0), size, 1, start(), [&](Value i, ValueRange before) -> SmallVector<Value> {
      Value at = isReverse ? kernel.sub(kernel.sub(size, kernel.index(1)), i) : i;
      position[axis] = Elements::uniform(at);
      Elements elements(kernel, lanes);
      elements.setMask(mask);
      Value next = combine(before[0], elements.at(op.getInput(), position));
      store(elements, position, op.getExclusive() ? before[0] : next);
      return {next};
    });
  });
  kernel.finish({count()});
}

} // namespace

LogicalResult simd::scheduleScan(func::FuncOp source, const Target &target) {
  ScanSchedule(source, *source.getBody().front().getOps<ScanOp>().begin(), target).emit();
  return success();
}

} // namespace treadle
