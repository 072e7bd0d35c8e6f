//===- Attention.cpp - ONNX's Attention ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Heads are a dimension of their own; where several queries share the keys of a group, two:
//
//     query [batch, groups, heads of a group, L, D]      key, value [batch, groups, 1, S, D or E]
//
// What a query may not see is a predicate of positions, -inf that is added to its scores; only where keys and queries
// are of one sequence is it the op's own window. A query that sees nothing gets zeros. Scores that are capped, or an
// output themselves, are computed by products and a softmax.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include <cmath>

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

class AttentionImport {
public:
  explicit AttentionImport(Node &node) : node(node), b(node.b) {}
  bool run();

private:
  bool readOperands();
  bool readHeads(int64_t &queryHeads, int64_t &keyHeads);
  Value splitHeads(Value x, int64_t heads);
  Value addPast(Value x, size_t input, size_t output);
  bool readMask();
  void readPredicates();
  Value grouped(Value x, int64_t heads);
  void see(Value allowed);
  Value offset();
  bool needsScores() { return node.wants(3) || node.real("softcap", 0) > 0; }
  Value fromScores();
  bool setScores(int64_t mode, Value scores);

  Node &node;
  Builder &b;
  Value query, key, value, bias;
  DimExpr queries, keys, newKeys, heads;
  int64_t groups = 0; // 0: each head has keys of its own
  double scale = 1;
  bool isCausal = false, mayBeBlind = false;
  int64_t left = -1, right = -1; // the op's own window
};

/// From 3-D inputs by attributes, else from the shapes.
bool AttentionImport::readHeads(int64_t &queryHeads, int64_t &keyHeads) {
  if (node.rank(0) == 3) {
    queryHeads = node.integer("q_num_heads", 0);
    keyHeads = node.integer("kv_num_heads", 0);
    if (queryHeads < 1 || keyHeads < 1)
      return node.fail("has inputs of 3 dimensions, but not q_num_heads and kv_num_heads of 1 or more");
    return true;
  }
  std::optional<int64_t> ofQuery = node.dims(0)[1].constantValue(), ofKey = node.dims(1)[1].constantValue();
  queryHeads = ofQuery.value_or(1);
  keyHeads = ofKey.value_or(1);
  if (queryHeads < 1 || keyHeads < 1)
    return node.fail("has no heads");
  if ((ofQuery && ofKey) || b.require(node.dims(0)[1], node.dims(1)[1], "queries and keys must have as many heads"))
    return true;
  return false;
}

/// [batch, length, heads * size] as [batch, heads, length, size].
Value AttentionImport::splitHeads(Value x, int64_t heads) {
  if (!x || rankOf(x) == 4)
    return x;
  Dims dims = dimsOf(x.getType());
  std::optional<int64_t> size = dims[2].constantValue();
  if (!size || *size % heads != 0)
    return b.fail("has " + llvm::Twine(heads) + " heads that do not divide the last dimension of its input");
  return b.transpose(b.reshape(x, {dims[0], dims[1], b.dim(heads), b.dim(*size / heads)}), {0, 2, 1, 3});
}

/// What came before in front of it, which is an output too.
Value AttentionImport::addPast(Value x, size_t input, size_t output) {
  if (Value past = node.input(input))
    x = b.concat({past, x}, 2);
  if (x && node.wants(output))
    node.set(output, x);
  return x;
}

/// A dimension of heads as one of groups and one of a group's heads.
Value AttentionImport::grouped(Value x, int64_t heads) {
  if (!x || !groups)
    return x;
  Dims dims = dimsOf(x.getType());
  bool isShared = dims[1] == 1;
  return b.reshape(
      x, {dims[0], b.dim(isShared ? 1 : groups), isShared ? b.dim(1) : b.dim(heads / groups), dims[2], dims[3]});
}

bool AttentionImport::readOperands() {
  for (size_t i = 0; i < 3; ++i)
    if (node.rank(i) != node.rank(0) || (node.rank(i) != 3 && node.rank(i) != 4))
      return node.fail("takes query, key and value of 3 or 4 dimensions, all of as many");
  if (!llvm::isa<mlir::FloatType>(node.element(0)) || node.element(1) != node.element(0))
    return node.fail("takes a query and a key of the same type of floats");
  if (!node.input(4) != !node.input(5))
    return node.fail("takes past_key and past_value together");
  if (node.input(6) && node.input(4))
    return node.fail("takes past keys or nonpad_kv_seqlen, not both");
  if (node.input(6) && node.rank(6) != 1)
    return node.fail("takes a nonpad_kv_seqlen of 1 dimension");
  int64_t queryHeads = 0, keyHeads = 0;
  if (!readHeads(queryHeads, keyHeads))
    return false;
  if (queryHeads % keyHeads != 0)
    return node.fail("has " + llvm::Twine(queryHeads) + " heads of queries, which is no multiple of the " +
                     llvm::Twine(keyHeads) + " of keys");
  query = splitHeads(node.input(0), queryHeads);
  key = splitHeads(node.input(1), keyHeads);
  value = splitHeads(node.input(2), keyHeads);
  if (!query || !key || !value)
    return false;
  heads = dimOf(query.getType(), 1);
  queries = dimOf(query.getType(), 2);
  newKeys = dimOf(key.getType(), 2);
  key = addPast(key, 4, 1);
  value = addPast(value, 5, 2);
  if (!key || !value)
    return false;
  value = b.cast(value, elementOf(query));
  keys = dimOf(key.getType(), 2);
  std::optional<int64_t> size = dimOf(query.getType(), 3).constantValue();
  if (!size && !node.has("scale"))
    return node.fail("needs a scale, as the size of its heads is not known");
  scale = node.real("scale", 1 / std::sqrt(static_cast<double>(size.value_or(1))));
  groups = queryHeads == keyHeads ? 0 : keyHeads;
  query = grouped(query, queryHeads);
  key = grouped(key, keyHeads);
  value = grouped(value, keyHeads);
  return query && key && value;
}

/// Queries see what `allowed` holds for, which broadcasts to [batch, heads, L, S].
void AttentionImport::see(Value allowed) {
  mayBeBlind = true;
  Type element = elementOf(query);
  Value more = b.select(allowed, b.scalar(0, element), b.scalar(-INFINITY, element));
  bias = bias ? b.add(bias, more) : more;
}

/// The attn_mask, of true and false or of numbers that are added.
bool AttentionImport::readMask() {
  Value mask = node.input(3);
  if (!mask)
    return true;
  bool isPredicate = elementOf(mask).isInteger(1);
  int64_t rank = rankOf(mask);
  if (rank < 1 || rank > 4)
    return node.fail("takes an attn_mask of 1 to 4 dimensions");
  DimExpr length = dimOf(mask.getType(), rank - 1);
  if (length != keys && length != 1) { // keys beyond it are not seen
    if (!b.require(DimExpr::min(length, keys), length, "attn_mask must not be longer than the keys"))
      return false;
    SmallVector<DimExpr> low(rank, b.dim(0)), high(rank, b.dim(0));
    high.back() = keys - length;
    mask = b.pad(mask, b.scalar(isPredicate ? 0 : -INFINITY, elementOf(mask)), low, high);
  }
  Dims dims = mask ? dimsOf(mask.getType()) : Dims();
  while (mask && dims.size() < 4)
    dims.insert(dims.begin(), b.dim(1));
  if (mask && rank < 4)
    mask = b.reshape(mask, dims);
  if (!mask)
    return false;
  if (isPredicate) {
    see(mask);
  } else {
    mayBeBlind = true;
    bias = b.cast(mask, elementOf(query));
  }
  return static_cast<bool>(bias);
}

/// How many keys come before the first query, [batch, 1, 1, 1] or a scalar.
Value AttentionImport::offset() {
  Type i64 = b.ops().getI64Type();
  if (Value lengths = node.input(6))
    return b.sub(b.reshape(b.cast(lengths, i64), {dimOf(lengths.getType(), 0), b.dim(1), b.dim(1), b.dim(1)}),
                 b.sizes({queries}, /*isScalar=*/true));
  return b.sizes({keys - newKeys}, /*isScalar=*/true);
}

/// What positions alone decide.
void AttentionImport::readPredicates() {
  Type i64 = b.ops().getI64Type();
  Value lengths = node.input(6);
  Value at = b.iota({b.dim(1), b.dim(1), b.dim(1), keys}, 3, i64);
  if (lengths)
    see(b.compare(Predicate::lt, at,
                  b.reshape(b.cast(lengths, i64), {dimOf(lengths.getType(), 0), b.dim(1), b.dim(1), b.dim(1)})));
  auto sizeOf = [&](const char *name) {
    int64_t size = node.integer(name, -1);
    return size < 0 || size > AttentionOp::mostKeys ? -1 : size;
  };
  left = sizeOf("left_window_size");
  right = sizeOf("right_window_size");
  isCausal = node.integer("is_causal", 0) != 0;
  if (isCausal)
    right = -1;
  // Counted from the end of both, it is the op's own.
  if ((!lengths && queries == newKeys && !needsScores()) || (!isCausal && left < 0 && right < 0))
    return;
  Value from = b.add(b.iota({b.dim(1), b.dim(1), queries, b.dim(1)}, 2, i64), offset());
  if (isCausal)
    see(b.compare(Predicate::le, at, from));
  if (left >= 0)
    see(b.compare(Predicate::ge, at, b.sub(from, b.scalar(left, i64))));
  if (right >= 0)
    see(b.compare(Predicate::le, at, b.add(from, b.scalar(right, i64))));
  isCausal = false;
  left = right = -1;
}

/// Scores as output `qk_matmul_output` after step `mode`, if that is the one that is wanted.
bool AttentionImport::setScores(int64_t mode, Value scores) {
  if (!scores || !node.wants(3) || node.integer("qk_matmul_output_mode", 0) != mode)
    return static_cast<bool>(scores);
  Dims dims = dimsOf(query.getType());
  return node.set(3, groups ? b.reshape(scores, {dims[0], heads, queries, keys}) : scores);
}

Value AttentionImport::fromScores() {
  Value scores = b.mul(b.matmul(query, key, false, /*transposeRhs=*/true), scale);
  double cap = node.real("softcap", 0);
  if (!setScores(0, scores))
    return {};
  if (cap > 0)
    scores = b.mul(b.tanh(b.div(scores, cap)), cap);
  if (!setScores(1, scores))
    return {};
  if (bias)
    scores = b.add(scores, bias);
  if (!setScores(2, scores))
    return {};
  Value weights = b.softmax(scores, rankOf(scores) - 1);
  if (mayBeBlind)
    weights = b.select(b.make<IsNanOp>(weights), b.scalarFor(query, 0), weights);
  return setScores(3, weights) ? b.matmul(weights, value) : Value();
}

bool AttentionImport::run() {
  if (!readOperands() || !readMask())
    return false;
  readPredicates();
  bias = grouped(bias, heads.constantValue().value_or(1));
  if (mayBeBlind && !bias)
    return false;
  Value result;
  if (needsScores()) {
    result = fromScores();
  } else {
    result = b.makeWith<AttentionOp>(query, key, value, bias, llvm::APFloat(scale), isCausal, left, right);
    if (mayBeBlind)
      result = b.select(b.make<IsNanOp>(result), b.scalarFor(query, 0), result);
  }
  if (!result)
    return false;
  Dims dims = dimsOf(result.getType());
  if (groups)
    result = b.reshape(result, {dims[0], heads, queries, dims.back()});
  if (node.rank(0) == 3 && result) {
    DimExpr all = heads * dims.back();
    result = b.reshape(b.transpose(result, {0, 2, 1, 3}), {dims[0], queries, all});
  }
  return node.set(result);
}

} // namespace

bool importAttention(Node &node) { return AttentionImport(node).run(); }

} // namespace treadle::onnx
