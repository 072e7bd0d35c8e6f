//===- Kernel.cpp - the function that a schedule writes ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Kernel.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using treadle::graph::DimExpr;
using treadle::graph::DimKind;

namespace treadle {
namespace {

constexpr int64_t alignment = 64;
// Of shared memory.
constexpr int64_t usualAlignment = 16;

/// The symbols in the types and attributes of a function, sorted by number: s0, s1, ..., s10.
SmallVector<StringRef> symbolsOf(func::FuncOp function) {
  SmallVector<StringRef> names;
  for (Attribute name : function->getAttrOfType<ArrayAttr>("treadle.symbols"))
    names.push_back(cast<StringAttr>(name).getValue());
  return names;
}

std::optional<int64_t> constantOf(Value value) {
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number)))
    return number.getSExtValue();
  return std::nullopt;
}

} // namespace

Type storageType(Type elementType) {
  if (elementType.isBF16())
    return IntegerType::get(elementType.getContext(), 16);
  if (auto integer = dyn_cast<IntegerType>(elementType))
    return IntegerType::get(elementType.getContext(), std::max(integer.getWidth(), 8u));
  return elementType;
}

Type computeType(Type elementType) {
  if (auto integer = dyn_cast<IntegerType>(elementType))
    return IntegerType::get(elementType.getContext(), integer.getWidth());
  if (isa<FloatType>(elementType) && elementType.getIntOrFloatBitWidth() < 32)
    return Float32Type::get(elementType.getContext());
  return elementType;
}

/// `type` as `value` has it: a scalar's, or a vector's element type.
static Type like(Value value, Type type) {
  auto vector = dyn_cast<VectorType>(value.getType());
  return vector ? Type(vector.clone(type)) : type;
}

Value fromStorage(ImplicitLocOpBuilder &b, Value stored, Type elementType) {
  Type type = like(stored, computeType(elementType));
  if (elementType.isInteger(1)) {
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(stored.getType()));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, stored, zero);
  }
  if (elementType.isBF16())
    stored = arith::BitcastOp::create(b, like(stored, elementType), stored);
  return stored.getType() == type ? stored : Value(arith::ExtFOp::create(b, type, stored));
}

Value toStorage(ImplicitLocOpBuilder &b, Value computed, Type elementType) {
  Type type = like(computed, storageType(elementType));
  if (elementType.isInteger(1))
    return arith::ExtUIOp::create(b, type, computed);
  // What has only been widened is what it was.
  if (auto widened = computed.getDefiningOp<arith::ExtFOp>();
      widened && like(computed, elementType) == widened.getIn().getType()) {
    if (widened.getIn().getType() == type)
      return widened.getIn();
    if (auto bits = widened.getIn().getDefiningOp<arith::BitcastOp>(); bits && bits.getIn().getType() == type)
      return bits.getIn();
  }
  if (elementType.isBF16())
    return arith::BitcastOp::create(b, type, arith::TruncFOp::create(b, like(computed, elementType), computed));
  return computed.getType() == type ? computed : Value(arith::TruncFOp::create(b, type, computed));
}

Value extendTo(ImplicitLocOpBuilder &b, Value value, Type sumType, bool isUnsigned) {
  Type type = sumType;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.clone(sumType);
  if (value.getType() == type)
    return value;
  if (isa<FloatType>(sumType))
    return arith::ExtFOp::create(b, type, value);
  return isUnsigned ? Value(arith::ExtUIOp::create(b, type, value)) : arith::ExtSIOp::create(b, type, value);
}

Value multiplyAdd(ImplicitLocOpBuilder &b, Value left, Value right, Value sum) {
  if (isa<FloatType>(getElementTypeOrSelf(sum.getType())))
    return vector::FMAOp::create(b, left, right, sum);
  return arith::AddIOp::create(b, sum, arith::MulIOp::create(b, left, right));
}

Kernel::Kernel(func::FuncOp source, const Target &target)
    : source(source), target(target), b(source.getLoc(), source.getContext()) {
  MLIRContext *context = source.getContext();
  auto memory = [&](Type tensor) -> Type {
    Type element = cast<RankedTensorType>(tensor).getElementType();
    return MemRefType::get({ShapedType::kDynamic}, storageType(element));
  };
  SmallVector<Type> types;
  llvm::append_range(types, llvm::map_range(source.getArgumentTypes(), memory));
  llvm::append_range(types, llvm::map_range(source.getResultTypes(), memory));
  SmallVector<StringRef> symbols = symbolsOf(source);
  types.append(symbols.size() + (target.isSimt ? 1 : 2), b.getIndexType());
  if (!target.isSimt)
    types.push_back(MemRefType::get({ShapedType::kDynamic}, b.getI8Type()));

  // Apart from any module: a pass on one function may not touch what is around it.
  function = func::FuncOp::create(source.getLoc(), source.getName(), b.getFunctionType(types, {}));
  Block *entry = function.addEntryBlock();
  unsigned first = source.getNumArguments() + source.getNumResults();
  for (auto [i, name] : llvm::enumerate(symbols))
    sizes[DimExpr::symbol(context, name)] = entry->getArgument(first + i);
  if (target.isSimt) {
    endArgument = entry->getArgument(first + symbols.size());
    threadCount = target.workgroupThreads;
  } else {
    beginArgument = entry->getArgument(first + symbols.size());
    endArgument = entry->getArgument(first + symbols.size() + 1);
    scratchArgument = entry->getArgument(first + symbols.size() + 2);
  }
  scratchBytes = DimExpr::constant(context, 0);
  b.setInsertionPointToStart(entry);
  bodyStart = arith::ConstantIndexOp::create(b, 0);
}

Kernel::~Kernel() {
  if (function != source)
    function->erase();
}

Value Kernel::bufferOf(BlockArgument argument) { return function.getArgument(argument.getArgNumber()); }

Value Kernel::resultBuffer(unsigned index) { return function.getArgument(source.getNumArguments() + index); }

Value Kernel::size(DimExpr expr) {
  if (Value known = sizes.lookup(expr))
    return known;
  if (std::optional<int64_t> value = expr.constantValue()) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(bodyStart);
    return sizes[expr] = index(*value);
  }
  // Operands first, so that what they need stands above.
  SmallVector<Value> operands;
  for (unsigned i = 0; i < expr.operandCount(); ++i)
    operands.push_back(size(expr.operand(i)));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(bodyStart);
  Value result;
  if (expr.kind() == DimKind::Sum || (expr.kind() == DimKind::Product && expr.value() != 1))
    result = index(expr.value());
  for (Value operand : operands) {
    if (!result) {
      result = operand;
      continue;
    }
    switch (expr.kind()) {
    case DimKind::Sum:
      result = add(result, operand);
      break;
    case DimKind::Product:
      result = mul(result, operand);
      break;
    case DimKind::FloorDiv:
      result = arith::FloorDivSIOp::create(b, result, operand);
      break;
    case DimKind::Min:
      result = min(result, operand);
      break;
    default:
      result = max(result, operand);
      break;
    }
  }
  return sizes[expr] = result;
}

SmallVector<DimExpr> Kernel::strides(Type tensor) {
  graph::Dims dims = graph::dimsOf(tensor);
  SmallVector<DimExpr> strides(dims.size(), DimExpr::constant(b.getContext(), 1));
  for (int64_t i = static_cast<int64_t>(dims.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * dims[i + 1];
  return strides;
}

Value Kernel::scratch(Type elementType, DimExpr count) {
  DimExpr bytes = count * ((elementType.getIntOrFloatBitWidth() + 7) / 8);
  Value offset = size(scratchBytes), length = size(count);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(bodyStart);
  auto view = memref::ViewOp::create(b, MemRefType::get({ShapedType::kDynamic}, elementType), scratchArgument, offset,
                                     ValueRange(length));
  scratchBytes = scratchBytes + bytes.ceilDiv(alignment) * alignment;
  return view;
}

void Kernel::tasks(llvm::function_ref<void(Value)> body) {
  if (!target.isSimt)
    return loop(beginArgument, endArgument, 1, body);
  tasks(ValueRange(), [&](Value task, ValueRange) {
    body(task);
    return SmallVector<Value>();
  });
}

void Kernel::tasks(ValueRange start, llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  Value first = gpu::BlockIdOp::create(b, gpu::Dimension::x), step = gpu::GridDimOp::create(b, gpu::Dimension::x);
  OpBuilder::InsertionGuard guard(b);
  if (isPersistent) {
    // From a task to the next, and from that to the one after, it is a round there and back.
    Value round = mul(step, 2), toNext = sub(sub(round, mul(first, 2)), index(1));
    SmallVector<Value> carried = {first, toNext};
    llvm::append_range(carried, start);
    loopWhile(
        carried, [&](ValueRange values) { return less(values[0], endArgument); },
        [&](ValueRange values) {
          SmallVector<Value> next = body(values[0], values.drop_front(2));
          next.insert(next.begin(), {add(values[0], values[1]), sub(round, values[1])});
          return next;
        });
    return;
  }
  auto op = scf::ForOp::create(b, first, endArgument, step, start);
  b.setInsertionPointToStart(op.getBody());
  SmallVector<Value> next = body(op.getInductionVar(), op.getRegionIterArgs());
  // Without carried values the builder has put a terminator there already.
  if (!start.empty())
    scf::YieldOp::create(b, next);
}

Value Kernel::once(Value &kept, llvm::function_ref<Value()> make) {
  if (!kept) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(bodyStart);
    kept = make();
  }
  return kept;
}

Value Kernel::thread() {
  return once(threadNumber, [&] { return gpu::ThreadIdOp::create(b, gpu::Dimension::x); });
}

Value Kernel::shared(Type elementType, int64_t count, int64_t alignment) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(bodyStart);
  auto space = gpu::AddressSpaceAttr::get(b.getContext(), gpu::AddressSpace::Workgroup);
  return memref::AllocaOp::create(b, MemRefType::get({count}, elementType, MemRefLayoutAttrInterface(), space),
                                  alignment > usualAlignment ? b.getI64IntegerAttr(alignment) : IntegerAttr());
}

Value Kernel::boxes(Value buffer, const Boxes &boxes) {
  auto sizes = [&](ArrayRef<DimExpr> dims) {
    return graph::DimsAttr::get(b.getContext(), llvm::map_to_vector(dims, [](DimExpr dim) { return dim.attribute(); }));
  };
  auto operand = cast<BlockArgument>(buffer);
  Type element = cast<MemRefType>(operand.getType()).getElementType();
  boxesAttr.push_back(b.getDictionaryAttr({
      b.getNamedAttr("operand", b.getI64IntegerAttr(operand.getArgNumber())),
      b.getNamedAttr("element", TypeAttr::get(element)),
      b.getNamedAttr("sizes", sizes(boxes.sizes)),
      b.getNamedAttr("strides", sizes(boxes.strides)),
      b.getNamedAttr("shape", b.getDenseI64ArrayAttr(boxes.shape)),
  }));
  unsigned number = function.getNumArguments();
  (void)function.insertArgument(number, tile::BoxType::get(b.getContext()), DictionaryAttr(), b.getLoc());
  return function.getArgument(number);
}

Value Kernel::lane() {
  usesSubgroups = true;
  return once(laneNumber, [&] { return gpu::LaneIdOp::create(b, IntegerAttr()); });
}

Value Kernel::subgroup() {
  usesSubgroups = true;
  return once(subgroupNumber, [&] { return gpu::SubgroupIdOp::create(b, IntegerAttr()); });
}

Value Kernel::broadcast(Value value, int64_t lane) {
  Value number = arith::ConstantOp::create(b, b.getI32IntegerAttr(lane));
  return gpu::SubgroupBroadcastOp::create(b, value.getType(), value, number, gpu::BroadcastType::specific_lane);
}

Value Kernel::exchange(Value value, int64_t mask) {
  auto number = [&](int64_t value) { return arith::ConstantOp::create(b, b.getI32IntegerAttr(value)); };
  Value own = vector::ExtractOp::create(b, value, ArrayRef<int64_t>{0});
  auto shuffle = gpu::ShuffleOp::create(b, own, number(mask), number(target.subgroupThreads), gpu::ShuffleMode::XOR);
  usesSubgroups = true;
  return vector::BroadcastOp::create(b, value.getType(), shuffle.getShuffleResult());
}

Value Kernel::ballot(Value truth) {
  Value own = vector::ExtractOp::create(b, truth, ArrayRef<int64_t>{0});
  usesSubgroups = true;
  return tile::BallotOp::create(b, b.getIntegerType(target.subgroupThreads <= 32 ? 32 : 64), own);
}

void Kernel::barrier() { gpu::BarrierOp::create(b); }

void Kernel::subgroupBarrier() { tile::SubgroupBarrierOp::create(b); }

void Kernel::finish(ArrayRef<DimExpr> grid) {
  func::ReturnOp::create(b);
  SmallVector<Attribute> counts;
  for (DimExpr count : grid)
    counts.push_back(count.attribute());
  source->setAttr("treadle.grid", graph::DimsAttr::get(b.getContext(), counts));
  source->setAttr("treadle.scratch", scratchBytes.attribute());
  if (target.isSimt)
    source->setAttr("treadle.threads", b.getI64IntegerAttr(threadCount));
  if (isAlone)
    source->setAttr("treadle.alone", b.getUnitAttr());
  if (isPersistent)
    source->setAttr("treadle.persistent", b.getUnitAttr());
  if (usesSubgroups)
    source->setAttr("treadle.subgroup", b.getI64IntegerAttr(target.subgroupThreads));
  if (!boxesAttr.empty())
    source->setAttr("treadle.boxes", b.getArrayAttr(boxesAttr));
  source->setAttr("treadle.buffers", b.getI64IntegerAttr(source.getNumArguments() + source.getNumResults()));
  source.removeArgAttrsAttr();
  source.removeResAttrsAttr();
  source.setFunctionType(function.getFunctionType());
  source.getBody().takeBody(function.getBody());
  function->erase();
  function = source;
}

// ---- index arithmetic ------------------------------------------------------------------------

Value Kernel::index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }

Value Kernel::add(Value x, Value y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return index(*a + *c);
  if (a == 0)
    return y;
  return c == 0 ? x : Value(arith::AddIOp::create(b, x, y));
}
Value Kernel::sub(Value x, Value y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return index(*a - *c);
  return c == 0 ? x : Value(arith::SubIOp::create(b, x, y));
}
Value Kernel::mul(Value x, Value y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return index(*a * *c);
  if (a == 0 || c == 1)
    return x;
  return c == 0 || a == 1 ? y : Value(arith::MulIOp::create(b, x, y));
}
Value Kernel::div(Value x, Value y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c && *c > 0)
    return index(*a / *c);
  return c == 1 ? x : Value(arith::DivUIOp::create(b, x, y));
}
Value Kernel::rem(Value x, Value y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c && *c > 0)
    return index(*a % *c);
  return c == 1 ? index(0) : Value(arith::RemUIOp::create(b, x, y));
}
Value Kernel::min(Value x, Value y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return index(std::min(*a, *c));
  return x == y ? x : Value(arith::MinSIOp::create(b, x, y));
}
Value Kernel::max(Value x, Value y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return index(std::max(*a, *c));
  return x == y ? x : Value(arith::MaxSIOp::create(b, x, y));
}
Value Kernel::less(Value x, Value y) { return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, y); }

SmallVector<Value> Kernel::delinearize(Value linear, ArrayRef<Value> boxSizes) {
  SmallVector<Value> result(boxSizes.size());
  for (int64_t i = static_cast<int64_t>(boxSizes.size()) - 1; i > 0; --i) {
    result[i] = rem(linear, boxSizes[i]);
    linear = div(linear, boxSizes[i]);
  }
  if (!result.empty())
    result[0] = linear;
  return result;
}

SmallVector<Value> Kernel::delinearize(Value linear, ArrayRef<DimExpr> boxSizes) {
  return delinearize(linear, SmallVector<Value>(llvm::map_range(boxSizes, [&](DimExpr dim) { return size(dim); })));
}

void Kernel::loop(Value from, Value to, int64_t step, llvm::function_ref<void(Value)> body) {
  loop(from, to, step, ValueRange(), [&](Value i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

SmallVector<Value> Kernel::loop(Value from, Value to, int64_t step, ValueRange start,
                                llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto first = constantOf(from), last = constantOf(to);
  if (first && last && *last - *first <= step) {
    // One iteration, or none: no loop.
    if (*last <= *first)
      return SmallVector<Value>(start);
    return body(from, start);
  }
  auto op = scf::ForOp::create(b, from, to, index(step), start);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  SmallVector<Value> next = body(op.getInductionVar(), op.getRegionIterArgs());
  // Without carried values the builder has put a terminator there already.
  if (!start.empty())
    scf::YieldOp::create(b, next);
  return SmallVector<Value>(op.getResults());
}

SmallVector<Value> Kernel::loopWhile(ValueRange start, llvm::function_ref<Value(ValueRange)> condition,
                                     llvm::function_ref<SmallVector<Value>(ValueRange)> body) {
  auto op = scf::WhileOp::create(b, start.getTypes(), start);
  SmallVector<Location> locations(start.size(), b.getLoc());
  OpBuilder::InsertionGuard guard(b);
  Block *before = b.createBlock(&op.getBefore(), {}, start.getTypes(), locations);
  scf::ConditionOp::create(b, condition(before->getArguments()), before->getArguments());
  Block *after = b.createBlock(&op.getAfter(), {}, start.getTypes(), locations);
  SmallVector<Value> next = body(after->getArguments());
  scf::YieldOp::create(b, next);
  return SmallVector<Value>(op.getResults());
}

void Kernel::when(Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise) {
  if (!condition)
    return then();
  auto op = scf::IfOp::create(b, condition, /*withElseRegion=*/static_cast<bool>(otherwise));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  then();
  if (!otherwise)
    return;
  b.setInsertionPointToStart(op.elseBlock());
  otherwise();
}

} // namespace treadle
