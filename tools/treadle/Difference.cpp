//===- Difference.cpp - how far two tensors are apart ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Difference.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace treadle {

Status ArchivedValues::open(const std::string &path, std::unique_ptr<ExpectedValues> &values) {
  auto result = std::make_unique<ArchivedValues>();
  Status status = NpzReader::open(path, result->reader);
  values = std::move(result);
  return status;
}

Status ArchivedValues::find(const std::string &name, ExpectedValue &value) const {
  value = {};
  if (Status status = reader->read(reader->has("out:" + name) ? "out:" + name : name, value.tensor); status.failed())
    return status;
  value.dims = value.tensor.dims();
  auto list = [&](const char *prefix, auto use) -> Status {
    HostTensor tensor;
    if (!reader->has(prefix + name))
      return {};
    Status status = reader->read(prefix + name, tensor);
    if (!status.failed())
      use(toDoubles(tensor));
    return status;
  };
  Status status = list("idx:", [&](const std::vector<double> &at) { value.positions.assign(at.begin(), at.end()); });
  if (!status.failed())
    status = list("shape:", [&](const std::vector<double> &dims) { value.dims.assign(dims.begin(), dims.end()); });
  if (!status.failed())
    status = list("stats:", [&](const std::vector<double> &stats) {
      if (stats.size() == 4)
        value.scale = std::max(std::abs(stats[2]), std::abs(stats[3]));
    });
  if (!status.failed())
    status = list("noise:", [&](const std::vector<double> &noise) { value.noise = noise.size() == 1 ? noise[0] : 0; });
  return status;
}

Status ValuesInMemory::find(const std::string &name, ExpectedValue &value) const {
  value = {};
  value.tensor = tensors.at(name);
  value.computed = computed;
  value.dims = value.tensor.dims();
  return {};
}

double toleranceOf(DType dtype, double scale) {
  switch (dtype) {
  case DType::F32:
  case DType::F64:
  case DType::C64:
  case DType::C128:
    return 1e-4 * scale;
  case DType::F16:
    return 0x1p-8 * scale;
  case DType::BF16:
    return 0x1p-5 * scale;
  default:
    if (isFloat(dtype))
      return 0.5 * scale;
    return dtype != DType::Bool && bitWidth(dtype) <= 8 ? 1 : 0;
  }
}

Difference differenceOf(const HostTensor &found, const ExpectedValue &expected, double tolerance) {
  Difference result;
  auto fail = [&](const std::string &problem) {
    result.problem = problem;
    result.greatest = std::numeric_limits<double>::infinity();
    return result;
  };
  if (found.dtype() != expected.tensor.dtype())
    return fail(concat("is of ", spelling(found.dtype()), ", not ", spelling(expected.tensor.dtype())));
  if (found.dims() != expected.dims)
    return fail(concat("has the shape ", shapeText(found.dims()), ", not ", shapeText(expected.dims)));
  std::vector<double> ours = toDoubles(found), theirs = toDoubles(expected.tensor);
  if (!expected.positions.empty() ? expected.positions.size() != theirs.size() : ours.size() != theirs.size())
    return fail("what it is compared with lacks elements");
  result.scale = expected.scale;
  for (double value : theirs)
    if (std::isfinite(value))
      result.scale = std::max(result.scale, std::abs(value));
  for (size_t i = 0; i < theirs.size(); ++i) {
    int64_t position = expected.positions.empty() ? i : expected.positions[i];
    if (position < 0 || position >= static_cast<int64_t>(ours.size()))
      return fail("what it is compared with has elements that are not there");
    double a = ours[position], b = theirs[i];
    if ((std::isnan(a) && std::isnan(b)) || a == b)
      continue;
    double distance = std::abs(a - b);
    if (std::isnan(distance))
      distance = std::numeric_limits<double>::infinity();
    if (distance > result.greatest) {
      result.greatest = distance;
      result.position = position;
      result.found = a;
      result.wanted = b;
    }
  }
  double ofType = toleranceOf(found.dtype(), result.scale);
  if (isFloat(found.dtype()))
    ofType = std::max(ofType, toleranceOf(expected.computed, result.scale));
  result.allowed = std::max(tolerance > 0 ? tolerance * result.scale : ofType, 10 * expected.noise);
  result.same = result.greatest <= result.allowed;
  return result;
}

} // namespace treadle
