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
#define TREADLE_HIP(row, features, ...) {row, features},
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
    Machine machine{"amdgcn-amd-amdhsa", target.variant, chip->features.str()};
    if (failed(setSharedObject(executable, machine, {"--no-undefined"})))
      signalPassFailure();
  }
};

} // namespace
} // namespace treadle
