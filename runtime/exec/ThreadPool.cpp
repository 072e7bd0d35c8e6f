//===- ThreadPool.cpp - tasks on several threads --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/ThreadPool.h"
#include <algorithm>
#include <chrono>

namespace treadle {
namespace {

constexpr auto patience = std::chrono::microseconds(50);
constexpr int64_t chunksPerWorker = 8;

// ticket: run number, chunks (20 bits), next chunk (20 bits)
constexpr unsigned fieldBits = 20;
constexpr uint64_t fieldMask = (1u << fieldBits) - 1;

bool hasWork(uint64_t ticket) { return (ticket & fieldMask) < (ticket >> fieldBits & fieldMask); }

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

} // namespace

ThreadPool::ThreadPool(int32_t workers) {
  for (int32_t worker = 1; worker < workers; ++worker)
    threads.emplace_back([this, worker] { work(worker); });
}

ThreadPool::~ThreadPool() {
  stop = true;
  wake.fetch_add(1);
  wake.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

bool ThreadPool::takeChunk(int32_t worker) {
  if (!hasWork(ticket.load(std::memory_order_relaxed)))
    return false;
  uint64_t mine = ticket.fetch_add(1, std::memory_order_acq_rel);
  if (!hasWork(mine))
    return false;
  int64_t begin = (mine & fieldMask) * chunkSize;
  task(context, begin, std::min(begin + chunkSize, count), worker);
  finished.fetch_add(1, std::memory_order_release);
  return true;
}

void ThreadPool::work(int32_t worker) {
  auto lastWork = std::chrono::steady_clock::now();
  for (int spins = 0;; ++spins) {
    if (stop.load(std::memory_order_relaxed))
      return;
    if (takeChunk(worker)) {
      lastWork = std::chrono::steady_clock::now();
      spins = 0;
      continue;
    }
    relax();
    if (spins % 64 || std::chrono::steady_clock::now() - lastWork < patience)
      continue;
    // Whoever adds work after this sees that somebody sleeps.
    uint32_t seen = wake.load();
    sleeping.fetch_add(1);
    if (!hasWork(ticket.load()) && !stop)
      wake.wait(seen);
    sleeping.fetch_sub(1);
    lastWork = std::chrono::steady_clock::now();
  }
}

void ThreadPool::run(int64_t newCount, Task newTask, void *newContext) {
  if (newCount <= 0)
    return;
  if (newCount == 1 || threads.empty())
    return newTask(newContext, 0, newCount, 0);
  task = newTask;
  context = newContext;
  count = newCount;
  chunkSize = std::max<int64_t>(newCount / (workers() * chunksPerWorker), 1);
  uint64_t chunks = (newCount + chunkSize - 1) / chunkSize;
  finished.store(0, std::memory_order_relaxed);
  uint64_t number = (ticket.load(std::memory_order_relaxed) >> (2 * fieldBits)) + 1;
  ticket.store(number << (2 * fieldBits) | chunks << fieldBits);
  if (sleeping.load() > 0) {
    wake.fetch_add(1);
    wake.notify_all();
  }
  while (takeChunk(0))
    ;
  while (finished.load(std::memory_order_acquire) != static_cast<int64_t>(chunks))
    relax();
}

} // namespace treadle
