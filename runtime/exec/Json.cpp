//===- Json.cpp - JSON text -----------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Json.h"
#include <cstdio>

namespace treadle {

Json &Json::string(std::string_view value) {
  separate();
  text += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof(code), "\\u%04x", c);
      text += code;
    } else {
      text += c;
    }
  }
  text += '"';
  return *this;
}

Json &Json::decimal(double value) {
  separate();
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%.3f", value);
  text += digits;
  return *this;
}

} // namespace treadle
