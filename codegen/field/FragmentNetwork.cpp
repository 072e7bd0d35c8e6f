//===- FragmentNetwork.cpp - perceptrons on matrix units that only the device knows -===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FragmentNetwork.h"
#include "codegen/field/Activation.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace treadle::ng;

namespace treadle {

constexpr int64_t padding = 8; // elements between rows in shared memory, which then start in other banks

FragmentNetwork::FragmentNetwork(Kernel &kernel, Type element, const MatrixUnit &unit)
    : SubgroupNetwork(kernel, element, unit, unit.rows, unit.columns), rowPitch(padded(widest) + padding) {}

/// As many columns as fragments of sums and of operands have that hold so many.
int64_t FragmentNetwork::padded(int64_t columns) const {
  return std::max(llvm::alignTo(columns, unit.columns), llvm::alignTo(columns, unit.depth));
}

int64_t FragmentNetwork::weightPitch(const Layer &layer) const { return layer.steps * unit.depth + padding; }

bool FragmentNetwork::canLoadLate(const Layer &layer) const {
  return layer.out % unit.columns == 0 && layer.in % std::lcm<int64_t>(unit.depth, 8) == 0;
}

/// Who loads the elements of fragments is the device's business: a turn of a loop for each is the most.
int64_t FragmentNetwork::turns(MlpOp op) const {
  int64_t groups = subgroupRows() / (atOnce * fragmentRows), all = groups;
  for (Value weights : op.getWeights())
    all += subgroupRows() / fragmentRows * layerOf(weights).fragments * fragmentRows * unit.columns / subgroupRows();
  return all;
}

Type FragmentNetwork::typeOf(int64_t rows, int64_t columns, Type element, StringRef role) {
  return tile::FragmentType::get(b.getContext(), rows, columns, element, role);
}

void FragmentNetwork::loadWeights() {
  ownRows = kernel.mul(kernel.subgroup(), rowElements());
  ownRow = kernel.add(ownRows, kernel.mul(kernel.lane(), rowPitch));
  if (!weightMemory)
    return;
  for (auto &[weights, layer] : layers) {
    if (layer.place < 0)
      continue;
    // Neighbours that one load brings.
    int64_t run = std::gcd<int64_t>(layer.in, 64 / stored.getIntOrFloatBitWidth());
    int64_t ofRow = llvm::divideCeil(layer.steps * unit.depth, run), pitch = weightPitch(layer);
    int64_t rows = layer.fragments * unit.columns;
    kernel.loop(kernel.thread(), kernel.index(rows * ofRow), kernel.threads(), [&](Value i) {
      Value row = kernel.div(i, ofRow), k = kernel.mul(kernel.rem(i, ofRow), run);
      Value loaded = weightsAt(layer, row, k, run, rows);
      Value to = kernel.add(kernel.add(kernel.mul(row, pitch), k), layer.place);
      for (int64_t j = 0; j < run; ++j) {
        Value one = vector::ExtractOp::create(b, loaded, ArrayRef<int64_t>{j});
        memref::StoreOp::create(b, one, weightMemory, kernel.add(to, j));
      }
    });
  }
  kernel.barrier();
}

/// Of the thread's own row.
void FragmentNetwork::storeColumns(ValueRange columns, int64_t first) {
  for (auto [number, column] : llvm::enumerate(columns))
    vector::StoreOp::create(b, column, rowMemory, kernel.add(ownRow, first + static_cast<int64_t>(number)));
}

void FragmentNetwork::storeZeros(int64_t first, int64_t end) {
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get({1}, stored)));
  storeColumns(SmallVector<Value>(std::max<int64_t>(end - first, 0), zero), first);
}

Value FragmentNetwork::activated(Value sums, Activation activation) {
  if (activation == Activation::none)
    return sums;
  auto map = tile::FragmentMapOp::create(b, sums.getType(), sums);
  OpBuilder::InsertionGuard guard(b);
  Value own = b.createBlock(&map.getBody(), {}, b.getF32Type(), b.getLoc())->getArgument(0);
  Elements ofOne(kernel, 1);
  Lanes v(ofOne);
  Value result = activate(b, v, activation, ofOne.splat(own), element);
  tile::YieldOp::create(b, vector::ExtractOp::create(b, result, ArrayRef<int64_t>{0}));
  return map;
}

/// The first `used` columns, from the layer's operands to where they were.
void FragmentNetwork::computeLayer(const Layer &layer, Value firstRow, int64_t used, Activation activation) {
  Value first = kernel.add(ownRows, kernel.mul(firstRow, rowPitch));
  auto place = [&](int64_t query, int64_t column) {
    return kernel.add(first, query * fragmentRows * rowPitch + column);
  };
  SmallVector<Values> operands(layer.steps);
  for (int64_t step = 0; step < layer.steps; ++step)
    for (int64_t query = 0; query < atOnce; ++query)
      operands[step].push_back(tile::FragmentLoadOp::create(b, typeOf(fragmentRows, unit.depth, element, "lhs"),
                                                            rowMemory, place(query, step * unit.depth), rowPitch,
                                                            /*turned=*/false));
  kernel.subgroupBarrier();
  Type sumType = b.getF32Type();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(sumType));
  Value none = tile::FragmentFillOp::create(b, typeOf(fragmentRows, unit.columns, sumType, "sums"), zero);
  bool isNear = layer.place >= 0;
  Value memory = isNear ? weightMemory : kernel.bufferOf(layer.weights);
  int64_t pitch = isNear ? weightPitch(layer) : layer.in, start = isNear ? layer.place : 0;
  for (int64_t column = 0; column < used; column += unit.columns) {
    Values sums(atOnce, none);
    for (int64_t step = 0; step < layer.steps; ++step) {
      Value weights = tile::FragmentLoadOp::create(b, typeOf(unit.depth, unit.columns, element, "rhs"), memory,
                                                   kernel.index(start + column * pitch + step * unit.depth), pitch,
                                                   /*turned=*/true);
      for (auto [sum, operand] : llvm::zip_equal(sums, operands[step]))
        sum = tile::FragmentMultiplyOp::create(b, sum.getType(), operand, weights, sum);
    }
    for (auto [query, sum] : llvm::enumerate(sums)) {
      Value rounded = tile::FragmentConvertOp::create(b, typeOf(fragmentRows, unit.columns, element, "sums"),
                                                      activated(sum, activation));
      tile::FragmentStoreOp::create(b, rounded, rowMemory, place(static_cast<int64_t>(query), column), rowPitch);
    }
  }
  kernel.subgroupBarrier();
}

SmallVector<Value> FragmentNetwork::compute(Elements &, MlpOp op, ValueRange inputs, int64_t used) {
  storeColumns(llvm::map_to_vector(inputs, [&](Value column) { return toStorage(b, column, element); }), 0);
  auto in = static_cast<int64_t>(inputs.size());
  storeZeros(in, llvm::alignTo(in, unit.depth));
  kernel.subgroupBarrier();
  kernel.loop(kernel.index(0), kernel.index(subgroupRows()), atOnce * fragmentRows, [&](Value firstRow) {
    for (auto [number, weights] : llvm::enumerate(op.getWeights())) {
      const Layer &layer = layerOf(weights);
      if (number + 1 == op.getWeights().size()) {
        computeLayer(layer, firstRow, used, op.getOutputActivation());
        continue;
      }
      computeLayer(layer, firstRow, layer.out, op.getActivation());
      // An infinite number times a weight past the last, which is 0, is none: what became of it is 0 again.
      if (layer.out < padded(layer.out)) {
        Value isAmongThem;
        if (int64_t rows = atOnce * fragmentRows; rows < subgroupRows()) // unsigned: before them it is large
          isAmongThem = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, kernel.sub(kernel.lane(), firstRow),
                                              kernel.index(rows));
        kernel.when(isAmongThem, [&] { storeZeros(layer.out, padded(layer.out)); });
        kernel.subgroupBarrier();
      }
    }
  });
  Values results;
  for (int64_t column = 0; column < used; ++column)
    results.push_back(fromStorage(
        b, vector::LoadOp::create(b, VectorType::get({1}, stored), rowMemory, kernel.add(ownRow, column)), element));
  return results;
}

} // namespace treadle
