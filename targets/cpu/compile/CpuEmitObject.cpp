//===- CpuEmitObject.cpp - machine code ---------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/MachineCode.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "targets/cpu/compile/Passes.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_CPUEMITOBJECT
#include "targets/cpu/compile/Passes.h.inc"

namespace {

struct Chip {
  StringRef variant, arch, cpu, features;
};
constexpr Chip chips[] = {
#define TREADLE_CPU(row, arch, cpu, features, ...) {row, arch, cpu, features},
#include "targets/cpu/Chips.def"
};

struct CpuEmitObject : impl::CpuEmitObjectBase<CpuEmitObject> {
  void getDependentDialects(DialectRegistry &registry) const override { registerAllToLLVMIRTranslations(registry); }

  void runOnOperation() override {
    program::ExecutableOp executable = getOperation();
    auto target = executable->getAttrOfType<DictionaryAttr>("treadle.target");
    auto text = [&](StringRef key) { return target ? target.getAs<StringAttr>(key) : StringAttr(); };
    if (!text("name") || text("name").getValue() != "cpu")
      return;
    const Chip *chip =
        llvm::find_if(chips, [&](const Chip &chip) { return chip.variant == text("variant").getValue(); });
    if (chip == std::end(chips)) {
      executable.emitError() << "is for a CPU that is not in Chips.def, " << text("variant");
      return signalPassFailure();
    }
    Machine machine{(chip->arch + "-unknown-linux-gnu").str(), chip->cpu.str(), chip->features.str()};
    if (failed(setSharedObject(
            executable, machine,
            {"-Bsymbolic", "--gc-sections", "--build-id=none", "--hash-style=gnu", "-z", "noexecstack"})))
      signalPassFailure();
  }
};

} // namespace
} // namespace treadle
