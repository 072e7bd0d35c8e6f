//===- TemporaryFile.cpp - a file that goes when its owner does -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/file/TemporaryFile.h"
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace treadle {

Status TemporaryFile::make(const std::string &suffix, std::unique_ptr<TemporaryFile> &file) {
  std::error_code problem;
  std::filesystem::path folder = std::filesystem::temp_directory_path(problem);
  if (problem)
    return error(TREADLE_IO, "the folder of temporary files: ", problem.message(), "; TMPDIR names another");
  std::string path = (folder / "treadle-XXXXXX").string() + suffix;
  int descriptor = mkstemps(path.data(), static_cast<int>(suffix.size()));
  if (descriptor < 0)
    return error(TREADLE_IO, path, ": ", std::strerror(errno));
  close(descriptor);
  file.reset(new TemporaryFile(std::move(path)));
  return {};
}

TemporaryFile::~TemporaryFile() { std::remove(name.c_str()); }

} // namespace treadle
