//===- Hazards.h - which steps must wait for earlier ones ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Steps that are recorded run side by side unless a barrier stands between them. Buffers that live at
// different times share memory, so what counts is where they lie, not what they are.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_EXEC_HAZARDS_H
#define TREADLE_RUNTIME_EXEC_HAZARDS_H

#include <cstdint>
#include <vector>

namespace treadle {

class Hazards {
public:
  struct Range {
    int64_t begin, end; // bytes
    bool written;
  };

  /// Takes in the next step. True: it needs a barrier before it, since it writes what a step after the last
  /// barrier touches, or reads what such a step writes.
  bool mustWait(const std::vector<Range> &step);

private:
  std::vector<Range> touched; // since the last barrier
};

} // namespace treadle

#endif // TREADLE_RUNTIME_EXEC_HAZARDS_H
