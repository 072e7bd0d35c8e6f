//===- SharedObject.h - machine code that the system's loader can be given ------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CPU_RUN_SHAREDOBJECT_H
#define TREADLE_TARGETS_CPU_RUN_SHAREDOBJECT_H

#include <cstddef>

namespace treadle::cpu {

/// Whether the bytes are a whole shared object: the loader trusts what it is given, and would crash.
/// Null, or what is wrong with them ("has a segment that ends beyond it").
const char *faultOfSharedObject(const char *data, size_t bytes);

} // namespace treadle::cpu

#endif // TREADLE_TARGETS_CPU_RUN_SHAREDOBJECT_H
