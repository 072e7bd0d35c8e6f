//===- Node.h - one node of a model, as its handler sees it ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_NODE_H
#define TREADLE_FRONTENDS_ONNX_NODE_H

#include "frontends/onnx/Builder.h"
#include "frontends/onnx/ModelFile.h"

namespace treadle::onnx {

/// Inputs are values, or null where the model leaves an optional one out. A handler sets the outputs and
/// returns true, or reports an error (naming what is wrong; the node's name comes with it) and returns
/// false.
class Node {
public:
  Node(const ::onnx::NodeProto &proto, std::shared_ptr<ModelFile> file, Builder &b, int64_t version,
       llvm::SmallVector<Value> inputs)
      : proto(proto), b(b), version(version), file(std::move(file)), inputs(std::move(inputs)),
        outputs(proto.output_size()) {}

  const ::onnx::NodeProto &proto;
  Builder &b;
  const int64_t version; // of the op set that the node's op is from

  llvm::StringRef type() const { return proto.op_type(); }
  Value input(size_t i) const { return i < inputs.size() ? inputs[i] : Value(); }
  size_t inputCount() const { return inputs.size(); }
  size_t outputCount() const { return outputs.size(); }
  llvm::ArrayRef<Value> allInputs() const { return inputs; }

  bool set(Value value) { return set(0, value); }
  bool set(size_t i, Value value) {
    if (value && i < outputs.size())
      outputs[i] = value;
    return static_cast<bool>(value);
  }
  bool wants(size_t i) const { return i < outputs.size() && !proto.output(i).empty(); }
  llvm::ArrayRef<Value> results() const { return outputs; }

  /// Says nothing where what is wrong follows from an attribute that has been reported.
  bool fail(const llvm::Twine &message) const {
    if (!broken)
      b.fail(message);
    return false;
  }
  /// Whether an attribute was found to be of another type than its operator has.
  bool isBroken() const { return broken; }

  // ---- attributes -------------------------------------------------------------------------------
  // One that is not there has the value `fallback`.
  const ::onnx::AttributeProto *attribute(llvm::StringRef name) const;
  bool has(llvm::StringRef name) const { return attribute(name); }
  int64_t integer(llvm::StringRef name, int64_t fallback) const;
  double real(llvm::StringRef name, double fallback) const;
  /// Without what is no text, as messages repeat it.
  std::string text(llvm::StringRef name, llvm::StringRef fallback) const;
  /// What stands in `choices` for the attribute's word. Nothing after an error, which lists them.
  template <typename T>
  std::optional<T> choice(llvm::StringRef name, llvm::StringRef fallback,
                          std::initializer_list<std::pair<llvm::StringRef, T>> choices) const {
    std::string word = text(name, fallback), known;
    for (const auto &[spelling, value] : choices) {
      if (word == spelling)
        return value;
      bool isLast = spelling == std::prev(choices.end())->first;
      known += (known.empty() ? "" : isLast ? " and " : ", ") + spelling.str();
    }
    fail(name + " is '" + llvm::Twine(word) + "'; " + known + " are known");
    return std::nullopt;
  }
  llvm::SmallVector<int64_t> integers(llvm::StringRef name, llvm::ArrayRef<int64_t> fallback = {}) const;
  llvm::SmallVector<double> reals(llvm::StringRef name) const;
  /// A tensor as a constant; null after an error.
  Value tensor(llvm::StringRef name) const;

  // ---- what is an attribute in some versions and an input in others ------------------------------
  /// Integers that must be known: attribute `name`, or input `index` where there is no such attribute.
  /// `given` says whether there is either. False after an error.
  bool knownIntegers(llvm::StringRef name, size_t index, llvm::SmallVectorImpl<int64_t> &values, bool &given);
  /// The same, but each may be an expression of input sizes.
  bool knownSizes(llvm::StringRef name, size_t index, Sizes &values, bool &given);
  /// A constant tensor as numbers.
  std::optional<llvm::SmallVector<double>> constantReals(size_t index) const;

  /// An axis counted from the end if negative. False after an error.
  bool axis(int64_t &axis, int64_t rank);
  bool axes(llvm::SmallVectorImpl<int64_t> &axes, int64_t rank);

  int64_t rank(size_t i = 0) const { return graph::rankOf(inputs[i]); }
  Dims dims(size_t i = 0) const { return graph::dimsOf(inputs[i].getType()); }
  Type element(size_t i = 0) const { return graph::elementOf(inputs[i]); }

private:
  const ::onnx::AttributeProto *attribute(llvm::StringRef name, int type) const;

  std::shared_ptr<ModelFile> file;
  llvm::SmallVector<Value> inputs, outputs;
  mutable bool broken = false;
};

/// How the ops of this domain are imported.
struct OpHandler {
  llvm::StringLiteral name;
  llvm::StringLiteral domain;
  unsigned minInputs, maxInputs; // those below minInputs must be there
  bool (*import)(Node &);
};
/// Null if the op is not supported.
const OpHandler *findHandler(llvm::StringRef domain, llvm::StringRef name);
llvm::ArrayRef<OpHandler> allHandlers();

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_NODE_H
