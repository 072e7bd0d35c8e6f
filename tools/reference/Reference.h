//===- Reference.h - a model's values by the meaning of its ops -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Slow and plain: each op of the imported graph is evaluated as its definition says
// (dialects/graph/Evaluate.h). What compiled code is compared with, where no other runtime is at hand.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_REFERENCE_REFERENCE_H
#define TREADLE_TOOLS_REFERENCE_REFERENCE_H

#include "tools/compile/Compile.h"
#include "tools/tensorfile/HostTensor.h"
#include <functional>
#include <memory>

namespace treadle {

class Reference {
public:
  /// Imports the model, as the options say.
  static Status open(const std::string &model, const CompileOptions &options, Reference &reference);
  ~Reference();
  Reference();

  /// Runs the pipeline's stages up to and with this one on the graph; those after "group" leave nothing
  /// that can be evaluated.
  Status runStages(const std::string &last);

  /// Called with each value that has a name in the model.
  using Observer = std::function<void(const std::string &name, const HostTensor &value)>;

  /// Of the types that ops of the graph compute with, f16, bf16 or wider, the one with the fewest digits; f64 if none.
  DType coarsest() const;

  /// Inputs and outputs in the model's order.
  Status evaluate(const std::vector<HostTensor> &inputs, std::vector<HostTensor> &outputs,
                  const Observer &observe = {});

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace treadle

#endif // TREADLE_TOOLS_REFERENCE_REFERENCE_H
