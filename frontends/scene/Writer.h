//===- Writer.h - ops of a field --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_WRITER_H
#define TREADLE_FRONTENDS_SCENE_WRITER_H

#include "dialects/ng/Ng.h"
#include "mlir/IR/Builders.h"
#include <memory>

namespace treadle::scene {

/// The numbers that were trained, as they stand in a file: little-endian floats.
struct Parameters {
  DType dtype = DType::F16;
  int64_t count = 0;
  llvm::ArrayRef<char> bytes;
  std::shared_ptr<void> keeper; // of the bytes
  std::string input;            // they are an input of that name instead, and there are no bytes
};

/// Writes graph ops of samples, one a row, at the end of a block.
class Writer {
public:
  Writer(mlir::OpBuilder builder, Parameters parameters)
      : b(builder), parameters(std::move(parameters)), loc(b.getUnknownLoc()) {}

  /// Of what is written from here on: a key of the file.
  void setLocation(llvm::StringRef key) { loc = mlir::NameLoc::get(b.getStringAttr(key)); }

  template <typename Op, typename... Args> Op make(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...);
  }
  mlir::OpBuilder &builder() { return b; }
  /// Of parameters, and so of features.
  mlir::Type element() { return graph::typeOf(b.getContext(), parameters.dtype); }

  /// The input that parameters are, [count]; before any is written.
  void setSource(mlir::Value value) { source = value; }

  /// Parameters from number `first` on.
  mlir::Value parameter(int64_t first, llvm::ArrayRef<int64_t> shape);
  mlir::Value scalar(double value, mlir::Type type);
  mlir::Value cast(mlir::Value value, mlir::Type type);
  mlir::Value add(mlir::Value value, mlir::Value other) { return make<graph::AddOp>(value, other); }
  mlir::Value mul(mlir::Value value, mlir::Value other) { return make<graph::MulOp>(value, other); }
  mlir::Value add(mlir::Value value, double number) { return add(value, scalar(number, graph::elementOf(value))); }
  mlir::Value mul(mlir::Value value, double number) { return mul(value, scalar(number, graph::elementOf(value))); }
  mlir::Value columns(mlir::Value value, int64_t begin, int64_t count);
  /// Side by side; nulls are left out.
  mlir::Value concat(llvm::ArrayRef<mlir::Value> values);
  /// `value` in all columns, as many rows as `like` has; null if there are no columns.
  mlir::Value filled(mlir::Value like, int64_t columns, double value, mlir::Type type);

private:
  mlir::OpBuilder b;
  Parameters parameters;
  mlir::Location loc;
  mlir::Value source;
};

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_WRITER_H
