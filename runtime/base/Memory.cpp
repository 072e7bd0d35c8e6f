//===- Memory.cpp - memory from an app's allocator or the heap -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Memory.h"
#include <cstdlib>

namespace treadle {

Memory::Memory(Memory &&other) noexcept : allocator(other.allocator), start(other.start), bytes(other.bytes) {
  other.start = nullptr;
  other.bytes = 0;
}

bool Memory::resize(size_t wanted) {
  if (__builtin_add_overflow(wanted, 63, &wanted))
    return false;
  wanted = wanted / 64 * 64;
  if (wanted <= bytes && wanted * 2 >= bytes && start)
    return true;
  release();
  if (wanted == 0)
    wanted = 64;
  start = static_cast<char *>(allocator.allocate ? allocator.allocate(allocator.user, wanted, 64)
                                                 : std::aligned_alloc(64, wanted));
  bytes = start ? wanted : 0;
  return start;
}

void Memory::release() {
  if (start)
    allocator.release ? allocator.release(allocator.user, start, bytes) : std::free(start);
  start = nullptr;
  bytes = 0;
}

} // namespace treadle
