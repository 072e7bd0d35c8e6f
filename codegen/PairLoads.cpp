//===- PairLoads.cpp - neighbours in memory are loaded together -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a thread loads two elements as fast as one (Target::loadBytes). Their indices are sums that differ by 1, of
// which the lower one is even: buffers begin at multiples of 16 bytes.
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/Target.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <map>

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_PAIRLOADS
#include "codegen/Passes.h.inc"

namespace {

/// Whether it can be seen that an index is even.
bool isEven(Value index) {
  APInt constant;
  if (matchPattern(index, m_ConstantInt(&constant)))
    return !constant[0];
  if (auto argument = dyn_cast<BlockArgument>(index)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    return loop && argument == loop.getInductionVar() && isEven(loop.getLowerBound()) && isEven(loop.getStep());
  }
  Operation *op = index.getDefiningOp();
  if (isa<arith::MulIOp>(op))
    return isEven(op->getOperand(0)) || isEven(op->getOperand(1));
  if (isa<arith::AddIOp, arith::SubIOp, arith::RemSIOp, arith::RemUIOp, arith::MinSIOp, arith::MaxSIOp>(op))
    return isEven(op->getOperand(0)) && isEven(op->getOperand(1));
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return isEven(select.getTrueValue()) && isEven(select.getFalseValue());
  return isa<arith::IndexCastOp>(op) && isEven(op->getOperand(0));
}

/// An index as a sum.
struct Sum {
  SmallVector<Value> terms;
  int64_t constant = 0;

  explicit Sum(Value index) {
    add(index);
    llvm::sort(terms, [](Value a, Value b) { return a.getAsOpaquePointer() < b.getAsOpaquePointer(); });
  }

private:
  void add(Value index) {
    APInt number;
    if (matchPattern(index, m_ConstantInt(&number))) {
      constant += number.getSExtValue();
    } else if (auto sum = index.getDefiningOp<arith::AddIOp>()) {
      add(sum.getLhs());
      add(sum.getRhs());
    } else {
      terms.push_back(index);
    }
  }
};

/// Loads of a block between which nothing is stored.
class Loads {
public:
  explicit Loads(int64_t bytes) : bytes(bytes) {}

  void visit(Operation &op) {
    auto load = dyn_cast<memref::LoadOp>(op);
    if (!load) {
      auto store = dyn_cast<memref::StoreOp>(op);
      if (!isMemoryEffectFree(&op) && !(store && store.getMemRefType().getMemorySpace()))
        evens.clear();
      return;
    }
    MemRefType type = load.getMemRefType();
    if (type.getMemorySpace() || type.getRank() != 1 || !type.getElementType().isIntOrFloat() ||
        2 * type.getElementTypeBitWidth() != 8 * bytes)
      return;
    Sum sum(load.getIndices()[0]);
    SmallVector<void *> key = {load.getMemRef().getAsOpaquePointer()};
    for (Value term : sum.terms)
      key.push_back(term.getAsOpaquePointer());
    auto &known = evens[std::vector<void *>(key.begin(), key.end())];
    if (sum.constant % 2 == 0) {
      known[sum.constant] = load;
      return;
    }
    auto even = known.find(sum.constant - 1);
    if (even == known.end() || !llvm::all_of(sum.terms, isEven))
      return;
    pairs.push_back({even->second, load});
    known.erase(even);
  }

  void merge() {
    for (auto [even, odd] : pairs) {
      OpBuilder b(even);
      Location loc = b.getFusedLoc({even.getLoc(), odd.getLoc()});
      Value both = vector::LoadOp::create(b, loc, VectorType::get({2}, even.getType()), even.getMemRef(),
                                          even.getIndices(), /*nontemporal=*/false, llvm::MaybeAlign(bytes));
      Value first = vector::ExtractOp::create(b, loc, both, 0), second = vector::ExtractOp::create(b, loc, both, 1);
      even.replaceAllUsesWith(first);
      odd.replaceAllUsesWith(second);
      even.erase();
      odd.erase();
    }
  }

private:
  int64_t bytes;
  std::map<std::vector<void *>, std::map<int64_t, memref::LoadOp>> evens; // by memory and terms, by constant
  SmallVector<std::pair<memref::LoadOp, memref::LoadOp>> pairs;
};

struct PairLoads : impl::PairLoadsBase<PairLoads> {
  void runOnOperation() override {
    int64_t bytes = Target::of(getOperation()).loadBytes;
    if (bytes == 0)
      return;
    getOperation().walk([&](Block *block) {
      Loads loads(bytes);
      for (Operation &op : *block)
        loads.visit(op);
      loads.merge();
    });
  }
};

} // namespace
} // namespace treadle
