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

FragmentLoads::FragmentLoads(Kernel &kernel, const SharedRows &rows, const FragmentLayout &layout, int64_t unitRows,
                             int64_t unitDepth, int64_t count, Value firstRow, bool asMatrices)
    : kernel(kernel), rows(rows), layout(layout), unitRows(unitRows), unitDepth(unitDepth), count(count),
      asMatrices(asMatrices) {
  if (asMatrices)
    placeMatrices(firstRow);
  else
    placeChunks(firstRow);
}

/// Threads of a square of eight name its rows; squares are told apart by the further bits of the elements, and
/// then by the fragment.
void FragmentLoads::placeMatrices(Value firstRow) {
  int64_t bytes = SharedRows::chunkBytes / rows.chunk, wordBits = llvm::Log2_64(4 / bytes);
  int64_t words = layout.count() * bytes / 4;
  while (words * together < 4 && count % (together * 2) == 0)
    together *= 2;
  SmallVector<int64_t> rowWeights = {1, 2, 4}, chunkWeights = {0, 0, 0};
  for (int64_t weight : ArrayRef(layout.elements).drop_front(wordBits)) {
    rowWeights.push_back(weight / unitDepth);
    chunkWeights.push_back(weight % unitDepth / rows.chunk);
  }
  for (int64_t fragment = 1; fragment < together; fragment *= 2)
    rowWeights.push_back(fragment * unitRows);
  Value lane = kernel.rem(kernel.thread(), kernel.target.subgroupThreads);
  Value row = kernel.add(firstRow, sumOfBits(kernel, lane, rowWeights));
  Value number = sumOfBits(kernel, lane, chunkWeights);
  for (int64_t k = 0; k < rows.rowElements(); k += unitDepth)
    places.push_back({rows.placeOf(kernel, row, kernel.add(number, k / rows.chunk))});
}

/// A thread's bits that say which k it has say which chunk it takes.
void FragmentLoads::placeChunks(Value firstRow) {
  SmallVector<int64_t> rowWeights, depthWeights, chunkWeights;
  for (int64_t weight : layout.lanes) {
    rowWeights.push_back(weight / unitDepth);
    depthWeights.push_back(weight % unitDepth);
  }
  for (int64_t weight : depthWeights) // the number of smaller ones
    chunkWeights.push_back(
        weight ? int64_t(1) << llvm::count_if(depthWeights, [&](int64_t other) { return other && other < weight; })
               : 0);
  Value lane = kernel.rem(kernel.thread(), kernel.target.subgroupThreads);
  Value row = kernel.add(firstRow, sumOfBits(kernel, lane, rowWeights));
  Value number = sumOfBits(kernel, lane, chunkWeights);
  int64_t depthLanes = layout.depthLanes(unitDepth);
  for (int64_t first = 0; first < SharedRows::rowChunks; first += depthLanes) {
    SmallVector<Value> &ofStep = places.emplace_back();
    for (int64_t element = 0; element < layout.count(); ++element) {
      int64_t offset = layout.offsetOf(element);
      if (offset % unitDepth == 0) // a row's first
        ofStep.push_back(rows.placeOf(kernel, kernel.add(row, offset / unitDepth), kernel.add(number, first)));
    }
  }
}

Value FragmentLoads::asOperand(Value stored) const {
  if (!rows.element.isBF16())
    return stored;
  auto type = cast<VectorType>(stored.getType());
  return vector::BitCastOp::create(kernel.b, type.clone(rows.element), stored);
}

SmallVector<SmallVector<Value>> FragmentLoads::load(Value memory, Value first, int64_t step) const {
  ImplicitLocOpBuilder &b = kernel.b;
  Type stored = storageType(rows.element);
  SmallVector<SmallVector<Value>> products;
  auto fragmentAt = [&](int64_t fragment, Value place) {
    return kernel.add(kernel.add(first, place), fragment * unitRows * rows.rowElements());
  };
  if (asMatrices) {
    SmallVector<Value> &fragments = products.emplace_back();
    auto type = VectorType::get({together * layout.count()}, stored);
    for (int64_t fragment = 0; fragment < count; fragment += together) {
      Value loaded = tile::LoadMatrixOp::create(b, type, memory, fragmentAt(fragment, places[step][0]), UnitAttr());
      for (int64_t i = 0; i < together; ++i) {
        auto own = llvm::to_vector(llvm::seq(i * layout.count(), (i + 1) * layout.count()));
        fragments.push_back(
            asOperand(together == 1 ? loaded : Value(vector::ShuffleOp::create(b, loaded, loaded, own))));
      }
    }
    return products;
  }
  // Of its chunks each product takes the next few k, in the order of their weights.
  SmallVector<int64_t> depthBits;
  for (int64_t weight : layout.elements)
    if (weight < unitDepth)
      depthBits.push_back(weight);
  int64_t ownDepth = int64_t(1) << depthBits.size();
  products.resize(rows.chunk / ownDepth);
  for (int64_t fragment = 0; fragment < count; ++fragment) {
    SmallVector<Value> chunks;
    for (Value place : places[step])
      chunks.push_back(vector::LoadOp::create(b, rows.chunkType(), memory, ValueRange(fragmentAt(fragment, place)),
                                              /*nontemporal=*/false, llvm::MaybeAlign(SharedRows::chunkBytes)));
    for (auto [number, fragments] : llvm::enumerate(products)) {
      SmallVector<Value> elements;
      for (int64_t element = 0; element < layout.count(); ++element) {
        int64_t row = 0, k = number * ownDepth, rowBit = 0;
        for (auto [bit, weight] : llvm::enumerate(layout.elements)) {
          bool isSet = element >> bit & 1;
          if (weight >= unitDepth)
            row += isSet ? int64_t(1) << rowBit++ : (++rowBit, 0);
          else if (isSet)
            k += int64_t(1) << llvm::count_if(depthBits, [&](int64_t other) { return other < weight; });
        }
        elements.push_back(vector::ExtractOp::create(b, chunks[row], k));
      }
      if (elements.size() == 1)
        fragments.push_back(elements[0]);
      else
        fragments.push_back(asOperand(vector::FromElementsOp::create(
            b, VectorType::get({static_cast<int64_t>(elements.size())}, stored), elements)));
    }
  }
  return products;
}

} // namespace treadle::simt
