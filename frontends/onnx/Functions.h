//===- Functions.h - functions that a model defines, and names of nodes -----===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_FUNCTIONS_H
#define TREADLE_FRONTENDS_ONNX_FUNCTIONS_H

#include "frontends/onnx/ModelFile.h"

namespace treadle::onnx {

/// Functions that call functions, and branches within branches, are followed this deep.
constexpr int maxDepth = 32;

/// Versions of operator sets, by domain; ONNX's own is "".
using Opsets = llvm::StringMap<int64_t>;
Opsets readOpsets(const google::protobuf::RepeatedPtrField<::onnx::OperatorSetIdProto> &list);

/// "" for both spellings of ONNX's own domain.
llvm::StringRef plainDomain(llvm::StringRef domain);

/// A name of the model without characters that would break a line or are no UTF-8.
std::string printable(llvm::StringRef name);

/// What a node is called in messages and profiles: "name (Type)".
std::string titleOf(const ::onnx::NodeProto &node);

class Functions {
public:
  explicit Functions(const ::onnx::ModelProto &model);
  /// The function that the node calls; null if it is an operator.
  const ::onnx::FunctionProto *find(const ::onnx::NodeProto &node) const;

  /// The function's body for one call: attributes that refer to the call's have its values.
  static ::onnx::FunctionProto instantiate(const ::onnx::FunctionProto &function, const ::onnx::NodeProto &call);

private:
  llvm::StringMap<const ::onnx::FunctionProto *> byName;
};

/// One line for each operator that the model uses and the table does not have, with the nodes it stands
/// in.
std::vector<std::string> findUnsupported(const ::onnx::ModelProto &model, const Functions &functions);

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_FUNCTIONS_H
