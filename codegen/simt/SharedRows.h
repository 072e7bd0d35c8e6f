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
  /// How they are loaded: `chunks` by each thread itself; `matrices` by tile.load_matrix, whose layout the
  /// fragments' is; `turned` the same, from rows of chunks that are k.
  enum class Kind { chunks, matrices, turned };
  struct Unit {
    const FragmentLayout &layout;
    int64_t rows, depth;
  };

  /// Of `count` fragments, below each other from `firstRow` on, a multiple of SharedRows::period and, where rows of
  /// chunks are cut, of what one holds. `tileDepth`: that of a turned tile (Staging.h).
  FragmentLoads(Kernel &kernel, const SharedRows &rows, Unit unit, int64_t count, mlir::Value firstRow, Kind kind,
                int64_t tileDepth);

  /// In so many steps a row of chunks is read through, or as many k as it holds.
  int64_t steps() const { return places.size(); }

  /// The operands of one or several products, for each of them the fragments, from rows that start at `first`.
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> load(mlir::Value memory, mlir::Value first, int64_t step) const;

private:
  struct Place {
    mlir::Value thread; // this thread's
    int64_t offset = 0; // from there
  };
  void placeMatrices(mlir::Value firstRow);
  void placeTurned(mlir::Value firstRow, int64_t tileDepth);
  void placeChunks(mlir::Value firstRow);
  llvm::SmallVector<mlir::Value> loadMatrices(mlir::Value memory, mlir::Value first, int64_t step) const;
  llvm::SmallVector<mlir::Value> loadChunks(mlir::Value memory, mlir::Value first, llvm::ArrayRef<Place> parts) const;
  mlir::Value asOperand(mlir::Value stored) const;

  Kernel &kernel;
  SharedRows rows;
  FragmentLayout layout;
  int64_t unitRows, unitDepth, count;
  Kind kind;
  int64_t together = 1; // fragments in one load
  /// Of each step, what this thread reads: of each load; or, by chunks, of each row that it has of each fragment.
  llvm::SmallVector<llvm::SmallVector<Place>> places;
};

/// What the bits of `number` add up to, each its weight.
mlir::Value sumOfBits(Kernel &kernel, mlir::Value number, llvm::ArrayRef<int64_t> weights);

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_SHAREDROWS_H
