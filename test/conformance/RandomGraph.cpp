//===- RandomGraph.cpp - graphs made at random -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Verifier.h"
#include "test/conformance/RandomMaker.h"

namespace treadle::test {

constexpr int64_t mostElements = 4000; // of a value

// ---- types -----------------------------------------------------------------------------------

Value Maker::anyOf(llvm::function_ref<bool(Value)> fits) {
  SmallVector<Value> fitting;
  for (Value value : values)
    if (fits(value))
      fitting.push_back(value);
  if (fitting.empty())
    return {};
  // Later ones rather, so that graphs become deep.
  return fitting[std::max(below(fitting.size()), below(fitting.size()))];
}

DimExpr Maker::anyDim() {
  if (chance(0.4))
    return DimExpr::symbol(b.getContext(), oneOf({"n", "m", "k"}));
  return dim(oneOf({1, 1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 33}));
}

Type Maker::anyElement() {
  switch (below(14)) {
  case 0:
    return b.getF16Type();
  case 1:
    return b.getBF16Type();
  case 2:
    return b.getF64Type();
  case 3:
    return b.getI64Type();
  case 4:
    return b.getI32Type();
  case 5:
    return b.getIntegerType(8);
  case 6:
    return b.getIntegerType(8, /*isSigned=*/false);
  case 7:
    return b.getI1Type();
  default:
    return b.getF32Type();
  }
}

SmallVector<int64_t> Maker::sizes(ArrayRef<DimExpr> dims, const SymbolValues &symbols) {
  return llvm::map_to_vector(dims, [&](DimExpr dim) {
    return *dim.evaluate([&](StringRef name) { return std::optional<int64_t>(symbols.lookup(name)); });
  });
}

int64_t Maker::least(DimExpr dim) {
  int64_t least = INT64_MAX;
  for (const SymbolValues &symbols : runs)
    least = std::min(least, sizes(dim, symbols)[0]);
  return least;
}
int64_t Maker::most(DimExpr dim) {
  int64_t most = INT64_MIN;
  for (const SymbolValues &symbols : runs)
    most = std::max(most, sizes(dim, symbols)[0]);
  return most;
}
double Maker::mostOf(ArrayRef<DimExpr> dims) {
  double elements = 1;
  for (DimExpr dim : dims)
    elements *= most(dim);
  return elements;
}

/// Numbers of a type stay below this.
double Maker::limitOf(Type element) {
  if (element.isF16())
    return 4000;
  return isa<FloatType>(element) ? 1e6 : INFINITY;
}

// ---- values ----------------------------------------------------------------------------------

Value Maker::newOperand(ArrayRef<DimExpr> dims, Type element, double low, double high) {
  RankedTensorType type = tensorOf(dims, element);
  SmallVector<NamedAttribute> attributes = {{"test.range", b.getDenseF64ArrayAttr({low, high})}};
  if (type.hasStaticShape() && chance(0.5))
    attributes.push_back(flag("test.constant"));
  unsigned index = function.getNumArguments();
  if (failed(function.insertArgument(index, type, b.getDictionaryAttr(attributes), loc)))
    return {};
  Value value = function.getArgument(index);
  known[value] = {low, high, true};
  return value;
}

Value Maker::newOperand(ArrayRef<DimExpr> dims, Type element) {
  double low = isa<FloatType>(element) ? -2 : element.isUnsignedInteger() ? 0 : -9;
  return newOperand(dims, element, low, isa<FloatType>(element) ? 2 : 10);
}

Value Maker::newIndices(ArrayRef<DimExpr> dims, DimExpr range) {
  Value indices = newOperand(dims, oneOf({b.getI64Type(), b.getI32Type()}));
  function.removeArgAttr(indices.getParentBlock() ? function.getNumArguments() - 1 : 0, "test.constant");
  function.setArgAttr(function.getNumArguments() - 1, "test.range",
                      dimList("", {range * (chance(0.5) ? -1 : 0), range}).getValue());
  return indices;
}

bool Maker::join(ArrayRef<DimExpr> a, ArrayRef<DimExpr> c, Dims *both) {
  if (a.size() < c.size())
    std::swap(a, c);
  Dims joined(a);
  for (auto [mine, other] : llvm::zip(MutableArrayRef(joined).take_back(c.size()), c)) {
    if (mine != other && mine != 1 && other != 1)
      return false;
    mine = mine == 1 ? other : mine;
  }
  if (both)
    *both = joined;
  return true;
}

/// Another value of the same element type whose shape broadcasts with that of `value`.
Value Maker::partner(Value value) {
  Dims mine = dims(value);
  if (chance(0.5))
    if (Value other = anyOf([&](Value other) {
          if (elementOf(other) != elementOf(value))
            return false;
          Dims both;
          return join(mine, dims(other), &both) && (both == mine || both == dims(other));
        }))
      return other;
  if (chance(0.2) && !isBool(value)) { // what simplification looks for
    double number = oneOf({0.0, 1.0, 2.0, -1.0, 0.5});
    if (!isFloat(value))
      number = std::abs(std::trunc(number));
    Value scalar = makeScalar(b, loc, number, elementOf(value));
    known[scalar] = {number, number, true};
    return scalar;
  }
  Dims other;
  for (DimExpr size : mine)
    other.push_back(chance(0.7) ? size : dim(1));
  if (chance(0.3))
    other.erase(other.begin(), other.begin() + below(other.size() + 1));
  return newOperand(other, elementOf(value));
}

Value Maker::makeOf(StringRef name, TypeRange types, ValueRange operands, ArrayRef<NamedAttribute> attributes,
                    Known facts) {
  for (const SymbolValues &symbols : runs) {
    double elements = 1;
    for (int64_t size : sizes(dimsOf(types[0]), symbols)) {
      if (size < 0)
        return {};
      elements *= size;
    }
    if (elements > mostElements)
      return {};
  }
  Type element = cast<RankedTensorType>(types[0]).getElementType();
  if (auto integer = dyn_cast<IntegerType>(element)) { // wraps around
    double width = std::exp2(integer.isUnsigned() ? integer.getWidth() : integer.getWidth() - 1);
    if (facts.high >= width || facts.low < (integer.isUnsigned() ? 0 : -width))
      facts = {integer.isUnsigned() ? 0 : -width, width, true};
  }
  if (facts.bound() > limitOf(element))
    return {};
  Operation *op = b.create(loc, b.getStringAttr(name), operands, types, attributes);
  if (failed(verify(op))) {
    takeErrors();
    op->erase();
    return {};
  }
  known[op->getResult(0)] = facts;
  return op->getResult(0);
}

// ---- graphs ----------------------------------------------------------------------------------

RandomGraph Maker::run() {
  RandomGraph graph;
  graph.module = ModuleOp::create(loc);
  b.setInsertionPointToEnd(graph.module->getBody());
  function = func::FuncOp::create(b, loc, "main", b.getFunctionType({}, {}));
  b.setInsertionPointToStart(function.addEntryBlock());

  for (int64_t i = 0, count = chance(0.5) ? 2 : 1; i < count; ++i) {
    SymbolValues &symbols = runs.emplace_back();
    for (const char *name : {"n", "m", "k"})
      symbols[name] = i && chance(0.15) ? 0 : oneOf({1, 1, 2, 3, 4, 5, 8, 9, 17});
  }
  // Every symbol is a dimension of an argument.
  values.push_back(newOperand({DimExpr::symbol(b.getContext(), "n"), DimExpr::symbol(b.getContext(), "m"),
                               DimExpr::symbol(b.getContext(), "k")},
                              b.getF32Type()));
  function.removeArgAttr(0, "test.constant");
  for (int64_t i = 0, count = 1 + below(3); i < count; ++i) {
    Dims shape;
    for (int64_t d = 0, rank = below(5); d < rank; ++d)
      shape.push_back(anyDim());
    if (mostOf(shape) <= mostElements)
      values.push_back(newOperand(shape, anyElement()));
  }

  using Method = Value (Maker::*)();
  static const std::pair<int, Method> methods[] = {
      {6, &Maker::unary},         {8, &Maker::binary},    {1, &Maker::bitwise}, {1, &Maker::compare},
      {2, &Maker::select},        {3, &Maker::cast},      {4, &Maker::reduce},  {1, &Maker::argReduce},
      {1, &Maker::softmax},       {2, &Maker::normalize}, {4, &Maker::matmul},  {4, &Maker::conv},
      {1, &Maker::convTranspose}, {2, &Maker::pool},      {2, &Maker::resize},  {5, &Maker::reshape},
      {5, &Maker::transpose},     {4, &Maker::slice},     {3, &Maker::pad},     {4, &Maker::concat},
      {2, &Maker::broadcast},     {1, &Maker::iota},      {1, &Maker::sizesOf}, {3, &Maker::gather},
      {2, &Maker::attention},     {2, &Maker::scan},      {2, &Maker::topK},    {2, &Maker::scatter}};
  int64_t weights = 0;
  for (auto [weight, method] : methods)
    weights += weight;
  for (int64_t wanted = 1 + below(14), tries = 0; wanted > 0 && tries < 200; ++tries) {
    int64_t at = below(weights);
    const auto *chosen = std::begin(methods);
    while (at >= chosen->first)
      at -= (chosen++)->first;
    if (Value made = (this->*chosen->second)()) {
      values.push_back(made);
      --wanted;
    }
  }

  // What nobody reads, and some of the rest.
  SmallVector<Value> outputs;
  for (Value value : values)
    if (value.getDefiningOp() && (value.use_empty() || chance(0.15)))
      outputs.push_back(value);
  if (outputs.empty() || chance(0.05))
    outputs.push_back(values[below(values.size())]);
  func::ReturnOp::create(b, loc, outputs);
  function.setType(b.getFunctionType(function.getArgumentTypes(), TypeRange(ValueRange(outputs))));
  graph.symbols = runs;
  return graph;
}

RandomGraph randomGraph(uint64_t seed) { return Maker(seed).run(); }

} // namespace treadle::test
