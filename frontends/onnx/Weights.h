//===- Weights.h - a model's tensors as constants ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_WEIGHTS_H
#define TREADLE_FRONTENDS_ONNX_WEIGHTS_H

#include "frontends/onnx/ModelFile.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/LogicalResult.h"

namespace treadle::onnx {

/// More elements than any memory holds.
constexpr int64_t elementLimit = int64_t(1) << 46;

/// Tensors of more dimensions are refused, wherever they stand.
constexpr int64_t maxRank = 16;

/// The value of a tensor of the model. Large ones are not copied: the constant points into the mapped
/// file and keeps it. Fails with a diagnostic at `loc`.
mlir::FailureOr<mlir::ElementsAttr> readTensor(mlir::Location loc, const std::shared_ptr<ModelFile> &file,
                                               const ::onnx::TensorProto &tensor);

/// The element type of that number in TensorProto.DataType; null if there is none. No operator here is
/// over complex numbers.
mlir::Type elementTypeOf(mlir::MLIRContext *context, int number);

/// That number for people: "string (8)".
std::string elementTypeName(int number);

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_WEIGHTS_H
