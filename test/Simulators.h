//===- Simulators.h - GPUs that are not there --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_SIMULATORS_H
#define TREADLE_TEST_SIMULATORS_H

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <string>
#include <unistd.h>

namespace treadle::test {

/// For each vendor whose driver this machine lacks, from now on the runtime finds the stand-in of tools/simulator. One
/// that was built and cannot be opened ends the process: its tests would be skipped.
inline void openSimulators() {
  for (const char *name : {"libcuda.so.1", "libamdhip64.so.6"}) {
    std::string path = std::string(TREADLE_SIMULATOR_FOLDER "/") + name;
    if (dlopen(name, RTLD_NOW | RTLD_LOCAL) || access(path.c_str(), F_OK) != 0)
      continue;
    if (!dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      std::fprintf(stderr, "%s\n", dlerror());
      std::exit(1);
    }
  }
}

} // namespace treadle::test

#endif // TREADLE_TEST_SIMULATORS_H
