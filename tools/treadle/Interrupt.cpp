//===- Interrupt.cpp - Ctrl-C ---------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Interrupt.h"
#include "tools/file/OutputFile.h"
#include "tools/treadle/Command.h"
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace treadle {
namespace {

std::atomic<bool> wasRequested{false};
std::mutex lock; // of what follows
treadle_session *session = nullptr;
pid_t child = 0;
std::string &folder = *new std::string; // never destroyed: the thread that takes signals may outlive main

sigset_t endingSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&set, signal);
  return set;
}

void takeSignals() {
  sigset_t set = endingSignals();
  int signal = 0;
  sigwait(&set, &signal);
  wasRequested = true;
  abandonUnfinishedFiles(); // whoever is told of an interruption finds no new file
  {
    std::lock_guard<std::mutex> guard(lock);
    if (session)
      treadle_session_cancel(session);
    if (child)
      kill(child, SIGTERM);
  }
  timespec grace = {1, 0};
  sigtimedwait(&set, nullptr, &grace);
  removeUnfinishedFiles();
  Interrupt::cleanUp();
  constexpr char text[] = "\ntreadle: interrupted\n";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
  _exit(interrupted);
}

} // namespace

void Interrupt::watch() {
  // A reader that goes away and a file that gets too large are errors of the write, with a message.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t set = endingSignals();
  // nohup and shells that start jobs in the background have signals ignored; that stays.
  struct sigaction action;
  for (int signal : {SIGINT, SIGTERM, SIGHUP})
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
      sigdelset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread(takeSignals).detach();
}

bool Interrupt::requested() { return wasRequested; }

Interrupt::CancelsSession::CancelsSession(treadle_session *started) {
  std::lock_guard<std::mutex> guard(lock);
  session = started;
}
Interrupt::CancelsSession::~CancelsSession() {
  std::lock_guard<std::mutex> guard(lock);
  session = nullptr;
}

Interrupt::EndsChild::EndsChild(pid_t started) {
  std::lock_guard<std::mutex> guard(lock);
  child = started;
}
Interrupt::EndsChild::~EndsChild() {
  std::lock_guard<std::mutex> guard(lock);
  child = 0;
}

const std::string &Interrupt::temporaryFolder() {
  std::lock_guard<std::mutex> guard(lock);
  if (folder.empty()) {
    const char *parent = std::getenv("TMPDIR");
    std::string pattern = std::string(parent && *parent ? parent : "/tmp") + "/treadle-XXXXXX";
    if (mkdtemp(pattern.data())) {
      folder = pattern;
      // Libraries take theirs from here.
      setenv("TMPDIR", folder.c_str(), 1);
    }
  }
  return folder;
}

void Interrupt::cleanUp() {
  std::lock_guard<std::mutex> guard(lock);
  std::error_code ignored;
  if (!folder.empty())
    std::filesystem::remove_all(folder, ignored);
  folder.clear();
}

} // namespace treadle
