//===- Warp.h - 32 threads that run PTX -----------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A register is an array with an element for each lane: of 16, 32 or 64 bits, or for a predicate one word with a bit
// for each lane. Numbers in the text, special registers and addresses of variables have registers too, filled when
// the warp starts, so that all operands are places in one file.
//
// Lanes that stand at different instructions are different groups. The group that is furthest behind runs (Order.h),
// until it meets the next one and joins it: so branches come together again.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_PTX_WARP_H
#define TREADLE_TOOLS_SIMULATOR_PTX_WARP_H

#include "tools/simulator/Fault.h"
#include "tools/simulator/Launch.h"
#include "tools/simulator/ptx/Module.h"
#include <array>
#include <bit>

namespace treadle::simulator::ptx {

constexpr unsigned warpThreads = 32;
constexpr uint32_t allLanes = ~UINT32_C(0);

class Warp;
struct Op;
using Handler = void (*)(Warp &, const Op &);

/// One instruction, decoded.
struct Op {
  enum class Kind : uint8_t { plain, branch, exit, barrier, wait };

  Handler run = nullptr;
  std::array<uint32_t, 16> at{}; // places of the operands in the register file
  uint32_t guard = 0;            // place of a predicate; 0: always
  bool isGuardNegated = false;
  Kind kind = Kind::plain;
  bool isConvergent = false; // all lanes of the warp come here together
  bool isMatrix = false;
  uint8_t bytes = 0, count = 1;  // of memory: of an element, elements of a lane
  std::array<uint8_t, 2> bits{}; // of registers that may be wider than the type: the first and the second operand's
  uint32_t target = 0;           // of a branch
  int64_t number = 0;            // that is added to an address; or what the handler says
  const Instruction *source = nullptr;
};

/// One entry, decoded.
class Code : public KernelCode {
public:
  Code(Entry entry, const std::map<std::string, uint64_t> &globals);

  size_t sharedBytes() const override { return entry.sharedBytes; }
  uint32_t subgroupThreads() const override { return warpThreads; }
  std::unique_ptr<Subgroup> start(const Launch &launch, const Dim3 &workgroup, uint32_t first, GlobalMemory &global,
                                  WorkgroupMemory &memory) override;

  const Entry entry;
  std::vector<Op> ops;
  std::vector<uint32_t> order;              // of each, as orderOf has it
  std::vector<std::vector<uint32_t>> lists; // places of registers that are too many for an Op

private:
  friend class Decoder;
  friend class Warp;
  using File = std::vector<char>;

  struct Special { // a register whose lanes hold what depends on where they are
    uint32_t place;
    std::string name;
  };
  std::vector<Special> specials;
  File initial;                            // of the register file, with the constants
  std::vector<std::unique_ptr<File>> idle; // register files that no warp uses
};

class Warp : public Subgroup {
public:
  Warp(Code &code, const Launch &launch, const Dim3 &workgroup, uint32_t first, GlobalMemory &global,
       WorkgroupMemory &memory);
  ~Warp() override;
  State run() override;

  // ---- for handlers

  template <typename T> T *lanes(uint32_t place) const { return reinterpret_cast<T *>(file->data() + place); }
  const std::vector<uint32_t> &listOf(uint32_t number) const { return code.lists[number]; }
  uint32_t &bitsOf(uint32_t place) const { return *lanes<uint32_t>(place); }

  uint32_t mask = 0;    // the lanes that take part in the instruction
  uint32_t present = 0; // those that have not ended
  const uint32_t first; // thread of lane 0
  const Launch &launch;
  GlobalMemory &global;
  SharedMemory &shared;
  Transactions &transactions;
  Counters &counters;
  std::vector<char> local; // of all lanes, one after another
  uint32_t carry = 0;      // of additions, a bit for each lane
  bool waits = false;      // some lanes have been told that others must go on first

  /// Copies to shared memory that are under way: they arrive when they are waited for.
  struct Arrival {
    uint64_t to;
    unsigned bytes;
    std::array<char, 16> data;
  };
  struct Copies {
    std::vector<Arrival> open;                // of no group yet
    std::vector<std::vector<Arrival>> groups; // the oldest first
  };
  std::array<Copies, warpThreads> copies;

  /// Asynchronous products: until they are waited for, their results are in no register, and what they read of shared
  /// memory may not change.
  struct Products {
    struct Read {
      uint64_t address;
      std::array<char, 16> data;
    };
    struct Result {
      std::array<uint32_t, warpThreads> values;
      uint64_t group; // whose number it is of all that were ever committed
    };
    std::map<uint32_t, Result> results; // by the place of the register
    uint64_t committed = 0;
    std::vector<Read> open; // of no group yet
    std::vector<std::vector<Read>> groups;
  } products;

private:
  struct Group {
    uint32_t pc, mask;
    bool waits; // for the others
  };
  bool choose();
  void step();

  Code &code;
  std::unique_ptr<Code::File> file;
  std::vector<Group> groups;
  size_t current = 0;
  uint32_t nextOrder = 0; // of the instruction where the group after the current one stands
};

/// Runs `body` with the number of each lane in the mask.
template <typename F> inline void forLanes(uint32_t mask, F body) {
  if (mask == allLanes)
#pragma clang loop vectorize(assume_safety) // lanes know nothing of one another
    for (unsigned i = 0; i < warpThreads; ++i)
      body(i);
  else
    for (; mask; mask &= mask - 1)
      body(static_cast<unsigned>(std::countr_zero(mask)));
}

} // namespace treadle::simulator::ptx

#endif // TREADLE_TOOLS_SIMULATOR_PTX_WARP_H
