//===- treadle-opt.cpp - passes on IR in text, for tests --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "tools/compile/Register.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry = treadle::allDialects();
  treadle::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Treadle's passes on IR in text\n", registry));
}
