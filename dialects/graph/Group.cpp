//===- Group.cpp - ops that become one kernel -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace treadle::graph {

void YieldOp::build(OpBuilder &, OperationState &) {}

LogicalResult GroupOp::verify() {
  Block &block = getBody().front();
  if (block.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("operands and the body's arguments must have the same types");
  if (block.getTerminator()->getOperandTypes() != getOutputs().getTypes())
    return emitOpError("results and what the body yields must have the same types");
  return success();
}

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Group.cpp.inc"
