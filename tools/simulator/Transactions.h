//===- Transactions.h - barriers at which threads and bytes arrive ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transaction barriers of a workgroup (mbarrier of PTX), and copies to its shared memory that a device makes by
// itself. From the moment a copy starts nobody may touch where it goes to; its bytes are there as late as they may be,
// when somebody asks whether they are.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_TRANSACTIONS_H
#define TREADLE_TOOLS_SIMULATOR_TRANSACTIONS_H

#include "tools/simulator/Memory.h"
#include <map>
#include <vector>

namespace treadle::simulator {

/// All throw Fault for what is wrong with the barrier.
class Transactions {
public:
  explicit Transactions(SharedMemory &memory) : memory(memory) {}

  /// A barrier at the address, whose phases want `count` arrivals; and the end of its life.
  void init(uint64_t barrier, uint32_t count);
  void end(uint64_t barrier);

  /// A thread arrives, and says that so many bytes will.
  void arrive(uint64_t barrier, uint32_t bytes);
  /// `data` for the place `to`, which then counts at the barrier.
  void copy(uint64_t barrier, uint64_t to, std::vector<char> data);
  /// Whether the phase of that parity has ended.
  bool hasEnded(uint64_t barrier, bool parity);

  /// A number that is another one when something has arrived or is under way that was not before: those who wait may
  /// find that they need not any more.
  uint64_t changes() const { return changed; }

private:
  struct Copy {
    uint64_t to;
    std::vector<char> data;
  };
  struct Barrier {
    uint32_t count, missing; // arrivals, and those that the phase still wants
    int64_t bytes = 0;       // expected, less those that came
    uint64_t phase = 0;
    std::vector<Copy> underWay;
  };
  Barrier &at(uint64_t address);
  void endPhase(Barrier &barrier);

  SharedMemory &memory;
  std::map<uint64_t, Barrier> barriers;
  uint64_t changed = 0;
};

} // namespace treadle::simulator

#endif // TREADLE_TOOLS_SIMULATOR_TRANSACTIONS_H
