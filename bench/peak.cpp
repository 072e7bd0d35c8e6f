//===- peak.cpp - what this machine can do at most -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//     bench-peak [--seconds S] [--table BYTES] [THREADS ...]
//
// Measures what kernels are compared with, for each number of threads (default: 1 and all):
//   - fused multiply-adds on registers, float32, GFLOP/s: the best of the vector widths that the
//   CPU has.
//     Chains in flight cover the latency of two units of 4 or 5 cycles: 12 with AVX2, whose 16
//     registers also hold the factors, 16 with AVX-512.
//   - the STREAM triad a[i] = b[i] + s * c[i], GB/s: arrays of 64 MiB, far beyond the caches;
//   counted are
//     the 12 bytes that the loop names, not the line of `a` that a plain store reads before.
//   - loads of 8 bytes from random places of a table (default 1 MiB) that all threads read, in 10^9 a
//   second: the better of single loads and of AVX2's gathers.
// All threads start together and work for S seconds (default 0.2), in five rounds; the best counts,
// since whatever disturbs only slows down. Prints one line of JSON.
//
//===----------------------------------------------------------------------===//

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <immintrin.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr int64_t block = 1 << 14; // multiply-adds of each chain between two looks at the clock
volatile float sink;

double elapsed(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

#define TREADLE_FMA_LOOP(name, isa, vector, set, fma, lanes, chains)                                                   \
  __attribute__((target(isa))) double name(double seconds) {                                                           \
    vector factor = set(0.999f), term = set(1e-3f), sum[chains];                                                       \
    for (vector &s : sum) {                                                                                            \
      s = set(1.0f);                                                                                                   \
      asm volatile("" : "+v"(s)); /* so that no chain is known to equal another */                                     \
    }                                                                                                                  \
    int64_t blocks = 0;                                                                                                \
    auto start = Clock::now();                                                                                         \
    double time;                                                                                                       \
    do {                                                                                                               \
      for (int64_t i = 0; i < block; ++i) {                                                                            \
        _Pragma("unroll") for (int c = 0; c < chains; ++c) sum[c] = fma(sum[c], factor, term);                         \
      }                                                                                                                \
      ++blocks;                                                                                                        \
      time = elapsed(start);                                                                                           \
    } while (time < seconds);                                                                                          \
    float lane[lanes], total = 0;                                                                                      \
    for (vector &s : sum) {                                                                                            \
      std::memcpy(lane, &s, sizeof(lane));                                                                             \
      total += lane[0];                                                                                                \
    }                                                                                                                  \
    sink = total;                                                                                                      \
    return 2.0 * blocks * block * chains * (lanes) / time * 1e-9;                                                      \
  }

TREADLE_FMA_LOOP(fmaAvx2, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps, 8, 12)
TREADLE_FMA_LOOP(fmaAvx512, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps, 16, 16)

/// One thread's third of three arrays.
struct Triad {
  explicit Triad(size_t count) : count(count), memory(new (std::align_val_t(64)) float[3 * count]) {
    for (size_t i = 0; i < 3 * count; ++i)
      memory[i] = 1.0f;
  }
  ~Triad() { operator delete[](memory, std::align_val_t(64)); }

  double run(double seconds) {
    float *a = memory, *b = memory + count, *c = memory + 2 * count;
    int64_t passes = 0;
    auto start = Clock::now();
    double time;
    do {
      for (size_t i = 0; i < count; ++i)
        a[i] = b[i] + 3.0f * c[i];
      asm volatile("" ::"r"(a) : "memory");
      ++passes;
      time = elapsed(start);
    } while (time < seconds);
    return passes * count * 12.0 / time * 1e-9;
  }
  size_t count;
  float *memory;
};

/// Random places of a table, and the sum of what lies there.
struct Gathers {
  explicit Gathers(size_t bytes) : table(bytes / 8, 1), places(1 << 14) {
    uint64_t state = 1;
    for (uint32_t &place : places) {
      state = state * 6364136223846793005 + 1442695040888963407; // Knuth's MMIX
      place = static_cast<uint32_t>((state >> 33) % table.size());
    }
  }

  /// `sum` goes to all places once.
  double run(double seconds, int64_t (Gathers::*sum)() const) const {
    int64_t passes = 0;
    auto start = Clock::now();
    double time;
    do {
      sink = static_cast<float>((this->*sum)());
      ++passes;
      time = elapsed(start);
    } while (time < seconds);
    return passes * places.size() / time * 1e-9;
  }
  int64_t byLoads() const {
    std::array<int64_t, 4> sums = {};
    for (size_t i = 0; i < places.size(); i += 4)
      for (size_t k = 0; k < 4; ++k)
        sums[k] += table[places[i + k]];
    return sums[0] + sums[1] + sums[2] + sums[3];
  }
  __attribute__((target("avx2"))) int64_t byGathers() const {
    __m256i sums[4] = {};
    for (size_t i = 0; i < places.size(); i += 16)
      for (size_t k = 0; k < 4; ++k) {
        __m128i at = _mm_loadu_si128(reinterpret_cast<const __m128i *>(&places[i + 4 * k]));
        sums[k] = _mm256_add_epi64(sums[k], _mm256_i32gather_epi64(table.data(), at, 8));
      }
    int64_t lane[4];
    __m256i sum = _mm256_add_epi64(_mm256_add_epi64(sums[0], sums[1]), _mm256_add_epi64(sums[2], sums[3]));
    std::memcpy(lane, &sum, sizeof(lane));
    return lane[0] + lane[1] + lane[2] + lane[3];
  }
  std::vector<long long> table;
  std::vector<uint32_t> places;
};

/// The best sum over all threads of what `work(thread)` says, of five rounds.
template <typename Work> double best(int threads, Work work) {
  double result = 0;
  for (int round = 0; round < 5; ++round) {
    std::vector<double> rates(threads);
    std::vector<std::thread> crew;
    std::atomic<int> ready{0};
    for (int t = 0; t < threads; ++t)
      crew.emplace_back([&, t] {
        for (++ready; ready.load() < threads;)
          _mm_pause();
        rates[t] = work(t);
      });
    double sum = 0;
    for (int t = 0; t < threads; ++t) {
      crew[t].join();
      sum += rates[t];
    }
    result = std::max(result, sum);
  }
  return result;
}

} // namespace

int main(int argc, char **argv) {
  double seconds = 0.2;
  size_t tableBytes = 1 << 20;
  std::vector<int> counts;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
      seconds = std::strtod(argv[++i], nullptr);
    else if (std::strcmp(argv[i], "--table") == 0 && i + 1 < argc)
      tableBytes = std::clamp<size_t>(std::strtoull(argv[++i], nullptr, 10), 64, size_t(8) << 30);
    else if (long threads = std::strtol(argv[i], nullptr, 10); threads > 0 && threads <= 1024)
      counts.push_back(static_cast<int>(threads));
    else {
      std::fprintf(stderr, "usage: bench-peak [--seconds S] [--table BYTES] [THREADS ...]\n");
      return 2;
    }
  }
  if (counts.empty()) {
    counts.push_back(1);
    if (int all = std::thread::hardware_concurrency(); all > 1)
      counts.push_back(all);
  }
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool avx512 = __builtin_cpu_supports("avx512f");
  if (!avx2) {
    std::fprintf(stderr, "bench-peak: needs a CPU with AVX2 and FMA\n");
    return 1;
  }
  Gathers table(tableBytes);
  std::printf("{\"vector\": \"%s\", \"peaks\": [", avx512 ? "avx512" : "avx2");
  for (size_t i = 0; i < counts.size(); ++i) {
    int threads = counts[i];
    double gflops = best(threads, [&](int) { return fmaAvx2(seconds); });
    if (avx512)
      gflops = std::max(gflops, best(threads, [&](int) { return fmaAvx512(seconds); }));
    std::vector<std::unique_ptr<Triad>> arrays;
    for (int t = 0; t < threads; ++t)
      arrays.push_back(std::make_unique<Triad>((size_t(64) << 20) / 4 / threads));
    double bandwidth = best(threads, [&](int t) { return arrays[t]->run(seconds); });
    double gathers = std::max(best(threads, [&](int) { return table.run(seconds, &Gathers::byLoads); }),
                              best(threads, [&](int) { return table.run(seconds, &Gathers::byGathers); }));
    std::printf("%s{\"threads\": %d, \"gflops\": %.2f, \"gbytes\": %.2f, \"ggathers\": %.3f}", i ? ", " : "", threads,
                gflops, bandwidth, gathers);
  }
  std::printf("]}\n");
  return 0;
}
