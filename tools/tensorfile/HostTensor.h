//===- HostTensor.h - a tensor in memory, as files have it ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TENSORFILE_HOSTTENSOR_H
#define TREADLE_TOOLS_TENSORFILE_HOSTTENSOR_H

#include "runtime/base/DType.h"
#include "runtime/base/Status.h"
#include <memory>
#include <vector>

namespace treadle {

/// Dense and row-major. Copies share the memory.
class HostTensor {
public:
  HostTensor() = default;

  /// Zeroed. Fails where dims are negative, or more than can be had.
  static Status make(DType dtype, std::vector<int64_t> dims, HostTensor &tensor);
  /// A copy of what a program handed out.
  static Status copyOf(const treadle_tensor &from, HostTensor &tensor);

  DType dtype() const { return type; }
  const std::vector<int64_t> &dims() const { return shape; }
  size_t rank() const { return shape.size(); }
  int64_t count() const { return elements; }
  size_t bytes() const { return byteSize(type, elements); }
  char *data() { return memory.get(); }
  const char *data() const { return memory.get(); }
  template <typename T> T *as() { return reinterpret_cast<T *>(memory.get()); }
  template <typename T> const T *as() const { return reinterpret_cast<const T *>(memory.get()); }

  /// The same memory in other dims of as many elements.
  HostTensor reshaped(std::vector<int64_t> dims) const;

  /// As the C API takes it; valid as long as this.
  treadle_tensor view() const;

private:
  DType type = DType::F32;
  std::vector<int64_t> shape = {0};
  int64_t elements = 0;
  std::shared_ptr<char> memory;
};

/// "[1, 3, 224, 224]"
std::string shapeText(const std::vector<int64_t> &dims);

/// Whether the type is f16, f32, an 8-bit float.. (complex types are not).
bool isFloat(DType dtype);
bool isComplex(DType dtype);

/// All elements as double, exactly except for large 64-bit integers; a complex one as two.
std::vector<double> toDoubles(const HostTensor &tensor);

/// Writes the values, rounded and clamped to what the type holds. False for types under 16 bits that are
/// floats, and for complex ones.
bool fromDoubles(const double *values, HostTensor &tensor);

} // namespace treadle

#endif // TREADLE_TOOLS_TENSORFILE_HOSTTENSOR_H
