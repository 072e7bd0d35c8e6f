//===- Node.cpp - one node of a model, as its handler sees it -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "frontends/onnx/Functions.h"
#include "frontends/onnx/Weights.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::onnx {

namespace {

StringRef attributeTypeName(int type) {
  static constexpr StringLiteral names[] = {"undefined",      "float", "int",     "string",  "tensor", "graph",
                                            "floats",         "ints",  "strings", "tensors", "graphs", "sparse tensor",
                                            "sparse tensors", "type",  "types"};
  return type >= 0 && type < static_cast<int>(std::size(names)) ? names[type] : StringLiteral("unknown");
}

} // namespace

#define TREADLE_ONNX_OP(domain, name, minInputs, maxInputs, handler) bool handler(Node &);
#include "frontends/onnx/Ops.def"

llvm::ArrayRef<OpHandler> allHandlers() {
  static constexpr OpHandler all[] = {
#define TREADLE_ONNX_OP(domain, name, minInputs, maxInputs, handler) {name, domain, minInputs, maxInputs, handler},
#include "frontends/onnx/Ops.def"
  };
  return all;
}

const OpHandler *findHandler(StringRef domain, StringRef name) {
  static const auto *table = [] {
    auto *map = new llvm::StringMap<const OpHandler *>;
    for (const OpHandler &handler : allHandlers())
      map->try_emplace((handler.domain + ":" + handler.name).str(), &handler);
    return map;
  }();
  if (domain == "ai.onnx")
    domain = "";
  return table->lookup((domain + ":" + name).str());
}

const ::onnx::AttributeProto *Node::attribute(StringRef name) const {
  for (const ::onnx::AttributeProto &attribute : proto.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

/// Null, and an error, where the attribute is of another type. Files of the format's first version leave
/// the type out.
const ::onnx::AttributeProto *Node::attribute(StringRef name, int type) const {
  const auto *found = attribute(name);
  if (!found || found->type() == type || found->type() == ::onnx::AttributeProto::UNDEFINED)
    return found;
  fail("attribute " + name + " is of type " + attributeTypeName(found->type()) + ", it must be of type " +
       attributeTypeName(type));
  broken = true;
  return nullptr;
}

int64_t Node::integer(StringRef name, int64_t fallback) const {
  const auto *found = attribute(name, ::onnx::AttributeProto::INT);
  return found ? found->i() : fallback;
}
double Node::real(StringRef name, double fallback) const {
  const auto *found = attribute(name, ::onnx::AttributeProto::FLOAT);
  return found ? found->f() : fallback;
}
std::string Node::text(StringRef name, StringRef fallback) const {
  const auto *found = attribute(name, ::onnx::AttributeProto::STRING);
  return found ? printable(found->s()) : fallback.str();
}
SmallVector<int64_t> Node::integers(StringRef name, ArrayRef<int64_t> fallback) const {
  const auto *found = attribute(name, ::onnx::AttributeProto::INTS);
  return found ? SmallVector<int64_t>(found->ints().begin(), found->ints().end()) : SmallVector<int64_t>(fallback);
}
SmallVector<double> Node::reals(StringRef name) const {
  const auto *found = attribute(name, ::onnx::AttributeProto::FLOATS);
  return found ? SmallVector<double>(found->floats().begin(), found->floats().end()) : SmallVector<double>();
}
Value Node::tensor(StringRef name) const {
  const auto *found = attribute(name, ::onnx::AttributeProto::TENSOR);
  if (!found)
    return {};
  FailureOr<ElementsAttr> value = readTensor(b.location(), file, found->t());
  return succeeded(value) ? b.constant(*value) : Value();
}

bool Node::knownSizes(StringRef name, size_t index, Sizes &values, bool &given) {
  given = true;
  if (has(name)) {
    for (int64_t value : integers(name))
      values.push_back(b.dim(value));
    return !broken;
  }
  Value value = input(index);
  given = static_cast<bool>(value);
  if (!given)
    return true;
  if (std::optional<Sizes> known = b.known(value)) {
    values.assign(known->begin(), known->end());
    return true;
  }
  return fail("input " + Twine(index) + " (" + name + ") depends on data; it must be constant or follow from shapes");
}

bool Node::knownIntegers(StringRef name, size_t index, SmallVectorImpl<int64_t> &values, bool &given) {
  Sizes sizes;
  if (!knownSizes(name, index, sizes, given))
    return false;
  for (DimExpr size : sizes) {
    std::optional<int64_t> value = size.constantValue();
    if (!value)
      return fail("input " + Twine(index) + " (" + name + ") depends on the inputs' shapes; it must be constant");
    values.push_back(*value);
  }
  return true;
}

std::optional<SmallVector<double>> Node::constantReals(size_t index) const {
  std::optional<Tensor> tensor = input(index) ? constantOf(input(index)) : std::nullopt;
  if (!tensor)
    return std::nullopt;
  SmallVector<double> values;
  for (int64_t i = 0; i < tensor->size(); ++i)
    values.push_back(tensor->get<double>(i));
  return values;
}

bool Node::axis(int64_t &axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return fail("axis " + Twine(axis) + " is not one of " + Twine(rank) + " dimensions");
  if (axis < 0)
    axis += rank;
  return true;
}

bool Node::axes(SmallVectorImpl<int64_t> &list, int64_t rank) {
  llvm::SmallSet<int64_t, 8> seen;
  for (int64_t &value : list) {
    if (!axis(value, rank))
      return false;
    if (!seen.insert(value).second)
      return fail("axis " + Twine(value) + " is named twice");
  }
  return true;
}

} // namespace treadle::onnx
