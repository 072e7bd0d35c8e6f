//===- FragmentNetwork.h - perceptrons on matrix units that only the device knows -===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nobody says who holds what, so a layer's sums become the next one's operand by way of the subgroup's part of shared
// memory. An activation needs no place: whoever holds an element computes it.
//
//     once:  weights to shared memory, as [out][in]
//     rows:  a thread's own row to its subgroup's part of shared memory
//            for some fragments of rows
//              for each layer
//                operands = its k, all of them
//                for each fragment of its columns
//                  sums = operands * weights,  activation,  rounded to where the operands were
//            a thread's own row from there
//
// Columns and k past the last are zeros, of weights and of what they are multiplied with.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_FRAGMENTNETWORK_H
#define TREADLE_CODEGEN_FIELD_FRAGMENTNETWORK_H

#include "codegen/field/SubgroupNetwork.h"

namespace treadle {

class FragmentNetwork : public SubgroupNetwork {
public:
  FragmentNetwork(Kernel &kernel, mlir::Type element, const MatrixUnit &unit);

  void loadWeights() override;
  llvm::SmallVector<mlir::Value> compute(Elements &elements, ng::MlpOp op, mlir::ValueRange inputs,
                                         int64_t used) override;
  int64_t turns(ng::MlpOp op) const override;

private:
  int64_t weightElements(const Layer &layer) const override {
    return layer.fragments * unit.columns * weightPitch(layer);
  }
  int64_t rowElements() const override { return subgroupRows() * rowPitch; }
  int64_t heldColumns(const Layer &layer) const override { return layer.steps * unit.depth + unit.columns; }
  /// Of whole fragments, whose rows begin where the device can load them.
  bool canLoadLate(const Layer &layer) const override;

  int64_t weightPitch(const Layer &layer) const;
  int64_t padded(int64_t columns) const;
  mlir::Type typeOf(int64_t rows, int64_t columns, mlir::Type element, llvm::StringRef role);
  mlir::Value activated(mlir::Value sums, ng::Activation activation);
  void computeLayer(const Layer &layer, mlir::Value firstRow, int64_t used, ng::Activation activation);
  void storeColumns(mlir::ValueRange columns, int64_t first);
  void storeZeros(int64_t first, int64_t end);

  int64_t rowPitch;
  mlir::Value ownRows, ownRow; // where the subgroup's rows begin, and the thread's own
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_FRAGMENTNETWORK_H
