//===- DecomposeConvTranspose.cpp - phases of the output as channels --------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Along one dimension, with stride s and a filter of T * s taps (zeros at the end where it has fewer),
// place q of the output before cropping is q = m * s + r and takes tap t * s + r of the filter:
//
//     full[m * s + r] = sum over t < T of x[m - t] * w[t * s + r]
//
// For each phase r this is a convolution of x with every s-th tap, backwards. All phases are computed as
// channels of one convolution, in the order (group, phases, channel of the group), laid next to one
// another, and cropped.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "passes/simplify/Passes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_DECOMPOSECONVTRANSPOSE
#include "passes/simplify/Passes.h.inc"

namespace {

class Decomposition {
public:
  explicit Decomposition(ConvTransposeOp op)
      : op(op), b(op), loc(op.getLoc()), spatial(op.getStrides().size()), groups(op.getGroups()),
        strides(op.getStrides()) {}
  Value run();

private:
  DimsAttr list(ArrayRef<DimExpr> dims) {
    return DimsAttr::get(b.getContext(), llvm::map_to_vector(dims, [](DimExpr dim) { return dim.attribute(); }));
  }
  DimExpr number(int64_t value) { return DimExpr::constant(b.getContext(), value); }
  Value slice(Value x, ArrayRef<DimExpr> starts, ArrayRef<DimExpr> sizes, ArrayRef<int64_t> steps) {
    return SliceOp::create(b, loc, tensorOf(sizes, elementOf(x)), x, list(starts), b.getDenseI64ArrayAttr(steps));
  }
  Value padHigh(Value x, int64_t dim, DimExpr amount);
  Value dilated(Value filter);
  Value phases(Value filter);

  ConvTransposeOp op;
  OpBuilder b;
  Location loc;
  int64_t spatial, groups;
  ArrayRef<int64_t> strides;
  SmallVector<int64_t> taps; // T of each dimension
};

Value Decomposition::padHigh(Value x, int64_t dim, DimExpr amount) {
  if (amount == 0)
    return x;
  Dims low(rankOf(x), number(0)), high = low;
  high[dim] = amount;
  Value zero = makeScalar(b, loc, 0, elementOf(x));
  return PadOp::create(b, loc, x, zero, list(low), list(high), PadMode::constant);
}

/// With the zeros that a dilation puts between taps.
Value Decomposition::dilated(Value filter) {
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t dilation = op.getDilations()[i];
    if (dilation == 1)
      continue;
    Dims dims = dimsOf(filter.getType()), apart = dims;
    apart.insert(apart.begin() + i + 3, number(1));
    Value spread = padHigh(ReshapeOp::create(b, loc, filter, apart), i + 3, number(dilation - 1));
    DimExpr size = dims[i + 2];
    dims[i + 2] = size * dilation;
    spread = ReshapeOp::create(b, loc, spread, dims);
    dims[i + 2] = (size - 1) * dilation + 1;
    filter = slice(spread, Dims(dims.size(), number(0)), dims, SmallVector<int64_t>(dims.size(), 1));
  }
  return filter;
}

/// [C, O / groups, K..] as the filter of all phases, [groups * phases * O / groups, C / groups, T..].
Value Decomposition::phases(Value filter) {
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t size = *dimOf(filter.getType(), i + 2).constantValue();
    taps.push_back(llvm::divideCeil(size, strides[i]));
    filter = padHigh(filter, i + 2, number(taps[i] * strides[i] - size));
  }
  Dims dims = dimsOf(filter.getType());
  DimExpr inner = dims[0].floorDiv(groups), outer = dims[1];
  // [G, C/G, O/G, T0, s0, T1, s1, ..]
  Dims split = {number(groups), inner, outer};
  SmallVector<int64_t> order = {0};
  for (int64_t i = 0; i < spatial; ++i) {
    split.append({number(taps[i]), number(strides[i])});
    order.push_back(4 + 2 * i);
  }
  order.append({2, 1});
  for (int64_t i = 0; i < spatial; ++i)
    order.push_back(3 + 2 * i);
  Value apart = TransposeOp::create(b, loc, ReshapeOp::create(b, loc, filter, split), order);
  Dims whole = {outer * groups, inner}, starts(spatial + 2, number(0));
  SmallVector<int64_t> steps(spatial + 2, 1);
  for (int64_t i = 0; i < spatial; ++i) {
    whole[0] = whole[0] * strides[i];
    whole.push_back(number(taps[i]));
    starts[i + 2] = number(taps[i] - 1);
    steps[i + 2] = -1;
  }
  return slice(ReshapeOp::create(b, loc, apart, whole), starts, whole, steps);
}

Value Decomposition::run() {
  Value filter = dilated(op.getFilter());
  SmallVector<int64_t> sizes;
  for (int64_t i = 0; i < spatial; ++i)
    sizes.push_back(*dimOf(filter.getType(), i + 2).constantValue());
  DimExpr outer = dimOf(filter.getType(), 1);
  filter = phases(filter);

  SmallVector<int64_t> skipped, low, high, ones(spatial, 1);
  for (int64_t i = 0; i < spatial; ++i) {
    // Whole steps of the stride that cropping takes off at the start are not computed.
    skipped.push_back(std::min(op.getPadLow()[i] / strides[i], taps[i] - 1));
    low.push_back(taps[i] - 1 - skipped[i]);
    int64_t end = sizes[i] + op.getOutputPad()[i] - op.getPadHigh()[i];
    high.push_back(std::max<int64_t>(end > 0 ? llvm::divideCeil(end, strides[i]) - 1 : 0, 0));
  }
  SmallVector<int64_t> toLast = {0}, back = {0, spatial + 1};
  for (int64_t i = 0; i < spatial; ++i) {
    toLast.push_back(i + 2);
    back.push_back(i + 1);
  }
  toLast.push_back(1);
  Value input = TransposeOp::create(b, loc, op.getInput(), toLast);
  Value conv = ConvOp::create(b, loc, input, filter, ones, ones, low, high, groups, /*channelsLast=*/true);

  // [N, M.., G, s.., O/G] to [N, M0, s0, M1, s1, .., G, O/G]
  Dims places = dimsOf(conv.getType()), apart = {places[0]}, together = {places[0]};
  SmallVector<int64_t> order = {0};
  for (int64_t i = 0; i < spatial; ++i) {
    apart.push_back(places[i + 1]);
    together.push_back(places[i + 1] * strides[i]);
    order.append({i + 1, spatial + 2 + i});
  }
  apart.push_back(number(groups));
  for (int64_t stride : strides)
    apart.push_back(number(stride));
  apart.push_back(outer);
  order.append({spatial + 1, 2 * spatial + 2});
  together.push_back(outer * groups);
  Value joined = TransposeOp::create(b, loc, ReshapeOp::create(b, loc, conv, apart), order);
  joined = ReshapeOp::create(b, loc, joined, together);

  Dims result = dimsOf(op.getType()), starts(spatial + 2, number(0)), wanted = {result[0]};
  for (int64_t i = 0; i < spatial; ++i) {
    starts[i + 1] = number(op.getPadLow()[i] - skipped[i] * strides[i]);
    wanted.push_back(result[i + 2]);
  }
  wanted.push_back(result[1]);
  if (wanted != dimsOf(joined.getType()))
    joined = slice(joined, starts, wanted, SmallVector<int64_t>(spatial + 2, 1));
  return TransposeOp::create(b, loc, joined, back);
}

struct DecomposeConvTranspose : impl::DecomposeConvTransposeBase<DecomposeConvTranspose> {
  void runOnOperation() override {
    SmallVector<ConvTransposeOp> all;
    getOperation().walk([&](ConvTransposeOp op) { all.push_back(op); });
    for (ConvTransposeOp op : all) {
      Dims filter = dimsOf(op.getFilter().getType());
      if (!llvm::all_of(ArrayRef(filter).drop_front(2), [](DimExpr dim) { return dim.isConstant(); })) {
        op.emitOpError("needs a filter of known size; fix the dimensions that it depends on");
        return signalPassFailure();
      }
      Value value = Decomposition(op).run();
      for (NamedAttribute attr : op->getDiscardableAttrs())
        value.getDefiningOp()->setAttr(attr.getName(), attr.getValue());
      op.replaceAllUsesWith(value);
      op.erase();
    }
  }
};

} // namespace
} // namespace treadle
