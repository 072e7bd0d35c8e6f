//===- ModelFile.h - a model's files, mapped --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An ONNX file is one protobuf message with the weights inside. To parse it without copying them, the
// wire format is walked first and copied without the large raw_data fields (the skeleton); each of
// those becomes a reference as ONNX has it for external data, to the file itself.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_MODELFILE_H
#define TREADLE_FRONTENDS_ONNX_MODELFILE_H

#include "onnx-ml.pb.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>
#include <vector>

namespace treadle::onnx {

class ModelFile {
public:
  /// Maps and parses the file at `path`. The error is one line without the path.
  static llvm::Expected<std::shared_ptr<ModelFile>> open(llvm::StringRef path);

  const ::onnx::ModelProto &model() const { return proto; }

  /// The bytes of a tensor whose data_location is EXTERNAL (which includes large raw_data). They live
  /// as long as this.
  llvm::Expected<llvm::ArrayRef<char>> dataOf(const ::onnx::TensorProto &tensor);

  /// The model, then the files that its tensors refer to, in order of first use.
  llvm::Expected<std::vector<std::string>> files();

  /// SHA-256 of the contents of files().
  llvm::Expected<std::string> sha256();

private:
  llvm::Expected<llvm::MemoryBuffer *> mapExternal(llvm::StringRef location);

  std::string path;
  std::unique_ptr<llvm::MemoryBuffer> file;
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> external; // by location
  ::onnx::ModelProto proto;
};

/// Calls `visit` with every tensor of the model: initializers, attributes, in subgraphs and functions.
void forEachTensor(const ::onnx::ModelProto &model, llvm::function_ref<void(const ::onnx::TensorProto &)> visit);

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_MODELFILE_H
