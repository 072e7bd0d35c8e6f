//===- DType.h - element types --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The element types of tensors, their sizes and their names. The list itself is
// DType.def; nothing here repeats it.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_BASE_DTYPE_H
#define TREADLE_RUNTIME_BASE_DTYPE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace treadle {

enum class DType : uint8_t {
#define TREADLE_DTYPE(Name, code, bits, spelling, numpy, onnx) Name = code,
#include "runtime/base/DType.def"
};

/// Bits of one element; 0 for a number that is no element type.
constexpr unsigned bitWidth(DType type) {
  switch (type) {
#define TREADLE_DTYPE(Name, code, bits, spelling, numpy, onnx)                                                         \
  case DType::Name:                                                                                                    \
    return bits;
#include "runtime/base/DType.def"
  }
  return 0;
}

/// True for the numbers listed in DType.def.
constexpr bool isDType(uint8_t code) { return bitWidth(static_cast<DType>(code)) != 0; }

/// Bytes that `count` elements take; types under 8 bits are packed.
constexpr int64_t byteSize(DType type, int64_t count) { return (count * static_cast<int64_t>(bitWidth(type)) + 7) / 8; }

/// The spelling of DType.def, "f32" for example; "?" for no element type.
std::string_view spelling(DType type);

/// NumPy's name, or "" where NumPy has none.
std::string_view numpyName(DType type);

/// The type of that spelling or NumPy name.
std::optional<DType> dtypeFromName(std::string_view name);

/// The type of that number in onnx.TensorProto.DataType.
std::optional<DType> dtypeFromOnnx(int number);

} // namespace treadle

#endif // TREADLE_RUNTIME_BASE_DTYPE_H
