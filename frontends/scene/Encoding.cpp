//===- Encoding.cpp - an encoding by its configuration ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Encoding.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::scene {
namespace {

/// What an encoding may give; networks are 128 wide.
constexpr int64_t maxOutputs = 1 << 16;
constexpr int64_t maxNesting = 8;

using Kind = Encoding::Kind;
using Reduction = Encoding::Reduction;

struct Reader {
  GrowthOf growth;
  int64_t depth = 0;

  Encoding read(const Config &config, int64_t dims);

  Encoding hashGrid(const Config &config, int64_t dims) { return grid(config, dims, ng::GridKind::Hash); }
  Encoding tiledGrid(const Config &config, int64_t dims) { return grid(config, dims, ng::GridKind::Tiled); }
  Encoding denseGrid(const Config &config, int64_t dims) { return grid(config, dims, ng::GridKind::Dense); }
  Encoding grid(const Config &config, int64_t dims, ng::GridKind kind);

  Encoding frequency(const Config &config, int64_t dims) {
    Encoding result = make(Kind::Frequency, dims, config.integer("n_frequencies", 12, 1, 64), 2);
    readAffine(config, result);
    return result;
  }
  Encoding triangleWave(const Config &config, int64_t dims) {
    return make(Kind::TriangleWave, dims, config.integer("n_frequencies", 12, 1, 64), 1);
  }
  Encoding oneBlob(const Config &config, int64_t dims) {
    return make(Kind::OneBlob, dims, config.integer("n_bins", 16, 1, 1 << 10), 1);
  }
  Encoding sphericalHarmonics(const Config &config, int64_t dims);
  Encoding identity(const Config &config, int64_t dims);
  Encoding composite(const Config &config, int64_t dims);
  Encoding oneBlobFrequency(const Config &config, int64_t dims);
  Encoding empty(const Config &, int64_t dims) { return make(Kind::Empty, dims, 0, 0); }

  static Encoding make(Kind kind, int64_t dims, int64_t count, int64_t outputsOfEach) {
    Encoding result;
    result.kind = kind;
    result.dims = dims;
    result.count = count;
    result.outputs = result.padAt = dims * count * outputsOfEach;
    return result;
  }
  static void readAffine(const Config &config, Encoding &encoding) {
    encoding.scale = config.number("scale").value_or(1);
    encoding.offset = config.number("offset").value_or(0);
  }
  std::vector<Encoding::Part> readNested(const Config &config, int64_t dims);
  static Encoding joined(const Config &config, int64_t dims, std::vector<Encoding::Part> parts, Reduction reduction);
};

Encoding Reader::read(const Config &config, int64_t dims) {
  using Read = Encoding (Reader::*)(const Config &, int64_t);
  static const Config::Choice<Read> readers[] = {
#define TREADLE_SCENE_ENCODING(otype, reader) {otype, &Reader::reader},
#include "frontends/scene/Ops.def"
  };
  Read reader = config.choose<Read>("otype", &Reader::oneBlob, readers);
  if (++depth > maxNesting) {
    config.report("nested", "is deeper than " + Twine(maxNesting) + " encodings, the most that is read");
    return {};
  }
  Encoding result = (this->*reader)(config, dims);
  --depth;
  if (result.outputs > maxOutputs) {
    config.report("otype", "makes " + Twine(result.outputs) + " features of " + Twine(dims) + " numbers; " +
                               Twine(maxOutputs) + " is the most");
    return {};
  }
  return result;
}

Encoding Reader::grid(const Config &config, int64_t dims, ng::GridKind kind) {
  // instant-ngp puts a growth into configurations of all but dense grids, as their otype says.
  bool growthIsComputed = kind != ng::GridKind::Dense && growth && depth == 1;
  ng::GridConfig made;
  made.kind = config.choose<ng::GridKind>(
      "type", kind, {{"Hash", ng::GridKind::Hash}, {"Tiled", ng::GridKind::Tiled}, {"Dense", ng::GridKind::Dense}});
  made.convention = config.choose<ng::GridConvention>(
      "convention", ng::GridConvention::TinyCudaNn,
      {{"tiny-cuda-nn", ng::GridConvention::TinyCudaNn}, {"torch-ngp", ng::GridConvention::TorchNgp}});
  made.alignCorners = config.boolean("align_corners", false);
  made.dims = dims;
  made.features = config.integer("n_features_per_level", 2, 1, 8);
  made.log2HashmapSize = config.integer("log2_hashmap_size", 19, 0, 30);
  made.baseResolution = config.integer("base_resolution", 16, 1, 1 << 24);
  made.levels = config.integer("n_levels", 16, 1, ng::maxGridLevels);
  for (StringRef total : {"n_features", "n_grid_features"})
    if (config.has(total)) {
      if (config.has("n_levels"))
        config.report(total, "stands beside n_levels, and both say how many levels there are; leave one out");
      int64_t features = config.integer(total, 1, ng::maxGridLevels * 8);
      if (features % made.features)
        config.report(total, config.found(total) + "; it should be a multiple of n_features_per_level, " +
                                 Twine(made.features));
      made.levels = features / made.features;
    }
  made.perLevelScale = config.real("per_level_scale");
  if (!made.perLevelScale && growthIsComputed)
    made.perLevelScale = growth(made.levels, made.baseResolution);
  if (config.boolean("fixed_point_pos", false))
    config.report("fixed_point_pos", "is true, which is not supported; positions here are floats: leave it out");
  // The others have names, but tiny-cuda-nn is not built with them.
  config.choose<int>("hash", 0, {{"CoherentPrime", 0}});

  Encoding result = make(Kind::Grid, dims, made.levels, 0);
  result.alignCorners = made.alignCorners;
  readAffine(config, result);
  result.interpolation = config.choose<ng::Interpolation>("interpolation", ng::Interpolation::linear,
                                                          {{"Linear", ng::Interpolation::linear},
                                                           {"Nearest", ng::Interpolation::nearest},
                                                           {"Smoothstep", ng::Interpolation::smoothstep}});
  if (std::string problem = ng::makeGridLevels(made, result.levels); !problem.empty()) {
    config.all().add(config.pathOf(problem));
    return result;
  }
  result.features = result.alignment = made.features;
  result.outputs = result.padAt = made.levels * made.features;
  result.parameters = ng::entryCount(result.levels) * made.features;
  result.padValue = 0;
  return result;
}

Encoding Reader::sphericalHarmonics(const Config &config, int64_t dims) {
  if (dims != 3)
    config.report("otype", "is SphericalHarmonics, which encodes 3 numbers, not " + Twine(dims) +
                               "; n_dims_to_encode says how many it gets");
  Encoding result = make(Kind::SphericalHarmonics, dims, config.integer("degree", 4, 1, 8), 0);
  result.outputs = result.count * result.count;
  result.padAt = 0;
  return result;
}

Encoding Reader::identity(const Config &config, int64_t dims) {
  Encoding result = make(Kind::Identity, dims, 1, 1);
  readAffine(config, result);
  return result;
}

std::vector<Encoding::Part> Reader::readNested(const Config &config, int64_t dims) {
  std::vector<Config> given = config.maps("nested");
  std::vector<int64_t> widths; // -1: what the others leave
  int64_t taken = 0, open = 0;
  bool isSliced = false;
  for (const Config &part : given) {
    widths.push_back(part.integer("n_dims_to_encode", -1, 0, dims));
    taken += std::max<int64_t>(widths.back(), 0);
    open += widths.back() < 0;
    isSliced |= part.has("dims_to_encode_begin");
  }
  if (open > 1)
    config.report("nested", "has " + Twine(open) + " encodings without n_dims_to_encode; only one may take the rest");
  std::vector<Encoding::Part> parts;
  int64_t begin = 0;
  for (auto [part, width] : llvm::zip(given, widths)) {
    if (width < 0)
      width = std::max<int64_t>(dims - taken, 0);
    begin = part.integer("dims_to_encode_begin", begin, 0, dims);
    if (begin + width > dims) {
      part.report("n_dims_to_encode", "asks for numbers " + Twine(begin) + " to " + Twine(begin + width) + " of " +
                                          Twine(dims) + "; it should end before");
      continue;
    }
    if (width > 0)
      parts.push_back({begin, 0, read(part, width)});
    begin += width;
  }
  if (begin < dims && !isSliced)
    config.report("nested", "has encodings of " + Twine(begin) + " numbers, there are " + Twine(dims) +
                                "; see to n_dims_to_encode, or add an encoding of type Empty");
  return parts;
}

Encoding Reader::joined(const Config &config, int64_t dims, std::vector<Encoding::Part> parts, Reduction reduction) {
  Encoding result = make(Kind::Composite, dims, 0, 0);
  result.reduction = reduction;
  for (auto [i, part] : llvm::enumerate(parts)) {
    const Encoding &encoding = part.encoding;
    result.parameters += encoding.parameters;
    result.alignment = std::lcm(result.alignment, encoding.alignment);
    if (reduction == Reduction::Concatenation) {
      int64_t begin = result.outputs, next = i + 1 < parts.size() ? parts[i + 1].encoding.alignment : 1;
      result.outputs = llvm::alignTo(begin + encoding.outputs, next);
      part.width = result.outputs - begin;
      result.padAt = begin + (encoding.padAt == encoding.outputs ? part.width : encoding.padAt);
    } else {
      if (i > 0 && encoding.outputs != result.outputs)
        config.report("nested", "has encodings of " + Twine(result.outputs) + " and " + Twine(encoding.outputs) +
                                    " features, which reduction cannot join; they should be equally many");
      part.width = result.outputs = encoding.outputs;
      result.padAt = encoding.padAt;
    }
    result.padValue = encoding.padValue;
  }
  result.parts = std::move(parts);
  return result;
}

Encoding Reader::composite(const Config &config, int64_t dims) {
  auto reduction = config.choose<Reduction>(
      "reduction", Reduction::Concatenation,
      {{"Concatenation", Reduction::Concatenation}, {"Sum", Reduction::Sum}, {"Product", Reduction::Product}});
  return joined(config, dims, readNested(config, dims), reduction);
}

/// As in Mueller et al. 2021, "Real-time neural radiance caching": a position in triangle waves, directions and
/// roughness in blobs, the rest as it is.
Encoding Reader::oneBlobFrequency(const Config &config, int64_t dims) {
  constexpr int64_t waves = 3, blobs = 5;
  if (dims < waves + blobs) {
    config.report("otype",
                  "is " + Twine(config.word("otype")) + ", which encodes 8 numbers at least, not " + Twine(dims));
    return {};
  }
  std::vector<Encoding::Part> parts;
  parts.push_back({0, 0, triangleWave(config, waves)});
  parts.push_back({waves, 0, make(Kind::OneBlob, blobs, config.integer("n_bins", 4, 1, 1 << 10), 1)});
  if (dims > waves + blobs)
    parts.push_back({waves + blobs, 0, make(Kind::Identity, dims - waves - blobs, 1, 1)});
  return joined(config, dims, std::move(parts), Reduction::Concatenation);
}

Value writeFeatures(Writer &writer, const Encoding &encoding, Value input, int64_t first);

Value writeGrid(Writer &writer, const Encoding &encoding, Value input, int64_t first) {
  OpBuilder &b = writer.builder();
  auto levels = llvm::map_to_vector(
      encoding.levels, [&](const ng::GridLevel &level) -> Attribute { return ng::toAttr(b.getContext(), level); });
  Value table = writer.parameter(first, {encoding.parameters / encoding.features, encoding.features});
  return writer.make<ng::GridEncodingOp>(input, table, b.getArrayAttr(levels),
                                         ng::InterpolationAttr::get(b.getContext(), encoding.interpolation),
                                         encoding.alignCorners ? b.getUnitAttr() : UnitAttr(),
                                         /*scales=*/DenseF32ArrayAttr());
}

Value writeComposite(Writer &writer, const Encoding &encoding, Value input, int64_t first) {
  SmallVector<Value> values;
  for (const Encoding::Part &part : encoding.parts) {
    Value slice = writer.columns(input, part.begin, part.encoding.dims);
    values.push_back(writeEncoding(writer, part.encoding, slice, first, part.width));
    first += part.encoding.parameters;
  }
  if (encoding.reduction == Reduction::Concatenation)
    return writer.concat(values);
  Value result = values.front();
  for (Value value : ArrayRef(values).drop_front())
    result = encoding.reduction == Reduction::Sum ? writer.add(result, value) : writer.mul(result, value);
  return result;
}

/// Without what fills them up; null if there are none.
Value writeFeatures(Writer &writer, const Encoding &encoding, Value input, int64_t first) {
  if (encoding.outputs == 0)
    return {};
  auto count = writer.builder().getI64IntegerAttr(encoding.count);
  auto scaled = [&] {
    Value value = encoding.scale == 1 ? input : writer.mul(input, encoding.scale);
    return encoding.offset == 0 ? value : writer.add(value, encoding.offset);
  };
  auto make = [&]() -> Value {
    switch (encoding.kind) {
    case Kind::Grid:
      return writeGrid(writer, encoding, scaled(), first);
    case Kind::Composite:
      return writeComposite(writer, encoding, input, first);
    case Kind::Frequency:
      return writer.make<ng::FrequencyOp>(scaled(), count);
    case Kind::TriangleWave:
      return writer.make<ng::TriangleWaveOp>(input, count);
    case Kind::OneBlob:
      return writer.make<ng::OneBlobOp>(input, count);
    case Kind::SphericalHarmonics:
      return writer.make<ng::SphericalHarmonicsOp>(input, count);
    case Kind::Identity:
      return scaled();
    case Kind::Empty:
      return {};
    }
    return {};
  };
  return writer.cast(make(), writer.element());
}

} // namespace

Encoding readEncoding(const Config &config, int64_t dims, GrowthOf growth) { return Reader{growth}.read(config, dims); }

Value writeEncoding(Writer &writer, const Encoding &encoding, Value input, int64_t first, int64_t width) {
  return fillUp(writer, encoding, writeFeatures(writer, encoding, input, first), input, width);
}

Value fillUp(Writer &writer, const Encoding &encoding, Value features, Value like, int64_t width) {
  Value filler = writer.filled(like, width - encoding.outputs, encoding.padValue, writer.element());
  if (!features || !filler)
    return features ? features : filler;
  int64_t at = encoding.padAt, after = encoding.outputs - at;
  return writer.concat(
      {at ? writer.columns(features, 0, at) : Value(), filler, after ? writer.columns(features, at, after) : Value()});
}

} // namespace treadle::scene
