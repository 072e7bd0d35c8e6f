//===- Graph.h - the graph dialect ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one header to include for it: ops, attributes, interfaces, and the few functions on whole
// graphs that every user needs.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_GRAPH_H
#define TREADLE_DIALECTS_GRAPH_GRAPH_H

#include "dialects/graph/Tensor.h"
#include "dialects/graph/dims/Dims.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TensorEncoding.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace treadle::graph {

/// The elements of a small integer tensor, row-major, as expressions.
using Sizes = llvm::SmallVector<DimExpr>;

/// Result element i depends on element i of each operand alone, after broadcasting.
template <typename ConcreteType> class Elementwise : public mlir::OpTrait::TraitBase<ConcreteType, Elementwise> {};

/// op(a, b) == op(b, a)
template <typename ConcreteType> class Commutes : public mlir::OpTrait::TraitBase<ConcreteType, Commutes> {};

} // namespace treadle::graph

#include "dialects/graph/Dialect.h.inc"
#include "dialects/graph/Enums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/graph/Attributes.h.inc"

#include "dialects/graph/Interfaces.h.inc"

#include "dialects/graph/Families.h.inc"

namespace treadle::graph {

/// The value of a constant, if it is one.
std::optional<Tensor> constantOf(mlir::Value value);

/// The one number that a constant holds in every element, if it is such a constant.
std::optional<double> splatOf(mlir::Value value);

/// The elements of an integer tensor as expressions, as far as they follow from constants and
/// shapes. Nothing for tensors of more than a few dozen elements.
std::optional<Sizes> sizesOf(mlir::Value value);

inline mlir::Type elementOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getElementType();
}
inline int64_t rankOf(mlir::Value value) { return llvm::cast<mlir::RankedTensorType>(value.getType()).getRank(); }

/// For verifiers: that an axis is one of `rank` dimensions.
llvm::LogicalResult verifyAxis(mlir::Operation *op, int64_t axis, int64_t rank);

inline bool isElementwise(mlir::Operation *op) { return op->hasTrait<Elementwise>(); }

/// A scalar constant of a float or integer type.
mlir::Value makeScalar(mlir::OpBuilder &builder, mlir::Location loc, double value, mlir::Type elementType);

/// The model's own name of an op or value, from its location; "" if it has none. The name of an op
/// is "name (Type)".
std::string sourceName(mlir::Location loc);

} // namespace treadle::graph

#endif // TREADLE_DIALECTS_GRAPH_GRAPH_H
