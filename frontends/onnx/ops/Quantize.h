//===- Quantize.h - numbers in units of a scale --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_OPS_QUANTIZE_H
#define TREADLE_FRONTENDS_ONNX_OPS_QUANTIZE_H

#include "frontends/onnx/Node.h"

namespace treadle::onnx {

// Null values pass through; a zero point may be null, which is 0.

/// saturate(round(x / scale) + zero) in the element type `to`.
Value quantize(Builder &b, Value x, Value scale, Value zero, Type to, bool clampsFloats = true);

/// (x - zero) * scale, in f32 or what is wider.
Value dequantize(Builder &b, Value x, Value scale, Value zero);

/// A tensor of bytes whose scale and zero point follow from its range.
struct Quantized {
  Value value, scale, zero;
};
Quantized quantizeDynamically(Builder &b, Value x);

/// The matrix product of a - za and b - zb, for bytes a and b, in i32; in f32 for 8-bit floats.
Value byteMatMul(Builder &b, Value lhs, Value rhs, Value lhsZero, Value rhsZero);

/// A 32-bit sum in units of `from` as a quantized number: saturate(round(x * from / scale) + zero).
Value requantize(Builder &b, Value x, Value from, Value scale, Value zero);

/// One number for each row of a matrix, as it broadcasts to the elements; one for all as a scalar.
Value alongRows(Builder &b, Value x);
/// The same for columns.
Value alongColumns(Builder &b, Value x);

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_OPS_QUANTIZE_H
