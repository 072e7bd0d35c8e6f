//===- Part.h - one encoding or network of a field ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_PART_H
#define TREADLE_FRONTENDS_SCENE_PART_H

#include "frontends/scene/Field.h"

namespace treadle::scene {

/// What is wanted of a field: all of it, or what one key of its file describes. Encodings give `features` without what
/// fills them up, networks take these and give `output`.
struct FieldPart {
  enum class Kind { Whole, Encoding, Network, DirEncoding, RgbNetwork } kind = Kind::Whole;

  /// By the key, "" for all of it. One that there is not is reported.
  static FieldPart of(const Field &field, llvm::StringRef key, Problems &problems);

  /// Its inputs, and their numbers a sample.
  llvm::SmallVector<std::pair<llvm::StringRef, int64_t>> inputs(const Field &field) const;
  /// Writes it, in f32, of these inputs, behind which there may be others.
  llvm::SmallVector<NamedValue> write(Writer &writer, const Field &field, mlir::ValueRange inputs) const;
};

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_PART_H
