//===- NetworkMemory.h - where networks keep values and weights ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A row's values go from layer to layer through memory of the worker's own, [column][lane], or of the workgroup's,
// [column][thread], in two halves: one is read while the other is written. Where such memory is far, neighbouring
// columns are together in a word. Where matrix units multiply there is none (SubgroupNetwork.h).
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_NETWORKMEMORY_H
#define TREADLE_CODEGEN_FIELD_NETWORKMEMORY_H

#include "codegen/Kernel.h"
#include "dialects/ng/Ng.h"
#include <memory>

namespace treadle {

/// The argument of the kernel's source that a value is, which may be a capture of a field.
mlir::BlockArgument kernelArgument(mlir::Value value);

class SubgroupNetwork;

/// Where a kernel's networks keep their values and weights.
class NetworkMemory {
public:
  /// For the networks of the kernel's source; settles its threads, and whether they stay together.
  NetworkMemory(Kernel &kernel, int64_t lanes);
  ~NetworkMemory();

  /// Null where networks are computed a lane each.
  SubgroupNetwork *matrices() const { return ofMatrices.get(); }

  /// Before any task: weights are brought to where all tasks have them. Where lanes share a weight, it is read as a
  /// number of f32.
  void prepareWeights();

  struct Weights {
    mlir::Value memory; // [out][in]
    mlir::Type element; // as a graph has it
  };
  Weights weights(mlir::Value operand) const;

  mlir::Type element() const { return stored; }
  /// Columns from `first` on, a multiple of `block` or `unroll`, of the first or the second half, of the thread's first
  /// or a further row; each a vector of the lanes' elements.
  void store(int64_t half, mlir::Value first, llvm::ArrayRef<mlir::Value> columns, int64_t row);
  llvm::SmallVector<mlir::Value> load(int64_t half, mlir::Value first, int64_t count, int64_t row);

  /// Columns of the next layer that are summed up at once, and of this one that are read in one turn of a loop.
  int64_t block = 4, unroll = 1;
  /// Sums of every so-manyth column, for each of `count` columns of the next layer: fewer than `block` would wait for
  /// one another. A power of two.
  int64_t chains(int64_t count) const;
  /// Rows of a thread that share the weights it gets; 1 where they are rays, whose loops have turns of their own.
  int64_t rows = 1;

  /// The turns that a thread's loops make at most.
  int64_t turns() const { return turnsOf(kernel.body()); }

private:
  void unpackWeights();
  int64_t turnsOf(mlir::Block &block) const;
  mlir::Value unpack(mlir::BlockArgument argument);
  mlir::VectorType lanesOf(mlir::Type element) const { return mlir::VectorType::get({lanes}, element); }
  /// Where word `number` from that column on is.
  mlir::Value place(int64_t half, mlir::Value first, int64_t number, int64_t row);

  Kernel &kernel;
  int64_t lanes, widest = 0;
  mlir::Type stored;    // of values between layers
  int64_t together = 1; // columns in a word of memory
  mlir::Value memory;
  std::unique_ptr<SubgroupNetwork> ofMatrices;
  llvm::DenseMap<mlir::Value, mlir::Value> unpacked;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_NETWORKMEMORY_H
