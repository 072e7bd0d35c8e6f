//===- FieldGrid.cpp - what grids are for a row -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The formulas of ng.grid_encoding. A level is a sum over the vertices of the cell that a position is in, each of a
// weight times an entry of the table.
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FieldRow.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {
namespace {

/// The cell of a level that each lane's position is in.
class Cell {
public:
  Cell(Lanes &v, ImplicitLocOpBuilder &b, GridEncodingOp op, const GridLevel &level, ArrayRef<Value> position)
      : v(v), b(b), level(level), features(static_cast<uint32_t>(*dimOf(op.getTable().getType(), 1).constantValue())),
        isNearest(op.getInterpolation() == Interpolation::nearest), sides(position.size()) {
    for (auto [d, x] : llvm::enumerate(position)) {
      Value place = v.mul(x, v.number(level.scale));
      if (!op.getAlignCorners())
        place = v.add(place, v.number(0.5));
      Value below = math::FloorOp::create(b, place);
      Value inside = v.sub(place, below), cell = v.toWord(below);
      if (op.getInterpolation() == Interpolation::smoothstep)
        inside = v.mul(v.mul(inside, inside), v.sub(v.number(3), v.mul(v.number(2), inside)));
      uint32_t factor = factorOf(level, static_cast<int64_t>(d)) * (isMasked() ? features : 1);
      sides[d][0] = {v.sub(v.number(1), inside), factor == 1 ? cell : v.mul(cell, v.word(factor))};
      sides[d][1] = {inside, v.add(sides[d][0].part, v.word(factor))};
    }
  }

  int64_t vertices() const { return isNearest ? 1 : int64_t(1) << sides.size(); }

  struct Vertex {
    Value weight; // null: 1
    Value first;  // of the entry's elements in the table
  };
  Vertex vertex(int64_t which) {
    Vertex vertex;
    // The first dimension last: two vertices side by side have the rest in common.
    for (size_t d = sides.size(); d-- > 0;) {
      const auto &[weight, part] = sides[d][which >> d & 1];
      if (!isNearest)
        vertex.weight = vertex.weight ? v.mul(vertex.weight, weight) : weight;
      if (!vertex.first)
        vertex.first = part;
      else
        vertex.first =
            level.index == IndexFunction::coherent_prime ? v.differs(vertex.first, part) : v.add(vertex.first, part);
    }
    auto entries = static_cast<uint32_t>(level.entries);
    if (level.index == IndexFunction::single)
      vertex.first = v.word(0);
    else if (isMasked())
      vertex.first = v.both(vertex.first, v.word((entries - 1) * features));
    else
      vertex.first = v.mul(arith::RemUIOp::create(b, vertex.first, v.word(entries)), v.word(features));
    if (level.offset)
      vertex.first = v.add(vertex.first, v.word(static_cast<uint32_t>(level.offset) * features));
    return vertex;
  }

private:
  struct Side {
    Value weight, part; // of the vertex's weight and of where its entry is
  };
  /// Whether a vertex's number is taken modulo a power of two: then that of its first element can be, and is found.
  bool isMasked() const {
    return llvm::isPowerOf2_32(features) && llvm::isPowerOf2_32(static_cast<uint32_t>(level.entries));
  }

  Lanes &v;
  ImplicitLocOpBuilder &b;
  const GridLevel &level;
  uint32_t features;
  bool isNearest;
  SmallVector<std::array<Side, 2>> sides; // along each dimension
};

} // namespace

Columns FieldRow::gridEncoding(GridEncodingOp op) {
  BlockArgument table = kernelArgument(op.getTable());
  Type element = elementOf(op.getResult());
  int64_t features = *dimOf(op.getTable().getType(), 1).constantValue();
  Columns position = columns(op.getInput()), result;
  auto levels = llvm::map_to_vector(op.getLevels().getAsRange<LevelAttr>(), levelOf);
  float most = 1;
  for (const GridLevel &level : levels)
    most = std::max(most, level.scale);
  // What is not in the grid by far, or no number, is anywhere in it.
  Value limit = v.number(0x1p30 / most), least = v.number(-0x1p30 / most);
  for (Value &x : position)
    x = v.clamp(x, least, limit);

  // The first one has no sums before it.
  auto addEntry = [&](ValueRange sums, Value weight, ArrayRef<Value> indices) {
    Columns next;
    for (auto [i, value] : llvm::enumerate(loadNeighbours(table, indices, features))) {
      Value feature = op.getScales() ? v.toNumber(value) : value;
      Value part = weight ? v.mul(weight, feature) : feature;
      next.push_back(sums.empty() ? part : v.add(sums[i], part));
    }
    return next;
  };
  // Of a level's vertices, what lanes know: [vertex][lane].
  auto memoryOf = [&](Type type) -> Value {
    int64_t count = elements.lanes << position.size();
    return elements.lanes > 1 ? kernel.scratch(type, DimExpr::constant(b.getContext(), count)) : nullptr;
  };
  Value weights = memoryOf(b.getF32Type()), firsts = memoryOf(b.getI32Type());
  for (const GridLevel &level : levels) {
    Cell cell(v, b, op, level, position);
    Columns sums;
    if (elements.lanes == 1) {
      for (int64_t which = 0; which < cell.vertices(); ++which) {
        Cell::Vertex vertex = cell.vertex(which);
        sums = addEntry(sums, vertex.weight, indicesOf(vertex.first));
      }
    } else {
      // Numbers leave vectors through memory, and entries are added in turns: otherwise the code of all levels would
      // not stay in the nearest cache.
      bool hasWeights = false;
      for (int64_t which = 0; which < cell.vertices(); ++which) {
        Cell::Vertex vertex = cell.vertex(which);
        Value place = kernel.index(which * elements.lanes);
        vector::StoreOp::create(b, vertex.first, firsts, place);
        if ((hasWeights = static_cast<bool>(vertex.weight)))
          vector::StoreOp::create(b, vertex.weight, weights, place);
      }
      Value end = kernel.index(cell.vertices() * elements.lanes);
      Columns none(features, v.number(0));
      sums = kernel.loop(kernel.index(0), end, elements.lanes, none, [&](Value place, ValueRange before) {
        SmallVector<Value> indices;
        for (int64_t lane = 0; lane < elements.lanes; ++lane) {
          Value first = memref::LoadOp::create(b, firsts, kernel.add(place, lane));
          indices.push_back(arith::IndexCastUIOp::create(b, b.getIndexType(), first));
        }
        Value weight;
        if (hasWeights)
          weight = vector::LoadOp::create(b, elements.vectorOf(b.getF32Type()), weights, place);
        return addEntry(before, weight, indices);
      });
    }
    for (Value sum : sums) {
      if (op.getScales())
        sum = v.mul(sum, v.number(op.scaleOf(static_cast<int64_t>(result.size()))));
      result.push_back(v.rounded(sum, element));
    }
  }
  return result;
}

} // namespace treadle
