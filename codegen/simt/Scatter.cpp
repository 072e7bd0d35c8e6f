//===- Scatter.cpp - elements to computed places, a thread each ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every element of the result belongs to one thread, which copies it from the input and then applies the
// updates that it gets, in their order. So nothing is atomic, and results are the same each time.
//
// The result is seen as [outer][indexed][inner]. A thread has one outer and one inner place, and of the
// indexed ones every `owners`-th: where there are few places, many threads look at the same indices, each for
// its own.
//
//     thread number     (outer * owners + owner) * inner + place      so that neighbours copy neighbours
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/elements/Elements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// So many threads there should be.
constexpr int64_t enoughThreads = 4096;
/// What a number of places that is known only at run time is taken to be.
constexpr int64_t usualPlaces = 64;

class ScatterSchedule {
public:
  template <typename Op>
  ScatterSchedule(func::FuncOp source, Op op, int64_t first, int64_t last, const Target &target)
      : kernel(source, target), b(kernel.b), input(op.getInput()), indices(op.getIndices()), updates(op.getUpdates()),
        kind(op.getKind()), type(op.getType()), dims(dimsOf(type)) {
    outer.assign(dims.begin(), dims.begin() + first);
    indexed.assign(dims.begin() + first, dims.begin() + last);
    inner.assign(dims.begin() + last, dims.end());
    chooseOwners();
  }
  void emitElements(int64_t axis);
  void emitTuples(int64_t depth);

private:
  /// A thread's place, and which of the indexed places are its own.
  struct Place {
    SmallVector<Value> outer, inner;
    Value owner;
  };
  void chooseOwners();
  DimExpr count(ArrayRef<DimExpr> sizes) { return product(b.getContext(), sizes); }
  void emit(llvm::function_ref<void(const Place &)> update);
  void copy(const Place &place);
  void apply(const Place &place, ArrayRef<Value> at, const Position &from);
  Position positionOf(const Place &place, ArrayRef<Value> at);

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  Value input, indices, updates;
  std::optional<ReduceKind> kind;
  RankedTensorType type; // of the result
  Dims dims, outer, indexed, inner;
  int64_t owners = 1; // a power of 2
};

void ScatterSchedule::chooseOwners() {
  int64_t places = std::max<int64_t>((count(outer) * count(inner)).constantValue().value_or(usualPlaces), 1);
  owners = llvm::PowerOf2Ceil(llvm::divideCeil(enoughThreads, places));
  // Neighbours copy neighbours where nothing is further in, too.
  if (count(inner) == 1)
    owners = std::max(owners, kernel.target.subgroupThreads);
  int64_t most = std::max<int64_t>(count(indexed).constantValue().value_or(enoughThreads), 1);
  owners = std::min<int64_t>(owners, llvm::PowerOf2Ceil(most));
}

Position ScatterSchedule::positionOf(const Place &place, ArrayRef<Value> at) {
  Position position;
  for (ArrayRef<Value> part : {ArrayRef(place.outer), at, ArrayRef(place.inner)})
    for (Value index : part)
      position.push_back(Elements::uniform(index));
  return position;
}

void ScatterSchedule::copy(const Place &place) {
  kernel.loop(place.owner, kernel.size(count(indexed)), owners, [&](Value number) {
    Position position = positionOf(place, kernel.delinearize(number, indexed));
    Elements elements(kernel, 1);
    elements.store(elements.at(input, position), kernel.resultBuffer(0), type, position);
  });
}

/// The update at `from`, if what it is for is this thread's.
void ScatterSchedule::apply(const Place &place, ArrayRef<Value> at, const Position &from) {
  Value number = kernel.index(0);
  for (auto [index, size] : llvm::zip(at, indexed))
    number = kernel.add(kernel.mul(number, kernel.size(size)), index);
  Value owner = arith::AndIOp::create(b, number, kernel.index(owners - 1)), isMine;
  if (owners > 1)
    isMine = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, owner, place.owner);
  kernel.when(isMine, [&] {
    Position to = positionOf(place, at);
    Elements elements(kernel, 1);
    Value memory = kernel.resultBuffer(0), update = elements.at(updates, from);
    if (kind) {
      Value old = fromStorage(b, elements.load(memory, type, to), type.getElementType());
      update = emitCombine(b, *kind, type.getElementType().isUnsignedInteger(), old, update);
    }
    elements.store(update, memory, type, to);
  });
}

void ScatterSchedule::emit(llvm::function_ref<void(const Place &)> update) {
  DimExpr all = count(outer) * owners * count(inner);
  kernel.tasks([&](Value task) {
    Value number = kernel.add(kernel.mul(task, kernel.threads()), kernel.thread());
    kernel.when(kernel.less(number, kernel.size(all)), [&] {
      Place place;
      Value insides = kernel.size(count(inner)), group = kernel.div(number, insides);
      place.inner = kernel.delinearize(kernel.rem(number, insides), inner);
      place.owner = kernel.rem(group, owners);
      place.outer = kernel.delinearize(kernel.div(group, owners), outer);
      copy(place);
      update(place);
    });
  });
  kernel.finish({all.ceilDiv(kernel.threads())});
}

void ScatterSchedule::emitElements(int64_t axis) {
  Dims given = dimsOf(indices.getType());
  emit([&](const Place &place) {
    Position line = positionOf(place, kernel.index(0));
    // There may be fewer lines of updates than lines.
    Value isThere;
    for (auto [i, coord] : llvm::enumerate(line))
      if (static_cast<int64_t>(i) != axis && given[i] != dims[i]) {
        Value here = kernel.less(coord.base, kernel.size(given[i]));
        isThere = isThere ? Value(arith::AndIOp::create(b, isThere, here)) : here;
      }
    kernel.when(isThere, [&] {
      kernel.loop(kernel.index(0), kernel.size(given[axis]), 1, [&](Value number) {
        Position from = line;
        from[axis] = Elements::uniform(number);
        Elements elements(kernel, 1);
        apply(place, elements.coordFrom(indices, from, dims[axis]).base, from);
      });
    });
  });
}

void ScatterSchedule::emitTuples(int64_t depth) {
  Dims prefix(ArrayRef(dimsOf(indices.getType())).drop_back());
  emit([&](const Place &place) {
    kernel.loop(kernel.index(0), kernel.size(count(prefix)), 1, [&](Value number) {
      Position tuple, from;
      for (Value index : kernel.delinearize(number, prefix))
        tuple.push_back(Elements::uniform(index));
      from = tuple;
      for (Value index : place.inner)
        from.push_back(Elements::uniform(index));
      tuple.push_back({});
      SmallVector<Value> at;
      Elements elements(kernel, 1);
      for (int64_t i = 0; i < depth; ++i) {
        tuple.back() = Elements::uniform(kernel.index(i));
        at.push_back(elements.coordFrom(indices, tuple, dims[i]).base);
      }
      apply(place, at, from);
    });
  });
}

} // namespace

LogicalResult simt::scheduleScatter(func::FuncOp source, const Target &target) {
  Block &body = source.getBody().front();
  for (auto op : body.getOps<ScatterElementsOp>()) {
    int64_t axis = op.getAxis();
    ScatterSchedule(source, op, axis, axis + 1, target).emitElements(axis);
    return success();
  }
  for (auto op : body.getOps<ScatterNdOp>()) {
    int64_t depth = *dimsOf(op.getIndices().getType()).back().constantValue();
    ScatterSchedule(source, op, 0, depth, target).emitTuples(depth);
    return success();
  }
  return source.emitError() << "has nothing to scatter";
}

} // namespace treadle
