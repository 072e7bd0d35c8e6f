//===- RandomMaker.h - what makes a graph at random --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CONFORMANCE_RANDOMMAKER_H
#define TREADLE_TEST_CONFORMANCE_RANDOMMAKER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "test/conformance/Compiled.h"
#include "test/conformance/RandomGraph.h"
#include <cmath>
#include <random>

namespace treadle::test {

using namespace mlir;
using namespace treadle::graph;

/// What is known of a value's elements.
struct Known {
  double low = 0, high = 0;
  bool exact = true; // no rounding may have made them other than the evaluator has them

  double bound() const { return std::max(std::abs(low), std::abs(high)); }
};

class Maker {
public:
  explicit Maker(uint64_t seed) : random(seed * 7919 + 17), b(&context()), loc(b.getUnknownLoc()) {}
  RandomGraph run();

private:
  // ---- chance
  int64_t below(int64_t count) { return static_cast<int64_t>(random() % static_cast<uint64_t>(count)); }
  bool chance(double probability) { return std::uniform_real_distribution<double>(0, 1)(random) < probability; }
  template <typename T> T oneOf(std::initializer_list<T> choices) { return choices.begin()[below(choices.size())]; }
  Value anyOf(llvm::function_ref<bool(Value)> fits);

  // ---- types
  DimExpr dim(int64_t size) { return DimExpr::constant(b.getContext(), size); }
  DimExpr anyDim();
  Type anyElement();
  SmallVector<int64_t> sizes(ArrayRef<DimExpr> dims, const SymbolValues &symbols);
  /// The least and most that a dimension is in any run.
  int64_t least(DimExpr dim);
  int64_t most(DimExpr dim);
  double mostOf(ArrayRef<DimExpr> dims);
  static bool isFloat(Value value) { return isa<FloatType>(elementOf(value)); }
  static bool isBool(Value value) { return elementOf(value).isInteger(1); }
  bool isExactInteger(Value value) { return !isFloat(value) && !isBool(value); }
  static double limitOf(Type element);
  Dims dims(Value value) { return dimsOf(value.getType()); }

  // ---- values
  Value newOperand(ArrayRef<DimExpr> dims, Type element, double low, double high);
  Value newOperand(ArrayRef<DimExpr> dims, Type element);
  Value newIndices(ArrayRef<DimExpr> dims, DimExpr range);
  Value partner(Value value);
  /// Whether two shapes broadcast whatever the symbols are; `both` becomes what comes out.
  static bool join(ArrayRef<DimExpr> a, ArrayRef<DimExpr> c, Dims *both = nullptr);
  template <typename Op> Value make(ValueRange operands, ArrayRef<NamedAttribute> attributes, Known known);
  Value makeOf(StringRef name, TypeRange types, ValueRange operands, ArrayRef<NamedAttribute> attributes, Known known);
  NamedAttribute list(StringRef name, ArrayRef<int64_t> values) { return {name, b.getDenseI64ArrayAttr(values)}; }
  NamedAttribute number(StringRef name, int64_t value) { return {name, b.getI64IntegerAttr(value)}; }
  NamedAttribute flag(StringRef name) { return {name, b.getUnitAttr()}; }
  NamedAttribute dimList(StringRef name, ArrayRef<DimExpr> dims) {
    return {name,
            DimsAttr::get(b.getContext(), llvm::map_to_vector(dims, [](DimExpr dim) { return dim.attribute(); }))};
  }

  // ---- ops; each makes one, or none if nothing fits
  Value unary();
  Value binary();
  Value bitwise();
  Value compare();
  Value select();
  Value cast();
  Value reduce();
  Value argReduce();
  Value scan();
  Value topK();
  Value softmax();
  Value normalize();
  Value matmul();
  Value anyImage(int64_t rank);
  Value conv();
  Value convTranspose();
  Value pool();
  Value resize();
  Value reshape();
  Value transpose();
  Value slice();
  Value pad();
  Value concat();
  Value broadcast();
  Value iota();
  Value sizesOf();
  Value gather();
  Value scatter();
  Value attention();

  std::mt19937_64 random;
  OpBuilder b;
  Location loc;
  func::FuncOp function;
  std::vector<SymbolValues> runs;
  SmallVector<Value> values;
  DenseMap<Value, Known> known;
};

template <typename Op> Value Maker::make(ValueRange operands, ArrayRef<NamedAttribute> attributes, Known facts) {
  typename Op::Properties properties;
  DictionaryAttr dictionary = b.getDictionaryAttr(attributes);
  SmallVector<Type> types;
  if (failed(Op::setPropertiesFromAttr(properties, dictionary, [&] { return emitError(loc); })) ||
      failed(Op::inferReturnTypes(b.getContext(), std::nullopt, operands, dictionary, OpaqueProperties(&properties), {},
                                  types)))
    return {};
  return makeOf(Op::getOperationName(), types[0], operands, attributes, facts);
}

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_RANDOMMAKER_H
