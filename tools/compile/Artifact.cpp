//===- Artifact.cpp - a program as a file ---------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/compile/Artifact.h"
#include "dialects/program/Program.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "runtime/format/Header.h"
#include "runtime/format/program_generated.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <map>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

/// Expressions as nodes, each once.
class ExprWriter {
public:
  /// `leaf` gives a symbol its node's kind and number.
  using Leaf = std::function<std::pair<format::ExprOp, int64_t>(StringRef)>;
  explicit ExprWriter(Leaf leaf) : leaf(std::move(leaf)) {}

  uint32_t add(DimExpr expr) {
    auto known = indices.find(expr);
    if (known != indices.end())
      return known->second;
    using Op = format::ExprOp;
    uint32_t result = 0;
    switch (expr.kind()) {
    case DimKind::Constant:
      result = node(Op::constant, 0, 0, expr.value());
      break;
    case DimKind::Symbol: {
      auto [op, number] = leaf(expr.symbolName());
      result = node(op, 0, 0, number);
      break;
    }
    case DimKind::Sum:
      result = chain(expr, Op::add, expr.value() != 0);
      break;
    case DimKind::Product:
      result = chain(expr, Op::mul, expr.value() != 1);
      break;
    case DimKind::FloorDiv:
      result = chain(expr, Op::floordiv, false);
      break;
    case DimKind::Min:
      result = chain(expr, Op::min, false);
      break;
    case DimKind::Max:
      result = chain(expr, Op::max, false);
      break;
    }
    indices[expr] = result;
    return result;
  }
  const std::vector<format::ExprNode> &all() const { return nodes; }

private:
  uint32_t node(format::ExprOp op, uint32_t lhs, uint32_t rhs, int64_t value) {
    nodes.emplace_back(op, lhs, rhs, value);
    return nodes.size() - 1;
  }
  uint32_t chain(DimExpr expr, format::ExprOp op, bool hasConstant) {
    std::optional<uint32_t> result;
    for (unsigned i = 0; i < expr.operandCount(); ++i) {
      uint32_t operand = add(expr.operand(i));
      result = result ? node(op, *result, operand, 0) : operand;
    }
    if (hasConstant) {
      uint32_t constant = node(format::ExprOp::constant, 0, 0, expr.value());
      result = result ? node(op, *result, constant, 0) : constant;
    }
    return *result;
  }

  Leaf leaf;
  std::vector<format::ExprNode> nodes;
  DenseMap<DimExpr, uint32_t> indices;
};

/// Weights and machine code, each once however many programs have it.
class DataSection {
public:
  explicit DataSection(OutputFile &file) : file(file) {}

  struct Place {
    uint64_t offset, hash;
  };
  Place add(ArrayRef<char> bytes, uint64_t alignment) {
    uint64_t hash = hashBytes(bytes.data(), bytes.size());
    auto [known, isNew] = places.try_emplace({hash, bytes.size(), alignment}, 0);
    if (isNew) {
      file.align(alignment);
      known->second = file.position() - codeAlignment;
      file.write(bytes.data(), bytes.size());
    }
    return {known->second, hash};
  }

private:
  OutputFile &file;
  std::map<std::tuple<uint64_t, uint64_t, uint64_t>, uint64_t> places;
};

/// Writes one target's program.
class Writer {
public:
  Writer(ModuleOp module, FlatBufferBuilder &b, DataSection &data)
      : module(module), b(b), data(data), exprs([this](StringRef name) {
          return std::make_pair(format::ExprOp::symbol, int64_t(symbolNumbers.at(name)));
        }) {}
  FailureOr<Offset<format::Program>> write(const ArtifactInfo &info, ArrayRef<Offset<format::Program>> alternatives);

private:
  uint32_t bytesOf(Type buffer) { return exprs.add(byteCount(cast<program::BufferType>(buffer).getTensor())); }
  Offset<flatbuffers::Vector<uint32_t>> exprList(ArrayRef<DimExpr> dims) {
    std::vector<uint32_t> list;
    for (DimExpr dim : dims)
      list.push_back(exprs.add(dim));
    return b.CreateVector(list);
  }
  Offset<flatbuffers::Vector<uint32_t>> exprList(DimsAttr dims) {
    return exprList(llvm::map_to_vector(dims.getDims(), [](Attribute dim) { return DimExpr(dim); }));
  }
  Offset<flatbuffers::Vector<Offset<flatbuffers::String>>> strings(ArrayAttr list) {
    std::vector<Offset<flatbuffers::String>> result;
    for (Attribute text : list)
      result.push_back(b.CreateString(cast<StringAttr>(text).getValue().str()));
    return b.CreateVector(result);
  }

  struct BufferInfo {
    format::Space space;
    Type type;
    uint32_t index = 0, first = UINT32_MAX, last = 0;
  };
  std::pair<uint32_t, DimExpr> rootOf(Value value) {
    DimExpr offset = DimExpr::constant(module.getContext(), 0);
    while (auto view = value.getDefiningOp<program::ViewOp>()) {
      offset = offset + DimExpr(view.getOffset().getDims()[0]);
      value = view.getSource();
    }
    return {bufferNumbers.lookup(value), offset};
  }
  format::Slice slice(Value value) {
    auto [buffer, offset] = rootOf(value);
    bufferInfos[buffer].first = std::min(bufferInfos[buffer].first, stepNumber);
    bufferInfos[buffer].last = std::max(bufferInfos[buffer].last, stepNumber);
    return format::Slice(buffer, exprs.add(offset));
  }

  LogicalResult findSymbols(program::EntryOp entry);
  LogicalResult addBuffer(Operation &op);
  void addStep(Operation &op);
  Offset<format::Dispatch> addDispatch(program::DispatchOp dispatch);
  Offset<format::Tensor> tensor(Value buffer, StringRef name);
  LogicalResult addExecutable(program::ExecutableOp executable);

  ModuleOp module;
  FlatBufferBuilder &b;
  DataSection &data;
  llvm::StringMap<uint32_t> symbolNumbers;
  ExprWriter exprs;
  uint32_t stepNumber = 0;
  std::vector<BufferInfo> bufferInfos;
  DenseMap<Value, uint32_t> bufferNumbers;
  llvm::MapVector<StringAttr, program::DispatchOp> kernels; // and a dispatch of each
  std::vector<Offset<format::Symbol>> symbols;
  std::vector<Offset<format::Check>> checks;
  std::vector<Offset<format::Tensor>> inputs, outputs;
  std::vector<Offset<format::Constant>> constants;
  std::vector<Offset<format::Step>> steps;
  std::vector<Offset<format::Executable>> executables;
};

Offset<format::Tensor> Writer::tensor(Value buffer, StringRef name) {
  RankedTensorType type = cast<program::BufferType>(buffer.getType()).getTensor();
  auto dims = exprList(dimsOf(type));
  return format::CreateTensor(b, b.CreateString(name.str()), static_cast<uint8_t>(*dtypeOf(type.getElementType())),
                              dims, bufferNumbers.lookup(buffer));
}

/// Each symbol is read off the first input dimension that is it.
LogicalResult Writer::findSymbols(program::EntryOp entry) {
  llvm::StringMap<SymbolAttr> ranges;
  if (auto list = module->getAttrOfType<ArrayAttr>("graph.symbols"))
    for (Attribute attr : list)
      if (auto symbol = dyn_cast<SymbolAttr>(attr))
        ranges[symbol.getName()] = symbol;
  uint32_t number = 0;
  for (auto input : entry.getBody().getOps<program::InputOp>()) {
    for (auto [i, dim] : llvm::enumerate(dimsOf(input.getBuffer().getType().getTensor())))
      if (dim.isSymbol() && symbolNumbers.try_emplace(dim.symbolName(), symbols.size()).second) {
        SymbolAttr range = ranges.lookup(dim.symbolName());
        symbols.push_back(format::CreateSymbol(b, b.CreateString(dim.symbolName().str()), range ? range.getMin() : 1,
                                               range ? range.getMax() : INT32_MAX, range ? range.getStep() : 1, number,
                                               i));
      }
    ++number;
  }
  LogicalResult known = success();
  AttrTypeWalker walker;
  walker.addWalk([&](DimAttr dim) {
    DimExpr(dim).forEachSymbol([&](StringRef name) {
      if (!symbolNumbers.count(name) && succeeded(known))
        known = module.emitError() << "the size " << name << " depends on data: it is not read off any input's shape";
    });
  });
  entry->walk([&](Operation *op) {
    for (Value result : op->getResults())
      walker.walk(result.getType());
    if (!isa<program::ConstantOp>(op))
      walker.walk(op->getAttrDictionary());
  });
  return known;
}

LogicalResult Writer::addBuffer(Operation &op) {
  BufferInfo buffer;
  Value value = op.getResult(0);
  buffer.type = value.getType();
  if (isa<program::InputOp>(op)) {
    buffer.space = format::Space::input;
    buffer.index = inputs.size();
  } else if (isa<program::OutputOp>(op)) {
    buffer.space = format::Space::output;
    buffer.index = outputs.size();
  } else if (auto constant = dyn_cast<program::ConstantOp>(op)) {
    buffer.space = format::Space::constant;
    buffer.index = constants.size();
    FailureOr<Tensor> weights = Tensor::from(cast<ElementsAttr>(constant.getValue()));
    if (failed(weights))
      return op.emitError("has a constant whose bytes are missing");
    ArrayRef<char> bytes(reinterpret_cast<const char *>(weights->raw().data()), weights->bytes());
    DataSection::Place place = data.add(bytes, weightAlignment);
    constants.push_back(format::CreateConstant(b, place.offset, bytes.size(), place.hash));
  } else {
    buffer.space = format::Space::arena;
  }
  bufferNumbers[value] = bufferInfos.size();
  bufferInfos.push_back(buffer);
  if (auto input = dyn_cast<program::InputOp>(op))
    inputs.push_back(tensor(value, input.getName()));
  else if (auto output = dyn_cast<program::OutputOp>(op))
    outputs.push_back(tensor(value, output.getName()));
  return success();
}

Offset<format::Dispatch> Writer::addDispatch(program::DispatchOp dispatch) {
  kernels.insert({dispatch.getKernelAttr().getAttr(), dispatch});
  uint32_t kernel = std::distance(kernels.begin(), kernels.find(dispatch.getKernelAttr().getAttr()));
  std::vector<format::Slice> slices;
  for (Value value : dispatch.getReads())
    slices.push_back(slice(value));
  std::vector<Offset<format::Result>> results;
  for (auto [value, description] : llvm::zip(dispatch.getWrites(), dispatch.getValues())) {
    slices.push_back(slice(value));
    auto dictionary = cast<DictionaryAttr>(description);
    auto name = dictionary.getAs<StringAttr>("name");
    if (!name)
      continue;
    RankedTensorType type = cast<program::BufferType>(value.getType()).getTensor();
    std::vector<uint32_t> permutation;
    if (auto order = dictionary.getAs<DenseI64ArrayAttr>("permutation"))
      permutation.assign(order.asArrayRef().begin(), order.asArrayRef().end());
    auto dims = exprList(dimsOf(type));
    results.push_back(format::CreateResult(b, slices.size() - 1, b.CreateString(name.getValue().str()),
                                           static_cast<uint8_t>(*dtypeOf(type.getElementType())), dims,
                                           b.CreateVector(permutation)));
  }
  auto scalars = exprList(dispatch.getSizes());
  auto sources = strings(dispatch.getSources());
  auto sliceList = b.CreateVectorOfStructs(slices);
  auto resultList = b.CreateVector(results);
  return format::CreateDispatch(b, kernel, sliceList, scalars, sources,
                                exprs.add(DimExpr(dispatch.getFlops().getDims()[0])),
                                exprs.add(DimExpr(dispatch.getTraffic().getDims()[0])), resultList);
}

void Writer::addStep(Operation &op) {
  if (auto dispatch = dyn_cast<program::DispatchOp>(op)) {
    auto command = addDispatch(dispatch);
    steps.push_back(format::CreateStep(b, format::Command::Dispatch, command.Union()));
  } else if (auto copy = dyn_cast<program::CopyOp>(op)) {
    format::Slice from = slice(copy.getFrom()), to = slice(copy.getTo());
    auto command = format::CreateCopy(b, &from, &to, bytesOf(copy.getTo().getType()));
    steps.push_back(format::CreateStep(b, format::Command::Copy, command.Union()));
  }
  ++stepNumber;
}

LogicalResult Writer::addExecutable(program::ExecutableOp executable) {
  auto object = dyn_cast_or_null<DenseResourceElementsAttr>(executable.getObjectAttr());
  auto target = executable->getAttrOfType<DictionaryAttr>("treadle.target");
  if (!object || !target)
    return executable.emitError("has no machine code");
  ArrayRef<char> code = object.getRawHandle().getBlob()->getData();
  DataSection::Place place = data.add(code, codeAlignment);

  std::vector<Offset<format::Entry>> entries;
  uint32_t number = 0;
  for (auto &[name, dispatch] : kernels) {
    Operation *described = nullptr;
    for (auto holder : executable.getBody().getOps<ModuleOp>())
      if (holder.getSymName() == name.getValue())
        holder.walk([&](Operation *op) {
          if (op->hasAttr("treadle.grid"))
            described = op;
        });
    if (!described)
      return executable.emitError() << "has no kernel " << name;
    llvm::StringMap<int64_t> numbers;
    for (Attribute symbol : described->getAttrOfType<ArrayAttr>("treadle.symbols"))
      numbers.try_emplace(cast<StringAttr>(symbol).getValue(), numbers.size());
    ExprWriter pool([&](StringRef symbol) { return std::make_pair(format::ExprOp::argument, numbers.lookup(symbol)); });
    std::vector<uint32_t> grid;
    for (Attribute size : described->getAttrOfType<DimsAttr>("treadle.grid").getDims())
      grid.push_back(pool.add(DimExpr(size)));
    uint32_t scratch = pool.add(DimExpr(described->getAttr("treadle.scratch")));
    auto numberOf = [&](StringRef attr) -> int64_t { // of kernels that have it
      auto value = described->getAttrOfType<IntegerAttr>(attr);
      return value ? value.getInt() : 0;
    };
    std::vector<Offset<format::Boxes>> boxes;
    if (auto list = described->getAttrOfType<ArrayAttr>("treadle.boxes"))
      for (auto one : list.getAsRange<DictionaryAttr>()) {
        auto sizes = [&](StringRef name) {
          std::vector<uint32_t> numbers;
          for (Attribute size : one.getAs<DimsAttr>(name).getDims())
            numbers.push_back(pool.add(DimExpr(size)));
          return b.CreateVector(numbers);
        };
        ArrayRef<int64_t> shape = one.getAs<DenseI64ArrayAttr>("shape");
        unsigned bits = one.getAs<TypeAttr>("element").getValue().getIntOrFloatBitWidth();
        auto whole = sizes("sizes"), strides = sizes("strides");
        boxes.push_back(format::CreateBoxes(b, one.getAs<IntegerAttr>("operand").getInt(), bits / 8, whole, strides,
                                            b.CreateVector(std::vector<uint32_t>(shape.begin(), shape.end()))));
      }
    auto nodes = b.CreateVectorOfStructs(pool.all());
    entries.push_back(format::CreateEntry(
        b, number++, b.CreateString(name.getValue().str()), nodes, b.CreateVector(grid), scratch,
        numberOf("treadle.threads"), numberOf("treadle.offset"), numberOf("treadle.bytes"),
        numberOf("treadle.native_offset"), numberOf("treadle.native_bytes"), boxes.empty() ? 0 : b.CreateVector(boxes),
        numberOf("treadle.shared"), described->hasAttr("treadle.persistent")));
  }
  auto features = executable->getAttrOfType<ArrayAttr>("treadle.features");
  executables.push_back(format::CreateExecutable(b, b.CreateString(target.getAs<StringAttr>("name").getValue().str()),
                                                 b.CreateString(target.getAs<StringAttr>("variant").getValue().str()),
                                                 features ? strings(features) : 0, place.offset, code.size(),
                                                 place.hash, b.CreateVector(entries)));
  return success();
}

FailureOr<Offset<format::Program>> Writer::write(const ArtifactInfo &info,
                                                 ArrayRef<Offset<format::Program>> alternatives) {
  auto entry = *module.getOps<program::EntryOp>().begin();
  if (failed(findSymbols(entry)))
    return failure();
  for (Operation &op : entry.getBody().front()) {
    if (isa<program::InputOp, program::OutputOp, program::ConstantOp, program::ArenaOp>(op)) {
      if (failed(addBuffer(op)))
        return failure();
    } else if (isa<program::DispatchOp, program::CopyOp>(op)) {
      addStep(op);
    } else if (auto require = dyn_cast<program::RequireOp>(op)) {
      checks.push_back(format::CreateCheck(b, exprs.add(DimExpr(require.getLhs().getDims()[0])),
                                           exprs.add(DimExpr(require.getRhs().getDims()[0])),
                                           b.CreateString(require.getMessage().str())));
    }
  }
  for (auto executable : module.getOps<program::ExecutableOp>())
    if (failed(addExecutable(executable)))
      return failure();

  std::vector<Offset<format::Buffer>> buffers;
  for (BufferInfo &buffer : bufferInfos) {
    bool unused = buffer.first == UINT32_MAX;
    buffers.push_back(format::CreateBuffer(b, buffer.space, bytesOf(buffer.type), buffer.index,
                                           unused ? 0 : buffer.first, unused ? 0 : buffer.last));
  }
  std::vector<Offset<format::Kernel>> kernelTables;
  for (auto &[name, dispatch] : kernels)
    kernelTables.push_back(format::CreateKernel(b, b.CreateString(name.getValue().str()),
                                                b.CreateString(name.getValue().rsplit('_').first.str()),
                                                dispatch.getReads().size() + dispatch.getWrites().size(),
                                                dispatch.getSizes().getDims().size(), dispatch.getWrites().size()));
  std::vector<Offset<format::KeyValue>> metadata;
  if (auto attrs = module->getAttrOfType<DictionaryAttr>("treadle.metadata"))
    for (NamedAttribute attr : attrs)
      if (auto text = dyn_cast<StringAttr>(attr.getValue()))
        metadata.push_back(
            format::CreateKeyValue(b, b.CreateString(attr.getName().str()), b.CreateString(text.getValue().str())));
  auto provenance = format::CreateProvenance(b, b.CreateString(info.compiler), b.CreateString(info.model),
                                             b.CreateString(info.modelHash), b.CreateString(info.options));
  auto exprNodes = b.CreateVectorOfStructs(exprs.all());
  return format::CreateProgram(b, exprNodes, b.CreateVector(symbols), b.CreateVector(checks), b.CreateVector(inputs),
                               b.CreateVector(outputs), b.CreateVector(buffers), b.CreateVector(constants),
                               b.CreateVector(steps), b.CreateVector(kernelTables), b.CreateVector(executables),
                               provenance, b.CreateVector(metadata),
                               alternatives.empty() ? 0 : b.CreateVector(alternatives.data(), alternatives.size()));
}

} // namespace

LogicalResult writeArtifact(ArrayRef<ModuleOp> programs, const ArtifactInfo &info, OutputFile &file) {
  FlatBufferBuilder b(1 << 16);
  DataSection data(file);
  FileHeader header = {};
  file.write(&header, sizeof(header));
  file.align(codeAlignment);

  std::vector<Offset<format::Program>> alternatives;
  for (ModuleOp program : programs.drop_front()) {
    auto written = Writer(program, b, data).write({}, {});
    if (failed(written))
      return failure();
    alternatives.push_back(*written);
  }
  auto root = Writer(programs.front(), b, data).write(info, alternatives);
  if (failed(root))
    return failure();
  format::FinishProgramBuffer(b, *root);

  std::memcpy(header.magic, fileMagic, sizeof(fileMagic));
  header.major = fileMajor;
  header.minor = fileMinor;
  header.dataOffset = codeAlignment;
  header.dataBytes = file.position() - header.dataOffset;
  file.align(weightAlignment);
  header.tableOffset = file.position();
  header.tableBytes = b.GetSize();
  file.write(b.GetBufferPointer(), b.GetSize());
  header.fileBytes = file.position();
  header.hash = headerHash(header, b.GetBufferPointer());
  file.rewrite(0, &header, sizeof(header));
  return success();
}

} // namespace treadle
