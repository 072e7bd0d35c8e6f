//===- NetworkMemory.cpp - where networks keep values and weights -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/NetworkMemory.h"
#include "codegen/field/SubgroupNetwork.h"
#include "codegen/simd/Vectors.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

namespace {

/// Columns that are together in memory, in bits.
constexpr int64_t wordBits = 64;

Value shiftOf(ImplicitLocOpBuilder &b, VectorType type, int64_t bits) {
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, b.getIntegerAttr(type.getElementType(), bits)));
}

} // namespace

BlockArgument kernelArgument(Value value) {
  auto argument = cast<BlockArgument>(value);
  while (auto field = dyn_cast<FieldOpInterface>(argument.getOwner()->getParentOp())) {
    MutableOperandRange captures = field.getCapturesMutable();
    unsigned first = argument.getOwner()->getNumArguments() - captures.size();
    argument = cast<BlockArgument>(captures[argument.getArgNumber() - first].get());
  }
  return argument;
}

NetworkMemory::NetworkMemory(Kernel &kernel, int64_t lanes) : kernel(kernel), lanes(lanes) {
  const Target &target = kernel.target;
  Type f32 = Float32Type::get(kernel.b.getContext());
  kernel.source.walk([&](MlpOp op) {
    Type element = storageType(elementOf(op.getInput()));
    stored = !stored || stored == element ? element : f32;
    for (Value weights : op.getWeights()) {
      auto type = cast<RankedTensorType>(weights.getType());
      widest = std::max({widest, type.getDimSize(0), type.getDimSize(1)});
    }
  });
  if (!stored)
    return;
  ofMatrices = SubgroupNetwork::of(kernel);
  if (ofMatrices || (target.isSimt && target.spreads())) // they hand each other fragments or weights
    kernel.setTogether();
  if (ofMatrices)
    return;
  if (!target.isSimt) {
    stored = f32;
    int64_t registers = std::max<int64_t>(lanes / target.lanes(f32), 1);
    block = llvm::bit_floor<uint64_t>((target.vectorRegisters - registers) / registers - 1);
    memory = kernel.scratch(stored, DimExpr::constant(kernel.b.getContext(), 2 * widest * lanes));
    return;
  }
  block = unroll = 16;
  Type word = stored;
  if (target.spreads()) { // what comes from another register is near, and memory is far
    rows = kernel.body().getOps<FieldOpInterface>().empty() ? 4 : 1;
    block /= rows;
    unroll = widest;
    together = wordBits / stored.getIntOrFloatBitWidth();
    word = kernel.b.getIntegerType(wordBits);
  }
  int64_t words = 2 * llvm::divideCeil(widest, together), bytes = rows * words * word.getIntOrFloatBitWidth() / 8;
  kernel.setThreads(std::clamp<int64_t>(llvm::bit_floor<uint64_t>(target.sharedBytes / bytes), target.subgroupThreads,
                                        target.workgroupThreads));
  memory = kernel.shared(word, rows * words * kernel.threads());
}

int64_t NetworkMemory::turnsOf(Block &ops) const {
  int64_t all = 0;
  for (Operation &op : ops) {
    if (auto mlp = dyn_cast<MlpOp>(op); mlp && ofMatrices)
      all += ofMatrices->turns(mlp);
    else if (mlp)
      for (Value weights : mlp.getWeights()) {
        ArrayRef<int64_t> shape = cast<RankedTensorType>(weights.getType()).getShape();
        all += llvm::divideCeil(shape[0], block) * (1 + shape[1] / unroll);
      }
    if (auto field = dyn_cast<FieldOpInterface>(op)) // for each sample a turn of its own, and one on the way to it
      all += field.mostSamples() * (2 + turnsOf(field.getField().front()));
  }
  return all;
}

NetworkMemory::~NetworkMemory() = default;

int64_t NetworkMemory::chains(int64_t count) const {
  return kernel.target.isSimt ? 1 : static_cast<int64_t>(llvm::bit_floor<uint64_t>(block / count));
}

void NetworkMemory::prepareWeights() {
  if (ofMatrices)
    ofMatrices->loadWeights();
  else if (!kernel.target.isSimt)
    unpackWeights();
}

void NetworkMemory::unpackWeights() {
  kernel.source.walk([&](MlpOp op) {
    for (Value weights : op.getWeights())
      if (BlockArgument argument = kernelArgument(weights);
          !elementOf(argument).isF32() && !unpacked.contains(argument))
        unpacked[argument] = unpack(argument);
  });
}

Value NetworkMemory::unpack(BlockArgument argument) {
  ImplicitLocOpBuilder &b = kernel.b;
  Type element = elementOf(argument);
  int64_t count = cast<RankedTensorType>(argument.getType()).getNumElements(), step = kernel.target.lanes(element);
  Value from = kernel.bufferOf(argument);
  Value to = kernel.scratch(b.getF32Type(), DimExpr::constant(b.getContext(), count));
  auto type = VectorType::get({step}, storageType(element));
  Value rest = arith::ConstantOp::create(b, b.getZeroAttr(type));
  overVectors(kernel, step, kernel.index(0), kernel.index(count), [&](Value i, Value mask) {
    Value values = mask ? Value(vector::MaskedLoadOp::create(b, type, from, i, mask, rest))
                        : Value(vector::LoadOp::create(b, type, from, i));
    values = fromStorage(b, values, element);
    if (mask)
      vector::MaskedStoreOp::create(b, to, i, mask, values);
    else
      vector::StoreOp::create(b, values, to, i);
  });
  return to;
}

NetworkMemory::Weights NetworkMemory::weights(Value operand) const {
  BlockArgument argument = kernelArgument(operand);
  if (Value known = unpacked.lookup(argument))
    return {known, Float32Type::get(kernel.b.getContext())};
  return {kernel.bufferOf(argument), elementOf(argument)};
}

Value NetworkMemory::place(int64_t half, Value first, int64_t number, int64_t row) {
  int64_t words = llvm::divideCeil(widest, together);
  Value word = kernel.add(kernel.div(first, together), (2 * row + half) * words + number);
  if (!kernel.target.isSimt)
    return kernel.mul(word, lanes);
  return kernel.add(kernel.mul(word, kernel.threads()), kernel.thread());
}

void NetworkMemory::store(int64_t half, Value first, ArrayRef<Value> columns, int64_t row) {
  ImplicitLocOpBuilder &b = kernel.b;
  if (together == 1) {
    for (auto [number, column] : llvm::enumerate(columns))
      vector::StoreOp::create(b, column, memory, place(half, first, static_cast<int64_t>(number), row));
    return;
  }
  unsigned bits = stored.getIntOrFloatBitWidth();
  VectorType narrow = lanesOf(b.getIntegerType(bits)), wide = lanesOf(b.getIntegerType(wordBits));
  for (int64_t number = 0; !columns.empty(); ++number) {
    Value word;
    ArrayRef<Value> some = columns.take_front(together);
    for (auto [i, column] : llvm::enumerate(some)) {
      Value part = arith::ExtUIOp::create(b, wide, arith::BitcastOp::create(b, narrow, column));
      word =
          i ? Value(arith::OrIOp::create(b, word, arith::ShLIOp::create(b, part, shiftOf(b, wide, i * bits)))) : part;
    }
    vector::StoreOp::create(b, word, memory, place(half, first, number, row));
    columns = columns.drop_front(some.size());
  }
}

SmallVector<Value> NetworkMemory::load(int64_t half, Value first, int64_t count, int64_t row) {
  ImplicitLocOpBuilder &b = kernel.b;
  SmallVector<Value> result;
  if (together == 1) {
    for (int64_t number = 0; number < count; ++number)
      result.push_back(vector::LoadOp::create(b, lanesOf(stored), memory, place(half, first, number, row)));
    return result;
  }
  unsigned bits = stored.getIntOrFloatBitWidth();
  VectorType narrow = lanesOf(b.getIntegerType(bits)), wide = lanesOf(b.getIntegerType(wordBits));
  Value word;
  for (int64_t column = 0; column < count; ++column) {
    int64_t i = column % together;
    if (i == 0)
      word = vector::LoadOp::create(b, wide, memory, place(half, first, column / together, row));
    Value part = i ? Value(arith::ShRUIOp::create(b, word, shiftOf(b, wide, i * bits))) : word;
    result.push_back(arith::BitcastOp::create(b, lanesOf(stored), arith::TruncIOp::create(b, narrow, part)));
  }
  return result;
}

} // namespace treadle
