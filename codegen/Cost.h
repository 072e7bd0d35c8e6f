//===- Cost.h - what ways of computing an op would take ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For passes that choose how something is stored before any kernel is written. Costs are in multiply-adds
// that would take as long, so that they hold for machines of any width.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_COST_H
#define TREADLE_CODEGEN_COST_H

#include "codegen/Target.h"
#include "dialects/graph/Graph.h"

namespace treadle {

/// The output tile with which Winograd's algorithm computes `conv` fastest (dialects/graph/Winograd.h), or
/// 0 where the sum over taps is as fast or the only way. The channels are last, the filter a constant.
int64_t winogradTile(graph::ConvOp conv);

/// How many elements of that type a workgroup sorts in its shared memory, a power of 2.
int64_t sortBlock(mlir::Type elementType, const Target &target);

} // namespace treadle

#endif // TREADLE_CODEGEN_COST_H
