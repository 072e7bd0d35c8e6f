//===- RayOccupancy.cpp - what is empty along rays -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bits of cells along a Morton curve, so that a word of 32 bits is a block of 4 x 4 x 2 of them. Where the word is 0
// nothing is in the whole block, otherwise of an empty cell that is known for it alone: until the ray leaves the one or
// the other no bits need be looked at.
//
//===----------------------------------------------------------------------===//

#include "codegen/field/RayWalk.h"
#include "dialects/ng/Rays.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

namespace {

constexpr uint32_t wordBytes = 4;
constexpr std::array<double, 3> blockCells = {4, 4, 2};
/// Of which a cascade's inner quarters are whole blocks, where the next finer one begins.
constexpr int64_t leastCells = 16;
/// Of a cell, as far from its edges a place is surely in it: more than what rounding moves it by.
constexpr double margin = 1.0 / 64;

} // namespace

bool RayWalk::isKnownAhead(Value bits, double usualStep) {
  int64_t cells = occupancyCells(cast<RankedTensorType>(bits.getType()).getDimSize(1));
  return cells >= leastCells && usualStep * static_cast<double>(cells) < 1;
}

/// What ng.march says of occupancy.
RayWalk::Cell RayWalk::cellAt(Value bits, ValueRange ray, Value place, Value asks) {
  auto type = cast<RankedTensorType>(bits.getType());
  int64_t cascades = type.getDimSize(0), bytes = type.getDimSize(1), cells = occupancyCells(bytes);
  double half = static_cast<double>(cells) / 2, last = static_cast<double>(cells - 1);
  Columns centred;
  Value distance = v.number(0);
  for (Value x : positionAt(ray, place, asks)) {
    centred.push_back(v.sub(x, v.number(0.5)));
    distance = v.max(distance, math::AbsFOp::create(b, centred.back()));
  }
  Value scale = v.number(static_cast<double>(cells)), size = v.number(1 / static_cast<double>(cells)),
        first = v.word(0);
  for (int64_t cascade = 1; cascade < cascades; ++cascade) {
    Value isBeyond = v.atMost(v.number(std::ldexp(0.5, static_cast<int>(cascade - 1))), distance);
    auto at = [&](double number, int64_t by) { return v.number(std::ldexp(number, static_cast<int>(by))); };
    scale = v.select(isBeyond, at(static_cast<double>(cells), -cascade), scale);
    size = v.select(isBeyond, at(1 / static_cast<double>(cells), cascade), size);
    first = v.select(isBeyond, v.word(static_cast<uint32_t>(cascade * bytes)), first);
  }
  Columns cell;
  Value code;
  for (auto [d, x] : llvm::enumerate(centred)) {
    Value number = math::FloorOp::create(b, v.add(v.mul(x, scale), v.number(half)));
    cell.push_back(v.clamp(number, v.number(0), v.number(last)));
    Value bits = v.toWord(cell.back());
    for (SpreadStep step : mortonSteps)
      bits = v.both(v.either(bits, v.shiftLeft(bits, step.shift)), v.word(step.mask));
    code = d ? v.either(code, v.shiftLeft(bits, static_cast<uint32_t>(d))) : bits;
  }
  bool hasWords = cells >= leastCells;
  uint32_t count = hasWords ? wordBytes : 1, wordBits = 8 * count;
  Value index = v.add(first, v.mul(v.shiftRight(code, v.word(llvm::Log2_32(wordBits))), v.word(count)));
  Value word;
  for (auto [i, byte] : llvm::enumerate(row.loadNeighbours(kernelArgument(bits), row.indicesOf(index), count))) {
    Value part = arith::ExtUIOp::create(b, row.elements.vectorOf(b.getI32Type()), byte);
    word = i ? v.either(word, v.shiftLeft(part, static_cast<uint32_t>(8 * i))) : part;
  }
  Value isOccupied = v.isSet(v.both(v.shiftRight(word, v.both(code, v.word(wordBits - 1))), v.word(1)));
  if (!hasWords)
    return {isOccupied, v.number(0)};

  // Where the ray leaves the block, or the cell (Amanatides and Woo 1987).
  Value isPart = v.isSet(word), clear = v.number(HUGE_VAL);
  for (auto [d, number] : llvm::enumerate(cell)) {
    Value ofBlock =
        v.mul(math::FloorOp::create(b, v.mul(number, v.number(1 / blockCells[d]))), v.number(blockCells[d]));
    Value low = v.select(isPart, number, ofBlock);
    Value beyond = v.select(isPart, v.number(1 - margin), v.number(blockCells[d] - margin));
    Value edge = v.add(low, v.select(v.less(v.number(0), ray[d + 3]), beyond, v.number(margin)));
    Value position = v.add(v.mul(v.sub(edge, v.number(half)), size), v.number(0.5));
    clear = v.min(clear, v.mul(v.sub(position, ray[d]), v.div(v.number(1), ray[d + 3])));
  }
  return {isOccupied, clear};
}

} // namespace treadle
