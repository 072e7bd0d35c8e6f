//===- Memory.cpp - where kernels read and write ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/compile/Memory.h"

using namespace mlir;

namespace treadle::vulkan {

Value constant(OpBuilder &b, Location loc, Type type, int64_t value) {
  return spirv::ConstantOp::create(b, loc, type, IntegerAttr::get(type, value));
}

Value pointerTo(OpBuilder &b, Location loc, Type element, Value address) {
  auto pointer = spirv::PointerType::get(element, spirv::StorageClass::PhysicalStorageBuffer);
  return spirv::ConvertUToPtrOp::create(b, loc, pointer, address);
}

Value addressOf(OpBuilder &b, Location loc, MemRefType type, Value memory, Value index) {
  Type word = memory.getType();
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  Value offset = spirv::UConvertOp::create(b, loc, word, index);
  if (bytes != 1)
    offset = spirv::IMulOp::create(b, loc, offset, constant(b, loc, word, bytes));
  return spirv::IAddOp::create(b, loc, memory, offset);
}

Access accessAt(OpBuilder &b, Location loc, Type element, Value address) {
  auto vector = dyn_cast<VectorType>(element);
  int64_t bits = getElementTypeOrSelf(element).getIntOrFloatBitWidth() * (vector ? vector.getNumElements() : 1);
  return {pointerTo(b, loc, element, address),
          spirv::MemoryAccessAttr::get(b.getContext(), spirv::MemoryAccess::Aligned),
          b.getI32IntegerAttr(static_cast<int32_t>(bits / 8))};
}

Access accessTo(OpBuilder &b, Location loc, MemRefType type, Type element, Value memory, Value index) {
  if (!isShared(type))
    return accessAt(b, loc, element, addressOf(b, loc, type, memory, index));
  auto pointer = spirv::PointerType::get(element, spirv::StorageClass::Workgroup);
  return {spirv::AccessChainOp::create(b, loc, pointer, memory, index), {}, {}};
}

} // namespace treadle::vulkan
