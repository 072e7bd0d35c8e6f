//===- Config.h - keys of a configuration -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_SCENE_CONFIG_H
#define TREADLE_FRONTENDS_SCENE_CONFIG_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/Twine.h"
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace treadle::scene {

/// What is wrong with a file: the key, and what.
class Problems {
public:
  void add(const llvm::Twine &what);
  bool empty() const { return lines.empty(); }
  llvm::ArrayRef<std::string> all() const { return lines; }

private:
  std::vector<std::string> lines;
};

/// A map of keys, which knows where it stands. A key that is not what it should be is a problem, and reads as its
/// default: all that is wrong is found at once.
class Config {
public:
  Config(const nlohmann::json &value, std::string path, Problems &problems)
      : value(&value), path(std::move(path)), problems(&problems) {}

  bool has(llvm::StringRef key) const { return find(key); }
  /// Of all keys.
  std::vector<std::string> names() const;
  /// Null if it is not there.
  const nlohmann::json *find(llvm::StringRef key) const;

  int64_t integer(llvm::StringRef key, int64_t otherwise, int64_t low, int64_t high) const;
  /// One that must be there.
  int64_t integer(llvm::StringRef key, int64_t low, int64_t high) const;
  std::optional<float> number(llvm::StringRef key) const;
  /// The same, not rounded to f32.
  std::optional<double> real(llvm::StringRef key) const;
  bool boolean(llvm::StringRef key, bool otherwise) const;
  /// As it stands there, in lower case; "" if it is not there.
  std::string text(llvm::StringRef key) const;
  std::string word(llvm::StringRef key) const { return llvm::StringRef(text(key)).lower(); }
  /// One of some words, in whatever case.
  template <typename T> struct Choice {
    llvm::StringRef name;
    T value;
  };
  template <typename T> T choose(llvm::StringRef key, T otherwise, llvm::ArrayRef<Choice<T>> choices) const {
    if (!has(key))
      return otherwise;
    std::string given = word(key);
    std::string names;
    for (const Choice<T> &choice : choices) {
      if (choice.name.equals_insensitive(given))
        return choice.value;
      names += (names.empty() ? "" : ", ") + choice.name.str();
    }
    if (!given.empty())
      report(key, found(key) + "; it can be " + names);
    return otherwise;
  }

  /// An empty one if it is not there, which is a problem if it must be.
  Config map(llvm::StringRef key, bool isNeeded = true) const;
  /// Maps in a list.
  std::vector<Config> maps(llvm::StringRef key) const;

  /// Reports that a key `what`: "is missing".
  void report(llvm::StringRef key, const llvm::Twine &what) const;
  /// "is 3", to report with.
  std::string found(llvm::StringRef key) const;
  std::string pathOf(llvm::StringRef key) const;
  Problems &all() const { return *problems; }

private:
  const nlohmann::json *value;
  std::string path;
  Problems *problems;
};

/// Numbers in a list; false if there is none. There may be `least` instead of all, the last stay as they are then.
bool readList(const Config &config, llvm::StringRef key, llvm::MutableArrayRef<float> numbers, size_t least = 0);

/// The bytes of a key; a file that went through JSON has a list of them. They live in what the config's values do, or
/// in `keeper`, which is set then.
llvm::ArrayRef<char> readBytes(const Config &config, llvm::StringRef key, std::shared_ptr<void> &keeper);

} // namespace treadle::scene

#endif // TREADLE_FRONTENDS_SCENE_CONFIG_H
