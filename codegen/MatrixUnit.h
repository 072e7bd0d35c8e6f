//===- MatrixUnit.h - instructions that multiply matrices --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A subgroup's instruction sums[row][column] += A[row][k] * B[k][column], with the elements of all three spread over
// its threads. Who holds what is linear in the bits of two numbers: the thread's in its subgroup, and the element's
// among those that the thread holds. Each bit that is set adds its number to the place, in a row-major numbering of A
// as [row][k], of B as [column][k], of the sums as [row][column]:
//
//     mma.sync m16n8k16, A:  lanes 2, 4, 16, 32, 64   elements 1, 128, 8
//     thread 5 = 0b00101, its element 6 = 0b110:      2 + 16 + 128 + 8 = 154, row 9, k 10
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_MATRIXUNIT_H
#define TREADLE_CODEGEN_MATRIXUNIT_H

#include "mlir/IR/BuiltinAttributes.h"
#include <string>

namespace treadle {

struct FragmentLayout {
  llvm::SmallVector<int64_t> lanes, elements; // what each bit adds

  /// Elements that a thread holds.
  int64_t count() const { return int64_t(1) << elements.size(); }
  /// Where a thread's element lies beside its first.
  int64_t offsetOf(int64_t element) const;
  /// The number of different k among the threads, in a numbering with `depth` of them side by side.
  int64_t depthLanes(int64_t depth) const;
  /// Whether rows of 16 bytes that are loaded as tile.load_matrix does it come to lie like this, for elements of
  /// `bytes` each.
  bool isLoadedAsMatrix(int64_t depth, int64_t bytes) const;
};

struct MatrixUnit {
  /// Types of elements as graphs have them: "f16", "f32". Several operand types may be mixed: "i8 ui8".
  std::string operands, sum;
  int64_t rows = 0, columns = 0, depth = 0;
  // Of a unit that takes its operands from shared memory (tile.multiply_shared) there is no rhs, and lhs is how its
  // elements lie where they are in registers instead (tile.multiply_held), if they can be.
  FragmentLayout lhs, rhs;
  FragmentLayout sums;

  /// Threads that multiply together: a subgroup, or several that are neighbours.
  int64_t threads() const { return int64_t(1) << sums.lanes.size(); }

  /// Whether both operands' fragments are loaded as tile.load_matrix does it, for elements of `bytes` each.
  bool isLoadedAsMatrices(int64_t bytes) const {
    return lhs.isLoadedAsMatrix(depth, bytes) && rhs.isLoadedAsMatrix(depth, bytes);
  }

  /// Whether its operands have such elements.
  bool multiplies(mlir::Type element) const;

  mlir::DictionaryAttr toAttr(mlir::MLIRContext *context) const;
  static MatrixUnit fromAttr(mlir::DictionaryAttr attr);
};

} // namespace treadle

#endif // TREADLE_CODEGEN_MATRIXUNIT_H
