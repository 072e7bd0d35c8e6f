//===- SharedRows.h - operands of matrix units in shared memory --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows of 64 bytes, as four chunks of 16: of A or B^T a row each, with the k of a block side by side. Two rows are a
// line of 128 bytes, which is what threads reach in one cycle, and chunks trade places within their line,
//
//     chunk c of row r is number 4 r + c, and lies at number n ^ (n div 8 mod 8)
//
// so that eight chunks are in eight places of their lines whether they are one line, one chunk of eight neighbouring
// rows, or of every second of sixteen.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_SHAREDROWS_H
#define TREADLE_CODEGEN_SIMT_SHAREDROWS_H

#include "codegen/Kernel.h"

namespace treadle::simt {

struct SharedRows {
  static constexpr int64_t chunkBytes = 16, rowChunks = 4;
  /// Rows after which chunks are in the same order again.
  static constexpr int64_t period = 16;

  /// Of elements of a graph's type.
  SharedRows(mlir::Type element, int64_t count)
      : element(element), count(count), chunk(chunkBytes * 8 / storageType(element).getIntOrFloatBitWidth()) {}

  mlir::Type element;
  int64_t count; // of rows
  int64_t chunk; // elements of one

  int64_t rowElements() const { return rowChunks * chunk; }
  int64_t elements() const { return count * rowElements(); }
  mlir::VectorType chunkType() const { return mlir::VectorType::get({chunk}, storageType(element)); }

  /// Where a chunk's first element lies.
  mlir::Value placeOf(Kernel &kernel, mlir::Value row, mlir::Value number) const;
};

/// How a subgroup's threads come by the fragments of a unit's operand.
class FragmentLoads {
public:
  /// Of `count` fragments, below each other from `firstRow` on, a multiple of SharedRows::period. `unitRows` x
  /// `unitDepth` is one. `asMatrices`: by tile.load_matrix, whose layout this is.
  FragmentLoads(Kernel &kernel, const SharedRows &rows, const FragmentLayout &layout, int64_t unitRows,
                int64_t unitDepth, int64_t count, mlir::Value firstRow, bool asMatrices);

  /// In so many steps a row is read through.
  int64_t steps() const { return places.size(); }

  /// The operands of one or several products, for each of them the fragments, from rows that start at `first`.
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> load(mlir::Value memory, mlir::Value first, int64_t step) const;

private:
  void placeMatrices(mlir::Value firstRow);
  void placeChunks(mlir::Value firstRow);
  mlir::Value asOperand(mlir::Value stored) const;

  Kernel &kernel;
  SharedRows rows;
  FragmentLayout layout;
  int64_t unitRows, unitDepth, count;
  bool asMatrices;
  int64_t together = 1; // fragments in one load
  /// Of each step, where this thread reads; without matrices for each of the rows that a fragment has of a thread.
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> places;
};

/// What the bits of `number` add up to, each its weight.
mlir::Value sumOfBits(Kernel &kernel, mlir::Value number, llvm::ArrayRef<int64_t> weights);

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_SHAREDROWS_H
