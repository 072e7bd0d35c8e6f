//===- Hazards.cpp - which steps must wait for earlier ones ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Hazards.h"

namespace treadle {

bool Hazards::mustWait(const std::vector<Range> &step) {
  bool waits = false;
  for (const Range &range : step)
    for (const Range &earlier : touched)
      waits |= (range.written || earlier.written) && range.begin < range.end && range.begin < earlier.end &&
               earlier.begin < range.end;
  if (waits)
    touched.clear();
  for (const Range &range : step)
    if (range.begin < range.end)
      touched.push_back(range);
  return waits;
}

} // namespace treadle
