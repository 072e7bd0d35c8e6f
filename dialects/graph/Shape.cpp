//===- Shape.cpp - the meaning of constants and movement --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that only move elements are evaluated by copying elements of the operand's width from computed
// positions; none looks at what an element means.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/PatternMatch.h"
#include <cstring>

using namespace mlir;

namespace treadle::graph {
namespace {

/// result[i] = input[positionOf(index of i)], a negative position leaving zero.
LogicalResult move(const Tensor &input, Tensor &result, llvm::function_ref<int64_t(ArrayRef<int64_t>)> positionOf) {
  if (bitWidth(input.dtype()) % 8 != 0) {
    int64_t to = 0;
    forEachIndex(result.shape(), [&](ArrayRef<int64_t> index) {
      if (int64_t from = positionOf(index); from >= 0)
        result.set<int64_t>(to, input.get<int64_t>(from));
      ++to;
    });
    return success();
  }
  int64_t width = bitWidth(input.dtype()) / 8;
  char *to = result.mutableRaw();
  const char *from = input.raw().data();
  forEachIndex(result.shape(), [&](ArrayRef<int64_t> index) {
    if (int64_t position = positionOf(index); position >= 0)
      std::memcpy(to, from + position * width, width);
    to += width;
  });
  return success();
}

SmallVector<int64_t> constantsOf(DimsAttr attr) {
  SmallVector<int64_t> values;
  for (Attribute dim : attr.getDims())
    values.push_back(DimExpr(dim).constantValue().value_or(0));
  return values;
}

bool allConstant(DimsAttr attr) {
  return llvm::all_of(attr.getDims(), [](Attribute dim) { return DimExpr(dim).isConstant(); });
}

/// Whether two expressions are different numbers for sure.
bool differ(DimExpr a, DimExpr b) {
  std::optional<int64_t> difference = (a - b).constantValue();
  return difference && *difference != 0;
}

} // namespace

// ---- constant --------------------------------------------------------------------------------

LogicalResult ConstantOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getValue().getShapedType());
  return success();
}
OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

// ---- sizes -----------------------------------------------------------------------------------

LogicalResult SizesOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  int64_t count = adaptor.getValues().getDims().size();
  if (adaptor.getScalar() && count != 1)
    return emitOptionalError(loc, "a scalar has one value, not ", count);
  SmallVector<int64_t> shape;
  if (!adaptor.getScalar())
    shape.push_back(count);
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 64)));
  return success();
}
LogicalResult SizesOp::evaluate(ArrayRef<Tensor>, MutableArrayRef<Tensor> results) {
  if (!allConstant(getValues()))
    return failure();
  for (auto [index, value] : llvm::enumerate(constantsOf(getValues())))
    results[0].set<int64_t>(index, value);
  return success();
}
FailureOr<Sizes> SizesOp::evaluateSizes(ArrayRef<const Sizes *>) {
  return Sizes(llvm::map_range(getValues().getDims(), [](Attribute dim) { return DimExpr(dim); }));
}
OpFoldResult SizesOp::fold(FoldAdaptor) {
  if (!allConstant(getValues()))
    return {};
  return DenseElementsAttr::get(cast<ShapedType>(getType()), ArrayRef(constantsOf(getValues())));
}

// ---- iota ------------------------------------------------------------------------------------

LogicalResult IotaOp::verify() { return verifyAxis(*this, getAxis(), getType().getRank()); }
LogicalResult IotaOp::evaluate(ArrayRef<Tensor>, MutableArrayRef<Tensor> results) {
  int64_t position = 0;
  forEachIndex(results[0].shape(),
               [&](ArrayRef<int64_t> index) { results[0].set<int64_t>(position++, index[getAxis()]); });
  return success();
}
FailureOr<Sizes> IotaOp::evaluateSizes(ArrayRef<const Sizes *>) {
  Sizes sizes;
  forEachIndex(getType().getShape(),
               [&](ArrayRef<int64_t> index) { sizes.push_back(DimExpr::constant(getContext(), index[getAxis()])); });
  return sizes;
}

// ---- reshape ---------------------------------------------------------------------------------

void ReshapeOp::build(OpBuilder &, OperationState &state, Value input, ArrayRef<DimExpr> dims) {
  state.addOperands(input);
  state.addTypes(tensorOf(dims, elementOf(input)));
}
LogicalResult ReshapeOp::verify() {
  if (elementOf(getInput()) != getType().getElementType())
    return emitOpError("must keep the element type");
  DimExpr from = elementCount(getInput().getType()), to = elementCount(getType());
  if (differ(from, to))
    return emitOpError() << "has " << from << " elements before and " << to << " after";
  return success();
}
LogicalResult ReshapeOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  results[0] = operands[0].reshaped(results[0].shape());
  return success();
}
FailureOr<Sizes> ReshapeOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  if (!operands[0])
    return failure();
  return *operands[0];
}
DimExpr ReshapeOp::countFlops() { return DimExpr::constant(getContext(), 0); }
OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto constant = dyn_cast_or_null<ElementsAttr>(adaptor.getInput()); constant && getType().hasStaticShape()) {
    if (auto dense = dyn_cast<DenseElementsAttr>(constant))
      return dense.reshape(getType());
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(constant))
      return DenseResourceElementsAttr::get(getType(), resource.getRawHandle());
  }
  return {};
}
namespace {
/// reshape(reshape(x)) is one reshape.
struct MergeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ReshapeOp>();
    if (!inner)
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), inner.getInput());
    return success();
  }
};

/// reshape(transpose(reshape(x))) is a transpose of x, where the inner reshape merges dimensions and the
/// outer one splits them as they were.
struct TransposeUnmerged : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<TransposeOp>();
    auto merge = transpose ? transpose.getInput().getDefiningOp<ReshapeOp>() : ReshapeOp();
    if (!merge)
      return failure();
    Dims before = dimsOf(merge.getInput().getType()), after;
    SmallVector<SmallVector<int64_t>> groups; // of x's dimensions, one for each that is transposed
    size_t next = 0;
    for (DimExpr merged : dimsOf(merge.getType())) {
      SmallVector<int64_t> &group = groups.emplace_back();
      DimExpr size = DimExpr::constant(getContext(), 1);
      while (size != merged && next < before.size()) {
        size = size * before[next];
        group.push_back(next++);
      }
      if (size != merged)
        return failure();
    }
    if (next != before.size())
      return failure();
    SmallVector<int64_t> permutation;
    for (int64_t dim : transpose.getPermutation())
      permutation.append(groups[dim]);
    for (int64_t dim : permutation)
      after.push_back(before[dim]);
    if (after != dimsOf(op.getType()))
      return failure();
    rewriter.replaceOpWithNewOp<TransposeOp>(op, merge.getInput(), permutation);
    return success();
  }
};
} // namespace
void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MergeReshapes, TransposeUnmerged>(context);
}

// ---- transpose -------------------------------------------------------------------------------

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(adaptor.getInput().getType()), result;
  if (adaptor.getPermutation().size() != dims.size())
    return emitOptionalError(loc, "permutation has ", adaptor.getPermutation().size(), " numbers, the tensor ",
                             dims.size(), " dimensions");
  for (int64_t from : adaptor.getPermutation()) {
    if (from < 0 || from >= static_cast<int64_t>(dims.size()))
      return emitOptionalError(loc, "permutation names dimension ", from, " of ", dims.size());
    result.push_back(dims[from]);
  }
  types.push_back(tensorOf(result, elementOf(adaptor.getInput())));
  return success();
}
LogicalResult TransposeOp::verify() {
  SmallVector<int64_t> sorted(getPermutation());
  llvm::sort(sorted);
  for (auto [index, value] : llvm::enumerate(sorted))
    if (static_cast<int64_t>(index) != value)
      return emitOpError("permutation names a dimension twice");
  return success();
}
LogicalResult TransposeOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  SmallVector<int64_t> strides = stridesOf(operands[0].shape());
  return move(operands[0], results[0], [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (auto [to, from] : llvm::enumerate(getPermutation()))
      position += index[to] * strides[from];
    return position;
  });
}
DimExpr TransposeOp::countFlops() { return DimExpr::constant(getContext(), 0); }
OpFoldResult TransposeOp::fold(FoldAdaptor) {
  for (auto [to, from] : llvm::enumerate(getPermutation()))
    if (static_cast<int64_t>(to) != from)
      return {};
  return getInput();
}
namespace {
/// transpose(transpose(x)) is one transpose.
struct MergeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<TransposeOp>();
    if (!inner)
      return failure();
    SmallVector<int64_t> permutation;
    for (int64_t from : op.getPermutation())
      permutation.push_back(inner.getPermutation()[from]);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, inner.getInput(), permutation);
    return success();
  }
};
/// Moving dimensions of size 1 about leaves the elements where they are.
struct TransposeToReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    int64_t last = -1;
    for (int64_t from : op.getPermutation()) {
      if (dimOf(op.getInput().getType(), from) == 1)
        continue;
      if (from < last)
        return failure();
      last = from;
    }
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
    return success();
  }
};
} // namespace
void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MergeTransposes, TransposeToReshape>(context);
}

// ---- broadcast -------------------------------------------------------------------------------

void BroadcastOp::build(OpBuilder &, OperationState &state, Value input, ArrayRef<DimExpr> dims) {
  state.addOperands(input);
  state.addTypes(tensorOf(dims, elementOf(input)));
}
LogicalResult BroadcastOp::verify() {
  Dims from = dimsOf(getInput().getType()), to = dimsOf(getType());
  if (elementOf(getInput()) != getType().getElementType())
    return emitOpError("must keep the element type");
  if (from.size() > to.size())
    return emitOpError("has fewer dimensions than its operand");
  for (auto [a, b] : llvm::zip(from, ArrayRef(to).take_back(from.size())))
    if (a != 1 && differ(a, b))
      return emitOpError() << "would repeat a dimension of " << a << " to get " << b;
  return success();
}
LogicalResult BroadcastOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  std::vector<int64_t> positions = broadcastPositions(operands[0].shape(), results[0].shape());
  int64_t next = 0;
  return move(operands[0], results[0], [&](ArrayRef<int64_t>) { return positions[next++]; });
}
FailureOr<Sizes> BroadcastOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  if (!operands[0])
    return failure();
  Sizes result;
  for (int64_t position :
       broadcastPositions(cast<RankedTensorType>(getInput().getType()).getShape(), getType().getShape()))
    result.push_back((*operands[0])[position]);
  return result;
}
DimExpr BroadcastOp::countFlops() { return DimExpr::constant(getContext(), 0); }
OpFoldResult BroadcastOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : Value(); }
namespace {
/// An elementwise op broadcasts by itself, where its result has the same shape without this op's help.
struct DropBroadcastOfOperand : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &rewriter) const override {
    for (OpOperand &use : llvm::make_early_inc_range(op.getResult().getUses())) {
      Operation *user = use.getOwner();
      if (!isElementwise(user))
        continue;
      Dims dims = dimsOf(op.getInput().getType());
      for (OpOperand &other : user->getOpOperands()) {
        if (&other == &use)
          continue;
        FailureOr<Dims> both = broadcastDims(dims, dimsOf(other.get().getType()));
        if (failed(both))
          return failure();
        dims = *both;
      }
      if (dims != dimsOf(user->getResult(0).getType()))
        continue;
      rewriter.modifyOpInPlace(user, [&] { use.set(op.getInput()); });
      return success();
    }
    return failure();
  }
};
} // namespace
void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropBroadcastOfOperand>(context);
}

// ---- slice -----------------------------------------------------------------------------------

LogicalResult SliceOp::verify() {
  int64_t rank = getType().getRank();
  if (elementOf(getInput()) != getType().getElementType())
    return emitOpError("must keep the element type");
  if (cast<RankedTensorType>(getInput().getType()).getRank() != rank ||
      static_cast<int64_t>(getStarts().getDims().size()) != rank || static_cast<int64_t>(getSteps().size()) != rank)
    return emitOpError("needs one start and one step for each dimension, and keeps their number");
  for (int64_t i = 0; i < rank; ++i) {
    std::optional<int64_t> size = dimOf(getInput().getType(), i).constantValue(),
                           count = dimOf(getType(), i).constantValue(),
                           start = DimExpr(getStarts().getDims()[i]).constantValue();
    if (getSteps()[i] == 0)
      return emitOpError() << "has step 0 for dimension " << i;
    if (!size || !count || !start || *count == 0)
      continue;
    int64_t last = *start + (*count - 1) * getSteps()[i];
    if (std::min(*start, last) < 0 || std::max(*start, last) >= *size)
      return emitOpError() << "takes elements " << *start << " to " << last << " of dimension " << i << ", which has "
                           << *size;
  }
  return success();
}
LogicalResult SliceOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  if (!allConstant(getStarts()))
    return failure();
  SmallVector<int64_t> starts = constantsOf(getStarts()), strides = stridesOf(operands[0].shape());
  return move(operands[0], results[0], [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (size_t i = 0; i < index.size(); ++i)
      position += (starts[i] + index[i] * getSteps()[i]) * strides[i];
    return position;
  });
}
FailureOr<Sizes> SliceOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  if (!operands[0] || getType().getRank() != 1 || !allConstant(getStarts()))
    return failure();
  Sizes result;
  for (int64_t i = 0, start = constantsOf(getStarts())[0]; i < getType().getDimSize(0); ++i)
    result.push_back((*operands[0])[start + i * getSteps()[0]]);
  return result;
}

std::optional<int64_t> SliceOp::byteOffset() {
  Dims from = dimsOf(getInput().getType()), to = dimsOf(getType());
  DimExpr elements = DimExpr::constant(getContext(), 0);
  bool isAfterPart = false; // of a dimension: from there on all is taken
  for (auto [i, start] : llvm::enumerate(getStarts().getDims())) {
    elements = elements * from[i] + DimExpr(start);
    if ((isAfterPart && to[i] != from[i]) || (to[i] != 1 && getSteps()[i] != 1))
      return std::nullopt;
    isAfterPart |= to[i] != 1;
  }
  std::optional<int64_t> count = elements.constantValue();
  int64_t bits = count.value_or(0) * bitWidth(*dtypeOf(getType().getElementType()));
  return count && bits % 8 == 0 ? std::optional(bits / 8) : std::nullopt;
}

DimExpr SliceOp::countFlops() { return DimExpr::constant(getContext(), 0); }
OpFoldResult SliceOp::fold(FoldAdaptor) {
  bool whole = getInput().getType() == getType() && llvm::all_of(getSteps(), [](int64_t step) { return step == 1; });
  return whole ? getInput() : Value();
}
namespace {
/// slice(slice(x)) is one slice.
struct MergeSlices : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<SliceOp>();
    if (!inner)
      return failure();
    SmallVector<Attribute> starts;
    SmallVector<int64_t> steps;
    for (auto [a, b, stepA, stepB] :
         llvm::zip(inner.getStarts().getDims(), op.getStarts().getDims(), inner.getSteps(), op.getSteps())) {
      starts.push_back((DimExpr(a) + DimExpr(b) * stepA).attribute());
      steps.push_back(stepA * stepB);
    }
    rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), inner.getInput(), DimsAttr::get(op.getContext(), starts),
                                         steps);
    return success();
  }
};
} // namespace
void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MergeSlices>(context);
}

// ---- pad -------------------------------------------------------------------------------------

LogicalResult PadOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(adaptor.getInput().getType());
  ArrayRef<Attribute> low = adaptor.getLow().getDims(), high = adaptor.getHigh().getDims();
  if (low.size() != dims.size() || high.size() != dims.size())
    return emitOptionalError(loc, "needs one number before and one after for each of ", dims.size(), " dimensions");
  for (auto [i, dim] : llvm::enumerate(dims))
    dim = dim + DimExpr(low[i]) + DimExpr(high[i]);
  types.push_back(tensorOf(dims, elementOf(adaptor.getInput())));
  return success();
}
LogicalResult PadOp::verify() {
  if (cast<RankedTensorType>(getValue().getType()).getRank() != 0 || elementOf(getValue()) != elementOf(getInput()))
    return emitOpError("needs a scalar of the input's element type to pad with");
  for (auto [low, high, dim] : llvm::zip(getLow().getDims(), getHigh().getDims(), dimsOf(getInput().getType()))) {
    std::optional<int64_t> before = DimExpr(low).constantValue(), after = DimExpr(high).constantValue(),
                           size = dim.constantValue();
    if ((before && *before < 0) || (after && *after < 0))
      return emitOpError("cannot take elements away; that is a slice");
    int64_t most = std::max(before.value_or(0), after.value_or(0));
    if (getMode() == PadMode::reflect && size && most > std::max<int64_t>(*size - 1, 0))
      return emitOpError() << "cannot mirror " << most << " elements of a dimension of " << *size;
  }
  return success();
}
LogicalResult PadOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  if (!allConstant(getLow()))
    return failure();
  SmallVector<int64_t> low = constantsOf(getLow());
  ArrayRef<int64_t> shape = operands[0].shape();
  SmallVector<int64_t> strides = stridesOf(shape);
  if (getMode() == PadMode::constant) {
    if (failed(move(operands[1], results[0], [](ArrayRef<int64_t>) { return 0; })))
      return failure();
  }
  if (operands[0].size() == 0) // there is nothing to be read: what is not `value` is 0
    return success();
  return move(operands[0], results[0], [&](ArrayRef<int64_t> index) -> int64_t {
    int64_t position = 0;
    for (size_t i = 0; i < index.size(); ++i) {
      int64_t from = index[i] - low[i], size = shape[i];
      if (from < 0 || from >= size) {
        switch (getMode()) {
        case PadMode::constant:
          return -1;
        case PadMode::reflect:
          from = from < 0 ? -from : 2 * (size - 1) - from;
          break;
        case PadMode::edge:
          from = from < 0 ? 0 : size - 1;
          break;
        case PadMode::wrap:
          from = ((from % size) + size) % size;
          break;
        }
      }
      position += from * strides[i];
    }
    return position;
  });
}
DimExpr PadOp::countFlops() { return DimExpr::constant(getContext(), 0); }
OpFoldResult PadOp::fold(FoldAdaptor) {
  auto isZero = [](Attribute dim) { return DimExpr(dim) == 0; };
  bool nothing = llvm::all_of(getLow().getDims(), isZero) && llvm::all_of(getHigh().getDims(), isZero);
  return nothing ? getInput() : Value();
}

// ---- concat ----------------------------------------------------------------------------------

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  ValueRange inputs = adaptor.getInputs();
  if (inputs.empty())
    return emitOptionalError(loc, "needs an operand");
  Dims dims = dimsOf(inputs.front().getType());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= static_cast<int64_t>(dims.size()))
    return emitOptionalError(loc, "axis is ", axis, ", the tensors have ", dims.size(), " dimensions");
  for (Value input : inputs.drop_front()) {
    Dims other = dimsOf(input.getType());
    if (other.size() != dims.size() || elementOf(input) != elementOf(inputs.front()))
      return emitOptionalError(loc, "operands differ in rank or element type: ", inputs.getTypes());
    for (auto [i, dim] : llvm::enumerate(dims)) {
      if (static_cast<int64_t>(i) == axis) {
        dim = dim + other[i];
        continue;
      }
      FailureOr<DimExpr> both = unifyDims(dim, other[i]);
      if (failed(both))
        return emitOptionalError(loc, "operands differ in dimension ", i, ": ", inputs.getTypes());
      dim = *both;
    }
  }
  types.push_back(tensorOf(dims, elementOf(inputs.front())));
  return success();
}
LogicalResult ConcatOp::verify() { return verifyAxis(*this, getAxis(), getType().getRank()); }
LogicalResult ConcatOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  int64_t axis = getAxis(), offset = 0;
  SmallVector<int64_t> strides = stridesOf(results[0].shape());
  int64_t width = bitWidth(results[0].dtype());
  for (const Tensor &operand : operands) {
    int64_t from = 0;
    forEachIndex(operand.shape(), [&](ArrayRef<int64_t> index) {
      int64_t to = offset * strides[axis];
      for (size_t i = 0; i < index.size(); ++i)
        to += index[i] * strides[i];
      if (width % 8 == 0)
        std::memcpy(results[0].mutableRaw() + to * width / 8, operand.raw().data() + from * width / 8, width / 8);
      else
        results[0].set<int64_t>(to, operand.get<int64_t>(from));
      ++from;
    });
    offset += operand.shape()[axis];
  }
  return success();
}
FailureOr<Sizes> ConcatOp::evaluateSizes(ArrayRef<const Sizes *> operands) {
  if (getType().getRank() != 1)
    return failure();
  Sizes result;
  for (const Sizes *operand : operands) {
    if (!operand)
      return failure();
    llvm::append_range(result, *operand);
  }
  return result;
}
DimExpr ConcatOp::countFlops() { return DimExpr::constant(getContext(), 0); }
OpFoldResult ConcatOp::fold(FoldAdaptor) { return getInputs().size() == 1 ? getInputs().front() : Value(); }
namespace {
/// concat(concat(a, b), c) along one axis is concat(a, b, c), where the inner one has no other user.
struct FlattenConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    bool changed = false;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<ConcatOp>();
      if (inner && inner.getAxis() == op.getAxis() && inner->hasOneUse()) {
        llvm::append_range(inputs, inner.getInputs());
        changed = true;
      } else if (dimOf(input.getType(), op.getAxis()) == 0) {
        changed = true;
      } else {
        inputs.push_back(input);
      }
    }
    if (!changed || inputs.empty())
      return failure();
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), inputs, op.getAxis());
    return success();
  }
};
} // namespace
void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FlattenConcat>(context);
}

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Shape.cpp.inc"
