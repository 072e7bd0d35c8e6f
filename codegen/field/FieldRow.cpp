//===- FieldRow.cpp - what ops are for a row, and what it loads ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FieldRow.h"
#include "codegen/field/RayWalk.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

void FieldRow::emit(MutableArrayRef<FieldRow> rows, Block &block, Operation *known) {
  for (Operation &op : block) {
    if (&op == known)
      continue;
    auto network = dyn_cast<MlpOp>(&op);
    if (!network) {
      for (FieldRow &row : rows)
        row.emit(op);
      continue;
    }
    SmallVector<Columns> inputs;
    for (FieldRow &row : rows)
      inputs.push_back(row.columns(network.getInput()));
    for (auto [row, columns] : llvm::zip_equal(rows, rows.front().mlp(network, inputs)))
      row.bind(network.getResult(), columns);
  }
}

void FieldRow::emit(Operation &op) {
  llvm::TypeSwitch<Operation *>(&op)
      .Case<GridEncodingOp>([&](auto op) { bind(op.getResult(), gridEncoding(op)); })
      .Case<FrequencyOp, TriangleWaveOp, OneBlobOp, SphericalHarmonicsOp>(
          [&](auto op) { bind(op.getResult(), encoding(op)); })
      .Case<MarchOp, DeltaTrackOp, SphereTraceOp>([&](auto op) { followRays(op); })
      .Case<GradientOp>([&](auto op) { bind(op.getResult(), gradient(op)); });
}

void FieldRow::followRays(Operation *op) {
  std::unique_ptr<RayWalk> walk = RayWalk::of(*this, op);
  walk->bind(*this, walk->results(kernel.loopWhile(
                        walk->begin(walk->start(*this), /*isAtPlace=*/false),
                        [&](ValueRange state) { return v.any(walk->goesOn(state)); },
                        [&](ValueRange state) { return walk->turn(state); })));
}

/// Of each element of a row of the value, in order.
static void overColumns(Value value, const Coord &row, llvm::function_ref<void(const Position &)> visit) {
  Dims dims = dimsOf(value.getType());
  std::function<void(Position)> nest = [&](Position position) {
    if (position.size() == dims.size())
      return visit(position);
    int64_t size = *dims[position.size()].constantValue();
    position.emplace_back();
    for (int64_t i = 0; i < size; ++i) {
      position.back() = Coord{{}, i, 0, 0, {}};
      nest(position);
    }
  };
  nest({row});
}

Columns FieldRow::columns(Value value) {
  Columns result;
  overColumns(value, row.coord, [&](const Position &position) { result.push_back(elements.at(value, position)); });
  return result;
}

/// A result may lie over what another is made of: all are known before one is stored.
void FieldRow::storeResults(MutableArrayRef<FieldRow> rows, ArrayRef<Coord> places, Operation *known) {
  Kernel &kernel = rows.front().kernel;
  emit(rows, kernel.body(), known);
  SmallVector<SmallVector<Columns>> all;
  for (FieldRow &row : rows)
    all.push_back(llvm::map_to_vector(kernel.results(), [&](Value value) { return row.columns(value); }));
  for (auto [row, results, place] : llvm::zip_equal(rows, all, places))
    row.storeColumns(results, place);
}

void FieldRow::storeColumns(ArrayRef<Columns> results, const Coord &place) {
  auto store = [&] {
    for (auto [number, value] : llvm::enumerate(kernel.results())) {
      Value memory = kernel.resultBuffer(static_cast<unsigned>(number));
      auto type = cast<RankedTensorType>(value.getType());
      ArrayRef<Value> columns = results[number];
      int64_t together = elements.lanes == 1 ? Elements::together(type) : 1, column = 0;
      overColumns(value, place, [&](const Position &position) {
        if (together == 1)
          elements.store(columns[column], memory, type, position);
        else if (column % together == 0)
          elements.storeTogether(columns.slice(column, together), memory, type, position);
        ++column;
      });
    }
  };
  if (row.isThere && elements.lanes == 1)
    return kernel.when(vector::ExtractOp::create(b, row.isThere, ArrayRef<int64_t>{0}), store);
  elements.setMask(row.isThere);
  store();
}

void FieldRow::bind(Value value, Columns columns) {
  elements.bind(value, [columns = std::move(columns)](const Position &position) -> Value {
    std::optional<int64_t> column = position.back().known();
    if (!column)
      llvm::report_fatal_error("a column of a field's row is asked for by a number that is not known");
    return columns[*column];
  });
}

SmallVector<Value> FieldRow::indicesOf(Value words) {
  SmallVector<Value> result;
  for (int64_t lane = 0; lane < elements.lanes; ++lane)
    result.push_back(arith::IndexCastUIOp::create(b, b.getIndexType(),
                                                  vector::ExtractOp::create(b, words, ArrayRef<int64_t>{lane})));
  return result;
}

Value FieldRow::loadWords(Value memory, ArrayRef<Value> indices, VectorType type, Type word) {
  Value words = arith::ConstantOp::create(b, b.getZeroAttr(elements.vectorOf(word)));
  for (auto [lane, index] : llvm::enumerate(indices)) {
    Value whole = vector::BitCastOp::create(b, VectorType::get({1}, word),
                                            vector::LoadOp::create(b, type, memory, ValueRange{index}));
    whole = vector::ExtractOp::create(b, whole, ArrayRef<int64_t>{0});
    words = vector::InsertOp::create(b, whole, words, ArrayRef<int64_t>{static_cast<int64_t>(lane)});
  }
  return words;
}

/// As many at once as a lane brings, packed into one word, so that lanes are put together a word each.
Columns FieldRow::loadNeighbours(BlockArgument argument, ArrayRef<Value> indices, int64_t count) {
  Type element = elementOf(argument), type = storageType(element);
  int64_t bits = type.getIntOrFloatBitWidth();
  int64_t most = elements.lanes == 1 ? std::min(wordBits / bits, Elements::threadVector) : wordBits / bits;
  int64_t together = std::gcd(count, most), bitsOfWord = together * bits;
  Value memory = kernel.bufferOf(argument);
  auto some = VectorType::get({together}, type);
  Columns result;
  for (int64_t offset = 0; offset < count; offset += together) {
    auto own = llvm::map_to_vector(indices, [&](Value index) { return kernel.add(index, offset); });
    SmallVector<Value> parts; // of each element, the lanes
    if (elements.lanes == 1) {
      // A GPU's memory is as aligned as its widest loads need it; what a CPU is given may be anywhere.
      auto loaded = vector::LoadOp::create(b, some, memory, ValueRange{own[0]}, /*nontemporal=*/false,
                                           llvm::MaybeAlign(bitsOfWord / 8));
      for (int64_t i = 0; i < together; ++i)
        parts.push_back(together == 1 ? loaded.getResult()
                                      : elements.splat(vector::ExtractOp::create(b, loaded, ArrayRef<int64_t>{i})));
    } else {
      // Two of f64 are loaded into a register without another instruction.
      Type word = bitsOfWord == 64 ? Type(b.getF64Type()) : b.getIntegerType(static_cast<unsigned>(bitsOfWord));
      parts = {vector::BitCastOp::create(b, VectorType::get({together * elements.lanes}, type),
                                         loadWords(memory, own, some, word))};
      // From parts with every n-th element to those with every 2n-th.
      for (int64_t apart = 1; apart < together; apart *= 2) {
        SmallVector<Value> firsts, seconds;
        for (Value part : parts) {
          auto halves = vector::DeinterleaveOp::create(b, part);
          firsts.push_back(halves.getRes1());
          seconds.push_back(halves.getRes2());
        }
        parts = firsts;
        llvm::append_range(parts, seconds);
      }
    }
    for (Value part : parts)
      result.push_back(fromStorage(b, part, element));
  }
  return result;
}

} // namespace treadle
