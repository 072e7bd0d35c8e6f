//===- MachineCode.cpp - kernels through LLVM -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/MachineCode.h"
#include "lld/Common/Driver.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace mlir;

namespace treadle {
namespace {

std::unique_ptr<llvm::TargetMachine> create(const Machine &machine, std::string &error) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
  });
  llvm::Triple triple(machine.triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, machine.cpu, machine.features, options, llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Default));
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

LogicalResult compile(ModuleOp kernel, const Machine &description, llvm::CodeGenFileType fileType, MachineCode &code,
                      std::string &error) {
  std::unique_ptr<llvm::TargetMachine> machine = create(description, error);
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
  llvm::raw_svector_ostream os(code);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, os, nullptr, fileType)) {
    error = "cannot be compiled for " + description.cpu;
    return failure();
  }
  passes.run(*module);
  return success();
}

/// Links objects to a shared object through files, as lld wants it.
FailureOr<std::unique_ptr<llvm::MemoryBuffer>> link(ArrayRef<MachineCode> objects, ArrayRef<const char *> further,
                                                    std::string &error) {
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

  std::vector<std::string> arguments = {"ld.lld", "-shared"};
  arguments.insert(arguments.end(), further.begin(), further.end());
  arguments.insert(arguments.end(), {"-o", (folder + "/kernels.so").str()});
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

} // namespace

FailureOr<std::vector<MachineCode>> compileKernels(ArrayRef<ModuleOp> kernels, const Machine &machine,
                                                   llvm::CodeGenFileType fileType) {
  std::vector<MachineCode> codes(kernels.size());
  std::vector<std::string> errors(kernels.size());
  // Kernels without machine code are an error each, reported in order.
  auto one = [&](size_t i) { return compile(kernels[i], machine, fileType, codes[i], errors[i]); };
  if (!kernels.empty() && failed(failableParallelForEachN(kernels.front()->getContext(), 0, kernels.size(), one))) {
    for (auto [kernel, error] : llvm::zip(kernels, errors))
      if (!error.empty()) {
        ModuleOp failed = kernel;
        failed.emitError(error);
      }
    return failure();
  }
  return codes;
}

static void setObject(program::ExecutableOp executable, std::shared_ptr<llvm::MemoryBuffer> code) {
  auto type = RankedTensorType::get({static_cast<int64_t>(code->getBufferSize())},
                                    IntegerType::get(executable->getContext(), 8));
  AsmResourceBlob blob(
      ArrayRef<char>(code->getBufferStart(), code->getBufferSize()), 8,
      [code](void *, size_t, size_t) mutable { code.reset(); }, false);
  executable.setObjectAttr(DenseResourceElementsAttr::get(type, "object", std::move(blob)));
}

LogicalResult setSharedObject(program::ExecutableOp executable, const Machine &machine,
                              ArrayRef<const char *> linkerArguments) {
  auto kernels = llvm::to_vector(executable.getBody().front().getOps<ModuleOp>());
  // A program that only hands inputs and constants on still gets an object, which has no kernels.
  OwningOpRef<ModuleOp> nothing;
  if (kernels.empty()) {
    nothing = ModuleOp::create(executable.getLoc());
    kernels.push_back(*nothing);
  }
  auto objects = compileKernels(kernels, machine, llvm::CodeGenFileType::ObjectFile);
  if (failed(objects))
    return failure();
  std::string error;
  FailureOr<std::unique_ptr<llvm::MemoryBuffer>> linked = link(*objects, linkerArguments, error);
  if (failed(linked))
    return executable.emitError(error);
  setObject(executable, std::move(*linked));
  return success();
}

void setObjects(program::ExecutableOp executable, ArrayRef<Operation *> described, ArrayRef<ArrayRef<char>> codes,
                ArrayRef<ArrayRef<char>> natives) {
  constexpr size_t alignment = 8;
  Builder b(executable->getContext());
  MachineCode all;
  auto add = [&](Operation *op, StringRef offset, StringRef bytes, ArrayRef<char> code) {
    all.resize(llvm::alignTo(all.size(), alignment));
    op->setAttr(offset, b.getI64IntegerAttr(static_cast<int64_t>(all.size())));
    op->setAttr(bytes, b.getI64IntegerAttr(static_cast<int64_t>(code.size())));
    all.append(code.begin(), code.end());
  };
  for (auto [op, code] : llvm::zip(described, codes))
    add(op, "treadle.offset", "treadle.bytes", code);
  for (auto [op, code] : llvm::zip(described, natives))
    if (!code.empty())
      add(op, "treadle.native_offset", "treadle.native_bytes", code);
  // A program that only hands inputs and constants on has no kernels, yet code must be there.
  if (all.empty())
    all.resize(alignment);
  setObject(executable, llvm::MemoryBuffer::getMemBufferCopy(StringRef(all.data(), all.size())));
}

} // namespace treadle
