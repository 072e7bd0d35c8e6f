//===- RowPasses.cpp - reductions in the order in which they can be made ----===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/RowPasses.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

// ---- softmax and normalizations as what they are made of -------------------------------------

void decompose(SoftmaxOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  int64_t axis = op.getAxis();
  Value x = op.getInput();
  Value peak = ReduceOp::create(b, loc, ReduceKind::max, x, ArrayRef(axis));
  Value shifted = SubOp::create(b, loc, x, peak);
  Value raised = ExpOp::create(b, loc, shifted);
  Value sum = ReduceOp::create(b, loc, ReduceKind::sum, raised, ArrayRef(axis));
  Value result;
  if (op.getLog()) {
    result = SubOp::create(b, loc, shifted, LogOp::create(b, loc, sum));
  } else {
    Value one = makeScalar(b, loc, 1, elementOf(x));
    result = MulOp::create(b, loc, raised, DivOp::create(b, loc, one, sum));
  }
  op.replaceAllUsesWith(result);
  op.erase();
}

void decompose(NormalizeOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  ArrayRef<int64_t> axes = op.getAxes();
  Value centred = op.getInput();
  Type element = elementOf(centred);
  if (op.getKind() == NormKind::layer)
    centred = SubOp::create(b, loc, centred, ReduceOp::create(b, loc, ReduceKind::mean, centred, axes));
  Value square = MulOp::create(b, loc, centred, centred);
  Value variance = ReduceOp::create(b, loc, ReduceKind::mean, square, axes);
  Value shifted = AddOp::create(b, loc, variance, makeScalar(b, loc, op.getEpsilon().convertToDouble(), element));
  Value scale = DivOp::create(b, loc, makeScalar(b, loc, 1, element), SqrtOp::create(b, loc, shifted));
  Value result = MulOp::create(b, loc, centred, scale);
  op.replaceAllUsesWith(result);
  op.erase();
}

void decomposeAll(func::FuncOp source) {
  for (Operation &op : llvm::make_early_inc_range(source.getBody().front())) {
    if (auto softmax = dyn_cast<SoftmaxOp>(op))
      decompose(softmax);
    else if (auto normalize = dyn_cast<NormalizeOp>(op))
      decompose(normalize);
  }
}

SmallVector<int64_t> axesOf(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    SmallVector<int64_t> axes(reduce.getAxes());
    llvm::sort(axes);
    return axes;
  }
  return {static_cast<int64_t>(cast<ArgReduceOp>(op).getAxis())};
}

} // namespace

bool RowPasses::isReduction(Operation *op) { return isa_and_nonnull<ReduceOp, ArgReduceOp>(op); }

RowPasses::RowPasses(func::FuncOp source) {
  decomposeAll(source);
  Block &body = source.getBody().front();
  for (Operation &op : body)
    if (isReduction(&op)) {
      dims = dimsOf(op.getOperand(0).getType());
      axes = axesOf(&op);
      break;
    }
  int64_t rank = dims.size();
  isAlongRow = axes.back() == rank - 1;
  isFlat = isAlongRow && axes.front() == rank - static_cast<int64_t>(axes.size()) && axes.size() > 1 &&
           reducedAreAlike(body);
  findPasses(body);
}

void RowPasses::findPasses(Block &body) {
  for (Operation &op : body.without_terminator()) {
    int64_t pass = 0;
    for (Value operand : op.getOperands())
      pass = std::max(pass, passOf(operand));
    if (isReduction(&op)) {
      reductions.resize(std::max<size_t>(reductions.size(), pass + 1));
      reductions[pass].push_back(&op);
      ++pass;
    }
    for (Value result : op.getResults())
      passes[result] = pass;
  }
  passCount = reductions.size();
  for (Value value : body.getTerminator()->getOperands())
    if (isFull(value))
      passCount = std::max(passCount, passOf(value) + 1);
}

/// Whether every tensor that is read has all reduced dimensions or none of them, and what is computed
/// from it follows only through elementwise ops.
bool RowPasses::reducedAreAlike(Block &body) const {
  for (Operation &op : body.without_terminator()) {
    if (!isElementwise(&op) && !isReduction(&op) && !isa<ConstantOp>(op))
      return false;
    for (Value operand : op.getOperands()) {
      Dims full(dims.size() - rankOf(operand), DimExpr::constant(op.getContext(), 1));
      llvm::append_range(full, dimsOf(operand.getType()));
      bool all = true, none = true;
      for (int64_t axis : axes) {
        all &= full[axis] == dims[axis];
        none &= full[axis] == 1;
      }
      if (!all && !none)
        return false;
    }
  }
  return true;
}

// ---- reductions ------------------------------------------------------------------------------

SmallVector<Value> RowPasses::startOf(Elements &elements, Operation *reduction) {
  Type element = elementOf(reduction->getOperand(0));
  if (auto reduce = dyn_cast<ReduceOp>(reduction))
    return {elements.constant(neutralOf(reduce.getKind(), element))};
  auto arg = cast<ArgReduceOp>(reduction);
  ReduceKind kind = arg.getKind() == ArgKind::max ? ReduceKind::max : ReduceKind::min;
  return {elements.constant(neutralOf(kind, element)), elements.constant(elements.b.getI32Type(), 0)};
}

SmallVector<Value> RowPasses::combine(ImplicitLocOpBuilder &b, Operation *reduction, ArrayRef<Value> a,
                                      ArrayRef<Value> c) {
  bool isUnsigned = elementOf(reduction->getOperand(0)).isUnsignedInteger();
  if (auto reduce = dyn_cast<ReduceOp>(reduction))
    return {emitCombine(b, reduce.getKind(), isUnsigned, a[0], c[0])};
  auto arg = cast<ArgReduceOp>(reduction);
  bool isMax = arg.getKind() == ArgKind::max, last = arg.getSelectLast();
  // Of equals the lower or the higher index.
  auto indexOrder = last ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::slt;
  Value better, equal, index = arith::CmpIOp::create(b, indexOrder, c[1], a[1]);
  if (isa<FloatType>(getElementTypeOrSelf(a[0].getType()))) {
    better = arith::CmpFOp::create(b, isMax ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT, c[0], a[0]);
    equal = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, c[0], a[0]);
    // NaN is further out than any number, and like another NaN.
    Value oldIsNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, a[0], a[0]);
    Value newIsNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, c[0], c[0]);
    Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, a[0], a[0]);
    better = arith::OrIOp::create(b, better, arith::AndIOp::create(b, newIsNaN, isNumber));
    equal = arith::OrIOp::create(b, equal, arith::AndIOp::create(b, newIsNaN, oldIsNaN));
  } else {
    using P = arith::CmpIPredicate;
    better = arith::CmpIOp::create(b, isUnsigned ? (isMax ? P::ugt : P::ult) : (isMax ? P::sgt : P::slt), c[0], a[0]);
    equal = arith::CmpIOp::create(b, P::eq, c[0], a[0]);
  }
  better = arith::OrIOp::create(b, better, arith::AndIOp::create(b, equal, index));
  return {arith::SelectOp::create(b, better, c[0], a[0]), arith::SelectOp::create(b, better, c[1], a[1])};
}

Value RowPasses::finish(Elements &elements, Operation *reduction, ArrayRef<Value> carried) {
  if (isa<ArgReduceOp>(reduction))
    return arith::ExtSIOp::create(elements.b, elements.vectorOf(elements.b.getI64Type()), carried[1]);
  auto reduce = cast<ReduceOp>(reduction);
  return reduce.getKind() == ReduceKind::mean ? elements.finishMean(reduce, carried[0]) : carried[0];
}

} // namespace treadle
