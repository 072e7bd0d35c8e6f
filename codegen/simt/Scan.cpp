//===- Scan.cpp - running sums, by a thread or by a workgroup -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup shares a long line and goes over it in chunks, each thread taking a few elements side by
// side: the thread sums up its own, the sums of the threads are scanned in shared memory in log2(threads)
// steps, and what came before is added on the way out. So an element is combined about twice. Short lines,
// and those that are not along the last dimension, are a thread's: its neighbours then read what lies
// beside.
//
//===----------------------------------------------------------------------===//

#include "codegen/Lines.h"
#include "codegen/Schedule.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// Up to which length a line is one thread's.
constexpr int64_t shortLine = 32;
/// Elements of a chunk that are one thread's.
constexpr int64_t perThread = 4;

class ScanSchedule : Lines {
public:
  ScanSchedule(func::FuncOp source, ScanOp op, const Target &target)
      : Lines(op.getInput(), op.getAxis()), op(op), kernel(source, target), b(kernel.b) {
    std::optional<int64_t> known = length.constantValue();
    bool isLong = known.value_or(INT64_MAX) > shortLine;
    // A workgroup to a line that is not contiguous only where there are few lines.
    isShared = isLong && (isAlongRow || count().constantValue().value_or(INT64_MAX) < target.workgroupThreads);
    if (isShared && known)
      kernel.setThreads(std::clamp<int64_t>(llvm::PowerOf2Ceil(llvm::divideCeil(*known, perThread)),
                                            target.subgroupThreads, target.workgroupThreads));
  }
  void emit();

private:
  void emitByThread(Position line);
  void emitByWorkgroup(Position line);
  Value scanThreads(Value mine, Value &all);

  Value neutral() { return arith::ConstantOp::create(b, neutralOf(op.getKind(), elementOf(op.getInput()))); }
  Value combine(Value before, Value after) {
    return emitCombine(b, op.getKind(), elementOf(op.getInput()).isUnsignedInteger(), before, after);
  }
  Value positionOf(Value i) {
    return op.getReverse() ? kernel.sub(kernel.sub(kernel.size(length), kernel.index(1)), i) : i;
  }
  /// The operand's element, which is there; the neutral one where `inside` does not hold.
  Value load(const Position &position, Value inside) {
    Elements elements(kernel, 1);
    Value element = vector::ExtractOp::create(b, elements.at(op.getInput(), position), ArrayRef<int64_t>{0});
    return inside ? Value(arith::SelectOp::create(b, inside, element, neutral())) : element;
  }
  void store(const Position &position, Value result) {
    Elements elements(kernel, 1);
    elements.bind(op.getResult(), [&](const Position &) { return elements.splat(result); });
    elements.storeResults(position);
  }

  ScanOp op;
  Kernel kernel;
  ImplicitLocOpBuilder &b;
  bool isShared = false; // a workgroup shares a line
  Value memory;          // two elements for each thread
};

void ScanSchedule::emitByThread(Position line) {
  kernel.loop(kernel.index(0), kernel.size(length), 1, neutral(),
              [&](Value i, ValueRange before) -> SmallVector<Value> {
                line[axis] = Elements::uniform(positionOf(i));
                Value next = combine(before[0], load(line, {}));
                store(line, op.getExclusive() ? before[0] : next);
                return {next};
              });
}

/// What the threads before this one have, combined; and what all of them have. Each step reads one half of the
/// memory and writes the other.
Value ScanSchedule::scanThreads(Value mine, Value &all) {
  Value thread = kernel.thread();
  int64_t threads = kernel.threads(), from = 0;
  auto load = [&](Value index) -> Value { return memref::LoadOp::create(b, memory, kernel.add(index, from)); };
  auto loadBefore = [&](int64_t distance) -> Value {
    Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, thread, kernel.index(distance));
    Value index = kernel.max(kernel.sub(thread, kernel.index(distance)), kernel.index(0));
    return arith::SelectOp::create(b, isThere, load(index), neutral());
  };
  memref::StoreOp::create(b, mine, memory, thread);
  kernel.barrier();
  for (int64_t distance = 1; distance < threads; distance *= 2) {
    mine = combine(loadBefore(distance), mine);
    from = threads - from;
    memref::StoreOp::create(b, mine, memory, kernel.add(thread, from));
    kernel.barrier();
  }
  Value before = loadBefore(1);
  all = load(kernel.index(threads - 1));
  kernel.barrier(); // before the memory is used again
  return before;
}

void ScanSchedule::emitByWorkgroup(Position line) {
  Value size = kernel.size(length);
  int64_t chunk = kernel.threads() * perThread;
  kernel.loop(kernel.index(0), size, chunk, neutral(), [&](Value first, ValueRange before) -> SmallVector<Value> {
    Value mine = kernel.add(first, kernel.mul(kernel.thread(), perThread));
    SmallVector<Position> positions;
    SmallVector<Value> inside, sums;
    for (int64_t k = 0; k < perThread; ++k) {
      Value i = kernel.add(mine, k);
      inside.push_back(length.isMultipleOf(chunk) ? Value() : kernel.less(i, size));
      // Beyond the end the line's last is read: others' lines may be stored over by now.
      if (inside.back())
        i = kernel.min(i, kernel.sub(size, kernel.index(1)));
      line[axis] = Elements::uniform(positionOf(i));
      positions.push_back(line);
      Value element = load(line, inside.back());
      sums.push_back(k ? combine(sums.back(), element) : element);
    }
    Value all, start = combine(before[0], scanThreads(sums.back(), all));
    for (int64_t k = 0; k < perThread; ++k) {
      Value sum = op.getExclusive() ? (k ? combine(start, sums[k - 1]) : start) : combine(start, sums[k]);
      kernel.when(inside[k], [&] { store(positions[k], sum); });
    }
    return {combine(before[0], all)};
  });
}

void ScanSchedule::emit() {
  if (isShared) {
    memory = kernel.shared(computeType(elementOf(op.getInput())), 2 * kernel.threads());
    kernel.tasks([&](Value number) { emitByWorkgroup(line(kernel, number)); });
    return kernel.finish({count()});
  }
  kernel.tasks([&](Value task) {
    Value number = kernel.add(kernel.mul(task, kernel.threads()), kernel.thread());
    kernel.when(kernel.less(number, kernel.size(count())), [&] { emitByThread(line(kernel, number)); });
  });
  kernel.finish({count().ceilDiv(kernel.threads())});
}

} // namespace

LogicalResult simt::scheduleScan(func::FuncOp source, const Target &target) {
  ScanSchedule(source, *source.getBody().front().getOps<ScanOp>().begin(), target).emit();
  return success();
}

} // namespace treadle
