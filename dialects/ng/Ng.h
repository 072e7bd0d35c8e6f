//===- Ng.h - the neural graphics dialect -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_NG_H
#define TREADLE_DIALECTS_NG_NG_H

#include "dialects/graph/Graph.h"
#include "dialects/ng/GridLevels.h"

#include "dialects/ng/Dialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/ng/Attributes.h.inc"

#include "dialects/ng/Interfaces.h.inc"

#include "dialects/ng/Families.h.inc"

namespace treadle::ng {

/// A level as an attribute, and back.
LevelAttr toAttr(mlir::MLIRContext *context, const GridLevel &level);
GridLevel levelOf(LevelAttr attr);

} // namespace treadle::ng

#endif // TREADLE_DIALECTS_NG_NG_H
