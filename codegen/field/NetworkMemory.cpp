//===- NetworkMemory.cpp - where networks keep values and weights -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/NetworkMemory.h"
#include "codegen/field/MatrixNetwork.h"
#include "codegen/simd/Vectors.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

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
  ofMatrices = MatrixNetwork::of(kernel);
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
  int64_t bytes = 2 * widest * stored.getIntOrFloatBitWidth() / 8;
  kernel.setThreads(std::clamp<int64_t>(llvm::bit_floor<uint64_t>(target.sharedBytes / bytes), target.subgroupThreads,
                                        target.workgroupThreads));
  block = unroll = 16;
  while (target.loopTurns > 0 && turns() > target.loopTurns && unroll < widest)
    unroll *= 2;
  memory = kernel.shared(stored, 2 * widest * kernel.threads());
}

int64_t NetworkMemory::turnsOf(Block &ops) const {
  int64_t all = 0;
  for (Operation &op : ops) {
    if (auto mlp = dyn_cast<MlpOp>(op))
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

Value NetworkMemory::place(int64_t half, Value column) {
  if (!kernel.target.isSimt)
    return kernel.mul(kernel.add(column, half * widest), lanes);
  return kernel.add(kernel.mul(kernel.add(column, half * widest), kernel.threads()), kernel.thread());
}

} // namespace treadle
