//===- MatrixNetwork.h - perceptrons on matrix units of known layouts ---------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between layers values stay in registers: the sums of one layer are the operand of the next where they are
// (codegen/simt/FragmentChain.h).
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

#include "codegen/field/SubgroupNetwork.h"
#include "codegen/simt/FragmentChain.h"
#include "codegen/simt/SharedRows.h"

namespace treadle {

class MatrixNetwork : public SubgroupNetwork {
public:
  MatrixNetwork(Kernel &kernel, mlir::Type element, const MatrixUnit &unit, simt::FragmentChain chain);

  void loadWeights() override;
  llvm::SmallVector<mlir::Value> compute(Elements &elements, ng::MlpOp op, mlir::ValueRange inputs,
                                         int64_t used) override;
  int64_t turns(ng::MlpOp) const override { return subgroupRows() / (atOnce * chain.queries); }

private:
  int64_t weightElements(const Layer &layer) const override {
    return fragmentsOf(layer) * subgroupRows() * weightLayout().count();
  }
  int64_t rowElements() const override { return blocks * rows.elements(); }
  int64_t heldColumns(const Layer &layer) const override {
    return layer.fragments * chain.others + layer.steps * unit.depth;
  }
  bool canLoadLate(const Layer &) const override { return true; }
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

  simt::FragmentChain chain;
  simt::SharedRows rows;     // a subgroup's, of one block of columns
  int64_t blocks;            // of columns
  int64_t together;          // weights' fragments that are read at once
  mlir::Value lane, ownRows; // the thread's number; where its subgroup's rows begin
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_MATRIXNETWORK_H
