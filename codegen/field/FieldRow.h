//===- FieldRow.h - what ops of ng are for a row ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A lane has a row: one of positions and directions, a sample or a ray. What an op makes of it is a list of values, one
// for each column, that stay in registers, where Elements finds them as the op's result; so what is done with them
// before and after is done as in any other kernel. A network's values go from layer to layer through memory
// (NetworkMemory.h):
//
//     for a block of columns of the next layer
//       sums, a register each = 0
//       for each column of this one      read once for the block
//         sums += weight * column        a weight is the same for all lanes
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_FIELD_FIELDROW_H
#define TREADLE_CODEGEN_FIELD_FIELDROW_H

#include "codegen/field/Lanes.h"
#include "codegen/field/NetworkMemory.h"

namespace treadle {

using Columns = llvm::SmallVector<mlir::Value>;

/// The row that lanes have in tensors of the kernel, and which of them have one.
struct RowPlace {
  Coord coord;
  mlir::Value isThere; // null: all
};

class FieldRow {
public:
  FieldRow(Elements &elements, NetworkMemory &networks, RowPlace row)
      : elements(elements), kernel(elements.kernel), b(elements.b), v(elements), networks(networks),
        row(std::move(row)) {}

  /// Computes the block's ops of ng for the rows, in order, and lets their elements know of them.
  static void emit(llvm::MutableArrayRef<FieldRow> rows, mlir::Block &block);

  /// All columns of a value, in row-major order.
  Columns columns(mlir::Value value);

  /// The whole kernel for these rows: its ops, and then its results, stored at `places`.
  static void storeResults(llvm::MutableArrayRef<FieldRow> rows, llvm::ArrayRef<Coord> places);

private:
  /// What a lane loads of neighbours in memory at once.
  static constexpr int64_t wordBits = 64;
  /// As many elements as a thread's vector has at most, which is SPIR-V's limit.
  static constexpr int64_t threadVector = 4;

  void bind(mlir::Value value, Columns columns);

  Columns gridEncoding(ng::GridEncodingOp op);
  Columns sphericalHarmonics(ng::SphericalHarmonicsOp op);
  void emit(mlir::Operation &op);
  void storeColumns(llvm::ArrayRef<Columns> results, const Coord &place);
  /// Of each of some rows, for the columns that go in.
  llvm::SmallVector<Columns> mlp(ng::MlpOp op, llvm::ArrayRef<Columns> inputs);
  /// `rows` times `columns` weights as numbers of f32, the same in all lanes; rows are so far apart.
  Columns weightsOf(NetworkMemory::Weights weights, mlir::Value start, int64_t rows, int64_t columns, int64_t distance);
  /// Elements `first` * `count` and on of memory in each lane, where `first` is a word a lane, as they are computed
  /// with.
  Columns loadNeighbours(mlir::BlockArgument argument, mlir::Value first, int64_t count);

  // Along rays (FieldRays.cpp).
  struct Rays {
    Columns origin, direction;
    mlir::Value start, end, isInside;
    Columns at(Lanes &v, mlir::Value place, mlir::Value asks = nullptr) const;
  };
  /// On the way to the next place at which the field is asked.
  struct Way {
    mlir::Value place, next, lost; // where it is asked; the next place, and what was lost of that by rounding
    mlir::Value step;              // how many there have been
    mlir::Value goesOn, hasPlace;
    static constexpr mlir::Value Way::*members[] = {&Way::place, &Way::next,   &Way::lost,
                                                    &Way::step,  &Way::goesOn, &Way::hasPlace};
  };
  /// Front to back.
  struct Light {
    mlir::Value red, green, blue, alpha, greatest, depth;
    static constexpr mlir::Value Light::*members[] = {&Light::red,   &Light::green,    &Light::blue,
                                                      &Light::alpha, &Light::greatest, &Light::depth};
    static Light none(Lanes &v) {
      return {v.number(0), v.number(0), v.number(0), v.number(0), v.number(0), v.number(0)};
    }
    Light with(Lanes &v, mlir::Value opacity, llvm::ArrayRef<mlir::Value> color, mlir::Value place) const;
  };
  /// A ray of ng.march or ng.delta_track from place to place, of which `step` finds the next, until there is none or
  /// nearly all light is taken, of what is left `opacityAt` each.
  template <typename Op>
  Light follow(Op op, const Rays &rays, Way begin, llvm::function_ref<Way(Way)> step,
               llvm::function_ref<mlir::Value(mlir::Value density, mlir::Value place)> opacityAt);
  Rays raysOf(mlir::Value origin, mlir::Value direction, llvm::ArrayRef<float> box);
  mlir::Value isOccupied(mlir::Value bits, const Columns &position);
  /// Of each value that the field yields for the inputs, the columns.
  llvm::SmallVector<Columns> evaluate(mlir::Region &field, llvm::ArrayRef<Columns> inputs);
  void march(ng::MarchOp op);
  void deltaTrack(ng::DeltaTrackOp op);
  void sphereTrace(ng::SphereTraceOp op);
  Columns gradient(ng::GradientOp op);

  Elements &elements;
  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  Lanes v;
  NetworkMemory &networks;
  RowPlace row;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_FIELD_FIELDROW_H
