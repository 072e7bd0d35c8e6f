//===- CudaEmitPtx.cpp - PTX ----------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/MachineCode.h"
#include "codegen/Target.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "targets/cuda/compile/Passes.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_CUDAEMITPTX
#include "targets/cuda/compile/Passes.h.inc"

namespace {

StringRef featuresOf(StringRef variant) {
#define TREADLE_CUDA(row, features, ...)                                                                               \
  if (variant == row)                                                                                                  \
    return features;
#include "targets/cuda/Chips.def"
  return "";
}

struct CudaEmitPtx : impl::CudaEmitPtxBase<CudaEmitPtx> {
  void getDependentDialects(DialectRegistry &registry) const override { registerAllToLLVMIRTranslations(registry); }

  void runOnOperation() override {
    program::ExecutableOp executable = getOperation();
    Target target = Target::of(executable);
    if (target.name != "cuda")
      return;
    StringRef features = featuresOf(target.variant);
    if (features.empty()) {
      executable.emitError() << "is for a device that is not in Chips.def, " << target.variant;
      return signalPassFailure();
    }
    auto kernels = llvm::to_vector(executable.getBody().front().getOps<ModuleOp>());
    Machine machine{"nvptx64-nvidia-cuda", target.variant, features.str()};
    auto texts = compileKernels(kernels, machine, llvm::CodeGenFileType::AssemblyFile);
    if (failed(texts))
      return signalPassFailure();
    SmallVector<Operation *> described;
    SmallVector<ArrayRef<char>> codes;
    for (auto [kernel, text] : llvm::zip(kernels, *texts)) {
      text.push_back('\0');
      codes.push_back(text);
      for (Operation &op : *kernel.getBody())
        if (op.hasAttr("treadle.grid"))
          described.push_back(&op);
    }
    setObjects(executable, described, codes);
  }
};

} // namespace
} // namespace treadle
