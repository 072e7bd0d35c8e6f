//===- Simulators.h - GPUs that are not there --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_SIMULATORS_H
#define TREADLE_TEST_SIMULATORS_H

#include <dlfcn.h>
#include <string>

namespace treadle::test {

/// For each vendor whose driver this machine lacks, from now on the runtime finds the stand-in of tools/simulator.
inline void openSimulators() {
  for (const char *name : {"libcuda.so.1", "libamdhip64.so.6"})
    if (!dlopen(name, RTLD_NOW | RTLD_LOCAL))
      dlopen((TREADLE_SIMULATOR_FOLDER "/" + std::string(name)).c_str(), RTLD_NOW | RTLD_LOCAL);
}

} // namespace treadle::test

#endif // TREADLE_TEST_SIMULATORS_H
