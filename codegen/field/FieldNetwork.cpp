//===- FieldNetwork.cpp - what perceptrons are for a row ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FieldRow.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

/// The formulas of ng.mlp; each where no number gets too large on the way.
Value FieldRow::activate(Activation activation, Value x) {
  auto exponential = [&](Value power) -> Value { return math::ExpOp::create(b, power); };
  auto decayOf = [&](Value x) { return exponential(arith::NegFOp::create(b, math::AbsFOp::create(b, x))); };
  auto sigmoid = [&] {
    Value decay = decayOf(x), one = v.number(1);
    return v.div(v.select(v.less(x, v.number(0)), decay, one), v.add(one, decay));
  };
  switch (activation) {
  case Activation::none:
    return x;
  case Activation::relu:
    return v.select(v.less(x, v.number(0)), v.number(0), x);
  case Activation::leaky_relu:
    return v.select(v.less(x, v.number(0)), v.mul(x, v.number(0.01)), x);
  case Activation::exponential:
    return exponential(x);
  case Activation::sine:
    return math::SinOp::create(b, x);
  case Activation::sigmoid:
    return sigmoid();
  case Activation::silu:
    return v.mul(x, sigmoid());
  case Activation::tanh:
    return math::TanhOp::create(b, x);
  case Activation::squareplus: {
    Value tenfold = v.mul(x, v.number(10));
    Value root = math::SqrtOp::create(b, v.add(v.mul(tenfold, tenfold), v.number(4)));
    return v.mul(v.add(tenfold, root), v.number(0.05));
  }
  case Activation::softplus: {
    Value rest = v.mul(math::Log1pOp::create(b, decayOf(v.mul(x, v.number(10)))), v.number(0.1));
    return v.add(v.select(v.less(x, v.number(0)), v.number(0), x), rest);
  }
  }
  return x;
}

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

Columns FieldRow::mlp(MlpOp op) {
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
    Type weightType = storageType(weightElement);
    int64_t together = std::gcd(std::gcd(in, networks.unroll), wordBits / weightType.getIntOrFloatBitWidth());
    auto memoryOfWeights = memory;

    // `count` columns of the next layer from column `first` on.
    auto sumsOf = [&](Value first, int64_t count) {
      SmallVector<Value> sums(count, v.number(0));
      int64_t whole = in - in % networks.unroll;
      auto turn = [&](Value i, int64_t columns, ValueRange before) {
        SmallVector<Value> next(before);
        Columns values;
        for (int64_t c = 0; c < columns; ++c)
          values.push_back(load(half, kernel.add(i, c)));
        for (int64_t r = 0; r < count; ++r) {
          Value start = kernel.add(kernel.mul(kernel.add(first, r), in), i);
          for (int64_t c = 0; c < columns;) {
            int64_t some = columns % together ? 1 : together;
            Value loaded =
                vector::LoadOp::create(b, VectorType::get({some}, weightType), memoryOfWeights, kernel.add(start, c));
            for (int64_t k = 0; k < some; ++k, ++c) {
              Value weight = vector::ExtractOp::create(b, loaded, ArrayRef<int64_t>{k});
              weight = fromStorage(b, elements.splat(weight), weightElement);
              next[r] = multiplyAdd(b, weight, values[c], next[r]);
            }
          }
        }
        return next;
      };
      sums = kernel.loop(kernel.index(0), kernel.index(whole), networks.unroll, sums,
                         [&](Value i, ValueRange before) { return turn(i, networks.unroll, before); });
      if (whole < in)
        sums = turn(kernel.index(whole), in - whole, sums);
      for (Value &sum : sums)
        sum = v.rounded(activate(activation, sum), element);
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
