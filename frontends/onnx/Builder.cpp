//===- Builder.cpp - creating ops of the graph dialect ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Builder.h"
#include "dialects/graph/Evaluate.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::onnx {
namespace {

/// Constants of more elements are not computed with at import: that is a pass's choice.
constexpr int64_t foldLimit = 1 << 16;
/// Integer tensors of more elements are data, not shapes.
constexpr int64_t sizesLimit = 64;
/// More elements than any memory holds.
constexpr int64_t elementLimit = int64_t(1) << 46;
/// An op that takes more operations is left to a pass too.
constexpr int64_t foldFlops = 1 << 24;
/// Decompositions split dimensions of the model's tensors, which have up to 16.
constexpr size_t rankLimit = 32;
/// Expressions of more nodes are no sizes that a model means.
constexpr unsigned expressionLimit = 400;
/// Elements of all tables that operators stand for, such as those of Fourier transforms.
constexpr int64_t tableLimit = 1 << 26;

/// The number of elements if all dimensions are known and it is at most `limit`.
bool hasAtMost(Type type, int64_t limit) {
  auto tensor = cast<RankedTensorType>(type);
  if (!tensor.hasStaticShape())
    return false;
  int64_t count = 1;
  for (int64_t size : tensor.getShape())
    if (__builtin_mul_overflow(count, size, &count))
      return false;
  return count <= limit;
}

} // namespace

Value Builder::fail(const Twine &message) {
  emitError(loc) << message;
  return {};
}

RankedTensorType Builder::placeholder() { return RankedTensorType::get({}, builder.getF32Type()); }

bool Builder::checkDims(ArrayRef<DimExpr> dims) {
  int64_t count = 1;
  bool isLarge = false;
  if (dims.size() > rankLimit) {
    fail("the result would have " + Twine(dims.size()) + " dimensions, at most " + Twine(rankLimit) + " are supported");
    return false;
  }
  for (DimExpr dim : dims) {
    if (dim.isLongerThan(expressionLimit)) {
      fail("a dimension depends on the inputs' sizes in a way that is too complicated; fix some with --dim NAME=N");
      return false;
    }
    std::optional<int64_t> size = dim.constantValue();
    if (size && *size < 0) {
      fail("a dimension would have size " + Twine(*size));
      return false;
    }
    // A zero makes the tensor empty however large the others are, but no model means that.
    if (size && *size > 1)
      isLarge |= __builtin_mul_overflow(count, *size, &count) || count > elementLimit;
  }
  if (isLarge)
    fail("the result would have more than 2^46 elements");
  return !isLarge;
}

/// Verifies an op. Its dialect's messages are about the op and its operands as IR has them; here they are
/// about the model's node.
bool Builder::isValid(Operation *op) {
  std::string message;
  {
    ScopedDiagnosticHandler collect(context(), [&](Diagnostic &diagnostic) {
      if (message.empty() && diagnostic.getSeverity() == DiagnosticSeverity::Error)
        message = diagnostic.str();
      return success();
    });
    if (succeeded(verify(op)))
      return true;
  }
  StringRef text(message);
  text.consume_front("'" + op->getName().getStringRef().str() + "' op ");
  unsigned index = 0;
  if (text.consume_front("operand #") && !text.consumeInteger(10, index) && index < op->getNumOperands()) {
    std::optional<DType> dtype = dtypeOf(elementOf(op->getOperand(index)));
    fail("an operand has elements of type " + Twine(dtype ? StringRef(spelling(*dtype)) : "unknown") +
         ", which the operator does not take there");
  } else {
    fail(text);
  }
  return false;
}

Value Builder::finish(OperationState &state) {
  for (Type type : state.types)
    if (!checkDims(dimsOf(type)))
      return {};
  Operation *op = builder.create(state);
  if (!isValid(op) || !requireShapes(op)) {
    op->erase();
    return {};
  }
  if (Value folded = fold(op)) {
    op->erase();
    return folded;
  }
  if (Value settled = settleSizes(op)) {
    if (settled.getDefiningOp() != op)
      op->erase();
    return settled;
  }
  return op->getResult(0);
}

/// Dimensions that must be equal and are written differently are compared by the runtime.
bool Builder::requireShapes(Operation *op) {
  auto same = [&](DimExpr a, DimExpr b, const Twine &what) {
    return a == b || a == 1 || b == 1 || require(a, b, what);
  };
  auto alignedRight = [&](Dims a, Dims b) {
    size_t shared = std::min(a.size(), b.size());
    for (auto [x, y] : llvm::zip(ArrayRef(a).take_back(shared), ArrayRef(b).take_back(shared)))
      if (!same(x, y, "operands must have equal dimensions"))
        return false;
    return true;
  };
  if (isElementwise(op)) {
    for (unsigned i = 0; i < op->getNumOperands(); ++i)
      for (unsigned j = 0; j < i; ++j)
        if (!alignedRight(dimsOf(op->getOperand(i).getType()), dimsOf(op->getOperand(j).getType())))
          return false;
  } else if (auto matmul = dyn_cast<MatMulOp>(op)) {
    Dims lhs = dimsOf(matmul.getLhs().getType()), rhs = dimsOf(matmul.getRhs().getType());
    DimExpr k = lhs[lhs.size() - (matmul.getTransposeLhs() ? 2 : 1)];
    DimExpr other = rhs[rhs.size() - (matmul.getTransposeRhs() ? 1 : 2)];
    lhs.truncate(lhs.size() - 2);
    rhs.truncate(rhs.size() - 2);
    return require(k, other, "matrices must fit each other") && alignedRight(lhs, rhs);
  } else if (auto concat = dyn_cast<ConcatOp>(op)) {
    Dims first = dimsOf(op->getOperand(0).getType());
    for (Value input : concat.getInputs().drop_front())
      for (auto [i, dim] : llvm::enumerate(dimsOf(input.getType())))
        if (static_cast<int64_t>(i) != static_cast<int64_t>(concat.getAxis()) &&
            !require(first[i], dim, "tensors must have equal dimensions but for the one they are joined along"))
          return false;
  } else if (auto conv = dyn_cast<ConvOp>(op)) {
    return require(dimOf(conv.getInput().getType(), conv.channelDim()),
                   dimOf(conv.getFilter().getType(), 1) * conv.getGroups(), "channels must fit the filter");
  } else if (auto conv = dyn_cast<ConvTransposeOp>(op)) {
    return require(dimOf(conv.getInput().getType(), 1), dimOf(conv.getFilter().getType(), 0),
                   "channels must fit the filter");
  }
  return true;
}

bool Builder::require(DimExpr a, DimExpr b, const Twine &what) {
  if (a == b)
    return true;
  DimExpr difference = a - b;
  if (difference == 0)
    return true;
  if (difference.isConstant()) {
    fail(what + ": " + a.str() + " and " + b.str());
    return false;
  }
  if (!required.insert({a.attribute(), b.attribute()}).second)
    return true;
  std::string message = sourceName(loc) + ": " + what.str();
  RequireOp::create(builder, loc, dimsAttr({a}), dimsAttr({b}), builder.getStringAttr(message));
  return true;
}

/// An op on small constants becomes its value.
Value Builder::fold(Operation *op) {
  if (isa<ConstantOp, SizesOp>(op) || op->getNumResults() != 1 || !hasAtMost(op->getResult(0).getType(), foldLimit))
    return {};
  SmallVector<Tensor> operands;
  for (Value operand : op->getOperands()) {
    if (!operand.getDefiningOp<ConstantOp>() || !hasAtMost(operand.getType(), foldLimit))
      return {};
    std::optional<Tensor> value = constantOf(operand);
    if (!value)
      return {};
    operands.push_back(*value);
  }
  Type element = elementOf(op->getResult(0));
  if (isa<ComplexType>(element) || (op->getNumOperands() == 0 && !hasAtMost(op->getResult(0).getType(), 1024)))
    return {};
  auto graphOp = dyn_cast<GraphOpInterface>(op);
  std::optional<DType> dtype = dtypeOf(element);
  if (!graphOp || !dtype || graphOp.countFlops().constantValue().value_or(foldFlops) >= foldFlops)
    return {};
  SmallVector<Tensor> results = {Tensor(*dtype, cast<RankedTensorType>(op->getResult(0).getType()).getShape())};
  if (failed(graphOp.evaluate(operands, results)))
    return {};
  return constant(results[0]);
}

/// What is known of an integer tensor is remembered; one of 64-bit integers is replaced.
Value Builder::settleSizes(Operation *op) {
  auto graphOp = dyn_cast<GraphOpInterface>(op);
  if (!graphOp || op->getNumResults() != 1 || isa<SizesOp>(op) || !hasAtMost(op->getResult(0).getType(), sizesLimit) ||
      !elementOf(op->getResult(0)).isIntOrFloat())
    return {};
  SmallVector<std::optional<Sizes>> operands;
  for (Value operand : op->getOperands())
    operands.push_back(known(operand));
  SmallVector<const Sizes *> pointers;
  for (std::optional<Sizes> &sizes : operands)
    pointers.push_back(sizes ? &*sizes : nullptr);
  FailureOr<Sizes> result = graphOp.evaluateSizes(pointers);
  if (failed(result) || llvm::any_of(*result, [](DimExpr size) { return size.isLongerThan(expressionLimit); }))
    return {};
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  bool allConstant = llvm::all_of(*result, [](DimExpr size) { return size.isConstant(); });
  std::optional<DType> dtype = dtypeOf(type.getElementType());
  if (allConstant && dtype && isa<IntegerType>(type.getElementType())) {
    auto values = llvm::map_to_vector(*result, [](DimExpr size) { return *size.constantValue(); });
    return constant(Tensor::from(*dtype, type.getShape(), values));
  }
  if (type.getElementType().isInteger(64) && type.getRank() <= 1)
    return sizes(*result, type.getRank() == 0);
  knownSizes[op->getResult(0)] = *result;
  return op->getResult(0);
}

// ---- constants and sizes -----------------------------------------------------------------------

Value Builder::constant(const Tensor &tensor) { return constant(tensor.toAttr(context())); }
Value Builder::constant(ElementsAttr value) { return ConstantOp::create(builder, loc, value); }

Value Builder::numbers(ArrayRef<double> values, Type elementType) {
  std::optional<DType> dtype = dtypeOf(elementType);
  if (!dtype || isa<ComplexType>(elementType))
    return fail("constants of this element type cannot be made");
  Tensor tensor(*dtype, {static_cast<int64_t>(values.size())});
  for (auto [i, value] : llvm::enumerate(values))
    tensor.set<double>(i, value);
  return constant(tensor);
}

Value Builder::scalar(double value, Type elementType) {
  if (!elementType.isIntOrFloat())
    return fail("takes numbers, not complex ones");
  return makeScalar(builder, loc, value, elementType);
}

Value Builder::scalarFor(Value like, double value) { return like ? scalar(value, elementOf(like)) : Value(); }

Value Builder::sizes(ArrayRef<DimExpr> values, bool isScalar) {
  if (llvm::all_of(values, [](DimExpr value) { return value.isConstant(); })) {
    auto numbers = llvm::map_to_vector(values, [](DimExpr value) { return *value.constantValue(); });
    SmallVector<int64_t> shape;
    if (!isScalar)
      shape.push_back(values.size());
    return constant(Tensor::from(DType::I64, shape, numbers));
  }
  Value result = make<SizesOp>(dimsAttr(values), unit(isScalar));
  if (result)
    knownSizes[result] = Sizes(values);
  return result;
}

bool Builder::reserve(int64_t elements) {
  reserved += elements;
  if (reserved <= tableLimit)
    return true;
  fail("the model's operators need tables of more than " + Twine(tableLimit) + " elements");
  return false;
}

std::optional<Sizes> Builder::known(Value value) {
  if (!value)
    return std::nullopt;
  if (auto it = knownSizes.find(value); it != knownSizes.end())
    return it->second;
  // Not sizesOf on other ops: without a memory it takes exponential time in long chains.
  if (!value.getDefiningOp<ConstantOp>())
    return std::nullopt;
  std::optional<Sizes> sizes = sizesOf(value);
  if (sizes)
    knownSizes[value] = *sizes;
  return sizes;
}

DimsAttr Builder::dimsAttr(ArrayRef<DimExpr> dims) {
  return DimsAttr::get(context(), llvm::map_to_vector(dims, [](DimExpr dim) { return dim.attribute(); }));
}

// ---- movement ----------------------------------------------------------------------------------

Value Builder::cast(Value x, Type elementType, bool saturate) {
  if (!x || elementOf(x) == elementType)
    return x;
  return make<CastOp>(x, TypeAttr::get(elementType), unit(saturate));
}

Value Builder::reshape(Value x, ArrayRef<DimExpr> dims) {
  if (!x || (dimsOf(x.getType()) == Dims(dims)))
    return x;
  if (!require(elementCount(x.getType()), product(context(), dims), "must keep the number of elements"))
    return {};
  // A large constant keeps its bytes under another type.
  if (auto constant = x.getDefiningOp<ConstantOp>())
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
        resource && checkDims(dims) && tensorOf(dims, elementOf(x)).hasStaticShape())
      return this->constant(DenseResourceElementsAttr::get(tensorOf(dims, elementOf(x)), resource.getRawHandle()));
  return makeTyped<ReshapeOp>(dims, elementOf(x), x);
}

Value Builder::squeeze(Value x, ArrayRef<int64_t> axes) {
  if (!x)
    return {};
  Dims dims;
  for (auto [i, dim] : llvm::enumerate(dimsOf(x.getType()))) {
    if (!llvm::is_contained(axes, static_cast<int64_t>(i)))
      dims.push_back(dim);
    else if (!require(dim, this->dim(1), "a dimension that is left out must have size 1"))
      return {};
  }
  return reshape(x, dims);
}

Value Builder::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  if (!x)
    return {};
  Dims from = dimsOf(x.getType()), dims;
  int64_t rank = from.size() + axes.size();
  for (int64_t i = 0, next = 0; i < rank; ++i)
    dims.push_back(llvm::is_contained(axes, i) || next >= static_cast<int64_t>(from.size()) ? dim(1) : from[next++]);
  return reshape(x, dims);
}

Value Builder::alongAxis(Value x, int64_t axis, int64_t rank) {
  if (!x)
    return {};
  if (rankOf(x) > 1)
    return fail("takes one number for each element of a dimension, not a tensor of " + Twine(rankOf(x)) +
                " dimensions");
  Dims dims(rank, dim(1));
  if (rankOf(x) == 0 || axis < 0 || axis >= rank)
    return x;
  dims[axis] = dimOf(x.getType(), 0);
  return reshape(x, ArrayRef(dims).drop_front(axis));
}

Value Builder::broadcast(Value x, ArrayRef<DimExpr> dims) {
  if (!x || dimsOf(x.getType()) == Dims(dims))
    return x;
  Dims given = dimsOf(x.getType());
  for (auto [from, to] : llvm::zip(llvm::reverse(given), llvm::reverse(dims)))
    if (from != 1 && !require(from, to, "a dimension cannot be repeated"))
      return {};
  return makeTyped<BroadcastOp>(dims, elementOf(x), x);
}

Value Builder::transpose(Value x, ArrayRef<int64_t> permutation) {
  if (x && llvm::is_sorted(permutation))
    return x;
  return make<TransposeOp>(x, array(permutation));
}

Value Builder::slice(Value x, ArrayRef<DimExpr> starts, ArrayRef<DimExpr> counts, ArrayRef<int64_t> steps) {
  if (!x)
    return {};
  if (Dims(counts) == dimsOf(x.getType()) && llvm::all_of(steps, [](int64_t step) { return step == 1; }))
    return x;
  return makeTyped<SliceOp>(counts, elementOf(x), x, dimsAttr(starts), array(steps));
}

Value Builder::sliceAxis(Value x, int64_t axis, DimExpr start, DimExpr count) {
  if (!x)
    return {};
  Dims counts = dimsOf(x.getType()), starts(counts.size(), dim(0));
  starts[axis] = start;
  counts[axis] = count;
  return slice(x, starts, counts, SmallVector<int64_t>(counts.size(), 1));
}

Value Builder::pad(Value x, Value value, ArrayRef<DimExpr> low, ArrayRef<DimExpr> high, PadMode mode) {
  auto isZero = [](DimExpr dim) { return dim == 0; };
  if (x && value && llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return x;
  return make<PadOp>(x, value, dimsAttr(low), dimsAttr(high), PadModeAttr::get(context(), mode));
}

Value Builder::concat(ArrayRef<Value> inputs, int64_t axis) {
  if (llvm::is_contained(inputs, Value()))
    return {};
  if (inputs.size() == 1)
    return inputs.front();
  return make<ConcatOp>(ValueRange(inputs), builder.getI64IntegerAttr(axis));
}

Value Builder::iota(ArrayRef<DimExpr> dims, int64_t axis, Type elementType) {
  return makeTyped<IotaOp>(dims, elementType, builder.getI64IntegerAttr(axis));
}

Value Builder::gather(Value x, Value indices, int64_t axis) {
  return make<GatherOp>(x, indices, builder.getI64IntegerAttr(axis));
}

std::pair<Value, Value> Builder::topK(Value x, int64_t axis, DimExpr count, bool largest) {
  if (!x)
    return {};
  Dims dims = dimsOf(x.getType());
  dims[axis] = count;
  OperationState state(loc, TopKOp::getOperationName());
  TopKOp::build(builder, state, tensorOf(dims, elementOf(x)), tensorOf(dims, builder.getI64Type()), x, axis, largest);
  Value values = finish(state);
  return {values, values ? values.getDefiningOp()->getResult(1) : Value()};
}

// ---- the rest ----------------------------------------------------------------------------------

Value Builder::reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes) {
  if (axes.empty())
    return x;
  return make<ReduceOp>(ReduceKindAttr::get(context(), kind), x, array(axes));
}

Value Builder::matmul(Value lhs, Value rhs, bool transposeLhs, bool transposeRhs) {
  if (!lhs || !rhs)
    return {};
  // A vector is a row on the left and a column on the right, and leaves no dimension behind.
  if (rankOf(lhs) == 1 && !transposeLhs) {
    Value result = matmul(unsqueeze(lhs, {0}), rhs, false, transposeRhs);
    return result ? squeeze(result, {std::max<int64_t>(rankOf(result) - (rankOf(rhs) == 1 ? 1 : 2), 0)}) : Value();
  }
  if (rankOf(rhs) == 1 && !transposeRhs) {
    Value result = matmul(lhs, unsqueeze(rhs, {1}), transposeLhs, false);
    return result ? squeeze(result, {rankOf(result) - 1}) : Value();
  }
  return make<MatMulOp>(lhs, rhs, unit(transposeLhs), unit(transposeRhs));
}

Value Builder::softmax(Value x, int64_t axis, bool log) {
  return make<SoftmaxOp>(x, builder.getI64IntegerAttr(axis), unit(log));
}

Value Builder::normalize(NormKind kind, Value x, ArrayRef<int64_t> axes, double epsilon) {
  return make<NormalizeOp>(NormKindAttr::get(context(), kind), x, array(axes), builder.getF64FloatAttr(epsilon));
}

} // namespace treadle::onnx
