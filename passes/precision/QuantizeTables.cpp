//===- QuantizeTables.cpp - features of grids as bytes ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A symmetric scale for each output channel, as of weights (Nagel et al. 2021, "A white paper on neural network
// quantization", section 2.4). A channel is a feature of a level: what is added up in a column has one scale, which
// is multiplied with the sum. Features of one level differ in size less than levels do, but it costs nothing more.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Evaluate.h"
#include "mlir/IR/Builders.h"
#include "passes/precision/Passes.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {
#define GEN_PASS_DEF_QUANTIZETABLES
#include "passes/precision/Passes.h.inc"

namespace {

constexpr float most = 127;

struct Table {
  Tensor bytes;
  SmallVector<float> scales;    // of columns
  double greatest = 0, rms = 0; // of errors
};

/// Whether an entry belongs to several levels.
bool haveEntriesInCommon(SmallVector<GridLevel> levels) {
  llvm::sort(levels, [](const GridLevel &a, const GridLevel &b) { return a.offset < b.offset; });
  for (size_t i = 1; i < levels.size(); ++i)
    if (levels[i - 1].offset + levels[i - 1].entries > levels[i].offset)
      return true;
  return false;
}

/// The greatest absolute value of each feature of each level is `most`; of all levels where they share entries.
SmallVector<float> scalesOf(ArrayRef<float> numbers, int64_t features, ArrayRef<GridLevel> levels) {
  SmallVector<float> scales(levels.size() * features, 0);
  for (auto [number, level] : llvm::enumerate(levels))
    for (int64_t i = level.offset * features; i < (level.offset + level.entries) * features; ++i) {
      float &scale = scales[number * features + i % features];
      scale = std::max(scale, std::abs(numbers[i]) / most);
    }
  if (haveEntriesInCommon(llvm::to_vector(levels)))
    for (size_t column = 0; column < scales.size(); ++column)
      for (size_t other = column % features; other < scales.size(); other += features)
        scales[column] = std::max(scales[column], scales[other]);
  for (float &scale : scales)
    if (!std::isnormal(scale)) // all are 0, or nearly so
      scale = 1;
  return scales;
}

Table quantized(const Tensor &given, ArrayRef<GridLevel> levels) {
  std::vector<float> numbers = given.read<float>();
  int64_t features = given.shape()[1], count = 0;
  Table result{Tensor(DType::I8, given.shape()), scalesOf(numbers, features, levels)};
  for (auto [number, level] : llvm::enumerate(levels))
    for (int64_t i = level.offset * features; i < (level.offset + level.entries) * features; ++i, ++count) {
      float scale = result.scales[number * features + i % features];
      float byte = std::clamp(std::nearbyint(numbers[i] / scale), -most, most);
      result.bytes.set<int64_t>(i, static_cast<int64_t>(byte));
      double error = std::abs(double(numbers[i]) - double(byte) * scale);
      result.greatest = std::max(result.greatest, error);
      result.rms += error * error;
    }
  result.rms = std::sqrt(result.rms / static_cast<double>(count));
  return result;
}

/// What a table that is not known comes from: the input of that name, or nothing.
std::string inputOf(Value table) {
  while (Operation *op = table.getDefiningOp()) {
    if (op->getNumOperands() == 0)
      return "";
    table = op->getOperand(0);
  }
  auto argument = cast<BlockArgument>(table);
  auto function = dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
  auto name = function ? function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "graph.name") : StringAttr();
  return name ? name.getValue().str() : "";
}

struct QuantizeTables : impl::QuantizeTablesBase<QuantizeTables> {
  void runOnOperation() override {
    if (!getOperation()->hasAttr("treadle.tables"))
      return;
    said.clear();
    SmallVector<GridEncodingOp> grids;
    getOperation().walk([&](GridEncodingOp grid) {
      if (!grid.getScales())
        grids.push_back(grid);
    });
    for (GridEncodingOp grid : grids)
      if (failed(quantize(grid)))
        return signalPassFailure();
  }

private:
  LogicalResult quantize(GridEncodingOp grid);

  /// A field may be in the program several times, with the same table: said once.
  llvm::SmallDenseSet<const void *> said;
};

LogicalResult QuantizeTables::quantize(GridEncodingOp grid) {
  std::optional<Tensor> given = constantOf(grid.getTable());
  if (!given) {
    std::string input = inputOf(grid.getTable());
    return grid.emitError() << "its table is " << (input.empty() ? "not a constant" : "the input '" + input + "'")
                            << ", and --tables stores what the file has; name parameters.file instead of "
                               "parameters.input, or leave it out";
  }
  for (int64_t i = 0; i < given->size(); ++i)
    if (!std::isfinite(given->get<float>(i)))
      return grid.emitError() << "its table has at number " << i << " one that is not finite, which no byte can be";
  Table table = quantized(*given, llvm::map_to_vector(grid.getLevels().getAsRange<LevelAttr>(), levelOf));

  OpBuilder b(grid);
  const void *memory = given->raw().data();
  auto bytes = ConstantOp::create(b, grid.getTable().getLoc(), table.bytes.toAttr(b.getContext()));
  Type element = elementOf(grid.getResult());
  Operation *old = grid.getTable().getDefiningOp();
  grid.getTableMutable().assign(bytes);
  if (old->use_empty())
    old->erase(); // in a field nothing else takes it away
  grid.setScales(table.scales);
  if (!element.isF32()) {
    auto type = cast<RankedTensorType>(grid.getType());
    b.setInsertionPointAfter(grid);
    grid.getResult().setType(cast<RankedTensorType>(type.clone(b.getF32Type())));
    auto rounded = CastOp::create(b, grid.getLoc(), grid.getResult(), TypeAttr::get(element), /*saturate=*/UnitAttr());
    grid.getResult().replaceAllUsesExcept(rounded, rounded);
  }
  if (said.insert(memory).second) {
    std::string name = sourceName(grid.getLoc()), line;
    llvm::raw_string_ostream(line) << (name.empty() ? "" : name + ": ") << "table of " << table.bytes.shape()[0]
                                   << " x " << table.bytes.shape()[1] << ", " << spelling(given->dtype())
                                   << " as i8: " << given->bytes() << " bytes become " << table.bytes.bytes()
                                   << ", errors are " << llvm::format("%.2g", table.greatest) << " at most, "
                                   << llvm::format("%.2g", table.rms) << " RMS";
    grid.emitRemark() << line;
  }
  return success();
}

} // namespace
} // namespace treadle
