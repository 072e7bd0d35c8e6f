//===- Einsum.cpp - ONNX: sums of products by an equation -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two operands at a time, from left to right. Their labels are of four kinds, which make one batched
// matrix product
//
//     batch  in both, and still needed        [batch.., left.., sum..] * [batch.., sum.., right..]
//     sum    in both, and needed no more        = [batch.., left.., right..]
//     left, right  in one of them
//
// before which each operand is summed over what only it has and nothing needs. Without a sum it is an
// elementwise product.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

/// A value and a label for each of its dimensions. Dimensions of an ellipsis have labels below ' ', the
/// last one '\1'.
struct Term {
  Value value;
  std::string labels;
};

bool has(llvm::StringRef labels, char label) { return labels.contains(label); }

class Einsum {
public:
  explicit Einsum(Node &node) : node(node), b(node.b) {}

  bool run() {
    std::string equation;
    for (char c : node.text("equation", ""))
      if (c != ' ')
        equation += c;
    if (!readTerms(equation) || !readSizes())
      return false;
    for (auto [i, term] : llvm::enumerate(terms))
      if (!prepare(term, needed(0, i)))
        return false;
    Term result = terms.front();
    for (size_t i = 1; i < terms.size(); ++i) {
      result = multiply(result, terms[i], needed(i + 1));
      if (!result.value)
        return false;
    }
    result = sumAway(result, output);
    return node.set(arrange(result, output));
  }

private:
  /// Replaces "..." by labels, as many as the operand has dimensions that no letter names.
  bool readLabels(llvm::StringRef text, std::optional<int64_t> rank, std::string &labels) {
    size_t dots = text.find("...");
    std::string letters = text.str();
    if (dots != llvm::StringRef::npos)
      letters.erase(dots, 3);
    for (char c : letters)
      if (!llvm::isAlpha(c))
        return node.fail("equation has the term '" + text + "'; terms are letters and one ellipsis");
    int64_t rest = dots == llvm::StringRef::npos ? 0 : rank ? *rank - static_cast<int64_t>(letters.size()) : ellipsis;
    if (rank && static_cast<int64_t>(letters.size()) + rest != *rank)
      return node.fail("equation has " + llvm::Twine(letters.size()) + " letters for an operand of " +
                       llvm::Twine(*rank) + " dimensions");
    if (rest < 0)
      return node.fail("equation has more letters in '" + text + "' than the operand has dimensions");
    labels = letters;
    for (int64_t i = 0; i < rest; ++i)
      labels.insert(labels.begin() + dots + i, static_cast<char>(rest - i));
    ellipsis = std::max(ellipsis, rest);
    return true;
  }

  bool readTerms(llvm::StringRef equation) {
    auto [inputs, given] = equation.split("->");
    SmallVector<llvm::StringRef> parts;
    inputs.split(parts, ',');
    if (parts.size() != node.inputCount())
      return node.fail("equation has " + llvm::Twine(parts.size()) + " terms for " + llvm::Twine(node.inputCount()) +
                       " inputs");
    std::map<char, int> uses; // letters in order of the alphabet
    for (auto [i, part] : llvm::enumerate(parts)) {
      if (!node.input(i))
        return node.fail("lacks input " + llvm::Twine(i));
      terms.push_back({node.input(i), ""});
      if (!readLabels(part, node.rank(i), terms.back().labels))
        return false;
      for (char label : terms.back().labels)
        ++uses[label];
    }
    if (equation.contains("->"))
      return readLabels(given, std::nullopt, output) && checkOutput(uses);
    // Without a right side: the ellipsis, then letters that stand there once.
    for (int64_t i = ellipsis; i > 0; --i)
      output += static_cast<char>(i);
    for (auto [label, count] : uses)
      if (count == 1 && llvm::isAlpha(label))
        output += label;
    return true;
  }

  bool checkOutput(const std::map<char, int> &uses) {
    for (char label : output)
      if (!uses.count(label) || llvm::count(output, label) > 1)
        return node.fail("equation's result has the label " + llvm::Twine(std::string(1, label)) +
                         (uses.count(label) ? " twice" : ", which no operand has"));
    return true;
  }

  /// The size of every label. One that is 1 in some operand broadcasts.
  bool readSizes() {
    for (const Term &term : terms)
      for (auto [label, dim] : llvm::zip(term.labels, dimsOf(term.value.getType()))) {
        auto [known, isNew] = sizes.try_emplace(label, dim);
        if (isNew || dim == 1)
          continue;
        if (known->second == 1)
          known->second = dim;
        else if (!b.require(known->second, dim, "a label has two sizes"))
          return false;
      }
    return true;
  }

  /// Labels of the result and of operands from the `first` on, but for operand `self`.
  std::string needed(size_t first, size_t self = SIZE_MAX) const {
    std::string result = output;
    for (size_t i = first; i < terms.size(); ++i)
      if (i != self)
        result += terms[i].labels;
    return result;
  }

  /// Diagonals of labels that an operand has twice; no labels that broadcast, or that only it has.
  bool prepare(Term &term, llvm::StringRef needed) {
    for (size_t j = term.labels.size(); j-- > 0 && term.value;) {
      size_t i = term.labels.find(term.labels[j]);
      if (i == j)
        continue;
      int64_t rank = term.labels.size();
      Dims row(rank, b.dim(1)), column = row, dims = dimsOf(term.value.getType());
      if (!b.require(dims[i], dims[j], "a label has two sizes"))
        return false;
      row[i] = dims[i];
      column[j] = dims[j];
      Type i64 = b.ops().getI64Type();
      Value isDiagonal = b.compare(Predicate::eq, b.iota(row, i, i64), b.iota(column, j, i64));
      term = without(term, j, b.select(isDiagonal, term.value, b.scalarFor(term.value, 0)));
    }
    for (size_t i = term.labels.size(); i-- > 0 && term.value;)
      if (dimOf(term.value.getType(), i) == 1 && sizes[term.labels[i]] != 1)
        term = without(term, i, term.value);
    term = sumAway(term, needed);
    return static_cast<bool>(term.value);
  }

  /// `value`, of the term's labels, summed over dimension i.
  Term without(const Term &term, size_t i, Value value) {
    int64_t axis = i;
    std::string labels = term.labels;
    labels.erase(i, 1);
    if (!value)
      return {};
    if (dimOf(value.getType(), axis) != 1)
      value = b.reduce(ReduceKind::sum, value, {axis});
    return {value ? b.squeeze(value, {axis}) : Value(), labels};
  }

  Term sumAway(Term term, llvm::StringRef needed) {
    for (size_t i = term.labels.size(); i-- > 0 && term.value;)
      if (!has(needed, term.labels[i]))
        term = without(term, i, term.value);
    return term;
  }

  /// The term's dimensions in the order of `labels`, with size 1 for those that it does not have.
  Value arrange(const Term &term, llvm::StringRef labels) {
    SmallVector<int64_t> order, added;
    for (auto [i, label] : llvm::enumerate(labels)) {
      size_t at = term.labels.find(label);
      if (at == std::string::npos)
        added.push_back(i);
      else
        order.push_back(at);
    }
    Value result = b.transpose(term.value, order);
    return added.empty() ? result : b.unsqueeze(result, added);
  }

  /// As [batch.., rows, columns], the last two each of several labels.
  Value asMatrices(const Term &term, llvm::StringRef batch, llvm::StringRef rows, llvm::StringRef columns) {
    Value x = arrange(term, (batch + rows + columns).str());
    if (!x)
      return {};
    Dims dims = dimsOf(x.getType()), joined(dims.begin(), dims.begin() + batch.size());
    llvm::ArrayRef<DimExpr> rest = llvm::ArrayRef(dims).drop_front(batch.size());
    joined.push_back(product(b.context(), rest.take_front(rows.size())));
    joined.push_back(product(b.context(), rest.drop_front(rows.size())));
    return b.reshape(x, joined);
  }

  Term multiply(Term lhs, Term rhs, llvm::StringRef needed) {
    lhs = sumAway(lhs, needed.str() + rhs.labels);
    rhs = sumAway(rhs, needed.str() + lhs.labels);
    std::string batch, sum, left, right;
    for (char label : lhs.labels)
      (!has(rhs.labels, label) ? left : has(needed, label) ? batch : sum) += label;
    for (char label : rhs.labels)
      if (!has(lhs.labels, label))
        right += label;
    std::string labels = batch + left + right;
    if (sum.empty())
      return {b.mul(arrange(lhs, labels), arrange(rhs, labels)), labels};
    // As the operands lie, where that is one of the two orders that a product takes.
    bool turnsLhs = lhs.labels == batch + sum + left && !left.empty();
    bool turnsRhs = rhs.labels == batch + right + sum && !right.empty();
    Value a = turnsLhs ? asMatrices(lhs, batch, sum, left) : asMatrices(lhs, batch, left, sum);
    Value c = turnsRhs ? asMatrices(rhs, batch, right, sum) : asMatrices(rhs, batch, sum, right);
    Value product = b.matmul(a, c, turnsLhs, turnsRhs);
    Dims dims;
    for (char label : labels)
      dims.push_back(sizes[label]);
    return {b.reshape(product, dims), labels};
  }

  Node &node;
  Builder &b;
  SmallVector<Term> terms;
  std::string output;
  std::map<char, DimExpr> sizes;
  int64_t ellipsis = 0; // dimensions that it stands for
};

} // namespace

bool importEinsum(Node &node) { return Einsum(node).run(); }

} // namespace treadle::onnx
