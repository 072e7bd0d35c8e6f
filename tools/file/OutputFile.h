//===- OutputFile.h - a file that is written whole or not at all ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is written goes to a file of a temporary name beside the wanted one, which gets its name when all
// of it is there. Devices and pipes (/dev/stdout) have no beside: they are written to as they are.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_FILE_OUTPUTFILE_H
#define TREADLE_TOOLS_FILE_OUTPUTFILE_H

#include "runtime/base/Status.h"
#include <cstdio>

namespace treadle {

class OutputFile {
public:
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;
  /// Without finish() nothing is left behind.
  ~OutputFile();

  /// After a failure these do nothing more; finish() says what it was.
  void write(const void *data, size_t bytes);
  /// Zeros up to the next multiple.
  void align(uint64_t alignment);
  /// Over what was written before at `offset`.
  void rewrite(uint64_t offset, const void *data, size_t bytes);
  uint64_t position() const { return at; }

  /// Gives the file its name. The message names the file and the reason.
  Status finish();

private:
  void fail();

  std::string path, temporary; // temporary is empty for a device
  std::FILE *file = nullptr;
  uint64_t at = 0;
  Status status;
};

/// Writes all of it; the same promise.
Status writeFile(const std::string &path, std::string_view contents);

/// Whether a file could be made at `path`, as far as can be told before: for work that takes long.
Status checkWritable(const std::string &path);

/// From now on finish() fails with TREADLE_CANCELLED: after an interruption has been answered, no file appears.
void abandonUnfinishedFiles();

/// Removes the temporary files of all OutputFiles that are not finished, for a process that is about to end
/// without unwinding.
void removeUnfinishedFiles();

} // namespace treadle

#endif // TREADLE_TOOLS_FILE_OUTPUTFILE_H
