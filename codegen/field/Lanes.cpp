//===- Lanes.cpp - arithmetic on a number a lane ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/Lanes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace treadle {

Value Lanes::any(Value truth) {
  if (elements.lanes > 1)
    return vector::ReductionOp::create(b, vector::CombiningKind::OR, truth);
  if (stayTogether()) {
    Value word = arith::ExtUIOp::create(b, typeLike(b.getI32Type()), truth);
    for (int64_t mask = elements.kernel.target.subgroupThreads / 2; mask >= 1; mask /= 2)
      word = either(word, elements.kernel.exchange(word, mask));
    truth = isSet(word);
  }
  return vector::ExtractOp::create(b, truth, ArrayRef<int64_t>{0});
}

} // namespace treadle
