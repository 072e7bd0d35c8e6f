//===- Target.h - what a schedule may know of a device ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The description of one kind of device, as numbers. Schedules and the cost model read it and ask
// nothing else: there is no "if the target is ..." in them. A target fills it from its Chips.def; in
// IR it stands as a dictionary on the executable that kernels are compiled into, so that a dump is a
// whole reproducer.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_TARGET_H
#define TREADLE_CODEGEN_TARGET_H

#include "codegen/MatrixUnit.h"
#include "mlir/IR/Operation.h"
#include <algorithm>
#include <vector>

namespace treadle {

struct Target {
  std::string name;    // folder of targets/: "cpu"
  std::string variant; // row of its Chips.def: "x86-64-v3"

  /// Who does a task: one thread, which works on vectors (simd), or a workgroup of threads, which work on
  /// numbers (simt).
  bool isSimt = false;

  int64_t vectorBytes = 16;     // one vector register
  int64_t vectorRegisters = 16; // of them
  int64_t fmasPerCycle = 1;     // vector multiply-adds started in a cycle
  int64_t loadsPerCycle = 2;    // vector loads started in a cycle
  int64_t fmaLatency = 4;       // cycles from operands to result
  bool maskedMemory = false;    // masked loads and stores of 8 to 64-bit elements are one instruction

  int64_t l1Bytes = 32 << 10; // data cache of a core
  int64_t l1Ways = 8;         // lines of it whose addresses may be alike
  int64_t l2Bytes = 256 << 10;
  int64_t l2BytesPerCycle = 32;    // from the second-level to the first-level cache
  int64_t memoryBytesPerCycle = 8; // from beyond the second-level cache

  int64_t raysOfLane = 1; // that lanes follow, next ones as others end; 1: all lanes begin new ones together
  int64_t idleLanes = 1;  // that are idle before they take next ones

  // Of simt.
  int64_t workgroupThreads = 128; // in one workgroup, unless the work asks for other numbers
  int64_t subgroupThreads = 32;   // that run in lockstep
  int64_t threadRegisters = 128;  // of 32 bits, of a thread
  int64_t sharedBytes = 32 << 10; // memory of a workgroup
  int64_t mostSharedBytes = 0;    // the same, of one that has a multiprocessor for itself; 0: no more
  // Cycles that a subgroup's threads take for a value each: from memory, from shared memory; for one thread's
  // value for all of them, from its register.
  int64_t memoryLoadCycles = 16, sharedLoadCycles = 2, broadcastCycles = 2;
  int64_t loadBytes = 0;         // that a thread loads from memory as fast as one element; 0: no more than that
  bool approximatesExp2 = false; // one instruction is math.exp2 with `afn`, within 2 units in the last place
  int64_t loopTurns = 0;         // after which all loops of a thread are ended, finished or not; 0: never
  bool inLockstep = false;       // no thread is ever ahead of its subgroup, so that none waits for it

  /// Elements of so many bits that a thread loads as fast as one of them.
  int64_t loadElements(int64_t bits) const { return std::max<int64_t>(loadBytes * 8 / bits, 1); }
  /// Whether another thread's register is much nearer than shared memory.
  bool spreads() const { return broadcastCycles * 4 < sharedLoadCycles; }

  bool fixedSubgroups = false; // every device of this kind has subgroups of that many threads

  std::vector<MatrixUnit> matrixUnits; // larger ones first
  std::vector<MatrixUnit> sharedUnits; // that take operands from shared memory, where tile.copy_box brings them
  std::vector<MatrixUnit> opaqueUnits; // whose matrices only the device knows (tile.fragment_multiply): without layouts
  int64_t asyncCopyBytes = 0;          // that tile.copy_async moves at once, at most; 0: there is no such thing
  bool loadsMatrices = false;          // has tile.load_matrix

  /// A GPU, in the order of the columns of its Chips.def.
  static Target gpu(llvm::StringRef name, llvm::StringRef variant, int64_t workgroupThreads, int64_t subgroupThreads,
                    int64_t threadRegisters, int64_t sharedBytes, int64_t memoryLoadCycles, int64_t sharedLoadCycles,
                    int64_t broadcastCycles, int64_t loadBytes = 0, int64_t loopTurns = 0, bool inLockstep = false);

  /// The same with an instruction for 2^x.
  Target withExp2() const;

  /// The same with matrix units and what belongs to them: fragments are spread over subgroups of one size.
  Target withMatrixUnits(std::vector<MatrixUnit> units, int64_t asyncCopyBytes, bool loadsMatrices) const;

  /// The same with units that take operands from shared memory, of which there may be so much.
  Target withSharedUnits(std::vector<MatrixUnit> units, int64_t mostSharedBytes) const;

  /// The same with units whose matrices only the device knows; all subgroups have as many threads.
  Target withOpaqueUnits(std::vector<MatrixUnit> units) const;

  /// Of the units for such operands the first whose rows and columns are no more than these, or the last; null if
  /// there is none.
  static const MatrixUnit *choose(llvm::ArrayRef<MatrixUnit> units, mlir::Type lhs, mlir::Type rhs, int64_t rows,
                                  int64_t columns);
  const MatrixUnit *matrixUnit(mlir::Type lhs, mlir::Type rhs, int64_t rows, int64_t columns) const {
    return choose(matrixUnits, lhs, rhs, rows, columns);
  }

  /// Whether `rows` that lie `distance` bytes apart and are read side by side fall into so few sets of the
  /// first-level cache that they drive each other and what is read besides out of it.
  bool rowsCollide(int64_t distance, int64_t rows) const;

  /// Elements of a type in one vector register, at least 1.
  int64_t lanes(mlir::Type elementType) const;

  mlir::DictionaryAttr toAttr(mlir::MLIRContext *context) const;
  static Target fromAttr(mlir::DictionaryAttr attr);

  /// The description that `op` is compiled for: the attribute `treadle.target` of the nearest
  /// operation around it that has one; a plain default if none has.
  static Target of(mlir::Operation *op);
  static constexpr llvm::StringLiteral attrName = "treadle.target";
};

} // namespace treadle

#endif // TREADLE_CODEGEN_TARGET_H
