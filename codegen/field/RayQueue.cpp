//===- RayQueue.cpp - the next ray where a lane's is done ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/RayQueue.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

SmallVector<Type> elementsOf(ArrayRef<Value> columns) {
  return llvm::map_to_vector(columns, [](Value column) { return getElementTypeOrSelf(column.getType()); });
}

} // namespace

RayQueue::RayQueue(Kernel &kernel, NetworkMemory &networks, Operation *op, int64_t lanes, int64_t raysOfLane)
    : kernel(kernel), networks(networks), op(op), elements(kernel, lanes), b(kernel.b), v(elements),
      followed(elements, networks, {Elements::uniform(kernel.index(0)), {}}), walk(RayWalk::of(followed, op)),
      lanes(lanes), rows(lanes * raysOfLane) {}

void RayQueue::storeResults(Value count, llvm::function_ref<Place(Value first)> placeOf) {
  Value none = arith::ConstantOp::create(b, b.getI32IntegerAttr(0));
  Columns queued = kernel.loop(kernel.index(0), count, lanes, none, [&](Value first, ValueRange before) -> Columns {
    Elements own(kernel, lanes);
    Place place = placeOf(first);
    FieldRow row(own, networks, place.row);
    return {add(row, place.inRun, before[0])};
  });
  follow(queued[0]);
  kernel.loop(kernel.index(0), count, lanes, [&](Value first) {
    Elements own(kernel, lanes);
    Place place = placeOf(first);
    FieldRow row(own, networks, place.row);
    walk->bind(row, results(place.inRun));
    FieldRow::storeResults(row, place.stored, op);
  });
}

// ---- memory ------------------------------------------------------------------------------------

/// Numbers and truth values as words.
Value RayQueue::toMemory(Value value) {
  Type element = getElementTypeOrSelf(value.getType()), words = elements.vectorOf(b.getI32Type());
  if (element.isInteger(1))
    return arith::ExtUIOp::create(b, words, value);
  return element.isInteger() ? value : Value(arith::BitcastOp::create(b, words, value));
}

Value RayQueue::fromMemory(Value word, Type element) {
  if (element.isInteger(1))
    return v.isSet(word);
  return element.isInteger() ? word : Value(arith::BitcastOp::create(b, elements.vectorOf(element), word));
}

Value RayQueue::gather(size_t column, Value rows, Type element) {
  Value words = vector::GatherOp::create(b, elements.vectorOf(b.getI32Type()), memory, place(column), rows,
                                         v.truth(true), v.word(0));
  return fromMemory(words, element);
}

void RayQueue::scatter(size_t column, Value rows, Value value) {
  vector::ScatterOp::create(b, Type(), memory, place(column), rows, v.truth(true), toMemory(value));
}

// ---- rays --------------------------------------------------------------------------------------

/// Of a ray that is not followed, the results lie where others have what is known of them.
Value RayQueue::add(FieldRow &row, Value inRun, Value count) {
  RayWalk::Known rays = walk->approach(walk->start(row));
  Columns results = walk->results(walk->begin(rays, /*isAtPlace=*/true));
  if (!memory) {
    known = elementsOf(rays.columns);
    kept = elementsOf(results);
    memory = kernel.scratch(b.getI32Type(), DimExpr::constant(b.getContext(), columns() * distance()));
  }
  for (size_t i = 0; i < std::max(known.size(), kept.size()); ++i) {
    Value value = i < known.size() ? toMemory(rays.columns[i]) : toMemory(results[i]);
    if (i < known.size() && i < kept.size())
      value = v.select(rays.goesOn, value, toMemory(results[i]));
    vector::StoreOp::create(b, value, memory, kernel.add(place(i + 1), inRun));
  }
  Value number = v.add(elements.splat(count), v.countBefore(rays.goesOn));
  Value own = elements.vector(Coord{inRun, 0, 1, 0, {}}), none = v.word(static_cast<uint32_t>(rows));
  scatter(0, v.select(rays.goesOn, number, none), own);
  return arith::AddIOp::create(b, count, v.count(rays.goesOn));
}

void RayQueue::follow(Value count) {
  int64_t idle = std::min(kernel.target.idleLanes, lanes);
  Value none = v.word(static_cast<uint32_t>(rows)), all = elements.splat(count);
  auto number = [&](int64_t value) -> Value { return arith::ConstantOp::create(b, b.getI32IntegerAttr(value)); };
  auto less = [&](Value a, Value c) -> Value { return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, a, c); };
  RayWalk::Known noRay = {llvm::map_to_vector(known, [&](Type type) { return fromMemory(v.word(0), type); }),
                          v.truth(false)};
  // The next ray of the queue, the rows of the lanes' rays, and what these go on with.
  Columns carried = {number(0), none};
  llvm::append_range(carried, walk->begin(noRay, /*isAtPlace=*/true));
  kernel.loopWhile(
      carried,
      [&](ValueRange carried) -> Value {
        Value hasRay = v.lessWord(carried[1], none);
        return arith::OrIOp::create(b, less(carried[0], count), v.any(hasRay));
      },
      [&](ValueRange carried) -> SmallVector<Value> {
        ValueRange before = carried.drop_front(2);
        Value goesOn = walk->goesOn(before), isDone = v.isNot(goesOn), place = v.select(isDone, carried[1], none);
        for (auto [i, result] : llvm::enumerate(walk->results(before)))
          scatter(i + 1, place, result);
        Value next = v.add(elements.splat(carried[0]), v.countBefore(isDone));
        Value takes = v.both(isDone, v.lessWord(next, all));
        Value taken = gather(0, v.select(takes, next, none), b.getI32Type());
        Value row = v.select(takes, taken, v.select(goesOn, carried[1], none));
        Value from = v.select(takes, taken, none);
        RayWalk::Known fresh = {{}, takes};
        for (auto [i, type] : llvm::enumerate(known))
          fresh.columns.push_back(gather(i + 1, from, type));
        Columns state;
        for (auto [own, other] : llvm::zip_equal(before, walk->begin(fresh, /*isAtPlace=*/true)))
          state.push_back(v.select(takes, other, own));
        Value end = arith::MinSIOp::create(b, arith::AddIOp::create(b, carried[0], v.count(isDone)), count);
        Value most = arith::SelectOp::create(b, less(end, count), number(lanes - idle), number(0));
        state = kernel.loopWhile(
            state, [&](ValueRange state) { return less(most, v.count(walk->goesOn(state))); },
            [&](ValueRange state) { return walk->turn(state); });
        state.insert(state.begin(), {end, row});
        return state;
      });
}

Columns RayQueue::results(Value inRun) {
  Columns results;
  for (auto [i, type] : llvm::enumerate(kept)) {
    Value words = vector::LoadOp::create(b, elements.vectorOf(b.getI32Type()), memory, kernel.add(place(i + 1), inRun));
    results.push_back(fromMemory(words, type));
  }
  return results;
}

} // namespace treadle
