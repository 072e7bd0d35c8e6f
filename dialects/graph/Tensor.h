//===- Tensor.h - a whole tensor in host memory -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the reference evaluator computes on: dense, row-major, of any element type, sharing memory
// with constants of the IR where it can. Elements are read and written as float, double or int64_t,
// whatever they are stored as; `Tensor::compute` says which of the three is right for a type.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_TENSOR_H
#define TREADLE_DIALECTS_GRAPH_TENSOR_H

#include "dialects/graph/dims/DimExpr.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "runtime/base/DType.h"
#include <memory>
#include <vector>

namespace treadle::graph {

/// The storage type of an element type of the graph dialect; nothing for types it does not have.
std::optional<DType> dtypeOf(mlir::Type elementType);
/// The bytes of a tensor whose element type has one.
DimExpr byteCount(mlir::RankedTensorType type);
/// The other way: i8 for I8, ui8 for U8, i1 for Bool.
mlir::Type typeOf(mlir::MLIRContext *context, DType dtype);

/// The type in which an element is computed with.
enum class Compute { Float, Double, Int };

class Tensor {
public:
  Tensor() = default;
  /// Zeroed, with memory of its own.
  Tensor(DType dtype, llvm::ArrayRef<int64_t> shape);

  /// The value of a constant. Shares the memory of a resource; copies a small inline one.
  static mlir::FailureOr<Tensor> from(mlir::ElementsAttr attr);
  static Tensor from(DType dtype, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> values);

  /// As a constant of the IR: inline up to 16 elements, else a resource that shares this memory.
  mlir::ElementsAttr toAttr(mlir::MLIRContext *context) const;

  DType dtype() const { return type; }
  llvm::ArrayRef<int64_t> shape() const { return dims; }
  int64_t rank() const { return dims.size(); }
  int64_t size() const { return count; }
  int64_t bytes() const { return byteSize(type, count); }
  llvm::ArrayRef<char> raw() const { return {memory, static_cast<size_t>(bytes())}; }
  /// Only for a tensor that was made zeroed, and not shared since.
  char *mutableRaw() { return own->data(); }

  template <typename T> const T *data() const { return reinterpret_cast<const T *>(memory); }
  template <typename T> T *mutableData() { return reinterpret_cast<T *>(mutableRaw()); }

  Compute compute() const;

  /// The element in row-major position `index`, converted to T (float, double or int64_t).
  template <typename T> T get(int64_t index) const;
  template <typename T> void set(int64_t index, T value);

  /// All elements converted; without a copy where they are stored as T.
  template <typename T> std::vector<T> read() const;
  template <typename T> void write(llvm::ArrayRef<T> values);

  /// The same elements in another shape.
  Tensor reshaped(llvm::ArrayRef<int64_t> shape) const;

private:
  DType type = DType::F32;
  llvm::SmallVector<int64_t> dims;
  int64_t count = 0;
  const char *memory = nullptr;
  std::shared_ptr<std::vector<char>> own; // null where the memory is the IR's
};

/// Whether a < b as elements of `dtype`: those of U64, read as int64_t, are still unsigned.
template <typename T> bool isLess(DType dtype, T a, T b) {
  if constexpr (std::is_integral_v<T>)
    if (dtype == DType::U64)
      return static_cast<uint64_t>(a) < static_cast<uint64_t>(b);
  return a < b;
}

/// Arithmetic on elements that wraps around for integers, where C++ leaves overflow undefined.
template <typename T, typename F> T wrapping(T a, T b, F function) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(function(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
  else
    return function(a, b);
}

/// Row-major strides of a shape, in elements.
llvm::SmallVector<int64_t> stridesOf(llvm::ArrayRef<int64_t> shape);

/// Calls `visit` with every index of `shape` in row-major order.
void forEachIndex(llvm::ArrayRef<int64_t> shape, llvm::function_ref<void(llvm::ArrayRef<int64_t>)> visit);

/// For each element of `shape`, the row-major position in `operand` that broadcasts to it.
std::vector<int64_t> broadcastPositions(llvm::ArrayRef<int64_t> operand, llvm::ArrayRef<int64_t> shape);

} // namespace treadle::graph

#endif // TREADLE_DIALECTS_GRAPH_TENSOR_H
