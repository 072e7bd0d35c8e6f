//===- OnnxRuntime.h - ONNX Runtime's values of a model -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ONNX Runtime runs in a Python that has it: the one that TREADLE_PYTHON names, that of the build, or
// python3. It is measured against and compared with, never part of the product.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_ONNXRUNTIME_H
#define TREADLE_TOOLS_TREADLE_ONNXRUNTIME_H

#include "tools/treadle/Difference.h"
#include "tools/treadle/Program.h"

namespace treadle {

/// Runs the model without optimizations on the program's inputs. With `everything`, `values` has all
/// values of the model's graph, otherwise its outputs and how far optimizations move them.
Status runOnnxRuntime(const std::string &model, const std::vector<ProgramTensor> &names,
                      const std::vector<HostTensor> &inputs, bool everything, std::unique_ptr<ExpectedValues> &values);

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_ONNXRUNTIME_H
