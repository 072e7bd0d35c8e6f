//===- RecognizeAttention.cpp - matmul, softmax, matmul as attention --------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the product with the values back to the product of queries and keys, through what models put
// between: factors, added masks, selections of a very small number, zeros for rows that are masked out.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/simplify/Passes.h"
#include <cmath>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_RECOGNIZEATTENTION
#include "passes/simplify/Passes.h.inc"

namespace {

/// Scores that are replaced by at most this weigh nothing beside any other score. They are replaced by
/// adding a number that is so large that they vanish in it, so that they are equal where there is no other;
/// and far enough from the largest that another mask may come on top.
constexpr double maskedOut = -1e9, vanishing = -1e30;

/// The factor by which `op` multiplies its first operand, or, of a mul, either; which that is in `input`.
std::optional<double> factorOf(Operation *op, Value &input) {
  if (!isa_and_nonnull<MulOp, DivOp>(op) || !isa<FloatType>(elementOf(op->getResult(0))))
    return std::nullopt;
  for (unsigned i = 0; i < (isa<MulOp>(op) ? 2 : 1); ++i) {
    std::optional<double> factor = splatOf(op->getOperand(1 - i));
    if (!factor || op->getOperand(i).getType() != op->getResult(0).getType() || (isa<DivOp>(op) && *factor == 0))
      continue;
    input = op->getOperand(i);
    return isa<MulOp>(op) ? *factor : 1 / *factor;
  }
  return std::nullopt;
}

class Recognizer {
public:
  explicit Recognizer(MatMulOp product) : product(product), b(product) {}
  /// The attention's value, or null.
  Value run();

private:
  bool readScores(Value value);
  void addBias(Value value);
  Value withoutFactor(Value value);
  Value transposed(Value matrix);
  SoftmaxOp softmaxOf(Value weights);

  MatMulOp product, scores;
  Operation *zeroes = nullptr;
  OpBuilder b;
  Type scoresType;
  double scale = 1;
  Value bias;
  SmallVector<std::pair<Value, double>> biases;            // and what they are multiplied with
  SmallVector<std::tuple<Value, double, bool>> selections; // condition, number, whether where it is true
};

/// Walks from the softmax's operand to the product; `scale` is what was multiplied with on the way.
bool Recognizer::readScores(Value value) {
  if (value.getType() != scoresType || !value.hasOneUse())
    return false;
  Operation *op = value.getDefiningOp();
  if (auto matmul = dyn_cast_or_null<MatMulOp>(op)) {
    scores = matmul;
    return true;
  }
  Value input;
  if (std::optional<double> factor = factorOf(op, input)) {
    scale *= *factor;
    return readScores(input);
  }
  if (auto add = dyn_cast_or_null<AddOp>(op)) {
    for (unsigned i = 0; i < 2; ++i) {
      auto saved = std::make_tuple(scale, biases, selections);
      biases.push_back({op->getOperand(1 - i), scale});
      if (readScores(op->getOperand(i)))
        return true;
      std::tie(scale, biases, selections) = saved;
    }
    return false;
  }
  if (auto select = dyn_cast_or_null<SelectOp>(op)) {
    for (bool whereTrue : {true, false}) {
      std::optional<double> number = splatOf(op->getOperand(whereTrue ? 1 : 2));
      if (!number || scale <= 0 || *number * scale > maskedOut)
        continue;
      selections.push_back({op->getOperand(0), *number * scale, whereTrue});
      return readScores(op->getOperand(whereTrue ? 2 : 1));
    }
  }
  return false;
}

void Recognizer::addBias(Value value) { bias = bias ? Value(AddOp::create(b, value.getLoc(), bias, value)) : value; }

/// A query or key before a factor that all its elements are multiplied with.
Value Recognizer::withoutFactor(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !op->hasOneUse())
    return value;
  Value input;
  if (std::optional<double> factor = factorOf(op, input)) {
    scale *= *factor;
    return input;
  }
  if (!isa<TransposeOp, ReshapeOp>(op))
    return value;
  Value inner = withoutFactor(op->getOperand(0));
  if (inner == op->getOperand(0))
    return value;
  Operation *moved = b.clone(*op);
  moved->setOperand(0, inner);
  return moved->getResult(0);
}

/// The last two dimensions exchanged.
Value Recognizer::transposed(Value matrix) {
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(rankOf(matrix)));
  std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  if (auto transpose = matrix.getDefiningOp<TransposeOp>();
      transpose && transpose.getPermutation() == ArrayRef(permutation))
    return transpose.getInput();
  return TransposeOp::create(b, matrix.getLoc(), matrix, permutation);
}

/// The softmax that makes `weights`; `zeroes` is the op that puts zeros in the place of NaN, as it comes from
/// a row whose keys are all masked out by -inf.
SoftmaxOp Recognizer::softmaxOf(Value weights) {
  if (!weights.hasOneUse())
    return {};
  if (auto softmax = weights.getDefiningOp<SoftmaxOp>())
    return softmax;
  auto select = weights.getDefiningOp<SelectOp>();
  auto isNan = select ? select->getOperand(0).getDefiningOp<IsNanOp>() : IsNanOp();
  if (!isNan || !isNan->hasOneUse() || isNan->getOperand(0) != select->getOperand(2) ||
      splatOf(select->getOperand(1)) != 0.0)
    return {};
  zeroes = select;
  auto softmax = select->getOperand(2).getDefiningOp<SoftmaxOp>();
  bool isOurs =
      softmax && llvm::all_of(softmax->getUsers(), [&](Operation *user) { return user == select || user == isNan; });
  return isOurs ? softmax : SoftmaxOp();
}

Value Recognizer::run() {
  SoftmaxOp softmax = softmaxOf(product.getLhs());
  if (!softmax || softmax.getLog() || product.getTransposeLhs() ||
      static_cast<int64_t>(softmax.getAxis()) != rankOf(softmax.getInput()) - 1)
    return {};
  scoresType = softmax.getInput().getType();
  if (!readScores(softmax.getInput()))
    return {};
  // Keys and values may be shared along leading dimensions, queries are there for each result.
  Dims leading = dimsOf(product.getType());
  Type element = elementOf(product.getResult());
  auto fits = [&](Value operand, bool mayBroadcast) {
    Dims dims = dimsOf(operand.getType());
    if (dims.size() != leading.size() || elementOf(operand) != element)
      return false;
    for (size_t i = 0; i + 2 < dims.size(); ++i)
      if (dims[i] != leading[i] && !(mayBroadcast && dims[i] == 1))
        return false;
    return true;
  };
  if (!isa<FloatType>(element) || !fits(scores.getLhs(), false) || !fits(scores.getRhs(), true) ||
      !fits(product.getRhs(), true))
    return {};
  for (auto &[value, factor] : biases)
    if (elementOf(value) != elementOf(product.getResult()))
      return {};

  for (auto &[value, factor] : biases) {
    Value scaled = value;
    if (factor != 1)
      scaled = MulOp::create(b, value.getLoc(), value, makeScalar(b, value.getLoc(), factor, elementOf(value)));
    addBias(scaled);
  }
  for (auto &[condition, number, whereTrue] : selections) {
    Value zero = makeScalar(b, condition.getLoc(), 0, elementOf(product.getResult()));
    Value least =
        makeScalar(b, condition.getLoc(), std::isinf(number) ? number : vanishing, elementOf(product.getResult()));
    addBias(SelectOp::create(b, condition.getLoc(), condition, whereTrue ? least : zero, whereTrue ? zero : least));
  }
  Value query = withoutFactor(scores.getLhs()), key = withoutFactor(scores.getRhs()), value = product.getRhs();
  query = scores.getTransposeLhs() ? transposed(query) : query;
  key = scores.getTransposeRhs() ? key : transposed(key);
  value = product.getTransposeRhs() ? transposed(value) : value;
  SmallVector<Location> locations = {scores.getLoc(), softmax.getLoc(), product.getLoc()};
  Location loc = b.getFusedLoc(locations);
  Value result = AttentionOp::create(b, loc, query, key, value, bias, llvm::APFloat(scale), /*causal=*/false);
  if (zeroes) // weights that are NaN make all of the result NaN
    result = SelectOp::create(b, zeroes->getLoc(), IsNanOp::create(b, zeroes->getLoc(), result),
                              makeScalar(b, zeroes->getLoc(), 0, element), result);
  return result;
}

struct RecognizeAttention : impl::RecognizeAttentionBase<RecognizeAttention> {
  void runOnOperation() override {
    SmallVector<MatMulOp> products;
    getOperation().walk([&](MatMulOp product) { products.push_back(product); });
    for (MatMulOp product : products)
      if (Value attention = Recognizer(product).run()) {
        if (Attribute name = product->getAttr("graph.value"))
          attention.getDefiningOp()->setAttr("graph.value", name);
        product.replaceAllUsesWith(attention);
      }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(getOperation().getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};

} // namespace
} // namespace treadle
