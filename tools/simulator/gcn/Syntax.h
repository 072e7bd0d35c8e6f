//===- Syntax.h - the assembler's syntax -------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_GCN_SYNTAX_H
#define TREADLE_TOOLS_SIMULATOR_GCN_SYNTAX_H

#include "tools/simulator/gcn/Wave.h"
#include <string_view>

namespace treadle::simulator::gcn {

/// "v_add_f32_e64 v0, -v1, |s2| clamp mul:2": a mnemonic, operands between commas, then words.
struct Syntax {
  std::string_view mnemonic;
  std::vector<std::string_view> operands, modifiers;
};

/// Views into `text`.
Syntax parseInstruction(std::string_view text);

/// "v[2:3]", "-|s1|", "sext(v0)", "vcc", "0x3f", "-1.5", "off". False: not known. `type` says how numbers are
/// understood, `setup` which registers there are.
bool parseOperand(std::string_view text, Type type, const WaveSetup &setup, Operand &operand);

/// "12", "-0x1f": an integer, all of `text`.
bool parseInteger(std::string_view text, int64_t &value);

/// "[1,0,1]": at most eight integers.
bool parseList(std::string_view text, std::vector<int64_t> &values);

} // namespace treadle::simulator::gcn

#endif // TREADLE_TOOLS_SIMULATOR_GCN_SYNTAX_H
