//===- Compile.h - treadle.compile -----------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_PYTHON_COMPILE_H
#define TREADLE_FRONTENDS_PYTHON_COMPILE_H

#include <nanobind/nanobind.h>

namespace treadle::python {

/// Adds compile() and CompileError. Program and Error must be there.
void bindCompile(nanobind::module_ &module);

} // namespace treadle::python

#endif // TREADLE_FRONTENDS_PYTHON_COMPILE_H
