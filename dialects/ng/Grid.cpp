//===- Grid.cpp - the meaning of grids of features --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/Ng.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::ng {
namespace {

/// The integer below a position as a coordinate of 32 bits that wraps around; any number for what is none.
uint32_t cellOf(float position) {
  return position >= -0x1p31f && position < 0x1p31f ? static_cast<uint32_t>(static_cast<int32_t>(position)) : 0;
}

std::string describeProblem(const GridLevel &level) {
  if (!std::isfinite(level.scale) || level.scale < 0)
    return "a scale that is no number of 0 or more";
  if (level.resolution < 1)
    return "no resolution of 1 or more";
  if (level.entries < 1 || level.entries > INT32_MAX || level.offset < 0 || level.offset > INT32_MAX)
    return "an offset or a number of entries that is out of range";
  return "";
}

/// A table of bytes has them, one a column; other tables have none.
LogicalResult verifyScales(GridEncodingOp op) {
  auto table = cast<RankedTensorType>(op.getTable().getType());
  if (table.getElementType().isInteger() != op.getScales().has_value())
    return op.emitOpError() << (op.getScales() ? "has scales, and a table that is not of bytes"
                                               : "has a table of bytes without scales");
  if (!op.getScales())
    return success();
  int64_t columns = static_cast<int64_t>(op.getLevels().size()) * table.getDimSize(1);
  if (static_cast<int64_t>(op.getScales()->size()) != columns)
    return op.emitOpError() << "has " << op.getScales()->size() << " scales, it makes " << columns << " columns";
  for (auto [column, scale] : llvm::enumerate(*op.getScales()))
    if (!std::isfinite(scale) || scale <= 0)
      return op.emitOpError() << "scale " << column << " is no positive number";
  return success();
}

} // namespace

LogicalResult GridEncodingOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                               SmallVectorImpl<Type> &types) {
  if (rankOf(adaptor.getTable()) != 2)
    return emitOptionalError(loc, "the table must be [entries, features]");
  DimExpr columns = dimOf(adaptor.getTable().getType(), 1) * static_cast<int64_t>(adaptor.getLevels().size());
  Type element = elementOf(adaptor.getTable());
  if (isa<IntegerType>(element))
    element = Float32Type::get(context);
  types.push_back(tensorOf({dimOf(adaptor.getInput().getType(), 0), columns}, element));
  return success();
}

LogicalResult GridEncodingOp::verify() {
  std::optional<int64_t> dims = dimOf(getInput().getType(), 1).constantValue();
  if (!dims || *dims < minGridDims || *dims > maxGridDims)
    return emitOpError() << "takes positions of " << minGridDims << " to " << maxGridDims << " dimensions, not of "
                         << dimOf(getInput().getType(), 1);
  auto table = cast<RankedTensorType>(getTable().getType());
  if (!table.hasStaticShape())
    return emitOpError("needs a table of known size");
  if (getLevels().empty() || static_cast<int64_t>(getLevels().size()) > maxGridLevels)
    return emitOpError() << "has " << getLevels().size() << " levels, it can have 1 to " << maxGridLevels;
  for (auto [number, attr] : llvm::enumerate(getLevels().getAsRange<LevelAttr>())) {
    if (!attr.getScale().getType().isF32() || attr.getResolution() < 0 || attr.getResolution() > UINT32_MAX)
      return emitOpError() << "level " << number << " has a scale that is not f32, or a resolution out of range";
    GridLevel level = levelOf(attr);
    if (std::string problem = describeProblem(level); !problem.empty())
      return emitOpError() << "level " << number << " has " << problem;
    if (level.offset + level.entries > table.getDimSize(0))
      return emitOpError() << "level " << number << " ends at entry " << level.offset + level.entries
                           << ", the table has " << table.getDimSize(0);
  }
  return verifyScales(*this);
}

LogicalResult GridEncodingOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  std::vector<float> positions = operands[0].read<float>(), table = operands[1].read<float>();
  int64_t dims = operands[0].shape()[1], features = operands[1].shape()[1], to = 0;
  float shift = getAlignCorners() ? 0 : 0.5f;
  auto levels = llvm::map_to_vector(getLevels().getAsRange<LevelAttr>(), levelOf);
  for (int64_t sample = 0; sample < operands[0].shape()[0]; ++sample)
    for (auto [number, level] : llvm::enumerate(levels)) {
      uint32_t cell[maxGridDims], vertex[maxGridDims];
      float inside[maxGridDims];
      for (int64_t d = 0; d < dims; ++d) {
        float position = std::fma(level.scale, positions[sample * dims + d], shift), below = std::floor(position);
        cell[d] = cellOf(below);
        float w = position - below;
        inside[d] = getInterpolation() == Interpolation::smoothstep ? w * w * (3 - 2 * w) : w;
      }
      bool isNearest = getInterpolation() == Interpolation::nearest;
      SmallVector<float> sums(features, 0);
      for (int64_t corner = 0; corner < (isNearest ? 1 : 1 << dims); ++corner) {
        float weight = 1;
        for (int64_t d = 0; d < dims; ++d) {
          bool isUpper = corner >> d & 1;
          vertex[d] = cell[d] + isUpper;
          if (!isNearest)
            weight *= isUpper ? inside[d] : 1 - inside[d];
        }
        const float *entry = table.data() + entryOf(level, ArrayRef(vertex, dims)) * features;
        for (int64_t f = 0; f < features; ++f)
          sums[f] = std::fma(weight, entry[f], sums[f]);
      }
      for (auto [feature, sum] : llvm::enumerate(sums))
        results[0].set<float>(to++, sum * scaleOf(static_cast<int64_t>(number) * features + feature));
    }
  return success();
}

/// Of each dimension a position and two products for the index, of each vertex an index, a weight and sums.
DimExpr GridEncodingOp::countFlops() {
  int64_t dims = dimOf(getInput().getType(), 1).constantValue().value_or(0);
  int64_t features = dimOf(getTable().getType(), 1).constantValue().value_or(0);
  int64_t vertices = getInterpolation() == Interpolation::nearest ? 1 : int64_t(1) << dims;
  int64_t each = 8 * dims + vertices * (2 * dims + 2 + 2 * features) + (getScales() ? features : 0);
  return dimOf(getInput().getType(), 0) * (each * static_cast<int64_t>(getLevels().size()));
}

} // namespace treadle::ng

using namespace treadle::ng;
#define GET_OP_CLASSES
#include "dialects/ng/Grid.cpp.inc"
