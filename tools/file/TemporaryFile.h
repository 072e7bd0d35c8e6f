//===- TemporaryFile.h - a file that goes when its owner does -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_FILE_TEMPORARYFILE_H
#define TREADLE_TOOLS_FILE_TEMPORARYFILE_H

#include "runtime/base/Status.h"
#include <memory>
#include <string>

namespace treadle {

/// Who has opened it keeps what is in it.
class TemporaryFile {
public:
  /// An empty one in the system's folder for such (std::filesystem::temp_directory_path), whose name ends with
  /// `suffix`.
  static Status make(const std::string &suffix, std::unique_ptr<TemporaryFile> &file);
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;
  ~TemporaryFile();

  const std::string &path() const { return name; }

private:
  explicit TemporaryFile(std::string name) : name(std::move(name)) {}
  std::string name;
};

} // namespace treadle

#endif // TREADLE_TOOLS_FILE_TEMPORARYFILE_H
