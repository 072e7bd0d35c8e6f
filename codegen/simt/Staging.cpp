//===- Staging.cpp - how an operand comes to shared memory --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/Staging.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using treadle::graph::DimExpr;

namespace treadle::simt {

Staging::Staging(Kernel &kernel, Type element, int64_t tileRows, int64_t tileDepth, Source source, bool turns)
    : rows(element, 0), kernel(kernel), b(kernel.b), tileRows(tileRows), tileDepth(tileDepth),
      source(std::move(source)) {
  rows.count = tileRows * llvm::divideCeil(tileDepth, rows.rowElements());
  if (this->source.memory && this->source.memory->isTurned && (!turns || tileRows % rows.rowElements() != 0))
    this->source.memory.reset();
}

Value Staging::canMoveChunks() {
  if (!source.memory)
    return {};
  SmallVector<DimExpr> sizes(source.memory->divisible);
  sizes.push_back(source.memory->isTurned ? source.rows : source.depth); // the last chunk is a whole one
  if (llvm::any_of(sizes, [&](DimExpr size) { return size.isConstant() && !size.isMultipleOf(rows.chunk); })) {
    source.memory.reset();
    return {};
  }
  Value can;
  for (DimExpr size : sizes) {
    if (size.isMultipleOf(rows.chunk))
      continue;
    Value rest = kernel.rem(kernel.size(size), rows.chunk);
    Value is = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rest, kernel.index(0));
    can = can ? Value(arith::AndIOp::create(b, can, is)) : is;
  }
  return can;
}

/// Each chunk by one thread, neighbours in memory by neighbours.
void Staging::forEachChunk(llvm::function_ref<void(const Chunk &)> body) {
  int64_t count = rows.count * SharedRows::rowChunks;
  for (int64_t first = 0; first < count; first += kernel.threads()) {
    Chunk at;
    at.number = kernel.add(kernel.thread(), first);
    // Threads without a chunk look at the last one.
    Value number = count % kernel.threads() ? kernel.min(at.number, kernel.index(count - 1)) : at.number;
    bool isInner = isTurned() || source.isDepthInner;
    at.row = isInner ? kernel.div(number, SharedRows::rowChunks) : kernel.rem(number, rows.count);
    at.chunk = isInner ? kernel.rem(number, SharedRows::rowChunks) : kernel.div(number, rows.count);
    int64_t across = isTurned() ? tileDepth : tileRows;
    Value block = across == rows.count ? kernel.index(0) : kernel.div(at.row, across);
    Value rest = across == rows.count ? at.row : kernel.rem(at.row, across);
    Value along = kernel.add(kernel.mul(block, rows.rowElements()), kernel.mul(at.chunk, rows.chunk));
    at.tileRow = isTurned() ? along : rest;
    at.k = isTurned() ? rest : along;
    body(at);
  }
}

/// Null if there are as many chunks as threads.
Value Staging::isOwn(const Chunk &chunk) {
  int64_t count = rows.count * SharedRows::rowChunks;
  return count % kernel.threads() ? kernel.less(chunk.number, kernel.index(count)) : Value();
}

Value Staging::isThere(Value within, Value row, Value k) {
  Value there = kernel.less(k, kernel.size(source.depth));
  if (!source.rows.isMultipleOf(tileRows))
    there = arith::AndIOp::create(b, there, kernel.less(row, kernel.size(source.rows)));
  return within ? Value(arith::AndIOp::create(b, there, within)) : there;
}

/// A chunk as memory has it.
Value Staging::load(Value row, Value k) {
  auto [index, within] = source.place(row, k);
  Value there = isThere(within, row, k), at = arith::SelectOp::create(b, there, index, kernel.index(0));
  VectorType type = rows.chunkType();
  Value loaded = vector::LoadOp::create(b, type, source.memory->buffer, ValueRange(at), /*nontemporal=*/false,
                                        llvm::MaybeAlign(SharedRows::chunkBytes));
  return arith::SelectOp::create(b, there, loaded, arith::ConstantOp::create(b, b.getZeroAttr(type)));
}

Value stagedElement(Kernel &kernel, const Staging::Source &source, Type element, int64_t tileRows, Value row, Value k) {
  ImplicitLocOpBuilder &b = kernel.b;
  auto last = [&](DimExpr size) { return kernel.sub(kernel.size(size), kernel.index(1)); };
  Elements elements(kernel, 1);
  if (!source.rows.isMultipleOf(tileRows))
    row = kernel.min(row, last(source.rows));
  if (source.order)
    k = source.order(k);
  Value there = kernel.less(k, kernel.size(source.depth));
  Value value = source.element(elements, row, kernel.min(k, last(source.depth)));
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(elements.vectorOf(storageType(element))));
  value = arith::SelectOp::create(b, elements.splat(there), value, zero);
  return vector::ExtractOp::create(b, value, ArrayRef<int64_t>{0});
}

/// A chunk of elements, each asked for by its position.
Value Staging::compute(Value row, Value k) {
  SmallVector<Value> values;
  for (int64_t i = 0; i < rows.chunk; ++i)
    values.push_back(stagedElement(kernel, source, rows.element, tileRows, row, kernel.add(k, i)));
  return vector::FromElementsOp::create(b, rows.chunkType(), values);
}

SmallVector<Value> Staging::start(Value firstRow, Value firstK, Value memory, Value first) {
  SmallVector<Value> chunks;
  forEachChunk([&](const Chunk &chunk) {
    if (!isCopied()) {
      Value row = kernel.add(firstRow, chunk.tileRow), k = kernel.add(firstK, chunk.k);
      chunks.push_back(moves ? load(row, k) : compute(row, k));
      return;
    }
    kernel.when(isOwn(chunk), [&] {
      Value row = kernel.add(firstRow, chunk.tileRow), k = kernel.add(firstK, chunk.k);
      auto [index, within] = source.place(row, k);
      Value to = kernel.add(first, rows.placeOf(kernel, chunk.row, chunk.chunk));
      tile::CopyAsyncOp::create(b, rows.chunk, source.memory->buffer, index, memory, to, isThere(within, row, k));
    });
  });
  return chunks;
}

void Staging::finish(ArrayRef<Value> chunks, Value memory, Value first) {
  if (chunks.empty())
    return;
  const Value *next = chunks.begin();
  forEachChunk([&](const Chunk &chunk) {
    Value value = *next++;
    kernel.when(isOwn(chunk), [&] {
      Value to = kernel.add(first, rows.placeOf(kernel, chunk.row, chunk.chunk));
      vector::StoreOp::create(b, value, memory, ValueRange(to), /*nontemporal=*/false,
                              llvm::MaybeAlign(SharedRows::chunkBytes));
    });
  });
}

// ---- memory ----------------------------------------------------------------------------------

/// What the value is a transpose of; dimension numbers become those of that.
static Value storedOf(Value tensor, int64_t &rowDim, int64_t &depthDim) {
  while (auto transpose = tensor.getDefiningOp<graph::TransposeOp>()) {
    rowDim = transpose.getPermutation()[rowDim];
    depthDim = transpose.getPermutation()[depthDim];
    tensor = transpose.getInput();
  }
  return tensor;
}

bool isInner(Value tensor, int64_t rowDim, int64_t depthDim) {
  storedOf(tensor, rowDim, depthDim);
  return depthDim > rowDim;
}

std::optional<Staging::Memory> memoryOf(Kernel &kernel, Value tensor, int64_t rowDim, int64_t depthDim) {
  auto argument = dyn_cast<BlockArgument>(storedOf(tensor, rowDim, depthDim));
  if (!argument)
    return std::nullopt;
  SmallVector<DimExpr> strides = kernel.strides(argument.getType());
  graph::Dims dims = graph::dimsOf(argument.getType());
  Staging::Memory memory{kernel.bufferOf(argument), strides[depthDim] != 1, {}};
  int64_t inner = memory.isTurned ? rowDim : depthDim;
  if (strides[inner] != 1)
    return std::nullopt;
  for (auto [i, stride] : llvm::enumerate(strides))
    if (static_cast<int64_t>(i) != inner && dims[i] != 1)
      memory.divisible.push_back(stride);
  return memory;
}

SmallVector<DimExpr> stridesOf(Kernel &kernel, Value tensor) {
  auto transpose = tensor.getDefiningOp<graph::TransposeOp>();
  if (!transpose)
    return kernel.strides(tensor.getType());
  SmallVector<DimExpr> inner = stridesOf(kernel, transpose.getInput()), strides;
  for (int64_t from : transpose.getPermutation())
    strides.push_back(inner[from]);
  return strides;
}

Value indexOf(Kernel &kernel, Value tensor, Position position) {
  while (auto transpose = tensor.getDefiningOp<graph::TransposeOp>()) {
    Position inner(position.size());
    for (auto [to, from] : llvm::enumerate(transpose.getPermutation()))
      inner[from] = position[to];
    position = inner;
    tensor = transpose.getInput();
  }
  return indexOf(kernel, cast<RankedTensorType>(tensor.getType()), position);
}

Value indexOf(Kernel &kernel, RankedTensorType type, const Position &position) {
  Elements elements(kernel, 1);
  Value index = kernel.index(0);
  for (auto [coord, stride] : llvm::zip(position, kernel.strides(type)))
    index = kernel.add(index, kernel.mul(elements.scalar(coord), kernel.size(stride)));
  return index;
}

} // namespace treadle::simt
