//===- Buffer.h - numbers in a file beside a scene ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_BUFFER_H
#define TREADLE_FRONTENDS_SCENE_BUFFER_H

#include "frontends/scene/Config.h"
#include "runtime/base/DType.h"

namespace treadle::scene {

/// What a key says of a file: {"file": "net.bin", "dtype": "f16", "offset": 0}, where the numbers lie one after another
/// from `offset` to the end, or {"file": "net.safetensors", "tensor": "params"}.
struct Buffer {
  DType dtype = DType::F16;
  llvm::ArrayRef<char> bytes;
  std::shared_ptr<void> keeper; // of the bytes
};

/// Reads it from a file in `folder` or below, of one of these types. What is wrong is reported; then there are no
/// bytes.
Buffer readBuffer(const Config &owner, llvm::StringRef key, llvm::StringRef folder, llvm::ArrayRef<DType> types);

/// Where a file that a scene names lies, or nothing if that is not in the folder of the scene or below.
std::optional<std::string> pathIn(llvm::StringRef folder, llvm::StringRef file);

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_BUFFER_H
