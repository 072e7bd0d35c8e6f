//===- TemporaryFolder.h - a folder that goes with the test ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_TEMPORARYFOLDER_H
#define TREADLE_TEST_TEMPORARYFOLDER_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

namespace treadle::test {

/// Of its own for each object, whatever runs beside it; removed with all that is in it.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern = testing::TempDir() + "/treadle-" + std::string(6, 'X'); // what mkdtemp replaces
    if (const char *made = mkdtemp(pattern.data()))
      folder = made;
    else
      ADD_FAILURE() << "no folder can be made in " << testing::TempDir();
  }
  ~TemporaryFolder() { std::filesystem::remove_all(folder); }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  std::string path(const std::filesystem::path &name) const { return folder / name; }
  std::string contents(const std::filesystem::path &name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// Writes a file; its path.
  std::string put(const std::string &name, const std::string &bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

  std::filesystem::path folder;
};

} // namespace treadle::test

#endif // TREADLE_TEST_TEMPORARYFOLDER_H
