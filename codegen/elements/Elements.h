//===- Elements.h - code for elements of a tensor, at a position ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How fused ops become code. A schedule decides which elements to compute, in which order, and asks
// for a vector of elements of a value; the answer is found by asking in turn for elements of the
// operands, through index maps, down to memory. So views, broadcasts, padding, gathers and
// elementwise ops cost nothing but their arithmetic, wherever they are fused: into a map, a
// reduction's input, the packing of a matrix, or what follows a product.
//
//     position      one coordinate a dimension: base + offset + lane * l   for lane l of the vector
//     mask          lanes that may be read; the others hold anything
//
// What cannot be computed from a position alone (the result of a product, a row's sum) the schedule
// binds beforehand.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_ELEMENTS_ELEMENTS_H
#define TREADLE_CODEGEN_ELEMENTS_ELEMENTS_H

#include "codegen/Kernel.h"
#include <functional>

namespace treadle {

/// Where along one dimension the lanes of a vector lie.
struct Coord {
  mlir::Value base;   // index; null with `lanes`
  int64_t offset = 0; // constant part
  int64_t lane = 0;   // distance from lane to lane
  int64_t row = 0;    // how `offset` grows from row to row of a tile, see Elements::setTile
  mlir::Value lanes;  // vector of i32: any coordinates

  /// Whether both are computed the same way.
  bool operator==(const Coord &other) const;
  bool isUniform() const { return !lanes && lane == 0; }
  /// A number that is the same for all and known here.
  std::optional<int64_t> known() const;
};

using Position = llvm::SmallVector<Coord, 4>;

class Elements {
public:
  /// For vectors of `lanes` elements.
  Elements(Kernel &kernel, int64_t lanes) : kernel(kernel), b(kernel.b), lanes(lanes) {}

  using Source = std::function<mlir::Value(const Position &)>;

  /// From now on elements of `value` come from `source`, not from what defines it.
  void bind(mlir::Value value, Source source) { bound[value] = std::move(source); }

  /// Lanes that are within bounds; null for all.
  void setMask(mlir::Value mask) { this->mask = mask; }

  /// What is asked for from now on is row `row` of a tile of `rows` rows, all of them within bounds: their
  /// coordinates differ from row to row by `Coord::row`. Loads that are contiguous from row to row are
  /// done for a whole tile at once and transposed in registers. 0 rows: no tile.
  void setTile(int64_t rows, int64_t row) {
    tileRows = rows;
    tileRow = row;
  }

  /// A thread's elements that lie side by side are all wanted: they are loaded together. See together().
  void setWholeRows() { hasWholeRows = true; }
  /// As many elements as a thread's vector has at most, which is SPIR-V's limit.
  static constexpr int64_t threadVector = 4;
  /// How many elements of a row-major tensor's innermost dimension a thread loads and stores at once: divides it.
  static int64_t together(mlir::RankedTensorType type);

  /// Windows (of pools and depthwise convolutions) lie wholly within their inputs from now on.
  void setInterior(bool interior) { this->interior = interior; }

  /// Elements of `value` at `position`: a vector of its compute type.
  mlir::Value at(mlir::Value value, const Position &position);

  /// Elements of a row-major tensor's memory at `position`, as they are stored.
  mlir::Value load(mlir::Value memory, mlir::RankedTensorType type, const Position &position);

  /// Stores `elements` to a row-major tensor's memory at `position`; masked lanes are left alone.
  void store(mlir::Value elements, mlir::Value memory, mlir::RankedTensorType type, const Position &position);

  /// The same of a thread's neighbours along the innermost dimension, as many as together() says, from `position` on.
  void storeTogether(llvm::ArrayRef<mlir::Value> elements, mlir::Value memory, mlir::RankedTensorType type,
                     const Position &position);

  /// Computes those of the kernel's results that `which` picks at `position`, then stores them: a result
  /// may lie over what another is computed from.
  void storeResults(const Position &position, llvm::function_ref<bool(mlir::Value)> which = nullptr);

  /// The same at one position of what the results are transposes of: each is stored where that takes it.
  void storeTransposed(const Position &position);

  /// A region whose values may not be used outside of it: what was computed inside is forgotten.
  template <typename F> auto scoped(F body) {
    auto saved = computed;
    auto savedTiles = tiles;
    struct Restore {
      Elements &self;
      decltype(saved) &computed;
      decltype(savedTiles) &tiles;
      ~Restore() {
        self.computed = std::move(computed);
        self.tiles = std::move(tiles);
      }
    } restore{*this, saved, savedTiles};
    return body();
  }

  /// Numbers of [0, 1), those of `graph.random <uniform> {draws}`: draw `draw` of element `number`, words of 32 bits.
  mlir::Value uniformOf(mlir::Value number, mlir::Value draw, uint64_t seed);

  /// Whether a reduction of so many elements is written out, without a loop.
  static bool isFewElements(graph::DimExpr count);
  /// The mean from a sum.
  mlir::Value finishMean(graph::ReduceOp op, mlir::Value sum);

  mlir::VectorType vectorOf(mlir::Type elementType) const { return mlir::VectorType::get({lanes}, elementType); }
  mlir::Value splat(mlir::Value scalar);
  mlir::Value constant(mlir::TypedAttr scalar);
  mlir::Value constant(mlir::Type elementType, double value);

  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  const int64_t lanes;

private:
  mlir::Value compute(mlir::Value value, const Position &position);
  mlir::Value loadTogether(mlir::Value memory, mlir::RankedTensorType type, const Position &position,
                           mlir::Value start);
  mlir::Value loadTransposed(mlir::Value memory, mlir::Type element, const Position &position, mlir::Value start,
                             int64_t laneStride);

  // One for each op that is more than elementwise (Elements.cpp, CombinedElements.cpp).
  mlir::Value sliceAt(graph::SliceOp op, Position position);
  mlir::Value padAt(graph::PadOp op, Position position);
  mlir::Value concatAt(graph::ConcatOp op, Position position);
  mlir::Value gatherAt(graph::GatherOp op, const Position &position);
  mlir::Value gatherElementsAt(graph::GatherElementsOp op, const Position &position);
  mlir::Value gatherNdAt(graph::GatherNdOp op, const Position &position);
  mlir::Value ifAny(graph::DimExpr count, mlir::Value tensor, const Position &position);
  mlir::Value reshapeAt(graph::ReshapeOp op, const Position &position);
  mlir::Value resizeAt(graph::ResizeOp op, const Position &position);
  mlir::Value poolAt(graph::PoolOp op, const Position &position);
  mlir::Value reduceAt(graph::ReduceOp op, const Position &position);
  mlir::Value argReduceAt(graph::ArgReduceOp op, const Position &position);
  mlir::Value depthwiseAt(graph::ConvOp op, const Position &position);
  mlir::Value randomAt(graph::RandomOp op, const Position &position);

  /// A window that moves along `axes` of a tensor with dimensions `sizes`.
  struct Window {
    llvm::ArrayRef<int64_t> axes, kernel, strides, dilations, padLow;
    graph::Dims sizes;
  };
  struct Range {
    mlir::Value low, high;
  };
  /// Runs `combine` for each tap of the window at `position` that is inside, carrying a value: with the
  /// input position, the taps, the lanes that are inside (null for all) and the value so far.
  mlir::Value window(
      const Window &window, const Position &position, mlir::Value start,
      llvm::function_ref<mlir::Value(const Position &, llvm::ArrayRef<mlir::Value>, mlir::Value, mlir::Value)> combine);
  Range insideRange(const Window &window, size_t i, const Coord &out);

  struct Tap {
    Coord coord;
    mlir::Value weight; // null: the only one
  };
  /// What an output coordinate is made of along axis number `i`.
  llvm::SmallVector<Tap> resizeTaps(graph::ResizeOp op, size_t i, const Coord &out);

  /// Runs `body` with only those of the current lanes whose bit in `inside` is set.
  mlir::Value masked(mlir::Value inside, llvm::function_ref<mlir::Value()> body);

public:
  // ---- coordinates as numbers, for ops that compute with them ---------------------------------
  /// As an index, of a uniform coordinate.
  mlir::Value scalar(const Coord &coord);
  /// As a vector of i32.
  mlir::Value vector(const Coord &coord);
  static Coord uniform(mlir::Value base) { return Coord{base, 0, 0, 0, {}}; }
  /// From elements of an index tensor: wrapped once if negative, kept within the dimension. Uniform if
  /// `position` is.
  Coord coordFrom(mlir::Value indices, const Position &position, graph::DimExpr size);

private:
  struct Computed {
    Position position;
    mlir::Value mask, elements;
  };
  llvm::DenseMap<mlir::Value, Source> bound;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Computed, 2>> computed;
  struct Tile { // what loadTransposed has loaded
    mlir::Value memory;
    Position origin; // of row 0
    llvm::SmallVector<mlir::Value> rows;
  };
  llvm::SmallVector<Tile, 0> tiles;
  mlir::Value mask;
  int64_t tileRows = 0, tileRow = 0;
  bool interior = false, hasWholeRows = false;
};

/// The operation of one elementwise graph op on vectors of its operands' compute types
/// (Scalar.cpp).
mlir::Value emitElementwise(mlir::ImplicitLocOpBuilder &b, mlir::Operation *op, mlir::ValueRange operands);

/// Exchanges rows and lanes of a square of vectors: log2(lanes) rounds of exchanging halves, quarters, ...
/// between pairs of registers.
void transposeSquare(mlir::ImplicitLocOpBuilder &b, llvm::MutableArrayRef<mlir::Value> rows);

/// Two elements combined as a reduction does it, and what it starts from.
mlir::Value emitCombine(mlir::ImplicitLocOpBuilder &b, graph::ReduceKind kind, bool isUnsigned, mlir::Value a,
                        mlir::Value c);
mlir::TypedAttr neutralOf(graph::ReduceKind kind, mlir::Type elementType);

} // namespace treadle

#endif // TREADLE_CODEGEN_ELEMENTS_ELEMENTS_H
