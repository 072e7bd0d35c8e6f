//===- Dialect.cpp - registration of the neural graphics dialect ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/Ng.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "dialects/ng/Dialect.cpp.inc"
#include "dialects/ng/Enums.cpp.inc"
#include "dialects/ng/Interfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/ng/Attributes.cpp.inc"

namespace treadle::ng {
namespace {

struct NgInliner : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final { return true; }
};

} // namespace

void NgDialect::initialize() {
#include "dialects/ng/Families.add.inc"
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/ng/Attributes.cpp.inc"
      >();
  addInterfaces<NgInliner>();
}

LevelAttr toAttr(MLIRContext *context, const GridLevel &level) {
  auto scale = FloatAttr::get(Float32Type::get(context), APFloat(level.scale));
  return LevelAttr::get(context, scale, level.resolution, level.offset, level.entries, level.index);
}

GridLevel levelOf(LevelAttr attr) {
  return {attr.getScale().getValue().convertToFloat(), static_cast<uint32_t>(attr.getResolution()), attr.getOffset(),
          attr.getEntries(), attr.getIndex()};
}

} // namespace treadle::ng
