//===- MatrixUnit.cpp - instructions that multiply matrices ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/MatrixUnit.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace treadle {

int64_t FragmentLayout::offsetOf(int64_t element) const {
  int64_t offset = 0;
  for (auto [bit, weight] : llvm::enumerate(elements))
    offset += element >> bit & 1 ? weight : 0;
  return offset;
}

int64_t FragmentLayout::depthLanes(int64_t depth) const {
  return int64_t(1) << llvm::count_if(lanes, [&](int64_t weight) { return weight < depth; });
}

bool FragmentLayout::isLoadedAsMatrix(int64_t depth, int64_t bytes) const {
  int64_t word = 4 / bytes; // elements of one
  if (bytes > 2 || lanes != SmallVector<int64_t>{word, 2 * word, depth, 2 * depth, 4 * depth})
    return false;
  // A word's elements lie side by side; a square's next one is elsewhere by rows or by bytes of 16.
  for (auto [bit, weight] : llvm::enumerate(elements))
    if (int64_t(1) << bit < word ? weight != int64_t(1) << bit
                                 : weight % (8 * depth) != 0 && weight % (16 / bytes) != 0)
      return false;
  return true;
}

bool MatrixUnit::multiplies(Type element) const {
  std::string name;
  llvm::raw_string_ostream(name) << element;
  return llvm::is_contained(llvm::split(operands, ' '), name);
}

DictionaryAttr MatrixUnit::toAttr(MLIRContext *context) const {
  Builder b(context);
  auto number = [&](StringRef name, ArrayRef<int64_t> values) {
    return b.getNamedAttr(name, b.getDenseI64ArrayAttr(values));
  };
  return b.getDictionaryAttr({b.getNamedAttr("operands", b.getStringAttr(operands)),
                              b.getNamedAttr("sum", b.getStringAttr(sum)), number("shape", {rows, columns, depth}),
                              number("lhs_lanes", lhs.lanes), number("lhs_elements", lhs.elements),
                              number("rhs_lanes", rhs.lanes), number("rhs_elements", rhs.elements),
                              number("sum_lanes", sums.lanes), number("sum_elements", sums.elements)});
}

MatrixUnit MatrixUnit::fromAttr(DictionaryAttr attr) {
  auto text = [&](StringRef name) {
    auto found = attr.getAs<StringAttr>(name);
    return found ? found.str() : std::string();
  };
  auto numbers = [&](StringRef name) {
    auto found = attr.getAs<DenseI64ArrayAttr>(name);
    return found ? SmallVector<int64_t>(found.asArrayRef()) : SmallVector<int64_t>();
  };
  MatrixUnit unit;
  unit.operands = text("operands");
  unit.sum = text("sum");
  if (SmallVector<int64_t> shape = numbers("shape"); shape.size() == 3) {
    unit.rows = shape[0];
    unit.columns = shape[1];
    unit.depth = shape[2];
  }
  unit.lhs = {numbers("lhs_lanes"), numbers("lhs_elements")};
  unit.rhs = {numbers("rhs_lanes"), numbers("rhs_elements")};
  unit.sums = {numbers("sum_lanes"), numbers("sum_elements")};
  return unit;
}

} // namespace treadle
