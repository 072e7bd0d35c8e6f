//===- Unpack.cpp - constant operands in the order they are read ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;

namespace treadle::graph {
namespace {

/// Visits every element: its place in the matrix and in the panels.
void forEachElement(ArrayRef<int64_t> shape, bool filter, bool transposed, int64_t groups,
                    llvm::function_ref<void(int64_t, int64_t)> visit) {
  if (!filter) {
    int64_t depth = shape[transposed ? 1 : 0], columns = shape[transposed ? 0 : 1];
    int64_t width = UnpackOp::panelWidth(columns);
    for (int64_t n = 0; n < columns; ++n)
      for (int64_t k = 0; k < depth; ++k)
        visit(transposed ? n * depth + k : k * columns + n, (n / width * depth + k) * width + n % width);
    return;
  }
  int64_t channels = shape[1], taps = ShapedType::getNumElements(shape.drop_front(2));
  int64_t columns = shape[0] / groups, depth = channels * taps, width = UnpackOp::panelWidth(columns);
  int64_t panels = llvm::divideCeil(columns, width);
  for (int64_t o = 0; o < shape[0]; ++o) {
    int64_t g = o / columns, n = o % columns;
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t tap = 0; tap < taps; ++tap)
        visit((o * channels + c) * taps + tap,
              ((g * panels + n / width) * depth + tap * channels + c) * width + n % width);
  }
}

} // namespace

Tensor UnpackOp::pack(const Tensor &matrix, bool filter, bool transposed, int64_t groups) {
  ArrayRef<int64_t> shape = matrix.shape();
  int64_t columns = filter ? shape[0] / groups : shape[transposed ? 0 : 1];
  int64_t depth = filter ? ShapedType::getNumElements(shape.drop_front()) : shape[transposed ? 1 : 0];
  int64_t width = panelWidth(columns);
  Tensor panels(matrix.dtype(), {groups, static_cast<int64_t>(llvm::divideCeil(columns, width)), depth, width});
  int64_t bytes = byteSize(matrix.dtype(), 1);
  const char *from = matrix.raw().data();
  char *to = panels.mutableRaw();
  forEachElement(shape, filter, transposed, groups, [&](int64_t source, int64_t target) {
    std::memcpy(to + target * bytes, from + source * bytes, bytes);
  });
  return panels;
}

LogicalResult UnpackOp::verify() {
  auto panels = cast<RankedTensorType>(getPanels().getType()), result = cast<RankedTensorType>(getType());
  if (!panels.hasStaticShape() || !result.hasStaticShape() || panels.getRank() != 4)
    return emitOpError("needs panels of known size [G, P, K, W]");
  if (bitWidth(*dtypeOf(panels.getElementType())) < 8)
    return emitOpError("needs elements of at least a byte");
  int64_t groups = panels.getDimSize(0), columns, depth;
  if (getFilter()) {
    if (result.getRank() < 3 || groups <= 0 || result.getDimSize(0) % groups)
      return emitOpError("is of a filter with ") << groups << " groups";
    columns = result.getDimSize(0) / groups;
    depth = ShapedType::getNumElements(result.getShape().drop_front());
  } else {
    if (result.getRank() != 2 || groups != 1)
      return emitOpError("is of one matrix");
    columns = result.getDimSize(getTransposed() ? 0 : 1);
    depth = result.getDimSize(getTransposed() ? 1 : 0);
  }
  int64_t width = panelWidth(columns);
  if (panels.getDimSize(1) != llvm::divideCeilSigned(columns, width) || panels.getDimSize(2) != depth ||
      panels.getDimSize(3) != width)
    return emitOpError("of ") << panels << " is no " << result;
  return success();
}

LogicalResult UnpackOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  const char *from = operands[0].raw().data();
  char *to = results[0].mutableRaw();
  int64_t bytes = byteSize(operands[0].dtype(), 1);
  forEachElement(
      results[0].shape(), getFilter(), getTransposed(), operands[0].shape()[0],
      [&](int64_t target, int64_t source) { std::memcpy(to + target * bytes, from + source * bytes, bytes); });
  return success();
}

DimExpr UnpackOp::countFlops() { return DimExpr::constant(getContext(), 0); }

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Unpack.cpp.inc"
