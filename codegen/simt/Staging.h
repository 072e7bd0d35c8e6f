//===- Staging.h - how an operand comes to shared memory ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A matrix of rows and k, a tile of which is brought to shared memory by all threads of a workgroup, in chunks of 16
// bytes (SharedRows.h). There k are side by side, or, if memory has rows side by side and the device turns them round
// when it loads fragments, rows:
//
//     upright   row of the tile r, k:   row of chunks  (k div 32) * rows + r     chunk  k mod 32 div 8
//     turned                            row of chunks  (r div 32) * depth + k    chunk  r mod 32 div 8
//
// for the 32 elements of 16 bits that a row of chunks has. A chunk comes there by an asynchronous copy, if the device
// has them; or as a whole through registers; or, if something is fused into the operand or memory is not as aligned as
// that needs it, element by element through registers.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_STAGING_H
#define TREADLE_CODEGEN_SIMT_STAGING_H

#include "codegen/elements/Elements.h"
#include "codegen/simt/SharedRows.h"

namespace treadle::simt {

class Staging {
public:
  /// How an operand lies in memory, if nothing is computed for it: neighbouring k are neighbours there, or rows are.
  struct Memory {
    mlir::Value buffer;
    bool isTurned = false;
    /// If a number divides these, that many neighbours from a multiple of it on begin at one in memory.
    llvm::SmallVector<graph::DimExpr> divisible;
  };
  struct Source {
    graph::DimExpr rows, depth;
    bool isDepthInner = true; // neighbouring k lie nearer to each other in memory than neighbouring rows
    std::optional<Memory> memory;
    /// Null, or which k comes to the place of k.
    std::function<mlir::Value(mlir::Value k)> order;
    /// An element as it is stored, 0 where there is none outside of a convolution's image. Row and k exist.
    std::function<mlir::Value(Elements &, mlir::Value row, mlir::Value k)> element;
    /// Where it is in `memory`; and, or null, whether it is not outside of the image. Either may not exist.
    std::function<std::pair<mlir::Value, mlir::Value>(mlir::Value row, mlir::Value k)> place;
  };

  /// A tile of `rows` x `depth`, both multiples of what a row of chunks holds where they are cut by it. `turns`:
  /// whether fragments of such elements can be loaded turned.
  Staging(Kernel &kernel, mlir::Type element, int64_t rows, int64_t depth, Source source, bool turns);

  /// Decides whether chunks are moved whole: never, and there is no `memory` any more; or always, or if what is not
  /// null holds, where setMoving() says so.
  mlir::Value canMoveChunks();

  /// From now on chunks are moved whole, if they can be, or not.
  void setMoving(bool moves) { this->moves = moves && source.memory; }
  bool isTurned() const { return moves && source.memory->isTurned; }
  /// Where a block of as many k as a row of chunks holds begins in the tile's memory.
  int64_t blockOffset(int64_t block) const {
    return block * (isTurned() ? rows.rowElements() : tileRows) * rows.rowElements();
  }
  bool isCopied() const { return moves && kernel.target.asyncCopyBytes >= SharedRows::chunkBytes; }

  /// Starts to bring the tile at `row`, `k` to `memory`, from element `first` on. What is not copied is returned, and
  /// is there after finish().
  llvm::SmallVector<mlir::Value> start(mlir::Value row, mlir::Value k, mlir::Value memory, mlir::Value first);
  void finish(llvm::ArrayRef<mlir::Value> chunks, mlir::Value memory, mlir::Value first);

  SharedRows rows; // all rows of chunks

private:
  struct Chunk {
    mlir::Value number, row, chunk; // of the threads'; of shared memory
    mlir::Value tileRow, k;         // of its first element
  };
  void forEachChunk(llvm::function_ref<void(const Chunk &)> body);
  mlir::Value isOwn(const Chunk &chunk);
  mlir::Value isThere(mlir::Value within, mlir::Value row, mlir::Value k);
  mlir::Value load(mlir::Value row, mlir::Value k);
  mlir::Value compute(mlir::Value row, mlir::Value k);

  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  int64_t tileRows, tileDepth;
  Source source;
  bool moves = false;
};

/// An element of a tile of `tileRows`, as it is stored: past the last row one of that row, past the last k 0.
mlir::Value stagedElement(Kernel &kernel, const Staging::Source &source, mlir::Type element, int64_t tileRows,
                          mlir::Value row, mlir::Value k);
/// The memory of a value that is an argument, or a transpose of one, whose rows and k are along these dimensions.
std::optional<Staging::Memory> memoryOf(Kernel &kernel, mlir::Value tensor, int64_t rowDim, int64_t depthDim);
/// Where in it an element of the value is.
mlir::Value indexOf(Kernel &kernel, mlir::Value tensor, Position position);
mlir::Value indexOf(Kernel &kernel, mlir::RankedTensorType type, const Position &position);
/// Of the value's dimensions, in what it is a transpose of.
llvm::SmallVector<graph::DimExpr> stridesOf(Kernel &kernel, mlir::Value tensor);
/// Whether along the second dimension elements lie nearer to each other in memory than along the first.
bool isInner(mlir::Value tensor, int64_t rowDim, int64_t depthDim);

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_STAGING_H
