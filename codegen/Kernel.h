//===- Kernel.h - the function that a schedule writes -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel starts as a function on tensors, a group's ops inside, whose dimensions are constants or
// the kernel's own symbols s0, s1, ... A schedule turns it into a function of the same name that does
// the work:
//
//     func @k(buffer of each operand, then of each result : memref<?xT>,
//             one index for each symbol,
//             %begin, %end : index,          the tasks to run, of a grid of task counts
//             %scratch : memref<?xi8>)       private memory
//       attributes {treadle.grid = #graph.dims<..>, treadle.scratch = #graph.dim<..>,
//                   treadle.buffers = 3}
//
// and for a simt target, where a workgroup does the tasks that its number and the number of workgroups
// give it,
//
//     func @k(buffers and symbols as above, %count : index, boxes : !tile.box)
//       attributes {treadle.grid, treadle.scratch, treadle.buffers, treadle.threads = 128, treadle.boxes = [..],
//                   treadle.alone, treadle.persistent}
//
// Workgroup g of n does the tasks g, g + n, g + 2n, ..; of a persistent kernel g, 2n - 1 - g, 2n + g, 4n - 1 - g, ..
//
// Buffers of a simt target begin at multiples of 16 bytes.
//
// This class makes that function, names its arguments, and has the few arithmetic shorthands that
// keep schedules readable. It knows nothing of any schedule.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_KERNEL_H
#define TREADLE_CODEGEN_KERNEL_H

#include "codegen/Target.h"
#include "dialects/graph/Graph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace treadle {

class Kernel {
public:
  /// Starts the kernel whose body takes the place of `source`'s at finish(), or is gone without it.
  Kernel(mlir::func::FuncOp source, const Target &target);
  ~Kernel();
  Kernel(const Kernel &) = delete;
  Kernel &operator=(const Kernel &) = delete;

  mlir::func::FuncOp source;
  const Target &target;
  mlir::ImplicitLocOpBuilder b;

  mlir::Block &body() { return source.getBody().front(); }
  graph::Dims dims(mlir::Value tensor) { return graph::dimsOf(tensor.getType()); }
  /// The operands of the source's return: what must be stored.
  mlir::OperandRange results() { return body().getTerminator()->getOperands(); }

  /// The memory behind a block argument of the source, or behind result `index`.
  mlir::Value bufferOf(mlir::BlockArgument argument);
  mlir::Value resultBuffer(unsigned index);

  /// The value of an expression, computed once, at the top of the function.
  mlir::Value size(graph::DimExpr expr);
  /// Row-major strides of a tensor's dimensions, in elements.
  llvm::SmallVector<graph::DimExpr> strides(mlir::Type tensor);

  /// Runs `body` for each task of this worker.
  void tasks(llvm::function_ref<void(mlir::Value)> body);
  /// The same of a workgroup, carrying values from task to task: body returns the next ones.
  void tasks(mlir::ValueRange start,
             llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);

  /// Private memory for `count` elements, 64-byte aligned; the same for every task of a worker.
  mlir::Value scratch(mlir::Type elementType, graph::DimExpr count);

  // ---- of simt ---------------------------------------------------------------------------------
  /// How many threads a workgroup has; settled before anything is asked that depends on it.
  void setThreads(int64_t count) { threadCount = count; }
  int64_t threads() const { return threadCount; }
  /// There are so few workgroups that each finds a multiprocessor for itself, and its threads more registers.
  void setAlone() { isAlone = true; }
  /// Workgroups go from task to task, and no more of them are launched than the device runs at once. Each does one of
  /// every n tasks, there and back: where tasks come longest first, all are done at about the same time.
  void setPersistent() { isPersistent = true; }
  /// Threads of a subgroup stay together, in loops too: they take part in what it does even where they have no work of
  /// their own.
  void setTogether() { isTogether = true; }
  bool staysTogether() const { return isTogether; }
  /// The number of this thread in its workgroup.
  mlir::Value thread();
  /// Memory that the workgroup shares.
  mlir::Value shared(mlir::Type elementType, int64_t count, int64_t alignment = 16);
  /// What memory is a tensor to copies of boxes: sizes, outermost first, strides of all but the innermost dimension,
  /// whose elements are neighbours, both in elements, and the size of the boxes.
  struct Boxes {
    graph::Dims sizes, strides;
    llvm::SmallVector<int64_t> shape;
  };
  /// A further argument, of the memory of `buffer`.
  mlir::Value boxes(mlir::Value buffer, const Boxes &boxes);
  /// The number of this thread in its subgroup, which has Target::subgroupThreads of them.
  mlir::Value lane();
  /// The number of this thread's subgroup in its workgroup.
  mlir::Value subgroup();
  /// What `value` is in the subgroup's thread `lane`, for all of them.
  mlir::Value broadcast(mlir::Value value, int64_t lane);
  /// What `value` is in the subgroup's thread whose number differs in the bits of `mask`.
  mlir::Value exchange(mlir::Value value, int64_t mask);
  /// For which of the subgroup's threads `truth`, a vector of one, holds, a bit each.
  mlir::Value ballot(mlir::Value truth);
  /// All threads have come here, and see what the others stored to shared memory.
  void barrier();
  /// The same of those of a subgroup.
  void subgroupBarrier();

  /// Settles the task counts, outermost first, and puts the kernel in the source's place.
  void finish(llvm::ArrayRef<graph::DimExpr> grid);

  // ---- index arithmetic, folded where it is constant ------------------------------------------
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b); // of numbers >= 0
  mlir::Value rem(mlir::Value a, mlir::Value b);
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t value) { return add(a, index(value)); }
  mlir::Value mul(mlir::Value a, int64_t value) { return mul(a, index(value)); }
  mlir::Value div(mlir::Value a, int64_t value) { return div(a, index(value)); }
  mlir::Value rem(mlir::Value a, int64_t value) { return rem(a, index(value)); }
  mlir::Value less(mlir::Value a, mlir::Value b);

  /// Row-major position `linear` in a box of `sizes` as one index a dimension. The outermost is not
  /// reduced, so it may be left unknown.
  llvm::SmallVector<mlir::Value> delinearize(mlir::Value linear, llvm::ArrayRef<mlir::Value> sizes);
  llvm::SmallVector<mlir::Value> delinearize(mlir::Value linear, llvm::ArrayRef<graph::DimExpr> sizes);

  /// for (i = from; i < to; i += step) body(i)
  void loop(mlir::Value from, mlir::Value to, int64_t step, llvm::function_ref<void(mlir::Value)> body);
  /// The same, carrying values: body returns the next ones.
  llvm::SmallVector<mlir::Value>
  loop(mlir::Value from, mlir::Value to, int64_t step, mlir::ValueRange start,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);
  /// while (condition(values)) values = body(values)
  llvm::SmallVector<mlir::Value> loopWhile(mlir::ValueRange start,
                                           llvm::function_ref<mlir::Value(mlir::ValueRange)> condition,
                                           llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ValueRange)> body);
  /// if (condition) then() else otherwise(); a null condition always holds.
  void when(mlir::Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise = nullptr);

private:
  /// What is made at the function's start when it is first asked for.
  mlir::Value once(mlir::Value &kept, llvm::function_ref<mlir::Value()> make);

  mlir::func::FuncOp function;
  llvm::DenseMap<graph::DimExpr, mlir::Value> sizes;
  mlir::Operation *bodyStart = nullptr; // sizes are computed before it, in the order asked for
  graph::DimExpr scratchBytes;
  mlir::Value beginArgument, endArgument, scratchArgument;
  int64_t threadCount = 0;
  bool isAlone = false, isPersistent = false, isTogether = false;
  mlir::Value threadNumber, laneNumber, subgroupNumber;
  bool usesSubgroups = false;
  llvm::SmallVector<mlir::Attribute> boxesAttr; // of the arguments
};

/// How an element type is kept in memory: i1 as i8, unsigned integers as signless ones, bf16 as its bits
/// (LLVM would move single elements of it through functions that libc does not have).
mlir::Type storageType(mlir::Type elementType);

/// How it is computed with: floats narrower than 32 bits as f32.
mlir::Type computeType(mlir::Type elementType);

/// A scalar or a vector of elements as they lie in memory, as what is computed with; and back.
mlir::Value fromStorage(mlir::ImplicitLocOpBuilder &b, mlir::Value stored, mlir::Type elementType);
mlir::Value toStorage(mlir::ImplicitLocOpBuilder &b, mlir::Value computed, mlir::Type elementType);

/// A scalar, or elements of a vector, as the type that is added up in.
mlir::Value extendTo(mlir::ImplicitLocOpBuilder &b, mlir::Value value, mlir::Type sumType, bool isUnsigned);

/// left * right + sum, of vectors.
mlir::Value multiplyAdd(mlir::ImplicitLocOpBuilder &b, mlir::Value left, mlir::Value right, mlir::Value sum);

} // namespace treadle

#endif // TREADLE_CODEGEN_KERNEL_H
