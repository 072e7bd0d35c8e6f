//===- Warp.cpp - 32 threads that run PTX ----------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/Warp.h"
#include <algorithm>
#include <fmt/format.h>

namespace treadle::simulator::ptx {
namespace {

/// What special register `name` holds in thread `thread` of a workgroup.
uint32_t special(const std::string &name, const Launch &launch, const Dim3 &workgroup, uint32_t thread) {
  const Dim3 &block = launch.block;
  Dim3 place = {thread % block[0], thread / block[0] % block[1], thread / block[0] / block[1]};
  unsigned axis = name.size() > 2 && name[name.size() - 2] == '.' ? name.back() - 'x' : 3;
  std::string root = axis < 3 ? name.substr(0, name.size() - 2) : name;
  if (axis < 3 && root == "%tid")
    return place[axis];
  if (axis < 3 && root == "%ntid")
    return block[axis];
  if (axis < 3 && root == "%ctaid")
    return workgroup[axis];
  if (axis < 3 && root == "%nctaid")
    return launch.grid[axis];
  if (root == "%laneid")
    return thread % warpThreads;
  if (root == "%warpid")
    return thread / warpThreads;
  throw Fault(fmt::format("the register {} is not known", name));
}

} // namespace

std::unique_ptr<Subgroup> Code::start(const Launch &launch, const Dim3 &workgroup, uint32_t first, GlobalMemory &global,
                                      WorkgroupMemory &memory) {
  return std::make_unique<Warp>(*this, launch, workgroup, first, global, memory);
}

Warp::Warp(Code &code, const Launch &launch, const Dim3 &workgroup, uint32_t first, GlobalMemory &global,
           WorkgroupMemory &memory)
    : first(first), launch(launch), global(global), shared(memory.shared), transactions(memory.transactions),
      counters(code.counters), local(code.entry.localBytes * warpThreads), code(code) {
  if (code.idle.empty()) {
    file = std::make_unique<Code::File>(code.initial);
  } else {
    file = std::move(code.idle.back());
    code.idle.pop_back();
  }
  uint32_t count = std::min(launch.threads() - first, warpThreads);
  present = count == warpThreads ? allLanes : (UINT32_C(1) << count) - 1;
  for (const Code::Special &wanted : code.specials)
    for (uint32_t i = 0; i < count; ++i)
      lanes<uint32_t>(wanted.place)[i] = special(wanted.name, launch, workgroup, first + i);
  groups.push_back({0, present, false});
}

Warp::~Warp() { code.idle.push_back(std::move(file)); }

/// Makes the group that is furthest behind the current one. False: all wait.
bool Warp::choose() {
  // Groups that stand at the same instruction are one.
  for (size_t i = 0; i < groups.size(); ++i)
    for (size_t j = groups.size() - 1; j > i; --j)
      if (groups[i].pc == groups[j].pc) {
        groups[i].mask |= groups[j].mask;
        groups[i].waits &= groups[j].waits;
        groups.erase(groups.begin() + j);
      }
  current = groups.size();
  nextOrder = UINT32_MAX;
  auto orderOf = [&](size_t i) { return code.order[groups[i].pc]; };
  for (size_t i = 0; i < groups.size(); ++i)
    if (!groups[i].waits && (current == groups.size() || orderOf(i) < orderOf(current)))
      current = i;
  for (size_t i = 0; i < groups.size(); ++i)
    if (i != current && current < groups.size() && orderOf(i) > orderOf(current))
      nextOrder = std::min(nextOrder, orderOf(i));
  return current != groups.size();
}

Subgroup::State Warp::run() {
  while (!groups.empty()) {
    if (!choose())
      throw Fault(fmt::format("{} lanes wait at \"{}\", which the others do not reach", std::popcount(groups[0].mask),
                              code.ops[groups[0].pc].source->text));
    const Op &at = code.ops[groups[current].pc];
    if (at.isConvergent && groups[current].mask != present) {
      groups[current].waits = true;
      continue;
    }
    if (at.kind == Op::Kind::barrier) {
      ++counters.instructions;
      ++groups[current].pc;
      return State::atBarrier;
    }
    try {
      step();
    } catch (const Fault &fault) {
      uint32_t pc = current < groups.size() ? groups[current].pc : 0;
      throw Fault(fmt::format("warp {}, \"{}\": {}", first / warpThreads, code.ops[pc].source->text, fault.what()));
    }
    if (waits) {
      waits = false;
      return State::waits;
    }
  }
  return State::ended;
}

/// Runs the current group to where another must be chosen.
void Warp::step() {
  Group &group = groups[current];
  while (true) {
    const Op &op = code.ops[group.pc];
    if (op.isConvergent && (group.mask != present || op.kind == Op::Kind::barrier))
      return;
    mask = group.mask;
    if (op.guard)
      mask &= op.isGuardNegated ? ~bitsOf(op.guard) : bitsOf(op.guard);
    ++counters.instructions;
    counters.divergent += mask != present;
    switch (op.kind) {
    case Op::Kind::plain:
      if (mask)
        op.run(*this, op);
      ++group.pc;
      break;
    case Op::Kind::wait:
      if (mask)
        op.run(*this, op);
      ++group.pc;
      if (waits)
        return;
      break;
    case Op::Kind::branch:
      if (mask == group.mask) {
        group.pc = op.target;
        if (groups.size() > 1)
          return;
        break;
      }
      ++group.pc;
      if (mask) {
        group.mask &= ~mask;
        groups.push_back({op.target, mask, false}); // ends `group`'s life
        return;
      }
      break;
    case Op::Kind::exit:
      present &= ~mask;
      group.mask &= ~mask;
      ++group.pc;
      for (Group &other : groups) // some may have waited for those that have ended
        other.waits = false;
      if (!group.mask) {
        groups.erase(groups.begin() + current);
        return;
      }
      break;
    case Op::Kind::barrier:
      break;
    }
    if (code.order[group.pc] >= nextOrder)
      return;
  }
}

} // namespace treadle::simulator::ptx
