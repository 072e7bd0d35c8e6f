//===- FieldNetwork.cpp - what perceptrons are for a row ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/Activation.h"
#include "codegen/field/FieldRow.h"
#include "codegen/field/MatrixNetwork.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

/// How many columns, from the first on, somebody looks at.
static int64_t usedColumns(Value value) {
  int64_t all = *dimOf(value.getType(), 1).constantValue(), used = 0;
  for (Operation *user : value.getUsers()) {
    auto slice = dyn_cast<SliceOp>(user);
    std::optional<int64_t> start = slice ? DimExpr(slice.getStarts().getDims()[1]).constantValue() : std::nullopt;
    std::optional<int64_t> count = slice ? dimOf(slice.getType(), 1).constantValue() : std::nullopt;
    if (!start || !count || *count < 1)
      return all;
    used = std::max(used, *start + (*count - 1) * slice.getSteps()[1] + 1);
  }
  return std::min(used, all);
}

/// Where threads hand each other values, each loads its part of the block.
Columns FieldRow::weightsOf(NetworkMemory::Weights weights, Value start, int64_t rows, int64_t columns,
                            int64_t distance) {
  Type type = storageType(weights.element);
  int64_t together = std::gcd(std::gcd(columns, distance), wordBits / type.getIntOrFloatBitWidth());
  int64_t ofRow = columns / together, all = rows * ofRow;
  auto loadAt = [&](Value place) {
    Value loaded = vector::LoadOp::create(b, VectorType::get({together}, type), weights.memory, place);
    Columns result;
    for (int64_t k = 0; k < together; ++k)
      result.push_back(
          fromStorage(b, elements.splat(vector::ExtractOp::create(b, loaded, ArrayRef<int64_t>{k})), weights.element));
    return result;
  };
  Columns result;
  if (elements.lanes > 1 || !kernel.target.spreads()) {
    for (int64_t number = 0; number < all; ++number)
      llvm::append_range(result, loadAt(kernel.add(start, number / ofRow * distance + number % ofRow * together)));
    return result;
  }
  int64_t threads = kernel.target.subgroupThreads;
  for (int64_t first = 0; first < all; first += threads) {
    Value number = kernel.min(kernel.add(kernel.lane(), first), kernel.index(all - 1));
    Value place =
        kernel.add(kernel.mul(kernel.div(number, ofRow), distance), kernel.mul(kernel.rem(number, ofRow), together));
    Columns mine = loadAt(kernel.add(start, place));
    for (int64_t lane = 0; lane < std::min(threads, all - first); ++lane)
      for (Value value : mine)
        result.push_back(kernel.broadcast(value, lane));
  }
  return result;
}

Columns FieldRow::mlp(MlpOp op) {
  if (MatrixNetwork *matrices = networks.matrices()) {
    Columns result = matrices->compute(elements, op, columns(op.getInput()), usedColumns(op.getResult()));
    result.resize(*dimOf(op.getType(), 1).constantValue(), v.number(0)); // at which nobody looks
    return result;
  }
  Type element = elementOf(op.getInput()), stored = networks.element();
  VectorType lanesOfStored = elements.vectorOf(stored);
  auto store = [&](int64_t half, Value column, Value value) {
    Value narrow = stored.isF32() ? value : toStorage(b, value, element);
    vector::StoreOp::create(b, narrow, networks.values(), networks.place(half, column));
  };
  auto load = [&](int64_t half, Value column) -> Value {
    Value value = vector::LoadOp::create(b, lanesOfStored, networks.values(), networks.place(half, column));
    return stored.isF32() ? value : fromStorage(b, value, element);
  };
  for (auto [column, value] : llvm::enumerate(columns(op.getInput())))
    store(0, kernel.index(static_cast<int64_t>(column)), value);

  Columns result;
  int64_t half = 0;
  for (auto [layer, weights] : llvm::enumerate(op.getWeights())) {
    bool isLast = layer + 1 == op.getWeights().size();
    Activation activation = isLast ? op.getOutputActivation() : op.getActivation();
    auto [memory, weightElement] = networks.weights(weights);
    int64_t out = cast<RankedTensorType>(weights.getType()).getDimSize(0);
    int64_t in = cast<RankedTensorType>(weights.getType()).getDimSize(1);
    // `count` columns of the next layer from column `first` on.
    auto sumsOf = [&, memory = memory, weightElement = weightElement](Value first, int64_t count) {
      SmallVector<Value> sums(count, v.number(0));
      int64_t whole = in - in % networks.unroll;
      auto turn = [&](Value i, int64_t columns, ValueRange before) {
        SmallVector<Value> next(before);
        Columns values;
        for (int64_t c = 0; c < columns; ++c)
          values.push_back(load(half, kernel.add(i, c)));
        Value start = kernel.add(kernel.mul(first, in), i);
        Columns block = weightsOf({memory, weightElement}, start, count, columns, in);
        for (int64_t r = 0; r < count; ++r)
          for (int64_t c = 0; c < columns; ++c)
            next[r] = multiplyAdd(b, block[r * columns + c], values[c], next[r]);
        return next;
      };
      sums = kernel.loop(kernel.index(0), kernel.index(whole), networks.unroll, sums,
                         [&](Value i, ValueRange before) { return turn(i, networks.unroll, before); });
      if (whole < in)
        sums = turn(kernel.index(whole), in - whole, sums);
      for (Value &sum : sums)
        sum = v.rounded(activate(b, v, activation, sum), element);
      return sums;
    };
    if (isLast) {
      int64_t used = usedColumns(op.getResult());
      for (int64_t first = 0; first < used; first += networks.block)
        llvm::append_range(result, sumsOf(kernel.index(first), std::min(networks.block, used - first)));
      result.resize(out, v.number(0)); // at which nobody looks
      break;
    }
    auto storeSums = [&](Value first, int64_t count) {
      for (auto [r, sum] : llvm::enumerate(sumsOf(first, count)))
        store(1 - half, kernel.add(first, static_cast<int64_t>(r)), sum);
    };
    int64_t whole = out - out % networks.block;
    kernel.loop(kernel.index(0), kernel.index(whole), networks.block,
                [&](Value first) { storeSums(first, networks.block); });
    if (whole < out)
      storeSums(kernel.index(whole), out - whole);
    half = 1 - half;
  }
  return result;
}

} // namespace treadle
