//===- Import.cpp - from a snapshot to the graph dialect --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Import.h"
#include "frontends/scene/Document.h"
#include "frontends/scene/Part.h"
#include "frontends/scene/SceneFile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::scene {
namespace {

constexpr StringLiteral samples = "samples";

LogicalResult error(MLIRContext *context, const Twine &what) {
  emitError(UnknownLoc::get(context)) << what;
  return failure();
}

/// The number of samples: a symbol, or what the options say.
FailureOr<DimExpr> samplesOf(MLIRContext *context, const ImportOptions &options) {
  if (options.render && !options.dims.empty())
    return error(context, "--dim " + options.dims[0].first + ": a program that draws takes pictures of any size");
  DimExpr result = DimExpr::symbol(context, samples);
  for (const auto &[name, size] : options.dims) {
    if (name != samples)
      return error(context, "--dim " + name + ": no input has a dimension of that name; the dynamic one is " + samples);
    if (size < 1)
      return error(context, "--dim " + name + ": a dimension cannot have size " + Twine(size));
    result = DimExpr::constant(context, size);
  }
  return result;
}

OwningOpRef<ModuleOp> makeModule(MLIRContext *context, const Field &field, const FieldPart &part, DimExpr rows) {
  OpBuilder b(context);
  Location loc = UnknownLoc::get(context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  b.setInsertionPointToStart(module->getBody());
  auto inputs = part.inputs(field);
  auto types = llvm::map_to_vector(inputs, [&](auto input) -> Type {
    return tensorOf({rows, DimExpr::constant(context, input.second)}, b.getF32Type());
  });
  bool isInput = !field.parameters.input.empty() && field.parameters.count > 0;
  if (isInput) {
    inputs.push_back({field.parameters.input, field.parameters.count});
    types.push_back(
        tensorOf({DimExpr::constant(context, field.parameters.count)}, typeOf(context, field.parameters.dtype)));
  }
  auto main = func::FuncOp::create(b, loc, "main", b.getFunctionType(types, {}));
  Block *block = main.addEntryBlock();
  for (auto [i, input] : llvm::enumerate(inputs))
    main.setArgAttr(i, "graph.name", b.getStringAttr(input.first));

  Writer writer(OpBuilder::atBlockEnd(block), field.parameters);
  if (isInput)
    writer.setSource(block->getArguments().back());
  SmallVector<NamedValue> outputs = part.write(writer, field, block->getArguments());
  auto values = llvm::map_to_vector(outputs, [](const NamedValue &output) { return output.value; });
  b.setInsertionPointToEnd(block);
  func::ReturnOp::create(b, loc, values);
  main.setFunctionType(b.getFunctionType(types, llvm::to_vector(ValueRange(values).getTypes())));
  for (auto [i, output] : llvm::enumerate(outputs))
    main.setResultAttr(i, "graph.name", b.getStringAttr(output.name));

  SmallVector<Attribute> symbols;
  if (!rows.isConstant())
    symbols.push_back(SymbolAttr::get(context, samples, 0, INT32_MAX, 1));
  (*module)->setAttr("graph.symbols", b.getArrayAttr(symbols));
  NamedAttribute layout = b.getNamedAttr("parameters", b.getStringAttr(field.layoutText()));
  (*module)->setAttr("treadle.metadata", b.getDictionaryAttr(layout));
  return module;
}

} // namespace

bool isScene(StringRef path) {
  StringRef suffix = llvm::sys::path::extension(path);
  if (suffix == ".msgpack" || suffix == ".ingp" || suffix == ".json")
    return true;
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, 2, 0);
  if (suffix == ".onnx" || !buffer || (*buffer)->getBufferSize() < 2)
    return false;
  StringRef start = (*buffer)->getBuffer();
  auto first = static_cast<uint8_t>(start[0]);
  bool isMap = (first & 0xf0) == 0x80 || first == 0xde || first == 0xdf; // of MessagePack
  return isMap || first == '{' || isCompressed(start);
}

std::vector<std::string> sceneFiles(StringRef path) {
  std::vector<std::string> result = {path.str()};
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file || !(*file)->getBuffer().ltrim().starts_with("{"))
    return result; // what is no text holds everything
  llvm::Expected<nlohmann::json> document = readDocument((*file)->getBuffer());
  if (document)
    llvm::append_range(result, filesOf(*document, llvm::sys::path::parent_path(path)));
  else
    llvm::consumeError(document.takeError());
  return result;
}

FailureOr<ImportedModel> importScene(MLIRContext *context, StringRef path, const ImportOptions &options) {
  context->loadDialect<GraphDialect, ng::NgDialect, func::FuncDialect>();
  FailureOr<DimExpr> rows = samplesOf(context, options);
  if (failed(rows))
    return failure();
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return error(context, path + ": " + file.getError().message());
  llvm::Expected<nlohmann::json> document = readDocument((*file)->getBuffer());
  if (!document)
    return error(context, path + ": " + llvm::toString(document.takeError()));

  auto root = std::make_shared<nlohmann::json>(std::move(*document));
  StringRef folder = llvm::sys::path::parent_path(path);
  Problems problems;
  Config config(*root, "", problems);
  bool isSnapshot = config.has("snapshot");
  Field field = isSnapshot ? readField(config, root) : readSceneField(config, folder, options.part);
  FieldPart part;
  if (problems.empty())
    part = FieldPart::of(field, options.part, problems);
  StringRef parameters = field.parameters.input;
  if (problems.empty() && llvm::any_of(part.inputs(field), [&](auto input) { return input.first == parameters; }))
    config.map("parameters").report("input", "is '" + parameters + "', which another input is called; choose another");
  Drawing drawing;
  if (options.render && !field.parameters.input.empty())
    config.map("parameters").report("input", "is said, and a program that draws has its parameters in it; name a file");
  if (options.render && problems.empty() && field.mode == Mode::Network)
    config.report("kind", "is missing, and a network is not drawn: it can be image, sdf, volume or nerf");
  else if (options.render && problems.empty())
    drawing = isSnapshot ? readDrawing(config.map("snapshot"), field, options.settings)
                         : readSceneDrawing(config, folder, field, options.settings);
  for (const std::string &problem : problems.all())
    (void)error(context, path + ": " + problem);
  if (!problems.empty())
    return failure();

  ImportedModel result;
  result.module = options.render ? makeDrawing(context, field, drawing) : makeModule(context, field, part, *rows);
  (*result.module)->setAttr("treadle.model", StringAttr::get(context, llvm::sys::path::filename(path)));
  result.storage = field.parameters.keeper;
  llvm::SHA256 hash;
  hash.update((*file)->getBuffer());
  for (ArrayRef<char> bytes :
       {isSnapshot ? ArrayRef<char>() : field.parameters.bytes,
        isSnapshot || !drawing.occupancy ? ArrayRef<char>() : ArrayRef<char>(*drawing.occupancy)})
    hash.update(StringRef(bytes.data(), bytes.size()));
  result.sha256 = llvm::toHex(hash.final(), /*LowerCase=*/true);
  return result;
}

} // namespace treadle::scene
