//===- Math.h - how exact functions of f32 are --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CONFORMANCE_MATH_H
#define TREADLE_TEST_CONFORMANCE_MATH_H

#include "test/conformance/TestTarget.h"

namespace treadle::test {

/// Registers the tests of every function as TARGET/Math.FUNCTION.
void registerMath(const TestTarget &target);

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_MATH_H
