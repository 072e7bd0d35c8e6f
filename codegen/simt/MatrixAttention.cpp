//===- MatrixAttention.cpp - attention on matrix units -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention.cpp's online softmax as in FlashAttention-2 (Dao, 2023): each subgroup has the queries of one fragment, and
// all that is between the two products stays in its registers.
//
//     task: one place of the leading dimensions, a block of queries, a block of V's columns
//       Q to shared memory
//       for each block of keys
//         S = Q K^T, while V comes to shared memory
//         P = exp(scale * S + bias - m'), with the change of m, l and O, while the next K does
//         O += P V
//       result = O / l
//
// P is an operand of the second product where the first one's sums are (FragmentChain.h). Where a thread chooses its
// own k (SharedRows.h), the keys of V are brought to shared memory in the order that the sums have them.
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/MatrixAttention.h"
#include "codegen/AttentionShape.h"
#include "codegen/simt/FragmentChain.h"
#include "codegen/simt/Staging.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

using simt::FragmentChain, simt::FragmentLoads, simt::SharedRows, simt::Staging, simt::sumOfBits;

constexpr int64_t subgroups = 4, maxColumns = 128;

struct Chain : FragmentChain {
  bool loadsMatrices;
};

std::optional<Chain> chainOf(const Target &target, const MatrixUnit &unit, Type element) {
  int64_t bytes = storageType(element).getIntOrFloatBitWidth() / 8;
  bool loadsMatrices = target.loadsMatrices && unit.isLoadedAsMatrices(bytes);
  if (std::optional<FragmentChain> chain = FragmentChain::of(unit, /*inOrder=*/loadsMatrices))
    return Chain{*chain, loadsMatrices};
  return std::nullopt;
}

/// What a workgroup works on at a time.
struct Blocks {
  Blocks(const AttentionShape &shape, Type element, const Chain &chain, int64_t keys)
      : inRow(SharedRows(element, 0).rowElements()), queries(subgroups * chain.queries), keys(keys),
        depth(llvm::alignTo(*shape.depth.constantValue(), inRow)),
        columns(llvm::alignTo(std::min(maxColumns, *shape.width.constantValue()), std::max(inRow, chain.others))) {}

  int64_t inRow; // elements of a row of chunks
  int64_t queries, keys, depth, columns;
  int64_t elements() const { return queries * depth + keys * depth + keys * columns; }
};

class MatrixAttention : AttentionShape {
public:
  MatrixAttention(func::FuncOp source, const Target &target, AttentionOp op, const MatrixUnit &unit, const Chain &chain,
                  const Blocks &blocks);
  void emit();

private:
  Staging::Source sourceOf(Value tensor, int64_t rowDim, int64_t depthDim);
  Staging::Source valueSource();

  void emitTask();
  SmallVector<Value> attend(const SeenKeys &seen);
  SmallVector<Value> scoreKeys();
  Value scoreOf(Value sums, int64_t element, Value query, Value key);
  SmallVector<Value> weighKeys(ArrayRef<Value> scores, Value firstKey, MutableArrayRef<Value> state);
  Value weightFragment(ArrayRef<Value> weights, int64_t slot);
  void addValues(ArrayRef<Value> weights, MutableArrayRef<Value> sums);
  void storeResult(ArrayRef<Value> state);

  FragmentLoads fragmentsOf(const Staging &staging, bool isOfQueries, int64_t rows, Value firstRow, int64_t tileDepth);
  Position positionIn(Value operand, Value row, Value column) {
    return AttentionShape::positionIn(kernel, outer, operand, Elements::uniform(row), Elements::uniform(column));
  }
  /// Which of the thread's queries an element of sums is of.
  int64_t slotOf(int64_t element) const {
    return llvm::find(ownQueries, chain.queryOf(unit.sums.offsetOf(element))) - ownQueries.begin();
  }
  int64_t fragments() const { return blocks.columns / chain.others; }
  Value last(DimExpr size) { return kernel.sub(kernel.size(size), kernel.index(1)); }

  VectorType scalarType() { return VectorType::get({1}, sumType); }
  Value constant(double value) {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(scalarType(), b.getFloatAttr(sumType, value)));
  }
  Value zeroSums() {
    return arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get({unit.sums.count()}, sumType)));
  }
  Value elementAt(Value sums, int64_t element) {
    return vector::BroadcastOp::create(b, scalarType(), vector::ExtractOp::create(b, sums, element));
  }
  Value scalarOf(Value value) { return vector::ExtractOp::create(b, value, ArrayRef<int64_t>{0}); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value max(Value x, Value y) {
    return arith::SelectOp::create(b, arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, y, x), y, x);
  }
  /// Weights below 2^-126 are 0.
  Value exp(Value x) { return math::ExpOp::create(b, x, arith::FastMathFlags::afn); }
  /// A value of each thread put together for those that have the same query.
  Value overOthers(Value value, Value (MatrixAttention::*combine)(Value, Value));

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  const MatrixUnit &unit;
  const Chain &chain;
  const Blocks blocks;
  Type element;
  SmallVector<int64_t> ownQueries; // of a thread in a fragment, beside its first
  SmallVector<int64_t> keyWeights; // what the bits of a k of V's tile add to its key
  std::unique_ptr<Staging> queryTile, keyTile, valueTile;
  int64_t keyOffset, valueOffset; // in shared memory
  Value memory, subgroup, lane;

  SmallVector<Value> outer; // the current place
  Value firstQuery, firstColumn, ownQuery, ownOther;
};

MatrixAttention::MatrixAttention(func::FuncOp source, const Target &target, AttentionOp op, const MatrixUnit &unit,
                                 const Chain &chain, const Blocks &blocks)
    : AttentionShape(op), kernel(source, target), b(kernel.b), unit(unit), chain(chain), blocks(blocks),
      element(elementOf(op.getQuery())) {
  kernel.setThreads(subgroups * target.subgroupThreads);
  for (int64_t i = 0; i < unit.sums.count(); ++i)
    if (int64_t query = chain.queryOf(unit.sums.offsetOf(i)); !llvm::is_contained(ownQueries, query))
      ownQueries.push_back(query);
  // In chunks, the k within a thread's chunk, and the next chunks, are the keys that the thread has itself, in their
  // order; and which of a step's chunks it is, those that other threads have. With matrices k are keys.
  SmallVector<int64_t> own, others;
  for (int64_t weight = 1; weight < blocks.keys; weight *= 2)
    (llvm::is_contained(chain.otherLanes, weight) && !chain.loadsMatrices ? others : own).push_back(weight);
  auto inChunk = own.begin() + llvm::Log2_64(blocks.inRow / SharedRows::rowChunks);
  keyWeights.assign(own.begin(), inChunk);
  keyWeights.append(others);
  keyWeights.append(inChunk, own.end());

  int64_t rank = rankOf(op.getQuery());
  auto stage = [&](int64_t rows, int64_t depth, Staging::Source source) {
    return std::make_unique<Staging>(kernel, element, rows, depth, std::move(source),
                                     chain.loadsMatrices && blocks.inRow == 32);
  };
  queryTile = stage(blocks.queries, blocks.depth, sourceOf(op.getQuery(), rank - 2, rank - 1));
  keyTile = stage(blocks.keys, blocks.depth, sourceOf(op.getKey(), rank - 2, rank - 1));
  valueTile = stage(blocks.columns, blocks.keys, valueSource());
  keyOffset = queryTile->rows.elements();
  valueOffset = keyOffset + keyTile->rows.elements();
}

Staging::Source MatrixAttention::sourceOf(Value tensor, int64_t rowDim, int64_t depthDim) {
  auto position = [this, tensor, isTransposed = rowDim > depthDim](Value row, Value k) {
    return isTransposed ? positionIn(tensor, k, row) : positionIn(tensor, row, k);
  };
  Staging::Source source;
  source.rows = dimOf(tensor.getType(), rowDim);
  source.depth = dimOf(tensor.getType(), depthDim);
  source.isDepthInner = simt::isInner(tensor, rowDim, depthDim);
  source.memory = simt::memoryOf(kernel, tensor, rowDim, depthDim);
  source.element = [=, this](Elements &elements, Value row, Value k) {
    return toStorage(b, elements.at(tensor, position(row, k)), element);
  };
  source.place = [=, this](Value row, Value k) {
    return std::pair(simt::indexOf(kernel, tensor, position(row, k)), Value());
  };
  return source;
}

/// V transposed: its rows are columns of the result.
Staging::Source MatrixAttention::valueSource() {
  int64_t rank = rankOf(op.getValue());
  Staging::Source source = sourceOf(op.getValue(), rank - 1, rank - 2);
  if (llvm::is_sorted(keyWeights))
    return source;
  source.memory.reset();
  source.order = [this](Value k) {
    Value inBlock = kernel.rem(k, blocks.keys);
    return kernel.add(kernel.sub(k, inBlock), sumOfBits(kernel, inBlock, keyWeights));
  };
  return source;
}

// ---- products --------------------------------------------------------------------------------

FragmentLoads MatrixAttention::fragmentsOf(const Staging &staging, bool isOfQueries, int64_t rows, Value firstRow,
                                           int64_t tileDepth) {
  using Kind = FragmentLoads::Kind;
  Kind kind = staging.isTurned() ? Kind::turned : chain.loadsMatrices ? Kind::matrices : Kind::chunks;
  int64_t unitRows = isOfQueries ? chain.queries : chain.others;
  const FragmentLayout &layout = isOfQueries == chain.isUpright ? unit.lhs : unit.rhs;
  return FragmentLoads(kernel, staging.rows, {layout, unitRows, unit.depth}, rows / unitRows, firstRow, kind,
                       tileDepth);
}

/// S of a block of keys.
SmallVector<Value> MatrixAttention::scoreKeys() {
  Value firstRow = kernel.mul(subgroup, chain.queries);
  FragmentLoads queries = fragmentsOf(*queryTile, true, chain.queries, firstRow, blocks.depth);
  FragmentLoads keys = fragmentsOf(*keyTile, false, blocks.keys, kernel.index(0), blocks.depth);
  SmallVector<Value> sums(blocks.keys / chain.others, zeroSums());
  for (int64_t block = 0; block < blocks.depth / blocks.inRow; ++block)
    for (int64_t step = 0; step < keys.steps(); ++step) {
      auto ofQueries = queries.load(memory, kernel.index(queryTile->blockOffset(block)), step);
      auto ofKeys = keys.load(memory, kernel.index(keyOffset + keyTile->blockOffset(block)), step);
      for (auto [query, fragments] : llvm::zip_equal(ofQueries, ofKeys))
        for (auto [sum, key] : llvm::zip_equal(sums, fragments))
          sum = chain.multiply(b, unit, query[0], key, sum);
    }
  return sums;
}

/// Of the weights of a block, those that are the operand for k from `slot` on.
Value MatrixAttention::weightFragment(ArrayRef<Value> weights, int64_t slot) {
  SmallVector<int64_t> depthBits;
  for (int64_t weight : chain.operandOf(unit).elements)
    if (weight < unit.depth)
      depthBits.push_back(weight);
  return chain.operand(b, unit, element, weights, [&](int64_t k) {
    if (!chain.loadsMatrices) { // the k that a thread has are side by side in its chunk
      int64_t number = 0;
      for (auto [bit, weight] : llvm::enumerate(depthBits))
        number += k & weight ? int64_t(1) << bit : 0;
      k = number;
    }
    int64_t key = 0;
    for (auto [bit, weight] : llvm::enumerate(keyWeights))
      key += (slot + k) >> bit & 1 ? weight : 0;
    return key;
  });
}

/// O += P V of a block of keys.
void MatrixAttention::addValues(ArrayRef<Value> weights, MutableArrayRef<Value> sums) {
  FragmentLoads values = fragmentsOf(*valueTile, false, blocks.columns, kernel.index(0), blocks.keys);
  int64_t inStep = blocks.inRow / values.steps();
  for (int64_t block = 0; block < blocks.keys / blocks.inRow; ++block)
    for (int64_t step = 0; step < values.steps(); ++step) {
      auto products = values.load(memory, kernel.index(valueOffset + valueTile->blockOffset(block)), step);
      // Those of one step share its chunks.
      int64_t ownDepth = chain.loadsMatrices ? 0 : blocks.inRow / SharedRows::rowChunks / products.size();
      for (auto [product, fragments] : llvm::enumerate(products)) {
        Value weight = weightFragment(weights, block * blocks.inRow + step * inStep + product * ownDepth);
        for (auto [sum, value] : llvm::zip_equal(sums, fragments))
          sum = chain.multiply(b, unit, weight, value, sum);
      }
    }
}

// ---- softmax ---------------------------------------------------------------------------------

Value MatrixAttention::overOthers(Value value, Value (MatrixAttention::*combine)(Value, Value)) {
  for (auto [bit, weight] : llvm::enumerate(chain.otherLanes))
    if (weight)
      value = (this->*combine)(value, kernel.exchange(value, int64_t(1) << bit));
  return value;
}

/// scale * S + bias, -infinity where the query does not see the key.
Value MatrixAttention::scoreOf(Value sums, int64_t element, Value query, Value key) {
  Elements elements(kernel, 1);
  Value score = arith::MulFOp::create(b, elementAt(sums, element), constant(op.getScale().convertToDouble()));
  if (op.getBias()) {
    Value row = kernel.min(query, last(queries)), column = kernel.min(key, last(keys));
    score = addBias(elements, outer, score, Elements::uniform(row), Elements::uniform(column));
  }
  Value seen;
  if (!keys.isMultipleOf(blocks.keys))
    seen = kernel.less(key, kernel.size(keys));
  if (Value ofMask = isSeen(kernel, query, key))
    seen = seen ? Value(arith::AndIOp::create(b, seen, ofMask)) : ofMask;
  if (!seen)
    return score;
  return arith::SelectOp::create(b, elements.splat(seen), score, constant(-std::numeric_limits<double>::infinity()));
}

/// P of a block of keys, element by element as the second product takes it, with what that does to O, m and l.
SmallVector<Value> MatrixAttention::weighKeys(ArrayRef<Value> scores, Value firstKey, MutableArrayRef<Value> state) {
  int64_t count = unit.sums.count(), slots = ownQueries.size();
  MutableArrayRef<Value> sums = state.take_front(fragments()), peaks = state.slice(fragments(), slots),
                         totals = state.take_back(slots);
  SmallVector<Value> weights, found(peaks);
  for (auto [fragment, score] : llvm::enumerate(scores))
    for (int64_t i = 0; i < count; ++i) {
      int64_t place = unit.sums.offsetOf(i);
      Value query = kernel.add(ownQuery, chain.queryOf(place));
      Value key = kernel.add(kernel.add(firstKey, ownOther), fragment * chain.others + chain.otherOf(place));
      weights.push_back(scoreOf(score, i, query, key));
      found[slotOf(i)] = max(found[slotOf(i)], weights.back());
    }
  SmallVector<Value> changes;
  for (int64_t slot = 0; slot < slots; ++slot) {
    Value peak = overOthers(found[slot], &MatrixAttention::max);
    changes.push_back(exp(arith::SubFOp::create(b, peaks[slot], peak)));
    totals[slot] = arith::MulFOp::create(b, totals[slot], changes[slot]);
    peaks[slot] = peak;
  }
  for (auto [number, weight] : llvm::enumerate(weights)) {
    int64_t slot = slotOf(number % count);
    Value value = exp(arith::SubFOp::create(b, weight, peaks[slot]));
    totals[slot] = add(totals[slot], value);
    if (element != sumType)
      value = arith::TruncFOp::create(b, VectorType::get({1}, element), value);
    weight = scalarOf(value);
  }
  SmallVector<Value> factors;
  for (int64_t i = 0; i < count; ++i)
    factors.push_back(scalarOf(changes[slotOf(i)]));
  Value factor = vector::FromElementsOp::create(b, cast<VectorType>(sums[0].getType()), factors);
  for (Value &sum : sums)
    sum = arith::MulFOp::create(b, sum, factor);
  return weights;
}

// ---- tasks -----------------------------------------------------------------------------------

/// O, m and l of all keys that are seen. While one product is made, the other's operand comes to shared memory.
SmallVector<Value> MatrixAttention::attend(const SeenKeys &seen) {
  bool copies = valueTile->isCopied() || keyTile->isCopied() || queryTile->isCopied();
  Value zero = kernel.index(0), keyPlace = kernel.index(keyOffset), valuePlace = kernel.index(valueOffset);
  auto commit = [&] {
    if (copies)
      tile::CommitOp::create(b);
  };
  auto arrive = [&] {
    if (copies)
      tile::WaitOp::create(b, 0);
    kernel.barrier();
  };
  kernel.when(keys.isAtLeast(1) ? Value() : kernel.less(zero, kernel.size(keys)), [&] {
    queryTile->finish(queryTile->start(firstQuery, zero, memory, zero), memory, zero);
    keyTile->finish(keyTile->start(seen.keyAt(kernel, zero), zero, memory, keyPlace), memory, keyPlace);
    commit();
  });
  // Before any key m is the least number rather than -infinity, so that keys that are masked out by that weigh nothing;
  // where all of them are, 0 / 0 is what a softmax of them is.
  SmallVector<Value> state(fragments(), zeroSums());
  state.append(ownQueries.size(), constant(-std::numeric_limits<float>::max()));
  state.append(ownQueries.size(), constant(0));
  state = kernel.loop(zero, seen.end, blocks.keys, state, [&](Value place, ValueRange carried) {
    SmallVector<Value> next(carried);
    Value firstKey = seen.keyAt(kernel, place);
    arrive();
    SmallVector<Value> valueChunks = valueTile->start(firstColumn, firstKey, memory, valuePlace);
    commit();
    SmallVector<Value> scores = scoreKeys();
    valueTile->finish(valueChunks, memory, valuePlace);
    arrive();
    Value nextKey = seen.keyAt(kernel, kernel.add(place, blocks.keys));
    if (keys.isMultipleOf(blocks.keys)) // after the last block that one again, as none is asked whether it is there
      nextKey = kernel.min(nextKey, kernel.sub(kernel.size(keys), kernel.index(blocks.keys)));
    SmallVector<Value> keyChunks = keyTile->start(nextKey, zero, memory, keyPlace);
    commit();
    SmallVector<Value> weights = weighKeys(scores, firstKey, next);
    addValues(weights, MutableArrayRef(next).take_front(fragments()));
    keyTile->finish(keyChunks, memory, keyPlace);
    return next;
  });
  arrive();
  return state;
}

void MatrixAttention::storeResult(ArrayRef<Value> state) {
  SmallVector<Value> totals;
  for (Value total : state.take_back(ownQueries.size()))
    totals.push_back(overOthers(total, &MatrixAttention::add));
  for (int64_t fragment = 0; fragment < fragments(); ++fragment)
    for (int64_t i = 0; i < unit.sums.count(); ++i) {
      int64_t place = unit.sums.offsetOf(i);
      Value query = kernel.add(ownQuery, chain.queryOf(place));
      Value column = kernel.add(kernel.add(firstColumn, ownOther), fragment * chain.others + chain.otherOf(place));
      Value exists;
      if (!queries.isMultipleOf(blocks.queries))
        exists = kernel.less(query, kernel.size(queries));
      if (!width.isMultipleOf(blocks.columns)) {
        Value here = kernel.less(column, kernel.size(width));
        exists = exists ? Value(arith::AndIOp::create(b, exists, here)) : here;
      }
      kernel.when(exists, [&] {
        Value result = arith::DivFOp::create(b, elementAt(state[fragment], i), totals[slotOf(i)]);
        Elements elements(kernel, 1);
        elements.bind(op.getResult(), [&](const Position &) { return result; });
        elements.storeTransposed(positionIn(op.getResult(), query, column));
      });
    }
}

void MatrixAttention::emitTask() {
  ownQuery = kernel.add(kernel.add(firstQuery, kernel.mul(subgroup, chain.queries)),
                        sumOfBits(kernel, lane, chain.queryLanes));
  ownOther = sumOfBits(kernel, lane, chain.otherLanes);
  SeenKeys seen = seenKeys(kernel, firstQuery, blocks.queries, blocks.keys);
  Value canMove;
  for (Staging *tile : {queryTile.get(), keyTile.get(), valueTile.get()})
    if (Value can = tile->canMoveChunks())
      canMove = canMove ? Value(arith::AndIOp::create(b, canMove, can)) : can;
  auto setMoving = [&](bool moves) {
    for (Staging *tile : {queryTile.get(), keyTile.get(), valueTile.get()})
      tile->setMoving(moves);
  };
  setMoving(true);
  if (!canMove)
    return storeResult(attend(seen));
  SmallVector<Type> types(fragments(), zeroSums().getType());
  types.append(2 * ownQueries.size(), scalarType());
  auto branch = scf::IfOp::create(b, types, canMove, /*withElseRegion=*/true);
  for (bool moves : {true, false}) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(moves ? branch.thenBlock() : branch.elseBlock());
    setMoving(moves);
    scf::YieldOp::create(b, attend(seen));
  }
  storeResult(SmallVector<Value>(branch.getResults()));
}

void MatrixAttention::emit() {
  memory = kernel.shared(storageType(element), valueOffset + valueTile->rows.elements());
  subgroup = kernel.div(kernel.thread(), kernel.target.subgroupThreads);
  lane = kernel.rem(kernel.thread(), kernel.target.subgroupThreads);
  SmallVector<DimExpr> grid(outerDims);
  grid.push_back(queries.ceilDiv(blocks.queries));
  grid.push_back(width.ceilDiv(blocks.columns));
  kernel.tasks([&](Value task) {
    SmallVector<Value> at = kernel.delinearize(task, grid);
    outer.assign(at.begin(), at.end() - 2);
    firstQuery = kernel.mul(at[at.size() - 2], blocks.queries);
    firstColumn = kernel.mul(at.back(), blocks.columns);
    emitTask();
  });
  kernel.finish({product(b.getContext(), grid)});
}

} // namespace

bool simt::scheduleMatrixAttention(func::FuncOp source, const Target &target, AttentionOp op) {
  AttentionShape shape(op);
  Type element = elementOf(op.getQuery());
  if (!shape.depth.isConstant() || !shape.width.isConstant() || !shape.sumType.isF32() ||
      elementOf(op.getKey()) != element || elementOf(op.getValue()) != element || *shape.depth.constantValue() < 1 ||
      *shape.width.constantValue() < 1)
    return false;
  std::optional<int64_t> queries = shape.queries.constantValue();
  for (const MatrixUnit &unit : target.matrixUnits) {
    std::optional<Chain> chain = unit.multiplies(element) ? chainOf(target, unit, element) : std::nullopt;
    // Of few queries most of a unit would multiply nothing.
    if (!chain || (queries && *queries < chain->queries / 2))
      continue;
    // As many keys as are 128 bytes side by side; of more a thread's scores, and which of them exist, would not all
    // find registers.
    int64_t most = 128 / (storageType(element).getIntOrFloatBitWidth() / 8);
    for (int64_t keys : {most, most / 2}) {
      if (keys < chain->others)
        continue;
      Blocks blocks(shape, element, *chain, keys);
      if (blocks.elements() * storageType(element).getIntOrFloatBitWidth() / 8 > target.sharedBytes)
        continue;
      MatrixAttention(source, target, op, unit, *chain, blocks).emit();
      return true;
    }
  }
  return false;
}

} // namespace treadle
