//===- Unary.cpp - ONNX: one number in, one out ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "frontends/onnx/Weights.h"
#include "llvm/ADT/StringSwitch.h"

using namespace treadle::graph;

namespace treadle::onnx {
namespace {

template <typename Op> Value make(Builder &b, Value x) { return b.make<Op>(x); }

} // namespace

bool importUnary(Node &node) {
  using Maker = Value (*)(Builder &, Value);
  Maker maker = llvm::StringSwitch<Maker>(node.type())
                    .Case("Abs", make<AbsOp>)
                    .Case("Acos", make<AcosOp>)
                    .Case("Acosh", make<AcoshOp>)
                    .Case("Asin", make<AsinOp>)
                    .Case("Asinh", make<AsinhOp>)
                    .Case("Atan", make<AtanOp>)
                    .Case("Atanh", make<AtanhOp>)
                    .Cases({"BitwiseNot", "Not"}, make<NotOp>)
                    .Case("Ceil", make<CeilOp>)
                    .Case("Cos", make<CosOp>)
                    .Case("Cosh", make<CoshOp>)
                    .Case("Erf", make<ErfOp>)
                    .Case("Exp", make<ExpOp>)
                    .Case("Floor", make<FloorOp>)
                    .Case("IsNaN", make<IsNanOp>)
                    .Case("Log", make<LogOp>)
                    .Case("Neg", make<NegOp>)
                    .Case("Round", make<RoundOp>)
                    .Case("Sigmoid", make<SigmoidOp>)
                    .Case("Sign", make<SignOp>)
                    .Case("Sin", make<SinOp>)
                    .Case("Sinh", make<SinhOp>)
                    .Case("Sqrt", make<SqrtOp>)
                    .Case("Tan", make<TanOp>)
                    .Case("Tanh", make<TanhOp>)
                    .Default(nullptr);
  return maker ? node.set(maker(node.b, node.input(0))) : node.fail("is not an elementwise operator");
}

bool importIsInf(Node &node) {
  bool positive = node.integer("detect_positive", 1), negative = node.integer("detect_negative", 1);
  return node.set(node.b.make<IsInfOp>(node.input(0), node.b.unit(positive), node.b.unit(negative)));
}

bool importReciprocal(Node &node) {
  return node.set(node.b.div(node.b.scalarFor(node.input(0), 1), node.input(0)));
}

bool importIdentity(Node &node) { return node.set(node.input(0)); }

/// Inference only: the identity, and a mask that keeps everything.
bool importDropout(Node &node) {
  if (node.input(2)) {
    std::optional<llvm::SmallVector<double>> training = node.constantReals(2);
    if (!training || training->empty() || training->front() != 0)
      return node.fail("training mode is not supported");
  }
  if (node.wants(1))
    node.set(1, node.b.broadcast(node.b.scalar(1, node.b.ops().getI1Type()), node.dims()));
  return node.set(node.input(0));
}

bool importCast(Node &node) {
  Type to = elementTypeOf(node.b.context(), node.integer("to", 0));
  if (!to)
    return node.fail("cannot cast to element type number " + llvm::Twine(node.integer("to", 0)));
  return node.set(node.b.cast(node.input(0), to, to.getIntOrFloatBitWidth() == 8 && llvm::isa<mlir::FloatType>(to) &&
                                                     node.integer("saturate", 1)));
}

bool importCastLike(Node &node) { return node.set(node.b.cast(node.input(0), node.element(1))); }

} // namespace treadle::onnx
