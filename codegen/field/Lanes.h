//===- Lanes.h - arithmetic on a number a lane -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_LANES_H
#define TREADLE_CODEGEN_FIELD_LANES_H

#include "codegen/elements/Elements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace treadle {

/// Shorthands for vectors of f32, of words of 32 bits and of truth values, with a lane for each of some rows.
class Lanes {
public:
  explicit Lanes(Elements &elements) : elements(elements), b(elements.b) {}

  mlir::Value number(double value) { return elements.constant(b.getF32Type(), value); }
  mlir::Value word(uint32_t value) { return elements.constant(b.getI32IntegerAttr(static_cast<int32_t>(value))); }
  mlir::Value truth(bool value) { return elements.constant(b.getBoolAttr(value)); }

  mlir::Value add(mlir::Value a, mlir::Value c) {
    return isFloat(a) ? flagged<mlir::arith::AddFOp>(a, c) : make<mlir::arith::AddIOp>(a, c);
  }
  mlir::Value sub(mlir::Value a, mlir::Value c) {
    return isFloat(a) ? flagged<mlir::arith::SubFOp>(a, c) : make<mlir::arith::SubIOp>(a, c);
  }
  mlir::Value mul(mlir::Value a, mlir::Value c) {
    return isFloat(a) ? flagged<mlir::arith::MulFOp>(a, c) : make<mlir::arith::MulIOp>(a, c);
  }
  mlir::Value div(mlir::Value a, mlir::Value c) { return flagged<mlir::arith::DivFOp>(a, c); }
  mlir::Value both(mlir::Value a, mlir::Value c) { return make<mlir::arith::AndIOp>(a, c); }
  mlir::Value either(mlir::Value a, mlir::Value c) { return make<mlir::arith::OrIOp>(a, c); }
  mlir::Value differs(mlir::Value a, mlir::Value c) { return make<mlir::arith::XOrIOp>(a, c); }
  mlir::Value isNot(mlir::Value a) { return differs(a, truth(true)); }
  mlir::Value shiftLeft(mlir::Value a, uint32_t bits) { return make<mlir::arith::ShLIOp>(a, word(bits)); }
  mlir::Value shiftRight(mlir::Value a, mlir::Value bits) { return make<mlir::arith::ShRUIOp>(a, bits); }

  /// Of numbers; false where one is none.
  mlir::Value less(mlir::Value a, mlir::Value c) { return compare(mlir::arith::CmpFPredicate::OLT, a, c); }
  mlir::Value atMost(mlir::Value a, mlir::Value c) { return compare(mlir::arith::CmpFPredicate::OLE, a, c); }
  mlir::Value equal(mlir::Value a, mlir::Value c) { return compare(mlir::arith::CmpFPredicate::OEQ, a, c); }
  mlir::Value lessWord(mlir::Value a, mlir::Value c) {
    return mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::ult, a, c);
  }
  mlir::Value isSet(mlir::Value word) {
    return mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::ne, word, this->word(0));
  }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value c) {
    return mlir::arith::SelectOp::create(b, condition, a, c);
  }
  /// As std::min and std::max: the first where one is no number.
  mlir::Value min(mlir::Value a, mlir::Value c) { return select(less(c, a), c, a); }
  mlir::Value max(mlir::Value a, mlir::Value c) { return select(less(a, c), c, a); }
  /// `low` where it is no number.
  mlir::Value clamp(mlir::Value a, mlir::Value low, mlir::Value high) { return min(max(low, a), high); }

  mlir::Value toNumber(mlir::Value word) { return mlir::arith::SIToFPOp::create(b, typeLike(b.getF32Type()), word); }
  mlir::Value toWord(mlir::Value number) { return mlir::arith::FPToSIOp::create(b, typeLike(b.getI32Type()), number); }
  /// Rounded as a format has it, still as f32.
  mlir::Value rounded(mlir::Value number, mlir::Type format) {
    return fromStorage(b, toStorage(b, number, format), format);
  }
  /// Whether it holds in any lane; where a subgroup's threads stay together, in any of theirs.
  mlir::Value any(mlir::Value truth);
  /// In how many of a vector's lanes it holds, and in how many of those before each.
  mlir::Value count(mlir::Value truth);
  mlir::Value countBefore(mlir::Value truth);
  /// Whether lanes without work of their own take part in what others do.
  bool stayTogether() const { return elements.lanes == 1 && elements.kernel.staysTogether(); }

private:
  mlir::Value ballot(mlir::Value truth);
  template <typename Op> mlir::Value make(mlir::Value a, mlir::Value c) { return Op::create(b, a, c); }
  template <typename Op> mlir::Value flagged(mlir::Value a, mlir::Value c) {
    return Op::create(b, a, c, mlir::arith::FastMathFlags::contract);
  }
  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value a, mlir::Value c) {
    return mlir::arith::CmpFOp::create(b, predicate, a, c);
  }
  static bool isFloat(mlir::Value value) { return mlir::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(value)); }
  mlir::Type typeLike(mlir::Type element) { return elements.vectorOf(element); }

  Elements &elements;
  mlir::ImplicitLocOpBuilder &b;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_LANES_H
