//===- LowerToProgram.cpp - buffers, steps and kernels ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/Ng.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "passes/plan/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_LOWERTOPROGRAM
#include "passes/plan/Passes.h.inc"

namespace {

DimsAttr dimsAttr(MLIRContext *context, ArrayRef<DimExpr> dims) {
  return DimsAttr::get(context, llvm::map_to_vector(dims, [](DimExpr dim) { return dim.attribute(); }));
}

/// Block arguments of a group that its kernel reads at the very elements that it writes, and nowhere
/// else.
DenseSet<unsigned> sameElementArguments(GroupOp group) {
  Block &body = group.getBody().front();
  // A row is gone over several times: what one result is stored over, a later one may still need.
  if (group.getFamily() == "rows" && group.getNumResults() > 1)
    return {};
  DenseSet<unsigned> same, other;
  DenseSet<Value> seen[2]; // not aligned, aligned
  std::function<void(Value, bool, Dims)> visit = [&](Value value, bool aligned, Dims dims) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      (aligned && dimsOf(argument.getType()) == dims ? same : other).insert(argument.getArgNumber());
      return;
    }
    if (!seen[aligned].insert(value).second)
      return;
    Operation *op = value.getDefiningOp();
    bool rowwise = (isa<ReduceOp, SoftmaxOp, NormalizeOp>(op) && group.getFamily() == "rows") || isa<ScanOp>(op);
    bool isScatter = isa<ScatterElementsOp, ScatterNdOp>(op); // whose input is copied by whoever puts updates there
    for (auto [i, operand] : llvm::enumerate(op->getOperands()))
      visit(operand, aligned && (isElementwise(op) || rowwise || (isScatter && i == 0)), dims);
  };
  for (Value value : body.getTerminator()->getOperands()) {
    Dims dims = dimsOf(value.getType());
    // Rows that are reduced leave fewer elements than they read.
    for (Operation &op : body)
      if (auto reduce = dyn_cast<ReduceOp>(op); reduce && group.getFamily() == "rows")
        dims = dimsOf(reduce.getInput().getType());
    visit(value, dims == dimsOf(value.getType()), dims);
  }
  for (unsigned number : other)
    same.erase(number);
  return same;
}

class Lowering {
public:
  Lowering(ModuleOp module, func::FuncOp main) : module(module), main(main), builder(module.getContext()) {}
  void run();

private:
  void lowerGroup(GroupOp group);
  StringRef kernelFor(GroupOp group, SmallVectorImpl<DimExpr> &sizes);
  Value writtenBy(GroupOp group, unsigned result, DenseSet<unsigned> &reusable);
  void lowerReturn(Operation *terminator);

  /// The buffer that a view is part of.
  static Value root(Value buffer) {
    while (auto view = buffer.getDefiningOp<program::ViewOp>())
      buffer = view.getSource();
    return buffer;
  }
  Value viewAs(Value buffer, RankedTensorType type, Location location, int64_t offset = 0) {
    if (cast<program::BufferType>(buffer.getType()).getTensor() == type)
      return buffer;
    return program::ViewOp::create(builder, location, program::BufferType::get(builder.getContext(), type), buffer,
                                   dimsAttr(builder.getContext(), {DimExpr::constant(builder.getContext(), offset)}));
  }

  ModuleOp module, kernels;
  func::FuncOp main;
  OpBuilder builder;
  DenseMap<Value, Value> buffers;
  DenseMap<Value, Operation *> lastUse;     // of a value of main and all that views it
  SmallVector<Value> results;               // outputs, in the model's order
  DenseMap<Value, Value> outputs;           // values that are made right where an output is
  llvm::StringMap<std::string> kernelNames; // by what they do
};

/// A group as a function on tensors whose dimensions are constants or s0, s1, ...; `sizes` are what
/// those stand for here.
StringRef Lowering::kernelFor(GroupOp group, SmallVectorImpl<DimExpr> &sizes) {
  MLIRContext *context = module.getContext();
  llvm::MapVector<Attribute, DimExpr> symbols;
  // How many samples a field is asked for is no size of the program.
  llvm::SmallDenseSet<Attribute> samples;
  for (auto op : group.getBody().front().getOps<ng::FieldOpInterface>())
    samples.insert(dimOf(op.getField().getArgument(0).getType(), 0).attribute());
  auto rename = [&](DimExpr dim) {
    if (dim.isConstant() || samples.contains(dim.attribute()))
      return dim;
    auto [it, inserted] = symbols.try_emplace(dim.attribute(), DimExpr());
    if (inserted) {
      it->second = DimExpr::symbol(context, "s" + std::to_string(symbols.size() - 1));
      sizes.push_back(dim);
    }
    return it->second;
  };
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](RankedTensorType type) -> std::optional<std::pair<Type, WalkResult>> {
    if (!isa_and_nonnull<DimsAttr>(type.getEncoding()))
      return std::nullopt;
    return std::make_pair(Type(tensorOf(llvm::map_to_vector(dimsOf(type), rename), type.getElementType())),
                          WalkResult::skip());
  });
  replacer.addReplacement([&](DimsAttr attr) -> std::optional<std::pair<Attribute, WalkResult>> {
    Dims dims;
    for (Attribute dim : attr.getDims())
      dims.push_back(rename(DimExpr(dim)));
    return std::make_pair(Attribute(dimsAttr(context, dims)), WalkResult::skip());
  });

  OpBuilder b(context);
  Operation *yield = group.getBody().front().getTerminator();
  auto function = func::FuncOp::create(group.getLoc(), "kernel",
                                       b.getFunctionType(group.getBody().getArgumentTypes(), yield->getOperandTypes()));
  IRMapping mapping;
  group.getBody().cloneInto(&function.getBody(), mapping);
  Operation *end = function.getBody().front().getTerminator();
  b.setInsertionPoint(end);
  func::ReturnOp::create(b, end->getLoc(), end->getOperands());
  end->erase();
  function.walk([](Operation *op) {
    op->removeAttr("graph.value");
    op->removeAttr("graph.permutation");
  });
  replacer.recursivelyReplaceElementsIn(function, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
  SmallVector<Attribute> names;
  for (auto &[dim, symbol] : symbols)
    names.push_back(b.getStringAttr(symbol.symbolName()));
  function->setAttr("treadle.symbols", b.getArrayAttr(names));
  function->setAttr("treadle.family", group.getFamilyAttr());

  std::string text;
  llvm::raw_string_ostream os(text);
  function->print(os, OpPrintingFlags().useLocalScope().printGenericOpForm());
  auto [known, inserted] = kernelNames.try_emplace(text);
  if (!inserted) {
    function->erase();
    return known->second;
  }
  known->second = (group.getFamily() + "_" + Twine(kernelNames.size() - 1)).str();
  function.setSymName(known->second);
  auto holder = ModuleOp::create(group.getLoc(), known->second);
  holder.getBody()->push_back(function);
  kernels.getBody()->push_back(holder);
  return known->second;
}

/// Where the result goes: to an output, over an operand, or into the arena.
Value Lowering::writtenBy(GroupOp group, unsigned result, DenseSet<unsigned> &reusable) {
  Value value = group.getOutputs()[result];
  auto type = cast<RankedTensorType>(value.getType());
  if (Value output = outputs.lookup(value))
    return viewAs(output, type, group.getLoc());
  for (unsigned number : reusable) {
    Value operand = group.getInputs()[number], buffer = buffers.lookup(operand);
    Value memory = root(buffer);
    bool dies = memory.getDefiningOp<program::ArenaOp>() && lastUse.lookup(memory) == group.getOperation();
    if (!dies || byteCount(cast<RankedTensorType>(operand.getType())) != byteCount(type))
      continue;
    // Another operand that is part of the same memory would be overwritten under the kernel's feet.
    bool shared =
        llvm::count_if(group.getInputs(), [&](Value other) { return root(buffers.lookup(other)) == memory; }) > 1;
    if (shared)
      continue;
    reusable.erase(number);
    return viewAs(buffer, type, group.getLoc());
  }
  return program::ArenaOp::create(builder, group.getLoc(), program::BufferType::get(builder.getContext(), type));
}

void Lowering::lowerGroup(GroupOp group) {
  MLIRContext *context = module.getContext();
  SmallVector<DimExpr> sizes;
  StringRef kernel = kernelFor(group, sizes);
  DenseSet<unsigned> reusable = sameElementArguments(group);

  SmallVector<Value> reads, writes;
  DimExpr flops = DimExpr::constant(context, 0), traffic = flops;
  for (Value input : group.getInputs()) {
    reads.push_back(buffers.lookup(input));
    traffic = traffic + byteCount(cast<RankedTensorType>(input.getType()));
  }
  SmallVector<Attribute> values;
  Operation *yield = group.getBody().front().getTerminator();
  for (auto [i, result] : llvm::enumerate(group.getOutputs())) {
    Value buffer = writtenBy(group, i, reusable);
    writes.push_back(buffer);
    buffers[result] = buffer;
    traffic = traffic + byteCount(cast<RankedTensorType>(result.getType()));
    auto first = dyn_cast<OpResult>(yield->getOperand(i));
    Operation *made = first && first.getResultNumber() == 0 ? first.getOwner() : nullptr;
    SmallVector<NamedAttribute> value;
    if (Attribute name = made ? made->getAttr("graph.value") : Attribute()) {
      value.push_back(builder.getNamedAttr("name", name));
      if (Attribute permutation = made->getAttr("graph.permutation"))
        value.push_back(builder.getNamedAttr("permutation", permutation));
    }
    values.push_back(builder.getDictionaryAttr(value));
  }
  // A reused buffer lives on under the result's name.
  for (auto [result, buffer] : llvm::zip(group.getOutputs(), writes))
    if (Operation *use = lastUse.lookup(result)) {
      Operation *&last = lastUse[root(buffer)];
      if (!last || last->isBeforeInBlock(use))
        last = use;
    }

  SmallVector<Attribute> sources;
  for (Operation &op : group.getBody().front()) {
    if (auto counted = dyn_cast<GraphOpInterface>(op))
      flops = flops + counted.countFlops();
    std::string name = sourceName(op.getLoc());
    StringAttr attr = builder.getStringAttr(name);
    if (!name.empty() && !isa<ConstantOp>(op) && !llvm::is_contained(sources, attr))
      sources.push_back(attr);
  }
  program::DispatchOp::create(builder, group.getLoc(), FlatSymbolRefAttr::get(context, kernel), reads, writes,
                              dimsAttr(context, sizes), builder.getArrayAttr(sources), builder.getArrayAttr(values),
                              dimsAttr(context, {flops}), dimsAttr(context, {traffic}));
}

/// Outputs that are not made in place: inputs, constants, and values that are returned twice.
void Lowering::lowerReturn(Operation *terminator) {
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    if (outputs.lookup(value) == results[i])
      continue;
    auto type = cast<RankedTensorType>(value.getType());
    Value source = viewAs(buffers.lookup(value), type, terminator->getLoc());
    program::CopyOp::create(builder, terminator->getLoc(), source, results[i]);
  }
}

void Lowering::run() {
  MLIRContext *context = module.getContext();
  builder.setInsertionPoint(main);
  auto entry = program::EntryOp::create(builder, main.getLoc(), main.getSymName());
  kernels = ModuleOp::create(builder, module.getLoc(), "kernels");
  builder.createBlock(&entry.getBody());

  for (auto [i, argument] : llvm::enumerate(main.getArguments())) {
    auto type = program::BufferType::get(context, cast<RankedTensorType>(argument.getType()));
    buffers[argument] =
        program::InputOp::create(builder, argument.getLoc(), type, main.getArgAttrOfType<StringAttr>(i, "graph.name"));
  }
  // Those that a group makes, directly or seen through a reshape, are made where the output is.
  Operation *terminator = main.getBody().front().getTerminator();
  DenseSet<Value> taken;
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    Value source = value;
    while (auto reshape = source.getDefiningOp<ReshapeOp>())
      source = reshape.getInput();
    auto type = program::BufferType::get(context, cast<RankedTensorType>(value.getType()));
    results.push_back(program::OutputOp::create(builder, value.getLoc(), type,
                                                main.getResultAttrOfType<StringAttr>(i, "graph.name")));
    if (source.getDefiningOp<GroupOp>() && taken.insert(source).second)
      outputs[source] = outputs[value] = results.back();
  }
  // The last use of a value is that of all its views.
  for (Operation &op : llvm::reverse(main.getBody().front()))
    for (Value operand : op.getOperands()) {
      Operation *use = &op;
      if (isa<ReshapeOp, SliceOp>(op))
        use = lastUse.lookup(op.getResult(0));
      Operation *&last = lastUse[operand];
      if (use && (!last || last->isBeforeInBlock(use)))
        last = use;
    }

  for (Operation &op : main.getBody().front()) {
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      auto type = program::BufferType::get(context, cast<RankedTensorType>(constant.getType()));
      buffers[constant] = program::ConstantOp::create(builder, op.getLoc(), type, constant.getValue());
    } else if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      buffers[reshape] = viewAs(buffers.lookup(reshape.getInput()), reshape.getType(), op.getLoc());
    } else if (auto slice = dyn_cast<SliceOp>(op)) {
      buffers[slice] = viewAs(buffers.lookup(slice.getInput()), slice.getType(), op.getLoc(), *slice.byteOffset());
    } else if (auto group = dyn_cast<GroupOp>(op)) {
      lowerGroup(group);
    } else if (auto require = dyn_cast<RequireOp>(op)) {
      program::RequireOp::create(builder, op.getLoc(), require.getLhs(), require.getRhs(), require.getMessage());
    }
  }
  lowerReturn(terminator);
  main.erase();
}

struct LowerToProgram : impl::LowerToProgramBase<LowerToProgram> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    for (Operation &op : main.getBody().front().without_terminator()) {
      auto slice = dyn_cast<SliceOp>(op);
      if (!isa<ConstantOp, ReshapeOp, GroupOp, RequireOp>(op) && !(slice && slice.byteOffset())) {
        op.emitOpError("is in no group");
        return signalPassFailure();
      }
    }
    Lowering(getOperation(), main).run();
  }
};

} // namespace
} // namespace treadle
