//===- CudaEmitPtx.cpp - PTX ----------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/MachineCode.h"
#include "codegen/Target.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "targets/cuda/compile/Passes.h"
#include "targets/cuda/compile/Ptxas.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_CUDAEMITPTX
#include "targets/cuda/compile/Passes.h.inc"

namespace {

std::optional<Machine> machineOf(StringRef variant) {
#define TREADLE_CUDA(row, processor, features, ...)                                                                    \
  if (variant == row)                                                                                                  \
    return Machine{"nvptx64-nvidia-cuda", processor, features};
#include "targets/cuda/Chips.def"
  return std::nullopt;
}

/// What ptxas makes of each kernel, if there is one; what is said of it are remarks. A kernel without is one of PTX
/// alone.
std::vector<cuda::Cubin> assembleAll(program::ExecutableOp executable, ArrayRef<MachineCode> texts,
                                     ArrayRef<ModuleOp> kernels) {
  std::vector<cuda::Cubin> cubins(texts.size());
  auto ptxas = executable->getParentOfType<ModuleOp>()->getAttrOfType<StringAttr>("treadle.ptxas");
  if (!ptxas)
    return cubins;
  std::string variant = Target::of(executable).variant;
  parallelFor(executable.getContext(), 0, texts.size(), [&](size_t i) {
    cubins[i] = cuda::assemble(ptxas.getValue(), StringRef(texts[i].data(), texts[i].size()));
  });
  int64_t made = 0, most = 0;
  for (auto [cubin, kernel] : llvm::zip(cubins, kernels)) {
    StringRef name = ModuleOp(kernel).getName().value_or("kernel");
    made += !cubin.code.empty();
    most = std::max(most, cubin.registers);
    if (cubin.code.empty())
      executable.emitRemark() << variant << ": " << name << ": PTX alone: " << cubin.error;
    else if (cubin.spillBytes)
      executable.emitRemark() << variant << ": " << name << ": " << cubin.registers << " registers, "
                              << cubin.spillBytes << " bytes of spills";
  }
  executable.emitRemark() << variant << ": " << made << " of " << texts.size() << " kernels are cubins too, by "
                          << ptxas.getValue() << "; at most " << most << " registers";
  return cubins;
}

struct CudaEmitPtx : impl::CudaEmitPtxBase<CudaEmitPtx> {
  void getDependentDialects(DialectRegistry &registry) const override { registerAllToLLVMIRTranslations(registry); }

  void runOnOperation() override {
    program::ExecutableOp executable = getOperation();
    Target target = Target::of(executable);
    if (target.name != "cuda")
      return;
    std::optional<Machine> machine = machineOf(target.variant);
    if (!machine) {
      executable.emitError() << "is for a device that is not in Chips.def, " << target.variant;
      return signalPassFailure();
    }
    auto kernels = llvm::to_vector(executable.getBody().front().getOps<ModuleOp>());
    auto texts = compileKernels(kernels, *machine, llvm::CodeGenFileType::AssemblyFile);
    if (failed(texts))
      return signalPassFailure();
    std::vector<cuda::Cubin> cubins = assembleAll(executable, *texts, kernels);
    SmallVector<Operation *> described;
    SmallVector<ArrayRef<char>> codes, natives;
    for (auto [kernel, text, cubin] : llvm::zip(kernels, *texts, cubins)) {
      text.push_back('\0');
      codes.push_back(text);
      natives.push_back(cubin.code);
      for (Operation &op : *kernel.getBody())
        if (op.hasAttr("treadle.grid"))
          described.push_back(&op);
    }
    setObjects(executable, described, codes, natives);
    if (StringRef(machine->cpu).ends_with("a"))
      executable->setAttr("treadle.features", Builder(&getContext()).getStrArrayAttr({"exact"}));
  }
};

} // namespace
} // namespace treadle
