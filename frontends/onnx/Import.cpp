//===- Import.cpp - an ONNX model as a graph ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// First the whole model is looked over: what it asks for that is not here is reported at once. Then
// nodes are imported in order, which ONNX requires to be one in which each comes after what it reads.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Import.h"
#include "frontends/onnx/Node.h"
#include "frontends/onnx/Weights.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::onnx {
namespace {

constexpr int maxDepth = 32; // of functions that call functions

std::string titleOf(const ::onnx::NodeProto &node) {
  std::string name = node.name();
  if (name.empty() && node.output_size() > 0)
    name = node.output(0);
  return name + " (" + node.op_type() + ")";
}

/// Names that are in sight, and what they stand for.
using Scope = llvm::StringMap<Value>;

class Importer {
public:
  Importer(MLIRContext *context, std::shared_ptr<ModelFile> file, StringRef path, const ImportOptions &options)
      : context(context), file(std::move(file)), model(this->file->model()), path(path), options(options),
        builder(OpBuilder(context)) {}

  OwningOpRef<ModuleOp> run();

private:
  using Opsets = llvm::StringMap<int64_t>;

  Location named(StringRef name) { return NameLoc::get(StringAttr::get(context, name)); }
  LogicalResult error(StringRef where, const Twine &what) {
    emitError(where.empty() ? Location(UnknownLoc::get(context)) : named(where)) << what;
    return failure();
  }

  bool readOpsets(const google::protobuf::RepeatedPtrField<::onnx::OperatorSetIdProto> &list, Opsets &opsets);
  const ::onnx::FunctionProto *functionFor(const ::onnx::NodeProto &node) const;
  void findUnsupported(const google::protobuf::RepeatedPtrField<::onnx::NodeProto> &nodes, const Opsets &opsets, int depth,
                       std::vector<std::string> &unsupported);
  LogicalResult checkCoverage();

  FailureOr<Type> inputType(const ::onnx::ValueInfoProto &info);
  LogicalResult importInitializers(const ::onnx::GraphProto &graph, Scope &scope);
  LogicalResult importNodes(const google::protobuf::RepeatedPtrField<::onnx::NodeProto> &nodes, const Opsets &opsets,
                            Scope &scope, int depth);
  LogicalResult importNode(const ::onnx::NodeProto &node, const Opsets &opsets, Scope &scope, int depth);
  LogicalResult importCall(const ::onnx::NodeProto &node, const ::onnx::FunctionProto &function,
                           ArrayRef<Value> inputs, Scope &scope, int depth);
  LogicalResult importIf(const ::onnx::NodeProto &node, const Opsets &opsets, ArrayRef<Value> inputs, Scope &scope, int depth);
  LogicalResult bindOutputs(const ::onnx::NodeProto &node, ArrayRef<Value> results, Scope &scope);
  void setMetadata(ModuleOp module);

  MLIRContext *context;
  std::shared_ptr<ModelFile> file;
  const ::onnx::ModelProto &model;
  StringRef path;
  const ImportOptions &options;
  Builder builder;
  Opsets modelOpsets;
  llvm::StringSet<> usedDims;
  SmallVector<Attribute> symbols;
  llvm::StringSet<> symbolNames;
};

// ---- what the model asks for -----------------------------------------------------------------

bool Importer::readOpsets(const google::protobuf::RepeatedPtrField<::onnx::OperatorSetIdProto> &list, Opsets &opsets) {
  for (const auto &opset : list)
    opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  return true;
}

const ::onnx::FunctionProto *Importer::functionFor(const ::onnx::NodeProto &node) const {
  for (const ::onnx::FunctionProto &function : model.functions())
    if (function.name() == node.op_type() && function.domain() == node.domain())
      return &function;
  return nullptr;
}

void Importer::findUnsupported(const google::protobuf::RepeatedPtrField<::onnx::NodeProto> &nodes, const Opsets &opsets,
                               int depth, std::vector<std::string> &unsupported) {
  for (const ::onnx::NodeProto &node : nodes) {
    if (const ::onnx::FunctionProto *function = functionFor(node)) {
      Opsets inner;
      readOpsets(function->opset_import(), inner);
      if (depth < maxDepth)
        findUnsupported(function->node(), inner, depth + 1, unsupported);
      else
        unsupported.push_back(titleOf(node) + ": functions call one another more than " + std::to_string(maxDepth) + " deep");
      continue;
    }
    if (node.op_type() == "If" && (node.domain().empty() || node.domain() == "ai.onnx")) {
      for (const auto &attribute : node.attribute())
        if (attribute.has_g() && depth < maxDepth)
          findUnsupported(attribute.g().node(), opsets, depth + 1, unsupported);
      continue;
    }
    if (!findHandler(node.domain(), node.op_type()))
      unsupported.push_back(titleOf(node) + ": the operator " + (node.domain().empty() ? "" : node.domain() + ".") +
                            node.op_type() + " is not supported");
  }
}

LogicalResult Importer::checkCoverage() {
  std::vector<std::string> unsupported;
  findUnsupported(model.graph().node(), modelOpsets, 0, unsupported);
  for (const std::string &line : unsupported)
    (void)error("", line);
  for (const auto &[domain, version] : modelOpsets)
    if (domain.empty() && (version < 1 || version > 30))
      return error("", "operator set version " + Twine(version) + " is not known; versions up to 30 are");
  return success(unsupported.empty());
}

// ---- types and constants ---------------------------------------------------------------------

FailureOr<Type> Importer::inputType(const ::onnx::ValueInfoProto &info) {
  if (!info.type().has_tensor_type())
    return error(info.name(), "the input is not a tensor; sequences, maps and optionals are not supported");
  const auto &type = info.type().tensor_type();
  Type element = elementTypeOf(context, type.elem_type());
  if (!element)
    return error(info.name(), "the input's element type, number " + Twine(type.elem_type()) + ", is not supported");
  if (!type.has_shape())
    return error(info.name(), "the input's number of dimensions is not known; give the model's input a shape");
  if (type.shape().dim_size() > maxRank)
    return error(info.name(), "the input has " + Twine(type.shape().dim_size()) + " dimensions, at most " + Twine(maxRank) + " are supported");
  Dims dims;
  for (auto [i, dim] : llvm::enumerate(type.shape().dim())) {
    if (dim.has_dim_value() && dim.dim_value() >= 0 && !dim.has_dim_param()) {
      dims.push_back(DimExpr::constant(context, dim.dim_value()));
      continue;
    }
    // Letters, digits and _ of the model's name; one of its own where it has none.
    std::string name;
    for (char c : dim.has_dim_param() ? dim.dim_param() : std::string())
      name += llvm::isAlnum(c) || c == '_' ? c : '_';
    if (name.empty() || name.find_first_not_of('_') == std::string::npos)
      name = "d" + std::to_string(i) + "_of_" + [&] {
        std::string clean;
        for (char c : info.name())
          clean += llvm::isAlnum(c) ? c : '_';
        return clean;
      }();
    if (llvm::isDigit(name[0]))
      name.insert(name.begin(), 'd');
    std::optional<int64_t> fixed;
    for (const auto &[given, size] : options.dims)
      if (given == name || given == dim.dim_param() || given == info.name() + "." + std::to_string(i)) {
        fixed = size;
        usedDims.insert(given);
      }
    if (fixed) {
      dims.push_back(DimExpr::constant(context, *fixed));
      continue;
    }
    if (symbolNames.insert(name).second)
      symbols.push_back(SymbolAttr::get(context, name, 1, INT32_MAX, 1));
    dims.push_back(DimExpr::symbol(context, name));
  }
  return Type(tensorOf(dims, element));
}

LogicalResult Importer::importInitializers(const ::onnx::GraphProto &graph, Scope &scope) {
  if (graph.sparse_initializer_size() > 0)
    return error("", "sparse initializers are not supported");
  for (const ::onnx::TensorProto &tensor : graph.initializer()) {
    builder.setLocation(named(tensor.name()));
    FailureOr<ElementsAttr> value = readTensor(builder.location(), file, tensor);
    if (failed(value))
      return failure();
    scope[tensor.name()] = builder.constant(*value);
  }
  return success();
}

// ---- nodes -----------------------------------------------------------------------------------

LogicalResult Importer::bindOutputs(const ::onnx::NodeProto &node, ArrayRef<Value> results, Scope &scope) {
  for (int i = 0; i < node.output_size(); ++i) {
    if (node.output(i).empty())
      continue;
    Value value = static_cast<size_t>(i) < results.size() ? results[i] : Value();
    if (!value)
      return error(titleOf(node), "output " + Twine(i) + " is not supported");
    if (!scope.try_emplace(node.output(i), value).second)
      return error(titleOf(node), "the name " + node.output(i) + " is given to two values");
    // The op that makes the value carries its name, the last one given.
    if (Operation *op = value.getDefiningOp(); op && isa<GraphOpInterface>(op) && !op->hasAttr("graph.value"))
      op->setAttr("graph.value", StringAttr::get(context, node.output(i)));
  }
  return success();
}

LogicalResult Importer::importCall(const ::onnx::NodeProto &node, const ::onnx::FunctionProto &function,
                                   ArrayRef<Value> inputs, Scope &scope, int depth) {
  Scope inner;
  Opsets opsets;
  readOpsets(function.opset_import(), opsets);
  for (int i = 0; i < function.input_size(); ++i)
    if (static_cast<size_t>(i) < inputs.size() && inputs[i])
      inner[function.input(i)] = inputs[i];
  // Attributes that refer to the call's are replaced in a copy of the body.
  ::onnx::FunctionProto body = function;
  for (::onnx::NodeProto &inside : *body.mutable_node())
    for (::onnx::AttributeProto &attribute : *inside.mutable_attribute()) {
      if (attribute.ref_attr_name().empty())
        continue;
      std::string name = attribute.name(), wanted = attribute.ref_attr_name();
      attribute.Clear();
      const ::onnx::AttributeProto *given = nullptr;
      for (const auto &candidate : node.attribute())
        if (candidate.name() == wanted)
          given = &candidate;
      for (const auto &candidate : function.attribute_proto())
        if (!given && candidate.name() == wanted)
          given = &candidate;
      if (given)
        attribute = *given;
      attribute.set_name(given ? name : "");
    }
  if (failed(importNodes(body.node(), opsets, inner, depth + 1)))
    return failure();
  SmallVector<Value> results;
  for (int i = 0; i < function.output_size(); ++i)
    results.push_back(inner.lookup(function.output(i)));
  return bindOutputs(node, results, scope);
}

LogicalResult Importer::importIf(const ::onnx::NodeProto &node, const Opsets &opsets, ArrayRef<Value> inputs, Scope &scope,
                                 int depth) {
  std::optional<Tensor> condition = inputs.empty() || !inputs[0] ? std::nullopt : constantOf(inputs[0]);
  if (!condition || condition->size() != 1)
    return error(titleOf(node), "the condition of an If must be known when the model is compiled; it depends on data");
  StringRef wanted = condition->get<int64_t>(0) ? "then_branch" : "else_branch";
  for (const auto &attribute : node.attribute()) {
    if (attribute.name() != wanted || !attribute.has_g())
      continue;
    Scope inner = scope;
    if (failed(importInitializers(attribute.g(), inner)) || failed(importNodes(attribute.g().node(), opsets, inner, depth + 1)))
      return failure();
    SmallVector<Value> results;
    for (const auto &output : attribute.g().output())
      results.push_back(inner.lookup(output.name()));
    return bindOutputs(node, results, scope);
  }
  return error(titleOf(node), "has no " + wanted);
}

LogicalResult Importer::importNode(const ::onnx::NodeProto &node, const Opsets &opsets, Scope &scope, int depth) {
  std::string title = titleOf(node);
  builder.setLocation(named(title));
  if (depth > maxDepth)
    return error(title, "functions and branches are nested too deep");
  SmallVector<Value> inputs;
  for (const std::string &name : node.input()) {
    Value value = name.empty() ? Value() : scope.lookup(name);
    if (!name.empty() && !value)
      return error(title, "the input " + name + " is made by no node before this one");
    inputs.push_back(value);
  }
  if (const ::onnx::FunctionProto *function = functionFor(node))
    return importCall(node, *function, inputs, scope, depth);
  if (node.op_type() == "If" && (node.domain().empty() || node.domain() == "ai.onnx"))
    return importIf(node, opsets, inputs, scope, depth);

  const OpHandler *handler = findHandler(node.domain(), node.op_type());
  if (!handler)
    return error(title, "the operator is not supported");
  if (inputs.size() > handler->maxInputs || inputs.size() < handler->minInputs)
    return error(title, "has " + Twine(inputs.size()) + " inputs, " + handler->name + " takes " + Twine(handler->minInputs) +
                            (handler->minInputs == handler->maxInputs ? Twine("") : " to " + Twine(handler->maxInputs)));
  for (unsigned i = 0; i < handler->minInputs; ++i)
    if (!inputs[i])
      return error(title, "lacks input " + Twine(i));
  StringRef domain = node.domain() == "ai.onnx" ? "" : StringRef(node.domain());
  auto version = opsets.find(domain);
  Node handled(node, file, builder, version == opsets.end() ? 1 : version->second, inputs);
  if (!handler->import(handled) || handled.isBroken())
    return failure();
  return bindOutputs(node, handled.results(), scope);
}

LogicalResult Importer::importNodes(const google::protobuf::RepeatedPtrField<::onnx::NodeProto> &nodes,
                                    const Opsets &opsets, Scope &scope, int depth) {
  for (const ::onnx::NodeProto &node : nodes)
    if (failed(importNode(node, opsets, scope, depth)))
      return failure();
  return success();
}

// ---- the model -------------------------------------------------------------------------------

void Importer::setMetadata(ModuleOp module) {
  Builder &b = builder;
  mlir::Builder attrs(context);
  module->setAttr("treadle.model", attrs.getStringAttr(llvm::sys::path::filename(path)));
  SmallVector<NamedAttribute> metadata;
  llvm::StringSet<> seen;
  for (const auto &entry : model.metadata_props())
    if (!entry.key().empty() && seen.insert(entry.key()).second)
      metadata.push_back(attrs.getNamedAttr(entry.key(), attrs.getStringAttr(entry.value())));
  module->setAttr("treadle.metadata", attrs.getDictionaryAttr(metadata));
  module->setAttr("graph.symbols", attrs.getArrayAttr(symbols));
  (void)b;
}

OwningOpRef<ModuleOp> Importer::run() {
  if (!model.has_graph() || model.graph().output_size() == 0) {
    (void)error("", "the file holds no ONNX model with a graph and outputs");
    return {};
  }
  readOpsets(model.opset_import(), modelOpsets);
  if (failed(checkCoverage()))
    return {};
  const ::onnx::GraphProto &graph = model.graph();
  llvm::StringSet<> initialized;
  for (const auto &tensor : graph.initializer())
    initialized.insert(tensor.name());

  SmallVector<Type> types;
  SmallVector<StringRef> names;
  for (const auto &input : graph.input()) {
    if (initialized.contains(input.name())) // a default, from before version 4 of the format
      continue;
    FailureOr<Type> type = inputType(input);
    if (failed(type))
      return {};
    types.push_back(*type);
    names.push_back(input.name());
  }
  for (const auto &[name, size] : options.dims)
    if (!usedDims.contains(name)) {
      std::string known;
      for (Attribute symbol : symbols)
        known += (known.empty() ? "" : ", ") + cast<SymbolAttr>(symbol).getName().str();
      (void)error("", "--dim " + name + ": no input has a dimension of that name; " +
                          (known.empty() ? "none is dynamic" : "the dynamic ones are " + known));
      return {};
    }

  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context));
  OpBuilder ops(context);
  ops.setInsertionPointToStart(module->getBody());
  auto main = func::FuncOp::create(ops, UnknownLoc::get(context), "main", ops.getFunctionType(types, {}));
  Block *block = main.addEntryBlock();
  builder = Builder(OpBuilder::atBlockEnd(block));
  Scope scope;
  for (auto [name, argument] : llvm::zip(names, block->getArguments())) {
    if (!scope.try_emplace(name, argument).second) {
      (void)error(name, "two inputs have this name");
      return {};
    }
    main.setArgAttr(argument.getArgNumber(), "graph.name", ops.getStringAttr(name));
  }
  if (failed(importInitializers(graph, scope)) || failed(importNodes(graph.node(), modelOpsets, scope, 0)))
    return {};

  SmallVector<Value> results;
  SmallVector<Type> resultTypes;
  SmallVector<Attribute> resultNames;
  for (const auto &output : graph.output()) {
    Value value = scope.lookup(output.name());
    if (!value) {
      (void)error(output.name(), "the output is made by no node");
      return {};
    }
    results.push_back(value);
    resultTypes.push_back(value.getType());
  }
  ops.setInsertionPointToEnd(block);
  func::ReturnOp::create(ops, UnknownLoc::get(context), results);
  main.setFunctionType(ops.getFunctionType(types, resultTypes));
  for (auto [i, output] : llvm::enumerate(graph.output()))
    main.setResultAttr(i, "graph.name", ops.getStringAttr(output.name()));
  setMetadata(*module);
  // What no output depends on.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*block)))
    if (isOpTriviallyDead(&op))
      op.erase();
  return module;
}

} // namespace

FailureOr<ImportedModel> importModel(MLIRContext *context, StringRef path, const ImportOptions &options) {
  context->loadDialect<GraphDialect, func::FuncDialect>();
  llvm::Expected<std::shared_ptr<ModelFile>> file = ModelFile::open(path);
  if (!file) {
    emitError(UnknownLoc::get(context)) << path << ": " << llvm::toString(file.takeError());
    return failure();
  }
  ImportedModel result;
  result.module = Importer(context, *file, path, options).run();
  if (!result.module)
    return failure();
  llvm::Expected<std::string> hash = (*file)->sha256();
  if (!hash) {
    emitError(UnknownLoc::get(context)) << path << ": " << llvm::toString(hash.takeError());
    return failure();
  }
  result.sha256 = *hash;
  result.storage = *file;
  return result;
}

FailureOr<std::vector<std::string>> modelFiles(MLIRContext *context, StringRef path) {
  llvm::Expected<std::shared_ptr<ModelFile>> file = ModelFile::open(path);
  llvm::Expected<std::vector<std::string>> files = file ? (*file)->files() : llvm::Expected<std::vector<std::string>>(file.takeError());
  if (!files) {
    emitError(UnknownLoc::get(context)) << path << ": " << llvm::toString(files.takeError());
    return failure();
  }
  return *files;
}

} // namespace treadle::onnx
