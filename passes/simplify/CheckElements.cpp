//===- CheckElements.cpp - element types that kernels do not have -----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/simplify/Passes.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_CHECKELEMENTS
#include "passes/simplify/Passes.h.inc"

namespace {

/// How people call an element type that kernels do not have; empty if they have it.
std::string nameOfUnsupported(Type type) {
  Type element = getElementTypeOrSelf(type);
  auto integer = dyn_cast<IntegerType>(element);
  bool isNarrow = integer ? integer.getWidth() > 1 && integer.getWidth() < 8
                          : isa<FloatType>(element) && element.getIntOrFloatBitWidth() < 16;
  std::optional<DType> dtype = isNarrow ? dtypeOf(element) : std::nullopt;
  return dtype ? std::string(spelling(*dtype)) : "";
}

struct CheckElements : impl::CheckElementsBase<CheckElements> {
  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      if (!isa<GraphOpInterface>(op) || op->hasTrait<OpTrait::ConstantLike>())
        return;
      SmallVector<Type> types(op->getOperandTypes());
      llvm::append_range(types, op->getResultTypes());
      for (Type type : types)
        if (std::string name = nameOfUnsupported(type); !name.empty()) {
          op->emitError() << "computes with elements of type " << name
                          << ", which is supported for constants only; use 8-bit "
                          << "integers or 16-bit floats for inputs, outputs and what is between them";
          signalPassFailure();
          return;
        }
    });
  }
};

} // namespace
} // namespace treadle
