//===- NetworkExpansion.cpp - perceptrons as products and activations -------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/expand/Expansion.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

/// Of several ops in f32, where a narrower format would round each.
Value Expansion::activate(Value x, Activation activation) {
  Type element = elementOf(x);
  Value wide = cast(x, b.getF32Type()); // unused by those of one op, which canonicalization drops
  switch (activation) {
  case Activation::none:
    return x;
  case Activation::relu:
    return make<MaxOp>(x, scalar(0, x));
  case Activation::exponential:
    return make<ExpOp>(x);
  case Activation::sine:
    return make<SinOp>(x);
  case Activation::sigmoid:
    return make<SigmoidOp>(x);
  case Activation::tanh:
    return make<TanhOp>(x);
  case Activation::leaky_relu:
    return cast(make<MaxOp>(wide, mul(wide, scalar(0.01, wide))), element);
  case Activation::silu:
    return cast(mul(wide, make<SigmoidOp>(wide)), element);
  case Activation::squareplus: {
    Value tenfold = mul(wide, scalar(10, wide));
    Value root = make<SqrtOp>(add(mul(tenfold, tenfold), scalar(4, wide)));
    return cast(mul(add(tenfold, root), scalar(0.05, wide)), element);
  }
  case Activation::softplus: { // the exponential of what is not positive
    Value decay = make<ExpOp>(make<NegOp>(make<AbsOp>(mul(wide, scalar(10, wide)))));
    Value rest = mul(make<Log1pOp>(decay), scalar(0.1, wide));
    return cast(add(make<MaxOp>(wide, scalar(0, wide)), rest), element);
  }
  }
  return x;
}

Value Expansion::mlp(MlpOp op) {
  Value values = op.getInput();
  for (auto [number, weights] : llvm::enumerate(op.getWeights())) {
    bool isLast = number + 1 == op.getWeights().size();
    values = make<MatMulOp>(values, weights, /*transposeLhs=*/false, /*transposeRhs=*/true);
    values = activate(values, isLast ? op.getOutputActivation() : op.getActivation());
  }
  return values;
}

} // namespace treadle
