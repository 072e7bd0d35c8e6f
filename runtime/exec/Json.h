//===- Json.h - JSON text -------------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_EXEC_JSON_H
#define TREADLE_RUNTIME_EXEC_JSON_H

#include <cstdint>
#include <string>
#include <string_view>

namespace treadle {

/// Writes JSON in order: json.open('{').key("a").number(1).close('}'). Commas come by themselves.
class Json {
public:
  Json &open(char bracket) {
    separate();
    text += bracket;
    first = true;
    return *this;
  }
  Json &close(char bracket) {
    text += bracket;
    first = false;
    return *this;
  }
  Json &key(std::string_view name) {
    string(name);
    text += ':';
    first = true;
    return *this;
  }
  Json &string(std::string_view value);
  Json &number(int64_t value) {
    separate();
    text += std::to_string(value);
    return *this;
  }
  Json &decimal(double value);

  std::string take() { return std::move(text); }

private:
  void separate() {
    if (!first)
      text += ',';
    first = false;
  }
  std::string text;
  bool first = true;
};

} // namespace treadle

#endif // TREADLE_RUNTIME_EXEC_JSON_H
