//===- Activation.h - what networks make of sums -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_ACTIVATION_H
#define TREADLE_CODEGEN_FIELD_ACTIVATION_H

#include "codegen/field/Lanes.h"
#include "dialects/ng/Ng.h"

namespace treadle {

/// The activation of a number a lane, of f32, that will be rounded as `element` has it.
mlir::Value activate(mlir::ImplicitLocOpBuilder &b, Lanes &v, ng::Activation activation, mlir::Value x,
                     mlir::Type element);

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_ACTIVATION_H
