//===- SortKey.h - elements as numbers that sort like them --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SORTKEY_H
#define TREADLE_CODEGEN_SORTKEY_H

#include "codegen/elements/Elements.h"

namespace treadle {

/// For each element of a type an unsigned number of 32 or 64 bits: as numbers they are in the order of
/// dialects/graph/Sort.td, ascending, or with `largest` descending. Equal elements have equal keys.
struct SortKey {
  SortKey(mlir::Type elementType, bool largest);

  mlir::Type type;         // of a key
  int64_t significantBits; // the others are 0
  /// The keys of elements as they are computed with; a scalar or a vector.
  mlir::Value of(mlir::ImplicitLocOpBuilder &b, mlir::Value elements) const;

private:
  mlir::Type elementType;
  bool largest;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_SORTKEY_H
