//===- tiny_cuda_nn.cu - tiny-cuda-nn's inference, timed ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//     tiny_cuda_nn CASE.json FOLDER [HEADERS [CACHE]]
//
// CASE has n_input_dims, n_output_dims, encoding and network as tiny-cuda-nn has them, `batches` (the smallest first),
// `rounds` and `seed`. FOLDER has parameters.f16, in its order, and input.f32 [samples, n_input_dims] of the largest
// batch; what is computed of the smallest is written there as MODE.f32, and the parameters that it draws for the seed
// as initial.f32. HEADERS: what NVRTC includes, its own and cuda_fp16.h; CACHE: where its PTX is kept.
//
// A mode that starts with jit is one kernel, made at run time ("JIT fusion"), others are kernels that were built in;
// of -columns, a dimension of all samples lies together, which is what the JIT reads fastest. Inputs and outputs are
// floats; those of -halves are halves, of the network alone, padded to 16. Matrices are brought into the order that
// jitted kernels want once, not in each run.
//
// A time is that between two events around one call, on a device that is kept busy until the call has been handed
// over: the median of the rounds. Prints one line of JSON for each mode and batch.
//
//===----------------------------------------------------------------------===//

#include <tiny-cuda-nn/common_device.h>
#include <tiny-cuda-nn/network_with_input_encoding.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using tcnn::json;
using Half = tcnn::network_precision_t;

struct Mode {
  const char *name;
  bool jit;
  tcnn::MatrixLayout layout;
};

template <typename T> std::vector<T> read(const std::string &path) {
  std::ifstream file{path, std::ios::binary | std::ios::ate};
  std::vector<T> values(file ? static_cast<size_t>(file.tellg()) / sizeof(T) : 0);
  file.seekg(0);
  if (!file.read(reinterpret_cast<char *>(values.data()), values.size() * sizeof(T)))
    throw std::runtime_error{path + ": cannot be read"};
  return values;
}

void write(const std::string &path, const std::vector<float> &values) {
  std::ofstream{path, std::ios::binary}.write(reinterpret_cast<const char *>(values.data()),
                                              values.size() * sizeof(float));
}

__global__ void busy(long long cycles) {
  for (long long begin = clock64(); clock64() - begin < cycles;)
    ;
}

/// Median in milliseconds.
template <typename Call> float time(cudaStream_t stream, int rounds, Call call) {
  cudaEvent_t begin, end;
  CUDA_CHECK_THROW(cudaEventCreate(&begin));
  CUDA_CHECK_THROW(cudaEventCreate(&end));
  std::vector<float> times;
  for (int round = -rounds / 4; round < rounds; ++round) {
    busy<<<1, 1, 0, stream>>>(400'000);
    CUDA_CHECK_THROW(cudaEventRecord(begin, stream));
    call();
    CUDA_CHECK_THROW(cudaEventRecord(end, stream));
    CUDA_CHECK_THROW(cudaEventSynchronize(end));
    float milliseconds = 0;
    CUDA_CHECK_THROW(cudaEventElapsedTime(&milliseconds, begin, end));
    if (round >= 0)
      times.push_back(milliseconds);
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

/// Of a model from T to halves: a network alone, or one with its encoding, whose outputs become floats.
template <typename T>
void measure(cudaStream_t stream, tcnn::DifferentiableObject<T, Half, Half> &model, const json &config,
             const std::string &folder, const std::vector<float> &values, const Mode &mode) {
  constexpr bool alone = std::is_same<T, Half>::value;
  using Output = std::conditional_t<alone, Half, float>;
  model.set_jit_fusion(mode.jit);
  auto guard = model.jit_guard(stream, true);
  uint32_t dims = model.input_width(), outputs = alone ? model.padded_output_width() : model.output_width();
  bool columns = mode.layout == tcnn::RM, first = true;
  for (uint32_t batch : config["batches"]) {
    std::vector<T> host(size_t{batch} * dims);
    for (size_t sample = 0; sample < batch; ++sample)
      for (size_t dim = 0; dim < dims; ++dim)
        host[columns ? dim * batch + sample : sample * dims + dim] = static_cast<T>(values[sample * dims + dim]);
    tcnn::GPUMatrixDynamic<T> input{dims, batch, mode.layout};
    tcnn::GPUMatrixDynamic<Output> output{outputs, batch, mode.layout};
    CUDA_CHECK_THROW(cudaMemcpy(input.data(), host.data(), input.n_bytes(), cudaMemcpyHostToDevice));
    float milliseconds = time(stream, config["rounds"], [&] {
      if constexpr (alone)
        model.inference_mixed_precision(stream, input, output);
      else
        model.inference(stream, input, output);
    });
    if (model.jit_fusion() != mode.jit) {
      std::fprintf(stderr, "%s: no kernel was made\n", mode.name);
      return;
    }
    std::printf("%s\n", json{{"mode", mode.name}, {"batch", batch}, {"ms", milliseconds}}.dump().c_str());
    std::fflush(stdout);
    if (!std::exchange(first, false))
      continue;
    std::vector<Output> computed(size_t{batch} * outputs);
    CUDA_CHECK_THROW(cudaMemcpy(computed.data(), output.data(), output.n_bytes(), cudaMemcpyDeviceToHost));
    std::vector<float> rows;
    for (size_t sample = 0; sample < batch; ++sample)
      for (size_t dim = 0; dim < model.output_width(); ++dim)
        rows.push_back(static_cast<float>(computed[columns ? dim * batch + sample : sample * outputs + dim]));
    write(folder + "/" + mode.name + ".f32", rows);
  }
}

void run(const json &config, const std::string &folder) {
  uint32_t dims = config["n_input_dims"], outputs = config["n_output_dims"];
  json network = config["network"];
  auto values = read<float>(folder + "/input.f32");
  tcnn::NetworkWithInputEncoding<Half> model{dims, outputs, config["encoding"], network};

  tcnn::GPUMemory<float> initial{model.n_params()};
  tcnn::pcg32 rng{config["seed"].get<uint64_t>()};
  model.initialize_params(rng, initial.data());
  std::vector<float> drawn(model.n_params());
  initial.copy_to_host(drawn);
  write(folder + "/initial.f32", drawn);

  auto halves = read<Half>(folder + "/parameters.f16");
  if (halves.size() != model.n_params())
    throw std::runtime_error{
        fmt::format("parameters.f16: has {} numbers, the model {}", halves.size(), model.n_params())};
  tcnn::GPUMemory<Half> parameters{halves.size()};
  parameters.copy_from_host(halves);
  model.set_params(parameters.data(), parameters.data(), nullptr);
  cudaStream_t stream;
  CUDA_CHECK_THROW(cudaStreamCreate(&stream));
  for (Mode mode : {Mode{"built-in", false, tcnn::CM}, {"jit", true, tcnn::CM}, {"jit-columns", true, tcnn::RM}})
    measure(stream, model, config, folder, values, mode);

  if (config["encoding"]["otype"] != "Identity")
    return;
  network["n_input_dims"] = dims;
  network["n_output_dims"] = outputs;
  std::unique_ptr<tcnn::Network<Half>> alone{tcnn::create_network<Half>(network)};
  alone->set_params(parameters.data(), parameters.data(), nullptr);
  for (Mode mode : {Mode{"built-in-halves", false, tcnn::CM}, {"jit-columns-halves", true, tcnn::RM}})
    measure(stream, *alone, config, folder, values, mode);
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: tiny_cuda_nn CASE.json FOLDER [HEADERS [CACHE]]\n");
    return 2;
  }
  try {
    tcnn::rtc_set_include_dir(argc > 3 ? argv[3] : "");
    tcnn::rtc_set_cache_dir(argc > 4 ? argv[4] : "");
    std::ifstream file{argv[1]};
    run(json::parse(file), argv[2]);
  } catch (const std::exception &problem) {
    std::fprintf(stderr, "tiny_cuda_nn: %s\n", problem.what());
    return 1;
  }
}
