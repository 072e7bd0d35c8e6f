//===- ExpandFunctions.h - ops of math by what computes them ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the passes that write functions as arithmetic share: ExpandMath for f32, ExpandWideMath for f64.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_EXPANDFUNCTIONS_H
#define TREADLE_CODEGEN_EXPANDFUNCTIONS_H

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

namespace treadle {

/// What takes the place of a function's op: the member of `Functions` that is named like it. Null for other ops.
template <typename Functions> mlir::Value expandFunction(mlir::Operation *op, Functions &functions) {
  using mlir::Value;
  namespace math = mlir::math;
  auto one = [&](Value (Functions::*function)(Value)) {
    return [&functions, function](auto op) { return (functions.*function)(op.getOperand()); };
  };
  return llvm::TypeSwitch<mlir::Operation *, Value>(op)
      .Case<math::ExpOp>(one(&Functions::exp))
      .template Case<math::LogOp>(one(&Functions::log))
      .template Case<math::Log1pOp>(one(&Functions::log1p))
      .template Case<math::SinOp>(one(&Functions::sin))
      .template Case<math::CosOp>(one(&Functions::cos))
      .template Case<math::TanOp>(one(&Functions::tan))
      .template Case<math::AsinOp>(one(&Functions::asin))
      .template Case<math::AcosOp>(one(&Functions::acos))
      .template Case<math::AtanOp>(one(&Functions::atan))
      .template Case<math::SinhOp>(one(&Functions::sinh))
      .template Case<math::CoshOp>(one(&Functions::cosh))
      .template Case<math::TanhOp>(one(&Functions::tanh))
      .template Case<math::AsinhOp>(one(&Functions::asinh))
      .template Case<math::AcoshOp>(one(&Functions::acosh))
      .template Case<math::AtanhOp>(one(&Functions::atanh))
      .template Case<math::ErfOp>(one(&Functions::erf))
      .template Case<math::PowFOp>([&](math::PowFOp op) { return functions.pow(op.getLhs(), op.getRhs()); })
      .Default([](mlir::Operation *) { return Value(); });
}

/// Asks `expand` for each op below `root` that there is now and puts what it answers in the op's place.
inline void expandEach(mlir::Operation *root, llvm::function_ref<mlir::Value(mlir::Operation *)> expand) {
  llvm::SmallVector<mlir::Operation *> ops;
  root->walk([&](mlir::Operation *op) { ops.push_back(op); });
  for (mlir::Operation *op : ops)
    if (mlir::Value result = expand(op)) {
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    }
}

} // namespace treadle

#endif // TREADLE_CODEGEN_EXPANDFUNCTIONS_H
