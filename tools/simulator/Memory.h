//===- Memory.h - a device's memory and a workgroup's, with checks ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every byte that a kernel reaches is looked up: it must lie in what was allocated, and no two that run at the
// same time may touch it if one of them writes. In device memory these are the workgroups of a launch, in shared
// memory the threads (or the subgroups, on devices whose subgroups run in lockstep) between two barriers, of all or of
// those in their subgroup.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_MEMORY_H
#define TREADLE_TOOLS_SIMULATOR_MEMORY_H

#include "tools/simulator/Counters.h"
#include <cstddef>
#include <map>
#include <span>
#include <vector>

namespace treadle::simulator {

enum class Access { read, write, atomic };

/// Device memory. Its addresses mean nothing to the host: whoever follows one there faults.
class GlobalMemory {
public:
  explicit GlobalMemory(size_t capacity);
  ~GlobalMemory();
  GlobalMemory(const GlobalMemory &) = delete;
  GlobalMemory &operator=(const GlobalMemory &) = delete;

  /// `bytes` at a multiple of 256, filled with 0xff; 0 if there is no room. Never where something else was.
  uint64_t allocate(size_t bytes);
  /// False if nothing was allocated there.
  bool release(uint64_t address);

  size_t capacity() const { return most; }
  size_t used() const { return inUse; }

  /// The host's place of `bytes` that the driver copies; null if they are not all within one allocation.
  char *host(uint64_t address, size_t bytes) const;

  // ---- kernels

  /// A launch begins: what the ones before did cannot race with it.
  void beginLaunch(uint64_t workgroups);
  /// Which of the launch's workgroups runs.
  void enterWorkgroup(uint64_t number) { current = firstStamp + static_cast<uint32_t>(number); }

  /// The host's place of `bytes` that a thread of the current workgroup accesses. Throws Fault
  /// if they are not within one allocation or race with another workgroup. New bytes are counted.
  char *access(uint64_t address, size_t bytes, Access kind, Counters &counters);

private:
  struct Stamp { // of one byte: the workgroup, counted over all launches, that did it last, or `several`; 0: none
    uint32_t writer, reader;
  };
  [[noreturn]] void outside(uint64_t address, size_t bytes, Access kind) const;
  [[noreturn]] void race(uint64_t address, size_t bytes, Access kind) const;
  template <size_t bytes> bool touch(Stamp *stamp, Access kind, Counters &counters);

  size_t most, inUse = 0, reserved;
  char *memory;                         // of the host, for all there will ever be
  Stamp *stamps;                        // of each byte
  uint64_t next = 0;                    // where the next allocation goes, from `memory` on
  std::map<uint64_t, size_t> allocated; // from, bytes
  uint64_t lastFrom = 1, lastBytes = 0; // of the allocation that was accessed last
  uint32_t firstStamp = 1, several = 1, current = 1;
};

/// The memory that a workgroup shares, from address 0 on.
class SharedMemory {
public:
  explicit SharedMemory(size_t bytes) : memory(bytes, '\xff'), stamps(bytes) {}

  size_t size() const { return memory.size(); }
  /// All of the workgroup have met.
  void barrier();
  /// The threads of a subgroup have, where agents are threads: those whose numbers are `agent`'s but for the bits of a
  /// place in it.
  void subgroupBarrier(uint32_t agent);
  /// The place of `bytes` that `agent` accesses: a number from 0 on of who runs by itself.
  char *access(uint64_t address, size_t bytes, Access kind, uint32_t agent);

  /// From now on nobody may touch these bytes, which nobody looks at any more; then they are these, for everybody.
  void startArrival(uint64_t address, size_t bytes);
  void arrive(uint64_t address, std::span<const char> data);

private:
  static constexpr unsigned agentBits = 11, timeBits = 21, subgroupBits = 5;
  struct Stamp { // of one byte: when and by whom it was written and read last
    uint32_t written : timeBits = 0, writer : agentBits = 0;
    uint32_t read : timeBits = 0, reader : agentBits = 0;
  };
  // As the number of who has read: several of a subgroup, to which its number is added, or of different ones.
  static constexpr uint32_t severalOfSubgroup = 1 << (agentBits - 1),
                            several = severalOfSubgroup + (severalOfSubgroup >> subgroupBits);
  static uint32_t subgroupOf(uint32_t agent) {
    return agent < severalOfSubgroup ? agent >> subgroupBits : agent - severalOfSubgroup;
  }
  /// Whether what `who` did at a time may happen while `agent` does something.
  bool isBeside(uint32_t when, uint32_t who, uint32_t agent) const {
    uint32_t subgroup = subgroupOf(agent);
    return when >= lastBarrier && who != agent &&
           (who == several || subgroupOf(who) != subgroup || subgroup >= lastOfSubgroup.size() ||
            when >= lastOfSubgroup[subgroup]);
  }
  /// Nobody has touched anything, as far as is known.
  void forget();
  void requireIn(uint64_t address, size_t bytes, Access kind) const;
  [[noreturn]] void race(uint64_t address, size_t bytes, Access kind, uint32_t agent) const;
  template <size_t bytes> bool touch(Stamp *stamp, Access kind, uint32_t agent) const;

  std::vector<char> memory;
  std::vector<Stamp> stamps;
  std::map<uint64_t, size_t> arriving;  // from, bytes
  uint32_t now = 1, lastBarrier = 1;    // one more at each barrier
  std::vector<uint32_t> lastOfSubgroup; // the time after each one's last
};

/// What one instruction of a subgroup on shared memory costs. `addresses`: of the lanes that take part, which are the
/// bits of `lanes`, in their order, each for `bytes`. So many neighbouring lanes as move 128 bytes are served together,
/// whether all of them take part or not, one word of each of the 32 banks in a pass; lanes that want the same word
/// share it.
void countBanks(std::span<const uint64_t> addresses, uint64_t lanes, unsigned bytes, Counters &counters);

/// How many pieces of 32 bytes the lanes' accesses touch.
uint64_t countSectors(std::span<const uint64_t> addresses, unsigned bytes);

} // namespace treadle::simulator

#endif // TREADLE_TOOLS_SIMULATOR_MEMORY_H
