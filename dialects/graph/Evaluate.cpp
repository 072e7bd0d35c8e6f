//===- Evaluate.cpp - run a whole graph by the meaning of its ops -----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Evaluate.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AttrTypeSubElements.h"

using namespace mlir;

namespace treadle::graph {
namespace {

using Environment = DenseMap<Value, Tensor>;
using Observer = llvm::function_ref<void(Operation *, ArrayRef<Tensor>)>;

/// Runs the block and returns what its terminator names.
FailureOr<SmallVector<Tensor>> evaluateBlock(Block &block, ArrayRef<Tensor> inputs, Observer observe) {
  Environment values;
  for (auto [argument, input] : llvm::zip(block.getArguments(), inputs))
    values[argument] = input;
  auto operandsOf = [&](Operation *op) {
    return llvm::map_to_vector(op->getOperands(), [&](Value operand) { return values[operand]; });
  };
  for (Operation &op : block.without_terminator()) {
    FailureOr<SmallVector<Tensor>> results;
    if (auto group = dyn_cast<GroupOp>(op))
      results = evaluateBlock(group.getBody().front(), operandsOf(&op), observe);
    else
      results = evaluateOp(&op, operandsOf(&op));
    if (failed(results))
      return failure();
    for (auto [value, tensor] : llvm::zip(op.getResults(), *results))
      values[value] = tensor;
    if (observe)
      observe(&op, *results);
  }
  return operandsOf(block.getTerminator());
}

} // namespace

FailureOr<SymbolValues> bindSymbols(Location loc, ArrayRef<Type> types, ArrayRef<Tensor> inputs) {
  SymbolValues values;
  if (types.size() != inputs.size())
    return emitError(loc) << "takes " << types.size() << " inputs, not " << inputs.size();
  // Plain symbols first; expressions over them are checked after.
  for (bool checking : {false, true}) {
    for (auto [number, type, input] : llvm::enumerate(types, inputs)) {
      Dims dims = dimsOf(type);
      if (static_cast<int64_t>(dims.size()) != input.rank())
        return emitError(loc) << "input " << number << " has " << input.rank() << " dimensions, not " << dims.size();
      for (auto [index, dim] : llvm::enumerate(dims)) {
        if (!checking && dim.isSymbol()) {
          values.try_emplace(dim.symbolName(), input.shape()[index]);
          continue;
        }
        std::optional<int64_t> expected = dim.evaluate([&](StringRef name) -> std::optional<int64_t> {
          auto it = values.find(name);
          return it == values.end() ? std::nullopt : std::optional(it->second);
        });
        if (checking && expected && *expected != input.shape()[index])
          return emitError(loc) << "dimension " << index << " of input " << number << " is " << input.shape()[index]
                                << ", not " << dim << " = " << *expected;
      }
    }
  }
  return values;
}

void substituteSymbols(Operation *op, const SymbolValues &values) {
  substituteSymbols(op, [&](StringRef name) {
    auto it = values.find(name);
    return it == values.end() ? DimExpr() : DimExpr::constant(op->getContext(), it->second);
  });
}

void substituteSymbols(Operation *op, llvm::function_ref<DimExpr(StringRef)> replacement) {
  auto replace = [&](DimExpr dim) { return dim.substitute(replacement); };
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](RankedTensorType type) -> std::optional<std::pair<Type, WalkResult>> {
    if (!isa_and_nonnull<DimsAttr>(type.getEncoding()))
      return std::nullopt;
    return std::make_pair(Type(tensorOf(llvm::map_to_vector(dimsOf(type), replace), type.getElementType())),
                          WalkResult::skip());
  });
  replacer.addReplacement([&](DimsAttr attr) -> std::optional<std::pair<Attribute, WalkResult>> {
    auto dims = llvm::map_to_vector(attr.getDims(), [&](Attribute dim) { return replace(DimExpr(dim)).attribute(); });
    return std::make_pair(Attribute(DimsAttr::get(attr.getContext(), dims)), WalkResult::skip());
  });
  replacer.recursivelyReplaceElementsIn(op, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
}

FailureOr<SmallVector<Tensor>> evaluateOp(Operation *op, ArrayRef<Tensor> operands) {
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    FailureOr<Tensor> value = Tensor::from(constant.getValue());
    if (failed(value))
      return op->emitOpError("has a value that cannot be read");
    return SmallVector<Tensor>{*value};
  }
  if (isa<RequireOp>(op))
    return SmallVector<Tensor>{};
  auto graphOp = dyn_cast<GraphOpInterface>(op);
  if (!graphOp)
    return op->emitOpError("cannot be evaluated");
  SmallVector<Tensor> results;
  for (Type type : op->getResultTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    std::optional<DType> dtype = dtypeOf(tensor.getElementType());
    if (!tensor.hasStaticShape() || !dtype)
      return op->emitOpError() << "has a result of type " << type << ", which cannot be evaluated";
    results.emplace_back(*dtype, tensor.getShape());
  }
  if (failed(graphOp.evaluate(operands, results)))
    return op->emitOpError("cannot be evaluated");
  return results;
}

Value foldToConstant(OpBuilder &builder, Operation *op) {
  SmallVector<Tensor> operands;
  for (Value operand : op->getOperands()) {
    std::optional<Tensor> value = constantOf(operand);
    if (!value)
      return op->getResult(0);
    operands.push_back(*value);
  }
  FailureOr<SmallVector<Tensor>> results = evaluateOp(op, operands);
  if (failed(results))
    return op->getResult(0);
  auto constant = ConstantOp::create(builder, op->getLoc(), results->front().toAttr(builder.getContext()));
  op->erase();
  return constant;
}

FailureOr<SmallVector<Tensor>> evaluateRegion(Region &region, ArrayRef<Tensor> inputs) {
  Operation *parent = region.getParentOp();
  FailureOr<SymbolValues> symbols = bindSymbols(parent->getLoc(), llvm::to_vector(region.getArgumentTypes()), inputs);
  if (failed(symbols))
    return failure();
  OwningOpRef<Operation *> bound(parent->clone());
  substituteSymbols(bound.get(), *symbols);
  return evaluateBlock(bound.get()->getRegion(region.getRegionNumber()).front(), inputs, {});
}

FailureOr<SmallVector<Tensor>> evaluate(func::FuncOp function, ArrayRef<Tensor> inputs, Observer observe) {
  FailureOr<SymbolValues> symbols = bindSymbols(function.getLoc(), function.getArgumentTypes(), inputs);
  if (failed(symbols))
    return failure();
  if (symbols->empty())
    return evaluateBlock(function.getBody().front(), inputs, observe);
  OwningOpRef<Operation *> bound(function->clone());
  substituteSymbols(bound.get(), *symbols);
  return evaluateBlock(cast<func::FuncOp>(bound.get()).getBody().front(), inputs, observe);
}

} // namespace treadle::graph
