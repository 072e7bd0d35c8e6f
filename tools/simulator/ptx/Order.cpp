//===- Order.cpp - which lanes are behind others ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strongly connected blocks, found as by Tarjan (1972), are loops; they stand in topological order. Within each the
// same again, without the jumps back to where it is entered.
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/Order.h"
#include <algorithm>

namespace treadle::simulator::ptx {
namespace {

class Ordering {
public:
  explicit Ordering(const std::vector<Op> &ops) : ops(ops), isLeader(ops.size()), order(ops.size()) {
    isLeader[0] = true;
    for (size_t i = 0; i + 1 < ops.size(); ++i)
      if (ops[i].kind == Op::Kind::branch || ops[i].kind == Op::Kind::exit) {
        isLeader[i + 1] = true;
        if (ops[i].kind == Op::Kind::branch)
          isLeader[ops[i].target] = true;
      }
    for (uint32_t i = 0; i < ops.size(); ++i) {
      if (isLeader[i])
        blocks.push_back({i, i});
      blocks.back().last = i;
      blockOf.push_back(static_cast<uint32_t>(blocks.size() - 1));
    }
  }

  std::vector<uint32_t> run() {
    std::vector<uint32_t> all(blocks.size());
    for (uint32_t i = 0; i < all.size(); ++i)
      all[i] = i;
    within.assign(blocks.size(), 0);
    arrange(all, 0);
    return order;
  }

private:
  struct Block {
    uint32_t first, last;         // instructions
    uint32_t number = 0, low = 0; // of the search
    bool isOpen = false;
  };

  std::vector<uint32_t> after(const Block &block) const {
    const Op &last = ops[block.last];
    std::vector<uint32_t> next;
    if (last.kind == Op::Kind::branch)
      next.push_back(blockOf[last.target]);
    bool alwaysLeaves = (last.kind == Op::Kind::branch || last.kind == Op::Kind::exit) && !last.guard;
    if (!alwaysLeaves && block.last + 1 < ops.size())
      next.push_back(blockOf[block.last + 1]);
    return next;
  }

  /// `members`, the first of which is where they are entered.
  void arrange(const std::vector<uint32_t> &members, uint32_t entry) {
    uint32_t set = ++sets;
    for (uint32_t block : members) {
      within[block] = set;
      blocks[block].number = 0;
    }
    std::vector<std::vector<uint32_t>> loops; // the last first
    counter = 0;
    search(entry, entry, set, loops);
    for (uint32_t block : members) // those that nothing leads to
      if (!blocks[block].number)
        search(block, entry, set, loops);
    std::reverse(loops.begin(), loops.end());
    for (std::vector<uint32_t> &loop : loops) {
      if (loop.size() == 1) {
        for (uint32_t i = blocks[loop[0]].first; i <= blocks[loop[0]].last; ++i)
          order[i] = next++;
        continue;
      }
      arrange(loop, loop.back()); // where the search came to it first
    }
  }

  void search(uint32_t number, uint32_t entry, uint32_t set, std::vector<std::vector<uint32_t>> &loops) {
    Block &block = blocks[number];
    block.number = block.low = ++counter;
    block.isOpen = true;
    open.push_back(number);
    for (uint32_t following : after(block)) {
      if (within[following] != set || following == entry)
        continue;
      if (!blocks[following].number) {
        search(following, entry, set, loops);
        block.low = std::min(block.low, blocks[following].low);
      } else if (blocks[following].isOpen) {
        block.low = std::min(block.low, blocks[following].number);
      }
    }
    if (block.low != block.number)
      return;
    std::vector<uint32_t> &loop = loops.emplace_back();
    while (block.isOpen) {
      blocks[open.back()].isOpen = false;
      loop.push_back(open.back());
      open.pop_back();
    }
  }

  const std::vector<Op> &ops;
  std::vector<bool> isLeader;
  std::vector<Block> blocks;
  std::vector<uint32_t> blockOf, order, open, within;
  uint32_t next = 0, counter = 0, sets = 0;
};

} // namespace

std::vector<uint32_t> orderOf(const std::vector<Op> &ops) { return Ordering(ops).run(); }

} // namespace treadle::simulator::ptx
