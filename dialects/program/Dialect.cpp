//===- Dialect.cpp - registration of the program dialect --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/program/Program.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace treadle::graph;

#include "dialects/program/Dialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/program/Types.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/program/Buffers.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/program/Steps.cpp.inc"

namespace treadle::program {

void ProgramDialect::initialize() {
#include "dialects/program/Families.add.inc"
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/program/Types.cpp.inc"
      >();
}

} // namespace treadle::program
