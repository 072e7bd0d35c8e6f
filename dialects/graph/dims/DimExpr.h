//===- DimExpr.h - integer expressions over symbols -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The size of a dimension, an offset, a count of tasks: an integer expression over named symbols.
// Expressions are uniqued attributes in a canonical form, so that comparing is comparing pointers:
//
//     sum      c0 + c1*f*g + ...      terms sorted, equal terms merged, constant last
//     product  c*f*g                  factors are symbols, floordiv, min, max; sorted. Sums too, where
//                                     multiplying them out would make too many terms
//     floordiv (p + k) floordiv c     what c divides is taken out, 0 <= k < c
//
// Two expressions that are equal for every value of their symbols are often, not always, the same
// attribute: this is a polynomial normal form, not a theorem prover.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_DIMEXPR_H
#define TREADLE_DIALECTS_GRAPH_DIMEXPR_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/TypeRange.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>
#include <string>

namespace mlir {
class AsmParser;
class AsmPrinter;
} // namespace mlir

namespace treadle::graph {

enum class DimKind : uint8_t { Constant, Symbol, Sum, Product, FloorDiv, Min, Max };

class DimExpr {
public:
  DimExpr() = default;
  explicit DimExpr(mlir::Attribute attr) : attr(attr) {}

  static DimExpr constant(mlir::MLIRContext *context, int64_t value);
  static DimExpr symbol(mlir::MLIRContext *context, llvm::StringRef name);

  DimExpr operator+(DimExpr other) const;
  DimExpr operator-(DimExpr other) const;
  DimExpr operator*(DimExpr other) const;
  DimExpr operator+(int64_t value) const { return *this + constant(context(), value); }
  DimExpr operator-(int64_t value) const { return *this - constant(context(), value); }
  DimExpr operator*(int64_t value) const { return *this * constant(context(), value); }

  /// floor(this / other) and ceil(this / other); `other` is taken to be positive.
  DimExpr floorDiv(DimExpr other) const;
  DimExpr floorDiv(int64_t value) const { return floorDiv(constant(context(), value)); }
  DimExpr ceilDiv(DimExpr other) const { return (*this + other - 1).floorDiv(other); }
  DimExpr ceilDiv(int64_t value) const { return ceilDiv(constant(context(), value)); }
  DimExpr mod(DimExpr other) const { return *this - other * floorDiv(other); }

  static DimExpr min(DimExpr a, DimExpr b);
  static DimExpr max(DimExpr a, DimExpr b);

  explicit operator bool() const { return static_cast<bool>(attr); }
  bool operator==(const DimExpr &other) const { return attr == other.attr; }
  bool operator!=(const DimExpr &other) const { return attr != other.attr; }
  bool operator==(int64_t value) const { return constantValue() == value; }
  bool operator!=(int64_t value) const { return constantValue() != value; }

  std::optional<int64_t> constantValue() const;
  bool isConstant() const { return constantValue().has_value(); }
  bool isSymbol() const { return kind() == DimKind::Symbol; }

  DimKind kind() const;
  /// Operands of a sum, product, floordiv, min or max.
  unsigned operandCount() const;
  DimExpr operand(unsigned index) const;
  /// The constant of a sum or constant, the coefficient of a product.
  int64_t value() const;
  llvm::StringRef symbolName() const;

  /// True if every value that the symbols can take (they are at least 0) makes this >= `bound`.
  bool isAtLeast(int64_t bound) const;

  /// True if `divisor` divides this whatever the symbols are.
  bool isMultipleOf(int64_t divisor) const;

  /// The same with symbols replaced; `replacement` returns a null expression to keep one.
  DimExpr substitute(llvm::function_ref<DimExpr(llvm::StringRef)> replacement) const;

  /// The value for given symbols; nothing where a symbol is unknown or an overflow happens.
  std::optional<int64_t> evaluate(llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> valueOf) const;

  /// Of the tree, counted up to `most`: for choosing among equals, and for those who build expressions from
  /// what they are given.
  unsigned nodeCount(unsigned most = 1000) const;
  bool isLongerThan(unsigned nodes) const { return nodeCount(nodes + 1) > nodes; }

  void forEachSymbol(llvm::function_ref<void(llvm::StringRef)> visit) const;

  /// Infix, as in IR: "(h + 1) floordiv 2".
  std::string str() const;
  void print(llvm::raw_ostream &os) const;
  static mlir::FailureOr<DimExpr> parse(mlir::AsmParser &parser);

  mlir::Attribute attribute() const { return attr; }
  mlir::MLIRContext *context() const { return attr.getContext(); }

private:
  mlir::Attribute attr;
};

inline DimExpr operator+(int64_t value, DimExpr expr) { return expr + value; }
inline DimExpr operator*(int64_t value, DimExpr expr) { return expr * value; }
inline llvm::raw_ostream &operator<<(llvm::raw_ostream &os, DimExpr expr) {
  expr.print(os);
  return os;
}
inline mlir::Diagnostic &operator<<(mlir::Diagnostic &diagnostic, DimExpr expr) { return diagnostic << expr.str(); }
inline llvm::hash_code hash_value(DimExpr expr) { return mlir::hash_value(expr.attribute()); }

} // namespace treadle::graph

namespace llvm {
template <> struct DenseMapInfo<treadle::graph::DimExpr> {
  static treadle::graph::DimExpr getEmptyKey() {
    return treadle::graph::DimExpr(DenseMapInfo<mlir::Attribute>::getEmptyKey());
  }
  static treadle::graph::DimExpr getTombstoneKey() {
    return treadle::graph::DimExpr(DenseMapInfo<mlir::Attribute>::getTombstoneKey());
  }
  static unsigned getHashValue(treadle::graph::DimExpr expr) {
    return DenseMapInfo<mlir::Attribute>::getHashValue(expr.attribute());
  }
  static bool isEqual(treadle::graph::DimExpr a, treadle::graph::DimExpr b) { return a == b; }
};
} // namespace llvm

#endif // TREADLE_DIALECTS_GRAPH_DIMEXPR_H
