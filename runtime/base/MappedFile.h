//===- MappedFile.h - a file in memory ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_BASE_MAPPEDFILE_H
#define TREADLE_RUNTIME_BASE_MAPPEDFILE_H

#include "runtime/base/Status.h"
#include <memory>

namespace treadle {

/// Read-only pages of a file, loaded when they are touched.
class MappedFile {
public:
  static Status open(const char *path, std::unique_ptr<MappedFile> &file);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  const char *data() const { return start; }
  size_t size() const { return bytes; }

private:
  MappedFile(const char *start, size_t bytes) : start(start), bytes(bytes) {}
  const char *start;
  size_t bytes;
};

} // namespace treadle

#endif // TREADLE_RUNTIME_BASE_MAPPEDFILE_H
