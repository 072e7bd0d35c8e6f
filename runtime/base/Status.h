//===- Status.h - what went wrong, as one line ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_BASE_STATUS_H
#define TREADLE_RUNTIME_BASE_STATUS_H

#include "runtime/treadle.h"
#include <string>
#include <string_view>

namespace treadle {

/// TREADLE_OK, or an error with one line for the user.
struct [[nodiscard]] Status {
  treadle_code code = TREADLE_OK;
  std::string message;

  bool failed() const { return code != TREADLE_OK; }
};

inline void appendTo(std::string &text, std::string_view part) { text += part; }
inline void appendTo(std::string &text, const std::string &part) { text += part; }
inline void appendTo(std::string &text, const char *part) { text += part; }
template <typename T>
  requires std::is_arithmetic_v<T>
void appendTo(std::string &text, T number) {
  text += std::to_string(number);
}

/// The parts one after another.
template <typename... Parts> std::string concat(const Parts &...parts) {
  std::string text;
  (appendTo(text, parts), ...);
  return text;
}

template <typename... Parts> Status error(treadle_code code, const Parts &...parts) { return {code, concat(parts...)}; }

/// What a call of the C API came to, of those who call it from outside. Takes the error; TREADLE_OK if it is null.
inline Status toStatus(treadle_error *error) {
  if (!error)
    return {};
  Status status{treadle_error_code(error), treadle_error_message(error)};
  treadle_error_free(error);
  return status;
}

} // namespace treadle

#endif // TREADLE_RUNTIME_BASE_STATUS_H
