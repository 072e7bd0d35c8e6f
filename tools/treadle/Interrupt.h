//===- Interrupt.h - Ctrl-C -----------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signals that ask the process to end are taken by a thread of their own. It tells whoever works, which
// stops at its next step; if that takes more than a second, or the signal comes again, the thread removes
// what is half written and ends the process.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_INTERRUPT_H
#define TREADLE_TOOLS_TREADLE_INTERRUPT_H

#include "runtime/treadle.h"
#include <string>
#include <sys/types.h>

namespace treadle {

class Interrupt {
public:
  /// Before any other thread is made.
  static void watch();
  static bool requested();

  /// While this lives, an interrupt cancels the session's run.
  class CancelsSession {
  public:
    explicit CancelsSession(treadle_session *session);
    ~CancelsSession();
  };
  /// While this lives, an interrupt ends the child process.
  class EndsChild {
  public:
    explicit EndsChild(pid_t child);
    ~EndsChild();
  };

  /// A folder for all temporary files of this process, also those that libraries make; made when first
  /// asked for. Empty if there is no place for one.
  static const std::string &temporaryFolder();
  /// Removes it.
  static void cleanUp();
};

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_INTERRUPT_H
