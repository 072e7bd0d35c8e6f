//===- Order.h - which lanes are behind others -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_PTX_ORDER_H
#define TREADLE_TOOLS_SIMULATOR_PTX_ORDER_H

#include "tools/simulator/ptx/Warp.h"

namespace treadle::simulator::ptx {

/// A number for each instruction, greater the further on it is: after all that lead to it, loops apart, and after the
/// whole of a loop that leads to it. How the text lays blocks out does not matter. Lanes that wait for those with
/// smaller numbers meet where branches come together again.
std::vector<uint32_t> orderOf(const std::vector<Op> &ops);

} // namespace treadle::simulator::ptx

#endif // TREADLE_TOOLS_SIMULATOR_PTX_ORDER_H
