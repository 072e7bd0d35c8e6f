//===- SharedRows.cpp - operands of matrix units in shared memory ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/SharedRows.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace treadle::simt {

Value sumOfBits(Kernel &kernel, Value number, ArrayRef<int64_t> weights) {
  Value sum = kernel.index(0);
  for (size_t bit = 0; bit < weights.size();) {
    // Neighbouring bits whose weights double are a number by themselves.
    size_t end = bit + 1;
    while (end < weights.size() && weights[end] == 2 * weights[end - 1])
      ++end;
    Value part = kernel.rem(kernel.div(number, int64_t(1) << bit), int64_t(1) << (end - bit));
    sum = kernel.add(sum, kernel.mul(part, weights[bit]));
    bit = end;
  }
  return sum;
}

Value SharedRows::placeOf(Kernel &kernel, Value row, Value number) const {
  Value linear = kernel.add(kernel.mul(row, rowChunks), number);
  Value line = kernel.rem(kernel.div(linear, 8), 8);
  return kernel.mul(arith::XOrIOp::create(kernel.b, linear, line), chunk);
}

FragmentLoads::FragmentLoads(Kernel &kernel, const SharedRows &rows, Unit unit, int64_t count, Value firstRow,
                             Kind kind, int64_t tileDepth)
    : kernel(kernel), rows(rows), layout(unit.layout), unitRows(unit.rows), unitDepth(unit.depth), count(count),
      kind(kind) {
  if (kind == Kind::chunks) {
    placeChunks(firstRow);
    return;
  }
  int64_t words = layout.count() * (SharedRows::chunkBytes / rows.chunk) / 4;
  while (words * together < 4 && count % (together * 2) == 0)
    together *= 2;
  if (kind == Kind::turned)
    placeTurned(firstRow, tileDepth);
  else
    placeMatrices(firstRow);
}

/// Threads of a square of eight name its rows; squares are told apart by the further bits of the elements, and
/// then by the fragment.
void FragmentLoads::placeMatrices(Value firstRow) {
  int64_t bytes = SharedRows::chunkBytes / rows.chunk;
  SmallVector<int64_t> rowWeights = {1, 2, 4}, chunkWeights = {0, 0, 0};
  for (int64_t weight : ArrayRef(layout.elements).drop_front(llvm::Log2_64(4 / bytes))) {
    rowWeights.push_back(weight / unitDepth);
    chunkWeights.push_back(weight % unitDepth / rows.chunk);
  }
  for (int64_t fragment = 1; fragment < together; fragment *= 2)
    rowWeights.push_back(fragment * unitRows);
  Value lane = kernel.rem(kernel.thread(), kernel.target.subgroupThreads);
  Value row = kernel.add(firstRow, sumOfBits(kernel, lane, rowWeights));
  Value number = sumOfBits(kernel, lane, chunkWeights);
  for (int64_t k = 0; k < rows.rowElements(); k += unitDepth) {
    Value start = rows.placeOf(kernel, row, kernel.add(number, k / rows.chunk));
    SmallVector<Place> &ofStep = places.emplace_back();
    for (int64_t fragment = 0; fragment < count; fragment += together)
      ofStep.push_back({start, fragment * unitRows * rows.rowElements()});
  }
}

/// The same with rows and k exchanged.
void FragmentLoads::placeTurned(Value firstRow, int64_t tileDepth) {
  int64_t bytes = SharedRows::chunkBytes / rows.chunk, rowElements = rows.rowElements();
  SmallVector<int64_t> depthWeights = {1, 2, 4}, chunkWeights = {0, 0, 0};
  for (int64_t weight : ArrayRef(layout.elements).drop_front(llvm::Log2_64(4 / bytes))) {
    depthWeights.push_back(weight % unitDepth);
    chunkWeights.push_back(weight / unitDepth / rows.chunk);
  }
  for (int64_t fragment = 1; fragment < together; fragment *= 2)
    chunkWeights.push_back(fragment * unitRows / rows.chunk);
  Value lane = kernel.rem(kernel.thread(), kernel.target.subgroupThreads);
  Value row =
      kernel.add(sumOfBits(kernel, lane, depthWeights), kernel.mul(kernel.div(firstRow, rowElements), tileDepth));
  Value number =
      kernel.add(sumOfBits(kernel, lane, chunkWeights), kernel.div(kernel.rem(firstRow, rowElements), rows.chunk));
  SmallVector<Value> starts; // one row of chunks holds several loads
  for (int64_t inRow = 0; inRow < std::min(rowElements, count * unitRows); inRow += together * unitRows)
    starts.push_back(rows.placeOf(kernel, row, kernel.add(number, inRow / rows.chunk)));
  for (int64_t k = 0; k < rowElements; k += unitDepth) {
    SmallVector<Place> &ofStep = places.emplace_back();
    for (int64_t fragment = 0; fragment < count; fragment += together) {
      int64_t number = fragment / together, block = fragment * unitRows / rowElements;
      ofStep.push_back({starts[number % starts.size()], (block * tileDepth + k) * rowElements});
    }
  }
}

/// A thread's bits that say which k it has say which chunk it takes.
void FragmentLoads::placeChunks(Value firstRow) {
  SmallVector<int64_t> rowWeights, depthWeights, chunkWeights;
  for (int64_t weight : layout.lanes) {
    rowWeights.push_back(weight / unitDepth);
    depthWeights.push_back(weight % unitDepth);
  }
  for (int64_t weight : depthWeights) { // two to the number of smaller ones
    int64_t smaller = llvm::count_if(depthWeights, [&](int64_t other) { return other && other < weight; });
    chunkWeights.push_back(weight ? int64_t(1) << smaller : 0);
  }
  Value lane = kernel.rem(kernel.thread(), kernel.target.subgroupThreads);
  Value row = kernel.add(firstRow, sumOfBits(kernel, lane, rowWeights));
  Value number = sumOfBits(kernel, lane, chunkWeights);
  int64_t depthLanes = layout.depthLanes(unitDepth);
  for (int64_t first = 0; first < SharedRows::rowChunks; first += depthLanes) {
    SmallVector<Value> starts;
    for (int64_t element = 0; element < layout.count(); ++element)
      if (int64_t offset = layout.offsetOf(element); offset % unitDepth == 0) // a row's first
        starts.push_back(rows.placeOf(kernel, kernel.add(row, offset / unitDepth), kernel.add(number, first)));
    SmallVector<Place> &ofStep = places.emplace_back();
    for (int64_t fragment = 0; fragment < count; ++fragment)
      for (Value start : starts)
        ofStep.push_back({start, fragment * unitRows * rows.rowElements()});
  }
}

Value FragmentLoads::asOperand(Value stored) const {
  if (!rows.element.isBF16())
    return stored;
  auto type = cast<VectorType>(stored.getType());
  return vector::BitCastOp::create(kernel.b, type.clone(rows.element), stored);
}

SmallVector<Value> FragmentLoads::loadMatrices(Value memory, Value first, int64_t step) const {
  ImplicitLocOpBuilder &b = kernel.b;
  auto type = VectorType::get({together * layout.count()}, storageType(rows.element));
  SmallVector<Value> fragments;
  for (const Place &place : places[step]) {
    Value at = kernel.add(kernel.add(first, place.thread), place.offset);
    Value loaded = tile::LoadMatrixOp::create(b, type, memory, at, kind == Kind::turned);
    for (int64_t i = 0; i < together; ++i) {
      auto own = llvm::to_vector(llvm::seq(i * layout.count(), (i + 1) * layout.count()));
      fragments.push_back(asOperand(together == 1 ? loaded : Value(vector::ShuffleOp::create(b, loaded, loaded, own))));
    }
  }
  return fragments;
}

SmallVector<Value> FragmentLoads::loadChunks(Value memory, Value first, ArrayRef<Place> parts) const {
  SmallVector<Value> chunks;
  for (const Place &place : parts) {
    Value at = kernel.add(kernel.add(first, place.thread), place.offset);
    chunks.push_back(vector::LoadOp::create(kernel.b, rows.chunkType(), memory, ValueRange(at), /*nontemporal=*/false,
                                            llvm::MaybeAlign(SharedRows::chunkBytes)));
  }
  return chunks;
}

SmallVector<SmallVector<Value>> FragmentLoads::load(Value memory, Value first, int64_t step) const {
  if (kind != Kind::chunks)
    return {loadMatrices(memory, first, step)};
  // Each product takes the next few k of a thread's chunks, in the order of their weights.
  SmallVector<int64_t> depthBits, rowBits;
  for (int64_t weight : layout.elements)
    (weight < unitDepth ? depthBits : rowBits).push_back(weight);
  auto compressed = [](int64_t offset, ArrayRef<int64_t> weights) {
    int64_t number = 0;
    for (int64_t weight : weights)
      if (offset & weight)
        number += int64_t(1) << llvm::count_if(weights, [&](int64_t other) { return other < weight; });
    return number;
  };
  int64_t ownDepth = int64_t(1) << depthBits.size(), ownRows = int64_t(1) << rowBits.size();
  SmallVector<SmallVector<Value>> products(rows.chunk / ownDepth);
  for (int64_t fragment = 0; fragment < count; ++fragment) {
    SmallVector<Value> chunks = loadChunks(memory, first, ArrayRef(places[step]).slice(fragment * ownRows, ownRows));
    for (auto [number, fragments] : llvm::enumerate(products)) {
      SmallVector<Value> elements;
      for (int64_t element = 0; element < layout.count(); ++element) {
        int64_t offset = layout.offsetOf(element), k = number * ownDepth + compressed(offset, depthBits);
        elements.push_back(vector::ExtractOp::create(kernel.b, chunks[compressed(offset, rowBits)], k));
      }
      auto type = VectorType::get({layout.count()}, storageType(rows.element));
      fragments.push_back(elements.size() == 1 ? elements[0]
                                               : asOperand(vector::FromElementsOp::create(kernel.b, type, elements)));
    }
  }
  return products;
}

} // namespace treadle::simt
