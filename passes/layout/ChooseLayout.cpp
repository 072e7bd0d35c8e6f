//===- ChooseLayout.cpp - channels last, over the whole graph ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One walk in order. A value may have a twin, the same tensor with channels last. Convolutions make
// twins; an op one of whose operands has a twin is done on twins, if it is of a kind whose dimensions
// can be renamed. Whoever needs the value in the model's order gets a transpose of the twin.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Evaluate.h"
#include "mlir/IR/Builders.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/layout/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_CHOOSELAYOUT
#include "passes/layout/Passes.h.inc"

namespace {

using Permutation = SmallVector<int64_t, 4>;

/// Twin dimension i is dimension permutation[i]: batch, places, channels.
Permutation toLast(int64_t rank) {
  Permutation result = {0};
  for (int64_t i = 2; i < rank; ++i)
    result.push_back(i);
  result.push_back(1);
  return result;
}
Permutation inverse(ArrayRef<int64_t> permutation) {
  Permutation result(permutation.size());
  for (auto [to, from] : llvm::enumerate(permutation))
    result[from] = to;
  return result;
}
Dims permute(ArrayRef<DimExpr> dims, ArrayRef<int64_t> permutation) {
  return llvm::map_to_vector(permutation, [&](int64_t from) { return dims[from]; });
}

class Chooser {
public:
  explicit Chooser(func::FuncOp function) : block(function.getBody().front()), b(function.getContext()) {}
  void run();

private:
  /// `value` with its dimensions in another order; a reshape where only those of size 1 move.
  Value permuted(Value value, ArrayRef<int64_t> permutation);
  Value twinOf(Value value);
  Value operandTwin(Value operand, int64_t rank);
  bool isWorthwhile(Operation *op);
  Operation *onTwins(Operation *op);
  void convertConv(ConvOp conv);
  bool adoptTranspose(TransposeOp transpose);
  void replace(Operation *op, Operation *twin);

  Block &block;
  OpBuilder b;
  DenseMap<Value, Value> twins;
};

Value Chooser::permuted(Value value, ArrayRef<int64_t> permutation) {
  Dims dims = dimsOf(value.getType());
  int64_t last = -1;
  bool moves = false;
  for (int64_t from : permutation) {
    if (dims[from] == 1)
      continue;
    moves |= from < last;
    last = from;
  }
  Operation *op;
  if (moves)
    op = TransposeOp::create(b, value.getLoc(), value, permutation);
  else
    op = ReshapeOp::create(b, value.getLoc(), value, permute(dims, permutation));
  return foldToConstant(b, op);
}

Value Chooser::twinOf(Value value) {
  Value &twin = twins[value];
  if (!twin) {
    // Where the value is made, so that all later uses can share it.
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfterValue(value);
    Value made = permuted(value, toLast(rankOf(value)));
    twins[value] = made;
    return made;
  }
  return twin;
}

/// An operand that broadcasts to a value of `rank` dimensions, for the value's twin.
Value Chooser::operandTwin(Value operand, int64_t rank) {
  if (rankOf(operand) == rank)
    return twinOf(operand);
  Dims dims = dimsOf(operand.getType());
  // Channels and at least one place: missing dimensions are put in front.
  if (llvm::all_of(dims, [](DimExpr dim) { return dim == 1; }))
    return operand;
  Dims full(rank - dims.size(), DimExpr::constant(b.getContext(), 1));
  llvm::append_range(full, dims);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfterValue(operand);
  Value wide = foldToConstant(b, ReshapeOp::create(b, operand.getLoc(), operand, full));
  b.setInsertionPointAfterValue(wide);
  return permuted(wide, toLast(rank));
}

/// Whether doing `op` on twins transposes less than doing it on the values themselves.
bool Chooser::isWorthwhile(Operation *op) {
  int64_t rank = rankOf(op->getResult(0));
  if (rank < 3 || op->getNumResults() != 1)
    return false;
  auto weight = [](Value value) {
    int64_t count = 1;
    for (DimExpr dim : dimsOf(value.getType()))
      count *= dim.constantValue().value_or(64);
    return count;
  };
  int64_t with = 0, without = 0;
  for (Value operand : op->getOperands()) {
    if (constantOf(operand))
      continue;
    bool hasTwin = rankOf(operand) == rank && twins.lookup(operand);
    (hasTwin ? with : without) += weight(operand);
  }
  return with > 0 && with >= without;
}

/// The same op on twins, if it is one whose dimensions can be renamed.
Operation *Chooser::onTwins(Operation *op) {
  int64_t rank = rankOf(op->getResult(0));
  Permutation order = toLast(rank), places = inverse(order);
  auto clone = [&](ValueRange operands) {
    Dims dims = permute(dimsOf(op->getResult(0).getType()), order);
    OperationState state(op->getLoc(), op->getName(), operands, {tensorOf(dims, elementOf(op->getResult(0)))},
                         op->getAttrs());
    state.propertiesAttr = op->getPropertiesAsAttribute();
    return b.create(state);
  };
  auto renamed = [&](ArrayRef<int64_t> axes) {
    return llvm::map_to_vector(axes, [&](int64_t axis) { return places[axis]; });
  };
  if (isElementwise(op)) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(operandTwin(operand, rank));
    return clone(operands);
  }
  Value input = op->getNumOperands() ? op->getOperand(0) : Value();
  if (!input || rankOf(input) != rank)
    return nullptr;
  return llvm::TypeSwitch<Operation *, Operation *>(op)
      .Case<PoolOp, ResizeOp>([&](auto typed) {
        auto twin = cast<decltype(typed)>(clone(twinOf(input)));
        twin.setAxes(renamed(typed.getAxes()));
        return twin;
      })
      .Case<ReduceOp, NormalizeOp>([&](auto typed) {
        auto twin = cast<decltype(typed)>(clone(twinOf(input)));
        SmallVector<int64_t> axes(renamed(typed.getAxes()));
        llvm::sort(axes);
        twin.setAxes(axes);
        return twin;
      })
      .Case<ArgReduceOp, ScanOp, SoftmaxOp>([&](auto typed) {
        auto twin = cast<decltype(typed)>(clone(twinOf(input)));
        twin.setAxis(places[typed.getAxis()]);
        return twin;
      })
      .Case<ConcatOp>([&](ConcatOp concat) {
        auto twin =
            cast<ConcatOp>(clone(llvm::map_to_vector(concat.getInputs(), [&](Value value) { return twinOf(value); })));
        twin.setAxis(places[concat.getAxis()]);
        return twin;
      })
      .Case<PadOp>([&](PadOp pad) {
        auto list = [&](DimsAttr dims) {
          return DimsAttr::get(b.getContext(),
                               llvm::map_to_vector(order, [&](int64_t from) { return dims.getDims()[from]; }));
        };
        auto twin = cast<PadOp>(clone({twinOf(input), pad.getValue()}));
        twin.setLowAttr(list(pad.getLow()));
        twin.setHighAttr(list(pad.getHigh()));
        return twin;
      })
      .Case<SliceOp>([&](SliceOp slice) {
        auto twin = cast<SliceOp>(clone(twinOf(input)));
        twin.setStartsAttr(DimsAttr::get(b.getContext(), llvm::map_to_vector(order, [&](int64_t from) {
                                           return slice.getStarts().getDims()[from];
                                         })));
        twin.setSteps(llvm::map_to_vector(order, [&](int64_t from) { return slice.getSteps()[from]; }));
        return twin;
      })
      .Case<BroadcastOp>([&](BroadcastOp) { return clone(twinOf(input)); })
      .Default([](Operation *) { return nullptr; });
}

/// Users of `op` are given the twin in the model's order, as far as they need it at all.
void Chooser::replace(Operation *op, Operation *twin) {
  Value result = twin->getResult(0);
  Permutation back = inverse(toLast(rankOf(result)));
  if (twin->hasAttr("graph.value"))
    twin->setAttr("graph.permutation", b.getDenseI64ArrayAttr(toLast(rankOf(result))));
  Value original = permuted(result, back);
  op->getResult(0).replaceAllUsesWith(original);
  twins[original] = result;
  op->erase();
}

void Chooser::convertConv(ConvOp conv) {
  Value input = twinOf(conv.getInput());
  auto twin = ConvOp::create(b, conv.getLoc(), input, conv.getFilter(), conv.getStrides(), conv.getDilations(),
                             conv.getPadLow(), conv.getPadHigh(), conv.getGroups(), /*channelsLast=*/true);
  for (NamedAttribute attr : conv->getDiscardableAttrs())
    twin->setAttr(attr.getName(), attr.getValue());
  replace(conv, twin);
}

/// Transposes that the model itself has between the two orders make twins too.
bool Chooser::adoptTranspose(TransposeOp transpose) {
  int64_t rank = rankOf(transpose);
  if (rank < 3)
    return false;
  Value input = transpose.getInput();
  Permutation order = toLast(rank);
  if (transpose.getPermutation() == ArrayRef(inverse(order)) && !twins.lookup(transpose)) {
    twins[transpose] = input;
    return true;
  }
  if (transpose.getPermutation() != ArrayRef(order))
    return false;
  if (Value twin = twins.lookup(input)) {
    transpose.replaceAllUsesWith(twin);
    transpose.erase();
  } else {
    twins[input] = transpose;
  }
  return true;
}

void Chooser::run() {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    b.setInsertionPoint(&op);
    if (auto conv = dyn_cast<ConvOp>(op)) {
      if (!conv.getChannelsLast())
        convertConv(conv);
      continue;
    }
    if (auto transpose = dyn_cast<TransposeOp>(op); transpose && adoptTranspose(transpose))
      continue;
    if (op.getNumResults() != 1 || !isa<GraphOpInterface>(op) || !isWorthwhile(&op))
      continue;
    if (Operation *twin = onTwins(&op))
      replace(&op, twin);
  }
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

struct ChooseLayout : impl::ChooseLayoutBase<ChooseLayout> {
  void runOnOperation() override { Chooser(getOperation()).run(); }
};

} // namespace
} // namespace treadle
