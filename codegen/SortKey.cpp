//===- SortKey.cpp - elements as numbers that sort like them ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bits of floats of the same sign are in order as they are, or the other way around if it is negative:
// so those below 0 have all bits turned over, the others the first one.
//
//===----------------------------------------------------------------------===//

#include "codegen/SortKey.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace treadle {

SortKey::SortKey(Type elementType, bool largest) : elementType(elementType), largest(largest) {
  Type computed = computeType(elementType);
  significantBits = computed.getIntOrFloatBitWidth();
  type = IntegerType::get(elementType.getContext(), std::max<int64_t>(significantBits, 32));
}

Value SortKey::of(ImplicitLocOpBuilder &b, Value elements) const {
  auto like = [&](Type element) -> Type {
    auto vector = dyn_cast<VectorType>(elements.getType());
    return vector ? Type(vector.clone(element)) : element;
  };
  auto constant = [&](Type element, APInt value) -> Value {
    Attribute attr = IntegerAttr::get(element, value);
    if (auto vector = dyn_cast<VectorType>(like(element)))
      return arith::ConstantOp::create(b, DenseElementsAttr::get(vector, attr));
    return arith::ConstantOp::create(b, cast<TypedAttr>(attr));
  };
  unsigned bits = significantBits;
  Type narrow = IntegerType::get(b.getContext(), bits);
  APInt sign = APInt::getSignMask(bits);
  Value key = elements;
  if (isa<FloatType>(elementType)) {
    key = arith::BitcastOp::create(b, like(narrow), elements);
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(elements.getType()));
    Value isNegative = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, elements, zero);
    Value turned =
        arith::SelectOp::create(b, isNegative, constant(narrow, APInt::getAllOnes(bits)), constant(narrow, sign));
    key = arith::XOrIOp::create(b, key, turned);
    Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, elements, zero);
    key = arith::SelectOp::create(b, isZero, constant(narrow, sign), key);
    Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, elements, elements);
    key = arith::SelectOp::create(b, isNaN, constant(narrow, APInt::getAllOnes(bits)), key);
  } else if (!elementType.isUnsignedInteger() && !elementType.isInteger(1)) {
    key = arith::XOrIOp::create(b, key, constant(narrow, sign));
  }
  if (largest)
    key = arith::XOrIOp::create(b, key, constant(narrow, APInt::getAllOnes(bits)));
  return narrow == type ? key : Value(arith::ExtUIOp::create(b, like(type), key));
}

} // namespace treadle
