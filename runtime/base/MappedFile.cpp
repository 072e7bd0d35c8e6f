//===- MappedFile.cpp - a file in memory ----------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/MappedFile.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace treadle {

Status MappedFile::open(const char *path, std::unique_ptr<MappedFile> &file) {
  int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return error(errno == ENOENT ? TREADLE_NOT_FOUND : TREADLE_IO, path, ": ", std::strerror(errno));
  struct stat info;
  Status status;
  if (fstat(descriptor, &info) != 0)
    status = error(TREADLE_IO, path, ": ", std::strerror(errno));
  else if (!S_ISREG(info.st_mode))
    status = error(TREADLE_IO, path, ": is not a file");
  else if (info.st_size == 0)
    status = error(TREADLE_DAMAGED, path, ": is empty");
  else if (void *start = mmap(nullptr, info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0); start == MAP_FAILED)
    status = error(TREADLE_IO, path, ": cannot be mapped, ", std::strerror(errno));
  else
    file.reset(new MappedFile(static_cast<const char *>(start), info.st_size));
  close(descriptor);
  return status;
}

MappedFile::~MappedFile() { munmap(const_cast<char *>(start), bytes); }

} // namespace treadle
