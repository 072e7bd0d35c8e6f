//===- Network.cpp - the meaning of perceptrons -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/Ng.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::ng {
namespace {

double activate(Activation activation, double x) {
  switch (activation) {
  case Activation::none:
    return x;
  case Activation::relu:
    return x > 0 || x != x ? x : 0;
  case Activation::leaky_relu:
    return x > 0 ? x : 0.01 * x;
  case Activation::silu:
    return x / (1 + std::exp(-x));
  case Activation::exponential:
    return std::exp(x);
  case Activation::sine:
    return std::sin(x);
  case Activation::sigmoid:
    return 1 / (1 + std::exp(-x));
  case Activation::squareplus:
    return (10 * x + std::sqrt(100 * x * x + 4)) / 20;
  case Activation::softplus:
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(10 * x))) / 10;
  case Activation::tanh:
    return std::tanh(x);
  }
  return x;
}

} // namespace

LogicalResult MlpOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  if (adaptor.getWeights().empty())
    return emitOptionalError(loc, "needs weights of one layer at least");
  if (rankOf(adaptor.getInput()) != 2)
    return emitOptionalError(loc, "the input must be [samples, features]");
  DimExpr width = dimOf(adaptor.getInput().getType(), 1);
  for (auto [number, weights] : llvm::enumerate(adaptor.getWeights())) {
    if (rankOf(weights) != 2)
      return emitOptionalError(loc, "weights must be [out, in], those of layer ", number, " have ", rankOf(weights),
                               " dimensions");
    if (elementOf(weights) != elementOf(adaptor.getInput()))
      return emitOptionalError(loc, "weights of layer ", number, " are ", elementOf(weights), ", the input is ",
                               elementOf(adaptor.getInput()));
    if (dimOf(weights.getType(), 1) != width)
      return emitOptionalError(loc, "weights of layer ", number, " take ", dimOf(weights.getType(), 1).str(),
                               " features, there are ", width.str());
    width = dimOf(weights.getType(), 0);
  }
  types.push_back(tensorOf({dimOf(adaptor.getInput().getType(), 0), width}, elementOf(adaptor.getInput())));
  return success();
}

LogicalResult MlpOp::verify() {
  for (Value weights : getWeights())
    if (!cast<RankedTensorType>(weights.getType()).hasStaticShape())
      return emitOpError("needs weights of known sizes");
  return success();
}

LogicalResult MlpOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  Tensor values = operands[0];
  for (const Tensor &weights : operands.drop_front()) {
    bool isLast = &weights == &operands.back();
    int64_t rows = values.shape()[0], from = weights.shape()[1], to = weights.shape()[0];
    std::vector<double> x = values.read<double>(), w = weights.read<double>();
    Tensor next(values.dtype(), {rows, to});
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t out = 0; out < to; ++out) {
        double sum = 0;
        for (int64_t in = 0; in < from; ++in)
          sum += x[row * from + in] * w[out * from + in];
        next.set<double>(row * to + out, activate(isLast ? getOutputActivation() : getActivation(), sum));
      }
    values = std::move(next);
  }
  results[0] = std::move(values);
  return success();
}

DimExpr MlpOp::countFlops() {
  int64_t each = 0;
  for (Value weights : getWeights())
    each += 2 * cast<RankedTensorType>(weights.getType()).getNumElements();
  return dimOf(getInput().getType(), 0) * each;
}

} // namespace treadle::ng

using namespace treadle::ng;
#define GET_OP_CLASSES
#include "dialects/ng/Network.cpp.inc"
