//===- Memory.h - memory from an app's allocator or the heap ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_BASE_MEMORY_H
#define TREADLE_RUNTIME_BASE_MEMORY_H

#include "runtime/treadle.h"

namespace treadle {

/// One block, 64-byte aligned.
class Memory {
public:
  explicit Memory(const treadle_allocator *allocator) : allocator(allocator ? *allocator : treadle_allocator{}) {}
  ~Memory() { release(); }
  Memory(Memory &&other) noexcept;
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;

  /// At least `bytes`; what was there before is lost. False if there is no memory.
  bool resize(size_t bytes);
  void release();
  char *data() const { return start; }
  size_t size() const { return bytes; }

private:
  treadle_allocator allocator;
  char *start = nullptr;
  size_t bytes = 0;
};

} // namespace treadle

#endif // TREADLE_RUNTIME_BASE_MEMORY_H
