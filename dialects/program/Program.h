//===- Program.h - the program dialect --------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_PROGRAM_PROGRAM_H
#define TREADLE_DIALECTS_PROGRAM_PROGRAM_H

#include "dialects/graph/Graph.h"
#include "mlir/IR/SymbolTable.h"

#include "dialects/program/Dialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/program/Types.h.inc"

#include "dialects/program/Families.h.inc"

#endif // TREADLE_DIALECTS_PROGRAM_PROGRAM_H
