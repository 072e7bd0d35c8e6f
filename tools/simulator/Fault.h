//===- Fault.h - what a kernel did wrong -------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_FAULT_H
#define TREADLE_TOOLS_SIMULATOR_FAULT_H

#include <stdexcept>
#include <string>

namespace treadle::simulator {

/// Thrown where a kernel leaves its memory, races, waits for ever, or has an instruction that is not known.
/// Whoever knows more about the place (instruction, lane, workgroup) puts it before the text on the way up.
struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace treadle::simulator

#endif // TREADLE_TOOLS_SIMULATOR_FAULT_H
