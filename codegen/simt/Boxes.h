//===- Boxes.h - what a device copies to shared memory by itself --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For schedules in which one subgroup does nothing but start copies and units of threads multiply from there: tiles of
// operands that boxes fill (tile.copy_box), and a ring of stages whose transaction barriers say that one has been
// filled, and that it is free again.
//
//     tile, upright   row r, k   lies at   (k div 64) * rows * 64 + r * 64 + k mod 64
//     tile, turned                         (r div 64) * depth * 64 + k * 64 + r mod 64
//
// for the 64 elements of 16 bits that a row of shared memory has.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_BOXES_H
#define TREADLE_CODEGEN_SIMT_BOXES_H

#include "codegen/Kernel.h"
#include <functional>

namespace treadle::simt {

constexpr int64_t boxRowBytes = 128;      // of shared memory (tile.copy_box)
constexpr int64_t boxPatternBytes = 1024; // after which chunks are in the same order again

/// An operand whose memory a device can copy boxes of: strides are multiples of 16 bytes, and nothing is computed.
struct BoxSource {
  mlir::Value buffer;
  bool isTurned = false; // the innermost dimension is along rows, else along k; the other one is before it
  Kernel::Boxes boxes;   // without a shape, of all dimensions but those two that is 1
  /// Where row and k are.
  std::function<llvm::SmallVector<mlir::Value>(mlir::Value row, mlir::Value k)> at;

  /// How rows and k lie in memory, and the dimensions around them that a box is at a place of, outermost first.
  struct Memory {
    mlir::Value buffer;
    graph::DimExpr rows, depth, rowStride, depthStride;
    graph::Dims outerSizes, outerStrides;
    std::function<llvm::SmallVector<mlir::Value>()> outer; // the current place
  };
  static std::optional<BoxSource> of(mlir::Type element, Memory memory);
};

/// A tile of an operand in shared memory, `rows` x `depth`, both multiples of what a row there holds where they are cut
/// by it.
class BoxTile {
public:
  BoxTile(Kernel &kernel, BoxSource source, mlir::Type stored, int64_t rows, int64_t depth);

  /// Whether such a tile can be turned: only elements of 16 bits can lie the other way round.
  static bool fits(const BoxSource &source, mlir::Type stored, int64_t rows);

  bool isTurned() const { return source.isTurned; }
  int64_t tileDepth() const { return depth; }
  int64_t elements() const { return rows * depth; }
  int64_t bytes() const { return elements() * elementBytes; }
  /// Where an element lies in it: of an upright tile any row, of a turned one such that begins a row of shared memory.
  int64_t offsetOf(int64_t row, int64_t k) const;

  /// Starts the copies of the tile at row and k to `memory`, from element `place` on.
  void copy(mlir::Value row, mlir::Value k, mlir::Value memory, mlir::Value place, mlir::Value barriers,
            mlir::Value barrier) const;

private:
  Kernel &kernel;
  BoxSource source;
  int64_t elementBytes, rowElements, rows, depth;
  mlir::Value boxes;
};

/// Stages that are filled by one thread and read by several subgroups, in turn.
class StageRing {
public:
  static constexpr int64_t barrierBytes = 8;
  /// A place in the ring, and how often it has gone round, modulo 2.
  struct Turn {
    mlir::Value stage, parity;
  };

  StageRing(Kernel &kernel, int64_t stages, int64_t readers)
      : kernel(kernel), b(kernel.b), stages(stages), readers(readers) {}
  int64_t barrierCount() const { return 2 * stages; }
  /// In `memory`, from number 0 on.
  void setBarriers(mlir::Value memory) { barriers = memory; }

  Turn first();
  Turn next(Turn turn);

  /// By one thread; the others see it after a barrier.
  void init();
  void end();

  /// By the thread that copies.
  void startFilling(Turn turn, int64_t bytes);
  mlir::Value filled(mlir::Value stage) const { return stage; }
  /// By the threads that read; and when they have, by the first of each subgroup.
  void waitUntilFilled(Turn turn);
  void free(mlir::Value stage);

private:
  mlir::Value freed(mlir::Value stage) const { return kernel.add(stage, stages); }

  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  int64_t stages, readers; // subgroups
  mlir::Value barriers;
};

/// Whether this thread is the first of the workgroup, or of its subgroup.
mlir::Value isFirstThread(Kernel &kernel);
mlir::Value isFirstLane(Kernel &kernel);

/// A part of shared memory that was asked for as bytes, as `count` elements.
mlir::Value sharedPart(Kernel &kernel, mlir::Value memory, mlir::Type type, int64_t count, int64_t byteOffset);

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_BOXES_H
