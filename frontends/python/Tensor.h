//===- Tensor.h - arrays of Python as tensors of the runtime ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In: whatever speaks DLPack or the buffer protocol (NumPy, PyTorch, memoryview, ...) is used where it
// lies; what is not dense is copied once. Element types are never converted behind the caller's back;
// only numbers and lists, which have none, become the type that the input asks for.
// Out: memory of this module's own, handed to NumPy without a copy.
//
// NumPy lacks some element types (bfloat16, 8-bit floats). Arrays of the package ml_dtypes stand in.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_PYTHON_TENSOR_H
#define TREADLE_FRONTENDS_PYTHON_TENSOR_H

#include "runtime/base/DType.h"
#include "runtime/treadle.h"
#include <cstdlib>
#include <memory>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <string>
#include <vector>

namespace treadle::python {

/// What NumPy, or ml_dtypes where NumPy has none, calls the type: "float32", "bfloat16".
std::string arrayTypeName(DType type);

/// An input: the caller's memory, kept alive by `array`.
struct InputArray {
  nanobind::ndarray<nanobind::ro> array;
  std::vector<int64_t> dims;
  treadle_tensor tensor = {};
};

/// `value` as the input `info`. Throws TypeError for another element type or no array at all,
/// ValueError for an array that is not in the CPU's memory.
InputArray importArray(nanobind::handle value, const treadle_tensor_info &info);

/// Memory for an output, aligned for vectors; used from any thread, without the interpreter's lock.
class OutputArray {
public:
  /// Room for the shape. False if there is no memory.
  bool allocate(const treadle_tensor &shape);
  treadle_tensor tensor() const;
  /// Gives the memory to a NumPy array. Needs the interpreter's lock.
  nanobind::object release();

private:
  struct Free {
    void operator()(void *data) const { std::free(data); }
  };
  std::unique_ptr<void, Free> data;
  DType dtype = DType::F32;
  std::vector<int64_t> dims;
};

} // namespace treadle::python

#endif // TREADLE_FRONTENDS_PYTHON_TENSOR_H
