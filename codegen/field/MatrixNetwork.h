//===- MatrixNetwork.h - perceptrons on matrix units -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A subgroup's threads each have a row, and multiply all of them together. Between layers values stay in registers: the
// sums of one layer are the operand of the next where they are (codegen/simt/FragmentChain.h).
//
//     once:  weights to shared memory, as threads read fragments of them, 16 bytes each side by side
//     rows:  a thread's own row to its subgroup's part of shared memory, 16 bytes at a time
//            for some fragments of rows
//              operand = their first layer's k
//              for each layer, for each fragment of its columns
//                sums = operand * weights,  activation,  rounded to the next operand
//              the last layer's sums to where the rows were
//            a thread's own row from there
//
// Columns and k past the last are zeros, of weights and of what they are multiplied with.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_MATRIXNETWORK_H
#define TREADLE_CODEGEN_FIELD_MATRIXNETWORK_H

#include "codegen/elements/Elements.h"
#include "codegen/simt/FragmentChain.h"
#include "codegen/simt/SharedRows.h"
#include "dialects/ng/Ng.h"
#include <memory>

namespace treadle {

class MatrixNetwork {
public:
  /// For all networks of the kernel's source, if the device has a unit for them; settles the kernel's threads. Null if
  /// it has none. All threads of a subgroup must take part.
  static std::unique_ptr<MatrixNetwork> of(Kernel &kernel);

  /// Before any task.
  void loadWeights();

  /// The first `used` columns of the op's result for the threads' rows, whose columns are `inputs`.
  llvm::SmallVector<mlir::Value> compute(Elements &elements, ng::MlpOp op, mlir::ValueRange inputs, int64_t used);

private:
  /// A layer's weights, [out][in], in fragments of the unit's others and depth.
  struct Layer {
    mlir::BlockArgument weights;
    int64_t out = 0, in = 0;
    int64_t fragments = 0, steps = 0; // of out, and of in
    int64_t place = -1;               // in shared memory, -1: they are loaded when they are needed
  };
  using Values = llvm::SmallVector<mlir::Value>;

  MatrixNetwork(Kernel &kernel, mlir::Type element, const MatrixUnit &unit, simt::FragmentChain chain);
  bool placeAll();
  int64_t sharedBytes(int64_t weightBytes, int64_t others) const;
  int64_t fragmentsOf(const Layer &layer) const;

  mlir::Value chunkPlace(mlir::Value row, mlir::Value column);
  mlir::Value resultPlace(mlir::Value row, mlir::Value column);
  int64_t columnAt(int64_t block, int64_t chunk, int64_t element) const;
  void storeInputs(mlir::ValueRange inputs);
  llvm::SmallVector<Values> loadOperands(mlir::Value firstRow, int64_t steps);
  Values sumsOf(const Layer &layer, llvm::ArrayRef<Values> operands, int64_t used, ng::Activation activation);
  llvm::SmallVector<Values> nextOperands(llvm::ArrayRef<mlir::Value> values, int64_t out);
  void storeSums(llvm::ArrayRef<mlir::Value> sums, mlir::Value firstRow, int64_t used);
  Values loadResults(int64_t used);

  mlir::Value weightFragment(const Layer &layer, mlir::Value number, mlir::Value thread);
  mlir::Value asOperand(mlir::Value stored);
  const FragmentLayout &weightLayout() const { return chain.otherOperandOf(unit); }
  int64_t subgroupRows() const { return kernel.target.subgroupThreads; }

  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  mlir::Type element, stored;
  const MatrixUnit &unit;
  simt::FragmentChain chain;
  simt::SharedRows rows; // a subgroup's, of one block of columns
  int64_t blocks = 0;    // of columns
  int64_t together;      // weights' fragments that are read at once
  int64_t atOnce = 1;    // fragments of rows, which share what is read of weights
  llvm::MapVector<mlir::Value, Layer> layers;
  mlir::Value rowMemory, weightMemory;
  mlir::Value lane, ownRows; // the thread's number; where its subgroup's rows begin
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_MATRIXNETWORK_H
