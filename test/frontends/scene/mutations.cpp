//===- mutations.cpp - scenes that are cut short or altered ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each is a graph that verifies, or error messages; never a crash.
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Import.h"
#include "mlir/Pass/PassManager.h"
#include "passes/precision/Passes.h"
#include "test/Mutator.h"
#include "test/TemporaryFolder.h"
#include "test/frontends/ImportChecks.h"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
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
  "parameters": {"file": "net.safetensors", "tensor": "params"},
  "occupancy": {"file": "bits", "cells": 4, "cascades": 1, "offset": 1},
  "hdr": false, "linear_colors": true, "extra_dims": 0, "edge": 1.5, "size": [8, 4], "background": [1, 1, 1, 0],
  "exposure": 1, "box": {"min": [0, 0, 0], "max": [1, 1, 1]}, "n_input_dims": 3, "n_output_dims": 4,
  "camera": {"eye": [1, 2, 3], "look_at": [0, 0, 0], "up": [0, 1, 0], "fov": 40, "fov_axis": "x"},
  "render": {"majorant": 2, "density_scale": 3, "seed": 1, "max_steps": 40}
})";
constexpr size_t sceneParameters = 2 * 256;
// tiny-cuda-nn's, with what its constructor is told besides.
const char *const configuration = R"({
  "loss": {"otype": "L2"}, "optimizer": {"otype": "Adam"}, "n_input_dims": 5, "n_output_dims": 7,
  "encoding": {"otype": "Composite", "nested": [
    {"otype": "Frequency", "n_dims_to_encode": 2, "n_frequencies": 3},
    {"otype": "TiledGrid", "n_dims_to_encode": 2, "n_levels": 2, "n_features_per_level": 2, "base_resolution": 4,
     "log2_hashmap_size": 4, "per_level_scale": 1.5}, {"otype": "OneBlob", "n_bins": 4}]},
  "network": {"otype": "CutlassMLP", "n_neurons": 24, "n_hidden_layers": 2, "activation": "Tanh"},
  "parameters": {"file": "net.bin", "dtype": "f32", "offset": 4}
})";
// 32 x 24, 24 x 24, 24 x 16; levels of 16 entries of 2.
constexpr size_t configurationBytes = 4 + 4 * (32 * 24 + 24 * 24 + 24 * 16 + 2 * 2 * 16);
// As treadle.ng.export writes them: grids by torch-ngp's formulas, inputs that are brought into an encoding's range.
const char *const exported = R"({
  "treadle_scene": 1, "kind": "nerf", "edge": 4,
  "encoding": {"otype": "HashGrid", "convention": "torch-ngp", "align_corners": false, "n_levels": 2,
               "n_features_per_level": 2, "log2_hashmap_size": 4, "base_resolution": 2, "per_level_scale": 1.5,
               "interpolation": "Linear", "scale": 1.0, "offset": 0.5},
  "network": {"otype": "CutlassMLP", "n_neurons": 16, "n_hidden_layers": 1, "n_output_dims": 16},
  "dir_encoding": {"otype": "Composite", "nested": [
    {"otype": "Identity", "n_dims_to_encode": 3, "dims_to_encode_begin": 0, "scale": 2, "offset": -1},
    {"otype": "Frequency", "n_dims_to_encode": 3, "dims_to_encode_begin": 0, "n_frequencies": 1, "scale": 0.6366,
     "offset": -0.3183}]},
  "rgb_network": {"otype": "CutlassMLP", "n_neurons": 16, "n_hidden_layers": 1},
  "parameters": {"file": "net.bin", "dtype": "f32", "offset": 4},
  "occupancy": {"file": "bits", "cells": 4, "cascades": 1, "offset": 1},
  "render": {"min_step": 0.01, "max_step": 0.1, "cone_angle": 0.008, "min_transmittance": 0.0001}
})";
// Density 16x16 twice, colour 16x32 (16 features and 9 of the direction) and 16x16, levels of 16 entries of 2.
constexpr size_t exportedBytes = 4 + 4 * (2 * 256 + 512 + 256 + 2 * 2 * 16);
// What --part may say.
const char *const parts[] = {"encoding", "network", "dir_encoding", "rgb_network", "", "head"};
// Density 16x16 twice, colour 16x32 (16 features and 4 of the direction), levels of 8 and 16 entries of 2.
constexpr int64_t exampleParameters = 2 * 256 + 512 + 2 * (8 + 16);

class Mutations : public ::testing::Test, protected test::TemporaryFolder, protected test::Mutator {
protected:
  Mutations() {
    scene = json::parse(example);
    scene["snapshot"]["n_params"] = exampleParameters;
    scene["snapshot"]["params_binary"] = json::binary(Bytes(exampleParameters * 2, 0x11));
    scene["snapshot"]["density_grid_binary"] = json::binary(Bytes(2 * 64 * 2, 0x22));
    scene["snapshot"]["volume"]["bitgrid_binary"] = json::binary(Bytes(8, 0x55));
  }

  void write(const char *name, const Bytes &bytes) { put(name, std::string(bytes.begin(), bytes.end())); }

  /// A scene file of our own, and the safetensors file that it names.
  std::pair<json, Bytes> ownScene() {
    write("bits", Bytes(9, 0x0f));
    std::string header =
        R"({"params": {"dtype": "F16", "shape": [512], "data_offsets": [0, 1024]}, "__metadata__": {}})";
    Bytes parameters(8, 0);
    parameters[0] = static_cast<uint8_t>(header.size());
    parameters.insert(parameters.end(), header.begin(), header.end());
    parameters.resize(parameters.size() + 2 * sceneParameters, 0x11);
    write("net.safetensors", parameters);
    return {json::parse(sceneFile), parameters};
  }
  bool importText(const json &text) {
    std::string dumped = text.dump(-1, ' ', false, json::error_handler_t::replace);
    return import(Bytes(dumped.begin(), dumped.end()));
  }

  /// Whether the bytes are a scene. Its graph must verify, and what is none must be said.
  bool import(const Bytes &bytes) {
    std::string path = put("scene.ingp", std::string(bytes.begin(), bytes.end()));
    ImportOptions options;
    options.render = isDrawn && below(2);
    if (hasParts && !options.render)
      options.part = oneOf(parts);
    return checks.check([&](MLIRContext *context) -> FailureOr<ImportedModel> {
      FailureOr<ImportedModel> model = scene::importScene(context, path, options);
      if (failed(model) || !hasBytes)
        return model;
      (*model->module)->setAttr("treadle.tables", StringAttr::get(context, "i8"));
      PassManager manager(context);
      manager.addPass(createQuantizeTables());
      if (failed(manager.run(*model->module)))
        return failure();
      return model;
    });
  }

  static Bytes deflated(const Bytes &bytes, bool isGzip) {
    z_stream stream = {};
    EXPECT_EQ(
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + (isGzip ? 16 : 0), 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    Bytes result(deflateBound(&stream, bytes.size()));
    stream.next_in = const_cast<Bytef *>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = result.data();
    stream.avail_out = static_cast<uInt>(result.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    result.resize(stream.total_out);
    deflateEnd(&stream);
    return result;
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
                           "torch-ngp",
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

  /// Of each altered `whole`, with one or two values that are others.
  template <typename Import> void alterValues(const json &whole, Import import) {
    int scenes = 0;
    for (int i = 0; i < tries; ++i) {
      json altered = whole;
      for (size_t count = 1 + below(2); count > 0; --count)
        alter(altered);
      scenes += import(altered);
    }
    EXPECT_GT(scenes, tries / 100); // not all are refused for their first key
  }

  test::ImportChecks checks;
  json scene;
  const int tries = test::mutations();
  bool isDrawn = true;   // half of the time
  bool hasParts = false; // what is not drawn is one part of it, most of the time
  bool hasBytes = false; // tables become bytes
};

TEST_F(Mutations, TheExampleIsAScene) {
  Bytes bytes = json::to_msgpack(scene);
  EXPECT_TRUE(import(bytes));
  EXPECT_TRUE(import(deflated(bytes, /*isGzip=*/false)));
  EXPECT_TRUE(import(deflated(bytes, /*isGzip=*/true)));
}

TEST_F(Mutations, OfBytes) {
  Bytes bytes = json::to_msgpack(scene);
  for (int i = 0; i < tries; ++i)
    import(mutated(bytes));
}

TEST_F(Mutations, OfZlibStreams) {
  Bytes bytes = deflated(json::to_msgpack(scene), /*isGzip=*/false);
  for (int i = 0; i < tries; ++i)
    import(mutated(bytes));
}

TEST_F(Mutations, OfGzipStreams) {
  Bytes bytes = deflated(json::to_msgpack(scene), /*isGzip=*/true);
  for (int i = 0; i < tries; ++i)
    import(mutated(bytes));
}

TEST_F(Mutations, OfText) {
  std::string text = scene.dump();
  for (int i = 0; i < tries; ++i)
    import(mutated(Bytes(text.begin(), text.end())));
}

TEST_F(Mutations, OfValues) {
  alterValues(scene, [&](const json &altered) { return import(json::to_msgpack(altered)); });
}

TEST_F(Mutations, OfValuesOfSceneFiles) {
  json own = ownScene().first;
  EXPECT_TRUE(importText(own));
  alterValues(own, [&](const json &altered) { return importText(altered); });
}

TEST_F(Mutations, OfTextOfSceneFiles) {
  std::string text = ownScene().first.dump();
  for (int i = 0; i < tries; ++i)
    import(mutated(Bytes(text.begin(), text.end())));
}

TEST_F(Mutations, OfTensorsBesideTheScene) {
  auto [own, parameters] = ownScene();
  for (int i = 0; i < tries; ++i) {
    write("net.safetensors", mutated(parameters));
    importText(own);
  }
}

TEST_F(Mutations, OfConfigurations) {
  write("net.bin", Bytes(configurationBytes, 0x11));
  json network = json::parse(configuration);
  isDrawn = false;
  EXPECT_TRUE(importText(network));
  alterValues(network, [&](const json &altered) { return importText(altered); });
  std::string text = network.dump();
  for (int i = 0; i < tries; ++i)
    import(mutated(Bytes(text.begin(), text.end())));
}

TEST_F(Mutations, OfParts) {
  hasParts = true;
  alterValues(scene, [&](const json &altered) { return import(json::to_msgpack(altered)); });
  json own = ownScene().first;
  alterValues(own, [&](const json &altered) { return importText(altered); });
}

TEST_F(Mutations, OfExportedScenes) {
  hasBytes = true;
  write("bits", Bytes(9, 0x0f));
  write("net.bin", Bytes(exportedBytes, 0x11));
  json whole = json::parse(exported);
  EXPECT_TRUE(importText(whole));
  hasParts = true;
  alterValues(whole, [&](const json &altered) { return importText(altered); });
  std::string text = whole.dump();
  for (int i = 0; i < tries; ++i)
    import(mutated(Bytes(text.begin(), text.end())));
  for (int i = 0; i < tries; ++i) {
    write("net.bin", mutated(Bytes(exportedBytes, 0x11)));
    importText(whole);
  }
}

/// Parameters that who runs the program gives.
TEST_F(Mutations, OfParameterInputs) {
  hasParts = true;
  json network = json::parse(configuration), own = ownScene().first;
  for (json *file : {&network, &own}) {
    (*file)["parameters"] = {{"input", "params"}, {"dtype", "f16"}};
    alterValues(*file, [&](const json &altered) { return importText(altered); });
  }
}

TEST_F(Mutations, OfParametersOfConfigurations) {
  isDrawn = false;
  for (int i = 0; i < tries; ++i) {
    write("net.bin", mutated(Bytes(configurationBytes, 0x11)));
    importText(json::parse(configuration));
  }
}

} // namespace
} // namespace treadle
