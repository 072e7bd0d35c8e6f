//===- UnrollLoops.cpp - fewer turns of loops -------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mesa's llvmpipe, on which Vulkan runs where there is no GPU, ends all loops of a thread after so many turns of
// them together (Target::loopTurns), whatever is left to be done, and says nothing.
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/Target.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_UNROLLLOOPS
#include "codegen/Passes.h.inc"

namespace {

/// Operations that a loop may have when it is unrolled, and how often it is repeated at most.
constexpr int64_t mostOperations = 256, mostTimes = 16;

std::optional<int64_t> tripCount(scf::ForOp loop) {
  std::optional<APInt> count = loop.getStaticTripCount();
  return count ? std::optional(count->getSExtValue()) : std::nullopt;
}

/// Into one that does several steps a turn, and one that does what is left.
LogicalResult unroll(scf::ForOp loop) {
  int64_t operations = 0;
  bool isSimple = true;
  loop.getBody()->walk([&](Operation *op) {
    ++operations;
    isSimple &= !isa<scf::ForOp, scf::WhileOp, gpu::BarrierOp>(op);
  });
  int64_t times = std::min<int64_t>(mostTimes, llvm::bit_floor<uint64_t>(mostOperations / operations));
  if (std::optional<int64_t> count = tripCount(loop))
    times = std::min<int64_t>(times, llvm::bit_floor<uint64_t>(*count));
  if (!isSimple || times < 2)
    return success();
  if (!tripCount(loop)) { // it counts on an end that is not before the start
    OpBuilder b(loop);
    loop.setUpperBound(arith::MaxSIOp::create(b, loop.getLoc(), loop.getUpperBound(), loop.getLowerBound()));
  }
  return loopUnrollByFactor(loop, times);
}

/// The turns that a thread makes at least if it comes here, loops of unknown length left out.
int64_t knownTurns(Region &region) {
  int64_t turns = 0;
  for (Operation &op : region.getOps()) {
    int64_t inner = 0;
    for (Region &nested : op.getRegions())
      inner = std::max(inner, knownTurns(nested));
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      std::optional<int64_t> count = tripCount(loop);
      inner = llvm::MulOverflow(count.value_or(1), inner + (count ? 1 : 0), inner) ? INT64_MAX / 2 : inner;
    }
    turns = std::min(turns + inner, INT64_MAX / 2);
  }
  return turns;
}

struct UnrollLoops : impl::UnrollLoopsBase<UnrollLoops> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    int64_t most = Target::of(kernel).loopTurns;
    if (most == 0)
      return;
    SmallVector<scf::ForOp> loops;
    kernel.walk([&](scf::ForOp loop) {
      if (!loop.getLowerBound().getDefiningOp<gpu::BlockIdOp>()) // over tasks, of which a workgroup has few
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops)
      if (failed(unroll(loop)))
        return signalPassFailure();
    if (int64_t turns = knownTurns(kernel.getBody()); turns > most) {
      kernel.emitError() << "takes " << turns
                         << " turns of loops in one thread, and a device that is a CPU ends them after " << most
                         << "; compile it for cpu, or for vulkan:gpu only";
      signalPassFailure();
    }
  }
};

} // namespace
} // namespace treadle
