//===- Program.h - an artifact that has been checked ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nothing in a file is trusted: once `open` has succeeded every index, offset and size in the tables
// is known to be in range, so that what reads them checks nothing again. Sizes that depend on shapes
// are checked when the shapes are there (exec/Shapes.h).
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_FORMAT_PROGRAM_H
#define TREADLE_RUNTIME_FORMAT_PROGRAM_H

#include "runtime/base/Status.h"
#include "runtime/format/Header.h"
#include "runtime/format/program_generated.h"
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace treadle {

class Program {
public:
  /// `owner` keeps the bytes alive. `name` is what messages call the file.
  static Status open(const char *bytes, size_t size, const std::string &name, bool checkWeights,
                     std::shared_ptr<void> owner, std::shared_ptr<const Program> &program);

  const format::Program &tables() const { return *root; }
  const char *data() const { return section; }
  const std::string &name() const { return fileName; }

  const void *constant(uint32_t index) const { return section + root->constants()->Get(index)->offset(); }

  /// The same model for other kinds of devices, with the same inputs and outputs. They have none themselves.
  const std::vector<std::shared_ptr<const Program>> &alternatives() const { return others; }

  /// What drivers keep for all sessions of the program, weights in a device's memory for one, by names of their
  /// own. It lives as long as a session has it.
  struct Shared {
    std::mutex lock;
    std::map<std::string, std::weak_ptr<void>> parts;
  };
  Shared &shared() const { return sharedParts; }

private:
  std::shared_ptr<void> owner;
  std::string fileName;
  const format::Program *root = nullptr;
  const char *section = nullptr;
  std::vector<std::shared_ptr<const Program>> others;
  mutable Shared sharedParts;
};

} // namespace treadle

#endif // TREADLE_RUNTIME_FORMAT_PROGRAM_H
