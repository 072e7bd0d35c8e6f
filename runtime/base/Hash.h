//===- Hash.h - XXH3, 64 bits ---------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_BASE_HASH_H
#define TREADLE_RUNTIME_BASE_HASH_H

#include <cstddef>
#include <cstdint>

namespace treadle {

/// XXH3_64bits of the bytes (xxhash: the fastest of the well-kept ones, and header-only).
uint64_t hashBytes(const void *data, size_t bytes);

} // namespace treadle

#endif // TREADLE_RUNTIME_BASE_HASH_H
