//===- MatrixNetwork.cpp - perceptrons on matrix units of known layouts -------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/MatrixNetwork.h"
#include "codegen/field/Activation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::ng;

namespace treadle {
namespace {

using simt::FragmentChain, simt::FragmentLoads, simt::SharedRows, simt::sumOfBits;

/// The number whose bits are those of `place` at the weights below `most`, in the order of the weights; and back.
SmallVector<int64_t> ordered(ArrayRef<int64_t> weights, int64_t most) {
  SmallVector<int64_t> below = llvm::filter_to_vector(weights, [&](int64_t weight) { return weight && weight < most; });
  llvm::sort(below);
  return below;
}
int64_t sumOf(int64_t number, ArrayRef<int64_t> weights) {
  int64_t sum = 0;
  for (auto [bit, weight] : llvm::enumerate(weights))
    sum += number >> bit & 1 ? weight : 0;
  return sum;
}

} // namespace

MatrixNetwork::MatrixNetwork(Kernel &kernel, Type element, const MatrixUnit &unit, FragmentChain chain)
    : SubgroupNetwork(kernel, element, unit, chain.queries, chain.others), chain(std::move(chain)),
      rows(element, kernel.target.subgroupThreads), blocks(llvm::divideCeil(endColumns, rows.rowElements())),
      together(std::max<int64_t>(rows.chunk / weightLayout().count(), 1)) {}

int64_t MatrixNetwork::fragmentsOf(const Layer &layer) const {
  return llvm::alignTo(layer.fragments * layer.steps, together);
}

// ---- weights ---------------------------------------------------------------------------------

/// What the `thread` of a subgroup holds of fragment `number` of [fragments][steps], from the tensor.
Value MatrixNetwork::weightFragment(const Layer &layer, Value number, Value thread) {
  const FragmentLayout &layout = weightLayout();
  SmallVector<int64_t> rowLanes, depthLanes;
  for (int64_t weight : layout.lanes) {
    rowLanes.push_back(weight / unit.depth);
    depthLanes.push_back(weight % unit.depth);
  }
  Value row =
      kernel.add(kernel.mul(kernel.div(number, layer.steps), chain.others), sumOfBits(kernel, thread, rowLanes));
  Value k = kernel.add(kernel.mul(kernel.rem(number, layer.steps), unit.depth), sumOfBits(kernel, thread, depthLanes));
  // Neighbouring k that the thread has are one load.
  int64_t run = 1;
  auto beginsAligned = [&](int64_t run) { return llvm::all_of(depthLanes, [&](int64_t k) { return k % run == 0; }); };
  while (run < layout.count() && layout.elements[llvm::Log2_64(run)] == run && layer.in % (2 * run) == 0 &&
         beginsAligned(2 * run))
    run *= 2;
  int64_t rows = llvm::divideCeil(fragmentsOf(layer), layer.steps) * chain.others;
  Values elements;
  for (int64_t first = 0; first < layout.count(); first += run) {
    int64_t offset = layout.offsetOf(first);
    Value loaded =
        weightsAt(layer, kernel.add(row, offset / unit.depth), kernel.add(k, offset % unit.depth), run, rows);
    for (int64_t i = 0; i < run; ++i)
      elements.push_back(vector::ExtractOp::create(b, loaded, ArrayRef<int64_t>{i}));
  }
  return vector::FromElementsOp::create(b, VectorType::get({layout.count()}, stored), elements);
}

/// [pairs of fragments][thread][fragment of the pair]: threads write what lies side by side. Several are on their way
/// at once, so that memory is waited for seldom.
void MatrixNetwork::loadWeights() {
  lane = kernel.rem(kernel.thread(), subgroupRows());
  ownRows = kernel.mul(kernel.div(kernel.thread(), subgroupRows()), blocks * rows.elements());
  if (!weightMemory)
    return;
  int64_t threads = subgroupRows(), count = weightLayout().count();
  for (auto &[weights, layer] : layers) {
    if (layer.place < 0)
      continue;
    int64_t all = fragmentsOf(layer) * threads;
    int64_t onTheWay = std::min<int64_t>(8, llvm::divideCeil(all, kernel.threads()));
    kernel.loop(kernel.thread(), kernel.index(all), kernel.threads() * onTheWay, [&](Value first) {
      Values numbers, fragments;
      for (int64_t some = 0; some < onTheWay; ++some) {
        numbers.push_back(kernel.add(first, some * kernel.threads()));
        Value i = some ? kernel.min(numbers.back(), kernel.index(all - 1)) : first;
        Value thread = kernel.rem(kernel.div(i, together), threads);
        Value number = kernel.add(kernel.mul(kernel.div(i, together * threads), together), kernel.rem(i, together));
        fragments.push_back(weightFragment(layer, number, thread));
      }
      for (auto [some, i, fragment] : llvm::enumerate(numbers, fragments))
        kernel.when(some && all % (kernel.threads() * onTheWay) ? kernel.less(i, kernel.index(all)) : Value(), [&] {
          vector::StoreOp::create(b, fragment, weightMemory, kernel.add(kernel.mul(i, count), layer.place));
        });
    });
  }
  kernel.barrier();
}

Value MatrixNetwork::asOperand(Value value) {
  if (!element.isBF16())
    return value;
  return vector::BitCastOp::create(b, cast<VectorType>(value.getType()).clone(element), value);
}

// ---- rows ------------------------------------------------------------------------------------

/// Where a row's chunk with the element `column` begins.
Value MatrixNetwork::chunkPlace(Value row, Value column) {
  Value block = kernel.div(column, rows.rowElements()), inBlock = kernel.rem(column, rows.rowElements());
  Value chunk = rows.placeOf(kernel, row, kernel.div(inBlock, rows.chunk));
  return kernel.add(kernel.add(ownRows, kernel.mul(block, rows.elements())), chunk);
}

/// Where a result is, or several in half a chunk. Of every second eight rows the halves have changed places, so that
/// threads with sixteen rows' halves meet every bank once.
Value MatrixNetwork::resultPlace(Value row, Value column) {
  Value half = kernel.mul(kernel.rem(kernel.div(row, 8), 2), rows.chunk / 2);
  Value inChunk = arith::XOrIOp::create(b, kernel.rem(column, rows.chunk), half);
  return kernel.add(chunkPlace(row, column), inChunk);
}

/// Which column stands where, so that the k of products are columns in their order: a thread reads chunks, each product
/// takes the next few k of all of them (FragmentLoads).
int64_t MatrixNetwork::columnAt(int64_t block, int64_t chunk, int64_t element) const {
  const FragmentLayout &layout = chain.operandOf(unit);
  SmallVector<int64_t> ofLanes = ordered(layout.lanes, unit.depth), own = ordered(layout.elements, unit.depth);
  int64_t lanes = int64_t(1) << ofLanes.size(), depth = int64_t(1) << own.size();
  return block * rows.rowElements() + chunk / lanes * lanes * rows.chunk + element / depth * unit.depth +
         sumOf(chunk % lanes, ofLanes) + sumOf(element % depth, own);
}

/// The thread's row, as the chunks that others read.
void MatrixNetwork::storeInputs(ValueRange inputs) {
  int64_t count = inputs.size(), rowElements = rows.rowElements();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(stored));
  for (int64_t block = 0; block * rowElements < count; ++block)
    for (int64_t chunk = 0; chunk < SharedRows::rowChunks; ++chunk) {
      Values elements;
      bool isEmpty = true;
      for (int64_t i = 0; i < rows.chunk; ++i) {
        int64_t column = columnAt(block, chunk, i);
        isEmpty &= column >= static_cast<int64_t>(llvm::alignTo(count, unit.depth));
        elements.push_back(
            column < count
                ? vector::ExtractOp::create(b, toStorage(b, inputs[column], element), ArrayRef<int64_t>{0}).getResult()
                : zero);
      }
      if (isEmpty)
        continue;
      vector::StoreOp::create(b, vector::FromElementsOp::create(b, rows.chunkType(), elements), rowMemory,
                              chunkPlace(lane, kernel.index(block * rowElements + chunk * rows.chunk)),
                              /*nontemporal=*/false, llvm::MaybeAlign(SharedRows::chunkBytes));
    }
}

/// Of each step, the operands of `atOnce` fragments of rows.
SmallVector<MatrixNetwork::Values> MatrixNetwork::loadOperands(Value firstRow, int64_t steps) {
  FragmentLoads loads(kernel, rows, {chain.operandOf(unit), chain.queries, unit.depth}, atOnce, kernel.index(0),
                      FragmentLoads::Kind::chunks, /*tileDepth=*/0);
  Value first = kernel.add(ownRows, kernel.mul(firstRow, rows.rowElements()));
  SmallVector<Values> operands;
  for (int64_t block = 0; static_cast<int64_t>(operands.size()) < steps; ++block)
    for (int64_t step = 0; step < loads.steps() && static_cast<int64_t>(operands.size()) < steps; ++step)
      llvm::append_range(operands, loads.load(rowMemory, kernel.add(first, block * rows.elements()), step));
  operands.resize(steps);
  return operands;
}

/// The last sums, as rows are stored.
void MatrixNetwork::storeSums(ArrayRef<Value> sums, Value firstRow, int64_t used) {
  Value ownRow = kernel.add(firstRow, sumOfBits(kernel, lane, chain.queryLanes));
  Value ownColumn = sumOfBits(kernel, lane, chain.otherLanes);
  int64_t count = unit.sums.count(), run = 1; // neighbouring columns of a row
  while (run < count && chain.otherOf(unit.sums.elements[llvm::Log2_64(run)]) == run)
    run *= 2;
  for (auto [number, sum] : llvm::enumerate(sums)) {
    int64_t fragment = static_cast<int64_t>(number) / atOnce, query = static_cast<int64_t>(number) % atOnce;
    for (int64_t i = 0; i < count; i += run) {
      int64_t place = unit.sums.offsetOf(i);
      Value row = kernel.add(ownRow, query * chain.queries + chain.queryOf(place));
      Value column = kernel.add(ownColumn, fragment * chain.others + chain.otherOf(place));
      SmallVector<int64_t> own = llvm::to_vector(llvm::seq(i, i + run));
      Value part = run == count ? sum : vector::ShuffleOp::create(b, sum, sum, own).getResult();
      vector::StoreOp::create(b, part, rowMemory, resultPlace(row, column));
    }
  }
}

/// The thread's row of them, as numbers of f32.
MatrixNetwork::Values MatrixNetwork::loadResults(int64_t used) {
  Values results;
  int64_t count = rows.chunk / 2;
  for (int64_t column = 0; column < used; column += count) {
    Value loaded =
        vector::LoadOp::create(b, VectorType::get({count}, stored), rowMemory, resultPlace(lane, kernel.index(column)));
    for (int64_t i = 0; i < std::min(count, used - column); ++i) {
      Value value = vector::ExtractOp::create(b, loaded, ArrayRef<int64_t>{i});
      results.push_back(fromStorage(b, vector::BroadcastOp::create(b, VectorType::get({1}, stored), value), element));
    }
  }
  return results;
}

// ---- layers ----------------------------------------------------------------------------------

/// Of the first `used` columns the rounded values, [fragment of columns][fragment of rows], as sums have them.
MatrixNetwork::Values MatrixNetwork::sumsOf(const Layer &layer, ArrayRef<Values> operands, int64_t used,
                                            Activation activation) {
  int64_t count = weightLayout().count(), fragments = llvm::divideCeil(used, chain.others);
  Value loaded;
  int64_t loadedNumber = -1;
  auto weightsAt = [&](int64_t number) -> Value {
    if (layer.place < 0)
      return asOperand(weightFragment(layer, kernel.index(number), lane));
    if (number / together != loadedNumber) {
      loadedNumber = number / together;
      Value place = kernel.add(kernel.mul(lane, together * count),
                               layer.place + loadedNumber * together * subgroupRows() * count);
      loaded = vector::LoadOp::create(b, VectorType::get({together * count}, stored), weightMemory, ValueRange(place),
                                      /*nontemporal=*/false, llvm::MaybeAlign(SharedRows::chunkBytes));
    }
    auto own = llvm::to_vector(llvm::seq(number % together * count, (number % together + 1) * count));
    return asOperand(together == 1 ? loaded : Value(vector::ShuffleOp::create(b, loaded, loaded, own)));
  };
  auto sumType = VectorType::get({unit.sums.count()}, b.getF32Type());
  Elements ofSums(kernel, unit.sums.count());
  Lanes v(ofSums);
  Values values;
  for (int64_t fragment = 0; fragment < fragments; ++fragment) {
    Values sums(atOnce, arith::ConstantOp::create(b, b.getZeroAttr(sumType)));
    for (int64_t step = 0; step < layer.steps; ++step) {
      Value weights = weightsAt(fragment * layer.steps + step);
      for (auto [sum, operand] : llvm::zip_equal(sums, operands[step]))
        sum = chain.multiply(b, unit, operand, weights, sum);
    }
    for (Value sum : sums)
      values.push_back(toStorage(b, activate(b, v, activation, sum, element), element));
  }
  return values;
}

/// Columns past `out` are 0: an infinite number times their weights, which are 0, is none.
SmallVector<MatrixNetwork::Values> MatrixNetwork::nextOperands(ArrayRef<Value> values, int64_t out) {
  int64_t steps = llvm::divideCeil(out, unit.depth), fragments = llvm::divideCeil(steps * unit.depth, chain.others);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(element));
  Value ownColumn = sumOfBits(kernel, lane, chain.otherLanes);
  SmallVector<Values> operands(steps);
  for (int64_t query = 0; query < atOnce; ++query) {
    Values numbers;
    for (int64_t fragment = 0; fragment < fragments; ++fragment) {
      size_t place = fragment * atOnce + query;
      Value value = place < values.size() ? asOperand(values[place]) : Value();
      Value first = kernel.add(ownColumn, fragment * chain.others);
      for (int64_t i = 0; i < unit.sums.count(); ++i) {
        Value number = value ? vector::ExtractOp::create(b, value, ArrayRef<int64_t>{i}).getResult() : zero;
        if (value && (fragment + 1) * chain.others > out)
          number = arith::SelectOp::create(
              b, kernel.less(kernel.add(first, chain.otherOf(unit.sums.offsetOf(i))), kernel.index(out)), number, zero);
        numbers.push_back(number);
      }
    }
    for (int64_t step = 0; step < steps; ++step)
      operands[step].push_back(
          chain.operand(b, unit, element, numbers, [&](int64_t k) { return step * unit.depth + k; }));
  }
  return operands;
}

SmallVector<Value> MatrixNetwork::compute(Elements &elements, MlpOp op, ValueRange inputs, int64_t used) {
  storeInputs(inputs);
  kernel.subgroupBarrier();
  auto last = op.getWeights().size() - 1;
  kernel.loop(kernel.index(0), kernel.index(subgroupRows()), atOnce * chain.queries, [&](Value firstRow) {
    SmallVector<Values> operands = loadOperands(firstRow, layerOf(op.getWeights()[0]).steps);
    for (auto [number, weights] : llvm::enumerate(op.getWeights())) {
      const Layer &current = layerOf(weights);
      if (number == last) {
        Values sums = sumsOf(current, operands, used, op.getOutputActivation());
        kernel.subgroupBarrier();
        storeSums(sums, firstRow, used);
        return;
      }
      operands = nextOperands(sumsOf(current, operands, current.out, op.getActivation()), current.out);
    }
  });
  kernel.subgroupBarrier();
  return loadResults(used);
}

} // namespace treadle
