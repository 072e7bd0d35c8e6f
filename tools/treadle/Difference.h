//===- Difference.h - how far two tensors are apart -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_DIFFERENCE_H
#define TREADLE_TOOLS_TREADLE_DIFFERENCE_H

#include "tools/tensorfile/TensorFile.h"
#include <map>

namespace treadle {

/// What a value should be.
struct ExpectedValue {
  HostTensor tensor;
  std::vector<int64_t> dims;      // of the whole value
  std::vector<int64_t> positions; // row-major positions of the elements that are given; empty: all are
  double scale = 0;               // greatest absolute value, where the elements do not tell
  double noise = 0;               // what correct implementations differ by
  DType computed = DType::F64;    // the coarsest type of floats on the way to it, as far as it is known
};

/// Values by name, from wherever they come.
class ExpectedValues {
public:
  virtual ~ExpectedValues() = default;
  virtual bool has(const std::string &name) const = 0;
  virtual Status find(const std::string &name, ExpectedValue &value) const = 0;
};

/// An archive: NAME or out:NAME; with idx:NAME, shape:NAME and stats:NAME (mean, standard deviation, least,
/// greatest) where only some elements are there, and noise:NAME.
class ArchivedValues : public ExpectedValues {
public:
  static Status open(const std::string &path, std::unique_ptr<ExpectedValues> &values);
  bool has(const std::string &name) const override { return reader->has("out:" + name) || reader->has(name); }
  Status find(const std::string &name, ExpectedValue &value) const override;

private:
  std::unique_ptr<NpzReader> reader;
};

class ValuesInMemory : public ExpectedValues {
public:
  std::map<std::string, HostTensor> tensors;
  DType computed = DType::F64;
  bool has(const std::string &name) const override { return tensors.count(name); }
  Status find(const std::string &name, ExpectedValue &value) const override;
};

struct Difference {
  bool same = false;
  std::string problem; // where they cannot be compared: another shape
  double greatest = 0; // absolute
  double scale = 0;    // greatest absolute expected value
  double allowed = 0;
  int64_t position = -1;        // row-major, of the greatest
  double found = 0, wanted = 0; // there
};

/// `tolerance` is relative to the scale; 0: what the element type allows (toleranceOf), or the one computed with.
/// Elements that are NaN, or the same infinity, on both sides are the same.
Difference differenceOf(const HostTensor &found, const ExpectedValue &expected, double tolerance);

/// 1e-4 for f32 and f64 (sums in another order), 4 steps of the mantissa for narrower floats, one step for
/// integers of 8 bits and fewer (rounding of what was a float), nothing for others.
double toleranceOf(DType dtype, double scale);

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_DIFFERENCE_H
