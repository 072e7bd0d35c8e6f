//===- FormGroups.cpp - which ops are computed together ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two sweeps over ops in order. Downwards: an elementwise op joins the group of the operand that was
// made last, if the group's kernel has that op's elements in registers when it is done with its own.
// Upwards: a group that is read by one other group alone joins it, if the reader's schedule asks for
// operands element by element (codegen/elements/Elements.h) and would not compute much twice by that.
//
// Joining must not make a cycle: G takes in an op only if no other operand of the op depends on G. That
// is looked up by walking back from the operands, no further than to where G begins.
//
// A slice that nobody has taken in, and whose elements lie in a row, is no group: it stays, as a view of memory.
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FieldOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "passes/group/Passes.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_FORMGROUPS
#include "passes/group/Passes.h.inc"

namespace {

enum class Kind { Map, Rows, Window, Contraction, Attention, Scan, Sort, Scatter, Field };

llvm::StringRef familyOf(Kind kind) {
  switch (kind) {
  case Kind::Map:
    return "map";
  case Kind::Rows:
    return "rows";
  case Kind::Window:
    return "window";
  case Kind::Contraction:
    return "contraction";
  case Kind::Attention:
    return "attention";
  case Kind::Scan:
    return "scan";
  case Kind::Sort:
    return "sort";
  case Kind::Scatter:
    return "scatter";
  case Kind::Field:
    return "field";
  }
  return "";
}

Kind kindOf(Operation *op) {
  auto conv = dyn_cast<ConvOp>(op);
  if ((conv && conv.isDepthwise()) || isa<PoolOp>(op))
    return Kind::Window;
  if (isa<ConvOp, MatMulOp>(op))
    return Kind::Contraction;
  if (isa<AttentionOp>(op))
    return Kind::Attention;
  if (isa<ReduceOp, SoftmaxOp, NormalizeOp, ArgReduceOp>(op))
    return Kind::Rows;
  if (isa<ScanOp>(op))
    return Kind::Scan;
  if (isa<TopKOp, SortBlocksOp, MergeBlocksOp>(op))
    return Kind::Sort;
  if (isa<ScatterElementsOp, ScatterNdOp>(op))
    return Kind::Scatter;
  if (isFieldOp(op))
    return Kind::Field;
  return Kind::Map;
}

/// Constants and reshapes stay between groups.
bool isGrouped(Operation *op) { return !isa<ConstantOp, ReshapeOp, RequireOp>(op) && isa<GraphOpInterface>(op); }

/// What stands for an operand that is stored in the order in which a kernel reads it.
bool isPacked(Operation *op) {
  return isa<UnpackOp, WinogradFilterOp>(op) ||
         (isa<TransposeOp>(op) && isa_and_nonnull<ConstantOp>(op->getOperand(0).getDefiningOp()));
}

/// Of what a kernel reads or writes in bytes: a line of a cache, and more than any device's vectors ask for.
constexpr int64_t bufferAlignment = 64;

struct Group {
  Kind kind;
  SmallVector<Operation *> ops; // in the function's order
  Dims dims;                    // of what its kernel walks over: results, or rows; Field: how many rows
  SmallVector<int64_t> axes;    // Rows: those that are reduced
  int64_t first = 0;            // number of its first op
};

class Former {
public:
  Former(func::FuncOp function, bool fuse) : fuse(fuse), function(function), block(function.getBody().front()) {}
  void run();

private:
  void start();
  void joinProducers();
  void joinConsumers();
  void leaveViews();
  void build();

  Group *groupOf(Operation *op) {
    auto it = groups.find(op);
    return it == groups.end() ? nullptr : it->second;
  }
  /// The group that makes a value, looking through views of it.
  Group *maker(Value value);
  bool dependsOn(Group *group, Group *ancestor);
  bool mayFollow(Group *group, Operation *op);
  bool isMemoryOf(Group *reader, Group *group);
  bool mayPrecede(Group *reader, Group *group);
  void merge(Group *into, Group *from);

  bool fuse;
  func::FuncOp function;
  Block &block;
  SmallVector<std::unique_ptr<Group>> all;
  DenseMap<Operation *, Group *> groups;
  DenseMap<Operation *, int64_t> order;
};

Group *Former::maker(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && !groupOf(op) && isa<ReshapeOp, SliceOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return op ? groupOf(op) : nullptr;
}

void Former::start() {
  for (Operation &op : block) {
    order[&op] = order.size();
    if (!isGrouped(&op))
      continue;
    auto group = std::make_unique<Group>();
    group->kind = kindOf(&op);
    group->ops = {&op};
    group->dims = dimsOf(op.getResult(0).getType());
    group->first = order[&op];
    if (group->kind == Kind::Field)
      group->dims.resize(1);
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      group->dims = dimsOf(reduce.getInput().getType());
      group->axes = llvm::to_vector(reduce.getAxes());
    } else if (auto normalize = dyn_cast<NormalizeOp>(op)) {
      group->axes = llvm::to_vector(normalize.getAxes());
    } else if (auto softmax = dyn_cast<SoftmaxOp>(op)) {
      group->axes = {static_cast<int64_t>(softmax.getAxis())};
    } else if (auto argReduce = dyn_cast<ArgReduceOp>(op)) {
      group->dims = dimsOf(argReduce.getInput().getType());
      group->axes = {static_cast<int64_t>(argReduce.getAxis())};
    }
    groups[&op] = group.get();
    all.push_back(std::move(group));
  }
}

/// Whether something in `group` is made from something in `ancestor`, not counting what is in both.
bool Former::dependsOn(Group *group, Group *ancestor) {
  if (group == ancestor)
    return true;
  SmallVector<Group *> work = {group};
  DenseSet<Group *> seen = {group};
  while (!work.empty()) {
    Group *current = work.pop_back_val();
    for (Operation *op : current->ops)
      for (Value operand : op->getOperands()) {
        Group *before = maker(operand);
        if (!before || !seen.insert(before).second)
          continue;
        if (before == ancestor)
          return true;
        // Groups that end before the ancestor begins cannot depend on it.
        if (order[before->ops.back()] > ancestor->first)
          work.push_back(before);
      }
  }
  return false;
}

/// Whether the kernel of `group` can go on with `op` on what it has just computed.
bool Former::mayFollow(Group *group, Operation *op) {
  // The result of attention is stored in the order that is asked for, by whatever comes last.
  if (group->kind == Kind::Attention) {
    if (isa<TransposeOp>(op))
      return op->getOperand(0).hasOneUse();
    if (llvm::any_of(op->getOperands(), [&](Value operand) {
          return operand.getDefiningOp<TransposeOp>() && groupOf(operand.getDefiningOp()) == group;
        }))
      return false;
  }
  if (group->kind == Kind::Field)
    return isRowwise(op, group->dims[0]);
  // What is sorted or scattered is stored in another place than it was computed in.
  if (!isElementwise(op) || group->kind == Kind::Sort || group->kind == Kind::Scatter)
    return false;
  Dims dims = dimsOf(op->getResult(0).getType());
  if (dims == group->dims)
    return true;
  if (group->kind != Kind::Rows)
    return false;
  Dims reduced = group->dims;
  for (int64_t axis : group->axes)
    reduced[axis] = DimExpr::constant(op->getContext(), 1);
  return dims == reduced;
}

/// Whether the kernel of `reader`, of fields, has to find something of `group` in memory.
bool Former::isMemoryOf(Group *reader, Group *group) {
  return llvm::any_of(reader->ops, [&](Operation *op) {
    return llvm::any_of(op->getOpOperands(),
                        [&](OpOperand &operand) { return isFieldMemory(operand) && maker(operand.get()) == group; });
  });
}

void Former::merge(Group *into, Group *from) {
  for (Operation *op : from->ops)
    groups[op] = into;
  into->ops.append(from->ops);
  llvm::sort(into->ops, [&](Operation *a, Operation *b) { return order[a] < order[b]; });
  into->first = std::min(into->first, from->first);
  from->ops.clear();
}

void Former::joinProducers() {
  for (Operation &op : block) {
    Group *group = groupOf(&op);
    if (!group || group->ops.size() > 1)
      continue;
    bool isReduction = group->kind == Kind::Rows, isField = group->kind == Kind::Field;
    bool isOfRows = rankOf(op.getResult(0)) > 0 && isRowwise(&op, dimOf(op.getResult(0).getType(), 0));
    if (!isElementwise(&op) && !isReduction && !isa<TransposeOp>(op) && !isField && !isOfRows)
      continue;
    // The operand that was made last: the others are there before it.
    SmallVector<Group *> makers;
    for (Value operand : op.getOperands())
      if (Operation *definition = operand.getDefiningOp(); definition && groupOf(definition))
        if (!llvm::is_contained(makers, groupOf(definition)))
          makers.push_back(groupOf(definition));
    llvm::sort(makers, [&](Group *a, Group *b) { return order[a->ops.back()] > order[b->ops.back()]; });
    for (Group *candidate : makers) {
      bool fits =
          isReduction ? candidate->kind == Kind::Rows && candidate->axes == group->axes &&
                            candidate->dims == group->dims && !isa<ArgReduceOp>(op) &&
                            llvm::none_of(candidate->ops, [](Operation *op) { return isa<ArgReduceOp>(op); })
          : isField ? candidate->kind == Kind::Field && candidate->dims == group->dims && !isMemoryOf(group, candidate)
                    : mayFollow(candidate, &op);
      if (!fits)
        continue;
      bool cycle = llvm::any_of(op.getOperands(), [&](Value operand) {
        Group *other = maker(operand);
        bool direct = operand.getDefiningOp() && groupOf(operand.getDefiningOp()) == candidate;
        return other && !direct && dependsOn(other, candidate);
      });
      if (cycle)
        continue;
      merge(candidate, group);
      break;
    }
  }
}

/// Whether the kernel of `reader` should compute the elements of `group` itself, as it reads them.
bool Former::mayPrecede(Group *reader, Group *group) {
  if (reader->kind == Kind::Field && isMemoryOf(reader, group))
    return false;
  if (reader->kind == Kind::Field && group->kind == Kind::Field)
    return group->dims == reader->dims;
  if (group->kind != Kind::Map)
    return false;
  auto isCheap = [](Operation *op) {
    if (isa<ConcatOp, ResizeOp, GatherOp, GatherElementsOp, GatherNdOp, RandomOp>(op))
      return false;
    if (!isElementwise(op))
      return true;
    auto flops = cast<GraphOpInterface>(op).countFlops();
    return flops == elementCount(op->getResult(0).getType());
  };
  switch (reader->kind) {
  case Kind::Map:
  case Kind::Scan: {
    // Each element is read once, unless a broadcast repeats it.
    auto count = [](Group *group) { return product(group->ops.front()->getContext(), group->dims); };
    return count(reader) == count(group) || llvm::all_of(group->ops, isCheap);
  }
  case Kind::Rows:
  case Kind::Sort:
  case Kind::Scatter:
    // Once for each pass over the row; indices once for each task.
    return llvm::all_of(group->ops, isCheap);
  case Kind::Contraction:
    // While packing, which reads each element about once. A convolution's image is copied run by run.
    if (llvm::any_of(reader->ops, [](Operation *op) { return isa<ConvOp>(op); }))
      return llvm::all_of(group->ops, [](Operation *op) { return isPacked(op); });
    return llvm::all_of(group->ops, isCheap);
  case Kind::Window:
    return isPacked(group->ops.front());
  case Kind::Field:
    // A row's are read once by whoever has the row; what is the same for all rows, by each.
    if (!group->dims.empty() && group->dims[0] == reader->dims[0])
      return true;
    return llvm::all_of(group->ops, isCheap) && llvm::all_of(group->dims, [](DimExpr dim) { return dim.isConstant(); });
  case Kind::Attention: {
    // Queries are copied once, keys and values for each block of queries, the bias is computed for each score.
    auto attention = cast<AttentionOp>(*llvm::find_if(reader->ops, [](Operation *op) { return isa<AttentionOp>(op); }));
    return llvm::all_of(group->ops, isCheap) &&
           llvm::any_of(attention->getOperands(), [&](Value operand) { return maker(operand) == group; });
  }
  }
  return false;
}

void Former::joinConsumers() {
  for (Operation &op : llvm::reverse(block)) {
    Group *group = groupOf(&op);
    if (!group || group->ops.empty() || group->ops.back() != &op)
      continue;
    // All that is used of it is used by one group, and directly.
    Group *reader = nullptr;
    bool single = true;
    for (Operation *member : group->ops)
      for (Operation *user : member->getUsers()) {
        Group *other = groupOf(user);
        if (other == group)
          continue;
        single &= other && (!reader || reader == other);
        reader = other;
      }
    if (!single || !reader || !mayPrecede(reader, group))
      continue;
    // Packed operands are never unpacked in memory.
    if (!fuse && !isPacked(&op))
      continue;
    merge(reader, group);
  }
}

/// Results are made where they are asked for, so those that are views of something would be copies.
void Former::leaveViews() {
  std::function<bool(Value)> isResult = [&](Value value) {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      return user == block.getTerminator() || (isa<ReshapeOp>(user) && isResult(user->getResult(0)));
    });
  };
  for (Operation &op : block) {
    auto slice = dyn_cast<SliceOp>(op);
    Group *group = groupOf(&op);
    std::optional<int64_t> offset = slice && group->ops.size() == 1 ? slice.byteOffset() : std::nullopt;
    if (!offset || *offset % bufferAlignment || isResult(slice.getResult()))
      continue;
    group->ops.clear();
    groups.erase(&op);
  }
}

void Former::build() {
  // Groups in an order in which each comes after what it reads.
  SmallVector<Group *> sorted;
  DenseSet<Group *> placed;
  std::function<void(Group *)> place = [&](Group *group) {
    if (!placed.insert(group).second)
      return;
    for (Operation *op : group->ops)
      for (Value operand : op->getOperands())
        if (Group *before = maker(operand); before && before != group)
          place(before);
    sorted.push_back(group);
  };
  for (auto &group : all)
    if (!group->ops.empty())
      place(group.get());

  OpBuilder builder = OpBuilder::atBlockTerminator(&block);
  DenseMap<Value, Value> replaced;
  SmallVector<Operation *> between; // what stays, moved to where its operands are there
  DenseSet<Operation *> moved;
  std::function<void(Operation *)> ensure = [&](Operation *op) {
    if (!op || groupOf(op) || op->getBlock() != &block || !moved.insert(op).second)
      return;
    for (Value operand : op->getOperands())
      ensure(operand.getDefiningOp());
    for (OpOperand &operand : op->getOpOperands())
      if (Value value = replaced.lookup(operand.get()))
        operand.set(value);
    op->moveBefore(block.getTerminator());
  };
  auto current = [&](Value value) {
    ensure(value.getDefiningOp());
    Value known = replaced.lookup(value);
    return known ? known : value;
  };

  for (Group *group : sorted) {
    SmallVector<Value> inputs, outputs;
    SmallVector<Value> scalars;
    auto isInside = [&](Value value) {
      Operation *op = value.getDefiningOp();
      return op && groupOf(op) == group;
    };
    for (Operation *op : group->ops) {
      for (Value operand : op->getOperands()) {
        if (isInside(operand))
          continue;
        bool isScalar =
            operand.getDefiningOp<ConstantOp>() && splatOf(operand) && (isElementwise(op) || isa<PadOp>(op));
        auto &list = isScalar ? scalars : inputs;
        if (!llvm::is_contained(list, operand))
          list.push_back(operand);
      }
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(), [&](Operation *user) { return groupOf(user) != group; }))
          outputs.push_back(result);
    }
    SmallVector<Location> locations;
    for (Operation *op : group->ops)
      locations.push_back(op->getLoc());
    Location location = builder.getFusedLoc(locations);
    SmallVector<Value> operands = llvm::map_to_vector(inputs, current);
    auto groupOp = GroupOp::create(builder, location, ValueRange(outputs).getTypes(), operands,
                                   builder.getStringAttr(familyOf(group->kind)));
    Block *body = builder.createBlock(&groupOp.getBody());
    IRMapping mapping;
    for (Value input : inputs)
      mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
    for (Value scalar : scalars)
      builder.clone(*scalar.getDefiningOp(), mapping);
    for (Operation *op : group->ops)
      builder.clone(*op, mapping);
    YieldOp::create(builder, location,
                    llvm::map_to_vector(outputs, [&](Value value) { return mapping.lookup(value); }));
    builder.setInsertionPoint(block.getTerminator());
    for (auto [old, result] : llvm::zip(outputs, groupOp.getOutputs()))
      replaced[old] = result;
  }
  for (OpOperand &operand : block.getTerminator()->getOpOperands())
    operand.set(current(operand.get()));
  SmallVector<RequireOp> requirements(block.getOps<RequireOp>());
  for (RequireOp require : requirements)
    require->moveBefore(block.getTerminator());
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (groupOf(&op) || (isa<ConstantOp, ReshapeOp>(op) && op.use_empty()))
      op.erase();
}

void Former::run() {
  start();
  if (fuse)
    joinProducers();
  joinConsumers();
  if (fuse)
    leaveViews();
  build();
}

struct FormGroups : impl::FormGroupsBase<FormGroups> {
  using FormGroupsBase::FormGroupsBase;
  void runOnOperation() override { Former(getOperation(), fuse).run(); }
};

} // namespace
} // namespace treadle
