//===- Part.cpp - one encoding or network of a field --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Part.h"
#include "dialects/graph/Graph.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::scene {

FieldPart FieldPart::of(const Field &field, StringRef key, Problems &problems) {
  FieldPart part;
  if (key.empty())
    return part;
  std::string names;
  for (auto [name, kind, isThere] : {std::tuple("encoding", Kind::Encoding, true),
                                     {"network", Kind::Network, field.hasNetwork},
                                     {"dir_encoding", Kind::DirEncoding, field.mode == Mode::Nerf},
                                     {"rgb_network", Kind::RgbNetwork, field.mode == Mode::Nerf}}) {
    if (!isThere)
      continue;
    if (key == name)
      part.kind = kind;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  if (part.kind == Kind::Whole)
    problems.add("--part " + key + " is no part of it; there are " + names);
  else if (part.kind == Kind::Encoding && field.position.outputs == 0)
    problems.add("--part encoding: it makes no features");
  else if (part.kind == Kind::DirEncoding && field.direction.outputs == 0)
    problems.add("--part dir_encoding: it makes no features");
  return part;
}

SmallVector<std::pair<StringRef, int64_t>> FieldPart::inputs(const Field &field) const {
  switch (kind) {
  case Kind::Whole:
    return inputsOf(field);
  case Kind::Encoding:
    return {inputsOf(field)[0]};
  case Kind::Network:
    return {{"features", field.position.outputs}};
  case Kind::DirEncoding:
    return {{"direction", 3}};
  case Kind::RgbNetwork:
    return {{"features", field.colorInputs()}};
  }
  return {};
}

SmallVector<NamedValue> FieldPart::write(Writer &writer, const Field &field, ValueRange inputs) const {
  Type f32 = writer.builder().getF32Type();
  Value input = inputs[0];
  auto features = [&](Value value) { return SmallVector<NamedValue>{{"features", writer.cast(value, f32)}}; };
  auto output = [&](Value value) { return SmallVector<NamedValue>{{"output", writer.cast(value, f32)}}; };
  int64_t alignment = field.alignment;
  switch (kind) {
  case Kind::Whole:
    return writeField(writer, field, inputs);
  case Kind::Encoding:
    writer.setLocation("encoding");
    return features(writeEncoding(writer, field.position, input, field.positionAt(), field.position.outputs));
  case Kind::Network: {
    writer.setLocation("network");
    int64_t width = field.network.widths(field.position.outputs, alignment).front();
    Value filled = fillUp(writer, field.position, writer.cast(input, writer.element()), input, width);
    return output(writeNetwork(writer, field.network, filled, 0, alignment));
  }
  case Kind::DirEncoding:
    writer.setLocation("dir_encoding");
    return features(writeDirection(writer, field, input, field.direction.outputs));
  case Kind::RgbNetwork: {
    writer.setLocation("rgb_network");
    int64_t density = field.network.outputs, width = field.color.widths(field.colorInputs(), alignment).front();
    Value given = writer.cast(input, writer.element());
    Value seen = field.direction.outputs ? writer.columns(given, density, field.direction.outputs) : Value();
    seen = fillUp(writer, field.direction, seen, input, width - density);
    return output(writeNetwork(writer, field.color, writer.concat({writer.columns(given, 0, density), seen}),
                               field.colorAt(), alignment));
  }
  }
  return {};
}

} // namespace treadle::scene
