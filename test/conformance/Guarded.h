//===- Guarded.h - memory that tells on who leaves it -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blocks of whole pages between pages that may not be touched. Data ends right where a block ends, or
// begins where it begins: a kernel that reads or writes one byte too far stops the test there and then.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CONFORMANCE_GUARDED_H
#define TREADLE_TEST_CONFORMANCE_GUARDED_H

#include "runtime/treadle.h"
#include <cstddef>

namespace treadle::test {

enum class Edge { begin, end };

/// `bytes` at one edge of a block of their own, filled with 0xff (NaN as floats).
class Guarded {
public:
  Guarded(size_t bytes, Edge edge, size_t alignment = 1);
  ~Guarded();
  Guarded(Guarded &&other) noexcept;
  Guarded(const Guarded &) = delete;
  Guarded &operator=(const Guarded &) = delete;

  char *data() const { return start; }
  size_t size() const { return bytes; }

private:
  char *block = nullptr, *start = nullptr;
  size_t blockBytes = 0, bytes = 0;
};

/// An allocator for the runtime whose every block is guarded, data at its end.
const treadle_allocator &guardedAllocator();

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_GUARDED_H
