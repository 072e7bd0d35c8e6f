//===- Reduce.cpp - ONNX: reductions -------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "llvm/ADT/StringSwitch.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

using Axes = llvm::ArrayRef<int64_t>;

Value sum(Builder &b, Value x, Axes axes) { return b.reduce(ReduceKind::sum, x, axes); }
Value absolute(Builder &b, Value x) { return b.make<AbsOp>(x); }
Value logarithm(Builder &b, Value x) { return b.make<LogOp>(x); }

/// log(sum(exp(x))) without leaving the range of numbers: the maximum is taken out, unless it is infinite.
Value logSumExp(Builder &b, Value x, Axes axes) {
  Value most = b.reduce(ReduceKind::max, x, axes);
  most = b.select(b.make<IsInfOp>(most, b.unit(true), b.unit(true)), b.scalarFor(x, 0), most);
  return b.add(logarithm(b, sum(b, b.exp(b.sub(x, most)), axes)), most);
}

Value reduceKind(Node &node, Value x, Axes axes) {
  bool isBool = x && elementOf(x).isInteger(1);
  auto kind = llvm::StringSwitch<std::optional<ReduceKind>>(node.type())
                  .Case("ReduceSum", ReduceKind::sum)
                  .Case("ReduceMean", ReduceKind::mean)
                  .Case("ReduceProd", ReduceKind::prod)
                  .Case("ReduceMax", isBool ? ReduceKind::any : ReduceKind::max)
                  .Case("ReduceMin", isBool ? ReduceKind::all : ReduceKind::min)
                  .Default(std::nullopt);
  if (kind)
    return node.b.reduce(*kind, x, axes);
  node.fail("is not a reduction");
  return {};
}

/// Those that pass through a root, a logarithm or an exponential.
bool isOverReals(llvm::StringRef type) {
  return type == "ReduceL2" || type == "ReduceLogSum" || type == "ReduceLogSumExp";
}

Value reduceBy(Node &node, Value x, Axes axes) {
  Builder &b = node.b;
  llvm::StringRef type = node.type();
  if (type == "ReduceL1")
    return sum(b, absolute(b, x), axes);
  if (type == "ReduceL2")
    return b.sqrt(sum(b, b.mul(x, x), axes));
  if (type == "ReduceSumSquare")
    return sum(b, b.mul(x, x), axes);
  if (type == "ReduceLogSum")
    return logarithm(b, sum(b, x, axes));
  if (type == "ReduceLogSumExp")
    return logSumExp(b, x, axes);
  return reduceKind(node, x, axes);
}

} // namespace

bool importReduce(Node &node) {
  Builder &b = node.b;
  SmallVector<int64_t> axes;
  bool given;
  if (!node.knownIntegers("axes", 1, axes, given) || !node.axes(axes, node.rank()))
    return false;
  // No axes are all axes, unless the node says that they are none; the function is applied even so.
  if (axes.empty() && !node.integer("noop_with_empty_axes", 0))
    axes = llvm::to_vector(llvm::seq<int64_t>(node.rank()));
  llvm::sort(axes);
  Value x = node.input(0);
  bool isInteger = llvm::isa<mlir::IntegerType>(node.element());
  if (isInteger && isOverReals(node.type()))
    x = b.cast(x, b.ops().getF64Type());
  Value result = b.cast(reduceBy(node, x, axes), node.element());
  return node.set(node.integer("keepdims", 1) ? result : b.squeeze(result, axes));
}

bool importArgReduce(Node &node) {
  Builder &b = node.b;
  int64_t axis = node.integer("axis", 0);
  if (!node.axis(axis, node.rank()))
    return false;
  ArgKind kind = node.type() == "ArgMax" ? ArgKind::max : ArgKind::min;
  Value result = b.make<ArgReduceOp>(ArgKindAttr::get(b.context(), kind), node.input(0),
                                     b.ops().getI64IntegerAttr(axis), b.unit(node.integer("select_last_index", 0)));
  return node.set(node.integer("keepdims", 1) ? result : b.squeeze(result, {axis}));
}

bool importCumulative(Node &node) {
  Builder &b = node.b;
  SmallVector<int64_t> axes;
  bool given;
  if (!node.knownIntegers("axis", 1, axes, given))
    return false;
  if (axes.size() != 1)
    return node.fail("axis must be one number");
  int64_t axis = axes.front();
  if (!node.axis(axis, node.rank()))
    return false;
  ReduceKind kind = node.type() == "CumProd" ? ReduceKind::prod : ReduceKind::sum;
  return node.set(b.make<ScanOp>(ReduceKindAttr::get(b.context(), kind), node.input(0), b.ops().getI64IntegerAttr(axis),
                                 b.unit(node.integer("exclusive", 0)), b.unit(node.integer("reverse", 0))));
}

} // namespace treadle::onnx
