//===- SharedObject.cpp - machine code that the system's loader can be given ----===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//     file:    ELF header | program headers | segments ..
//     memory:  [ LOAD ) [ LOAD ) [ LOAD      )     in order, each filled from the file as far as it has bytes
//                  DYNAMIC: lists where symbols, names, hash table and relocations lie
//
// What is checked is that each of these lies within what it is part of. What the tables say is taken as
// it is: whoever writes them also writes the code that is run.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/run/SharedObject.h"
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <utility>

namespace treadle::cpu {
namespace {

/// Code that claims more address space than this is taken for damaged.
constexpr uint64_t mostMemory = uint64_t(1) << 32;

#if defined(__aarch64__)
constexpr uint16_t machine = EM_AARCH64;
#else
constexpr uint16_t machine = EM_X86_64;
#endif

/// Whether [offset, offset + bytes) lies within [0, all).
bool fits(uint64_t offset, uint64_t bytes, uint64_t all) { return offset <= all && bytes <= all - offset; }

class SharedObject {
public:
  SharedObject(const char *data, size_t bytes) : data(data), bytes(bytes) {}

  const char *fault() {
    if (!read(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_type != ET_DYN)
      return "is no shared object";
    if (header.e_machine != machine)
      return "is for another kind of CPU";
    if (header.e_phentsize != sizeof(Elf64_Phdr) ||
        !fits(header.e_phoff, uint64_t(header.e_phnum) * sizeof(Elf64_Phdr), bytes))
      return "has program headers that end beyond it";
    if (const char *fault = faultOfSegments())
      return fault;
    return faultOfDynamic();
  }

private:
  template <typename T> bool read(uint64_t offset, T &value) const {
    if (!fits(offset, sizeof(T), bytes))
      return false;
    std::memcpy(&value, data + offset, sizeof(T));
    return true;
  }
  Elf64_Phdr segment(uint16_t index) const {
    Elf64_Phdr segment;
    read(header.e_phoff + uint64_t(index) * sizeof(segment), segment);
    return segment;
  }
  /// Whether these bytes of memory come from the file.
  bool isLoaded(uint64_t address, uint64_t count) const {
    for (uint16_t i = 0; i < header.e_phnum; ++i)
      if (Elf64_Phdr part = segment(i);
          part.p_type == PT_LOAD && address >= part.p_vaddr && fits(address - part.p_vaddr, count, part.p_filesz))
        return true;
    return false;
  }
  const char *faultOfSegments() const;
  const char *faultOfDynamic() const;

  const char *data;
  size_t bytes;
  Elf64_Ehdr header = {};
};

const char *SharedObject::faultOfSegments() const {
  uint64_t end = 0; // of the segments so far, in memory
  for (uint16_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr part = segment(i);
    if (!fits(part.p_offset, part.p_filesz, bytes))
      return "has a segment that ends beyond it";
    if (part.p_type != PT_LOAD)
      continue;
    if (part.p_vaddr < end || part.p_filesz > part.p_memsz || !fits(part.p_vaddr, part.p_memsz, mostMemory))
      return "has segments that overlap";
    end = part.p_vaddr + part.p_memsz;
  }
  for (uint16_t i = 0; i < header.e_phnum; ++i)
    if (Elf64_Phdr part = segment(i); part.p_type != PT_LOAD && part.p_filesz && !isLoaded(part.p_vaddr, part.p_filesz))
      return "has a segment that is not loaded";
  return end ? nullptr : "has no code";
}

const char *SharedObject::faultOfDynamic() const {
  // Each table's address and, where it is given, its size.
  constexpr std::pair<int64_t, int64_t> tables[] = {{DT_STRTAB, DT_STRSZ},
                                                    {DT_SYMTAB, DT_NULL},
                                                    {DT_GNU_HASH, DT_NULL},
                                                    {DT_HASH, DT_NULL},
                                                    {DT_RELA, DT_RELASZ},
                                                    {DT_JMPREL, DT_PLTRELSZ},
                                                    {DT_RELR, DT_RELRSZ},
                                                    {DT_INIT, DT_NULL},
                                                    {DT_FINI, DT_NULL},
                                                    {DT_INIT_ARRAY, DT_INIT_ARRAYSZ},
                                                    {DT_FINI_ARRAY, DT_FINI_ARRAYSZ}};
  Elf64_Phdr dynamic = {};
  for (uint16_t i = 0; i < header.e_phnum; ++i)
    if (Elf64_Phdr part = segment(i); part.p_type == PT_DYNAMIC)
      dynamic = part;
  uint64_t entries = dynamic.p_filesz / sizeof(Elf64_Dyn);
  auto entry = [&](uint64_t index) {
    Elf64_Dyn entry = {};
    read(dynamic.p_offset + index * sizeof(entry), entry);
    return entry;
  };
  /// The value of a tag, if the section has it.
  auto find = [&](int64_t tag, uint64_t &value) {
    for (uint64_t i = 0; i < entries && entry(i).d_tag != DT_NULL; ++i)
      if (entry(i).d_tag == tag) {
        value = entry(i).d_un.d_val;
        return true;
      }
    return false;
  };
  if (!entries || entry(entries - 1).d_tag != DT_NULL)
    return "has a dynamic section without an end";
  uint64_t symbols = 0, names = 0, hashes = 0;
  if (!find(DT_SYMTAB, symbols) || !find(DT_STRTAB, names) || !(find(DT_GNU_HASH, hashes) || find(DT_HASH, hashes)))
    return "has no symbols";
  for (auto [where, howLong] : tables) {
    uint64_t address = 0, size = 1;
    if (howLong != DT_NULL)
      find(howLong, size);
    if (find(where, address) && !isLoaded(address, size))
      return "has a table that is not loaded";
  }
  return nullptr;
}

} // namespace

const char *faultOfSharedObject(const char *data, size_t bytes) { return SharedObject(data, bytes).fault(); }

} // namespace treadle::cpu
