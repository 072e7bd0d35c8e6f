//===- Expressions.h - integers that depend on shapes ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_EXEC_EXPRESSIONS_H
#define TREADLE_RUNTIME_EXEC_EXPRESSIONS_H

#include "runtime/base/Status.h"
#include "runtime/format/program_generated.h"
#include <cstdint>
#include <vector>

namespace treadle {

using ExprPool = flatbuffers::Vector<const format::ExprNode *>;

/// Values of all nodes of a pool that the loader has checked. Fails on an overflow and on a division by
/// what is not positive.
Status evaluate(const ExprPool *pool, const int64_t *symbols, const int64_t *arguments, std::vector<int64_t> &values);

} // namespace treadle

#endif // TREADLE_RUNTIME_EXEC_EXPRESSIONS_H
