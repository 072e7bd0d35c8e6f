//===- Transactions.cpp - barriers at which threads and bytes arrive ----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/Transactions.h"
#include "tools/simulator/Fault.h"
#include <fmt/format.h>

namespace treadle::simulator {

Transactions::Barrier &Transactions::at(uint64_t address) {
  auto found = barriers.find(address);
  if (found == barriers.end())
    throw Fault(fmt::format("byte {} of shared memory is no barrier", address));
  return found->second;
}

void Transactions::init(uint64_t address, uint32_t count) {
  constexpr uint64_t bytes = 8;
  if (address % bytes || address > memory.size() || bytes > memory.size() - address)
    throw Fault(fmt::format("byte {} of shared memory is no place for a barrier", address));
  if (count == 0)
    throw Fault("a barrier that nobody arrives at");
  if (!barriers.try_emplace(address, Barrier{count, count, 0, 0, {}}).second)
    throw Fault(fmt::format("byte {} of shared memory is a barrier already", address));
}

void Transactions::end(uint64_t address) {
  if (!at(address).underWay.empty())
    throw Fault(fmt::format("bytes are under way to the barrier at byte {}", address));
  barriers.erase(address);
}

void Transactions::endPhase(Barrier &barrier) {
  if (barrier.missing != 0 || barrier.bytes != 0)
    return;
  barrier.missing = barrier.count;
  ++barrier.phase;
}

void Transactions::arrive(uint64_t address, uint32_t bytes) {
  Barrier &barrier = at(address);
  if (barrier.missing == 0)
    throw Fault(fmt::format("more than {} arrive at the barrier at byte {}", barrier.count, address));
  barrier.bytes += bytes;
  --barrier.missing;
  ++changed;
  endPhase(barrier);
}

void Transactions::copy(uint64_t address, uint64_t to, std::vector<char> data) {
  Barrier &barrier = at(address);
  memory.startArrival(to, data.size());
  barrier.underWay.push_back({to, std::move(data)});
  ++changed;
}

bool Transactions::hasEnded(uint64_t address, bool parity) {
  Barrier &barrier = at(address);
  if ((barrier.phase & 1) != parity)
    return true;
  for (Copy &copy : barrier.underWay) {
    memory.arrive(copy.to, copy.data);
    barrier.bytes -= static_cast<int64_t>(copy.data.size());
  }
  if (!barrier.underWay.empty()) {
    barrier.underWay.clear();
    ++changed;
    endPhase(barrier);
  }
  return (barrier.phase & 1) != parity;
}

} // namespace treadle::simulator
