//===- DType.cpp - names of element types ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/DType.h"

namespace treadle {
namespace {

struct Row {
  DType type;
  std::string_view spelling, numpy;
  int onnx;
};

constexpr Row rows[] = {
#define TREADLE_DTYPE(Name, code, bits, spelling, numpy, onnx) {DType::Name, spelling, numpy, onnx},
#include "runtime/base/DType.def"
};

const Row *find(DType type) {
  for (const Row &row : rows)
    if (row.type == type)
      return &row;
  return nullptr;
}

} // namespace

std::string_view spelling(DType type) {
  const Row *row = find(type);
  return row ? row->spelling : "?";
}

std::string_view numpyName(DType type) {
  const Row *row = find(type);
  return row ? row->numpy : "";
}

std::optional<DType> dtypeFromName(std::string_view name) {
  for (const Row &row : rows)
    if (row.spelling == name || (!row.numpy.empty() && row.numpy == name))
      return row.type;
  return std::nullopt;
}

std::optional<DType> dtypeFromOnnx(int number) {
  for (const Row &row : rows)
    if (row.onnx == number)
      return row.type;
  return std::nullopt;
}

} // namespace treadle
