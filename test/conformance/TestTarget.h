//===- TestTarget.h - what the suite is run for -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CONFORMANCE_TESTTARGET_H
#define TREADLE_TEST_CONFORMANCE_TESTTARGET_H

#include "codegen/Target.h"
#include <string>
#include <vector>

namespace treadle::test {

/// A target of this compiler, and the device that its code is run on.
struct TestTarget {
  std::string name;             // "vulkan"
  std::string device;           // "vulkan:0"
  std::vector<Target> variants; // to be tested, the one for most devices first
  std::string folder{};         // where programs are kept for a device that is elsewhere, rather than run; or ""
  std::string ptxas{};          // NVIDIA's assembler, for programs with cubins; or ""

  /// The variant that is made for this machine.
  const Target &best() const;
  bool hasDevice() const;
};

/// Those that a list names: "cpu,vulkan:gpu"; all of them for "". Exits with a message for a wrong one.
std::vector<TestTarget> testTargets(llvm::StringRef list);

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_TESTTARGET_H
