//===- RayWalk.h - how ops follow rays -----------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A lane has a ray, and goes turn by turn to the next place at which the field is asked. What it must keep for that is
// a list of values, of which this class knows the meaning: who runs the turns (RayQueue.h) decides which lane has which
// ray.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_RAYWALK_H
#define TREADLE_CODEGEN_FIELD_RAYWALK_H

#include "codegen/field/FieldRow.h"
#include <memory>

namespace treadle {

class RayWalk {
public:
  /// Of ng.march, ng.delta_track or ng.sphere_trace. `row` computes the field, whichever rows its lanes have.
  static std::unique_ptr<RayWalk> of(FieldRow &row, mlir::Operation *op);
  virtual ~RayWalk() = default;

  /// What must be known of a ray, numbers and words, and whether it goes on.
  struct Known {
    Columns columns;
    mlir::Value goesOn;
  };
  /// Of the row's ray, where it begins.
  virtual Known start(FieldRow &row) = 0;
  /// The same where it comes to the first place at which the field is asked.
  virtual Known approach(Known known) { return known; }

  /// What goes from turn to turn, of rays at such a place or before.
  virtual Columns begin(const Known &known, bool isAtPlace) = 0;
  virtual mlir::Value goesOn(mlir::ValueRange state) = 0;
  virtual Columns turn(mlir::ValueRange state) = 0;
  /// What is kept of a ray: numbers, words and truth values.
  virtual Columns results(mlir::ValueRange state) = 0;
  /// Makes of it the op's results, of a row.
  virtual void bind(FieldRow &row, const Columns &results) = 0;

protected:
  explicit RayWalk(FieldRow &row) : row(row), kernel(row.kernel), b(row.b), v(row.elements) {}

  struct Rays {
    Columns origin, direction;
    mlir::Value start, end, isInside;
  };
  Rays raysOf(FieldRow &row, mlir::Value origin, mlir::Value direction, llvm::ArrayRef<float> box);
  /// On rays of six columns, origin and direction. Lanes that do not ask but stay with the others are all at one place,
  /// for which memory is read once.
  Columns positionAt(mlir::ValueRange ray, mlir::Value place, mlir::Value asks = nullptr);
  /// The cell of occupancy at a place: whether anything may be there, and if not, how far along the ray there is not.
  struct Cell {
    mlir::Value isOccupied, clear;
  };
  Cell cellAt(mlir::Value bits, mlir::ValueRange ray, mlir::Value place, mlir::Value asks);
  /// Whether `clear` is known, and usually beyond the next step.
  static bool isKnownAhead(mlir::Value bits, double usualStep);

  FieldRow &row;
  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  Lanes v;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_RAYWALK_H
