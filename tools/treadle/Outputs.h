//===- Outputs.h - where results go ---------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_OUTPUTS_H
#define TREADLE_TOOLS_TREADLE_OUTPUTS_H

#include "tools/treadle/Program.h"

namespace treadle {

struct OutputOptions {
  std::vector<std::string> outputs;
  int soundRate = 0;
  bool compress = false, bgr = false;

  void addTo(CLI::App &command);
};

/// What is to be written, settled before the work begins.
class OutputPlan {
public:
  /// Fails where an output is not there or a file cannot be made.
  static Status make(const OpenProgram &program, const OutputOptions &options, OutputPlan &plan);

  bool empty() const { return files.empty(); }
  /// Each file is written whole or not at all. A rate that no option gives is `soundRate`'s.
  Status write(const std::vector<HostTensor> &tensors, int soundRate) const;

private:
  struct File {
    std::string path;
    std::vector<size_t> outputs;
  };
  OutputOptions options;
  std::vector<std::string> names;
  std::vector<File> files;
};

/// Least, mean and greatest element, and how many are NaN.
struct Statistics {
  double min = 0, mean = 0, max = 0;
  int64_t nan = 0;
};
Statistics statisticsOf(const HostTensor &tensor);

/// A line for each output: name, type, statistics, and the elements of a small one.
void printOutputs(const OpenProgram &program, const std::vector<HostTensor> &tensors);
/// The same as JSON.
llvm::json::Array describeOutputs(const OpenProgram &program, const std::vector<HostTensor> &tensors);

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_OUTPUTS_H
