//===- Steps.cpp - what steps may do ---------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/program/Program.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::program {

LogicalResult RequireOp::verify() {
  if (getLhs().getDims().size() != getRhs().getDims().size())
    return emitOpError() << "compares " << getLhs().getDims().size() << " sizes with " << getRhs().getDims().size();
  return success();
}

LogicalResult DispatchOp::verify() {
  if (getValues().size() != getWrites().size() ||
      !llvm::all_of(getValues(), [](Attribute value) { return isa<DictionaryAttr>(value); }))
    return emitOpError() << "must have a dictionary in values for each of the " << getWrites().size()
                         << " buffers that it writes";
  if (getFlops().getDims().size() != 1 || getTraffic().getDims().size() != 1)
    return emitOpError("must have one number of flops and one of traffic");
  for (Value buffer : getWrites()) {
    while (auto view = buffer.getDefiningOp<ViewOp>())
      buffer = view.getSource();
    if (isa_and_present<InputOp, ConstantOp>(buffer.getDefiningOp()))
      return emitOpError() << "writes " << buffer.getDefiningOp()->getName() << ", which is only read";
  }
  return success();
}

/// Each executable has the kernel; while it is a graph, its operands and results are the buffers' tensors.
LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto tensorOf = [](Value buffer) { return Type(cast<BufferType>(buffer.getType()).getTensor()); };
  for (auto executable : (*this)->getParentOfType<ModuleOp>().getOps<ExecutableOp>()) {
    auto holder = symbols.lookupSymbolIn<ModuleOp>(executable, getKernelAttr().getAttr());
    if (!holder)
      return emitOpError() << "runs " << getKernelAttr() << ", which " << executable.getSymName() << " lacks";
    auto kernel = symbols.lookupSymbolIn<FunctionOpInterface>(holder, getKernelAttr().getAttr());
    if (!kernel || !llvm::all_of(kernel.getResultTypes(), llvm::IsaPred<RankedTensorType>) ||
        kernel.getNumResults() == 0)
      continue;
    if (!mayBeEqual(kernel.getArgumentTypes(), llvm::map_to_vector(getReads(), tensorOf)) ||
        !mayBeEqual(kernel.getResultTypes(), llvm::map_to_vector(getWrites(), tensorOf)))
      return emitOpError() << "runs " << getKernelAttr() << " on other buffers than it computes with";
    auto arguments = kernel->getAttrOfType<ArrayAttr>("treadle.symbols");
    if (arguments && arguments.size() != getSizes().getDims().size())
      return emitOpError() << "gives " << getKernelAttr() << " " << getSizes().getDims().size() << " sizes, it takes "
                           << arguments.size();
  }
  return success();
}

LogicalResult CopyOp::verify() {
  DimExpr from = byteCount(getFrom().getType().getTensor()), to = byteCount(getTo().getType().getTensor());
  if ((from - to).constantValue().value_or(0) != 0)
    return emitOpError() << "copies " << from << " bytes to a buffer of " << to;
  return success();
}

} // namespace treadle::program
