//===- FragmentContraction.cpp - products of matrices that only the device knows -===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup of four subgroups makes a tile of the result, each a quarter. Blocks of both operands are brought to
// shared memory element by element, through registers, so that what is fused into them is computed on the way: those of
// the next block are loaded while this one is multiplied.
//
//     task: one outer index, one tile of rows x columns
//       load(block 0)
//       for each block of the depth
//         what was loaded goes to shared memory; load(next block)
//         sums[i][j] += A[i] * B[j], matrices from shared memory
//       the sums become results (SumTile.h)
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/MatrixContraction.h"
#include "codegen/simt/SumTile.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

// What sizes that are known only at run time are taken to be.
constexpr int64_t usualSize = 256;
constexpr int64_t down = 2, across = 2; // subgroups
constexpr int64_t fragments = 2;        // of each in either direction
constexpr int64_t steps = 2;            // of the unit's depth, in a block
constexpr int64_t padding = 8;          // elements between rows in shared memory, which then start in other banks

using simt::ContractionElements, simt::Staging, simt::SumTile;
using Side = ContractionElements::Side;

class FragmentContraction {
public:
  FragmentContraction(func::FuncOp source, const Target &target, Operation *op, const MatrixUnit &unit);
  void emit();

private:
  struct Operand {
    Staging::Source source;
    Type element;
    int64_t rows = 1;   // of the tile; of B its columns
    int64_t offset = 0; // in shared memory
    Value first;        // the tile's first row
  };

  /// Of the elements that this thread brings: calls body(row of the tile, k of the block).
  void forEachOwn(const Operand &operand, llvm::function_ref<void(Value, Value)> body);
  SmallVector<Value> load(Value block);
  void keep(ValueRange loaded);
  SmallVector<Value> multiply(ValueRange sums);
  Type typeOf(int64_t rows, int64_t columns, Type element, StringRef role) {
    return tile::FragmentType::get(b.getContext(), rows, columns, element, role);
  }

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  const MatrixUnit &unit;
  ContractionElements product;
  const ContractionShape &shape;
  int64_t depthBlock, pitch;
  Operand lhs, rhs;
  Value staged, subgroup;
};

FragmentContraction::FragmentContraction(func::FuncOp source, const Target &target, Operation *op,
                                         const MatrixUnit &unit)
    : kernel(source, target), b(kernel.b), unit(unit), product(kernel, op), shape(product.shape),
      depthBlock(steps * unit.depth), pitch(depthBlock + padding) {
  kernel.setThreads(down * across * target.subgroupThreads);
  lhs = {product.sourceOf(Side::lhs), elementOf(shape.lhs), down * fragments * unit.rows, 0, {}};
  rhs = {product.sourceOf(Side::rhs), elementOf(shape.rhs), across * fragments * unit.columns, lhs.rows * pitch, {}};
}

void FragmentContraction::forEachOwn(const Operand &operand, llvm::function_ref<void(Value, Value)> body) {
  for (int64_t first = 0; first < operand.rows * depthBlock; first += kernel.threads()) {
    Value number = kernel.add(kernel.thread(), first);
    if (operand.source.isDepthInner) // neighbours in memory by neighbours
      body(kernel.div(number, depthBlock), kernel.rem(number, depthBlock));
    else
      body(kernel.rem(number, operand.rows), kernel.div(number, operand.rows));
  }
}

SmallVector<Value> FragmentContraction::load(Value block) {
  SmallVector<Value> loaded;
  for (Operand *operand : {&lhs, &rhs})
    forEachOwn(*operand, [&](Value row, Value k) {
      loaded.push_back(simt::stagedElement(kernel, operand->source, operand->element, operand->rows,
                                           kernel.add(operand->first, row), kernel.add(block, k)));
    });
  return loaded;
}

void FragmentContraction::keep(ValueRange loaded) {
  size_t next = 0;
  for (Operand *operand : {&lhs, &rhs})
    forEachOwn(*operand, [&](Value row, Value k) {
      Value at = kernel.add(kernel.add(kernel.mul(row, pitch), k), operand->offset);
      memref::StoreOp::create(b, loaded[next++], staged, at);
    });
}

/// B lies by its columns, as B^T.
SmallVector<Value> FragmentContraction::multiply(ValueRange before) {
  Value downwards = kernel.mul(kernel.div(subgroup, across), fragments * unit.rows * pitch);
  Value sideways = kernel.mul(kernel.rem(subgroup, across), fragments * unit.columns * pitch);
  SmallVector<Value> sums(before);
  for (int64_t step = 0; step < steps; ++step) {
    SmallVector<Value> left, right;
    for (int64_t i = 0; i < fragments; ++i) {
      Value at = kernel.add(downwards, i * unit.rows * pitch + step * unit.depth + lhs.offset);
      left.push_back(tile::FragmentLoadOp::create(b, typeOf(unit.rows, unit.depth, lhs.element, "lhs"), staged, at,
                                                  pitch, /*turned=*/false));
      at = kernel.add(sideways, i * unit.columns * pitch + step * unit.depth + rhs.offset);
      right.push_back(tile::FragmentLoadOp::create(b, typeOf(unit.depth, unit.columns, rhs.element, "rhs"), staged, at,
                                                   pitch, /*turned=*/true));
    }
    for (auto [i, a] : llvm::enumerate(left))
      for (auto [j, c] : llvm::enumerate(right)) {
        Value &sum = sums[i * fragments + j];
        sum = tile::FragmentMultiplyOp::create(b, sum.getType(), a, c, sum);
      }
  }
  return sums;
}

void FragmentContraction::emit() {
  SumTile tile(kernel, product, unit, {down, across, fragments, fragments});
  Type element = storageType(lhs.element);
  int64_t elements = (lhs.rows + rhs.rows) * pitch;
  // Both at once: what one view's words are the other's are not on all devices.
  staged = kernel.shared(element, elements);
  Value results = kernel.shared(shape.sumType, tile.elements());
  subgroup = kernel.subgroup();
  kernel.tasks([&](Value task) {
    std::tie(lhs.first, rhs.first) = tile.enter(task);
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(shape.sumType));
    Value none = tile::FragmentFillOp::create(b, typeOf(unit.rows, unit.columns, shape.sumType, "sums"), zero);
    SmallVector<Value> carried(fragments * fragments, none);
    llvm::append_range(carried, load(kernel.index(0)));
    carried = kernel.loop(kernel.index(0), kernel.size(shape.depth), depthBlock, carried,
                          [&](Value block, ValueRange carried) {
                            kernel.barrier();
                            keep(carried.drop_front(fragments * fragments));
                            kernel.barrier();
                            SmallVector<Value> loaded = load(kernel.add(block, depthBlock));
                            SmallVector<Value> next = multiply(carried.take_front(fragments * fragments));
                            next.append(loaded);
                            return next;
                          });
    tile.store(results, lhs.first, rhs.first, [&](int64_t i) {
      for (int64_t j = 0; j < fragments; ++j)
        tile::FragmentStoreOp::create(b, carried[i * fragments + j], results, tile.placeOf(subgroup, j), tile.pitch());
    });
  });
  kernel.finish({graph::product(b.getContext(), tile.grid())});
}

} // namespace

bool simt::scheduleFragmentContraction(func::FuncOp source, const Target &target, Operation *op) {
  ContractionShape shape = ContractionShape::of(op);
  ContractionShape::Sizes sizes = shape.sizesOr(usualSize);
  const MatrixUnit *unit =
      Target::choose(target.opaqueUnits, elementOf(shape.lhs), elementOf(shape.rhs), sizes.rows, sizes.columns);
  // Sums of no block are not written.
  if (!unit || !shape.depth.isAtLeast(1) || sizes.depth < unit->depth || sizes.rows < unit->rows ||
      sizes.columns < unit->columns)
    return false;
  FragmentContraction(source, target, op, *unit).emit();
  return true;
}

} // namespace treadle
