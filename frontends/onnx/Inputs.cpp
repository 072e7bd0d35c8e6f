//===- Inputs.cpp - types of a model's inputs, and its symbols --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Inputs.h"
#include "frontends/onnx/Functions.h"
#include "frontends/onnx/Weights.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::onnx {
namespace {

/// Letters, digits and underscores, starting with a letter.
std::string asIdentifier(StringRef name) {
  std::string result;
  for (char c : name)
    result += llvm::isAlnum(c) ? c : '_';
  if (result.empty() || !llvm::isAlpha(result[0]))
    result.insert(result.begin(), 'd');
  return result;
}

/// What exporters write for a dimension that they know nothing of; two of them are not equal.
bool isNameless(StringRef name) {
  return name.empty() || name == "None" || name == "?" || name == "-1" || name == "unk" || name == "unknown";
}

} // namespace

/// The symbol for a dimension that the model calls `key`: `wanted`, unless another one has that name.
std::string Inputs::symbolName(StringRef wanted, StringRef key) {
  std::string &name = nameOf[key];
  if (!name.empty())
    return name;
  std::string base = asIdentifier(wanted);
  name = base;
  for (int i = 2; !taken.insert(name).second; ++i)
    name = base + "_" + std::to_string(i);
  return name;
}

DimExpr Inputs::dim(const ::onnx::ValueInfoProto &info, int index) {
  const auto &dim = info.type().tensor_type().shape().dim(index);
  if (dim.has_dim_value() && dim.dim_value() >= 0)
    return DimExpr::constant(context, dim.dim_value());
  std::string place = info.name() + "." + std::to_string(index);
  std::string name = isNameless(dim.dim_param())
                         ? symbolName("d" + std::to_string(index) + "_of_" + info.name(), '\0' + place)
                         : symbolName(dim.dim_param(), dim.dim_param());
  for (const auto &[given, size] : options.dims)
    if (given == name || given == dim.dim_param() || given == place) {
      usedOptions.insert(given);
      return DimExpr::constant(context, size);
    }
  auto symbol = SymbolAttr::get(context, name, 0, INT32_MAX, 1);
  if (!llvm::is_contained(found, symbol))
    found.push_back(symbol);
  return DimExpr::symbol(context, name);
}

Type Inputs::typeOf(const ::onnx::ValueInfoProto &info) {
  auto fail = [&](const Twine &what) {
    emitError(NameLoc::get(StringAttr::get(context, printable(info.name())))) << what;
    return Type();
  };
  if (info.name().empty())
    return fail("an input of the model has no name");
  if (printable(info.name()) != info.name())
    return fail("the input's name is not plain text");
  if (!info.type().has_tensor_type())
    return fail("the input is not a tensor; sequences, maps and optionals are not supported");
  const auto &type = info.type().tensor_type();
  Type element = elementTypeOf(context, type.elem_type());
  if (!element)
    return fail("the input's element type, " + elementTypeName(type.elem_type()) + ", is not supported");
  if (!type.has_shape())
    return fail("the input's number of dimensions is not known; give the model's input a shape");
  if (type.shape().dim_size() > maxRank)
    return fail("the input has " + Twine(type.shape().dim_size()) + " dimensions, at most " + Twine(maxRank) +
                " are supported");
  Dims dims;
  int64_t count = 1;
  for (int i = 0; i < type.shape().dim_size(); ++i) {
    dims.push_back(dim(info, i));
    if (__builtin_mul_overflow(count, dims.back().constantValue().value_or(1), &count) || count > elementLimit)
      return fail("the input has impossible dimensions");
  }
  return tensorOf(dims, element);
}

bool Inputs::checkOptions() {
  for (const auto &[name, size] : options.dims) {
    auto fail = [&](const Twine &what) {
      emitError(UnknownLoc::get(context)) << "--dim " << name << ": " << what;
      return false;
    };
    if (size < 1)
      return fail("a dimension cannot have size " + Twine(size));
    if (usedOptions.contains(name))
      continue;
    std::string known;
    for (Attribute symbol : found)
      known += (known.empty() ? "" : ", ") + cast<SymbolAttr>(symbol).getName().str();
    return fail("no input has a dimension of that name; " +
                (known.empty() ? "none is dynamic" : "the dynamic ones are " + known));
  }
  return true;
}

} // namespace treadle::onnx
