//===- thread_pool.cpp - tasks on several threads -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/ThreadPool.h"
#include <chrono>
#include <gtest/gtest.h>
#include <memory>

using namespace treadle;

namespace {

/// Counts how often each index was given, and sees that no worker has two tasks at once.
struct Counter {
  explicit Counter(int64_t count, int32_t workers) : counts(count), busy(workers) {}

  static void task(void *context, int64_t begin, int64_t end, int32_t worker) {
    auto *self = static_cast<Counter *>(context);
    if (worker < 0 || worker >= static_cast<int32_t>(self->busy.size()) || self->busy[worker].exchange(true)) {
      self->isWrong = true;
      return;
    }
    for (int64_t i = begin; i < end; ++i)
      self->counts[i].fetch_add(1, std::memory_order_relaxed);
    self->busy[worker] = false;
  }
  bool isRight() const {
    for (const auto &count : counts)
      if (count != 1)
        return false;
    return !isWrong;
  }

  std::vector<std::atomic<int>> counts;
  std::vector<std::atomic<bool>> busy;
  std::atomic<bool> isWrong{false};
};

TEST(ThreadPool, EveryIndexOnce) {
  for (int32_t workers : {1, 2, 3, 8}) {
    ThreadPool pool(workers);
    EXPECT_EQ(pool.workers(), workers);
    for (int64_t count : {0, 1, 2, 7, 63, 64, 65, 1000, 100000}) {
      Counter counter(count, workers);
      pool.run(count, Counter::task, &counter);
      EXPECT_TRUE(counter.isRight()) << count << " tasks, " << workers << " workers";
    }
  }
}

TEST(ThreadPool, ManyRunsOneAfterAnother) {
  ThreadPool pool(4);
  for (int round = 0; round < 20000; ++round) {
    Counter counter(1 + round % 37, 4);
    pool.run(counter.counts.size(), Counter::task, &counter);
    ASSERT_TRUE(counter.isRight()) << round;
  }
}

TEST(ThreadPool, WakesThoseThatSleep) {
  ThreadPool pool(3);
  for (int round = 0; round < 50; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(round * 10)); // around the time until they sleep
    Counter counter(100, 3);
    pool.run(100, Counter::task, &counter);
    ASSERT_TRUE(counter.isRight());
  }
}

TEST(ThreadPool, NegativeIsNothing) {
  ThreadPool pool(2);
  pool.run(-3, [](void *, int64_t, int64_t, int32_t) { FAIL(); }, nullptr);
}

TEST(ThreadPool, SeveralPools) {
  std::vector<std::thread> users;
  std::atomic<int> wrong{0};
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      ThreadPool pool(3);
      for (int round = 0; round < 300; ++round) {
        Counter counter(round, 3);
        pool.run(round, Counter::task, &counter);
        wrong += !counter.isRight();
      }
    });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ThreadPool, ComesAndGoes) {
  for (int round = 0; round < 100; ++round)
    ThreadPool pool(4);
}

} // namespace
