//===- CodeObject.h - machine code for gfx90a --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CODEOBJECT_H
#define TREADLE_TEST_CODEOBJECT_H

#include "runtime/base/Status.h"
#include "test/TemporaryFolder.h"
#include <cstdlib>
#include <gtest/gtest.h>

namespace treadle::test {

/// What clang makes of `text`: "cl" or "assembler". "", and a failed test, if it does not.
inline std::string codeObject(const std::string &language, const std::string &text) {
  TemporaryFolder folder;
  std::string command =
      concat(TREADLE_C_COMPILER, " -w -target amdgcn-amd-amdhsa -mcpu=gfx90a -nogpulib -O2 -x ", language, " ",
             folder.put("kernels", text), " -o ", folder.path("kernels.hsaco"), " > ", folder.path("log"), " 2>&1");
  EXPECT_EQ(std::system(command.c_str()), 0) << folder.contents("log");
  return folder.contents("kernels.hsaco");
}

} // namespace treadle::test

#endif // TREADLE_TEST_CODEOBJECT_H
