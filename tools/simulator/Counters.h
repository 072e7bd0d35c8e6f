//===- Counters.h - what a kernel has done -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_COUNTERS_H
#define TREADLE_TOOLS_SIMULATOR_COUNTERS_H

#include <cstdint>
#include <string>

namespace treadle::simulator {

/// Sums over all launches of one kernel. An instruction counts once for a subgroup, however many of its lanes
/// take part.
///
/// TREADLE_COUNTER(name)
#define TREADLE_SIMULATOR_COUNTERS(TREADLE_COUNTER)                                                                    \
  TREADLE_COUNTER(launches)                                                                                            \
  TREADLE_COUNTER(workgroups)                                                                                          \
  TREADLE_COUNTER(instructions)                                                                                        \
  TREADLE_COUNTER(divergent)   /* instructions that only some of the lanes took part in */                             \
  TREADLE_COUNTER(matrix)      /* instructions of the matrix unit, */                                                  \
  TREADLE_COUNTER(matrixFlops) /* and their multiplications and additions */                                           \
  TREADLE_COUNTER(globalLoads) /* instructions, */                                                                     \
  TREADLE_COUNTER(globalStores)                                                                                        \
  TREADLE_COUNTER(sectorsLoaded) /* and the pieces of 32 bytes that each touched: what goes over the wires */          \
  TREADLE_COUNTER(sectorsStored)                                                                                       \
  TREADLE_COUNTER(bytesRead)      /* different bytes that a launch read before it wrote them, */                       \
  TREADLE_COUNTER(bytesWritten)   /* and that it wrote: what must move if a cache held all of it */                    \
  TREADLE_COUNTER(sharedAccesses) /* instructions on shared memory, */                                                 \
  TREADLE_COUNTER(sharedPasses)   /* the passes over its banks that they took, */                                      \
  TREADLE_COUNTER(bankConflicts)  /* and those of them that were one too many */                                       \
  TREADLE_COUNTER(barriers)

struct Counters {
#define TREADLE_COUNTER(name) uint64_t name = 0;
  TREADLE_SIMULATOR_COUNTERS(TREADLE_COUNTER)
#undef TREADLE_COUNTER
};

} // namespace treadle::simulator

#endif // TREADLE_TOOLS_SIMULATOR_COUNTERS_H
