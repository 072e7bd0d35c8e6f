//===- Access.cpp - loads, stores and copies -------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/Decode.h"
#include <cstring>
#include <fmt/format.h>

namespace treadle::simulator::ptx {
namespace {

enum class Space { global, shared, local, param };

uint64_t addressAt(const Warp &warp, const Op &op, uint32_t place, unsigned i) {
  uint64_t base = op.bits[1] == 64 ? warp.lanes<uint64_t>(place)[i] : warp.lanes<uint32_t>(place)[i];
  return base + static_cast<uint64_t>(op.number);
}

/// The addresses of the lanes that take part, in `room`.
using Room = std::array<uint64_t, warpThreads>;
std::span<const uint64_t> addressesOf(const Warp &warp, const Op &op, uint32_t place, Room &room) {
  unsigned bytes = op.bytes * op.count; // a power of two
  size_t count = 0;
  uint64_t all = 0;
  forLanes(warp.mask, [&](unsigned i) { all |= room[count++] = addressAt(warp, op, place, i); });
  if (all & (bytes - 1))
    forLanes(warp.mask, [&](unsigned i) {
      if (uint64_t address = addressAt(warp, op, place, i); address & (bytes - 1))
        throw Fault(fmt::format("lane {}: the address {:#x} is no multiple of {}", i, address, bytes));
    });
  return {room.data(), count};
}

/// Names the lane in what is wrong.
template <typename F> auto asLane(unsigned lane, F body) {
  try {
    return body();
  } catch (const Fault &fault) {
    throw Fault(fmt::format("lane {}: {}", lane, fault.what()));
  }
}

template <Space space> char *place(Warp &warp, uint64_t address, unsigned bytes, Access kind, unsigned lane) {
  return asLane(lane, [&]() -> char * {
    if constexpr (space == Space::global)
      return warp.global.access(address, bytes, kind, warp.counters);
    if constexpr (space == Space::shared)
      return warp.shared.access(address, bytes, kind, warp.first + lane);
    size_t each = warp.local.size() / warpThreads;
    if (address > each || bytes > each - address)
      throw Fault(fmt::format("byte {} of local memory, of which there are {}", address, each));
    return warp.local.data() + lane * each + address;
  });
}

template <Space space> void count(Warp &warp, std::span<const uint64_t> addresses, unsigned bytes, Access kind) {
  if constexpr (space == Space::global) {
    bool isStore = kind == Access::write;
    ++(isStore ? warp.counters.globalStores : warp.counters.globalLoads);
    (isStore ? warp.counters.sectorsStored : warp.counters.sectorsLoaded) += countSectors(addresses, bytes);
  }
  if constexpr (space == Space::shared)
    countBanks(addresses, warp.mask, bytes, warp.counters);
}

constexpr uint32_t extendsSign = 1; // in Op::target

/// An element into lane `lane` of a register that may be wider.
void put(const Warp &warp, const Op &op, unsigned number, unsigned lane, const char *from) {
  char *to = warp.lanes<char>(op.at[number]);
  switch (op.bytes | op.bits[0] << 8) { // the usual ones, of known size
  case 4 | 32 << 8:
    std::memcpy(to + 4 * lane, from, 4);
    return;
  case 2 | 16 << 8:
    std::memcpy(to + 2 * lane, from, 2);
    return;
  case 8 | 64 << 8:
    std::memcpy(to + 8 * lane, from, 8);
    return;
  default:
    unsigned bytes = op.bytes, registerBytes = op.bits[0] / 8;
    to += lane * registerBytes;
    std::memcpy(to, from, bytes);
    if (registerBytes > bytes)
      std::memset(to + bytes, op.target == extendsSign && from[bytes - 1] < 0 ? 0xff : 0, registerBytes - bytes);
  }
}

/// The low bytes of it.
void get(const Warp &warp, const Op &op, unsigned number, unsigned lane, char *to) {
  const char *from = warp.lanes<char>(op.at[number]) + lane * (op.bits[0] / 8);
  if (op.bytes == 4)
    std::memcpy(to, from, 4);
  else
    std::memcpy(to, from, op.bytes);
}

template <Space space> void load(Warp &warp, const Op &op) {
  Room room;
  std::span<const uint64_t> addresses = addressesOf(warp, op, op.at[op.count], room);
  unsigned bytes = op.bytes * op.count;
  count<space>(warp, addresses, bytes, Access::read);
  size_t next = 0;
  forLanes(warp.mask, [&](unsigned i) {
    const char *from = place<space>(warp, addresses[next++], bytes, Access::read, i);
    for (unsigned k = 0; k < op.count; ++k)
      put(warp, op, k, i, from + k * op.bytes);
  });
}

template <Space space> void store(Warp &warp, const Op &op) {
  Room room;
  std::span<const uint64_t> addresses = addressesOf(warp, op, op.at[0], room);
  unsigned bytes = op.bytes * op.count;
  count<space>(warp, addresses, bytes, Access::write);
  size_t next = 0;
  forLanes(warp.mask, [&](unsigned i) {
    char *to = place<space>(warp, addresses[next++], bytes, Access::write, i);
    for (unsigned k = 0; k < op.count; ++k)
      get(warp, op, 1 + k, i, to + k * op.bytes);
  });
}

void loadParameter(Warp &warp, const Op &op) {
  auto offset = static_cast<uint64_t>(op.number) + warp.lanes<uint64_t>(op.at[op.count])[0];
  if (offset + op.bytes * op.count > warp.launch.arguments.size())
    throw Fault("reads beyond the arguments of the launch");
  const char *from = warp.launch.arguments.data() + offset;
  forLanes(warp.mask, [&](unsigned i) {
    for (unsigned k = 0; k < op.count; ++k)
      put(warp, op, k, i, from + k * op.bytes);
  });
}

/// Words that say nothing of what is loaded or stored: how it is cached.
void skipHints(Decoder &decoder) {
  constexpr std::string_view hints[] = {
      "nc",      "ca",       "cg",      "cs", "lu", "wb", "L1::no_allocate", "L1::evict_last", "L1::evict_first",
      "L2::64B", "L2::128B", "L2::256B"};
  for (bool found = true; found;) {
    found = false;
    for (std::string_view hint : hints)
      found |= decoder.accept(hint);
  }
}

Space space(Decoder &decoder) {
  if (decoder.accept("shared"))
    return Space::shared;
  if (decoder.accept("local"))
    return Space::local;
  if (decoder.accept("param"))
    return Space::param;
  if (decoder.accept("global") || decoder.accept("const"))
    return Space::global;
  return Space::global; // where all generic addresses are that kernels have here
}

struct Shape {
  Space space;
  Type type;
  unsigned count;
};
Shape shape(Decoder &decoder) {
  Space where = space(decoder);
  skipHints(decoder);
  unsigned count = decoder.accept("v2") ? 2 : decoder.accept("v4") ? 4 : 1;
  Type type = decoder.type();
  decoder.op.bytes = static_cast<uint8_t>(bitsOf(type) / 8);
  decoder.op.count = static_cast<uint8_t>(count);
  decoder.op.target = isSigned(type) ? extendsSign : 0;
  return {where, type, count};
}

const std::map<std::string, Variable> *variables(Decoder &decoder, Space space) {
  switch (space) {
  case Space::shared:
    return &decoder.code.entry.shared;
  case Space::local:
    return &decoder.code.entry.local;
  case Space::param:
    return &decoder.code.entry.parameters;
  default:
    return nullptr;
  }
}

Handler ld(Decoder &decoder) {
  Shape wanted = shape(decoder);
  decoder.looseList(wanted.type, wanted.count);
  decoder.address(variables(decoder, wanted.space));
  switch (wanted.space) {
  case Space::global:
    return load<Space::global>;
  case Space::shared:
    return load<Space::shared>;
  case Space::local:
    return load<Space::local>;
  case Space::param:
    return loadParameter;
  }
  return nullptr;
}

Handler st(Decoder &decoder) {
  Shape wanted = shape(decoder);
  decoder.address(variables(decoder, wanted.space));
  decoder.looseList(wanted.type, wanted.count);
  switch (wanted.space) {
  case Space::global:
    return store<Space::global>;
  case Space::shared:
    return store<Space::shared>;
  case Space::local:
    return store<Space::local>;
  case Space::param:
    break;
  }
  decoder.unknown("arguments are not written");
}

// ---- asynchronous copies -----------------------------------------------------------------------

/// The source is read at once. What was read arrives when it is waited for, as late as it may.
void copyAsync(Warp &warp, const Op &op) {
  unsigned bytes = op.bytes;
  static thread_local std::vector<uint64_t> from, to;
  from.clear();
  to.clear();
  forLanes(warp.mask, [&](unsigned i) {
    uint64_t target = warp.lanes<uint64_t>(op.at[0])[i] + static_cast<uint64_t>(op.number);
    uint64_t source = warp.lanes<uint64_t>(op.at[1])[i] + static_cast<int32_t>(op.target);
    unsigned taken = op.at[2] ? std::min(warp.lanes<uint32_t>(op.at[2])[i], bytes) : bytes;
    if (target % bytes || source % bytes)
      throw Fault(fmt::format("lane {}: copies {} bytes from {:#x} to {:#x}, not both multiples of it", i, bytes,
                              source, target));
    Warp::Arrival arrival{target, bytes, {}};
    if (taken) {
      std::memcpy(arrival.data.data(), place<Space::global>(warp, source, taken, Access::read, i), taken);
      from.push_back(source);
    }
    place<Space::shared>(warp, target, bytes, Access::write, i); // from now on nobody may read it
    to.push_back(target);
    warp.copies[i].open.push_back(arrival);
  });
  count<Space::global>(warp, from, bytes, Access::read);
  count<Space::shared>(warp, to, bytes, Access::write);
}

void arrive(Warp &warp, unsigned lane, std::vector<Warp::Arrival> &arrivals) {
  for (const Warp::Arrival &arrival : arrivals)
    std::memcpy(place<Space::shared>(warp, arrival.to, arrival.bytes, Access::write, lane), arrival.data.data(),
                arrival.bytes);
  arrivals.clear();
}

void commitGroup(Warp &warp, const Op &) {
  forLanes(warp.mask, [&](unsigned i) {
    warp.copies[i].groups.push_back(std::move(warp.copies[i].open));
    warp.copies[i].open.clear();
  });
}

/// All but the last `number` groups have arrived.
void waitGroup(Warp &warp, const Op &op) {
  forLanes(warp.mask, [&](unsigned i) {
    std::vector<std::vector<Warp::Arrival>> &groups = warp.copies[i].groups;
    while (groups.size() > static_cast<size_t>(op.number)) {
      arrive(warp, i, groups.front());
      groups.erase(groups.begin());
    }
  });
}

void waitAll(Warp &warp, const Op &op) {
  commitGroup(warp, op);
  waitGroup(warp, op);
}

Handler cp(Decoder &decoder) {
  if (!decoder.accept("async"))
    decoder.unknown("only asynchronous copies are known");
  if (decoder.accept("bulk"))
    return bulkCopy(decoder);
  if (decoder.accept("commit_group"))
    return commitGroup;
  if (decoder.accept("wait_all"))
    return waitAll;
  if (decoder.accept("wait_group")) {
    decoder.op.number = static_cast<int64_t>(decoder.number());
    return waitGroup;
  }
  bool isGlobalOnly = decoder.accept("cg");
  if (!isGlobalOnly && !decoder.accept("ca"))
    decoder.unknown("the cache is not known");
  if (!decoder.accept("shared") || !decoder.accept("global"))
    decoder.unknown("copies are known from global to shared memory");
  skipHints(decoder);
  decoder.address(&decoder.code.entry.shared);
  int64_t targetOffset = decoder.op.number;
  unsigned targetBits = decoder.op.bits[1];
  decoder.op.bits[1] = 0;
  decoder.address(nullptr);
  if (targetBits != 64 || decoder.op.bits[1] != 64)
    decoder.unknown("addresses of 64 bits are known");
  decoder.op.target = static_cast<uint32_t>(decoder.op.number);
  if (decoder.op.number < INT32_MIN || decoder.op.number > INT32_MAX)
    decoder.unknown("the offset is too large");
  decoder.op.number = targetOffset;
  uint64_t bytes = decoder.number();
  if (bytes != 16 && (isGlobalOnly || (bytes != 4 && bytes != 8)))
    decoder.unknown("so many bytes are not copied");
  decoder.op.bytes = static_cast<uint8_t>(bytes);
  if (decoder.hasOperand())
    decoder.operand(Type::b32);
  return copyAsync;
}

// ---- matrices from shared memory -----------------------------------------------------------------

/// Each 8 x 8 matrix of 16 bits: its row r is where lane 8 * matrix + r says; lane i gets two neighbours of row i / 4.
void loadMatrix(Warp &warp, const Op &op) {
  constexpr unsigned rows = 8, rowBytes = 16, bytes = 2;
  std::array<const char *, 32> rowAt{};
  std::vector<uint64_t> addresses;
  for (unsigned i = 0; i < op.count * rows; ++i) {
    uint64_t address = addressAt(warp, op, op.at[op.count], i);
    if (address % rowBytes)
      throw Fault(fmt::format("lane {}: the address {:#x} is no multiple of {}", i, address, rowBytes));
    addresses.push_back(address);
    rowAt[i] = place<Space::shared>(warp, address, rowBytes, Access::read, i);
  }
  countBanks(addresses, ~uint64_t(0) >> (64 - addresses.size()), rowBytes, warp.counters);
  bool isTransposed = op.target;
  for (unsigned m = 0; m < op.count; ++m)
    for (unsigned i = 0; i < warpThreads; ++i)
      for (unsigned k = 0; k < 2; ++k) {
        unsigned row = i / 4, column = i % 4 * 2 + k;
        if (isTransposed)
          std::swap(row, column);
        std::memcpy(warp.lanes<char>(op.at[m]) + 4 * i + bytes * k, rowAt[m * rows + row] + bytes * column, bytes);
      }
}

Handler ldmatrix(Decoder &decoder) {
  decoder.accept("sync");
  decoder.accept("aligned");
  if (!decoder.accept("m8n8"))
    decoder.unknown("the shape is not known");
  unsigned count = decoder.accept("x1") ? 1 : decoder.accept("x2") ? 2 : decoder.accept("x4") ? 4 : 0;
  decoder.op.target = decoder.accept("trans");
  decoder.accept("shared");
  if (!count || decoder.type() != Type::b16)
    decoder.unknown("the shape is not known");
  decoder.op.count = static_cast<uint8_t>(count);
  decoder.op.isConvergent = true;
  decoder.list(32, count);
  decoder.address(&decoder.code.entry.shared);
  return loadMatrix;
}

} // namespace

std::span<const Row> memoryRows() {
  static constexpr Row rows[] = {{"ld", ld}, {"st", st}, {"cp", cp}, {"ldmatrix", ldmatrix}};
  return rows;
}

} // namespace treadle::simulator::ptx
