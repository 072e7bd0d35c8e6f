//===- Elements.cpp - code for elements of a tensor, at a position ----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory, and the ops that are index maps. Those whose index is computed are in GatheredElements.cpp, ops that
// look at several elements of their operand for one of theirs in CombinedElements.cpp, arithmetic in Scalar.cpp.
//
//===----------------------------------------------------------------------===//

#include "codegen/elements/Elements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

// ---- vectors and coordinates -----------------------------------------------------------------

/// Index arithmetic is written anew for each row of a tile, so values are compared by what computes them.
static bool isSame(Value a, Value c) {
  if (a == c)
    return true;
  Operation *first = a ? a.getDefiningOp() : nullptr, *second = c ? c.getDefiningOp() : nullptr;
  return first && second && first->getNumRegions() == 0 && isMemoryEffectFree(first) &&
         cast<OpResult>(a).getResultNumber() == cast<OpResult>(c).getResultNumber() &&
         OperationEquivalence::isEquivalentTo(
             first, second, [](Value a, Value c) { return success(isSame(a, c)); }, /*markEquivalent=*/nullptr,
             OperationEquivalence::IgnoreLocations);
}

bool Coord::operator==(const Coord &other) const {
  return offset == other.offset && lane == other.lane && row == other.row && isSame(base, other.base) &&
         isSame(lanes, other.lanes);
}

std::optional<int64_t> Coord::known() const {
  APInt number(64, 0);
  if (!isUniform() || (base && !matchPattern(base, m_ConstantInt(&number))))
    return std::nullopt;
  return number.getSExtValue() + offset;
}

Value Elements::splat(Value scalar) { return vector::BroadcastOp::create(b, vectorOf(scalar.getType()), scalar); }

Value Elements::constant(TypedAttr scalar) {
  return arith::ConstantOp::create(b, DenseElementsAttr::get(vectorOf(scalar.getType()), Attribute(scalar)));
}

Value Elements::constant(Type elementType, double value) {
  if (isa<FloatType>(elementType))
    return constant(b.getFloatAttr(elementType, value));
  return constant(IntegerAttr::get(
      elementType, APInt(elementType.getIntOrFloatBitWidth(), static_cast<int64_t>(value), true, true)));
}

Value Elements::scalar(const Coord &coord) {
  return coord.base ? kernel.add(coord.base, coord.offset) : kernel.index(coord.offset);
}

Value Elements::vector(const Coord &coord) {
  if (coord.lanes) {
    if (!coord.offset)
      return coord.lanes;
    return arith::AddIOp::create(b, coord.lanes, constant(b.getI32Type(), coord.offset));
  }
  Value start = splat(arith::IndexCastOp::create(b, b.getI32Type(), scalar(coord)));
  if (coord.lane == 0)
    return start;
  SmallVector<int32_t> steps;
  for (int64_t i = 0; i < lanes; ++i)
    steps.push_back(i * coord.lane);
  Value step = arith::ConstantOp::create(b, DenseElementsAttr::get(vectorOf(b.getI32Type()), ArrayRef(steps)));
  return arith::AddIOp::create(b, start, step);
}

Value Elements::masked(Value inside, llvm::function_ref<Value()> body) {
  Value saved = mask;
  mask = saved ? Value(arith::AndIOp::create(b, saved, inside)) : inside;
  Value result = body();
  mask = saved;
  return result;
}

// ---- memory ----------------------------------------------------------------------------------

/// Sums coordinates into a row-major position: a uniform part, a distance from lane to lane, a distance
/// from row to row, and a vector where lanes go anywhere.
namespace {
struct Linear {
  Value base;
  int64_t lane = 0, row = 0, offset = 0;
  Value lanes;
};
} // namespace

static Linear linearize(Elements &elements, RankedTensorType type, const Position &position) {
  Kernel &kernel = elements.kernel;
  ImplicitLocOpBuilder &b = elements.b;
  Linear result;
  result.base = kernel.index(0);
  SmallVector<DimExpr> strides = kernel.strides(type);
  for (auto [coord, stride] : llvm::zip(position, strides)) {
    std::optional<int64_t> step = stride.constantValue();
    bool arbitrary = coord.lanes || (coord.lane != 0 && !step);
    if (arbitrary) {
      Value scale = elements.splat(arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(stride)));
      Value term = arith::MulIOp::create(b, elements.vector(coord), scale);
      result.lanes = result.lanes ? Value(arith::AddIOp::create(b, result.lanes, term)) : term;
      continue;
    }
    if (coord.base)
      result.base = kernel.add(result.base, kernel.mul(coord.base, kernel.size(stride)));
    if (step) {
      result.offset += coord.offset * *step;
      result.lane += coord.lane * *step;
      result.row += coord.row * *step;
    } else {
      if (coord.offset)
        result.base = kernel.add(result.base, kernel.mul(kernel.size(stride), coord.offset));
      if (coord.row)
        result.row = -1; // not constant: never contiguous
    }
  }
  return result;
}

Value Elements::load(Value memory, RankedTensorType type, const Position &position) {
  Type stored = storageType(type.getElementType());
  Linear at = linearize(*this, type, position);
  Value start = kernel.add(at.base, at.offset);
  if (hasWholeRows && !mask && !at.lanes && !position.empty() && position.back().known() && together(type) > 1)
    return loadTogether(memory, type, position, start);
  if (!at.lanes && at.lane == 1) {
    if (!mask)
      return vector::LoadOp::create(b, vectorOf(stored), memory, start);
    if (lanes == 1 && elementCount(type).constantValue().value_or(0) > 0) {
      // A number: element 0, which is there, is read faster in place of what the mask leaves out than not at all.
      Value inside = vector::ExtractOp::create(b, mask, ArrayRef<int64_t>{0});
      Value place = arith::SelectOp::create(b, inside, start, kernel.index(0));
      Value zero = arith::ConstantOp::create(b, b.getZeroAttr(stored));
      return splat(arith::SelectOp::create(b, inside, memref::LoadOp::create(b, memory, place), zero));
    }
    Value rest = arith::ConstantOp::create(b, b.getZeroAttr(vectorOf(stored)));
    return vector::MaskedLoadOp::create(b, vectorOf(stored), memory, start, mask, rest);
  }
  if (!at.lanes && at.lane == 0 && !mask)
    return splat(memref::LoadOp::create(b, memory, start));
  if (!at.lanes && tileRows == lanes && at.row == 1 && at.lane != 0 && !mask)
    return loadTransposed(memory, stored, position, start, at.lane);
  Value all = constant(b.getBoolAttr(true)), rest = arith::ConstantOp::create(b, b.getZeroAttr(vectorOf(stored)));
  Value indices = vector(Coord{{}, 0, at.lane, 0, {}});
  if (at.lanes)
    indices = at.lane ? Value(arith::AddIOp::create(b, at.lanes, indices)) : at.lanes;
  return vector::GatherOp::create(b, vectorOf(stored), memory, start, indices, mask ? mask : all, rest);
}

/// No more than 16 bytes, as which a GPU's memory is aligned.
int64_t Elements::together(RankedTensorType type) {
  if (type.getRank() == 0)
    return 1;
  int64_t bytes = storageType(type.getElementType()).getIntOrFloatBitWidth() / 8;
  return std::gcd(dimsOf(type).back().constantValue().value_or(1), std::min(16 / bytes, threadVector));
}

Value Elements::loadTogether(Value memory, RankedTensorType type, const Position &position, Value start) {
  Type stored = storageType(type.getElementType());
  int64_t count = together(type), number = *position.back().known() % count;
  Position origin = position;
  origin.back().offset -= number;
  Tile *tile = llvm::find_if(tiles, [&](Tile &tile) { return tile.memory == memory && tile.origin == origin; });
  if (tile == tiles.end()) {
    tile = &tiles.emplace_back();
    *tile = {memory, origin, {}};
    Value all = vector::LoadOp::create(b, VectorType::get({count}, stored), memory,
                                       ValueRange(kernel.sub(start, kernel.index(number))), /*nontemporal=*/false,
                                       llvm::MaybeAlign(count * stored.getIntOrFloatBitWidth() / 8));
    for (int64_t i = 0; i < count; ++i)
      tile->rows.push_back(splat(vector::ExtractOp::create(b, all, ArrayRef<int64_t>{i})));
  }
  return tile->rows[number];
}

void Elements::storeTogether(ArrayRef<Value> elements, Value memory, RankedTensorType type, const Position &position) {
  Linear at = linearize(*this, type, position);
  SmallVector<Value> stored;
  for (Value element : elements)
    stored.push_back(vector::ExtractOp::create(b, toStorage(b, element, type.getElementType()), ArrayRef<int64_t>{0}));
  auto all = VectorType::get({static_cast<int64_t>(stored.size())}, stored.front().getType());
  vector::StoreOp::create(b, vector::FromElementsOp::create(b, all, stored), memory,
                          ValueRange(kernel.add(at.base, at.offset)), /*nontemporal=*/false,
                          llvm::MaybeAlign(all.getNumElements() * all.getElementTypeBitWidth() / 8));
}

void transposeSquare(ImplicitLocOpBuilder &b, MutableArrayRef<Value> rows) {
  int64_t lanes = rows.size();
  for (int64_t half = lanes / 2; half >= 1; half /= 2) {
    for (int64_t low = 0; low < lanes; ++low) {
      if (low & half)
        continue;
      SmallVector<int64_t> first, second;
      for (int64_t i = 0; i < lanes; ++i) {
        first.push_back(i & half ? lanes + (i ^ half) : i);
        second.push_back(i & half ? lanes + i : i ^ half);
      }
      Value a = rows[low], c = rows[low + half];
      rows[low] = vector::ShuffleOp::create(b, a, c, first);
      rows[low + half] = vector::ShuffleOp::create(b, a, c, second);
    }
  }
}

/// The current row of the tile [row][lane] of which memory holds the transpose: a load for each lane, from
/// row 0 on, and the transpose of the square.
Value Elements::loadTransposed(Value memory, Type element, const Position &position, Value start, int64_t laneStride) {
  Position origin = position;
  for (Coord &coord : origin)
    coord.offset -= tileRow * coord.row;
  Tile *tile = llvm::find_if(tiles, [&](Tile &tile) { return tile.memory == memory && tile.origin == origin; });
  if (tile == tiles.end()) {
    tile = &tiles.emplace_back();
    *tile = {memory, origin, {}};
    Value first = kernel.sub(start, kernel.index(tileRow));
    for (int64_t lane = 0; lane < lanes; ++lane)
      tile->rows.push_back(vector::LoadOp::create(b, vectorOf(element), memory, kernel.add(first, lane * laneStride)));
    transposeSquare(b, tile->rows);
  }
  return tile->rows[tileRow];
}

/// How many lanes a mask lets through, if those are the first and their number is known.
static std::optional<int64_t> firstLanes(Value mask) {
  auto made = mask.getDefiningOp<vector::CreateMaskOp>();
  APInt count;
  if (!made || made.getOperands().size() != 1 || !matchPattern(made.getOperands()[0], m_ConstantInt(&count)))
    return std::nullopt;
  return std::clamp<int64_t>(count.getSExtValue(), 1, made.getType().getNumElements());
}

void Elements::store(Value elements, Value memory, RankedTensorType type, const Position &position) {
  Value stored = toStorage(b, elements, type.getElementType());
  Linear at = linearize(*this, type, position);
  Value start = kernel.add(at.base, at.offset);
  if (at.lane == 1 && !at.lanes) {
    std::optional<int64_t> first = mask ? firstLanes(mask) : std::nullopt;
    if (first && !isa<Float32Type, Float64Type>(getElementTypeOrSelf(stored.getType()))) {
      // Where integers are narrowed and stored under a mask that it knows, LLVM 22 stores one before it was
      // narrowed (X86 with AVX-512), and so writes past the end.
      Value some = vector::ExtractStridedSliceOp::create(b, stored, ArrayRef<int64_t>{0}, ArrayRef(*first),
                                                         ArrayRef<int64_t>{1});
      vector::StoreOp::create(b, some, memory, start);
    } else if (mask) {
      vector::MaskedStoreOp::create(b, memory, start, mask, stored);
    } else {
      vector::StoreOp::create(b, stored, memory, start);
    }
    return;
  }
  if (lanes == 1) {
    Value scalar = vector::ExtractOp::create(b, stored, ArrayRef<int64_t>{0});
    memref::StoreOp::create(b, scalar, memory, start);
    return;
  }
  Value indices = vector(Coord{{}, 0, at.lane, 0, {}});
  if (at.lanes)
    indices = at.lane ? Value(arith::AddIOp::create(b, at.lanes, indices)) : at.lanes;
  vector::ScatterOp::create(b, /*result=*/Type(), memory, start, indices, mask ? mask : constant(b.getBoolAttr(true)),
                            stored);
}

void Elements::storeResults(const Position &position, llvm::function_ref<bool(Value)> which) {
  SmallVector<std::pair<unsigned, Value>> results;
  auto positionOf = [&](Value value) { return rankOf(value) == 0 ? Position() : position; };
  for (auto [number, value] : llvm::enumerate(kernel.results()))
    if (!which || which(value))
      results.push_back({number, at(value, positionOf(value))});
  for (auto [number, elements] : results) {
    Value value = kernel.results()[number];
    store(elements, kernel.resultBuffer(number), cast<RankedTensorType>(value.getType()), positionOf(value));
  }
}

void Elements::storeTransposed(const Position &position) {
  for (auto [number, result] : llvm::enumerate(kernel.results())) {
    Value computed = result;
    SmallVector<TransposeOp> transposes;
    while (auto transpose = computed.getDefiningOp<TransposeOp>()) {
      transposes.push_back(transpose);
      computed = transpose.getInput();
    }
    Position target = position;
    for (TransposeOp transpose : llvm::reverse(transposes)) {
      Position from = target;
      for (auto [to, dim] : llvm::enumerate(transpose.getPermutation()))
        target[to] = from[dim];
    }
    store(at(computed, position), kernel.resultBuffer(number), cast<RankedTensorType>(result.getType()), target);
  }
}

// ---- values ----------------------------------------------------------------------------------

Value Elements::at(Value value, const Position &position) {
  SmallVector<Computed, 2> &known = computed[value];
  for (Computed &entry : known)
    if (entry.mask == mask && entry.position == position)
      return entry.elements;
  Value result = compute(value, position);
  computed[value].push_back({position, mask, result});
  return result;
}

Value Elements::compute(Value value, const Position &position) {
  auto source = bound.find(value);
  if (source != bound.end())
    return source->second(position);
  auto type = cast<RankedTensorType>(value.getType());
  if (auto argument = dyn_cast<BlockArgument>(value))
    return fromStorage(b, load(kernel.bufferOf(argument), type, position), type.getElementType());

  Operation *op = value.getDefiningOp();
  if (isElementwise(op)) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      // Broadcasting: missing dimensions and those of size 1 are read at 0.
      Position inner;
      for (auto [i, dim] : llvm::enumerate(kernel.dims(operand))) {
        const Coord &coord = position[position.size() - rankOf(operand) + i];
        inner.push_back(dim == 1 && dimOf(type, type.getRank() - rankOf(operand) + i) != 1 ? uniform(kernel.index(0))
                                                                                           : coord);
      }
      operands.push_back(at(operand, inner));
    }
    return emitElementwise(b, op, operands);
  }
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<ConstantOp>([&](ConstantOp constantOp) -> Value {
        Type element = computeType(type.getElementType());
        Tensor tensor = *constantOf(value);
        if (isa<FloatType>(element))
          return constant(element, tensor.get<double>(0));
        return constant(
            IntegerAttr::get(element, APInt(element.getIntOrFloatBitWidth(), tensor.get<int64_t>(0), false, true)));
      })
      .Case<SizesOp>([&](SizesOp sizes) {
        Value result;
        for (auto [i, dim] : llvm::enumerate(sizes.getValues().getDims())) {
          Value size = splat(arith::IndexCastOp::create(b, b.getI64Type(), kernel.size(DimExpr(dim))));
          if (!result) {
            result = size;
            continue;
          }
          Value here =
              arith::CmpIOp::create(b, arith::CmpIPredicate::eq, vector(position[0]), constant(b.getI32Type(), i));
          result = arith::SelectOp::create(b, here, size, result);
        }
        return result;
      })
      .Case<IotaOp>([&](IotaOp iota) -> Value {
        Value index = vector(position[iota.getAxis()]);
        Type element = computeType(type.getElementType());
        if (isa<FloatType>(element))
          return arith::SIToFPOp::create(b, vectorOf(element), index);
        unsigned width = element.getIntOrFloatBitWidth();
        if (width == 32)
          return index;
        if (width < 32)
          return arith::TruncIOp::create(b, vectorOf(element), index);
        return arith::ExtSIOp::create(b, vectorOf(element), index);
      })
      .Case<RandomOp>([&](RandomOp random) { return randomAt(random, position); })
      .Case<TransposeOp>([&](TransposeOp transpose) {
        Position inner(position.size());
        for (auto [to, from] : llvm::enumerate(transpose.getPermutation()))
          inner[from] = position[to];
        return at(transpose.getInput(), inner);
      })
      .Case<BroadcastOp>([&](BroadcastOp broadcast) {
        Position inner(position.end() - rankOf(broadcast.getInput()), position.end());
        for (auto [i, dim] : llvm::enumerate(kernel.dims(broadcast.getInput())))
          if (dim == 1)
            inner[i] = uniform(kernel.index(0));
        return at(broadcast.getInput(), inner);
      })
      .Case<ReshapeOp>([&](ReshapeOp op) { return reshapeAt(op, position); })
      .Case<SliceOp>([&](SliceOp op) { return sliceAt(op, position); })
      .Case<PadOp>([&](PadOp op) { return padAt(op, position); })
      .Case<ConcatOp>([&](ConcatOp op) { return concatAt(op, position); })
      .Case<GatherOp>([&](GatherOp op) { return gatherAt(op, position); })
      .Case<GatherElementsOp>([&](GatherElementsOp op) { return gatherElementsAt(op, position); })
      .Case<GatherNdOp>([&](GatherNdOp op) { return gatherNdAt(op, position); })
      .Case<ResizeOp>([&](ResizeOp op) { return resizeAt(op, position); })
      .Case<PoolOp>([&](PoolOp op) { return poolAt(op, position); })
      .Case<ReduceOp>([&](ReduceOp op) { return reduceAt(op, position); })
      .Case<ArgReduceOp>([&](ArgReduceOp op) { return argReduceAt(op, position); })
      .Case<ConvOp>([&](ConvOp op) { return depthwiseAt(op, position); });
}

Value Elements::sliceAt(SliceOp op, Position position) {
  for (auto [coord, start, step] : llvm::zip(position, op.getStarts().getDims(), op.getSteps())) {
    DimExpr first(start);
    coord.lane *= step;
    coord.row *= step;
    coord.offset *= step;
    if (coord.lanes && step != 1)
      coord.lanes = arith::MulIOp::create(b, coord.lanes, constant(b.getI32Type(), step));
    if (coord.base && step != 1)
      coord.base = kernel.mul(coord.base, step);
    if (std::optional<int64_t> value = first.constantValue()) {
      coord.offset += *value;
    } else if (coord.lanes) {
      Value shift = splat(arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(first)));
      coord.lanes = arith::AddIOp::create(b, coord.lanes, shift);
    } else {
      coord.base = coord.base ? kernel.add(coord.base, kernel.size(first)) : kernel.size(first);
    }
  }
  return at(op.getInput(), position);
}

Value Elements::padAt(PadOp op, Position position) {
  Value inside; // lanes that come from the input, in constant mode
  DimExpr count = DimExpr::constant(b.getContext(), 1);
  Dims dims = kernel.dims(op.getInput());
  for (auto [i, coord] : llvm::enumerate(position)) {
    DimExpr low(op.getLow().getDims()[i]), high(op.getHigh().getDims()[i]);
    if (low == 0 && high == 0)
      continue;
    if (std::optional<int64_t> value = low.constantValue())
      coord.offset -= *value;
    else if (coord.lanes)
      coord.lanes =
          arith::SubIOp::create(b, coord.lanes, splat(arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(low))));
    else
      coord.base = kernel.sub(coord.base, kernel.size(low));

    Value size = kernel.size(dims[i]);
    if (op.getMode() == PadMode::constant) {
      Value here;
      if (coord.isUniform()) {
        // One comparison for both ends: a negative index is a large unsigned one.
        here = splat(arith::CmpIOp::create(b, arith::CmpIPredicate::ult, scalar(coord), size));
      } else {
        Value limit = splat(arith::IndexCastOp::create(b, b.getI32Type(), size));
        here = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, vector(coord), limit);
      }
      inside = inside ? Value(arith::AndIOp::create(b, inside, here)) : here;
      continue;
    }
    // The others read the input at another index, found the same way for numbers and vectors.
    count = count * dims[i];
    bool uniformly = coord.isUniform();
    Value index = uniformly ? scalar(coord) : vector(coord);
    Value count = uniformly ? size : splat(arith::IndexCastOp::create(b, b.getI32Type(), size));
    auto number = [&](int64_t value) { return uniformly ? kernel.index(value) : constant(b.getI32Type(), value); };
    auto sub = [&](Value a, Value c) -> Value { return arith::SubIOp::create(b, a, c); };
    auto lessThan = [&](Value a, Value c) -> Value {
      return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, a, c);
    };
    Value last = sub(count, number(1)), zero = number(0);
    switch (op.getMode()) {
    case PadMode::reflect:
      index = arith::SelectOp::create(b, lessThan(index, zero), sub(zero, index), index);
      index = arith::SelectOp::create(b, lessThan(last, index), sub(arith::MulIOp::create(b, last, number(2)), index),
                                      index);
      break;
    case PadMode::edge:
      index = arith::MinSIOp::create(b, arith::MaxSIOp::create(b, index, zero), last);
      break;
    default: { // wrap; once around is enough for a pad up to the size, rem does the rest
      index = arith::RemSIOp::create(b, index, arith::MaxSIOp::create(b, count, number(1)));
      index = arith::SelectOp::create(b, lessThan(index, zero), arith::AddIOp::create(b, index, count), index);
      break;
    }
    }
    coord = uniformly ? uniform(index) : Coord{{}, 0, 0, 0, index};
  }
  if (!inside)
    return ifAny(count, op.getInput(), position);
  Value outside = at(op.getValue(), {});
  Value elements = masked(inside, [&] { return at(op.getInput(), position); });
  return arith::SelectOp::create(b, inside, elements, outside);
}

Value Elements::concatAt(ConcatOp op, Position position) {
  int64_t axis = op.getAxis();
  Coord coord = position[axis];
  DimExpr start = DimExpr::constant(b.getContext(), 0);
  SmallVector<DimExpr> starts;
  for (Value input : op.getInputs()) {
    starts.push_back(start);
    start = start + dimOf(input.getType(), axis);
  }
  auto moved = [&](size_t i) {
    Position inner = position;
    Coord &at = inner[axis];
    at.row = 0; // the next row may be another operand's
    if (std::optional<int64_t> value = starts[i].constantValue())
      at.offset -= *value;
    else if (at.lanes)
      at.lanes = arith::SubIOp::create(b, at.lanes,
                                       splat(arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(starts[i]))));
    else
      at.base = kernel.sub(at.base, kernel.size(starts[i]));
    return inner;
  };
  Type element = vectorOf(computeType(elementOf(op.getResult())));
  if (std::optional<int64_t> known = coord.known()) { // and so is the operand
    size_t i = 0;
    while (i + 1 < starts.size() && starts[i + 1].constantValue() && *starts[i + 1].constantValue() <= *known)
      ++i;
    if (i + 1 == starts.size() || starts[i + 1].constantValue())
      return at(op.getInputs()[i], moved(i));
  }
  if (coord.isUniform()) {
    // One branch for each operand.
    std::function<Value(size_t)> choose = [&](size_t i) -> Value {
      if (i + 1 == op.getInputs().size())
        return scoped([&] { return at(op.getInputs()[i], moved(i)); });
      Value here = kernel.less(scalar(coord), kernel.size(starts[i + 1]));
      auto branch = scf::IfOp::create(b, TypeRange(element), here, /*withElseRegion=*/true);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      scf::YieldOp::create(b, scoped([&] { return at(op.getInputs()[i], moved(i)); }));
      b.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(b, choose(i + 1));
      return branch.getResult(0);
    };
    return choose(0);
  }
  // Lanes on both sides of a seam: read each operand where it is meant.
  Value index = vector(coord), result;
  for (size_t i = 0; i < op.getInputs().size(); ++i) {
    Value first = splat(arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(starts[i])));
    Value limit = splat(arith::IndexCastOp::create(b, b.getI32Type(),
                                                   kernel.size(starts[i] + dimOf(op.getInputs()[i].getType(), axis))));
    Value here = arith::AndIOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::sge, index, first),
                                       arith::CmpIOp::create(b, arith::CmpIPredicate::slt, index, limit));
    Value elements = masked(here, [&] { return at(op.getInputs()[i], moved(i)); });
    result = result ? Value(arith::SelectOp::create(b, here, elements, result)) : elements;
  }
  return result;
}

/// Dimensions in front that are the same on both sides keep their coordinates; the rest go through one
/// row-major number. Grouping puts reshapes at the edges of kernels, where they are free; this is for
/// those between two ops that cannot trade places with it.
Value Elements::reshapeAt(ReshapeOp op, const Position &position) {
  Dims from = kernel.dims(op.getInput()), to = kernel.dims(op.getResult());
  size_t same = 0;
  while (same < from.size() && same < to.size() && from[same] == to[same])
    ++same;
  size_t tail = 0;
  while (tail < from.size() - same && tail < to.size() - same &&
         from[from.size() - 1 - tail] == to[to.size() - 1 - tail])
    ++tail;
  ArrayRef<DimExpr> inner = ArrayRef(from).slice(same, from.size() - same - tail);
  ArrayRef<DimExpr> outer = ArrayRef(to).slice(same, to.size() - same - tail);
  bool uniformly = true;
  for (size_t i = same; i < same + outer.size(); ++i)
    uniformly &= position[i].isUniform();
  Position result(position.begin(), position.begin() + same);
  auto number = [&](Value scalar) -> Value {
    return uniformly ? scalar : splat(arith::IndexCastOp::create(b, b.getI32Type(), scalar));
  };
  Value linear = number(kernel.index(0));
  for (size_t i = 0; i < outer.size(); ++i) {
    const Coord &coord = position[same + i];
    Value size = kernel.size(outer[i]);
    linear = uniformly ? kernel.add(kernel.mul(linear, size), scalar(coord))
                       : arith::AddIOp::create(b, arith::MulIOp::create(b, linear, number(size)), vector(coord));
  }
  SmallVector<Coord> split(inner.size());
  for (int64_t i = static_cast<int64_t>(inner.size()) - 1; i >= 0; --i) {
    Value size = kernel.max(kernel.size(inner[i]), kernel.index(1)); // a place that a mask leaves out, of none
    if (uniformly) {
      split[i] = uniform(i ? kernel.rem(linear, size) : linear);
      linear = kernel.div(linear, size);
      continue;
    }
    split[i] = Coord{{}, 0, 0, 0, i ? Value(arith::RemUIOp::create(b, linear, number(size))) : linear};
    if (i)
      linear = arith::DivUIOp::create(b, linear, number(size));
  }
  result.append(split.begin(), split.end());
  result.append(position.end() - tail, position.end());
  return at(op.getInput(), result);
}

} // namespace treadle
