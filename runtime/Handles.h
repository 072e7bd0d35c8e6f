//===- Handles.h - what stands behind the handles of the C API -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_HANDLES_H
#define TREADLE_RUNTIME_HANDLES_H

#include "runtime/exec/Session.h"
#include <mutex>
#include <new>

struct treadle_error {
  treadle::Status status;
};

/// What an API call hands out of a program, made once.
struct treadle_program {
  struct Info {
    std::vector<int64_t> dims;
    std::vector<std::string> names;
    std::vector<const char *> namePointers;
  };
  std::shared_ptr<const treadle::Program> program;
  std::vector<Info> inputs, outputs;
  std::string json;
  std::mutex lock;
};

struct treadle_session {
  std::unique_ptr<treadle::Session> session;
};

namespace treadle {

/// Null if it has not failed; the caller's.
inline treadle_error *toError(Status status) {
  return status.failed() ? new (std::nothrow) treadle_error{std::move(status)} : nullptr;
}
inline treadle_error *nullArgument(const char *function) {
  return toError(error(TREADLE_INVALID_ARGUMENT, function, ": a pointer that must not be NULL is"));
}

/// Of a session's options what its driver is told. Fails if they make no sense.
Status readOptions(const treadle_session_options &options, DriverOptions &read);

} // namespace treadle

#endif // TREADLE_RUNTIME_HANDLES_H
