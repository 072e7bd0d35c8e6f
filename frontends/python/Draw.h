//===- Draw.h - pictures of scenes, from Python -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_PYTHON_DRAW_H
#define TREADLE_FRONTENDS_PYTHON_DRAW_H

#include <nanobind/nanobind.h>

namespace treadle::python {

/// Adds the class Renderer, of which treadle.ng makes its scenes. Program must be there.
void bindDraw(nanobind::module_ &module);

} // namespace treadle::python

#endif // TREADLE_FRONTENDS_PYTHON_DRAW_H
