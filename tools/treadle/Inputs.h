//===- Inputs.h - what a program is fed -----------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values come from files or are made. Sizes that the program leaves open come from the files, from --shape,
// and are what the command takes (1) where an input's first dimension is open and nobody says anything.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_INPUTS_H
#define TREADLE_TOOLS_TREADLE_INPUTS_H

#include "tools/tensorfile/Image.h"
#include "tools/treadle/Program.h"
#include <map>

namespace treadle {

struct InputOptions {
  std::vector<std::string> inputs, shapes;
  std::string scale = "1/255", mean = "0", deviation = "1";
  bool bgr = false;
  int64_t openSize = 1; // of a first dimension that nobody says anything of

  void addTo(CLI::App &command);
};

struct Inputs {
  std::vector<HostTensor> tensors; // in the program's order
  std::vector<std::string> notes;  // lines: what was done that was not asked for
  int soundRate = 0;               // of a sound among them
};

/// `otherwise` is an archive with inputs that the options do not give; empty for none.
Status makeInputs(const OpenProgram &program, const InputOptions &options, const std::string &otherwise,
                  Inputs &inputs);

/// Random elements: normal ones for floats, 0 and 1 for bool and integers of 32 bits and more (which are
/// valid as indices and masks almost everywhere), all values for smaller integers; uniform in [low, high)
/// where the range is given. The same everywhere for the same seed.
Status fillRandom(uint64_t seed, std::optional<std::pair<double, double>> range, HostTensor &tensor);

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_INPUTS_H
