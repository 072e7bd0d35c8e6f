//===- mutations.cpp - scenes that are cut short or altered ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each is a graph that verifies, or error messages; never a crash. TREADLE_MUTATIONS says how many are tried of each
// kind.
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Import.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "tools/compile/Register.h"
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <unistd.h>
#include <zlib.h>

using namespace mlir;
using nlohmann::json;

namespace treadle {
namespace {

using Bytes = std::vector<uint8_t>;

const char *const example = R"({
  "encoding": {"otype": "HashGrid", "n_levels": 2, "n_features_per_level": 2, "log2_hashmap_size": 4,
               "base_resolution": 2, "per_level_scale": 2.0, "interpolation": "Linear", "type": "Hash"},
  "network": {"otype": "FullyFusedMLP", "activation": "ReLU", "output_activation": "None", "n_neurons": 16,
              "n_hidden_layers": 1, "n_output_dims": 16},
  "dir_encoding": {"otype": "Composite", "reduction": "Concatenation", "nested": [
    {"n_dims_to_encode": 3, "dims_to_encode_begin": 0, "otype": "SphericalHarmonics", "degree": 2},
    {"otype": "Identity", "scale": 1.0, "offset": 0.5}]},
  "rgb_network": {"otype": "CutlassMLP", "activation": "ReLU", "output_activation": "None", "n_neurons": 8,
                  "n_hidden_layers": 0},
  "snapshot": {"version": 1, "mode": "nerf", "params_type": "__half", "image": {"width": 8, "height": 4},
               "density_grid_size": 4, "background_color": [0, 0, 0, 1], "exposure": 0.5, "up_dir": [0, 1, 0],
               "render_aabb": {"min": [0, 0, 0], "max": [1, 1, 1]}, "camera": {"relative_focal_length": [1, 1],
                 "matrix": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], "fov_axis": 1, "zoom": 1},
               "volume": {"world2index_scale": 4, "majorant": 2, "density_scale": 3, "bitgrid_size": 4},
               "nerf": {"aabb_scale": 2, "dataset": {"n_extra_learnable_dims": 1, "is_hdr": false}}}
})";

// Of our own, with files beside it.
const char *const sceneFile = R"({
  "treadle_scene": 1, "kind": "volume",
  "encoding": {"otype": "Identity", "scale": 2.0}, "network": {"n_neurons": 16, "n_hidden_layers": 1},
  "parameters": {"file": "PARAMETERS", "tensor": "params"},
  "occupancy": {"file": "OCCUPANCY", "cells": 4, "cascades": 1, "offset": 1},
  "hdr": false, "linear_colors": true, "extra_dims": 0, "edge": 1.5, "size": [8, 4], "background": [1, 1, 1, 0],
  "exposure": 1, "box": {"min": [0, 0, 0], "max": [1, 1, 1]}, "n_input_dims": 3, "n_output_dims": 4,
  "camera": {"eye": [1, 2, 3], "look_at": [0, 0, 0], "up": [0, 1, 0], "fov": 40, "fov_axis": "x"},
  "render": {"majorant": 2, "density_scale": 3, "seed": 1, "max_steps": 40}
})";
constexpr size_t sceneParameters = 2 * 256;
// Density 16x16 twice, colour 16x32 (16 features and 4 of the direction), levels of 8 and 16 entries of 2.
constexpr int64_t exampleParameters = 2 * 256 + 512 + 2 * (8 + 16);

class Mutations : public ::testing::Test {
protected:
  Mutations() : context(allDialects(), MLIRContext::Threading::DISABLED) {
    path = std::filesystem::temp_directory_path() / ("treadle-scene-" + std::to_string(getpid()) + ".ingp");
    scene = json::parse(example);
    scene["snapshot"]["n_params"] = exampleParameters;
    scene["snapshot"]["params_binary"] = json::binary(Bytes(exampleParameters * 2, 0x11));
    scene["snapshot"]["density_grid_binary"] = json::binary(Bytes(2 * 64 * 2, 0x22));
    scene["snapshot"]["volume"]["bitgrid_binary"] = json::binary(Bytes(8, 0x55));
    if (const char *count = std::getenv("TREADLE_MUTATIONS"))
      tries = std::stoi(count);
  }
  ~Mutations() override {
    for (const std::filesystem::path &file : {path, beside(".safetensors"), beside(".occupancy")})
      std::filesystem::remove(file);
  }

  std::filesystem::path beside(const char *suffix) { return std::filesystem::path(path).replace_extension(suffix); }
  static void write(const std::filesystem::path &path, const Bytes &bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  /// A scene file of our own, and the parameters that it names.
  std::pair<json, Bytes> ownScene() {
    json own = json::parse(sceneFile);
    own["parameters"]["file"] = beside(".safetensors").filename().string();
    own["occupancy"]["file"] = beside(".occupancy").filename().string();
    write(beside(".occupancy"), Bytes(9, 0x0f));
    std::string header =
        R"({"params": {"dtype": "F16", "shape": [512], "data_offsets": [0, 1024]}, "__metadata__": {}})";
    Bytes parameters(8, 0);
    parameters[0] = static_cast<uint8_t>(header.size());
    parameters.insert(parameters.end(), header.begin(), header.end());
    parameters.resize(parameters.size() + 2 * sceneParameters, 0x11);
    write(beside(".safetensors"), parameters);
    return {own, parameters};
  }
  bool importText(const json &text) {
    std::string dumped = text.dump(-1, ' ', false, json::error_handler_t::replace);
    return import(Bytes(dumped.begin(), dumped.end()));
  }

  /// Whether the bytes are a scene. Its graph must verify, and what is none must be said.
  bool import(const Bytes &bytes) {
    write(path, bytes);
    std::string errors;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      errors += diagnostic.str() + "\n";
      return success();
    });
    ImportOptions options;
    options.render = below(2);
    FailureOr<ImportedModel> model = scene::importScene(&context, path.string(), options);
    EXPECT_EQ(failed(model), !errors.empty()) << errors;
    EXPECT_LT(errors.size(), 4000U);
    if (failed(model))
      return false;
    EXPECT_TRUE(succeeded(verify(*model->module))) << errors;
    return true;
  }

  static Bytes deflated(const Bytes &bytes) {
    Bytes result(compressBound(bytes.size()));
    uLongf size = result.size();
    EXPECT_EQ(compress(result.data(), &size, bytes.data(), bytes.size()), Z_OK);
    result.resize(size);
    return result;
  }

  size_t below(size_t limit) { return random() % limit; }

  Bytes mutated(Bytes bytes) {
    size_t kind = below(4);
    if (kind == 0) {
      bytes.resize(below(bytes.size()));
      return bytes;
    }
    for (size_t count = 1 + below(4); count > 0; --count) {
      // Most of a file is parameters, which may be anything.
      size_t at = below(2) ? below(bytes.size()) : below(std::min<size_t>(bytes.size(), 900));
      if (kind == 1)
        bytes[at] ^= 1 << below(8);
      else if (kind == 2)
        bytes[at] = std::array{0, 1, 127, 128, 192, 221, 223, 255}[below(8)];
      else
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 1 + below(8), bytes[below(bytes.size())]);
    }
    return bytes;
  }

  /// One value becomes another, or goes.
  void alter(json &value) {
    json *at = &value, *parent = nullptr;
    std::string key;
    while ((at->is_object() || at->is_array()) && !at->empty() && below(12) > 0) {
      parent = at;
      auto it = at->begin();
      std::advance(it, static_cast<std::ptrdiff_t>(below(at->size())));
      key = at->is_object() ? it.key() : "";
      at = &*it;
    }
    const json values[] = {nullptr,
                           true,
                           -1,
                           0,
                           1,
                           2,
                           3,
                           8,
                           17,
                           128,
                           65536,
                           INT32_MAX,
                           int64_t(1) << 40,
                           INT64_MIN,
                           UINT64_MAX,
                           0.5,
                           1e300,
                           -0.0,
                           NAN,
                           "",
                           "Grid",
                           "DenseGrid",
                           "Composite",
                           "OneBlob",
                           "Empty",
                           "MLP",
                           "image",
                           "volume",
                           "sdf",
                           "float",
                           json::array(),
                           json::object(),
                           json::array({1, "a"}),
                           json::binary(Bytes(64))};
    if (!key.empty() && below(8) == 0)
      parent->erase(key);
    else
      *at = below(6) ? values[below(std::size(values))] : json(scene.begin().value());
  }

  MLIRContext context;
  std::filesystem::path path;
  json scene;
  std::mt19937 random{1}; // the same numbers everywhere
  int tries = 1000;
};

TEST_F(Mutations, TheExampleIsAScene) {
  Bytes bytes = json::to_msgpack(scene);
  EXPECT_TRUE(import(bytes));
  EXPECT_TRUE(import(deflated(bytes)));
}

TEST_F(Mutations, OfBytes) {
  Bytes bytes = json::to_msgpack(scene);
  for (int i = 0; i < tries; ++i)
    import(mutated(bytes));
}

TEST_F(Mutations, OfCompressedBytes) {
  Bytes bytes = deflated(json::to_msgpack(scene));
  for (int i = 0; i < tries; ++i)
    import(mutated(bytes));
}

TEST_F(Mutations, OfText) {
  std::string text = scene.dump();
  for (int i = 0; i < tries / 4; ++i)
    import(mutated(Bytes(text.begin(), text.end())));
}

TEST_F(Mutations, OfValues) {
  int scenes = 0;
  for (int i = 0; i < tries; ++i) {
    json altered = scene;
    for (size_t count = 1 + below(2); count > 0; --count)
      alter(altered);
    scenes += import(json::to_msgpack(altered));
  }
  EXPECT_GT(scenes, tries / 100); // not all are refused for their first key
}

TEST_F(Mutations, OfOurOwnFiles) {
  auto [own, parameters] = ownScene();
  EXPECT_TRUE(importText(own));
  int scenes = 0;
  for (int i = 0; i < tries; ++i) {
    json altered = own;
    for (size_t count = 1 + below(2); count > 0; --count)
      alter(altered);
    scenes += importText(altered);
  }
  EXPECT_GT(scenes, tries / 100);
  for (int i = 0; i < tries; ++i) {
    std::string text = own.dump();
    import(mutated(Bytes(text.begin(), text.end())));
  }
}

TEST_F(Mutations, OfTensorsBesideTheScene) {
  auto [own, parameters] = ownScene();
  for (int i = 0; i < tries; ++i) {
    write(beside(".safetensors"), mutated(parameters));
    importText(own);
  }
}

} // namespace
} // namespace treadle
