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

/// To a power of two, up or down where that is asked for: the nearest one, or the next to it.
Value castToPowerOfTwo(Node &node, Type to) {
  Builder &b = node.b;
  Type f32 = b.ops().getF32Type();
  Value x = b.cast(node.input(0), f32), nearest = b.cast(x, to);
  enum class Direction { up, down, nearest };
  auto direction = node.choice<Direction>(
      "round_mode", "up", {{"up", Direction::up}, {"down", Direction::down}, {"nearest", Direction::nearest}});
  if (!direction)
    return {};
  if (direction == Direction::nearest)
    return nearest;
  bool isUp = direction == Direction::up;
  Value power = b.cast(nearest, f32), next = b.mul(power, isUp ? 2 : 0.5);
  Value isBeyond = isUp ? b.compare(Predicate::lt, power, x) : b.compare(Predicate::gt, power, x);
  return b.cast(b.select(isBeyond, next, power), to);
}

bool castTo(Node &node, Type to) {
  if (llvm::isa<mlir::Float8E8M0FNUType>(to))
    return node.set(castToPowerOfTwo(node, to));
  // Of the narrow floats, those with infinities or NaN may also overflow to these.
  bool isNarrow = llvm::isa<mlir::FloatType>(to) && to.getIntOrFloatBitWidth() <= 8;
  bool saturates = isNarrow && (to.getIntOrFloatBitWidth() < 8 || node.integer("saturate", 1));
  return node.set(node.b.cast(node.input(0), to, saturates));
}

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

bool importReciprocal(Node &node) { return node.set(node.b.div(node.b.scalarFor(node.input(0), 1), node.input(0))); }

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
  Type to;
  const auto *attribute = node.attribute("to");
  if (attribute && attribute->type() == ::onnx::AttributeProto::STRING) { // up to version 5
    ::onnx::TensorProto::DataType number = ::onnx::TensorProto::UNDEFINED;
    if (::onnx::TensorProto::DataType_Parse(attribute->s(), &number))
      to = elementTypeOf(node.b.context(), number);
  } else {
    to = elementTypeOf(node.b.context(), node.integer("to", 0));
  }
  if (!to)
    return node.fail("cannot cast to the element type " +
                     (attribute && attribute->has_s() ? attribute->s() : elementTypeName(node.integer("to", 0))));
  return castTo(node, to);
}

bool importCastLike(Node &node) { return castTo(node, node.element(1)); }

} // namespace treadle::onnx
