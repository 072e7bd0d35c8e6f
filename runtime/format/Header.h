//===- Header.h - the first bytes of an artifact --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An artifact is
//
//     FileHeader, 64 bytes
//     the data section, from `dataOffset`: weights at multiples of 64, machine code at multiples of 4096
//     the tables (program.fbs), from `tableOffset` to the end of the file
//
// All numbers are little-endian. Written by tools/compile, read by Program.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_FORMAT_HEADER_H
#define TREADLE_RUNTIME_FORMAT_HEADER_H

#include "runtime/base/Hash.h"
#include <cstddef>
#include <cstdint>

namespace treadle {

struct FileHeader {
  char magic[8];
  uint32_t major; // another one: not readable
  uint32_t minor; // higher than known: readable, some of it is skipped
  uint64_t fileBytes;
  uint64_t dataOffset; // a multiple of 4096
  uint64_t dataBytes;
  uint64_t tableOffset; // a multiple of 64
  uint64_t tableBytes;
  uint64_t hash; // headerHash()
};
static_assert(sizeof(FileHeader) == 64);

inline constexpr char fileMagic[8] = {'T', 'R', 'E', 'A', 'D', 'L', 'E', '\n'};
inline constexpr uint32_t fileMajor = 1, fileMinor = 0;
inline constexpr uint64_t weightAlignment = 64, codeAlignment = 4096;

/// Of the tables and of the header before its `hash`.
inline uint64_t headerHash(const FileHeader &header, const void *tables) {
  uint64_t parts[2] = {hashBytes(&header, offsetof(FileHeader, hash)), hashBytes(tables, header.tableBytes)};
  return hashBytes(parts, sizeof(parts));
}

} // namespace treadle

#endif // TREADLE_RUNTIME_FORMAT_HEADER_H
