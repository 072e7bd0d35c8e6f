//===- Disassembler.cpp - LLVM's disassembler of AMD's GPUs ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/Disassembler.h"
#include "tools/simulator/Fault.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>

// Of LLVM's many targets this one.
extern "C" void LLVMInitializeAMDGPUTargetInfo();
extern "C" void LLVMInitializeAMDGPUTargetMC();
extern "C" void LLVMInitializeAMDGPUDisassembler();

namespace treadle::simulator::gcn {

struct Disassembler::Parts {
  llvm::Triple triple{"amdgcn-amd-amdhsa"};
  llvm::MCTargetOptions options;
  std::unique_ptr<llvm::MCRegisterInfo> registers;
  std::unique_ptr<llvm::MCAsmInfo> assembler;
  std::unique_ptr<llvm::MCInstrInfo> instructions;
  std::unique_ptr<llvm::MCSubtargetInfo> processor;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<llvm::MCDisassembler> disassembler;
  std::unique_ptr<llvm::MCInstPrinter> printer;
};

Disassembler::Disassembler(const std::string &processor) : parts(std::make_unique<Parts>()) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeAMDGPUTargetInfo();
    LLVMInitializeAMDGPUTargetMC();
    LLVMInitializeAMDGPUDisassembler();
  });
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(parts->triple, error);
  if (!target)
    throw Fault("LLVM is built without AMD's GPUs: " + error);
  parts->registers.reset(target->createMCRegInfo(parts->triple));
  parts->assembler.reset(target->createMCAsmInfo(*parts->registers, parts->triple, parts->options));
  parts->instructions.reset(target->createMCInstrInfo());
  parts->processor.reset(target->createMCSubtargetInfo(parts->triple, processor, ""));
  parts->context = std::make_unique<llvm::MCContext>(parts->triple, parts->assembler.get(), parts->registers.get(),
                                                     parts->processor.get());
  parts->disassembler.reset(target->createMCDisassembler(*parts->processor, *parts->context));
  parts->printer.reset(
      target->createMCInstPrinter(parts->triple, 0, *parts->assembler, *parts->instructions, *parts->registers));
  parts->printer->setPrintImmHex(false);
}

Disassembler::~Disassembler() = default;

Disassembled Disassembler::next(std::span<const uint8_t> code, uint64_t address) {
  Disassembled result;
  llvm::MCInst instruction;
  uint64_t bytes = 0;
  auto status =
      parts->disassembler->getInstruction(instruction, bytes, {code.data(), code.size()}, address, llvm::nulls());
  if (status != llvm::MCDisassembler::Success || bytes == 0) {
    result.text = "unknown";
    result.bytes = 4;
    return result;
  }
  result.bytes = static_cast<unsigned>(bytes);
  llvm::raw_string_ostream os(result.text);
  parts->printer->printInst(&instruction, address, "", *parts->processor, os);
  for (const llvm::MCOperand &operand : instruction)
    if (operand.isImm())
      result.immediates.push_back(operand.getImm());
  size_t from = result.text.find_first_not_of(" \t"), to = result.text.find_last_not_of(" \t");
  result.text = from == std::string::npos ? "unknown" : result.text.substr(from, to - from + 1);
  for (char &character : result.text)
    character = character == '\t' ? ' ' : character;
  return result;
}

} // namespace treadle::simulator::gcn
