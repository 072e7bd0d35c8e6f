//===- Terminal.cpp - what a person reads ---------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Terminal.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace treadle {

ProgressLine::ProgressLine() : onTerminal(isatty(STDERR_FILENO)) {}

void ProgressLine::show(const std::string &stage, const std::string &what, double done) {
  auto now = std::chrono::steady_clock::now();
  if (!onTerminal || (shown && now - last < std::chrono::milliseconds(50)))
    return;
  last = now;
  shown = true;
  std::string text = fmt::format("[{:3.0f}%] {}  {}", std::clamp(done, 0.0, 1.0) * 100, stage, what);
  winsize window = {};
  size_t width = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col ? window.ws_col : 80;
  if (text.size() >= width)
    text.resize(width - 1);
  fmt::print(stderr, "\r\x1b[K{}", text);
  std::fflush(stderr);
}

void ProgressLine::clear() {
  if (shown)
    fmt::print(stderr, "\r\x1b[K");
  shown = false;
}

void printJson(const llvm::json::Value &value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  fmt::print("{}\n", text);
}

std::string bytesText(uint64_t bytes) {
  if (bytes < 1024)
    return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  const char *unit = "";
  for (const char *next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1024)
      break;
    value /= 1024;
    unit = next;
  }
  return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, unit);
}

std::string timeText(double seconds) {
  if (seconds < 1)
    return fmt::format("{:.3g} ms", seconds * 1e3);
  return fmt::format("{:.2f} s", seconds);
}

std::string countText(double count, const std::string &unit) {
  const char *prefix = "";
  for (const char *next : {"k", "M", "G", "T"}) {
    if (count < 1000)
      break;
    count /= 1000;
    prefix = next;
  }
  return fmt::format("{:.3g} {}{}", count, prefix, unit);
}

} // namespace treadle
