//===- Evaluate.h - run a whole graph by the meaning of its ops -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference interpreter: slow, simple, and the truth that compiled code is compared with.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_EVALUATE_H
#define TREADLE_DIALECTS_GRAPH_EVALUATE_H

#include "dialects/graph/Graph.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::func {
class FuncOp;
}

namespace treadle::graph {

/// Values of symbols for one run.
using SymbolValues = llvm::StringMap<int64_t>;

/// Reads symbols off the shapes of inputs. Fails with a diagnostic where a shape does not fit its
/// type.
mlir::FailureOr<SymbolValues> bindSymbols(mlir::Location loc, llvm::ArrayRef<mlir::Type> types,
                                          llvm::ArrayRef<Tensor> inputs);

/// Replaces symbols by their values in every type and attribute within `op`.
void substituteSymbols(mlir::Operation *op, const SymbolValues &values);
/// The same by expressions; `replacement` returns a null one to keep a symbol.
void substituteSymbols(mlir::Operation *op, llvm::function_ref<DimExpr(llvm::StringRef)> replacement);

/// The results of one op for given operands; all dimensions of its types must be constants.
mlir::FailureOr<llvm::SmallVector<Tensor>> evaluateOp(mlir::Operation *op, llvm::ArrayRef<Tensor> operands);

/// What the terminator of a region of one block names, for given arguments, from whose shapes the symbols of
/// their types are read.
mlir::FailureOr<llvm::SmallVector<Tensor>> evaluateRegion(mlir::Region &region, llvm::ArrayRef<Tensor> inputs);

/// The value of `op`: a constant in its place if its operands are constants and it can be evaluated, else
/// its result. `op` has one result and no users yet.
mlir::Value foldToConstant(mlir::OpBuilder &builder, mlir::Operation *op);

/// The results of `function` for given inputs. Called after each op, `observe` sees its results.
/// Fails with a diagnostic that names the op. Groups are evaluated like the ops in them.
mlir::FailureOr<llvm::SmallVector<Tensor>>
evaluate(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> inputs,
         llvm::function_ref<void(mlir::Operation *, llvm::ArrayRef<Tensor>)> observe = {});

} // namespace treadle::graph

#endif // TREADLE_DIALECTS_GRAPH_EVALUATE_H
