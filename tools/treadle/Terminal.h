//===- Terminal.h - what a person reads -----------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_TERMINAL_H
#define TREADLE_TOOLS_TREADLE_TERMINAL_H

#include "llvm/Support/JSON.h"
#include <chrono>
#include <cstdint>
#include <string>

namespace treadle {

/// One line on the terminal that says how far the work is, and is gone when it is done. Nothing where
/// standard error is no terminal.
class ProgressLine {
public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  void show(const std::string &stage, const std::string &what, double done);
  void clear();

private:
  bool onTerminal, shown = false;
  std::chrono::steady_clock::time_point last;
};

class Stopwatch {
public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }

private:
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

/// A line on standard output.
void printJson(const llvm::json::Value &value);

/// "12.3 MiB"
std::string bytesText(uint64_t bytes);
/// "1.23 ms", "4.56 s"
std::string timeText(double seconds);
/// "1.23 G" of a unit: "12.3 MFLOP"
std::string countText(double count, const std::string &unit);

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_TERMINAL_H
