//===- Bisect.cpp - the first op where the numbers part -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Bisect.h"
#include <cstring>

namespace treadle {
namespace {

/// What the observer compares with, and where it writes what it finds.
struct Search {
  const ExpectedValues &expected;
  double tolerance;
  Parting &parting;
  Status status;
};

/// The value with its dimensions in the model's order: stored dimension i is the model's permutation[i].
Status inModelOrder(const treadle_tensor &stored, const int32_t *permutation, HostTensor &value) {
  size_t rank = stored.rank;
  std::vector<int64_t> dims(rank);
  bool inOrder = true;
  for (size_t i = 0; i < rank; ++i) {
    dims[permutation[i]] = stored.dims[i];
    inOrder &= permutation[i] == static_cast<int32_t>(i);
  }
  if (inOrder)
    return HostTensor::copyOf(stored, value);
  DType dtype = static_cast<DType>(stored.dtype);
  if (bitWidth(dtype) % 8)
    return error(TREADLE_UNSUPPORTED, "values of ", spelling(dtype),
                 " in another order than the model's cannot be compared");
  if (Status status = HostTensor::make(dtype, dims, value); status.failed())
    return status;
  std::vector<int64_t> strides(rank, 1), step(rank), index(rank, 0);
  for (size_t d = rank - 1; d-- > 0;)
    strides[d] = strides[d + 1] * dims[d + 1];
  for (size_t i = 0; i < rank; ++i)
    step[i] = strides[permutation[i]];
  size_t width = bitWidth(dtype) / 8;
  int64_t target = 0;
  for (int64_t source = 0; source < value.count(); ++source) {
    std::memcpy(value.data() + target * width, static_cast<const char *>(stored.data) + source * width, width);
    for (size_t i = rank; i-- > 0;) {
      target += step[i];
      if (++index[i] < stored.dims[i])
        break;
      target -= step[i] * stored.dims[i];
      index[i] = 0;
    }
  }
  return {};
}

int observe(void *user, int32_t step, const char *name, const treadle_tensor *stored, const int32_t *permutation) {
  auto &search = *static_cast<Search *>(user);
  if (!search.expected.has(name))
    return 0;
  HostTensor value;
  ExpectedValue wanted;
  search.status = inModelOrder(*stored, permutation, value);
  if (!search.status.failed())
    search.status = search.expected.find(name, wanted);
  if (search.status.failed())
    return 1;
  // A value may be kept in another shape of as many elements, or not as the model has it at all.
  if (value.count() != wanted.tensor.count() || value.dtype() != wanted.tensor.dtype())
    return 0;
  value = value.reshaped(wanted.dims);
  Difference difference = differenceOf(value, wanted, search.tolerance);
  if (difference.same) {
    ++search.parting.agreeing;
    return 0;
  }
  search.parting.parted = true;
  search.parting.step = step;
  search.parting.value = name;
  search.parting.dims = wanted.dims;
  search.parting.difference = difference;
  return 1;
}

} // namespace

Status findParting(const OpenProgram &program, const ProgramOptions &options, const std::vector<HostTensor> &inputs,
                   const ExpectedValues &expected, double tolerance, Parting &parting) {
  parting = {};
  OpenSession session;
  if (Status status = OpenSession::open(program, options, session); status.failed())
    return status;
  Search search{expected, tolerance, parting, {}};
  treadle_session_observe(session.get(), observe, &search);
  std::vector<treadle_tensor> outputs;
  Status status = session.run(inputs, outputs);
  if (search.status.failed())
    return search.status;
  if (!parting.parted)
    return status;
  const llvm::json::Array *steps = program.description().getArray("steps");
  const llvm::json::Object *step =
      steps && parting.step < static_cast<int64_t>(steps->size()) ? (*steps)[parting.step].getAsObject() : nullptr;
  if (step) {
    parting.kernel = step->getString("kernel").value_or("").str();
    if (const llvm::json::Array *sources = step->getArray("source"))
      for (const llvm::json::Value &source : *sources)
        parting.ops += (parting.ops.empty() ? "" : ", ") + source.getAsString().value_or("").str();
  }
  return {};
}

} // namespace treadle
