//===- Binary.cpp - ONNX: several numbers in, one out ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "llvm/ADT/StringSwitch.h"

using namespace treadle::graph;

namespace treadle::onnx {
namespace {

template <typename Op> Value make(Builder &b, Value x, Value y) { return b.make<Op>(x, y); }
template <Predicate predicate> Value compare(Builder &b, Value x, Value y) { return b.compare(predicate, x, y); }

} // namespace

bool importBinary(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0), y = node.input(1);
  // Before version 7 the second operand is laid along the first from `axis` on, if `broadcast` says so.
  if (node.version < 7 && node.integer("broadcast", 0) && node.has("axis")) {
    int64_t axis = node.integer("axis", 0);
    if (!node.axis(axis, node.rank()))
      return false;
    Dims dims = node.dims(1);
    dims.append(std::max<int64_t>(0, node.rank() - axis - node.rank(1)), b.dim(1));
    y = b.reshape(y, dims);
  }
  using Maker = Value (*)(Builder &, Value, Value);
  Maker maker = llvm::StringSwitch<Maker>(node.type())
                    .Case("Add", make<AddOp>)
                    .Case("Sub", make<SubOp>)
                    .Case("Mul", make<MulOp>)
                    .Case("Div", make<DivOp>)
                    .Cases({"And", "BitwiseAnd"}, make<AndOp>)
                    .Cases({"Or", "BitwiseOr"}, make<OrOp>)
                    .Cases({"Xor", "BitwiseXor"}, make<XorOp>)
                    .Case("Equal", compare<Predicate::eq>)
                    .Case("Less", compare<Predicate::lt>)
                    .Case("LessOrEqual", compare<Predicate::le>)
                    .Case("Greater", compare<Predicate::gt>)
                    .Case("GreaterOrEqual", compare<Predicate::ge>)
                    .Default(nullptr);
  return maker ? node.set(maker(b, x, y)) : node.fail("is not a binary operator");
}

/// Signed numbers are shifted right arithmetically.
bool importBitShift(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0), bits = node.input(1);
  std::optional<bool> isLeft = node.choice<bool>("direction", "", {{"LEFT", true}, {"RIGHT", false}});
  if (!isLeft)
    return false;
  if (*isLeft)
    return node.set(b.make<ShlOp>(x, bits));
  auto type = llvm::dyn_cast<mlir::IntegerType>(node.element());
  if (!type || type.isUnsigned())
    return node.set(b.make<ShrOp>(x, bits));
  Value sign = b.select(b.compare(Predicate::lt, x, b.scalarFor(x, 0)), b.scalarFor(x, -1), b.scalarFor(x, 0));
  return node.set(b.make<XorOp>(b.make<ShrOp>(b.make<XorOp>(x, sign), bits), sign));
}

bool importMod(Node &node) {
  return node.set(node.b.make<ModOp>(node.input(0), node.input(1), node.b.unit(node.integer("fmod", 0))));
}

/// Exponents that are products or roots become those: faster, and no less exact.
bool importPow(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  std::optional<llvm::SmallVector<double>> exponent = node.constantReals(1);
  if (exponent && exponent->size() == 1 && node.rank(1) <= node.rank()) {
    double value = exponent->front();
    if (value == 1)
      return node.set(x);
    if (value == 2)
      return node.set(b.mul(x, x));
    if (value == 3)
      return node.set(b.mul(b.mul(x, x), x));
    if (value == 0.5 && llvm::isa<mlir::FloatType>(node.element()))
      return node.set(b.sqrt(x));
  }
  return node.set(b.make<PowOp>(x, b.cast(node.input(1), node.element())));
}

bool importWhere(Node &node) { return node.set(node.b.select(node.input(0), node.input(1), node.input(2))); }

bool importVariadic(Node &node) {
  Builder &b = node.b;
  Value result = node.input(0);
  for (Value next : node.allInputs().drop_front()) {
    if (node.type() == "Max")
      result = b.max(result, next);
    else if (node.type() == "Min")
      result = b.min(result, next);
    else
      result = b.add(result, next);
  }
  if (node.type() == "Mean")
    result = b.div(result, node.inputCount());
  return node.set(result);
}

} // namespace treadle::onnx
