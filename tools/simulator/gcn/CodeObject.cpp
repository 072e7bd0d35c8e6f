//===- CodeObject.cpp - what stands in a code object (HSACO) -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/CodeObject.h"
#include "tools/simulator/Fault.h"
#include "llvm/BinaryFormat/MsgPackDocument.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/AMDHSAKernelDescriptor.h"
#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace treadle::simulator::gcn {
namespace {

using namespace llvm::amdhsa;
using Elf = llvm::object::ELF64LE;
using File = llvm::object::ELFFile<Elf>;

template <typename T> T check(llvm::Expected<T> value) {
  if (value)
    return std::move(*value);
  throw Fault("the code object is damaged: " + llvm::toString(value.takeError()));
}
[[noreturn]] void damaged(const std::string &what) { throw Fault("the code object is damaged: " + what); }

// More than any kernel's code has.
constexpr uint64_t mostImageBytes = UINT64_C(1) << 30;

void readImage(const File &file, CodeObject &object) {
  uint64_t end = 0;
  auto headers = check(file.program_headers());
  for (const auto &header : headers)
    if (header.p_type == llvm::ELF::PT_LOAD) {
      if (header.p_vaddr > mostImageBytes || header.p_memsz > mostImageBytes || header.p_filesz > header.p_memsz)
        damaged("a segment is too large");
      end = std::max<uint64_t>(end, header.p_vaddr + header.p_memsz);
    }
  object.image.resize(end);
  for (const auto &header : headers)
    if (header.p_type == llvm::ELF::PT_LOAD) {
      auto content = check(file.getSegmentContents(header));
      std::copy(content.begin(), content.end(), object.image.begin() + static_cast<ptrdiff_t>(header.p_vaddr));
    }
}

uint32_t bits(uint32_t value, unsigned shift, unsigned width) { return value >> shift & ((1u << width) - 1); }

WaveSetup readDescriptor(const CodeObject &object, uint64_t place, uint64_t &entry) {
  kernel_descriptor_t descriptor;
  if (place > object.image.size() || sizeof descriptor > object.image.size() - place)
    damaged("a kernel descriptor lies outside of it");
  std::memcpy(&descriptor, object.image.data() + place, sizeof descriptor);
  entry = place + static_cast<uint64_t>(descriptor.kernel_code_entry_byte_offset);
  WaveSetup setup;
  // gfx90a: in steps of eight registers; AGPRs begin at a multiple of four.
  setup.vectorRegisters = (bits(descriptor.compute_pgm_rsrc1, 0, 6) + 1) * 8;
  setup.firstAccumulator = std::min((bits(descriptor.compute_pgm_rsrc3, 0, 6) + 1) * 4, setup.vectorRegisters);
  setup.sharedBytes = descriptor.group_segment_fixed_size;
  setup.privateBytes = descriptor.private_segment_fixed_size;
  setup.argumentBytes = descriptor.kernarg_size;
  setup.programResources1 = descriptor.compute_pgm_rsrc1;
  setup.programResources2 = descriptor.compute_pgm_rsrc2;
  setup.properties = descriptor.kernel_code_properties;
  setup.preload = descriptor.kernarg_preload;
  return setup;
}

void readKernels(const File &file, CodeObject &object) {
  std::map<std::string, std::pair<uint64_t, uint64_t>> symbols; // place, bytes
  for (const auto &section : check(file.sections())) {
    if (section.sh_type != llvm::ELF::SHT_DYNSYM && section.sh_type != llvm::ELF::SHT_SYMTAB)
      continue;
    llvm::StringRef names = check(file.getStringTableForSymtab(section));
    for (const auto &symbol : check(file.symbols(&section)))
      if (llvm::StringRef name = check(symbol.getName(names)); !name.empty())
        symbols[name.str()] = {symbol.st_value, symbol.st_size};
  }
  constexpr std::string_view suffix = ".kd";
  for (const auto &[symbol, place] : symbols) {
    if (!symbol.ends_with(suffix))
      continue;
    KernelEntry kernel;
    kernel.name = symbol.substr(0, symbol.size() - suffix.size());
    kernel.setup = readDescriptor(object, place.first, kernel.begin);
    auto code = symbols.find(kernel.name);
    uint64_t bytes = code == symbols.end() ? 0 : code->second.second;
    if (kernel.begin % 4 != 0 || kernel.begin > object.image.size() || bytes > object.image.size() - kernel.begin)
      damaged("a kernel's code lies outside of it");
    kernel.end = kernel.begin + bytes;
    object.kernels.push_back(std::move(kernel));
  }
}

void readRelocations(const File &file, CodeObject &object) {
  for (const auto &section : check(file.sections())) {
    if (section.sh_type != llvm::ELF::SHT_RELA || !(section.sh_flags & llvm::ELF::SHF_ALLOC))
      continue;
    for (const auto &relocation : check(file.relas(section))) {
      if (relocation.getType(false) != llvm::ELF::R_AMDGPU_RELATIVE64)
        damaged(fmt::format("it needs relocation {}, which is not simulated", relocation.getType(false)));
      if (relocation.r_offset > object.image.size() || sizeof(uint64_t) > object.image.size() - relocation.r_offset)
        damaged("a relocation lies outside of it");
      object.relocations.push_back({relocation.r_offset, static_cast<uint64_t>(relocation.r_addend)});
    }
  }
}

// ---- metadata --------------------------------------------------------------------------------

llvm::msgpack::DocNode entry(llvm::msgpack::DocNode &node, llvm::StringRef key) {
  if (!node.isMap())
    damaged("its metadata is not as expected");
  auto &map = node.getMap();
  auto found = map.find(key);
  return found == map.end() ? node.getDocument()->getEmptyNode() : found->second;
}
uint64_t number(llvm::msgpack::DocNode node) {
  if (node.getKind() == llvm::msgpack::Type::UInt)
    return node.getUInt();
  if (node.getKind() == llvm::msgpack::Type::Int && node.getInt() >= 0)
    return static_cast<uint64_t>(node.getInt());
  damaged("its metadata lacks a number");
}
std::string text(llvm::msgpack::DocNode node) {
  if (!node.isString())
    damaged("its metadata lacks a name");
  return node.getString().str();
}

void readMetadata(llvm::StringRef blob, CodeObject &object) {
  llvm::msgpack::Document document;
  if (!document.readFromBlob(blob, /*Multi=*/false))
    damaged("its metadata is not MessagePack");
  llvm::msgpack::DocNode kernels = entry(document.getRoot(), "amdhsa.kernels");
  if (!kernels.isArray())
    return;
  for (llvm::msgpack::DocNode &described : kernels.getArray()) {
    std::string symbol = text(entry(described, ".symbol"));
    auto found = std::find_if(object.kernels.begin(), object.kernels.end(),
                              [&](const KernelEntry &kernel) { return kernel.name + ".kd" == symbol; });
    if (found == object.kernels.end())
      damaged("its metadata names a kernel that it does not have, " + symbol);
    llvm::msgpack::DocNode arguments = entry(described, ".args");
    if (!arguments.isArray())
      continue;
    for (llvm::msgpack::DocNode &argument : arguments.getArray()) {
      Argument one{number(entry(argument, ".offset")), number(entry(argument, ".size")),
                   text(entry(argument, ".value_kind"))};
      if (one.offset > found->setup.argumentBytes || one.bytes > found->setup.argumentBytes - one.offset)
        damaged("an argument lies outside of the kernel's");
      found->arguments.push_back(std::move(one));
    }
  }
}

void readNotes(const File &file, CodeObject &object) {
  for (const auto &header : check(file.program_headers())) {
    if (header.p_type != llvm::ELF::PT_NOTE)
      continue;
    llvm::Error error = llvm::Error::success();
    for (const auto &note : file.notes(header, error))
      if (note.getName() == "AMDGPU" && note.getType() == llvm::ELF::NT_AMDGPU_METADATA)
        readMetadata(note.getDescAsStringRef(4), object);
    if (error)
      damaged(llvm::toString(std::move(error)));
  }
}

} // namespace

CodeObject readCodeObject(std::span<const char> bytes) {
  if (bytes.size() < sizeof(Elf::Ehdr) || std::memcmp(bytes.data(), llvm::ELF::ElfMagic, 4) != 0)
    throw Fault("this is no code object");
  File file = check(File::create({bytes.data(), bytes.size()}));
  const auto &header = file.getHeader();
  if (header.e_machine != llvm::ELF::EM_AMDGPU)
    throw Fault("this is no code object of an AMD GPU");
  CodeObject object;
  if ((header.e_flags & llvm::ELF::EF_AMDGPU_MACH) != llvm::ELF::EF_AMDGPU_MACH_AMDGCN_GFX90A)
    throw Fault("the code object is for another processor than gfx90a");
  object.processor = "gfx90a";
  readImage(file, object);
  readKernels(file, object);
  readRelocations(file, object);
  readNotes(file, object);
  return object;
}

} // namespace treadle::simulator::gcn
