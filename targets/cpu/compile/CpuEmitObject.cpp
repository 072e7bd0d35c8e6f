//===- CpuEmitObject.cpp - machine code ---------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels are compiled one by one, each in an LLVM context of its own, so that all cores work and a
// kernel's code does not depend on its neighbours. The linker runs once.
//
//===----------------------------------------------------------------------===//

#include "lld/Common/Driver.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "targets/cpu/compile/Passes.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_CPUEMITOBJECT
#include "targets/cpu/compile/Passes.h.inc"

namespace {

struct Chip {
  StringRef variant, arch, cpu, features;
};
constexpr Chip chips[] = {
#define TREADLE_CPU(row, arch, cpu, features, bytes, registers, fmas, masked, l1, l2) {row, arch, cpu, features},
#include "targets/cpu/Chips.def"
};

std::unique_ptr<llvm::TargetMachine> machineFor(const Chip &chip, std::string &error) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
  });
  llvm::Triple triple((chip.arch + "-unknown-linux-gnu").str());
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, chip.cpu, chip.features, options, llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Default));
}

/// What hand-scheduled vector code still needs: addresses simplified, invariants hoisted, dead code
/// gone. Loops are vectorized and unrolled where it pays already.
void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  tuning.LoopInterleaving = false;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

/// One kernel as an object file in memory, or an error.
LogicalResult compileKernel(ModuleOp kernel, const Chip &chip, SmallVectorImpl<char> &object, std::string &error) {
  std::unique_ptr<llvm::TargetMachine> machine = machineFor(chip, error);
  if (!machine)
    return failure();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(kernel, context, kernel.getName().value_or("kernel"));
  if (!module) {
    error = "cannot be translated to LLVM IR";
    return failure();
  }
  module->setTargetTriple(machine->getTargetTriple());
  module->setDataLayout(machine->createDataLayout());
  optimize(*module, *machine);
  llvm::raw_svector_ostream os(object);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, os, nullptr, llvm::CodeGenFileType::ObjectFile)) {
    error = "cannot be compiled for " + chip.cpu.str();
    return failure();
  }
  passes.run(*module);
  return success();
}

/// Links objects to a shared object through files, as lld wants it.
FailureOr<std::unique_ptr<llvm::MemoryBuffer>> link(ArrayRef<SmallVector<char, 0>> objects, std::string &error) {
  // lld keeps its state in globals.
  static std::mutex linker;
  std::lock_guard<std::mutex> lock(linker);
  llvm::SmallString<128> folder;
  if (std::error_code code = llvm::sys::fs::createUniqueDirectory("treadle", folder)) {
    error = "cannot make a folder for temporary files: " + code.message();
    return failure();
  }
  struct Remove {
    llvm::SmallString<128> &folder;
    ~Remove() { llvm::sys::fs::remove_directories(folder); }
  } remove{folder};

  std::vector<std::string> arguments = {"ld.lld",
                                        "-shared",
                                        "-Bsymbolic",
                                        "--gc-sections",
                                        "--build-id=none",
                                        "--hash-style=gnu",
                                        "-z",
                                        "noexecstack",
                                        "-o",
                                        (folder + "/kernels.so").str()};
  std::string output = arguments.back();
  for (auto [i, object] : llvm::enumerate(objects)) {
    std::string path = (folder + "/" + Twine(i) + ".o").str();
    std::error_code code;
    llvm::raw_fd_ostream file(path, code);
    file.write(object.data(), object.size());
    file.close();
    if (file.has_error() || code) {
      error = "cannot write a temporary file: " + (code ? code : file.error()).message();
      file.clear_error();
      return failure();
    }
    arguments.push_back(path);
  }
  std::vector<const char *> raw;
  for (const std::string &argument : arguments)
    raw.push_back(argument.c_str());
  std::string messages;
  llvm::raw_string_ostream os(messages);
  lld::Result result = lld::lldMain(raw, os, os, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0) {
    error = "linking failed: " + messages;
    return failure();
  }
  auto buffer =
      llvm::MemoryBuffer::getFile(output, /*IsText=*/false, /*RequiresNullTerminator=*/false, /*IsVolatile=*/true);
  if (!buffer) {
    error = "cannot read what was linked: " + buffer.getError().message();
    return failure();
  }
  return std::move(*buffer);
}

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
    auto kernels = llvm::to_vector(executable.getBody().front().getOps<ModuleOp>());
    // A program that only hands inputs and constants on still gets an object, which has no kernels.
    OwningOpRef<ModuleOp> nothing;
    if (kernels.empty()) {
      nothing = ModuleOp::create(executable.getLoc());
      kernels.push_back(*nothing);
    }
    std::vector<SmallVector<char, 0>> objects(kernels.size());
    std::vector<std::string> errors(kernels.size());
    // Kernels without machine code are an error each, reported in order.
    auto compile = [&](size_t i) { return compileKernel(kernels[i], *chip, objects[i], errors[i]); };
    if (failed(failableParallelForEachN(&getContext(), 0, kernels.size(), compile))) {
      for (auto [kernel, error] : llvm::zip(kernels, errors))
        if (!error.empty())
          kernel.emitError(error);
      return signalPassFailure();
    }
    std::string error;
    auto linked = link(objects, error);
    if (failed(linked)) {
      executable.emitError(error);
      return signalPassFailure();
    }
    std::shared_ptr<llvm::MemoryBuffer> code = std::move(*linked);
    auto type =
        RankedTensorType::get({static_cast<int64_t>(code->getBufferSize())}, IntegerType::get(&getContext(), 8));
    AsmResourceBlob blob(
        ArrayRef<char>(code->getBufferStart(), code->getBufferSize()), 8,
        [code](void *, size_t, size_t) mutable { code.reset(); }, false);
    executable.setObjectAttr(DenseResourceElementsAttr::get(type, "object", std::move(blob)));
  }
};

} // namespace
} // namespace treadle
