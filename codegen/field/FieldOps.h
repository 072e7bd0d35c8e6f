//===- FieldOps.h - what the family field computes -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_FIELDOPS_H
#define TREADLE_CODEGEN_FIELD_FIELDOPS_H

#include "dialects/ng/Ng.h"

namespace treadle {

/// Whether a kernel of the family can have the op, of the ng dialect, with all that is in its region.
bool isFieldOp(mlir::Operation *op);

/// Whether row i of the op's result, [rows, ..] with few elements a row, is made of row i of its operands and of
/// operands that have no rows: such ops can be done around an op of a field, on the same row.
bool isRowwise(mlir::Operation *op, graph::DimExpr rows);

/// The op of a kernel's body that follows rays, if there is one and nothing of the family before it; else null.
mlir::Operation *queuedRays(mlir::Block &body);

/// An operand that is read at places which the op finds: a table, weights, bits. It must be in memory.
bool isFieldMemory(mlir::OpOperand &operand);

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_FIELDOPS_H
