//===- SubgroupNetwork.cpp - perceptrons on matrix units ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/SubgroupNetwork.h"
#include "codegen/field/FragmentNetwork.h"
#include "codegen/field/MatrixNetwork.h"
#include "codegen/field/NetworkMemory.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {
namespace {

using simt::FragmentChain, simt::SharedRows;

constexpr int64_t widestOfAll = 128;

/// The type that all values and weights of the kernel's networks have; null if they have several, or are too wide.
Type elementOfAll(func::FuncOp source) {
  Type element;
  bool fits = true;
  source.walk([&](MlpOp op) {
    if (!element)
      element = elementOf(op.getInput());
    fits &= elementOf(op.getInput()) == element;
    for (Value weights : op.getWeights()) {
      auto type = cast<RankedTensorType>(weights.getType());
      fits &= type.getElementType() == element;
      for (int64_t size : type.getShape())
        fits &= size >= 1 && size <= widestOfAll;
    }
  });
  return fits && element && (element.isF16() || element.isBF16()) ? element : Type();
}

/// What the unit multiplies for all networks, of a row.
int64_t productsOf(func::FuncOp source, const MatrixUnit &unit, int64_t others) {
  int64_t all = 0;
  source.walk([&](MlpOp op) {
    for (Value weights : op.getWeights()) {
      ArrayRef<int64_t> shape = cast<RankedTensorType>(weights.getType()).getShape();
      all += llvm::alignTo(shape[0], others) * llvm::alignTo(shape[1], unit.depth);
    }
  });
  return all;
}

/// Of the target's units that which multiplies fewest zeros, the last of several. `othersOf` says how many columns a
/// fragment has that is computed with it, 0 if none is.
const MatrixUnit *bestUnit(ArrayRef<MatrixUnit> units, func::FuncOp source, Type element,
                           llvm::function_ref<int64_t(const MatrixUnit &)> othersOf) {
  const MatrixUnit *best = nullptr;
  int64_t fewest = 0;
  for (const MatrixUnit &unit : units) {
    int64_t others = unit.multiplies(element) && unit.sum == "f32" ? othersOf(unit) : 0;
    if (int64_t products = others ? productsOf(source, unit, others) : 0; others && (!best || products <= fewest)) {
      best = &unit;
      fewest = products;
    }
  }
  return best;
}

} // namespace

std::unique_ptr<SubgroupNetwork> SubgroupNetwork::of(Kernel &kernel) {
  const Target &target = kernel.target;
  Type element = target.isSimt ? elementOfAll(kernel.source) : Type();
  if (!element)
    return nullptr;
  auto chainOf = [&](const MatrixUnit &unit) {
    std::optional<FragmentChain> chain = FragmentChain::of(unit, /*inOrder=*/true);
    bool fits = chain && unit.threads() == target.subgroupThreads && chain->queries % SharedRows::period == 0 &&
                target.subgroupThreads % chain->queries == 0;
    return fits ? chain : std::nullopt;
  };
  std::unique_ptr<SubgroupNetwork> network;
  if (const MatrixUnit *unit = bestUnit(target.matrixUnits, kernel.source, element, [&](const MatrixUnit &unit) {
        std::optional<FragmentChain> chain = chainOf(unit);
        return chain ? chain->others : 0;
      }))
    network = std::make_unique<MatrixNetwork>(kernel, element, *unit, *chainOf(*unit));
  else if (const MatrixUnit *unit = bestUnit(target.opaqueUnits, kernel.source, element, [&](const MatrixUnit &unit) {
             return target.subgroupThreads % unit.rows ? 0 : unit.columns;
           }))
    network = std::make_unique<FragmentNetwork>(kernel, element, *unit);
  return network && network->placeAll() ? std::move(network) : nullptr;
}

SubgroupNetwork::SubgroupNetwork(Kernel &kernel, Type element, const MatrixUnit &unit, int64_t rows, int64_t others)
    : kernel(kernel), b(kernel.b), element(element), stored(storageType(element)), unit(unit), fragmentRows(rows),
      others(others) {
  kernel.source.walk([&](MlpOp op) {
    for (Value weights : op.getWeights()) {
      ArrayRef<int64_t> shape = cast<RankedTensorType>(weights.getType()).getShape();
      Layer layer{kernelArgument(weights), shape[0], shape[1]};
      layer.fragments = llvm::divideCeil(layer.out, others);
      layer.steps = llvm::divideCeil(layer.in, unit.depth);
      layers.insert({layer.weights, layer});
      widest = std::max({widest, layer.out, layer.in});
    }
    auto first = cast<RankedTensorType>(op.getWeights().front().getType());
    auto last = cast<RankedTensorType>(op.getWeights().back().getType());
    endColumns = std::max({endColumns, first.getDimSize(1), last.getDimSize(0)});
  });
}

SubgroupNetwork::~SubgroupNetwork() = default;

const SubgroupNetwork::Layer &SubgroupNetwork::layerOf(Value weights) const {
  return layers.find(kernelArgument(weights))->second;
}

Value SubgroupNetwork::weightsAt(const Layer &layer, Value row, Value k, int64_t run, int64_t rows) {
  Value exists, place = kernel.add(kernel.mul(row, layer.in), k);
  if (rows > layer.out)
    exists = kernel.less(row, kernel.index(layer.out));
  if (layer.in % unit.depth) {
    Value here = kernel.less(k, kernel.index(layer.in));
    exists = exists ? Value(arith::AndIOp::create(b, exists, here)) : here;
  }
  if (exists)
    place = arith::SelectOp::create(b, exists, place, kernel.index(0));
  auto type = VectorType::get({run}, stored);
  Value loaded =
      vector::LoadOp::create(b, type, kernel.bufferOf(layer.weights), ValueRange(place),
                             /*nontemporal=*/false, llvm::MaybeAlign(run * stored.getIntOrFloatBitWidth() / 8));
  if (exists)
    loaded = arith::SelectOp::create(b, exists, loaded, arith::ConstantOp::create(b, b.getZeroAttr(type)));
  return loaded;
}

/// What a workgroup has without asking, or two or one have of a multiprocessor, if weights need it beside so many
/// bytes.
int64_t SubgroupNetwork::sharedBytes(int64_t weightBytes, int64_t others) const {
  int64_t most = kernel.target.mostSharedBytes;
  for (int64_t bytes : {kernel.target.sharedBytes, most / 2})
    if (weightBytes + others <= bytes)
      return bytes;
  return std::max(most, kernel.target.sharedBytes);
}

/// Rows get half of what a workgroup has, or what weights leave; weights the rest as long as they fit.
bool SubgroupNetwork::placeAll() {
  const Target &target = kernel.target;
  int64_t ofRow = 0, registers = 0, allWeights = 0;
  for (auto &[weights, layer] : layers) {
    registers = std::max(registers, heldColumns(layer));
    allWeights += weightElements(layer);
  }
  kernel.source.walk([&](MlpOp op) {
    ofRow += cast<RankedTensorType>(op.getWeights().front().getType()).getDimSize(1) +
             cast<RankedTensorType>(op.getWeights().back().getType()).getDimSize(0);
  });
  // Operands, two elements a register, are a third of them: as much again goes to sums and weights on their way, and
  // rays need the rest.
  registers = registers * fragmentRows / 2 / target.subgroupThreads;
  while (atOnce * fragmentRows < subgroupRows() && 2 * atOnce * registers <= target.threadRegisters / 3)
    atOnce *= 2;

  int64_t bytes = stored.getIntOrFloatBitWidth() / 8, ofSubgroup = rowElements() * bytes;
  // Where a thread's ray, its row's values and operands need more registers than it has, workgroups have fewer threads.
  int64_t threads = target.workgroupThreads, part = std::max(threads / 4, target.subgroupThreads);
  int64_t least = target.threadRegisters / 2 + atOnce * registers + ofRow / 2;
  auto fewer = [&](int64_t count, int64_t ofThread, int64_t all) {
    while (count > part && count * ofThread > all)
      count -= part;
    return count;
  };
  int64_t ofGroup = target.workgroupThreads * target.threadRegisters, rowBytes = ofSubgroup / target.subgroupThreads;
  threads = fewer(threads, least, ofGroup);
  int64_t weightBytes = allWeights * bytes, shared = sharedBytes(weightBytes, threads * rowBytes);
  if (2 * shared > target.mostSharedBytes && shared > target.sharedBytes) // it has a multiprocessor for itself
    threads = fewer(target.workgroupThreads, least, 2 * ofGroup);
  threads = fewer(threads, rowBytes, std::max(shared / 2, shared - weightBytes));
  int64_t left = shared - threads * rowBytes;
  if (left < 0)
    return false;
  kernel.setThreads(threads);
  int64_t ofWeights = 0;
  for (auto &[weights, layer] : layers) {
    int64_t count = weightElements(layer);
    if ((ofWeights + count) * bytes <= left) {
      layer.place = ofWeights;
      ofWeights += count;
    } else if (!canLoadLate(layer)) {
      return false;
    }
  }
  rowMemory = kernel.shared(stored, threads / target.subgroupThreads * rowElements());
  if (ofWeights)
    weightMemory = kernel.shared(stored, ofWeights);
  return true;
}

} // namespace treadle
