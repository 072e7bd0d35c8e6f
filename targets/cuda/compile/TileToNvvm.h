//===- TileToNvvm.h - the tile dialect on NVIDIA devices ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CUDA_COMPILE_TILETONVVM_H
#define TREADLE_TARGETS_CUDA_COMPILE_TILETONVVM_H

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"

namespace treadle::cuda {

/// mma.sync, ldmatrix and cp.async for the ops that say the same. Memory is converted to a pointer.
void populateTileToNvvm(mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

/// Bulk tensor copies, mbarrier and wgmma.
void populateAsyncTileToNvvm(mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

} // namespace treadle::cuda

#endif // TREADLE_TARGETS_CUDA_COMPILE_TILETONVVM_H
