//===- RayQueue.h - the next ray where a lane's is done --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rays end when they do, and lanes whose rays have ended would wait for the others. Where lanes have a run of rows,
// several times as many as there are lanes, they take the next ray of it (Aila and Laine 2009, "Understanding the
// efficiency of ray traversal on GPUs"):
//
//     for some rows after others   what is known of their rays, at the first place at which the field is asked
//     while there are rays         results of rays that are done, and next ones in their lanes;
//                                  then turns (RayWalk.h), until enough lanes are idle that next ones are worth it
//     for some rows after others   what the kernel makes of these results
//
// So memory is read and written in the order of rows, and rays that never ask are never taken. What is known of a ray,
// and then its results, are in memory of the worker's own, [column][row]. They do not depend on which lane follows a
// ray, nor when.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_RAYQUEUE_H
#define TREADLE_CODEGEN_FIELD_RAYQUEUE_H

#include "codegen/field/RayWalk.h"

namespace treadle {

class RayQueue {
public:
  /// For the op that follows rays, the only one of the kernel, by the lanes of a vector, in runs of so many rays a
  /// lane.
  RayQueue(Kernel &kernel, NetworkMemory &networks, mlir::Operation *op, int64_t lanes, int64_t raysOfLane);

  struct Place {
    RowPlace row;
    mlir::Value inRun; // of the first lane
    Coord stored;      // where the results go
  };
  /// The whole kernel for the run's first `count` rows, of which lanes have those at `placeOf` one after another.
  void storeResults(mlir::Value count, llvm::function_ref<Place(mlir::Value first)> placeOf);

private:
  /// Puts the row's rays behind so many: how many there are then.
  mlir::Value add(FieldRow &row, mlir::Value inRun, mlir::Value count);
  /// So many rays to their ends.
  void follow(mlir::Value count);
  Columns results(mlir::Value inRun);

  int64_t columns() const { return static_cast<int64_t>(1 + std::max(known.size(), kept.size())); }
  /// From column to column, with room for a row that is none.
  int64_t distance() const { return rows + lanes; }
  mlir::Value place(size_t column) { return kernel.index(static_cast<int64_t>(column) * distance()); }
  mlir::Value toMemory(mlir::Value value);
  mlir::Value fromMemory(mlir::Value word, mlir::Type element);
  mlir::Value gather(size_t column, mlir::Value rows, mlir::Type element);
  void scatter(size_t column, mlir::Value rows, mlir::Value value);

  Kernel &kernel;
  NetworkMemory &networks;
  mlir::Operation *op;
  Elements elements;
  mlir::ImplicitLocOpBuilder &b;
  Lanes v;
  FieldRow followed; // whichever rows lanes have
  std::unique_ptr<RayWalk> walk;
  int64_t lanes, rows;                       // rows of a run
  mlir::Value memory;                        // column 0: the rows whose rays are in the queue
  llvm::SmallVector<mlir::Type> known, kept; // of the other columns: of a ray before and after
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_RAYQUEUE_H
