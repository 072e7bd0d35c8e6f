//===- SubgroupNetwork.h - perceptrons on matrix units ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A subgroup's threads each have a row, and multiply all of them together. What rows, weights and fragments are like in
// shared memory and registers depends on who knows the unit's layouts: schedules (MatrixNetwork.h) or the device alone
// (FragmentNetwork.h). What is shared out between them is the same for both.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_SUBGROUPNETWORK_H
#define TREADLE_CODEGEN_FIELD_SUBGROUPNETWORK_H

#include "codegen/elements/Elements.h"
#include "dialects/ng/Ng.h"
#include <memory>

namespace treadle {

class SubgroupNetwork {
public:
  /// For all networks of the kernel's source, if the device has a unit for them; settles the kernel's threads. Null if
  /// it has none. All threads of a subgroup must take part.
  static std::unique_ptr<SubgroupNetwork> of(Kernel &kernel);
  virtual ~SubgroupNetwork();

  /// Before any task.
  virtual void loadWeights() = 0;

  /// The first `used` columns of the op's result for the threads' rows, whose columns are `inputs`.
  virtual llvm::SmallVector<mlir::Value> compute(Elements &elements, ng::MlpOp op, mlir::ValueRange inputs,
                                                 int64_t used) = 0;

  /// The turns of loops in one `compute`.
  virtual int64_t turns(ng::MlpOp op) const = 0;

protected:
  /// A layer's weights, [out][in], in fragments of the unit.
  struct Layer {
    mlir::BlockArgument weights;
    int64_t out = 0, in = 0;
    int64_t fragments = 0, steps = 0; // of out, and of in
    int64_t place = -1;               // in shared memory, -1: they are loaded when they are needed
  };
  using Values = llvm::SmallVector<mlir::Value>;

  /// A fragment of sums has so many rows and columns, "others".
  SubgroupNetwork(Kernel &kernel, mlir::Type element, const MatrixUnit &unit, int64_t rows, int64_t others);

  /// Shares out memory and registers. False if there is too little, or weights that are not in shared memory cannot be
  /// loaded when they are needed.
  bool placeAll();
  /// Elements that take shared memory: of a layer's weights, and of a subgroup's rows.
  virtual int64_t weightElements(const Layer &layer) const = 0;
  virtual int64_t rowElements() const = 0;
  /// Columns of a row that are in registers while the layer is computed.
  virtual int64_t heldColumns(const Layer &layer) const = 0;
  virtual bool canLoadLate(const Layer &layer) const = 0;

  const Layer &layerOf(mlir::Value weights) const;
  /// `run` neighbours of a row of the tensor, from k on, a multiple of it; zeros past the last. There are as many rows
  /// as fragments have, and as many k as steps have.
  mlir::Value weightsAt(const Layer &layer, mlir::Value row, mlir::Value k, int64_t run, int64_t rows);
  int64_t subgroupRows() const { return kernel.target.subgroupThreads; }

  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  mlir::Type element, stored;
  const MatrixUnit &unit;
  int64_t fragmentRows, others;
  int64_t atOnce = 1;     // fragments of rows, which share what is read of weights
  int64_t widest = 0;     // columns of any layer
  int64_t endColumns = 0; // of what goes in and comes out
  llvm::MapVector<mlir::Value, Layer> layers;
  mlir::Value rowMemory, weightMemory;

private:
  int64_t sharedBytes(int64_t weightBytes, int64_t others) const;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_SUBGROUPNETWORK_H
