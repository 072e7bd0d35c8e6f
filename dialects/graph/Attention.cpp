//===- Attention.cpp - the meaning of attention -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;

namespace treadle::graph {

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  Dims query = dimsOf(adaptor.getQuery().getType()), key = dimsOf(adaptor.getKey().getType()),
       value = dimsOf(adaptor.getValue().getType());
  size_t rank = query.size();
  if (rank < 2 || key.size() != rank || value.size() != rank)
    return emitOptionalError(loc, "query, key and value must have the same number of dimensions, two or more");
  bool fits =
      succeeded(unifyDims(query[rank - 1], key[rank - 1])) && succeeded(unifyDims(key[rank - 2], value[rank - 2]));
  for (size_t i = 0; i + 2 < rank; ++i)
    for (DimExpr other : {key[i], value[i]})
      fits &= other == 1 || succeeded(unifyDims(query[i], other));
  if (!fits)
    return emitOptionalError(loc, "query, key and value of types ", adaptor.getQuery().getType(), ", ",
                             adaptor.getKey().getType(), ", ", adaptor.getValue().getType(), " do not fit");
  query.back() = value.back();
  types.push_back(tensorOf(query, elementOf(adaptor.getQuery())));
  return success();
}

std::optional<int64_t> AttentionOp::keysBefore() {
  auto left = static_cast<int64_t>(getWindowLeft());
  return left < 0 ? std::nullopt : std::optional(left);
}

std::optional<int64_t> AttentionOp::keysAfter() {
  auto right = getCausal() ? 0 : static_cast<int64_t>(getWindowRight());
  return right < 0 ? std::nullopt : std::optional(right);
}

LogicalResult AttentionOp::verify() {
  for (uint64_t size : {getWindowLeft(), getWindowRight()})
    if (auto keys = static_cast<int64_t>(size); keys < -1 || keys > mostKeys)
      return emitOpError() << "a window of " << keys << " keys is neither -1, for all, nor between 0 and " << mostKeys;
  if (getCausal() && static_cast<int64_t>(getWindowRight()) >= 0)
    return emitOpError("causal is a windowRight of 0, one of them is enough");
  if (auto keys = static_cast<int64_t>(getPrefix()); keys < 0 || keys > mostKeys)
    return emitOpError() << "a prefix of " << keys << " keys is not between 0 and " << mostKeys;
  if (!getBias())
    return success();
  Dims scores = dimsOf(getQuery().getType());
  Dims key = dimsOf(getKey().getType());
  scores.back() = key[key.size() - 2];
  FailureOr<Dims> dims = broadcastDims(scores, dimsOf(getBias().getType()));
  if (failed(dims) || dims->size() != scores.size())
    return emitOpError() << "bias of type " << getBias().getType() << " does not broadcast to the scores";
  return success();
}

LogicalResult AttentionOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  const Tensor &query = operands[0], &key = operands[1], &value = operands[2];
  int64_t rank = query.rank(), length = query.shape()[rank - 2], depth = query.shape()[rank - 1],
          keys = key.shape()[rank - 2], width = value.shape()[rank - 1];
  int64_t batches = ShapedType::getNumElements(query.shape().drop_back(2));
  std::vector<double> q = query.read<double>(), k = key.read<double>(), v = value.read<double>(), bias;
  std::vector<int64_t> biasAt;
  if (getBias()) {
    bias = operands[3].read<double>();
    SmallVector<int64_t> scores(query.shape());
    scores.back() = keys;
    biasAt = broadcastPositions(operands[3].shape(), scores);
  }
  SmallVector<int64_t> leading(query.shape().drop_back(2));
  std::vector<int64_t> keyAt = broadcastPositions(key.shape().drop_back(2), leading),
                       valueAt = broadcastPositions(value.shape().drop_back(2), leading);
  double scale = getScale().convertToDouble();
  auto isSeen = [prefix = static_cast<int64_t>(getPrefix()), before = keysBefore(),
                 after = keysAfter()](int64_t position, int64_t key) {
    return key < prefix || ((!before || key >= position - *before) && (!after || key <= position + *after));
  };
  std::vector<double> row(keys);
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t i = 0; i < length; ++i) {
      double most = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t j = 0; j < keys; ++j) {
        row[j] = 0;
        for (int64_t d = 0; d < depth; ++d)
          row[j] += q[(b * length + i) * depth + d] * k[(keyAt[b] * keys + j) * depth + d];
        row[j] *= scale;
        if (!bias.empty())
          row[j] += bias[biasAt[(b * length + i) * keys + j]];
        if (!isSeen(i + keys - length, j))
          row[j] = -std::numeric_limits<double>::infinity();
        most = std::max(most, row[j]);
      }
      for (double &x : row)
        sum += x = std::exp(x - most);
      for (int64_t d = 0; d < width; ++d) {
        double total = 0;
        for (int64_t j = 0; j < keys; ++j)
          total += row[j] * v[(valueAt[b] * keys + j) * width + d];
        results[0].set<double>((b * length + i) * width + d, total / sum);
      }
    }
  return success();
}

DimExpr AttentionOp::countFlops() {
  Dims query = dimsOf(getQuery().getType()), value = dimsOf(getValue().getType());
  DimExpr scores = product(getContext(), ArrayRef(query).drop_back()) * value[value.size() - 2];
  return scores * (query.back() + value.back() + 6) * 2;
}

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Attention.cpp.inc"
