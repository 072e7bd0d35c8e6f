//===- Builder.h - creating ops of the graph dialect ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Creates ops, and settles at once what is known: an op on small constants becomes its value, an
// integer tensor whose elements are expressions over symbols becomes `graph.sizes`. So what ONNX gives
// as a tensor (a shape, axes, pads) is at hand when the next node asks for it.
//
// Null values pass through: a function that gets one returns one. The first failure has been reported;
// importers need not look after every step.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_BUILDER_H
#define TREADLE_FRONTENDS_ONNX_BUILDER_H

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace treadle::onnx {

using graph::DimExpr;
using graph::Dims;
using graph::Sizes;
using mlir::Type;
using mlir::Value;

class Builder {
public:
  explicit Builder(mlir::OpBuilder builder) : builder(builder), loc(builder.getUnknownLoc()) {}

  mlir::MLIRContext *context() { return builder.getContext(); }
  mlir::OpBuilder &ops() { return builder; }
  mlir::Location location() const { return loc; }
  /// Of all ops created from here on.
  void setLocation(mlir::Location location) { loc = location; }

  /// An op whose result type follows from its operands and attributes.
  template <typename Op, typename... Args> Value make(Args &&...args) {
    if ((isNull(args) || ...))
      return {};
    return makeWith<Op>(std::forward<Args>(args)...);
  }

  /// The same with operands that need not be there: null.
  template <typename Op, typename... Args> Value makeWith(Args &&...args) {
    mlir::OperationState state(loc, Op::getOperationName());
    Op::build(builder, state, placeholder(), std::forward<Args>(args)...);
    llvm::SmallVector<Type> types;
    if (failed(Op::inferReturnTypes(context(), loc, state.operands, state.attributes.getDictionary(context()),
                                    state.getRawProperties(), state.regions, types)))
      return {}; // which has said why
    state.types.assign(types.begin(), types.end());
    return finish(state);
  }

  /// An op whose result type is given.
  template <typename Op, typename... Args>
  Value makeTyped(llvm::ArrayRef<DimExpr> dims, Type elementType, Args &&...args) {
    if ((isNull(args) || ...) || !checkDims(dims))
      return {};
    mlir::OperationState state(loc, Op::getOperationName());
    Op::build(builder, state, graph::tensorOf(dims, elementType), std::forward<Args>(args)...);
    return finish(state);
  }

  // ---- constants and sizes ----------------------------------------------------------------------

  Value constant(const graph::Tensor &tensor);
  Value constant(mlir::ElementsAttr value);
  /// A constant of rank 1.
  Value numbers(llvm::ArrayRef<double> values, Type elementType);
  Value scalar(double value, Type elementType);
  /// A scalar of the element type of `like`.
  Value scalarFor(Value like, double value);
  Value sizes(llvm::ArrayRef<DimExpr> values, bool isScalar = false);
  DimExpr dim(int64_t value) { return DimExpr::constant(context(), value); }

  /// To be asked before a constant of that many elements is made that no file holds. False, and an error,
  /// if all of them together are too many.
  bool reserve(int64_t elements);

  /// The elements of a small integer tensor, as far as they are known.
  std::optional<Sizes> known(Value value);

  /// Has the runtime check that two sizes are equal, unless they are for sure.
  bool require(DimExpr a, DimExpr b, const llvm::Twine &what);

  // ---- elementwise ------------------------------------------------------------------------------

  Value add(Value a, Value b) { return make<graph::AddOp>(a, b); }
  Value sub(Value a, Value b) { return make<graph::SubOp>(a, b); }
  Value mul(Value a, Value b) { return make<graph::MulOp>(a, b); }
  Value div(Value a, Value b) { return make<graph::DivOp>(a, b); }
  Value min(Value a, Value b) { return make<graph::MinOp>(a, b); }
  Value max(Value a, Value b) { return make<graph::MaxOp>(a, b); }
  Value add(Value a, double b) { return add(a, scalarFor(a, b)); }
  Value sub(Value a, double b) { return sub(a, scalarFor(a, b)); }
  Value mul(Value a, double b) { return mul(a, scalarFor(a, b)); }
  Value div(Value a, double b) { return div(a, scalarFor(a, b)); }
  Value min(Value a, double b) { return min(a, scalarFor(a, b)); }
  Value max(Value a, double b) { return max(a, scalarFor(a, b)); }
  Value neg(Value x) { return make<graph::NegOp>(x); }
  Value exp(Value x) { return make<graph::ExpOp>(x); }
  Value sqrt(Value x) { return make<graph::SqrtOp>(x); }
  Value sigmoid(Value x) { return make<graph::SigmoidOp>(x); }
  Value tanh(Value x) { return make<graph::TanhOp>(x); }
  Value compare(graph::Predicate predicate, Value a, Value b) {
    return make<graph::CompareOp>(graph::PredicateAttr::get(context(), predicate), a, b);
  }
  Value select(Value condition, Value onTrue, Value onFalse) {
    return make<graph::SelectOp>(condition, onTrue, onFalse);
  }
  Value cast(Value x, Type elementType, bool saturate = false);

  // ---- movement ---------------------------------------------------------------------------------

  Value reshape(Value x, llvm::ArrayRef<DimExpr> dims);
  /// Without dimensions that have size 1.
  Value squeeze(Value x, llvm::ArrayRef<int64_t> axes);
  /// With new dimensions of size 1; axes are of the result.
  Value unsqueeze(Value x, llvm::ArrayRef<int64_t> axes);
  /// A tensor of rank 1 (or 0) as one that broadcasts along dimension `axis` of `rank`.
  Value alongAxis(Value x, int64_t axis, int64_t rank);
  Value broadcast(Value x, llvm::ArrayRef<DimExpr> dims);
  Value transpose(Value x, llvm::ArrayRef<int64_t> permutation);
  /// Elements start + k * step, k < count, along every dimension.
  Value slice(Value x, llvm::ArrayRef<DimExpr> starts, llvm::ArrayRef<DimExpr> counts, llvm::ArrayRef<int64_t> steps);
  /// Elements [start, start + count) along one dimension.
  Value sliceAxis(Value x, int64_t axis, DimExpr start, DimExpr count);
  Value pad(Value x, Value value, llvm::ArrayRef<DimExpr> low, llvm::ArrayRef<DimExpr> high,
            graph::PadMode mode = graph::PadMode::constant);
  Value concat(llvm::ArrayRef<Value> inputs, int64_t axis);
  /// 0, 1, 2, .. along `axis`.
  Value iota(llvm::ArrayRef<DimExpr> dims, int64_t axis, Type elementType);
  Value gather(Value x, Value indices, int64_t axis);
  /// The first `count` elements in order along `axis`, and their indices.
  std::pair<Value, Value> topK(Value x, int64_t axis, DimExpr count, bool largest);

  // ---- the rest ---------------------------------------------------------------------------------

  /// The reduced dimensions stay, with size 1.
  Value reduce(graph::ReduceKind kind, Value x, llvm::ArrayRef<int64_t> axes);
  /// Vectors as NumPy's matmul takes them.
  Value matmul(Value lhs, Value rhs, bool transposeLhs = false, bool transposeRhs = false);
  Value softmax(Value x, int64_t axis, bool log = false);
  Value normalize(graph::NormKind kind, Value x, llvm::ArrayRef<int64_t> axes, double epsilon);

  graph::DimsAttr dimsAttr(llvm::ArrayRef<DimExpr> dims);
  mlir::DenseI64ArrayAttr array(llvm::ArrayRef<int64_t> values) { return builder.getDenseI64ArrayAttr(values); }
  mlir::UnitAttr unit(bool isSet) { return isSet ? builder.getUnitAttr() : mlir::UnitAttr(); }

  /// How many nodes before had random numbers without a seed.
  int64_t nextUnseeded() { return unseeded++; }

  /// Reports an error and returns null.
  Value fail(const llvm::Twine &message);

private:
  template <typename T> static bool isNull(const T &value) {
    if constexpr (std::is_convertible_v<T, Value>)
      return !Value(value);
    return false;
  }
  static bool isNull(const llvm::SmallVector<Value> &values) { return llvm::is_contained(values, Value()); }

  mlir::RankedTensorType placeholder();
  bool checkDims(llvm::ArrayRef<DimExpr> dims);
  bool isValid(mlir::Operation *op);
  Value finish(mlir::OperationState &state);
  bool requireShapes(mlir::Operation *op);
  Value fold(mlir::Operation *op);
  Value settleSizes(mlir::Operation *op);

  mlir::OpBuilder builder;
  mlir::Location loc;
  llvm::DenseMap<Value, Sizes> knownSizes;
  int64_t unseeded = 0;
  int64_t reserved = 0;                                                 // elements
  llvm::DenseSet<std::pair<mlir::Attribute, mlir::Attribute>> required; // pairs of sizes, so far
};

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_BUILDER_H
