//===- Import.cpp - an ONNX model as a graph ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// First the whole model is looked over: what it asks for that is not here is reported at once. Then
// nodes are imported in order, which ONNX requires to be one in which each comes after what it reads.
// Calls of the model's functions are expanded.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Import.h"
#include "frontends/onnx/Functions.h"
#include "frontends/onnx/Inputs.h"
#include "frontends/onnx/Node.h"
#include "frontends/onnx/Weights.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::onnx {
namespace {

/// Of ONNX's own operators; later ones may mean something else.
constexpr int64_t newestOpset = 28;
/// Nodes with functions expanded, so that a small file cannot ask for a large graph.
constexpr int64_t mostNodes = 1 << 20;

/// Names in sight. A name may stand for nothing: an optional input that a call leaves out, an output
/// that is not supported but not used either.
class Scope {
public:
  struct Entry {
    Value value;
    std::string problem; // why there is no value
  };

  explicit Scope(const Scope *outer = nullptr) : outer(outer) {}

  const Entry *find(StringRef name) const {
    for (const Scope *scope = this; scope; scope = scope->outer)
      if (auto it = scope->entries.find(name); it != scope->entries.end())
        return &it->second;
    return nullptr;
  }
  Value lookup(StringRef name) const {
    const Entry *entry = find(name);
    return entry ? entry->value : Value();
  }
  /// False if this scope has the name already.
  bool add(StringRef name, Value value, std::string problem = "") {
    return entries.try_emplace(name, Entry{value, std::move(problem)}).second;
  }

private:
  const Scope *outer;
  llvm::StringMap<Entry> entries;
};

class Importer {
public:
  Importer(MLIRContext *context, std::shared_ptr<ModelFile> file, StringRef path, const ImportOptions &options)
      : context(context), file(std::move(file)), model(this->file->model()), path(path), functions(model),
        inputs(context, options), builder(OpBuilder(context)) {}

  OwningOpRef<ModuleOp> run();

private:
  using Nodes = google::protobuf::RepeatedPtrField<::onnx::NodeProto>;

  Location named(StringRef name) { return NameLoc::get(StringAttr::get(context, printable(name))); }
  LogicalResult error(StringRef where, const Twine &what) {
    emitError(where.empty() ? Location(UnknownLoc::get(context)) : named(where)) << what;
    return failure();
  }

  LogicalResult checkCoverage();
  LogicalResult declareInputs(SmallVectorImpl<Type> &types, SmallVectorImpl<StringRef> &names);
  LogicalResult importInitializers(const ::onnx::GraphProto &graph, Scope &scope);
  LogicalResult importNodes(const Nodes &nodes, const Opsets &opsets, Scope &scope, int depth);
  LogicalResult importNode(const ::onnx::NodeProto &node, const Opsets &opsets, Scope &scope, int depth);
  LogicalResult importOperator(const ::onnx::NodeProto &node, const OpHandler &handler, int64_t version,
                               ArrayRef<Value> operands, Scope &scope);
  LogicalResult importCall(const ::onnx::NodeProto &node, const ::onnx::FunctionProto &function,
                           ArrayRef<Value> operands, Scope &scope, int depth);
  LogicalResult importIf(const ::onnx::NodeProto &node, const Opsets &opsets, ArrayRef<Value> operands, Scope &scope,
                         int depth);
  FailureOr<SmallVector<Value>> importBranch(const ::onnx::NodeProto &node, StringRef branch, const Opsets &opsets,
                                             const Scope &scope, int depth);
  LogicalResult bindOutputs(const ::onnx::NodeProto &node, ArrayRef<Value> results, Scope &scope);
  FailureOr<SmallVector<Value>> findOutputs(const Scope &scope);
  void setMetadata(ModuleOp module);

  MLIRContext *context;
  std::shared_ptr<ModelFile> file;
  const ::onnx::ModelProto &model;
  StringRef path;
  Functions functions;
  Inputs inputs;
  Builder builder;
  int64_t nodeCount = 0;
};

// ---- what the model asks for -----------------------------------------------------------------

LogicalResult Importer::checkCoverage() {
  std::vector<std::string> unsupported = findUnsupported(model, functions);
  for (const std::string &line : unsupported)
    (void)error("", line);
  auto checkVersions = [&](const Opsets &opsets) {
    int64_t version = opsets.contains("") ? opsets.lookup("") : 1;
    if (version >= 1 && version <= newestOpset)
      return success();
    return error("", "operator set version " + Twine(version) + " is not known; versions up to " + Twine(newestOpset) +
                         " are");
  };
  LogicalResult result = checkVersions(readOpsets(model.opset_import()));
  for (const ::onnx::FunctionProto &function : model.functions())
    if (succeeded(result))
      result = checkVersions(readOpsets(function.opset_import()));
  return success(succeeded(result) && unsupported.empty());
}

/// All inputs, so that all that is wrong with them is said.
LogicalResult Importer::declareInputs(SmallVectorImpl<Type> &types, SmallVectorImpl<StringRef> &names) {
  llvm::StringSet<> initialized, seen;
  for (const auto &tensor : model.graph().initializer())
    initialized.insert(tensor.name());
  bool areFine = true;
  for (const auto &input : model.graph().input()) {
    if (initialized.contains(input.name())) // a default, from before version 4 of the format
      continue;
    if (!seen.insert(input.name()).second)
      return error(input.name(), "two inputs have this name");
    types.push_back(inputs.typeOf(input));
    names.push_back(input.name());
    areFine &= static_cast<bool>(types.back());
  }
  return success(areFine && inputs.checkOptions());
}

LogicalResult Importer::importInitializers(const ::onnx::GraphProto &graph, Scope &scope) {
  if (graph.sparse_initializer_size() > 0)
    return error("", "sparse initializers are not supported");
  for (const ::onnx::TensorProto &tensor : graph.initializer()) {
    builder.setLocation(named(tensor.name()));
    FailureOr<ElementsAttr> value = readTensor(builder.location(), file, tensor);
    if (failed(value))
      return failure();
    if (!scope.add(tensor.name(), builder.constant(*value)))
      return error(tensor.name(), "two initializers have this name");
  }
  return success();
}

// ---- nodes -----------------------------------------------------------------------------------

LogicalResult Importer::bindOutputs(const ::onnx::NodeProto &node, ArrayRef<Value> results, Scope &scope) {
  for (int i = 0; i < node.output_size(); ++i) {
    const std::string &name = node.output(i);
    if (name.empty())
      continue;
    Value value = static_cast<size_t>(i) < results.size() ? results[i] : Value();
    std::string problem = value ? "" : "output " + std::to_string(i) + " of " + titleOf(node) + " is not supported";
    if (!scope.add(name, value, problem))
      return error(titleOf(node), "the name " + printable(name) + " is given to two values");
    // The op that makes the value carries its name, the last one given; of several results that of the first.
    auto result = dyn_cast_or_null<OpResult>(value);
    Operation *op = result && result.getResultNumber() == 0 ? result.getOwner() : nullptr;
    if (op && isa<GraphOpInterface>(op) && !op->hasAttr("graph.value"))
      op->setAttr("graph.value", StringAttr::get(context, printable(name)));
  }
  return success();
}

LogicalResult Importer::importCall(const ::onnx::NodeProto &node, const ::onnx::FunctionProto &function,
                                   ArrayRef<Value> operands, Scope &scope, int depth) {
  if (operands.size() > static_cast<size_t>(function.input_size()))
    return error(titleOf(node),
                 "has " + Twine(operands.size()) + " inputs, the function takes " + Twine(function.input_size()));
  Scope inner;
  for (int i = 0; i < function.input_size(); ++i)
    inner.add(function.input(i), static_cast<size_t>(i) < operands.size() ? operands[i] : Value());
  ::onnx::FunctionProto body = Functions::instantiate(function, node);
  if (failed(importNodes(body.node(), readOpsets(function.opset_import()), inner, depth + 1)))
    return failure();
  SmallVector<Value> results;
  for (int i = 0; i < function.output_size(); ++i)
    results.push_back(inner.lookup(function.output(i)));
  return bindOutputs(node, results, scope);
}

FailureOr<SmallVector<Value>> Importer::importBranch(const ::onnx::NodeProto &node, StringRef branch,
                                                     const Opsets &opsets, const Scope &scope, int depth) {
  for (const auto &attribute : node.attribute()) {
    if (attribute.name() != branch || !attribute.has_g())
      continue;
    Scope inner(&scope);
    if (failed(importInitializers(attribute.g(), inner)) ||
        failed(importNodes(attribute.g().node(), opsets, inner, depth + 1)))
      return failure();
    SmallVector<Value> results;
    for (const auto &output : attribute.g().output()) {
      results.push_back(inner.lookup(output.name()));
      if (!results.back())
        return error(titleOf(node), "the output " + printable(output.name()) + " of " + branch + " is made by no node");
    }
    return results;
  }
  return error(titleOf(node), "has no " + branch);
}

/// The branch that is taken, where that is known. Else both are computed, as no op has an effect beside
/// its result, and the results chosen from.
LogicalResult Importer::importIf(const ::onnx::NodeProto &node, const Opsets &opsets, ArrayRef<Value> operands,
                                 Scope &scope, int depth) {
  std::string title = titleOf(node);
  if (operands.size() != 1 || !operands[0] || elementCount(operands[0].getType()) != 1 ||
      !elementOf(operands[0]).isInteger(1))
    return error(title, "needs one condition, a bool");
  if (std::optional<Tensor> condition = constantOf(operands[0])) {
    auto results = importBranch(node, condition->get<int64_t>(0) ? "then_branch" : "else_branch", opsets, scope, depth);
    return failed(results) ? failure() : bindOutputs(node, *results, scope);
  }
  auto onTrue = importBranch(node, "then_branch", opsets, scope, depth);
  auto onFalse =
      failed(onTrue) ? FailureOr<SmallVector<Value>>() : importBranch(node, "else_branch", opsets, scope, depth);
  if (failed(onFalse))
    return failure();
  builder.setLocation(named(title));
  Value condition = builder.reshape(operands[0], {});
  SmallVector<Value> results;
  for (auto [a, b] : llvm::zip(*onTrue, *onFalse)) {
    if (a.getType() != b.getType())
      return error(title, "the branches give results of different types or sizes, and which is taken depends on data");
    results.push_back(builder.select(condition, a, b));
    if (!results.back())
      return failure();
  }
  return bindOutputs(node, results, scope);
}

LogicalResult Importer::importOperator(const ::onnx::NodeProto &node, const OpHandler &handler, int64_t version,
                                       ArrayRef<Value> operands, Scope &scope) {
  std::string title = titleOf(node);
  if (operands.size() > handler.maxInputs || operands.size() < handler.minInputs)
    return error(title, "has " + Twine(operands.size()) + " inputs, " + handler.name + " takes " +
                            Twine(handler.minInputs) +
                            (handler.minInputs == handler.maxInputs ? Twine("") : " to " + Twine(handler.maxInputs)));
  for (unsigned i = 0; i < handler.minInputs; ++i)
    if (!operands[i])
      return error(title, "lacks input " + Twine(i));
  Node handled(node, file, builder, version, SmallVector<Value>(operands));
  if (!handler.import(handled) || handled.isBroken())
    return failure();
  return bindOutputs(node, handled.results(), scope);
}

LogicalResult Importer::importNode(const ::onnx::NodeProto &node, const Opsets &opsets, Scope &scope, int depth) {
  std::string title = titleOf(node);
  builder.setLocation(named(title));
  if (depth > maxDepth)
    return error(title, "functions and branches are nested too deep");
  if (++nodeCount > mostNodes)
    return error("", "the model has more than " + Twine(mostNodes) + " nodes");
  SmallVector<Value> operands;
  for (const std::string &name : node.input()) {
    const Scope::Entry *entry = name.empty() ? nullptr : scope.find(name);
    if (!name.empty() && !entry)
      return error(title, "the input " + printable(name) + " is made by no node before this one");
    if (entry && !entry->problem.empty())
      return error(title, "needs " + printable(name) + ", but " + entry->problem);
    operands.push_back(entry ? entry->value : Value());
  }
  if (const ::onnx::FunctionProto *function = functions.find(node))
    return importCall(node, *function, operands, scope, depth);
  StringRef domain = plainDomain(node.domain());
  if (node.op_type() == "If" && domain.empty())
    return importIf(node, opsets, operands, scope, depth);
  const OpHandler *handler = findHandler(node.domain(), node.op_type());
  if (!handler)
    return error(title, "the operator is not supported");
  return importOperator(node, *handler, opsets.contains(domain) ? opsets.lookup(domain) : 1, operands, scope);
}

LogicalResult Importer::importNodes(const Nodes &nodes, const Opsets &opsets, Scope &scope, int depth) {
  for (const ::onnx::NodeProto &node : nodes)
    if (failed(importNode(node, opsets, scope, depth)))
      return failure();
  return success();
}

// ---- the model -------------------------------------------------------------------------------

FailureOr<SmallVector<Value>> Importer::findOutputs(const Scope &scope) {
  SmallVector<Value> results;
  for (const auto &output : model.graph().output()) {
    const Scope::Entry *entry = scope.find(output.name());
    if (!entry || !entry->value)
      return error(output.name(), entry && !entry->problem.empty() ? entry->problem : "the output is made by no node");
    if (printable(output.name()) != output.name())
      return error(output.name(), "the output's name is not plain text");
    results.push_back(entry->value);
  }
  return results;
}

void Importer::setMetadata(ModuleOp module) {
  mlir::Builder attrs(context);
  module->setAttr("treadle.model", attrs.getStringAttr(printable(llvm::sys::path::filename(path))));
  SmallVector<NamedAttribute> metadata;
  llvm::StringSet<> seen;
  for (const auto &entry : model.metadata_props())
    if (!entry.key().empty() && seen.insert(printable(entry.key())).second)
      metadata.push_back(attrs.getNamedAttr(printable(entry.key()), attrs.getStringAttr(entry.value())));
  module->setAttr("treadle.metadata", attrs.getDictionaryAttr(metadata));
  module->setAttr("graph.symbols", inputs.symbols());
}

OwningOpRef<ModuleOp> Importer::run() {
  const ::onnx::GraphProto &graph = model.graph();
  SmallVector<Type> types;
  SmallVector<StringRef> names;
  if (graph.output_size() == 0) {
    (void)error("", "the model has no outputs");
    return {};
  }
  if (failed(checkCoverage()) || failed(declareInputs(types, names)))
    return {};

  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context));
  OpBuilder ops(context);
  ops.setInsertionPointToStart(module->getBody());
  auto main = func::FuncOp::create(ops, UnknownLoc::get(context), "main", ops.getFunctionType(types, {}));
  Block *block = main.addEntryBlock();
  builder = Builder(OpBuilder::atBlockEnd(block));
  Scope scope;
  for (auto [name, argument] : llvm::zip(names, block->getArguments())) {
    scope.add(name, argument);
    main.setArgAttr(argument.getArgNumber(), "graph.name", ops.getStringAttr(name));
  }
  if (failed(importInitializers(graph, scope)) ||
      failed(importNodes(graph.node(), readOpsets(model.opset_import()), scope, 0)))
    return {};
  FailureOr<SmallVector<Value>> results = findOutputs(scope);
  if (failed(results))
    return {};

  ops.setInsertionPointToEnd(block);
  func::ReturnOp::create(ops, UnknownLoc::get(context), *results);
  main.setFunctionType(ops.getFunctionType(types, llvm::to_vector(ValueRange(*results).getTypes())));
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
  llvm::Expected<std::vector<std::string>> files =
      file ? (*file)->files() : llvm::Expected<std::vector<std::string>>(file.takeError());
  if (!files) {
    emitError(UnknownLoc::get(context)) << path << ": " << llvm::toString(files.takeError());
    return failure();
  }
  return *files;
}

} // namespace treadle::onnx
