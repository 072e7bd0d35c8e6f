//===- Functions.cpp - functions that a model defines, and names of nodes ---===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Functions.h"
#include "frontends/onnx/Node.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include <map>

namespace treadle::onnx {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<::onnx::NodeProto>;
using llvm::StringRef;

/// Nodes that a message names before it counts the rest.
constexpr size_t namedNodes = 8;

std::string keyOf(StringRef domain, StringRef name, StringRef overload) {
  return (plainDomain(domain) + llvm::Twine('\0') + name + llvm::Twine('\0') + overload).str();
}

void substitute(Nodes &nodes, const ::onnx::FunctionProto &function, const ::onnx::NodeProto &call) {
  for (::onnx::NodeProto &node : nodes)
    for (::onnx::AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_g())
        substitute(*attribute.mutable_g()->mutable_node(), function, call);
      if (attribute.ref_attr_name().empty())
        continue;
      std::string name = attribute.name(), wanted = attribute.ref_attr_name();
      const ::onnx::AttributeProto *given = nullptr;
      for (const auto &candidate : call.attribute())
        if (candidate.name() == wanted)
          given = &candidate;
      for (const auto &candidate : function.attribute_proto())
        if (!given && candidate.name() == wanted)
          given = &candidate;
      // Not given at all: the operator's default, as if it were not there.
      attribute.Clear();
      if (given)
        attribute = *given;
      attribute.set_name(given ? name : "");
    }
}

/// Looks through a model, each function once.
class Search {
public:
  explicit Search(const Functions &functions) : functions(functions) {}

  void visit(const Nodes &nodes, int depth) {
    for (const ::onnx::NodeProto &node : nodes) {
      if (const ::onnx::FunctionProto *function = functions.find(node)) {
        if (depth >= maxDepth)
          tooDeep.push_back(titleOf(node));
        else if (seen.insert(function).second)
          visit(function->node(), depth + 1);
        continue;
      }
      if (node.op_type() == "If" && plainDomain(node.domain()).empty()) {
        for (const auto &attribute : node.attribute())
          if (attribute.has_g() && depth < maxDepth)
            visit(attribute.g().node(), depth + 1);
        continue;
      }
      if (findHandler(node.domain(), node.op_type()))
        continue;
      StringRef domain = plainDomain(node.domain());
      std::string op = printable((domain + (domain.empty() ? "" : ".") + node.op_type()).str());
      found[op].push_back(node.name().empty() && node.output_size() ? node.output(0) : node.name());
    }
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> result;
    for (const auto &[op, nodes] : found) {
      std::string line = "the operator " + op + " is not supported (node ";
      for (size_t i = 0; i < std::min(nodes.size(), namedNodes); ++i)
        line += (i ? ", " : "") + printable(nodes[i]);
      if (nodes.size() > namedNodes)
        line += " and " + std::to_string(nodes.size() - namedNodes) + " more";
      result.push_back(line + ")");
    }
    for (const std::string &title : tooDeep)
      result.push_back(title + ": functions call one another more than " + std::to_string(maxDepth) + " deep");
    return result;
  }

private:
  const Functions &functions;
  std::map<std::string, std::vector<std::string>> found; // nodes by operator
  llvm::SmallPtrSet<const ::onnx::FunctionProto *, 16> seen;
  std::vector<std::string> tooDeep;
};

} // namespace

Opsets readOpsets(const google::protobuf::RepeatedPtrField<::onnx::OperatorSetIdProto> &list) {
  Opsets opsets;
  for (const auto &opset : list)
    opsets[plainDomain(opset.domain())] = opset.version();
  return opsets;
}

StringRef plainDomain(StringRef domain) { return domain == "ai.onnx" ? StringRef() : domain; }

std::string printable(StringRef name) {
  std::string result;
  const auto *at = reinterpret_cast<const llvm::UTF8 *>(name.begin()),
             *end = reinterpret_cast<const llvm::UTF8 *>(name.end());
  while (at != end) {
    unsigned length = llvm::getNumBytesForUTF8(*at);
    bool isLegal = length <= static_cast<size_t>(end - at) && llvm::isLegalUTF8Sequence(at, at + length);
    if (isLegal && (length > 1 || llvm::isPrint(*at)))
      result.append(reinterpret_cast<const char *>(at), length);
    else
      result += '?';
    at += isLegal ? length : 1;
  }
  return result;
}

std::string titleOf(const ::onnx::NodeProto &node) {
  const std::string &name = node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
  return printable(name + " (" + node.op_type() + ")");
}

Functions::Functions(const ::onnx::ModelProto &model) {
  for (const ::onnx::FunctionProto &function : model.functions())
    byName.try_emplace(keyOf(function.domain(), function.name(), function.overload()), &function);
}

const ::onnx::FunctionProto *Functions::find(const ::onnx::NodeProto &node) const {
  return byName.empty() ? nullptr : byName.lookup(keyOf(node.domain(), node.op_type(), node.overload()));
}

::onnx::FunctionProto Functions::instantiate(const ::onnx::FunctionProto &function, const ::onnx::NodeProto &call) {
  ::onnx::FunctionProto body = function;
  substitute(*body.mutable_node(), function, call);
  return body;
}

std::vector<std::string> findUnsupported(const ::onnx::ModelProto &model, const Functions &functions) {
  Search search(functions);
  search.visit(model.graph().node(), 0);
  return search.lines();
}

} // namespace treadle::onnx
