//===- Guarded.cpp - memory that tells on who leaves it -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/conformance/Guarded.h"
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace treadle::test {

Guarded::Guarded(size_t bytes, Edge edge, size_t alignment) : bytes(bytes) {
  size_t page = sysconf(_SC_PAGESIZE), inner = (bytes + page - 1) / page * page;
  blockBytes = inner + 2 * page;
  block = static_cast<char *>(mmap(nullptr, blockBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (block == MAP_FAILED) {
    block = nullptr;
    return;
  }
  if (inner)
    mprotect(block + page, inner, PROT_READ | PROT_WRITE);
  size_t slack = (inner - bytes) / alignment * alignment;
  start = block + page + (edge == Edge::end ? slack : 0);
  std::memset(block + page, 0xff, inner);
}

Guarded::~Guarded() {
  if (block)
    munmap(block, blockBytes);
}

Guarded::Guarded(Guarded &&other) noexcept
    : block(std::exchange(other.block, nullptr)), start(other.start), blockBytes(other.blockBytes), bytes(other.bytes) {
}

const treadle_allocator &guardedAllocator() {
  struct Blocks {
    std::mutex lock;
    std::map<void *, std::unique_ptr<Guarded>> all;
  };
  static Blocks blocks;
  static const treadle_allocator allocator = {&blocks,
                                              [](void *user, size_t bytes, size_t alignment) -> void * {
                                                auto *blocks = static_cast<Blocks *>(user);
                                                auto block = std::make_unique<Guarded>(bytes, Edge::end, alignment);
                                                void *data = block->data();
                                                std::lock_guard<std::mutex> guard(blocks->lock);
                                                if (data)
                                                  blocks->all[data] = std::move(block);
                                                return data;
                                              },
                                              [](void *user, void *data, size_t) {
                                                auto *blocks = static_cast<Blocks *>(user);
                                                std::lock_guard<std::mutex> guard(blocks->lock);
                                                blocks->all.erase(data);
                                              }};
  return allocator;
}

} // namespace treadle::test
