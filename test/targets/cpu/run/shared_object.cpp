//===- shared_object.cpp - machine code that the system's loader can be given ---===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/run/SharedObject.h"
#include "test/runtime/TestProgram.h"
#include <algorithm>
#include <elf.h>
#include <functional>

using namespace treadle;
using treadle::test::TestProgram;

namespace {

std::string faultOf(const std::string &code) {
  const char *fault = cpu::faultOfSharedObject(code.data(), code.size());
  return fault ? fault : "";
}

/// The parts of a shared object that the tests change.
struct Object {
  std::string code = TestProgram::code();

  Elf64_Ehdr &header() { return *reinterpret_cast<Elf64_Ehdr *>(code.data()); }
  Elf64_Phdr *segments() { return reinterpret_cast<Elf64_Phdr *>(code.data() + header().e_phoff); }
  Elf64_Phdr &segment(uint32_t type) {
    return *std::find_if(segments(), segments() + header().e_phnum, [&](auto &s) { return s.p_type == type; });
  }
  Elf64_Dyn *dynamics() { return reinterpret_cast<Elf64_Dyn *>(code.data() + segment(PT_DYNAMIC).p_offset); }
  Elf64_Dyn &dynamic(int64_t tag) {
    Elf64_Dyn *entry = dynamics();
    while (entry->d_tag != tag)
      ++entry;
    return *entry;
  }
};

TEST(SharedObject, WhatTheLinkerWrites) { EXPECT_EQ(faultOf(TestProgram::code()), ""); }

TEST(SharedObject, EveryLength) {
  Object whole;
  size_t needed = 0;
  for (int i = 0; i < whole.header().e_phnum; ++i)
    needed = std::max<size_t>(needed, whole.segments()[i].p_offset + whole.segments()[i].p_filesz);
  for (size_t length = 0; length <= whole.code.size(); ++length) {
    std::string part = whole.code.substr(0, length); // a copy of its own: what is read beyond is seen
    part.shrink_to_fit();
    EXPECT_EQ(faultOf(part).empty(), length >= needed) << length;
  }
}

struct Fault {
  const char *message;
  std::function<void(Object &)> change;
};

TEST(SharedObject, WhatDoesNotFit) {
  const Fault faults[] = {
      {"is no shared object", [](Object &o) { o.header().e_ident[EI_CLASS] = ELFCLASS32; }},
      {"is no shared object", [](Object &o) { o.header().e_type = ET_EXEC; }},
      {"is for another kind of CPU", [](Object &o) { o.header().e_machine = EM_S390; }},
      {"has program headers that end beyond it", [](Object &o) { o.header().e_phoff = o.code.size(); }},
      {"has program headers that end beyond it", [](Object &o) { o.header().e_phoff = UINT64_MAX - 8; }},
      {"has program headers that end beyond it", [](Object &o) { o.header().e_phnum = UINT16_MAX; }},
      {"has program headers that end beyond it", [](Object &o) { o.header().e_phentsize = 32; }},
      {"has no code", [](Object &o) { o.header().e_phnum = 0; }},
      {"has a segment that ends beyond it", [](Object &o) { o.segment(PT_LOAD).p_offset = UINT64_MAX; }},
      {"has a segment that ends beyond it", [](Object &o) { o.segment(PT_LOAD).p_filesz = o.code.size() + 1; }},
      {"has segments that overlap", [](Object &o) { o.segment(PT_LOAD).p_memsz = UINT64_MAX; }},
      {"has segments that overlap", [](Object &o) { o.segment(PT_LOAD).p_memsz = 1; }},
      {"has segments that overlap", [](Object &o) { o.segment(PT_LOAD).p_vaddr = 1 << 30; }},
      {"has a segment that is not loaded", [](Object &o) { o.segment(PT_DYNAMIC).p_vaddr = 1 << 30; }},
      {"has a dynamic section without an end", [](Object &o) { o.segment(PT_DYNAMIC).p_filesz = 0; }},
      {"has a dynamic section without an end", [](Object &o) { o.segment(PT_DYNAMIC).p_filesz = 16; }},
      {"has no symbols", [](Object &o) { o.dynamics()->d_tag = DT_NULL; }},
      {"has a table that is not loaded", [](Object &o) { o.dynamic(DT_STRTAB).d_un.d_ptr = UINT64_MAX; }},
      {"has a table that is not loaded", [](Object &o) { o.dynamic(DT_STRSZ).d_un.d_val = UINT64_MAX; }},
      {"has a table that is not loaded", [](Object &o) { o.dynamic(DT_SYMTAB).d_un.d_ptr = 1 << 30; }},
  };
  for (const auto &[message, change] : faults) {
    Object object;
    change(object);
    EXPECT_EQ(faultOf(object.code), message);
  }
}

} // namespace
