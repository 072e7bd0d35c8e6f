//===- Activation.h - functions of activation that several operators have ------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_OPS_ACTIVATION_H
#define TREADLE_FRONTENDS_ONNX_OPS_ACTIVATION_H

#include "frontends/onnx/Builder.h"

namespace treadle::onnx {

/// x times the probability that a normal variable is less (Hendrycks and Gimpel 2016); `isTanh` for the
/// approximation by a hyperbolic tangent.
Value gelu(Builder &b, Value x, bool isTanh);

/// x * sigmoid(alpha * x).
Value swish(Builder &b, Value x, double alpha);

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_OPS_ACTIVATION_H
