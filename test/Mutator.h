//===- Mutator.h - files that are cut short or altered -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_MUTATOR_H
#define TREADLE_TEST_MUTATOR_H

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <string>

namespace treadle::test {

/// How many are tried of each kind: what TREADLE_MUTATIONS says, or 1,000.
inline int mutations() {
  const char *count = std::getenv("TREADLE_MUTATIONS");
  return count ? std::stoi(count) : 1000;
}

/// The same ones everywhere.
class Mutator {
public:
  size_t below(size_t limit) { return random() % limit; }
  template <typename List> auto &oneOf(List &list) { return list[below(std::size(list))]; }

  /// `bytes`, which are not empty, cut or with some of them altered or repeated; every second time among the first
  /// `headerBytes`, as most of a file is numbers, which may be any.
  template <typename Bytes> Bytes mutated(Bytes bytes, size_t headerBytes = 900) {
    size_t kind = below(4);
    if (kind == 0) {
      bytes.resize(below(bytes.size()));
      return bytes;
    }
    for (size_t count = 1 + below(4); count > 0; --count) {
      size_t at = below(2) ? below(bytes.size()) : below(std::min<size_t>(bytes.size(), headerBytes));
      if (kind == 1)
        bytes[at] ^= 1 << below(8);
      else if (kind == 2)
        bytes[at] = static_cast<typename Bytes::value_type>(std::array{0, 1, 127, 128, 192, 221, 223, 255}[below(8)]);
      else
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 1 + below(8), bytes[below(bytes.size())]);
    }
    return bytes;
  }

private:
  std::mt19937 random{1};
};

} // namespace treadle::test

#endif // TREADLE_TEST_MUTATOR_H
