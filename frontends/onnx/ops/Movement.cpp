//===- Movement.cpp - ONNX: elements moved about -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

/// Along each dimension, `repeats` copies one after another.
Value tile(Builder &b, Value x, const Sizes &repeats) {
  Dims dims = dimsOf(x.getType()), split, wide, result;
  for (auto [dim, count] : llvm::zip(dims, repeats)) {
    result.push_back(dim * count);
    if (count != 1) {
      split.push_back(b.dim(1));
      wide.push_back(count);
    }
    split.push_back(dim);
    wide.push_back(dim);
  }
  return b.reshape(b.broadcast(b.reshape(x, split), wide), result);
}

/// The block size of an image [N, C, H, W] whose blocks become channels, or the other way.
std::optional<int64_t> readBlockSize(Node &node) {
  int64_t block = node.integer("blocksize", 0);
  if (node.rank() != 4)
    node.fail("takes an input [N, C, H, W], not one of " + llvm::Twine(node.rank()) + " dimensions");
  else if (block < 1 || block > 65535)
    node.fail("blocksize is " + llvm::Twine(block) + ", it must be 1 or more");
  else
    return block;
  return std::nullopt;
}

/// How blocks of pixels lie in channels.
struct Blocks {
  int64_t size;
  bool isCrd; // channels are ordered column, row, depth, not depth, column, row
};
std::optional<Blocks> readBlocks(Node &node) {
  std::optional<int64_t> size = readBlockSize(node);
  std::optional<bool> isCrd = node.choice<bool>("mode", "DCR", {{"DCR", false}, {"CRD", true}});
  if (!size || !isCrd)
    return std::nullopt;
  return Blocks{*size, *isCrd};
}

} // namespace

bool importTranspose(Node &node) {
  SmallVector<int64_t> reversed = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(node.rank())));
  SmallVector<int64_t> permutation = node.integers("perm", reversed);
  if (static_cast<int64_t>(permutation.size()) != node.rank())
    return node.fail("perm has " + llvm::Twine(permutation.size()) + " numbers, the input " + llvm::Twine(node.rank()) +
                     " dimensions");
  return node.axes(permutation, node.rank()) && node.set(node.b.transpose(node.input(0), permutation));
}

bool importTile(Node &node) {
  Builder &b = node.b;
  Sizes repeats;
  bool given;
  if (!node.knownSizes("repeats", 1, repeats, given))
    return false;
  if (node.version < 6) { // one number, and the axis it is for
    SmallVector<int64_t> axes;
    if (!node.knownIntegers("axis", 2, axes, given) || !node.axes(axes, node.rank()))
      return false;
    if (axes.size() != 1 || repeats.size() != 1)
      return node.fail("takes one axis and how often to repeat along it");
    DimExpr count = repeats.front();
    repeats.assign(node.rank(), b.dim(1));
    repeats[axes.front()] = count;
  }
  if (static_cast<int64_t>(repeats.size()) != node.rank())
    return node.fail("repeats has " + llvm::Twine(repeats.size()) + " numbers, the input " + llvm::Twine(node.rank()) +
                     " dimensions");
  return node.set(tile(b, node.input(0), repeats));
}

bool importConcat(Node &node) {
  for (Value input : node.allInputs())
    if (!input)
      return node.fail("lacks an input");
  int64_t axis = node.integer("axis", node.version < 4 ? 1 : 0);
  if (node.version >= 4 && !node.has("axis"))
    return node.fail("has no axis");
  return node.axis(axis, node.rank()) && node.set(node.b.concat(node.allInputs(), axis));
}

bool importSplit(Node &node) {
  Builder &b = node.b;
  int64_t axis = node.integer("axis", 0), parts = node.outputCount();
  if (!node.axis(axis, node.rank()))
    return false;
  Sizes sizes;
  bool given;
  if (!node.knownSizes("split", 1, sizes, given))
    return false;
  DimExpr whole = node.dims()[axis];
  if (!given) {
    // Equal parts; from version 18 on the last may be smaller.
    bool mayDiffer = node.version >= 18;
    if (node.has("num_outputs") && node.integer("num_outputs", 0) != parts)
      return node.fail("num_outputs is " + llvm::Twine(node.integer("num_outputs", 0)) + ", the node has " +
                       llvm::Twine(parts) + " outputs");
    DimExpr part = mayDiffer ? whole.ceilDiv(parts) : whole.floorDiv(parts);
    sizes.assign(parts, part);
    if (mayDiffer)
      sizes.back() = whole - part * (parts - 1);
  }
  if (static_cast<int64_t>(sizes.size()) != parts)
    return node.fail("has " + llvm::Twine(parts) + " outputs and " + llvm::Twine(sizes.size()) + " sizes of parts");
  DimExpr start = b.dim(0);
  for (auto [i, size] : llvm::enumerate(sizes)) {
    if (std::optional<int64_t> value = size.constantValue(); value && *value < 0)
      return node.fail("a part would have size " + llvm::Twine(*value));
    if (node.wants(i) && !node.set(i, b.sliceAxis(node.input(0), axis, start, size)))
      return false;
    start = start + size;
  }
  return b.require(start, whole, "the parts must make up dimension " + llvm::Twine(axis));
}

bool importPad(Node &node) {
  Builder &b = node.b;
  int64_t rank = node.rank();
  Sizes pads;
  SmallVector<int64_t> axes;
  bool given, givenAxes;
  if (!node.knownSizes(node.version < 2 ? "paddings" : "pads", 1, pads, given) ||
      !node.knownIntegers("axes", 3, axes, givenAxes) || !node.axes(axes, rank))
    return false;
  if (!givenAxes)
    axes = llvm::to_vector(llvm::seq<int64_t>(rank));
  if (!given || pads.size() != 2 * axes.size())
    return node.fail("has " + llvm::Twine(pads.size()) + " pads for " + llvm::Twine(axes.size()) +
                     " axes; there must be two for each");
  auto mode = node.choice<PadMode>("mode", "constant",
                                   {{"constant", PadMode::constant},
                                    {"reflect", PadMode::reflect},
                                    {"edge", PadMode::edge},
                                    {"wrap", PadMode::wrap}});
  if (!mode)
    return false;

  // A negative number takes elements away, before others are put there.
  Dims counts = node.dims();
  Sizes starts(rank, b.dim(0)), low = starts, high = starts;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    DimExpr before = pads[i], after = pads[i + axes.size()], zero = b.dim(0);
    low[axis] = DimExpr::max(before, zero);
    high[axis] = DimExpr::max(after, zero);
    starts[axis] = DimExpr::max(before * -1, zero);
    counts[axis] = counts[axis] - starts[axis] - DimExpr::max(after * -1, zero);
  }
  Value x = b.slice(node.input(0), starts, counts, SmallVector<int64_t>(rank, 1));
  for (int64_t axis = 0; axis < rank && *mode == PadMode::reflect; ++axis) {
    // What is mirrored is there once, without the border: at most size - 1 elements.
    DimExpr most = DimExpr::max(low[axis], high[axis]);
    if (most != 0 && !b.require(DimExpr::max(most - counts[axis] + 1, b.dim(0)), b.dim(0),
                                "cannot mirror more elements than there are within the border"))
      return false;
  }
  Value value = node.input(2) ? b.reshape(node.input(2), {}) : b.scalarFor(x, node.real("value", 0));
  return node.set(b.pad(x, value, low, high, *mode));
}

bool importDepthToSpace(Node &node) {
  Builder &b = node.b;
  std::optional<Blocks> blocks = readBlocks(node);
  if (!blocks)
    return false;
  int64_t block = blocks->size;
  Dims dims = node.dims();
  DimExpr size = b.dim(block), channels = dims[1].floorDiv(block * block);
  Dims split = blocks->isCrd ? Dims{dims[0], channels, size, size, dims[2], dims[3]}
                             : Dims{dims[0], size, size, channels, dims[2], dims[3]};
  SmallVector<int64_t> order =
      blocks->isCrd ? SmallVector<int64_t>{0, 1, 4, 2, 5, 3} : SmallVector<int64_t>{0, 3, 4, 1, 5, 2};
  Value parted = b.transpose(b.reshape(node.input(0), split), order);
  return node.set(b.reshape(parted, {dims[0], channels, dims[2] * block, dims[3] * block}));
}

bool importSpaceToDepth(Node &node) {
  Builder &b = node.b;
  std::optional<Blocks> blocks = readBlocks(node);
  if (!blocks)
    return false;
  int64_t block = blocks->size;
  Dims dims = node.dims();
  DimExpr size = b.dim(block), height = dims[2].floorDiv(block), width = dims[3].floorDiv(block);
  SmallVector<int64_t> order =
      blocks->isCrd ? SmallVector<int64_t>{0, 1, 3, 5, 2, 4} : SmallVector<int64_t>{0, 3, 5, 1, 2, 4};
  Value parted = b.transpose(b.reshape(node.input(0), {dims[0], dims[1], height, size, width, size}), order);
  return node.set(b.reshape(parted, {dims[0], dims[1] * (block * block), height, width}));
}

/// Keeps element (row, column) of each matrix where column - row is at least k, or for the lower half at most.
bool importTrilu(Node &node) {
  Builder &b = node.b;
  if (node.rank() < 2)
    return node.fail("takes matrices, not a tensor of " + llvm::Twine(node.rank()) + " dimensions");
  Type i64 = b.ops().getI64Type();
  Dims dims = node.dims();
  Value k = node.input(1) ? b.cast(b.reshape(node.input(1), {}), i64) : b.scalar(0, i64);
  Value row = b.iota({dims[dims.size() - 2], b.dim(1)}, 0, i64), column = b.iota({b.dim(1), dims.back()}, 1, i64);
  Predicate keeps = node.integer("upper", 1) ? Predicate::ge : Predicate::le;
  Value isKept = b.compare(keeps, column, b.add(row, k));
  return node.set(b.select(isKept, node.input(0), b.scalarFor(node.input(0), 0)));
}

/// Cut off or filled with zeros on both sides; an odd number more at the end.
bool importCenterCropPad(Node &node) {
  Builder &b = node.b;
  int64_t rank = node.rank();
  Sizes shape;
  bool given;
  SmallVector<int64_t> axes = node.integers("axes", llvm::to_vector(llvm::seq<int64_t>(rank)));
  if (!node.knownSizes("shape", 1, shape, given) || !node.axes(axes, rank))
    return false;
  if (shape.size() != axes.size())
    return node.fail("shape has " + llvm::Twine(shape.size()) + " numbers for " + llvm::Twine(axes.size()) + " axes");
  Dims counts = node.dims();
  Sizes starts(rank, b.dim(0)), low = starts, high = starts;
  for (auto [axis, size] : llvm::zip(axes, shape)) {
    DimExpr zero = b.dim(0), less = DimExpr::max(counts[axis] - size, zero),
            more = DimExpr::max(size - counts[axis], zero);
    starts[axis] = less.floorDiv(2);
    counts[axis] = counts[axis] - less;
    low[axis] = more.floorDiv(2);
    high[axis] = more - low[axis];
  }
  Value x = b.slice(node.input(0), starts, counts, SmallVector<int64_t>(rank, 1));
  return node.set(b.pad(x, b.scalarFor(node.input(0), 0), low, high));
}

} // namespace treadle::onnx
