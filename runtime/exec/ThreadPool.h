//===- ThreadPool.h - tasks on several threads ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The thread that calls run() is one of the workers. The others look for work for up to 50
// microseconds after the last of it, then sleep: an app that runs a model now and then spends nothing,
// a loop of small kernels never waits for a thread to wake.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_EXEC_THREADPOOL_H
#define TREADLE_RUNTIME_EXEC_THREADPOOL_H

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace treadle {

class ThreadPool {
public:
  /// `workers` threads in all, at least 1.
  explicit ThreadPool(int32_t workers);
  ~ThreadPool();

  int32_t workers() const { return static_cast<int32_t>(threads.size()) + 1; }

  using Task = void (*)(void *context, int64_t begin, int64_t end, int32_t worker);
  /// Calls task(context, begin, end, worker) for ranges that make up [0, count), and returns when all
  /// have returned. No two calls with the same worker overlap. From one thread at a time.
  void run(int64_t count, Task task, void *context);

private:
  void work(int32_t worker);
  bool takeChunk(int32_t worker);

  // The number of the run, of its chunks, and of the next chunk to be taken, in one word: who gets a
  // chunk that exists has also seen the run that it belongs to, and that run waits for it.
  std::atomic<uint64_t> ticket{0};
  std::atomic<int64_t> finished{0};
  Task task = nullptr;
  void *context = nullptr;
  int64_t count = 0, chunkSize = 1;

  std::atomic<uint32_t> wake{0};
  std::atomic<int32_t> sleeping{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
};

} // namespace treadle

#endif // TREADLE_RUNTIME_EXEC_THREADPOOL_H
