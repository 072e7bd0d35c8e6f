//===- Cost.cpp - what ways of computing an op would take -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Cost.h"
#include "llvm/Support/MathExtras.h"

using namespace treadle::graph;

namespace treadle {
namespace {

// What sizes that are known only at run time are taken to be.
constexpr int64_t usualSize = 64;

/// Multiply-adds in the time in which a byte of weights comes from memory.
constexpr double productsPerByte = 4;

/// Columns of a register tile that are computed though there are none.
double padded(int64_t columns) { return llvm::alignTo(columns, UnpackOp::panelColumns); }

struct Transforms {
  int64_t tile;
  double input, output; // of one tile, for a channel
};
constexpr Transforms transforms[] = {{2, 80, 60}, {4, 300, 220}};

} // namespace

int64_t winogradTile(ConvOp conv) {
  Dims filter = dimsOf(conv.getFilter().getType()), result = dimsOf(conv.getResult().getType());
  if (conv.spatialRank() != 2 || conv.getGroups() != 1 || filter[2] != 3 || filter[3] != 3 || !conv.hasUnitSteps() ||
      !elementOf(conv.getInput()).isF32() || !elementOf(conv.getFilter()).isF32())
    return 0;
  int64_t channels = *filter[1].constantValue(), outputs = *filter[0].constantValue();
  int64_t height = result[1].constantValue().value_or(usualSize), width = result[2].constantValue().value_or(usualSize);
  double weights = 4.0 * channels * padded(outputs) * productsPerByte; // of one tap

  // Edges of blocks, and copying the image, cost the direct way an eighth.
  double best = 9.0 * channels * (padded(outputs) * height * width * 1.125) + 9 * weights;
  int64_t chosen = 0;
  for (const Transforms &way : transforms) {
    double tiles = double(llvm::divideCeil(height, way.tile)) * llvm::divideCeil(width, way.tile);
    double elements = (way.tile + 2) * (way.tile + 2);
    double cost = tiles * (elements * channels * padded(outputs) + way.input * channels + way.output * outputs) +
                  elements * weights;
    if (cost < best) {
      best = cost;
      chosen = way.tile;
    }
  }
  return chosen;
}

int64_t sortBlock(mlir::Type elementType, const Target &target) {
  // A key and an index each (codegen/SortKey.h); a quarter of the memory is left for what the device needs.
  int64_t bytes = std::max<int64_t>(elementType.getIntOrFloatBitWidth() / 8, 4) + 4;
  return llvm::bit_floor<uint64_t>(target.sharedBytes * 3 / 4 / bytes);
}

} // namespace treadle
