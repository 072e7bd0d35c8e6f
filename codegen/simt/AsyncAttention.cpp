//===- AsyncAttention.cpp - attention of what a device copies by itself -------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention.cpp's online softmax as in FlashAttention-3 (Shah et al., 2024). One subgroup does nothing but start
// copies, of the task's queries once and of blocks of K and V into a ring of stages (Boxes.h); units of threads have
// some of the queries each, and what is between the two products stays in their registers.
//
//     task: one place of the leading dimensions, a block of queries
//       S = Q K^T of the last block of keys; P, m, l of it
//       for each block before
//         start S = Q K^T, and behind it O = c * O + P V of the block after
//         when S is there: P = exp2(S' - m'), with the change c of m, l and O, while the other product is made
//       O = c * O + P V of the first block; result = O / l
//
// S' is scale * log2(e) * S, m' the same of m. All of them go through their tasks on their own: nobody waits for
// everybody, and a task's first copies are made while the one before is not done yet. The kernel is persistent, so that
// there are such. Those that copy hand their registers to those that multiply. Two units take turns: one starts its
// products while the other one is at its softmax. Keys are gone through backwards, so that blocks of which some are not
// seen come first and the others need not ask.
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/AttentionPlan.h"
#include "codegen/simt/Boxes.h"
#include "codegen/simt/MatrixAttention.h"
#include "codegen/simt/OnlineSoftmax.h"
#include "codegen/simt/RowStore.h"
#include "codegen/simt/Staging.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

using simt::AttentionPlan, simt::BoxSource, simt::BoxTile, simt::OnlineSoftmax, simt::RowStore, simt::StageRing,
    simt::sumOfBits;

class AsyncAttention : AttentionShape {
public:
  AsyncAttention(func::FuncOp source, const Target &target, AttentionOp op, const AttentionPlan &plan);
  /// Whether all operands can be copied.
  bool isPossible() { return queries_ && keys_ && values_; }
  void emit();

private:
  using Turn = StageRing::Turn;
  /// What the loop over blocks of keys carries.
  struct State {
    SmallVector<Value> sums, weights; // O and P
    SmallVector<OnlineSoftmax::Row> rows;
    Turn turn;
    Value order; // of units, modulo 2
  };

  std::optional<BoxSource> sourceOf(Value tensor, int64_t rowDim, int64_t depthDim);
  void setUpBarriers();
  void enter(Value task);
  Turn copy(Turn turn, Value round);
  void multiply();
  State attend(Turn turn, Value order, Value round);

  State next(State state, Value block, bool isMasked);
  Value scoreKeys(Turn turn);
  void addValues(State &state);
  void weigh(State &state, Value scores, Value block, bool isMasked);
  void mask(MutableArrayRef<Value> scores, Value block);
  static SmallVector<Value> changesOf(const State &state) {
    return llvm::map_to_vector(state.rows, [](const OnlineSoftmax::Row &row) { return row.change; });
  }
  SmallVector<Value> pack(const State &state);
  State unpack(ValueRange values);
  bool hasMask() { return hasWindow() || !keys.isMultipleOf(plan.keys()); }
  Value keyOf(Value block) { return seen.keyAt(kernel, kernel.mul(block, plan.keys())); }
  /// Whether later blocks of queries have more or fewer keys than earlier ones.
  bool isUneven() { return before.has_value() != after.has_value(); }
  Value other(Value bit) { return arith::XOrIOp::create(b, bit, kernel.index(1)); }
  /// Multiplies each row of O.
  void scale(State &state, ArrayRef<Value> factors);
  void wait(Value barrier, Value parity) { tile::BarrierWaitOp::create(b, barriers, barrier, parity); }
  void arrive(Value barrier) {
    kernel.when(simt::isFirstLane(kernel), [&] { tile::BarrierArriveOp::create(b, barriers, barrier); });
  }
  void release(Turn turn) {
    kernel.when(simt::isFirstLane(kernel), [&] { ring.free(turn.stage); });
  }
  Value queriesFilled() { return kernel.index(ring.barrierCount()); }
  Value queriesFreed() { return kernel.index(ring.barrierCount() + 1); }
  Value orderOf(Value unit) { return kernel.add(unit, ring.barrierCount() + 2); }
  int64_t barrierCount() const { return ring.barrierCount() + 2 + plan.units; }

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  const AttentionPlan &plan;
  const MatrixUnit &score;
  Type element, stored;
  std::optional<BoxSource> queries_, keys_, values_;
  std::optional<BoxTile> queryTile, keyTile, valueTile;
  StageRing ring;
  OnlineSoftmax softmax;
  Value queryMemory, stages, barriers;

  SmallVector<Value> outer; // the current place
  Value firstQuery, blocks; // of keys, those of which some are seen
  SeenKeys seen;
  Value part, inUnit, ownRow, ownColumn;
};

AsyncAttention::AsyncAttention(func::FuncOp source, const Target &target, AttentionOp op, const AttentionPlan &plan)
    : AttentionShape(op), kernel(source, target), b(kernel.b), plan(plan), score(*plan.score),
      element(elementOf(op.getQuery())), stored(storageType(element)),
      ring(kernel, plan.stages, plan.multiplying() / target.subgroupThreads),
      softmax(kernel, score, op.getScale().convertToDouble()) {
  int64_t rank = rankOf(op.getQuery());
  queries_ = sourceOf(op.getQuery(), rank - 2, rank - 1);
  keys_ = sourceOf(op.getKey(), rank - 2, rank - 1);
  values_ = sourceOf(op.getValue(), rank - 1, rank - 2); // its rows are columns of the result
}

std::optional<BoxSource> AsyncAttention::sourceOf(Value tensor, int64_t rowDim, int64_t depthDim) {
  std::optional<simt::Staging::Memory> memory = simt::memoryOf(kernel, tensor, rowDim, depthDim);
  if (!memory)
    return std::nullopt;
  Dims dims = dimsOf(tensor.getType());
  SmallVector<DimExpr> strides = simt::stridesOf(kernel, tensor);
  BoxSource::Memory boxes{memory->buffer, dims[rowDim], dims[depthDim], strides[rowDim], strides[depthDim], {}, {}, {}};
  SmallVector<int64_t> places;
  for (int64_t i = 0; i < static_cast<int64_t>(dims.size()) - 2; ++i) {
    if (dims[i] == 1)
      continue;
    boxes.outerSizes.push_back(dims[i]);
    boxes.outerStrides.push_back(strides[i]);
    places.push_back(i);
  }
  boxes.outer = [this, places] { return llvm::map_to_vector(places, [&](int64_t dim) { return outer[dim]; }); };
  return BoxSource::of(element, std::move(boxes));
}

// ---- copies ----------------------------------------------------------------------------------

void AsyncAttention::setUpBarriers() {
  int64_t unitSubgroups = score.threads() / kernel.target.subgroupThreads;
  kernel.when(simt::isFirstThread(kernel), [&] {
    ring.init();
    tile::BarrierInitOp::create(b, barriers, queriesFilled(), 1);
    tile::BarrierInitOp::create(b, barriers, queriesFreed(), plan.multiplying() / kernel.target.subgroupThreads);
    for (int64_t i = 0; i < plan.units; ++i)
      tile::BarrierInitOp::create(b, barriers, orderOf(kernel.index(i)), unitSubgroups);
  });
  tile::BarrierPublishOp::create(b);
  kernel.barrier();
}

/// By one thread, in the order in which the units need them: K of a block, and V of the one before.
AsyncAttention::Turn AsyncAttention::copy(Turn turn, Value round) {
  Value zero = kernel.index(0);
  auto fill = [&](const BoxTile &tile, bool isKeys, Turn turn, Value block) {
    ring.startFilling(turn, tile.bytes());
    Value key = keyOf(block), place = kernel.mul(turn.stage, plan.stageElements());
    tile.copy(isKeys ? key : zero, isKeys ? zero : key, stages, place, barriers, ring.filled(turn.stage));
    return ring.next(turn);
  };
  wait(queriesFreed(), other(round));
  tile::BarrierExpectOp::create(b, barriers, queriesFilled(), queryTile->bytes());
  queryTile->copy(firstQuery, zero, queryMemory, zero, barriers, queriesFilled());
  Value last = kernel.sub(blocks, kernel.index(1));
  turn = fill(*keyTile, true, turn, last);
  SmallVector<Value> end =
      kernel.loop(zero, last, 1, {turn.stage, turn.parity}, [&](Value i, ValueRange carried) -> SmallVector<Value> {
        Value after = kernel.sub(last, i);
        Turn turn = fill(*keyTile, true, {carried[0], carried[1]}, kernel.sub(after, kernel.index(1)));
        turn = fill(*valueTile, false, turn, after);
        return {turn.stage, turn.parity};
      });
  return fill(*valueTile, false, {end[0], end[1]}, zero);
}

// ---- products --------------------------------------------------------------------------------

/// Starts S of a block of keys.
Value AsyncAttention::scoreKeys(Turn turn) {
  auto type = VectorType::get({score.sums.count()}, sumType);
  Value sums = arith::ConstantOp::create(b, b.getZeroAttr(type));
  Value ofQueries = kernel.mul(part, queryTile->offsetOf(score.rows, 0));
  Value ofKeys = kernel.mul(turn.stage, plan.stageElements());
  tile::MultiplyBeginOp::create(b);
  int64_t end = llvm::alignTo(*depth.constantValue(), score.depth);
  for (int64_t k = 0; k < end; k += score.depth)
    sums = tile::MultiplySharedOp::create(
        b, type, ArrayRef<int64_t>{score.rows, score.columns, score.depth}, element, queryMemory,
        kernel.add(ofQueries, queryTile->offsetOf(0, k)), stages, kernel.add(ofKeys, keyTile->offsetOf(0, k)), sums,
        plan.depth, queryTile->isTurned(), keyTile->isTurned(), /*unsignedLhs=*/false, /*unsignedRhs=*/false,
        /*overwrites=*/k == 0);
  tile::MultiplyCommitOp::create(b);
  return sums;
}

/// Starts O += P V of the block of keys that P is of.
void AsyncAttention::addValues(State &state) {
  Value start = kernel.mul(state.turn.stage, plan.stageElements());
  tile::MultiplyBeginOp::create(b);
  for (auto [step, weights] : llvm::enumerate(state.weights)) {
    int64_t column = 0;
    for (auto [unit, sums] : llvm::zip_equal(plan.results, state.sums)) {
      int64_t offset = valueTile->offsetOf(column, static_cast<int64_t>(step) * unit->depth);
      sums = tile::MultiplyHeldOp::create(b, sums.getType(), ArrayRef<int64_t>{unit->rows, unit->columns, unit->depth},
                                          weights, stages, kernel.add(start, offset), sums, plan.keys(),
                                          valueTile->isTurned(),
                                          /*overwrites=*/false);
      column += unit->columns;
    }
  }
  tile::MultiplyCommitOp::create(b);
}

// ---- softmax ---------------------------------------------------------------------------------

void AsyncAttention::scale(State &state, ArrayRef<Value> factors) {
  for (auto [unit, sums] : llvm::zip_equal(plan.results, state.sums)) {
    SmallVector<Value> all;
    for (int64_t i = 0; i < unit->sums.count(); ++i)
      all.push_back(factors[softmax.rowOf(*unit, i)]);
    auto type = cast<VectorType>(sums.getType());
    sums = arith::MulFOp::create(b, sums, vector::FromElementsOp::create(b, type, all));
  }
}

/// Scores of a block's keys that are not seen become -infinity.
void AsyncAttention::mask(MutableArrayRef<Value> scores, Value block) {
  Value first = kernel.add(keyOf(block), ownColumn), size = kernel.size(keys), common;
  // From the thread's first key on: where the prefix ends, where each row's window starts and ends.
  if (hasWindow() && prefix)
    common = kernel.sub(kernel.min(size, kernel.index(prefix)), first);
  SmallVector<Value> starts, ends;
  for (int64_t row : softmax.rows()) {
    Value position = kernel.add(kernel.add(kernel.add(firstQuery, ownRow), row), kernel.size(shift())), end = size;
    if (after)
      end = kernel.min(end, kernel.add(position, *after + 1));
    ends.push_back(kernel.sub(end, first));
    if (before)
      starts.push_back(kernel.sub(kernel.sub(position, kernel.index(*before)), first));
    else if (common)
      ends.back() = kernel.max(ends.back(), common);
  }
  Value nothing = softmax.number(-std::numeric_limits<double>::infinity());
  for (auto [i, value] : llvm::enumerate(scores)) {
    Value column = kernel.index(score.sums.offsetOf(i) % score.columns);
    int64_t row = softmax.rowOf(score, i);
    Value isSeen = kernel.less(column, ends[row]);
    if (before) {
      Value isLate = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, column, starts[row]);
      isSeen = arith::AndIOp::create(b, isSeen, isLate);
      if (common)
        isSeen = arith::OrIOp::create(b, isSeen, kernel.less(column, common));
    }
    value = arith::SelectOp::create(b, isSeen, value, nothing);
  }
}

/// P of a block of keys, with what that does to m and l, and is to be done to O.
void AsyncAttention::weigh(State &state, Value scores, Value block, bool isMasked) {
  SmallVector<Value> values;
  for (int64_t i = 0; i < score.sums.count(); ++i)
    values.push_back(vector::ExtractOp::create(b, scores, i));
  if (isMasked)
    mask(values, block);
  softmax.weigh(values, state.rows);
  int64_t held = score.lhs.count();
  for (auto [step, weights] : llvm::enumerate(state.weights)) {
    Value wide =
        vector::FromElementsOp::create(b, VectorType::get({held}, sumType), ArrayRef(values).slice(step * held, held));
    weights = arith::TruncFOp::create(b, VectorType::get({held}, element), wide);
  }
}

// ---- blocks of keys --------------------------------------------------------------------------

SmallVector<Value> AsyncAttention::pack(const State &state) {
  SmallVector<Value> values(state.sums);
  values.append(state.weights);
  for (const OnlineSoftmax::Row &row : state.rows)
    values.append({row.peak, row.total, row.change});
  values.append({state.turn.stage, state.turn.parity, state.order});
  return values;
}

AsyncAttention::State AsyncAttention::unpack(ValueRange values) {
  State state;
  auto take = [&](size_t count) {
    ValueRange taken = values.take_front(count);
    values = values.drop_front(count);
    return taken;
  };
  state.sums = take(plan.results.size());
  state.weights = take(plan.keys() / score.depth);
  for (size_t i = 0; i < softmax.rows().size(); ++i) {
    ValueRange row = take(3);
    state.rows.push_back({row[0], row[1], row[2]});
  }
  state.turn = {values[0], values[1]};
  state.order = values[2];
  return state;
}

/// Goes on to a block of keys; P and O are of all those that came before but the last, whose V comes with it.
AsyncAttention::State AsyncAttention::next(State state, Value block, bool isMasked) {
  Turn ofKeys = state.turn, ofValues = ring.next(ofKeys);
  // The other unit's products are on their way; in the first round it is as if it had been so for the first unit.
  if (plan.units > 1)
    wait(orderOf(part), arith::XOrIOp::create(b, state.order, other(part)));
  ring.waitUntilFilled(ofKeys);
  Value scores = scoreKeys(ofKeys);
  scale(state, changesOf(state));
  ring.waitUntilFilled(ofValues);
  state.turn = ofValues;
  addValues(state);
  if (plan.units > 1)
    arrive(orderOf(other(part)));
  scores = tile::MultiplyWaitOp::create(b, scores.getType(), 1, scores);
  release(ofKeys);
  weigh(state, scores, block, isMasked);
  for (Value &sums : state.sums)
    sums = tile::MultiplyWaitOp::create(b, sums.getType(), 0, sums);
  release(ofValues);
  state.turn = ring.next(ofValues);
  state.order = other(state.order);
  return state;
}

/// O / l of the unit's queries, and where the ring is then.
AsyncAttention::State AsyncAttention::attend(Turn turn, Value order, Value round) {
  Value zero = kernel.index(0), last = kernel.sub(blocks, kernel.index(1));
  State state;
  SmallVector<Value> start;
  for (const MatrixUnit *unit : plan.results)
    start.push_back(arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get({unit->sums.count()}, sumType))));
  auto held = VectorType::get({score.lhs.count()}, element);
  start.append(plan.keys() / score.depth, arith::ConstantOp::create(b, b.getZeroAttr(held)));
  for (const OnlineSoftmax::Row &row : softmax.start())
    start.append({row.peak, row.total, row.change});
  start.append({turn.stage, turn.parity, order});
  state = unpack(start);

  wait(queriesFilled(), round);
  ring.waitUntilFilled(state.turn);
  Value scores = scoreKeys(state.turn);
  scores = tile::MultiplyWaitOp::create(b, scores.getType(), 0, scores);
  release(state.turn);
  weigh(state, scores, last, hasMask());
  state.turn = ring.next(state.turn);

  // Blocks from `from` on and before `to` are seen whole by all queries. Of those behind, the last one's mask is known
  // to be the only one where queries and keys are cut alike.
  auto goOn = [&](Value end, Value start, bool isMasked) {
    state = unpack(kernel.loop(zero, kernel.sub(end, start), 1, pack(state), [&](Value i, ValueRange carried) {
      return pack(next(unpack(carried), kernel.sub(kernel.sub(end, i), kernel.index(1)), isMasked));
    }));
  };
  Value from = zero, to = last, position = kernel.add(firstQuery, kernel.size(shift()));
  auto blocksBefore = [&](Value key) {
    return kernel.sub(kernel.div(key, plan.keys()), kernel.div(seen.gap, plan.keys()));
  };
  bool isLastAlone = after == 0 && shift().isMultipleOf(plan.keys()) && plan.queries() <= plan.keys();
  if (after && (!isLastAlone || (before && prefix))) {
    Value whole = kernel.max(kernel.add(position, *after + 1), kernel.index(before ? 0 : prefix));
    to = kernel.min(last, blocksBefore(whole));
    goOn(last, to, /*isMasked=*/true);
  }
  if (before) {
    Value start = kernel.max(kernel.add(position, kernel.index(plan.queries() - 1 - *before)), zero);
    from = kernel.min(to, blocksBefore(kernel.add(start, plan.keys() - 1)));
  }
  goOn(to, from, /*isMasked=*/false);
  if (before)
    goOn(from, zero, /*isMasked=*/true);

  arrive(queriesFreed());
  scale(state, changesOf(state));
  ring.waitUntilFilled(state.turn);
  addValues(state);
  SmallVector<Value> factors;
  Value one = softmax.number(1);
  for (const OnlineSoftmax::Row &row : state.rows)
    factors.push_back(arith::DivFOp::create(b, one, softmax.totalOf(row)));
  for (Value &sums : state.sums)
    sums = tile::MultiplyWaitOp::create(b, sums.getType(), 0, sums);
  release(state.turn);
  state.turn = ring.next(state.turn);
  scale(state, factors);
  return state;
}

// ---- the kernel ------------------------------------------------------------------------------

/// Tasks that run at the same time share keys and values; or, where later queries see more of them, or fewer, those
/// with the most work come first, so that all are done at about the same time.
void AsyncAttention::enter(Value task) {
  SmallVector<DimExpr> grid(outerDims);
  DimExpr down = queries.ceilDiv(plan.queries());
  grid.insert(isUneven() ? grid.begin() : grid.end(), down);
  SmallVector<Value> at = kernel.delinearize(task, grid);
  Value block = isUneven() ? at.front() : at.back();
  if (isUneven() && after)
    block = kernel.sub(kernel.sub(kernel.size(down), kernel.index(1)), block);
  at.erase(isUneven() ? at.begin() : at.end() - 1);
  outer = at;
  firstQuery = kernel.mul(block, plan.queries());
  // One block at least, of which nothing is seen, if need be.
  seen = seenKeys(kernel, firstQuery, plan.queries(), plan.keys());
  Value end = kernel.max(seen.end, kernel.index(1));
  blocks = kernel.div(kernel.add(end, plan.keys() - 1), plan.keys());
}

void AsyncAttention::multiply() {
  Turn first = ring.first();
  kernel.tasks({first.stage, first.parity, kernel.index(0), kernel.index(0)}, [&](Value task, ValueRange carried) {
    enter(task);
    State state = attend({carried[0], carried[1]}, carried[2], carried[3]);
    RowStore(kernel, *this).store(plan.results, state.sums, {outer, kernel.add(firstQuery, ownRow), inUnit});
    return SmallVector<Value>{state.turn.stage, state.turn.parity, state.order, other(carried[3])};
  });
}

void AsyncAttention::emit() {
  kernel.setThreads(plan.threads());
  kernel.setPersistent();
  queryTile.emplace(kernel, *queries_, stored, plan.queries(), plan.depth);
  keyTile.emplace(kernel, *keys_, stored, plan.keys(), plan.depth);
  valueTile.emplace(kernel, *values_, stored, plan.columns, plan.keys());

  int64_t elementBytes = stored.getIntOrFloatBitWidth() / 8, stageBytes = plan.stageElements() * elementBytes;
  int64_t bytes = queryTile->bytes() + plan.stages * stageBytes;
  Value memory = kernel.shared(b.getI8Type(), bytes + barrierCount() * StageRing::barrierBytes, simt::boxPatternBytes);
  queryMemory = simt::sharedPart(kernel, memory, stored, queryTile->elements(), 0);
  stages = simt::sharedPart(kernel, memory, stored, plan.stages * plan.stageElements(), queryTile->bytes());
  barriers = simt::sharedPart(kernel, memory, b.getI64Type(), barrierCount(), bytes);
  ring.setBarriers(barriers);
  part = kernel.div(kernel.thread(), score.threads());
  inUnit = kernel.rem(kernel.thread(), score.threads());
  SmallVector<int64_t> rows, columns;
  for (int64_t weight : score.sums.lanes) {
    rows.push_back(weight / score.columns);
    columns.push_back(weight % score.columns);
  }
  ownColumn = sumOfBits(kernel, inUnit, columns);
  ownRow = kernel.add(kernel.mul(part, score.rows), sumOfBits(kernel, inUnit, rows));

  setUpBarriers();
  auto takeRegisters = [&](int64_t count, bool isFewer) {
    if (count)
      tile::RegistersOp::create(b, count, isFewer);
  };
  Value isCopying = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, part, kernel.index(plan.units));
  kernel.when(
      isCopying,
      [&] {
        takeRegisters(plan.kept, /*isFewer=*/true);
        Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, inUnit, kernel.index(0));
        kernel.when(isFirst, [&] {
          Turn first = ring.first();
          kernel.tasks({first.stage, first.parity, kernel.index(0)}, [&](Value task, ValueRange carried) {
            enter(task);
            Turn turn = copy({carried[0], carried[1]}, carried[2]);
            return SmallVector<Value>{turn.stage, turn.parity, other(carried[2])};
          });
        });
      },
      [&] {
        takeRegisters(plan.taken, /*isFewer=*/false);
        multiply();
      });
  SmallVector<DimExpr> grid(outerDims);
  grid.push_back(queries.ceilDiv(plan.queries()));
  kernel.finish({product(b.getContext(), grid)});
}

} // namespace

bool simt::scheduleAsyncAttention(func::FuncOp source, const Target &target, AttentionOp op) {
  AttentionShape shape(op);
  Type element = elementOf(op.getQuery());
  // Scores are compared before they are scaled.
  if (op.getBias() || !(op.getScale().convertToDouble() > 0) || !shape.sumType.isF32() ||
      elementOf(op.getKey()) != element || elementOf(op.getValue()) != element || !shape.keys.isAtLeast(1) ||
      !shape.depth.isConstant() || !shape.width.isConstant() || *shape.depth.constantValue() < 1 ||
      *shape.width.constantValue() < 1)
    return false;
  std::optional<AttentionPlan> plan = AttentionPlan::of(target, shape, element);
  if (!plan)
    return false;
  AsyncAttention attention(source, target, op, *plan);
  if (!attention.isPossible())
    return false;
  attention.emit();
  return true;
}

} // namespace treadle
