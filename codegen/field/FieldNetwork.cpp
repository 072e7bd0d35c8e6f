//===- FieldNetwork.cpp - what perceptrons are for a row ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/Activation.h"
#include "codegen/field/FieldRow.h"
#include "codegen/field/SubgroupNetwork.h"
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

SmallVector<Columns> FieldRow::mlp(MlpOp op, ArrayRef<Columns> inputs) {
  if (SubgroupNetwork *matrices = networks.matrices()) {
    Columns result = matrices->compute(elements, op, inputs.front(), usedColumns(op.getResult()));
    result.resize(*dimOf(op.getType(), 1).constantValue(), v.number(0)); // at which nobody looks
    return {result};
  }
  Type element = elementOf(op.getInput()), stored = networks.element();
  auto rows = static_cast<int64_t>(inputs.size());
  auto store = [&](int64_t half, Value first, ArrayRef<Columns> values) {
    for (auto [row, columns] : llvm::enumerate(values))
      networks.store(half, first,
                     stored.isF32()
                         ? columns
                         : llvm::map_to_vector(columns, [&](Value column) { return toStorage(b, column, element); }),
                     static_cast<int64_t>(row));
  };
  auto load = [&](int64_t half, Value first, int64_t count) {
    SmallVector<Columns> values;
    for (int64_t row = 0; row < rows; ++row) {
      values.push_back(networks.load(half, first, count, row));
      if (!stored.isF32())
        for (Value &column : values.back())
          column = fromStorage(b, column, element);
    }
    return values;
  };
  SmallVector<Columns> values(inputs); // of a layer that one turn has whole
  if (static_cast<int64_t>(inputs.front().size()) > networks.unroll)
    store(0, kernel.index(0), inputs);

  int64_t half = 0;
  for (auto [layer, weights] : llvm::enumerate(op.getWeights())) {
    bool isLast = layer + 1 == op.getWeights().size();
    Activation activation = isLast ? op.getOutputActivation() : op.getActivation();
    auto [memory, weightElement] = networks.weights(weights);
    int64_t out = cast<RankedTensorType>(weights.getType()).getDimSize(0);
    int64_t in = cast<RankedTensorType>(weights.getType()).getDimSize(1);
    bool isWhole = in <= networks.unroll;
    if (layer > 0 && isWhole)
      values = load(half, kernel.index(0), in);
    // `count` columns of the next layer from column `first` on.
    auto sumsOf = [&, memory = memory, weightElement = weightElement](Value first, int64_t count) {
      int64_t chains = networks.chains(count), step = std::max(networks.unroll, chains), whole = in - in % step;
      auto turn = [&](Value i, int64_t columns, ValueRange before) {
        SmallVector<Value> next(before); // of each chain and row, `count` sums
        SmallVector<Columns> loaded = isWhole ? values : load(half, i, columns);
        Value start = kernel.add(kernel.mul(first, in), i);
        Columns block = weightsOf({memory, weightElement}, start, count, columns, in);
        for (int64_t r = 0; r < count; ++r)
          for (int64_t c = 0; c < columns; ++c)
            for (int64_t row = 0; row < rows; ++row) {
              Value &sum = next[(c % chains * rows + row) * count + r];
              sum = multiplyAdd(b, block[r * columns + c], loaded[row][c], sum);
            }
        return next;
      };
      SmallVector<Value> sums(chains * rows * count, v.number(0));
      sums = kernel.loop(kernel.index(0), kernel.index(whole), step, sums,
                         [&](Value i, ValueRange before) { return turn(i, step, before); });
      if (whole < in)
        sums = turn(kernel.index(whole), in - whole, sums);
      for (; chains > 1; chains /= 2)
        for (int64_t sum = 0, half = chains / 2 * rows * count; sum < half; ++sum)
          sums[sum] = v.add(sums[sum], sums[half + sum]);
      sums.truncate(rows * count);
      SmallVector<Columns> result(rows);
      for (auto [number, sum] : llvm::enumerate(sums))
        result[number / count].push_back(v.rounded(activate(b, v, activation, sum, element), element));
      return result;
    };
    if (isLast) {
      int64_t used = usedColumns(op.getResult());
      SmallVector<Columns> result(rows);
      for (int64_t first = 0; first < used; first += networks.block)
        for (auto [columns, sums] :
             llvm::zip_equal(result, sumsOf(kernel.index(first), std::min(networks.block, used - first))))
          llvm::append_range(columns, sums);
      for (Columns &columns : result)
        columns.resize(out, v.number(0)); // at which nobody looks
      return result;
    }
    auto storeSums = [&](Value first, int64_t count) { store(1 - half, first, sumsOf(first, count)); };
    int64_t whole = out - out % networks.block;
    kernel.loop(kernel.index(0), kernel.index(whole), networks.block,
                [&](Value first) { storeSums(first, networks.block); });
    if (whole < out)
      storeSums(kernel.index(whole), out - whole);
    half = 1 - half;
  }
  llvm_unreachable("a perceptron has a layer");
}

} // namespace treadle
