//===- Camera.cpp - the meaning of rays through pixels ------------------------===//
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

LogicalResult CameraRaysOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                             SmallVectorImpl<Type> &types) {
  ArrayRef<Attribute> size = adaptor.getSize().getDims();
  if (size.size() != 2)
    return emitOptionalError(loc, "the size must be height and width, it has ", size.size(), " numbers");
  Dims dims = {DimExpr(size[0]) * DimExpr(size[1]), DimExpr::constant(context, 3)};
  types.assign(2, tensorOf(dims, Float32Type::get(context)));
  return success();
}

LogicalResult CameraRaysOp::verify() {
  if (dimOf(getPose().getType(), 0) != 3 || dimOf(getPose().getType(), 1) != 4)
    return emitOpError() << "takes a pose [3, 4], not " << getPose().getType();
  if (dimOf(getIntrinsics().getType(), 0) != 4)
    return emitOpError() << "takes intrinsics [4], not " << getIntrinsics().getType();
  return success();
}

LogicalResult CameraRaysOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  std::optional<int64_t> width = DimExpr(getSize().getDims()[1]).constantValue();
  if (!width)
    return failure();
  std::vector<double> pose = operands[0].read<double>(), k = operands[1].read<double>();
  for (int64_t i = 0; i < results[0].shape()[0]; ++i) {
    double x = (static_cast<double>(i % *width) + 0.5 - k[2]) / k[0];
    double y = (static_cast<double>(i / *width) + 0.5 - k[3]) / k[1];
    double direction[3], squares = 0;
    for (int64_t d = 0; d < 3; ++d) {
      direction[d] = pose[4 * d] * x + pose[4 * d + 1] * y + pose[4 * d + 2];
      squares += direction[d] * direction[d];
    }
    for (int64_t d = 0; d < 3; ++d) {
      results[0].set<double>(3 * i + d, pose[4 * d + 3]);
      results[1].set<double>(3 * i + d, direction[d] / std::sqrt(squares));
    }
  }
  return success();
}

DimExpr CameraRaysOp::countFlops() { return dimOf(getOrigin().getType(), 0) * 32; }

} // namespace treadle::ng

using namespace treadle::ng;
#define GET_OP_CLASSES
#include "dialects/ng/Camera.cpp.inc"
