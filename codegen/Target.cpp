//===- Target.cpp - device descriptions as attributes -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Target.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;

namespace treadle {
namespace {

/// Visits every field once, for both directions.
template <typename T, typename F> void forEachField(T &target, F visit) {
  visit("name", target.name);
  visit("variant", target.variant);
  visit("is_simt", target.isSimt);
  visit("vector_bytes", target.vectorBytes);
  visit("vector_registers", target.vectorRegisters);
  visit("fmas_per_cycle", target.fmasPerCycle);
  visit("loads_per_cycle", target.loadsPerCycle);
  visit("fma_latency", target.fmaLatency);
  visit("masked_memory", target.maskedMemory);
  visit("l1_bytes", target.l1Bytes);
  visit("l1_ways", target.l1Ways);
  visit("l2_bytes", target.l2Bytes);
  visit("l2_bytes_per_cycle", target.l2BytesPerCycle);
  visit("memory_bytes_per_cycle", target.memoryBytesPerCycle);
  visit("rays_of_lane", target.raysOfLane);
  visit("idle_lanes", target.idleLanes);
  visit("workgroup_threads", target.workgroupThreads);
  visit("subgroup_threads", target.subgroupThreads);
  visit("thread_registers", target.threadRegisters);
  visit("shared_bytes", target.sharedBytes);
  visit("memory_load_cycles", target.memoryLoadCycles);
  visit("shared_load_cycles", target.sharedLoadCycles);
  visit("broadcast_cycles", target.broadcastCycles);
  visit("load_bytes", target.loadBytes);
  visit("approximates_exp2", target.approximatesExp2);
  visit("loop_turns", target.loopTurns);
  visit("in_lockstep", target.inLockstep);
  visit("most_shared_bytes", target.mostSharedBytes);
  visit("matrix_units", target.matrixUnits);
  visit("shared_units", target.sharedUnits);
  visit("opaque_units", target.opaqueUnits);
  visit("fixed_subgroups", target.fixedSubgroups);
  visit("async_copy_bytes", target.asyncCopyBytes);
  visit("loads_matrices", target.loadsMatrices);
}

} // namespace

Target Target::gpu(StringRef name, StringRef variant, int64_t workgroupThreads, int64_t subgroupThreads,
                   int64_t threadRegisters, int64_t sharedBytes, int64_t memoryLoadCycles, int64_t sharedLoadCycles,
                   int64_t broadcastCycles, int64_t loadBytes, int64_t loopTurns, bool inLockstep) {
  Target target;
  target.name = name.str();
  target.variant = variant.str();
  target.isSimt = true;
  target.workgroupThreads = workgroupThreads;
  target.subgroupThreads = subgroupThreads;
  target.threadRegisters = threadRegisters;
  target.sharedBytes = sharedBytes;
  target.memoryLoadCycles = memoryLoadCycles;
  target.sharedLoadCycles = sharedLoadCycles;
  target.broadcastCycles = broadcastCycles;
  target.loadBytes = loadBytes;
  target.loopTurns = loopTurns;
  target.inLockstep = inLockstep;
  return target;
}

Target Target::withExp2() const {
  Target target = *this;
  target.approximatesExp2 = true;
  return target;
}

Target Target::withMatrixUnits(std::vector<MatrixUnit> units, int64_t asyncCopyBytes, bool loadsMatrices) const {
  Target target = *this;
  target.fixedSubgroups = true;
  target.matrixUnits = std::move(units);
  target.asyncCopyBytes = asyncCopyBytes;
  target.loadsMatrices = loadsMatrices;
  return target;
}

Target Target::withSharedUnits(std::vector<MatrixUnit> units, int64_t mostSharedBytes) const {
  Target target = *this;
  target.sharedUnits = std::move(units);
  target.mostSharedBytes = mostSharedBytes;
  return target;
}

Target Target::withOpaqueUnits(std::vector<MatrixUnit> units) const {
  Target target = *this;
  target.opaqueUnits = std::move(units);
  return target;
}

const MatrixUnit *Target::choose(ArrayRef<MatrixUnit> units, Type lhs, Type rhs, int64_t rows, int64_t columns) {
  const MatrixUnit *found = nullptr;
  for (const MatrixUnit &unit : units)
    if (unit.multiplies(lhs) && unit.multiplies(rhs)) {
      found = &unit;
      if (unit.rows <= rows && unit.columns <= columns)
        break;
    }
  return found;
}

bool Target::rowsCollide(int64_t distance, int64_t rows) const {
  int64_t way = l1Bytes / l1Ways, places = way / std::gcd(distance, way);
  return static_cast<int64_t>(llvm::divideCeil(rows, places)) > l1Ways / 2;
}

int64_t Target::lanes(Type elementType) const {
  int64_t bits = elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth();
  return std::max<int64_t>(vectorBytes * 8 / std::max<int64_t>(bits, 8), 1);
}

DictionaryAttr Target::toAttr(MLIRContext *context) const {
  Builder builder(context);
  SmallVector<NamedAttribute> attrs;
  struct {
    Builder &builder;
    Attribute operator()(const std::string &value) { return builder.getStringAttr(value); }
    Attribute operator()(int64_t value) { return builder.getI64IntegerAttr(value); }
    Attribute operator()(bool value) { return builder.getBoolAttr(value); }
    Attribute operator()(const std::vector<MatrixUnit> &units) {
      SmallVector<Attribute> attrs;
      for (const MatrixUnit &unit : units)
        attrs.push_back(unit.toAttr(builder.getContext()));
      return builder.getArrayAttr(attrs);
    }
  } make{builder};
  forEachField(*this,
               [&](StringRef name, const auto &field) { attrs.push_back(builder.getNamedAttr(name, make(field))); });
  return builder.getDictionaryAttr(attrs);
}

Target Target::fromAttr(DictionaryAttr dictionary) {
  Target target;
  struct {
    void operator()(Attribute attr, std::string &field) {
      if (auto text = dyn_cast<StringAttr>(attr))
        field = text.getValue();
    }
    void operator()(Attribute attr, int64_t &field) {
      if (auto number = dyn_cast<IntegerAttr>(attr))
        field = number.getInt();
    }
    void operator()(Attribute attr, bool &field) {
      if (auto flag = dyn_cast<BoolAttr>(attr))
        field = flag.getValue();
    }
    void operator()(Attribute attr, std::vector<MatrixUnit> &field) {
      if (auto array = dyn_cast<ArrayAttr>(attr))
        for (Attribute unit : array)
          if (auto dictionary = dyn_cast<DictionaryAttr>(unit))
            field.push_back(MatrixUnit::fromAttr(dictionary));
    }
  } read;
  forEachField(target, [&](StringRef name, auto &field) {
    if (Attribute attr = dictionary.get(name))
      read(attr, field);
  });
  return target;
}

Target Target::of(Operation *op) {
  for (; op; op = op->getParentOp())
    if (auto attr = op->getAttrOfType<DictionaryAttr>(attrName))
      return fromAttr(attr);
  return Target();
}

} // namespace treadle
