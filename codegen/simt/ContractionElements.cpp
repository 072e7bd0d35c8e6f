//===- ContractionElements.cpp - what products on workgroups read and write --===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/ContractionElements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::simt {

ContractionElements::ContractionElements(Kernel &kernel, Operation *op)
    : shape(ContractionShape::of(op)), kernel(kernel), b(kernel.b), op(op), conv(dyn_cast<ConvOp>(op)) {
  if (!conv)
    return;
  // What passes/layout/PackOperands.cpp makes of a filter [O, C, window..]; one without a window may be as it was.
  auto transpose = shape.rhs.getDefiningOp<TransposeOp>();
  if (!transpose) {
    Dims filter = dimsOf(shape.rhs.getType());
    bool isPoint = llvm::all_of(ArrayRef(filter).drop_front(2), [](DimExpr size) { return size == 1; });
    filterOrder = isPoint && isa<BlockArgument>(shape.rhs) ? FilterOrder::depthLast : FilterOrder::any;
    return;
  }
  if (!isa<BlockArgument>(transpose.getInput()))
    return;
  ArrayRef<int64_t> order = transpose.getPermutation();
  int64_t rank = order.size();
  SmallVector<int64_t> depthFirst = {rank - 1, rank - 2}, depthLast = {0, rank - 1};
  for (int64_t i = 2; i < rank; ++i) {
    depthFirst.push_back(i - 2);
    depthLast.push_back(i - 1);
  }
  if (order == ArrayRef(depthLast))
    filterOrder = FilterOrder::depthLast;
  else if (order == ArrayRef(depthFirst) && conv.getGroups() == 1)
    filterOrder = FilterOrder::depthFirst;
}

// ---- positions -------------------------------------------------------------------------------

ContractionElements::Row ContractionElements::rowAt(Value number) { return kernel.delinearize(number, shape.rows); }

ContractionElements::Step ContractionElements::stepAt(Value k) {
  Step step{k, {}};
  if (!conv)
    return step;
  Dims filter = dimsOf(shape.rhs.getType());
  Dims sizes(filter.begin() + 2, filter.end());
  sizes.push_back(filter[1]);
  step.place = kernel.delinearize(k, sizes);
  return step;
}

bool ContractionElements::isWithinTap(int64_t count) const {
  return !conv || dimOf(shape.rhs.getType(), 1).isMultipleOf(count);
}

ContractionElements::Step ContractionElements::stepAfter(const Step &step, int64_t count) {
  Step after{kernel.add(step.k, count), step.place};
  if (conv)
    after.place.back() = kernel.add(step.place.back(), count);
  return after;
}

Position ContractionElements::resultPosition(const Row &row, Value column) {
  Position position;
  if (!conv)
    for (Value index : outer)
      position.push_back(Elements::uniform(index));
  else if (conv.getGroups() != 1)
    column = kernel.add(column, kernel.mul(outer[0], kernel.size(shape.columns)));
  for (Value index : row)
    position.push_back(Elements::uniform(index));
  position.push_back(Elements::uniform(column));
  return position;
}

ContractionElements::Place ContractionElements::lhsAt(const Row &row, const Step &step) {
  Position position;
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    int64_t rank = rankOf(shape.lhs), resultRank = rankOf(op->getResult(0));
    SmallVector<Value> all(outer);
    llvm::append_range(all, row);
    Dims dims = dimsOf(shape.lhs.getType());
    for (int64_t i = 0; i < rank - 2; ++i)
      position.push_back(Elements::uniform(dims[i] == 1 ? kernel.index(0) : all[resultRank - rank + i]));
    Value m = all.back(), k = step.k;
    if (matmul.getTransposeLhs())
      std::swap(m, k);
    position.push_back(Elements::uniform(m));
    position.push_back(Elements::uniform(k));
    return {shape.lhs, position, {}, {}};
  }
  Value within;
  Dims dims = dimsOf(shape.lhs.getType());
  position.push_back(Elements::uniform(row[0]));
  for (int64_t i = 0; i < conv.spatialRank(); ++i) {
    Value at =
        kernel.add(kernel.mul(row[i + 1], conv.getStrides()[i]), kernel.mul(step.place[i], conv.getDilations()[i]));
    if (conv.getPadLow()[i] || conv.getPadHigh()[i]) {
      at = kernel.sub(at, kernel.index(conv.getPadLow()[i]));
      // As unsigned numbers, those below 0 are large.
      Value here = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at, kernel.size(dims[i + 1]));
      within = within ? Value(arith::AndIOp::create(b, within, here)) : here;
      at = arith::SelectOp::create(b, here, at, kernel.index(0));
    }
    position.push_back(Elements::uniform(at));
  }
  Value channel = step.place.back();
  if (conv.getGroups() != 1)
    channel = kernel.add(channel, kernel.mul(outer[0], kernel.size(dimOf(shape.rhs.getType(), 1))));
  position.push_back(Elements::uniform(channel));
  return {shape.lhs, position, {}, within};
}

ContractionElements::Place ContractionElements::rhsAt(const Step &step, Value column) {
  Position position;
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    int64_t rank = rankOf(shape.rhs), missing = rankOf(op->getResult(0)) - rank;
    Dims dims = dimsOf(shape.rhs.getType());
    for (int64_t i = 0; i < rank - 2; ++i)
      position.push_back(Elements::uniform(dims[i] == 1 ? kernel.index(0) : outer[missing + i]));
    Value k = step.k, n = column;
    if (matmul.getTransposeRhs())
      std::swap(k, n);
    position.push_back(Elements::uniform(k));
    position.push_back(Elements::uniform(n));
    return {shape.rhs, position, {}, {}};
  }
  if (conv.getGroups() != 1)
    column = kernel.add(column, kernel.mul(outer[0], kernel.size(shape.columns)));
  Coord across = Elements::uniform(column), down = Elements::uniform(step.k);
  if (filterOrder == FilterOrder::depthFirst)
    return {filterArgument(), {down, across}, matrixType(), {}};
  if (filterOrder == FilterOrder::depthLast)
    return {filterArgument(), {across, down}, matrixType(), {}};
  position.push_back(across);
  position.push_back(Elements::uniform(step.place.back()));
  for (Value tap : ArrayRef(step.place).drop_back())
    position.push_back(Elements::uniform(tap));
  return {shape.rhs, position, {}, {}};
}

Value ContractionElements::filterArgument() const {
  auto transpose = shape.rhs.getDefiningOp<TransposeOp>();
  return transpose ? transpose.getInput() : shape.rhs;
}

RankedTensorType ContractionElements::matrixType() const {
  DimExpr columns = dimOf(shape.rhs.getType(), 0);
  bool isDepthFirst = filterOrder == FilterOrder::depthFirst;
  return graph::tensorOf(isDepthFirst ? Dims{shape.depth, columns} : Dims{columns, shape.depth}, elementOf(shape.rhs));
}

// ---- elements --------------------------------------------------------------------------------

Value ContractionElements::load(Elements &elements, const Place &place) {
  if (!place.matrix)
    return elements.at(place.tensor, place.position);
  Value buffer = kernel.bufferOf(cast<BlockArgument>(place.tensor));
  return fromStorage(b, elements.load(buffer, place.matrix, place.position), elementOf(place.tensor));
}

Value ContractionElements::loadWide(Elements &elements, const Place &place) {
  Value value = extendTo(b, load(elements, place), shape.sumType, elementOf(place.tensor).isUnsignedInteger());
  if (!place.within)
    return value;
  return arith::SelectOp::create(b, elements.splat(place.within), value, elements.constant(shape.sumType, 0));
}

// ---- memory ----------------------------------------------------------------------------------

std::pair<int64_t, int64_t> ContractionElements::axesOf(Side side) const {
  int64_t rank = rankOf(operandOf(side));
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    bool isDepthLast = side == Side::lhs ? !matmul.getTransposeLhs() : matmul.getTransposeRhs();
    return isDepthLast ? std::pair(rank - 2, rank - 1) : std::pair(rank - 1, rank - 2);
  }
  return side == Side::lhs ? std::pair(rank - 2, rank - 1) : std::pair(int64_t(0), int64_t(1));
}

std::optional<Staging::Memory> ContractionElements::memoryOf(Side side) const {
  auto [row, depth] = axesOf(side);
  std::optional<Staging::Memory> memory = simt::memoryOf(kernel, operandOf(side), row, depth);
  if (!memory || !conv)
    return memory;
  // The rows of an image are more than one of its dimensions.
  if (memory->isTurned && side == Side::lhs)
    return std::nullopt;
  if (!memory->isTurned) // a tap's channels, of one group
    memory->divisible.push_back(dimOf(shape.rhs.getType(), 1));
  return memory;
}

Staging::Source ContractionElements::sourceOf(Side side) {
  auto [row, depth] = axesOf(side);
  Type element = elementOf(operandOf(side));
  auto placeAt = [this, side](Value row, Value k) {
    return side == Side::lhs ? lhsAt(rowAt(row), stepAt(k)) : rhsAt(stepAt(k), row);
  };
  Staging::Source source;
  source.rows = side == Side::lhs ? shape.rowCount() : shape.columns;
  source.depth = shape.depth;
  source.isDepthInner = isInner(operandOf(side), row, depth);
  source.memory = memoryOf(side);
  source.element = [this, element, placeAt](Elements &elements, Value row, Value k) -> Value {
    Place place = placeAt(row, k);
    Value value = toStorage(b, load(elements, place), element);
    if (!place.within)
      return value;
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(value.getType()));
    return arith::SelectOp::create(b, elements.splat(place.within), value, zero);
  };
  source.place = [this, placeAt](Value row, Value k) -> std::pair<Value, Value> {
    Place place = placeAt(row, k);
    Value index =
        place.matrix ? indexOf(kernel, place.matrix, place.position) : indexOf(kernel, place.tensor, place.position);
    return {index, place.within};
  };
  return source;
}

// ---- boxes -----------------------------------------------------------------------------------

/// Whether it is a convolution that is a product of matrices.
bool ContractionElements::isPoint() {
  Dims filter = dimsOf(shape.rhs.getType());
  auto are = [](ArrayRef<int64_t> numbers, int64_t wanted) {
    return llvm::all_of(numbers, [&](int64_t number) { return number == wanted; });
  };
  return llvm::all_of(ArrayRef(filter).drop_front(2), [](DimExpr size) { return size == 1; }) &&
         are(conv.getStrides(), 1) && are(conv.getPadLow(), 0) && are(conv.getPadHigh(), 0);
}

std::optional<BoxSource> ContractionElements::boxesOf(Side side) {
  std::optional<Staging::Memory> memory = memoryOf(side);
  if (!memory)
    return std::nullopt;
  BoxSource::Memory boxes{
      memory->buffer, side == Side::lhs ? shape.rowCount() : shape.columns, shape.depth, {}, {}, {}, {}, {}};
  SmallVector<int64_t> outerDims; // those of `outer` that boxes are at a place of
  if (conv) {
    if (conv.getGroups() != 1 || (side == Side::lhs ? !isPoint() : filterOrder == FilterOrder::any))
      return std::nullopt;
    DimExpr one = DimExpr::constant(b.getContext(), 1);
    bool isDepthFirst = side == Side::rhs && filterOrder == FilterOrder::depthFirst;
    std::tie(boxes.rowStride, boxes.depthStride) =
        isDepthFirst ? std::pair(one, boxes.rows) : std::pair(shape.depth, one);
  } else {
    Value tensor = operandOf(side);
    Dims dims = dimsOf(tensor.getType());
    SmallVector<DimExpr> strides = stridesOf(kernel, tensor);
    auto [rowDim, depthDim] = axesOf(side);
    boxes.rowStride = strides[rowDim];
    boxes.depthStride = strides[depthDim];
    int64_t batch = dims.size() - 2, missing = rankOf(op->getResult(0)) - 2 - batch;
    DimExpr collapsed = boxes.rowStride * dims[rowDim];
    for (int64_t i = batch - 1; i >= 0; --i) {
      if (dims[i] == 1)
        continue;
      if (shape.outer.empty()) { // further dimensions of rows
        if (strides[i] != collapsed)
          return std::nullopt;
        collapsed = collapsed * dims[i];
        continue;
      }
      boxes.outerSizes.insert(boxes.outerSizes.begin(), dims[i]);
      boxes.outerStrides.insert(boxes.outerStrides.begin(), strides[i]);
      outerDims.insert(outerDims.begin(), missing + i);
    }
  }
  boxes.outer = [this, outerDims] { return llvm::map_to_vector(outerDims, [&](int64_t dim) { return outer[dim]; }); };
  return BoxSource::of(elementOf(operandOf(side)), std::move(boxes));
}

} // namespace treadle::simt
