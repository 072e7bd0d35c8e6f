//===- Memory.cpp - a device's memory and a workgroup's, with checks ----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/Memory.h"
#include "tools/simulator/Fault.h"
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <new>
#include <sys/mman.h>

namespace treadle::simulator {
namespace {

// Where device addresses begin: beyond what the host's processes have.
constexpr uint64_t firstAddress = UINT64_C(1) << 48;
// Between allocations, so that one byte too far is noticed.
constexpr uint64_t gap = 256;

/// Memory that exists when it is touched.
void *reserve(size_t bytes) {
  void *place = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, /*fd=*/-1,
                     /*offset=*/0);
  if (place == MAP_FAILED)
    throw std::bad_alloc();
  return place;
}

const char *verb(Access kind) {
  switch (kind) {
  case Access::read:
    return "reads";
  case Access::write:
    return "writes";
  case Access::atomic:
    return "updates";
  }
  return "";
}

/// Whether so many stamps from the first on say the same.
template <size_t count, typename Stamp> bool areEqual(const Stamp *stamps) {
  static_assert(sizeof(Stamp) == sizeof(uint64_t));
  auto first = std::bit_cast<uint64_t>(stamps[0]), differences = uint64_t(0);
  for (size_t i = 1; i < count; ++i)
    differences |= std::bit_cast<uint64_t>(stamps[i]) ^ first;
  return differences == 0;
}

/// `body` for pieces of so many bytes, each with the piece's size as a constant of the type (loops over it are
/// unrolled) and where it begins. False as soon as one is.
template <typename F> bool bySize(size_t bytes, F body) {
  constexpr size_t most = 16;
  size_t from = 0;
  for (; bytes - from > most; from += most)
    if (!body(std::integral_constant<size_t, most>(), from))
      return false;
  switch (bytes - from) {
  case 2:
    return body(std::integral_constant<size_t, 2>(), from);
  case 4:
    return body(std::integral_constant<size_t, 4>(), from);
  case 8:
    return body(std::integral_constant<size_t, 8>(), from);
  case 12:
    return body(std::integral_constant<size_t, 12>(), from);
  case most:
    return body(std::integral_constant<size_t, most>(), from);
  default:
    for (; from < bytes; ++from)
      if (!body(std::integral_constant<size_t, 1>(), from))
        return false;
    return true;
  }
}

} // namespace

// ---- device memory ---------------------------------------------------------------------------

/// Addresses are not used twice, so there are more of them than memory.
GlobalMemory::GlobalMemory(size_t capacity)
    : most(capacity), reserved(64 * capacity), memory(static_cast<char *>(reserve(reserved))),
      stamps(static_cast<Stamp *>(reserve(reserved * sizeof(Stamp)))) {}

GlobalMemory::~GlobalMemory() {
  munmap(memory, reserved);
  munmap(stamps, reserved * sizeof(Stamp));
}

uint64_t GlobalMemory::allocate(size_t bytes) {
  uint64_t place = next + gap, room = (bytes + gap - 1) / gap * gap;
  if (bytes > most - inUse || room > reserved - place)
    return 0;
  next = place + room;
  inUse += bytes;
  std::memset(memory + place, 0xff, bytes);
  allocated.emplace(place, bytes);
  return firstAddress + place;
}

bool GlobalMemory::release(uint64_t address) {
  auto found = allocated.find(address - firstAddress);
  if (found == allocated.end())
    return false;
  // Whole pages are given back to the host.
  constexpr uint64_t page = 4096;
  auto drop = [](char *from, char *to) {
    char *first = from + (page - reinterpret_cast<uintptr_t>(from) % page) % page;
    if (to - first >= static_cast<ptrdiff_t>(page))
      madvise(first, (to - first) / page * page, MADV_DONTNEED);
  };
  drop(memory + found->first, memory + found->first + found->second);
  drop(reinterpret_cast<char *>(stamps + found->first),
       reinterpret_cast<char *>(stamps + found->first + found->second));
  inUse -= found->second;
  allocated.erase(found);
  lastBytes = 0;
  return true;
}

char *GlobalMemory::host(uint64_t address, size_t bytes) const {
  uint64_t place = address - firstAddress;
  auto after = allocated.upper_bound(place);
  if (after == allocated.begin())
    return nullptr;
  auto [from, size] = *std::prev(after);
  uint64_t offset = place - from;
  return offset <= size && bytes <= size - offset ? memory + place : nullptr;
}

void GlobalMemory::beginLaunch(uint64_t workgroups) {
  if (workgroups + 1 >= UINT32_MAX - several) { // numbers start again
    madvise(stamps, reserved * sizeof(Stamp), MADV_DONTNEED);
    several = 0;
  }
  firstStamp = several + 1;
  several = firstStamp + static_cast<uint32_t>(workgroups);
}

/// Of so many bytes that the current workgroup accesses. False: another has done what does not go with it. Bytes that
/// were always accessed together, as most are, have one stamp.
template <size_t bytes> bool GlobalMemory::touch(Stamp *stamp, Access kind, Counters &counters) {
  if constexpr (bytes > 1)
    if (!areEqual<bytes>(stamp)) {
      for (size_t i = 0; i < bytes; ++i)
        if (!touch<1>(stamp + i, kind, counters))
          return false;
      return true;
    }
  Stamp next = *stamp;
  bool written = next.writer >= firstStamp, seen = next.reader >= firstStamp;
  bool conflicts = (written && next.writer != current) || (kind == Access::write && seen && next.reader != current);
  if (conflicts && kind != Access::atomic)
    return false;
  if (kind == Access::write) {
    counters.bytesWritten += written ? 0 : bytes;
    next.writer = current;
  } else {
    counters.bytesRead += written || seen ? 0 : bytes;
    next.reader = seen && next.reader != current ? several : current;
  }
  std::fill_n(stamp, bytes, next);
  return true;
}

char *GlobalMemory::access(uint64_t address, size_t bytes, Access kind, Counters &counters) {
  uint64_t place = address - firstAddress;
  if (place - lastFrom >= lastBytes || bytes > lastBytes - (place - lastFrom)) {
    auto after = allocated.upper_bound(place);
    if (after == allocated.begin())
      outside(address, bytes, kind);
    auto [from, size] = *std::prev(after);
    if (place - from >= size || bytes > size - (place - from))
      outside(address, bytes, kind);
    lastFrom = from;
    lastBytes = size;
  }
  bool good = bySize(bytes, [&](auto size, size_t from) { return touch<size>(stamps + place + from, kind, counters); });
  if (!good)
    race(address, bytes, kind);
  return memory + place;
}

void GlobalMemory::outside(uint64_t address, size_t bytes, Access kind) const {
  uint64_t place = address - firstAddress;
  auto after = allocated.upper_bound(place);
  std::string where = "nothing is allocated before it";
  if (address >= firstAddress && after != allocated.begin()) {
    auto [from, size] = *std::prev(after);
    where = fmt::format("the allocation before it has {} bytes, and this is byte {}", size, place - from);
  }
  throw Fault(fmt::format("{} {} bytes at {:#x}, outside of what is allocated: {}", verb(kind), bytes, address, where));
}

void GlobalMemory::race(uint64_t address, size_t bytes, Access kind) const {
  const Stamp *stamp = stamps + (address - firstAddress);
  auto isOther = [&](uint32_t who) { return who >= firstStamp && who != current; };
  size_t i = 0;
  while (i + 1 < bytes && !isOther(stamp[i].writer) && !(kind == Access::write && isOther(stamp[i].reader)))
    ++i;
  bool otherWrote = isOther(stamp[i].writer);
  uint32_t other = otherWrote ? stamp[i].writer : stamp[i].reader;
  std::string who = other == several ? "several workgroups" : fmt::format("workgroup {}", other - firstStamp);
  throw Fault(fmt::format("{} the byte at {:#x}, and in the same launch {} {} it", verb(kind), address + i, who,
                          otherWrote ? "wrote" : "read"));
}

// ---- shared memory ---------------------------------------------------------------------------

void SharedMemory::forget() {
  std::fill(stamps.begin(), stamps.end(), Stamp());
  std::fill(lastOfSubgroup.begin(), lastOfSubgroup.end(), 0);
  now = 0;
}

void SharedMemory::barrier() {
  if (now + 1 == 1 << timeBits)
    forget();
  lastBarrier = ++now;
}

void SharedMemory::subgroupBarrier(uint32_t agent) {
  if (now + 1 == 1 << timeBits) // a race across this moment stays unseen
    barrier();
  size_t subgroup = subgroupOf(agent);
  if (lastOfSubgroup.size() <= subgroup)
    lastOfSubgroup.resize(subgroup + 1);
  lastOfSubgroup[subgroup] = ++now;
}

/// As that of device memory.
template <size_t bytes> bool SharedMemory::touch(Stamp *stamp, Access kind, uint32_t agent) const {
  if constexpr (bytes > 1)
    if (!areEqual<bytes>(stamp)) {
      for (size_t i = 0; i < bytes; ++i)
        if (!touch<1>(stamp + i, kind, agent))
          return false;
      return true;
    }
  Stamp next = *stamp;
  bool otherReads = isBeside(next.read, next.reader, agent);
  bool conflicts = isBeside(next.written, next.writer, agent) || (kind == Access::write && otherReads);
  if (conflicts && kind != Access::atomic)
    return false;
  if (kind == Access::write) {
    next.writer = agent;
    next.written = now;
  } else {
    if (!otherReads)
      next.reader = agent;
    else if (next.reader != several)
      next.reader = subgroupOf(next.reader) == subgroupOf(agent) ? severalOfSubgroup + subgroupOf(agent) : several;
    next.read = now;
  }
  std::fill_n(stamp, bytes, next);
  return true;
}

void SharedMemory::requireIn(uint64_t address, size_t bytes, Access kind) const {
  if (address > memory.size() || bytes > memory.size() - address)
    throw Fault(fmt::format("{} {} bytes of shared memory at {}, of which there are {}", verb(kind), bytes, address,
                            memory.size()));
  if (arriving.empty())
    return;
  auto after = arriving.lower_bound(address + bytes);
  if (after == arriving.begin())
    return;
  auto [from, size] = *std::prev(after);
  if (from + size > address)
    throw Fault(
        fmt::format("{} byte {} of shared memory, which a copy is under way to", verb(kind), std::max(address, from)));
}

void SharedMemory::startArrival(uint64_t address, size_t bytes) {
  requireIn(address, bytes, Access::write);
  std::fill_n(memory.begin() + static_cast<ptrdiff_t>(address), bytes, '\xff');
  arriving.emplace(address, bytes);
}

/// Whoever has waited for them may have them: they are as if nobody had touched them.
void SharedMemory::arrive(uint64_t address, std::span<const char> data) {
  arriving.erase(address);
  std::copy(data.begin(), data.end(), memory.begin() + static_cast<ptrdiff_t>(address));
  std::fill_n(stamps.begin() + static_cast<ptrdiff_t>(address), data.size(), Stamp());
}

char *SharedMemory::access(uint64_t address, size_t bytes, Access kind, uint32_t agent) {
  requireIn(address, bytes, kind);
  bool good = bySize(bytes, [&](auto size, size_t from) { return touch<size>(&stamps[address + from], kind, agent); });
  if (!good)
    race(address, bytes, kind, agent);
  return memory.data() + address;
}

void SharedMemory::race(uint64_t address, size_t bytes, Access kind, uint32_t agent) const {
  const Stamp *stamp = &stamps[address];
  auto isOther = [&](uint32_t when, uint32_t who) { return isBeside(when, who, agent); };
  size_t i = 0;
  while (i + 1 < bytes && !isOther(stamp[i].written, stamp[i].writer) &&
         !(kind == Access::write && isOther(stamp[i].read, stamp[i].reader)))
    ++i;
  bool otherWrote = isOther(stamp[i].written, stamp[i].writer);
  uint32_t other = otherWrote ? stamp[i].writer : stamp[i].reader;
  throw Fault(fmt::format("{} byte {} of shared memory, which {} {} since the last barrier", verb(kind), address + i,
                          other >= severalOfSubgroup ? "several" : fmt::to_string(other),
                          otherWrote ? "wrote" : "read"));
}

// ---- costs -----------------------------------------------------------------------------------

void countBanks(std::span<const uint64_t> addresses, uint64_t lanes, unsigned bytes, Counters &counters) {
  constexpr unsigned banks = 32, wordBytes = 4, mostLanes = 64;
  unsigned together = std::max(1U, banks * wordBytes / std::max(bytes, wordBytes));
  ++counters.sharedAccesses;
  size_t end = 0;
  for (unsigned lane = 0; lane < mostLanes && end < addresses.size(); lane += together) {
    size_t first = end;
    end += std::popcount(lanes >> lane & (~uint64_t(0) >> (mostLanes - together)));
    if (first == end)
      continue;
    auto [lowest, highest] = std::minmax_element(addresses.begin() + first, addresses.begin() + end);
    if ((*highest + bytes - 1) / wordBytes - *lowest / wordBytes < banks) { // no two words of one bank
      ++counters.sharedPasses;
      continue;
    }
    std::array<std::array<uint64_t, banks>, banks> words; // different ones of each bank
    std::array<uint8_t, banks> counts{};
    uint8_t passes = 1;
    for (size_t i = first; i < end; ++i)
      for (uint64_t word = addresses[i] / wordBytes; word <= (addresses[i] + bytes - 1) / wordBytes; ++word) {
        unsigned bank = word % banks;
        auto free = words[bank].begin() + counts[bank];
        if (std::find(words[bank].begin(), free, word) != free)
          continue;
        *free = word;
        passes = std::max(passes, ++counts[bank]);
      }
    counters.sharedPasses += passes;
    counters.bankConflicts += passes - 1;
  }
}

uint64_t countSectors(std::span<const uint64_t> addresses, unsigned bytes) {
  constexpr uint64_t sectorBytes = 32;
  constexpr size_t mostLanes = 64, mostSectors = 2; // of a lane's access of at most 16 bytes
  std::array<uint64_t, mostLanes * mostSectors> sectors;
  size_t count = 0;
  for (uint64_t address : addresses)
    for (uint64_t sector = address / sectorBytes; sector <= (address + bytes - 1) / sectorBytes; ++sector)
      if (count == 0 || sectors[count - 1] != sector)
        sectors[count++] = sector;
  std::sort(sectors.begin(), sectors.begin() + count);
  return std::unique(sectors.begin(), sectors.begin() + count) - sectors.begin();
}

} // namespace treadle::simulator
