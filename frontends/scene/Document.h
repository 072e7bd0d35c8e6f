//===- Document.h - a scene file as a tree of values ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MessagePack or JSON, plain or in a zlib or gzip stream. The file is not trusted: what it unpacks to, how many values
// it has and how deep they lie is bounded while it is read.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_DOCUMENT_H
#define TREADLE_FRONTENDS_SCENE_DOCUMENT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <nlohmann/json.hpp>
#include <string>

namespace treadle::scene {

/// What a scene file may hold; more is an error that says so.
struct DocumentLimits {
  size_t bytes = size_t(2) << 30;      // once unpacked
  size_t values = size_t(1) << 26;     // numbers, words, ..
  size_t containers = size_t(1) << 20; // lists, maps and keys
  size_t depth = 64;
};

/// Whether bytes start as a zlib or gzip stream does.
bool isCompressed(llvm::StringRef bytes);

/// The values in a scene file's bytes, a map at the top. The error is one line without the file's name.
llvm::Expected<nlohmann::json> readDocument(llvm::StringRef bytes, const DocumentLimits &limits = {});

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_DOCUMENT_H
