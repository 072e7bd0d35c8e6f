//===- AsyncCopy.cpp - copies of boxes, and the barriers they arrive at ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mbarrier and cp.async.bulk.tensor of "PTX ISA": tiles with rows of 128 bytes, which swizzle, to the memory of the
// own workgroup. What lies outside of the tensor is 0, and counts at the barrier like the rest.
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/Decode.h"
#include "tools/simulator/ptx/TensorMap.h"
#include <cstring>
#include <fmt/format.h>

namespace treadle::simulator::ptx {
namespace {

uint64_t sharedAddress(const Warp &warp, const Op &op, unsigned which, unsigned lane) {
  uint32_t place = op.at[which];
  return op.bits[0] >> which & 1 ? warp.lanes<uint64_t>(place)[lane] : warp.lanes<uint32_t>(place)[lane];
}

/// An address in shared memory, without an offset; whether it is wide stands in bit `which` of Op::bits[0].
void sharedOperand(Decoder &decoder, unsigned which) {
  decoder.op.bits[1] = 0;
  decoder.address(&decoder.code.entry.shared);
  if (decoder.op.number != 0)
    decoder.unknown("offsets are not known here");
  decoder.op.bits[0] |= (decoder.op.bits[1] == 64) << which;
}

// ---- barriers ----------------------------------------------------------------------------------

void init(Warp &warp, const Op &op) {
  forLanes(warp.mask, [&](unsigned i) {
    warp.transactions.init(sharedAddress(warp, op, 0, i), warp.lanes<uint32_t>(op.at[1])[i]);
  });
}

void invalidate(Warp &warp, const Op &op) {
  forLanes(warp.mask, [&](unsigned i) { warp.transactions.end(sharedAddress(warp, op, 0, i)); });
}

void arrive(Warp &warp, const Op &op) {
  forLanes(warp.mask, [&](unsigned i) {
    uint32_t bytes = op.count ? warp.lanes<uint32_t>(op.at[1])[i] : 0;
    warp.transactions.arrive(sharedAddress(warp, op, 0, i), bytes);
  });
}

/// Lanes that are told no will ask again, when other warps have had their turn.
void tryWait(Warp &warp, const Op &op) {
  uint32_t &ended = warp.bitsOf(op.at[2]);
  forLanes(warp.mask, [&](unsigned i) {
    bool has = warp.transactions.hasEnded(sharedAddress(warp, op, 0, i), warp.lanes<uint32_t>(op.at[1])[i] & 1);
    ended = has ? ended | UINT32_C(1) << i : ended & ~(UINT32_C(1) << i);
    warp.waits |= !has;
  });
}

Handler mbarrier(Decoder &decoder) {
  std::string_view what = decoder.take();
  bool expects = what == "arrive" && decoder.accept("expect_tx");
  bool isParity = what == "try_wait" && decoder.accept("parity");
  if (!decoder.accept("shared"))
    decoder.accept("shared::cta");
  if (!decoder.accept("b64"))
    decoder.unknown("the barrier is not known");
  if (what == "init" || what == "inval") {
    sharedOperand(decoder, 0);
    if (what == "inval")
      return invalidate;
    decoder.operand(Type::b32);
    return init;
  }
  if (what == "arrive") {
    if (decoder.raw().name != "_")
      decoder.unknown("the state of a barrier is not known");
    sharedOperand(decoder, 0);
    decoder.op.count = expects;
    if (expects)
      decoder.operand(Type::b32);
    return arrive;
  }
  if (!isParity)
    decoder.unknown("the instruction is not known");
  const Operand &result = decoder.raw();
  sharedOperand(decoder, 0);
  decoder.operand(Type::b32);
  decoder.place(result, Type::pred);
  decoder.op.kind = Op::Kind::wait;
  return tryWait;
}

// ---- copies ------------------------------------------------------------------------------------

/// at: where to, the map, the barrier, coordinates, innermost first.
void copyBox(Warp &warp, unsigned lane, const Op &op) {
  constexpr unsigned rowBytes = 128, chunk = 16, pattern = 1024;
  uint64_t to = sharedAddress(warp, op, 0, lane), at = warp.lanes<uint64_t>(op.at[1])[lane];
  TensorMap map;
  if (at + sizeof(map) > warp.launch.arguments.size())
    throw Fault(fmt::format("there is no tensor map at {:#x}", at));
  std::memcpy(&map, warp.launch.arguments.data() + at, sizeof(map));
  if (map.mark != TensorMap::known || map.rank != op.count)
    throw Fault(fmt::format("there is no tensor map of {} dimensions at {:#x}", op.count, at));
  if (to % pattern)
    throw Fault(fmt::format("copies to {:#x}, which is no multiple of {}", to, pattern));
  std::array<int64_t, 5> first{};
  unsigned rows = 1;
  for (unsigned d = 0; d < map.rank; ++d) {
    first[d] = warp.lanes<int32_t>(op.at[3 + d])[lane];
    rows *= d ? map.box[d] : 1;
  }
  std::vector<char> data(size_t(rows) * rowBytes);
  ++warp.counters.globalLoads;
  for (unsigned row = 0; row < rows; ++row) {
    uint64_t address = map.address;
    bool isInside = true;
    for (unsigned d = 1, rest = row; d < map.rank; rest /= map.box[d++]) {
      int64_t place = first[d] + rest % map.box[d];
      isInside &= place >= 0 && place < map.sizes[d];
      address += static_cast<uint64_t>(place) * map.strides[d - 1];
    }
    int64_t begin = std::max<int64_t>(first[0], 0), end = std::min<int64_t>(first[0] + map.box[0], map.sizes[0]);
    if (!isInside || begin >= end)
      continue;
    std::array<char, rowBytes> line{};
    uint64_t from = address + static_cast<uint64_t>(begin) * map.elementBytes;
    size_t bytes = static_cast<size_t>(end - begin) * map.elementBytes;
    std::memcpy(line.data() + (begin - first[0]) * map.elementBytes,
                warp.global.access(from, bytes, Access::read, warp.counters), bytes);
    warp.counters.sectorsLoaded += (from % 32 + bytes + 31) / 32;
    for (unsigned c = 0; c < rowBytes / chunk; ++c)
      std::memcpy(data.data() + row * rowBytes + ((c ^ row % 8) * chunk), line.data() + c * chunk, chunk);
  }
  warp.transactions.copy(sharedAddress(warp, op, 2, lane), to, std::move(data));
}

} // namespace

/// cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [to], [map, {x, y}], [barrier]
Handler bulkCopy(Decoder &decoder) {
  constexpr std::string_view ranks[] = {"1d", "2d", "3d", "4d", "5d"};
  if (!decoder.accept("tensor"))
    decoder.unknown("only copies of tensors are known");
  uint8_t rank = 0;
  for (uint8_t i = 0; i < std::size(ranks); ++i)
    if (decoder.accept(ranks[i]))
      rank = i + 1;
  if (!rank || !(decoder.accept("shared::cluster") || decoder.accept("shared::cta")) || !decoder.accept("global") ||
      !decoder.accept("mbarrier::complete_tx::bytes"))
    decoder.unknown("copies of tiles from global to shared memory are known");
  sharedOperand(decoder, 0);
  const Operand &map = decoder.raw();
  if (map.kind != Operand::Kind::address || map.number != 0 || map.of.size() != rank)
    decoder.unknown("a tensor map and a place in it are wanted");
  Operand where;
  where.name = map.name;
  decoder.place(where, Type::b64);
  sharedOperand(decoder, 2);
  for (const Operand &coordinate : map.of)
    decoder.place(coordinate, Type::b32);
  decoder.op.count = rank;
  return [](Warp &warp, const Op &op) { forLanes(warp.mask, [&](unsigned i) { copyBox(warp, i, op); }); };
}

std::span<const Row> asyncCopyRows() {
  static constexpr Row rows[] = {{"mbarrier", mbarrier}};
  return rows;
}

} // namespace treadle::simulator::ptx
