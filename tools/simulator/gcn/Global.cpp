//===- Global.cpp - loads and stores of device memory ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/LaneMemory.h"
#include <algorithm>
#include <bit>
#include <cmath>

namespace treadle::simulator::gcn {
namespace {

using Flag = Operation::Flag;

// ---- addresses -------------------------------------------------------------------------------

/// 64 bits in vector registers, or 32 besides a base in scalar ones.
void findAddresses(const Wave &wave, const Instruction &instruction, const Operand &address, const Operand &base,
                   uint64_t *addresses) {
  auto offset = static_cast<uint64_t>(static_cast<int64_t>(instruction.offset));
  const uint32_t *low = wave.vector[address.index].at;
  if (base.isScalar()) {
    uint64_t from = wave.read64(base) + offset;
    for (unsigned lane = 0; lane < lanesOfWave; ++lane)
      addresses[lane] = from + low[lane];
    return;
  }
  const uint32_t *high = wave.vector[address.index + 1].at;
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    addresses[lane] = (low[lane] | uint64_t(high[lane]) << 32) + offset;
}

void countAccess(Wave &wave, const uint64_t *addresses, unsigned bytes, uint64_t &instructions, uint64_t &sectors) {
  wave.addresses.clear();
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    if (wave.exec() >> lane & 1)
      wave.addresses.push_back(addresses[lane]);
  ++instructions;
  sectors += countSectors(wave.addresses, bytes);
}

/// Device memory; where the instruction is a flat one, shared memory too.
char *find(Wave &wave, uint64_t address, size_t bytes, Access kind) {
  if (address >> 48 == sharedBase >> 48)
    return wave.shared.access(address - sharedBase, bytes, kind, wave.number());
  return wave.global.access(address, bytes, kind, wave.counters);
}

// ---- loads and stores ------------------------------------------------------------------------

template <Element element, unsigned words> void load(Wave &wave, const Instruction &instruction) {
  constexpr unsigned bytes = bytesOf(element, words);
  uint64_t addresses[lanesOfWave];
  findAddresses(wave, instruction, instruction.source[0], instruction.source[1], addresses);
  countAccess(wave, addresses, bytes, wave.counters.globalLoads, wave.counters.sectorsLoaded);
  Lanes *to = &wave.vector[instruction.result.index];
  forRuns(
      addresses, wave.exec(), bytes,
      [&](uint64_t address, size_t size) { return find(wave, address, size, Access::read); },
      [&](unsigned lane, const char *from) {
        if constexpr (element == Element::words)
          for (unsigned word = 0; word < words; ++word)
            std::memcpy(&to[word].at[lane], from + 4 * word, 4);
        else
          to->at[lane] = loaded<element>(from, to->at[lane]);
      });
}

template <Element element, unsigned words> void store(Wave &wave, const Instruction &instruction) {
  constexpr unsigned bytes = bytesOf(element, words);
  uint64_t addresses[lanesOfWave];
  findAddresses(wave, instruction, instruction.source[0], instruction.source[2], addresses);
  countAccess(wave, addresses, bytes, wave.counters.globalStores, wave.counters.sectorsStored);
  const Lanes *from = &wave.vector[instruction.source[1].index];
  forRuns(
      addresses, wave.exec(), bytes,
      [&](uint64_t address, size_t size) { return find(wave, address, size, Access::write); },
      [&](unsigned lane, char *to) {
        if constexpr (element == Element::words) {
          for (unsigned word = 0; word < words; ++word)
            std::memcpy(to + 4 * word, &from[word].at[lane], 4);
        } else {
          uint32_t value = stored<element>(from->at[lane]);
          std::memcpy(to, &value, bytes);
        }
      });
}

// ---- atomics ---------------------------------------------------------------------------------

/// With `glc` the first operand gets what was there.
template <typename T, auto update> void atomic(Wave &wave, const Instruction &instruction) {
  const Operand *operands = instruction.source.data() + (instruction.returnsOld ? 1 : 0);
  constexpr unsigned words = sizeof(T) / 4;
  uint64_t addresses[lanesOfWave];
  findAddresses(wave, instruction, operands[0], operands[2], addresses);
  countAccess(wave, addresses, sizeof(T), wave.counters.globalStores, wave.counters.sectorsStored);
  const Lanes *data = &wave.vector[operands[1].index];
  for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
    if (!(wave.exec() >> lane & 1))
      continue;
    char *place = nullptr;
    try {
      place = find(wave, addresses[lane], sizeof(T), Access::atomic);
    } catch (const Fault &fault) {
      faultAtLane(lane, fault.what());
    }
    auto given = [&](unsigned first) {
      uint32_t parts[words];
      for (unsigned word = 0; word < words; ++word)
        parts[word] = data[first + word].at[lane];
      T value;
      std::memcpy(&value, parts, sizeof value);
      return value;
    };
    T old, result;
    std::memcpy(&old, place, sizeof old);
    if constexpr (std::is_same_v<decltype(update), std::nullptr_t>) // compare and swap: new value, then the expected
      result = given(words) == old ? given(0) : old;
    else
      result = update(old, given(0));
    std::memcpy(place, &result, sizeof result);
    if (!instruction.returnsOld)
      continue;
    uint32_t parts[words];
    std::memcpy(parts, &old, sizeof old);
    for (unsigned word = 0; word < words; ++word)
      wave.vector[instruction.source[0].index + word].at[lane] = parts[word];
  }
}

// ---- rows ------------------------------------------------------------------------------------

void addBoth(std::vector<Operation> &rows, const std::string &name, Handler handler, bool isLoad) {
  for (const char *space : {"global_", "flat_"})
    rows.push_back(
        {space + name, handler, uint8_t(isLoad), {}, uint16_t(Flag::memory | (isLoad ? Flag::vectorResult : 0))});
}

template <typename T> void addAtomics(std::vector<Operation> &rows, const std::string &end) {
  using S = std::make_signed_t<T>;
  auto add = [&](const char *name, Handler handler) {
    addBoth(rows, std::string("atomic_") + name + end, handler, false);
  };
  add("swap", atomic<T, [](T, T given) { return given; }>);
  add("cmpswap", atomic<T, nullptr>);
  add("add", atomic<T, [](T old, T given) { return old + given; }>);
  add("sub", atomic<T, [](T old, T given) { return old - given; }>);
  add("smin", atomic<S, [](S old, S given) { return std::min(old, given); }>);
  add("umin", atomic<T, [](T old, T given) { return std::min(old, given); }>);
  add("smax", atomic<S, [](S old, S given) { return std::max(old, given); }>);
  add("umax", atomic<T, [](T old, T given) { return std::max(old, given); }>);
  add("and", atomic<T, [](T old, T given) { return old & given; }>);
  add("or", atomic<T, [](T old, T given) { return old | given; }>);
  add("xor", atomic<T, [](T old, T given) { return old ^ given; }>);
}

std::vector<Operation> makeRows() {
  std::vector<Operation> rows;
  auto addLoad = [&](const char *name, Handler handler) { addBoth(rows, std::string("load_") + name, handler, true); };
  auto addStore = [&](const char *name, Handler handler) {
    addBoth(rows, std::string("store_") + name, handler, false);
  };
  addLoad("dword", load<Element::words, 1>);
  addLoad("dwordx2", load<Element::words, 2>);
  addLoad("dwordx3", load<Element::words, 3>);
  addLoad("dwordx4", load<Element::words, 4>);
  addLoad("ubyte", load<Element::byte, 1>);
  addLoad("sbyte", load<Element::signedByte, 1>);
  addLoad("ushort", load<Element::half, 1>);
  addLoad("sshort", load<Element::signedHalf, 1>);
  addLoad("ubyte_d16", load<Element::byteLow, 1>);
  addLoad("ubyte_d16_hi", load<Element::byteHigh, 1>);
  addLoad("sbyte_d16", load<Element::signedByteLow, 1>);
  addLoad("sbyte_d16_hi", load<Element::signedByteHigh, 1>);
  addLoad("short_d16", load<Element::halfLow, 1>);
  addLoad("short_d16_hi", load<Element::halfHigh, 1>);
  addStore("dword", store<Element::words, 1>);
  addStore("dwordx2", store<Element::words, 2>);
  addStore("dwordx3", store<Element::words, 3>);
  addStore("dwordx4", store<Element::words, 4>);
  addStore("byte", store<Element::byte, 1>);
  addStore("short", store<Element::half, 1>);
  addStore("byte_d16_hi", store<Element::byteHigh, 1>);
  addStore("short_d16_hi", store<Element::halfHigh, 1>);
  addAtomics<uint32_t>(rows, "");
  addAtomics<uint64_t>(rows, "_x2");
  addBoth(rows, "atomic_add_f32", atomic<float, [](float old, float given) { return old + given; }>, false);
  addBoth(rows, "atomic_add_f64", atomic<double, [](double old, double given) { return old + given; }>, false);
  addBoth(rows, "atomic_min_f64", atomic<double, [](double old, double given) { return std::fmin(old, given); }>,
          false);
  addBoth(rows, "atomic_max_f64", atomic<double, [](double old, double given) { return std::fmax(old, given); }>,
          false);
  return rows;
}

} // namespace

const std::vector<Operation> &globalOperations() {
  static const std::vector<Operation> rows = makeRows();
  return rows;
}

} // namespace treadle::simulator::gcn
