//===- HipEmitCodeObject.cpp - HSACO --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/MachineCode.h"
#include "codegen/Target.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "targets/hip/compile/Passes.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_HIPEMITCODEOBJECT
#include "targets/hip/compile/Passes.h.inc"

namespace {

struct Chip {
  StringRef variant, features;
};
constexpr Chip chips[] = {
#define TREADLE_HIP(row, features, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast)          \
  {row, features},
#include "targets/hip/Chips.def"
};

struct HipEmitCodeObject : impl::HipEmitCodeObjectBase<HipEmitCodeObject> {
  void getDependentDialects(DialectRegistry &registry) const override { registerAllToLLVMIRTranslations(registry); }

  void runOnOperation() override {
    program::ExecutableOp executable = getOperation();
    Target target = Target::of(executable);
    if (target.name != "hip")
      return;
    const Chip *chip = llvm::find_if(chips, [&](const Chip &chip) { return chip.variant == target.variant; });
    if (chip == std::end(chips)) {
      executable.emitError() << "is for a device that is not in Chips.def, " << target.variant;
      return signalPassFailure();
    }
    auto kernels = llvm::to_vector(executable.getBody().front().getOps<ModuleOp>());
    // A program that only hands inputs and constants on still gets an object, which has no kernels.
    OwningOpRef<ModuleOp> nothing;
    if (kernels.empty()) {
      nothing = ModuleOp::create(executable.getLoc());
      kernels.push_back(*nothing);
    }
    Machine machine{"amdgcn-amd-amdhsa", target.variant, chip->features.str()};
    auto objects = compileKernels(kernels, machine, llvm::CodeGenFileType::ObjectFile);
    if (failed(objects))
      return signalPassFailure();
    auto linked = linkSharedObject(*objects, {"--no-undefined"}, executable);
    if (failed(linked))
      return signalPassFailure();
    setObject(executable, *linked);
  }
};

} // namespace
} // namespace treadle
