//===- Activation.cpp - what networks make of sums -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/Activation.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace treadle::ng;

namespace treadle {

/// The formulas of ng.mlp; each where no number gets too large on the way.
Value activate(ImplicitLocOpBuilder &b, Lanes &v, Activation activation, Value x, Type element) {
  // Of what has half as many digits an approximation is as good.
  auto flags = element.isF32() ? arith::FastMathFlags::none : arith::FastMathFlags::afn;
  auto exponential = [&](Value power) -> Value { return math::ExpOp::create(b, power, flags); };
  auto decayOf = [&](Value x) { return exponential(arith::NegFOp::create(b, math::AbsFOp::create(b, x))); };
  auto sigmoid = [&]() -> Value {
    Value decay = decayOf(x), one = v.number(1), above = v.select(v.less(x, v.number(0)), decay, one);
    return arith::DivFOp::create(b, above, v.add(one, decay), flags);
  };
  switch (activation) {
  case Activation::none:
    return x;
  case Activation::relu:
    return v.select(v.less(x, v.number(0)), v.number(0), x);
  case Activation::leaky_relu:
    return v.select(v.less(x, v.number(0)), v.mul(x, v.number(0.01)), x);
  case Activation::exponential:
    return exponential(x);
  case Activation::sine:
    return math::SinOp::create(b, x);
  case Activation::sigmoid:
    return sigmoid();
  case Activation::silu:
    return v.mul(x, sigmoid());
  case Activation::tanh:
    return math::TanhOp::create(b, x);
  case Activation::squareplus: {
    Value tenfold = v.mul(x, v.number(10));
    Value root = math::SqrtOp::create(b, v.add(v.mul(tenfold, tenfold), v.number(4)));
    return v.mul(v.add(tenfold, root), v.number(0.05));
  }
  case Activation::softplus: {
    Value rest = v.mul(math::Log1pOp::create(b, decayOf(v.mul(x, v.number(10)))), v.number(0.1));
    return v.add(v.select(v.less(x, v.number(0)), v.number(0), x), rest);
  }
  }
  return x;
}

} // namespace treadle
