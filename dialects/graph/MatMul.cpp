//===- MatMul.cpp - the meaning of matrix products --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace treadle::graph {
namespace {

template <typename T> void multiply(MatMulOp op, const Tensor &lhs, const Tensor &rhs, Tensor &result) {
  int64_t rank = result.rank();
  int64_t m = result.shape()[rank - 2], n = result.shape()[rank - 1];
  int64_t k = lhs.shape()[lhs.rank() - (op.getTransposeLhs() ? 2 : 1)];
  std::vector<int64_t> lhsBatch = broadcastPositions(lhs.shape().drop_back(2), result.shape().drop_back(2));
  std::vector<int64_t> rhsBatch = broadcastPositions(rhs.shape().drop_back(2), result.shape().drop_back(2));
  std::vector<T> a = lhs.read<T>(), b = rhs.read<T>();
  int64_t lhsRow = op.getTransposeLhs() ? 1 : k, lhsCol = op.getTransposeLhs() ? m : 1;
  int64_t rhsRow = op.getTransposeRhs() ? 1 : n, rhsCol = op.getTransposeRhs() ? k : 1;
  for (size_t batch = 0; batch < lhsBatch.size(); ++batch) {
    const T *x = a.data() + lhsBatch[batch] * m * k, *y = b.data() + rhsBatch[batch] * k * n;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        T sum = 0;
        for (int64_t l = 0; l < k; ++l)
          sum += x[i * lhsRow + l * lhsCol] * y[l * rhsRow + j * rhsCol];
        result.set<T>((batch * m + i) * n + j, sum);
      }
  }
}

} // namespace

LogicalResult MatMulOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  Dims lhs = dimsOf(adaptor.getLhs().getType()), rhs = dimsOf(adaptor.getRhs().getType());
  if (lhs.size() < 2 || rhs.size() < 2)
    return emitOptionalError(loc, "operands must have two dimensions or more");
  Type element = elementOf(adaptor.getLhs());
  bool isByte = element.isInteger(8) && elementOf(adaptor.getRhs()).isInteger(8);
  if (!isByte && element != elementOf(adaptor.getRhs()))
    return emitOptionalError(loc, "operands have different element types, ", element, " and ",
                             elementOf(adaptor.getRhs()));
  auto last = [](Dims &dims, bool transposed) {
    DimExpr a = dims[dims.size() - 2], b = dims[dims.size() - 1];
    dims.truncate(dims.size() - 2);
    return transposed ? std::make_pair(b, a) : std::make_pair(a, b);
  };
  auto [m, k] = last(lhs, adaptor.getTransposeLhs());
  auto [k2, n] = last(rhs, adaptor.getTransposeRhs());
  FailureOr<Dims> dims = broadcastDims(lhs, rhs);
  if (failed(unifyDims(k, k2)) || failed(dims))
    return emitOptionalError(loc, "matrices of ", adaptor.getLhs().getType(), " and ", adaptor.getRhs().getType(),
                             " cannot be multiplied");
  dims->push_back(m);
  dims->push_back(n);
  types.push_back(tensorOf(*dims, isByte ? IntegerType::get(context, 32) : element));
  return success();
}
LogicalResult MatMulOp::verify() {
  if (isa<ComplexType>(elementOf(getLhs())) || elementOf(getLhs()).isInteger(1))
    return emitOpError("is over real numbers");
  return success();
}
LogicalResult MatMulOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  operands[0].compute() == Compute::Int ? multiply<int64_t>(*this, operands[0], operands[1], results[0])
                                        : multiply<double>(*this, operands[0], operands[1], results[0]);
  return success();
}
DimExpr MatMulOp::countFlops() {
  auto lhs = cast<RankedTensorType>(getLhs().getType());
  return elementCount(getType()) * dimOf(lhs, lhs.getRank() - (getTransposeLhs() ? 2 : 1)) * 2;
}

namespace {
/// A transpose of an operand's last two dimensions is read in place.
struct AbsorbTranspose : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatMulOp op, PatternRewriter &rewriter) const override {
    auto source = [](Value operand) -> Value {
      auto transpose = operand.getDefiningOp<TransposeOp>();
      if (!transpose)
        return {};
      auto swapped = llvm::to_vector(llvm::seq<int64_t>(transpose.getPermutation().size()));
      std::swap(swapped[swapped.size() - 1], swapped[swapped.size() - 2]);
      return transpose.getPermutation() == ArrayRef(swapped) ? transpose.getInput() : Value();
    };
    Value lhs = source(op.getLhs()), rhs = source(op.getRhs());
    if (!lhs && !rhs)
      return failure();
    rewriter.replaceOpWithNewOp<MatMulOp>(op, op.getType(), lhs ? lhs : op.getLhs(), rhs ? rhs : op.getRhs(),
                                          op.getTransposeLhs() != static_cast<bool>(lhs),
                                          op.getTransposeRhs() != static_cast<bool>(rhs));
    return success();
  }
};
} // namespace
void MatMulOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<AbsorbTranspose>(context);
}

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/MatMul.cpp.inc"
