//===- Contraction.h - products and convolutions with their attributes ---------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_OPS_CONTRACTION_H
#define TREADLE_FRONTENDS_ONNX_OPS_CONTRACTION_H

#include "frontends/onnx/Node.h"

namespace treadle::onnx {

// What Conv and Gemm make of a node's first three inputs and its attributes; null after an error.
Value conv(Node &node);
Value gemm(Node &node);

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_OPS_CONTRACTION_H
