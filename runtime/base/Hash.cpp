//===- Hash.cpp - XXH3, 64 bits -------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Hash.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace treadle {

uint64_t hashBytes(const void *data, size_t bytes) { return XXH3_64bits(data, bytes); }

} // namespace treadle
