//===- peak.cpp - what this machine can do at most -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//     bench-peak [--seconds S] [THREADS ...]
//
// Measures what kernels are compared with, for each number of threads (default: 1 and all):
//   - fused multiply-adds on registers, float32, GFLOP/s: the best of the vector widths that the
//   CPU has.
//     Chains in flight cover the latency of two units of 4 or 5 cycles: 12 with AVX2, whose 16
//     registers also hold the factors, 16 with AVX-512.
//   - the STREAM triad a[i] = b[i] + s * c[i], GB/s: arrays of 64 MiB, far beyond the caches;
//   counted are
//     the 12 bytes that the loop names, not the line of `a` that a plain store reads before.
// All threads start together and work for S seconds (default 0.2), in five rounds; the best counts,
// since whatever disturbs only slows down. Prints one line of JSON.
//
//===----------------------------------------------------------------------===//

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
  std::vector<int> counts;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
      seconds = std::strtod(argv[++i], nullptr);
    else if (long threads = std::strtol(argv[i], nullptr, 10); threads > 0 && threads <= 1024)
      counts.push_back(static_cast<int>(threads));
    else {
      std::fprintf(stderr, "usage: bench-peak [--seconds S] [THREADS ...]\n");
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
    std::printf("%s{\"threads\": %d, \"gflops\": %.2f, \"gbytes\": %.2f}", i ? ", " : "", threads, gflops, bandwidth);
  }
  std::printf("]}\n");
  return 0;
}
