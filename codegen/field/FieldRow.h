//===- FieldRow.h - what ops of ng are for a row ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A lane has a row: one of positions and directions, a sample or a ray. What an op makes of it is a list of values, one
// for each column, that stay in registers, where Elements finds them as the op's result; so what is done with them
// before and after is done as in any other kernel. A network's values go from layer to layer through memory
// (NetworkMemory.h):
//
//     for a block of columns of the next layer
//       sums, a register each = 0
//       for each column of this one      read once for the block
//         sums += weight * column        a weight is the same for all lanes
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_FIELDROW_H
#define TREADLE_CODEGEN_FIELD_FIELDROW_H

#include "codegen/field/Lanes.h"
#include "codegen/field/NetworkMemory.h"

namespace treadle {

using Columns = llvm::SmallVector<mlir::Value>;

/// The row that lanes have in tensors of the kernel, and which of them have one.
struct RowPlace {
  Coord coord;
  mlir::Value isThere; // null: all
};

class FieldRow {
public:
  FieldRow(Elements &elements, NetworkMemory &networks, RowPlace row)
      : elements(elements), kernel(elements.kernel), b(elements.b), v(elements), networks(networks),
        row(std::move(row)) {}

  /// Computes the block's ops of ng for the rows, in order, and lets their elements know of them; but of one whose
  /// results are bound.
  static void emit(llvm::MutableArrayRef<FieldRow> rows, mlir::Block &block, mlir::Operation *known = nullptr);

  /// All columns of a value, in row-major order.
  Columns columns(mlir::Value value);

  /// The whole kernel for these rows: its ops, but of one that is known, and then its results, stored at `places`.
  static void storeResults(llvm::MutableArrayRef<FieldRow> rows, llvm::ArrayRef<Coord> places,
                           mlir::Operation *known = nullptr);

  /// Makes the columns the row's of `value`.
  void bind(mlir::Value value, Columns columns);
  /// `count` elements of memory from an index on, a multiple of `count`, in each lane, as they are computed with.
  Columns loadNeighbours(mlir::BlockArgument argument, llvm::ArrayRef<mlir::Value> indices, int64_t count);
  /// Of words, the lanes.
  llvm::SmallVector<mlir::Value> indicesOf(mlir::Value words);
  /// Of each value that the field yields for the inputs, the columns.
  llvm::SmallVector<Columns> evaluate(mlir::Region &field, llvm::ArrayRef<Columns> inputs);

  /// The number of the lanes' rows.
  mlir::Value number() { return elements.vector(row.coord); }
  mlir::Value isThere() const { return row.isThere; }

  Elements &elements;
  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;

private:
  /// What a lane loads of neighbours in memory at once.
  static constexpr int64_t wordBits = 64;

  Columns gridEncoding(ng::GridEncodingOp op);
  Columns encoding(ng::FrequencyOp op);
  Columns encoding(ng::TriangleWaveOp op);
  Columns encoding(ng::OneBlobOp op);
  Columns encoding(ng::SphericalHarmonicsOp op);
  void emit(mlir::Operation &op);
  /// Of a vector's lanes each one's elements from its index on, as one word.
  mlir::Value loadWords(mlir::Value memory, llvm::ArrayRef<mlir::Value> indices, mlir::VectorType type,
                        mlir::Type word);
  void storeColumns(llvm::ArrayRef<Columns> results, const Coord &place);
  /// Of each of some rows, for the columns that go in.
  llvm::SmallVector<Columns> mlp(ng::MlpOp op, llvm::ArrayRef<Columns> inputs);
  /// `rows` times `columns` weights as numbers of f32, the same in all lanes; rows are so far apart.
  Columns weightsOf(NetworkMemory::Weights weights, mlir::Value start, int64_t rows, int64_t columns, int64_t distance);
  /// A lane each, until none goes on.
  void followRays(mlir::Operation *op);
  Columns gradient(ng::GradientOp op);

  Lanes v;
  NetworkMemory &networks;
  RowPlace row;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_FIELDROW_H
