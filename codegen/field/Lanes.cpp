//===- Lanes.cpp - arithmetic on a number a lane ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/Lanes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace treadle {

Value Lanes::any(Value truth) {
  if (elements.lanes > 1)
    return vector::ReductionOp::create(b, vector::CombiningKind::OR, truth);
  if (stayTogether()) {
    Value bits = elements.kernel.ballot(truth);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bits,
                                 arith::ConstantOp::create(b, b.getZeroAttr(bits.getType())));
  }
  return vector::ExtractOp::create(b, truth, ArrayRef<int64_t>{0});
}

/// A bit for each lane, the first one's the lowest.
Value Lanes::ballot(Value truth) {
  auto word = b.getIntegerType(static_cast<unsigned>(elements.lanes));
  Value bits = vector::BitCastOp::create(b, VectorType::get({1}, word), truth);
  return vector::ExtractOp::create(b, bits, ArrayRef<int64_t>{0});
}

static Value as32Bits(ImplicitLocOpBuilder &b, Value bits) {
  Type word = b.getI32Type();
  if (auto type = dyn_cast<VectorType>(bits.getType()))
    word = type.clone(word);
  return bits.getType() == word ? bits : Value(arith::ExtUIOp::create(b, word, bits));
}

Value Lanes::count(Value truth) { return as32Bits(b, math::CtPopOp::create(b, ballot(truth))); }

Value Lanes::countBefore(Value truth) {
  Value bits = elements.splat(ballot(truth));
  SmallVector<APInt> before;
  for (int64_t lane = 0; lane < elements.lanes; ++lane)
    before.push_back(APInt::getLowBitsSet(static_cast<unsigned>(elements.lanes), static_cast<unsigned>(lane)));
  Value others = arith::ConstantOp::create(b, DenseElementsAttr::get(cast<VectorType>(bits.getType()), before));
  return as32Bits(b, math::CtPopOp::create(b, both(bits, others)));
}

} // namespace treadle
