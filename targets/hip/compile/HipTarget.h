//===- HipTarget.h - the compile half of the HIP target -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_HIP_COMPILE_HIPTARGET_H
#define TREADLE_TARGETS_HIP_COMPILE_HIPTARGET_H

#include "codegen/Backend.h"

namespace treadle::hip {

const Backend &backend();

} // namespace treadle::hip

#endif // TREADLE_TARGETS_HIP_COMPILE_HIPTARGET_H
