//===- OutputFile.cpp - a file that is written whole or not at all --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/file/OutputFile.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace treadle {
namespace {

std::mutex unfinishedLock;
bool abandoned = false; // under the lock
/// Never destroyed: an interruption may come while the process ends.
std::set<std::string> &unfinished() {
  static auto &paths = *new std::set<std::string>;
  return paths;
}

/// Where a link leads, so that the file it points to is replaced and not the link.
std::string followLinks(const std::string &path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) ? resolved : path;
}

bool isDevice(const std::string &path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

} // namespace

OutputFile::OutputFile(std::string wanted) : path(std::move(wanted)) {
  if (isDevice(path)) {
    file = std::fopen(path.c_str(), "wbe");
  } else {
    static std::atomic<unsigned> number{0};
    temporary = concat(followLinks(path), ".part", getpid(), "-", number++);
    int descriptor = open(temporary.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      std::lock_guard<std::mutex> guard(unfinishedLock);
      unfinished().insert(temporary);
      file = fdopen(descriptor, "wb");
    }
  }
  if (!file)
    fail();
}

OutputFile::~OutputFile() {
  if (file)
    std::fclose(file);
  if (temporary.empty())
    return;
  std::lock_guard<std::mutex> guard(unfinishedLock);
  if (unfinished().erase(temporary))
    std::remove(temporary.c_str());
}

void OutputFile::fail() {
  if (!status.failed())
    status = error(TREADLE_IO, path, ": ", std::strerror(errno));
}

void OutputFile::write(const void *data, size_t bytes) {
  if (!status.failed() && bytes && std::fwrite(data, 1, bytes, file) != bytes)
    fail();
  at += bytes;
}

void OutputFile::align(uint64_t alignment) {
  static const char zeros[4096] = {};
  for (uint64_t missing = (alignment - at % alignment) % alignment; missing;) {
    uint64_t part = std::min<uint64_t>(missing, sizeof(zeros));
    write(zeros, part);
    missing -= part;
  }
}

void OutputFile::rewrite(uint64_t offset, const void *data, size_t bytes) {
  if (!status.failed() && (fseeko(file, offset, SEEK_SET) != 0 || std::fwrite(data, 1, bytes, file) != bytes ||
                           fseeko(file, 0, SEEK_END) != 0))
    fail();
}

Status OutputFile::finish() {
  if (!status.failed() && std::fclose(std::exchange(file, nullptr)) != 0)
    fail();
  if (status.failed() || temporary.empty())
    return status;
  std::lock_guard<std::mutex> guard(unfinishedLock);
  if (abandoned)
    status = error(TREADLE_CANCELLED, path, ": not written, interrupted");
  else if (std::rename(temporary.c_str(), followLinks(path).c_str()) != 0)
    fail();
  else
    unfinished().erase(temporary);
  return status;
}

Status writeFile(const std::string &path, std::string_view contents) {
  OutputFile file(path);
  file.write(contents.data(), contents.size());
  return file.finish();
}

Status checkWritable(const std::string &path) {
  if (isDevice(path))
    return {};
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    return error(TREADLE_IO, path, ": ", std::strerror(EISDIR));
  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  int code = path.empty() ? ENOENT : stat(folder.c_str(), &info) != 0 ? errno : !S_ISDIR(info.st_mode) ? ENOTDIR : 0;
  if (!code && access(folder.c_str(), W_OK | X_OK) != 0)
    code = errno;
  if (code)
    return error(TREADLE_IO, path, ": ", std::strerror(code));
  return {};
}

void abandonUnfinishedFiles() {
  std::lock_guard<std::mutex> guard(unfinishedLock);
  abandoned = true;
}

void removeUnfinishedFiles() {
  std::lock_guard<std::mutex> guard(unfinishedLock);
  for (const std::string &path : unfinished())
    std::remove(path.c_str());
}

} // namespace treadle
