//===- Control.cpp - branches, barriers, and what lanes tell one another ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/Decode.h"
#include <fmt/format.h>

namespace treadle::simulator::ptx {
namespace {

void nothing(Warp &, const Op &) {}

Handler bra(Decoder &decoder) {
  decoder.accept("uni");
  const std::string &name = decoder.raw().name;
  auto label = decoder.code.entry.labels.find(name);
  if (label == decoder.code.entry.labels.end())
    decoder.unknown(fmt::format("there is no label {}", name));
  decoder.op.kind = Op::Kind::branch;
  decoder.op.target = static_cast<uint32_t>(label->second);
  return nullptr;
}

Handler ret(Decoder &decoder) {
  decoder.accept("uni");
  decoder.op.kind = Op::Kind::exit;
  return nullptr;
}

Handler trap(Decoder &) {
  return [](Warp &, const Op &) { throw Fault("the kernel ends itself"); };
}

/// Barrier 0, all threads.
Handler bar(Decoder &decoder) {
  if (decoder.accept("warp")) {
    decoder.accept("sync");
    decoder.operand(Type::b32);
    decoder.op.isConvergent = true;
    return [](Warp &warp, const Op &op) {
      forLanes(warp.mask, [&](unsigned i) {
        if (warp.lanes<uint32_t>(op.at[0])[i] != warp.mask)
          throw Fault(fmt::format("lane {} waits for others than those that come", i));
      });
      warp.shared.subgroupBarrier(warp.first);
    };
  }
  decoder.accept("cta");
  if (!decoder.accept("sync"))
    decoder.unknown("the barrier is not known");
  decoder.accept("aligned");
  if (decoder.number() != 0)
    decoder.unknown("only barrier 0 is known");
  decoder.op.kind = Op::Kind::barrier;
  decoder.op.isConvergent = true;
  return nullptr;
}

/// How many registers there are is not simulated.
Handler registers(Decoder &decoder) {
  if ((!decoder.accept("inc") && !decoder.accept("dec")) || !decoder.accept("sync") || !decoder.accept("aligned") ||
      decoder.type() != Type::u32)
    decoder.unknown("the instruction is not known");
  uint64_t count = decoder.number();
  if (count < 24 || count > 256 || count % 8 != 0)
    decoder.unknown("registers come in eights, 24 to 256 of them");
  decoder.op.isConvergent = true;
  return nothing;
}

/// One subgroup runs after another, and each sees all that was stored before.
Handler fence(Decoder &decoder) {
  while (!decoder.peek().empty())
    decoder.take();
  return nothing;
}

/// What another lane holds. `c`: the last lane, and in its second byte which bits of a lane's number stay.
Handler shfl(Decoder &decoder) {
  decoder.accept("sync");
  constexpr std::string_view modes[] = {"up", "down", "bfly", "idx"};
  decoder.op.number = -1;
  for (unsigned i = 0; i < std::size(modes); ++i)
    if (decoder.accept(modes[i]))
      decoder.op.number = i;
  if (decoder.op.number < 0 || decoder.type() != Type::b32)
    decoder.unknown("this exchange is not known");
  Op &op = decoder.op;
  bool tells = decoder.instruction->operands[0].kind == Operand::Kind::list;
  if (tells) { // value and predicate
    decoder.list({32, 1});
  } else {
    decoder.operand(Type::b32);
    op.at[1] = op.at[0];
  }
  decoder.operands(Type::b32, 4);
  op.isConvergent = true;
  op.count = tells;
  return [](Warp &warp, const Op &op) {
    std::array<uint32_t, warpThreads> before;
    std::copy_n(warp.lanes<uint32_t>(op.at[2]), warpThreads, before.begin());
    uint32_t valid = 0;
    forLanes(warp.mask, [&](unsigned i) {
      unsigned b = warp.lanes<uint32_t>(op.at[3])[i] & 31, c = warp.lanes<uint32_t>(op.at[4])[i];
      uint32_t members = warp.lanes<uint32_t>(op.at[5])[i];
      unsigned keeps = c >> 8 & 31, last = (i & keeps) | (c & 31 & ~keeps), first = i & keeps, from = i;
      bool isValid = false;
      switch (op.number) {
      case 0:
        from = i - b;
        isValid = static_cast<int>(from) >= static_cast<int>(last);
        break;
      case 1:
        from = i + b;
        isValid = from <= last;
        break;
      case 2:
        from = i ^ b;
        isValid = from <= last;
        break;
      default:
        from = first | (b & ~keeps);
        isValid = from <= last;
      }
      if (!isValid)
        from = i;
      if (!(members >> i & 1) || !(members >> from & 1) || !(warp.mask >> from & 1))
        throw Fault(fmt::format("lane {} asks lane {}, which does not take part", i, from));
      warp.lanes<uint32_t>(op.at[0])[i] = before[from];
      valid |= static_cast<uint32_t>(isValid) << i;
    });
    if (op.count) {
      uint32_t &p = warp.bitsOf(op.at[1]);
      p = (p & ~warp.mask) | (valid & warp.mask);
    }
  };
}

Handler vote(Decoder &decoder) {
  decoder.accept("sync");
  bool isBallot = decoder.accept("ballot");
  decoder.op.number = isBallot ? 0 : decoder.accept("all") ? 1 : decoder.accept("any") ? 2 : 3;
  if (decoder.op.number == 3)
    decoder.unknown("this vote is not known");
  Type type = decoder.type();
  decoder.operand(type);
  decoder.operand(Type::pred);
  decoder.operand(Type::b32);
  decoder.op.isConvergent = true;
  return [](Warp &warp, const Op &op) {
    uint32_t yes = warp.bitsOf(op.at[1]) & warp.mask;
    if (op.number == 0)
      return forLanes(warp.mask, [&](unsigned i) { warp.lanes<uint32_t>(op.at[0])[i] = yes; });
    bool result = op.number == 1 ? yes == warp.mask : yes != 0;
    uint32_t &p = warp.bitsOf(op.at[0]);
    p = result ? p | warp.mask : p & ~warp.mask;
  };
}

} // namespace

std::span<const Row> controlRows() {
  static constexpr Row rows[] = {{"bra", bra},
                                 {"ret", ret},
                                 {"exit", ret},
                                 {"trap", trap},
                                 {"bar", bar},
                                 {"barrier", bar},
                                 {"membar", fence},
                                 {"fence", fence},
                                 {"shfl", shfl},
                                 {"vote", vote},
                                 {"setmaxnreg", registers}};
  return rows;
}

} // namespace treadle::simulator::ptx
