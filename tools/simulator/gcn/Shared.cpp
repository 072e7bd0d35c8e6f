//===- Shared.cpp - the memory that a workgroup shares (LDS), and permutations through its banks ---===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/LaneMemory.h"
#include <algorithm>
#include <cmath>

namespace treadle::simulator::gcn {
namespace {

using Flag = Operation::Flag;

void findAddresses(const Wave &wave, const Operand &operand, uint32_t offset, uint64_t *addresses) {
  const uint32_t *from = wave.vector[operand.index].at;
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    addresses[lane] = uint64_t(from[lane]) + offset;
}

void countAccess(Wave &wave, const uint64_t *addresses, unsigned bytes) {
  wave.addresses.clear();
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    if (wave.exec() >> lane & 1)
      wave.addresses.push_back(addresses[lane]);
  countBanks(wave.addresses, wave.exec(), bytes, wave.counters);
}

template <typename Each>
void access(Wave &wave, const Operand &operand, uint32_t offset, unsigned bytes, Access kind, Each each) {
  uint64_t addresses[lanesOfWave];
  findAddresses(wave, operand, offset, addresses);
  countAccess(wave, addresses, bytes);
  forRuns(
      addresses, wave.exec(), bytes,
      [&](uint64_t address, size_t size) { return wave.shared.access(address, size, kind, wave.number()); }, each);
}

// ---- reads and writes ------------------------------------------------------------------------

void fetchWords(Wave &wave, const Operand &address, uint32_t offset, unsigned words, Lanes *room) {
  access(wave, address, offset, 4 * words, Access::read, [&](unsigned lane, const char *from) {
    for (unsigned word = 0; word < words; ++word)
      std::memcpy(&room[word].at[lane], from + 4 * word, 4);
  });
}
void putWords(Wave &wave, const Instruction &instruction, unsigned words, const Lanes *room) {
  for (unsigned word = 0; word < words; ++word)
    wave.write(instruction, word, room[word].at);
}

void writeWords(Wave &wave, const Operand &address, const Operand &data, uint32_t offset, unsigned words) {
  const Lanes *from = &wave.vector[data.index];
  access(wave, address, offset, 4 * words, Access::write, [&](unsigned lane, char *to) {
    for (unsigned word = 0; word < words; ++word)
      std::memcpy(to + 4 * word, &from[word].at[lane], 4);
  });
}

template <unsigned words> void read(Wave &wave, const Instruction &instruction) {
  Lanes room[words];
  fetchWords(wave, instruction.source[0], static_cast<uint32_t>(instruction.offset), words, room);
  putWords(wave, instruction, words, room);
}
template <unsigned words> void write(Wave &wave, const Instruction &instruction) {
  writeWords(wave, instruction.source[0], instruction.source[1], static_cast<uint32_t>(instruction.offset), words);
}

/// Two places, whose offsets count `words` words, or 64 times as much.
template <unsigned words, unsigned stride> void read2(Wave &wave, const Instruction &instruction) {
  Lanes room[2 * words];
  constexpr unsigned unit = 4 * words * stride;
  fetchWords(wave, instruction.source[0], static_cast<uint32_t>(instruction.offset) * unit, words, room);
  fetchWords(wave, instruction.source[0], static_cast<uint32_t>(instruction.offset1) * unit, words, room + words);
  putWords(wave, instruction, 2 * words, room);
}
template <unsigned words, unsigned stride> void write2(Wave &wave, const Instruction &instruction) {
  const Operand &address = instruction.source[0];
  writeWords(wave, address, instruction.source[1], static_cast<uint32_t>(instruction.offset) * 4 * words * stride,
             words);
  writeWords(wave, address, instruction.source[2], static_cast<uint32_t>(instruction.offset1) * 4 * words * stride,
             words);
}

template <Element element> void readPart(Wave &wave, const Instruction &instruction) {
  Lanes &to = wave.vector[instruction.result.index];
  access(wave, instruction.source[0], static_cast<uint32_t>(instruction.offset), bytesOf(element, 1), Access::read,
         [&](unsigned lane, const char *from) { to.at[lane] = loaded<element>(from, to.at[lane]); });
}
template <Element element> void writePart(Wave &wave, const Instruction &instruction) {
  const Lanes &data = wave.vector[instruction.source[1].index];
  constexpr unsigned bytes = bytesOf(element, 1);
  access(wave, instruction.source[0], static_cast<uint32_t>(instruction.offset), bytes, Access::write,
         [&](unsigned lane, char *to) {
           uint32_t value = stored<element>(data.at[lane]);
           std::memcpy(to, &value, bytes);
         });
}

// ---- atomics ---------------------------------------------------------------------------------

template <typename T, auto update, bool returns> void atomic(Wave &wave, const Instruction &instruction) {
  constexpr unsigned words = sizeof(T) / 4;
  const Operand &address = instruction.source[0], &data = instruction.source[1];
  uint64_t addresses[lanesOfWave];
  findAddresses(wave, address, static_cast<uint32_t>(instruction.offset), addresses);
  countAccess(wave, addresses, sizeof(T));
  for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
    if (!(wave.exec() >> lane & 1))
      continue;
    char *place = nullptr;
    try {
      place = wave.shared.access(addresses[lane], sizeof(T), Access::atomic, wave.number());
    } catch (const Fault &fault) {
      faultAtLane(lane, fault.what());
    }
    T old, given;
    uint32_t parts[words];
    for (unsigned word = 0; word < words; ++word)
      parts[word] = wave.vector[data.index + word].at[lane];
    std::memcpy(&given, parts, sizeof given);
    std::memcpy(&old, place, sizeof old);
    T result = update(old, given);
    std::memcpy(place, &result, sizeof result);
    if constexpr (returns) {
      std::memcpy(parts, &old, sizeof old);
      for (unsigned word = 0; word < words; ++word)
        wave.vector[instruction.result.index + word].at[lane] = parts[word];
    }
  }
}

// ---- permutations ----------------------------------------------------------------------------

/// Each lane pulls from the lane that its address names, or pushes to it.
template <bool pull> void permute(Wave &wave, const Instruction &instruction) {
  const Lanes &address = wave.vector[instruction.source[0].index];
  Lanes data = wave.vector[instruction.source[1].index], result{};
  for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
    unsigned other = (address.at[lane] + static_cast<uint32_t>(instruction.offset)) / 4 % lanesOfWave;
    if (pull)
      result.at[lane] = wave.exec() >> other & 1 ? data.at[other] : 0;
    else if (wave.exec() >> lane & 1)
      result.at[other] = data.at[lane];
  }
  wave.write(instruction, 0, result.at);
}

/// Within 4 lanes any order, or within 32 by and, or and xor of the lane's number.
void swizzle(Wave &wave, const Instruction &instruction) {
  auto how = static_cast<uint32_t>(instruction.offset);
  Lanes data = wave.vector[instruction.source[0].index], result;
  for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
    unsigned other = how & 0x8000 ? (lane & ~3u) | (how >> 2 * (lane & 3) & 3)
                                  : (lane & 32) | ((((lane & 31) & how) | (how >> 5 & 31)) ^ (how >> 10 & 31));
    result.at[lane] = wave.exec() >> other & 1 ? data.at[other] : 0;
  }
  wave.write(instruction, 0, result.at);
}

// ---- rows ------------------------------------------------------------------------------------

template <typename T, auto update>
void addAtomic(std::vector<Operation> &rows, const std::string &name, const std::string &type) {
  rows.push_back({"ds_" + name + "_" + type, atomic<T, update, false>, 0, {}, Flag::memory});
  rows.push_back({"ds_" + name + "_rtn_" + type, atomic<T, update, true>, 1, {}, Flag::memory | Flag::vectorResult});
}

template <typename T> void addAtomics(std::vector<Operation> &rows, const std::string &bits) {
  using S = std::make_signed_t<T>;
  addAtomic<T, [](T old, T given) { return old + given; }>(rows, "add", "u" + bits);
  addAtomic<T, [](T old, T given) { return old - given; }>(rows, "sub", "u" + bits);
  addAtomic<T, [](T old, T given) { return std::min(old, given); }>(rows, "min", "u" + bits);
  addAtomic<T, [](T old, T given) { return std::max(old, given); }>(rows, "max", "u" + bits);
  addAtomic<S, [](S old, S given) { return std::min(old, given); }>(rows, "min", "i" + bits);
  addAtomic<S, [](S old, S given) { return std::max(old, given); }>(rows, "max", "i" + bits);
  addAtomic<T, [](T old, T given) { return old & given; }>(rows, "and", "b" + bits);
  addAtomic<T, [](T old, T given) { return old | given; }>(rows, "or", "b" + bits);
  addAtomic<T, [](T old, T given) { return old ^ given; }>(rows, "xor", "b" + bits);
}

std::vector<Operation> makeRows() {
  std::vector<Operation> rows;
  auto add = [&](const char *name, Handler handler, bool result) {
    rows.push_back({std::string("ds_") + name,
                    handler,
                    uint8_t(result),
                    {},
                    uint16_t(Flag::memory | (result ? Flag::vectorResult : 0))});
  };
  add("read_b32", read<1>, true);
  add("read_b64", read<2>, true);
  add("read_b96", read<3>, true);
  add("read_b128", read<4>, true);
  add("read2_b32", read2<1, 1>, true);
  add("read2_b64", read2<2, 1>, true);
  add("read2st64_b32", read2<1, 64>, true);
  add("read2st64_b64", read2<2, 64>, true);
  add("read_u8", readPart<Element::byte>, true);
  add("read_i8", readPart<Element::signedByte>, true);
  add("read_u16", readPart<Element::half>, true);
  add("read_i16", readPart<Element::signedHalf>, true);
  add("read_u8_d16", readPart<Element::byteLow>, true);
  add("read_u8_d16_hi", readPart<Element::byteHigh>, true);
  add("read_i8_d16", readPart<Element::signedByteLow>, true);
  add("read_i8_d16_hi", readPart<Element::signedByteHigh>, true);
  add("read_u16_d16", readPart<Element::halfLow>, true);
  add("read_u16_d16_hi", readPart<Element::halfHigh>, true);
  add("write_b32", write<1>, false);
  add("write_b64", write<2>, false);
  add("write_b96", write<3>, false);
  add("write_b128", write<4>, false);
  add("write2_b32", write2<1, 1>, false);
  add("write2_b64", write2<2, 1>, false);
  add("write2st64_b32", write2<1, 64>, false);
  add("write2st64_b64", write2<2, 64>, false);
  add("write_b8", writePart<Element::byte>, false);
  add("write_b16", writePart<Element::half>, false);
  add("write_b8_d16_hi", writePart<Element::byteHigh>, false);
  add("write_b16_d16_hi", writePart<Element::halfHigh>, false);
  add("bpermute_b32", permute<true>, true);
  add("permute_b32", permute<false>, true);
  add("swizzle_b32", swizzle, true);
  addAtomics<uint32_t>(rows, "32");
  addAtomics<uint64_t>(rows, "64");
  addAtomic<float, [](float old, float given) { return old + given; }>(rows, "add", "f32");
  addAtomic<double, [](double old, double given) { return old + given; }>(rows, "add", "f64");
  addAtomic<float, [](float old, float given) { return std::fmin(old, given); }>(rows, "min", "f32");
  addAtomic<float, [](float old, float given) { return std::fmax(old, given); }>(rows, "max", "f32");
  return rows;
}

} // namespace

const std::vector<Operation> &sharedOperations() {
  static const std::vector<Operation> rows = makeRows();
  return rows;
}

} // namespace treadle::simulator::gcn
