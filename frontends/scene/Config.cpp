//===- Config.cpp - keys of a configuration ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Config.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using llvm::StringRef;
using llvm::Twine;
using nlohmann::json;

namespace treadle::scene {
namespace {

constexpr size_t mostProblems = 16;
constexpr size_t shownCharacters = 40;

const json nothing = json::object();

/// Text of a file, for a message.
std::string shown(StringRef text) {
  std::string result;
  for (char c : text.take_front(shownCharacters))
    result += llvm::isPrint(c) ? c : '?';
  return text.size() > shownCharacters ? result + ".." : result;
}

std::string describe(const json &value) {
  switch (value.type()) {
  case json::value_t::object:
    return "is a map";
  case json::value_t::array:
    return value.empty() ? "is an empty list" : "is a list of " + std::to_string(value.size());
  case json::value_t::binary:
    return "is binary";
  case json::value_t::string:
    return "is '" + shown(*value.get_ptr<const std::string *>()) + "'";
  case json::value_t::number_float: {
    std::string text;
    llvm::raw_string_ostream(text) << *value.get_ptr<const double *>();
    return "is " + text;
  }
  default:
    return "is " + value.dump();
  }
}

/// Writers in Python or Lua make no difference between 16 and 16.0.
std::optional<int64_t> toInteger(const json &value) {
  if (const auto *number = value.get_ptr<const uint64_t *>(); value.is_number_unsigned())
    return *number <= INT64_MAX ? std::optional<int64_t>(*number) : std::nullopt;
  if (value.is_number_integer())
    return *value.get_ptr<const int64_t *>();
  if (value.is_number_float())
    if (double number = *value.get_ptr<const double *>(); std::abs(number) < 0x1p53 && std::trunc(number) == number)
      return static_cast<int64_t>(number);
  return std::nullopt;
}

} // namespace

void Problems::add(const Twine &what) {
  std::string line = what.str();
  if (lines.size() < mostProblems && !llvm::is_contained(lines, line))
    lines.push_back(std::move(line));
}

const json *Config::find(StringRef key) const {
  auto it = value->find(key.str());
  return it == value->end() || it->is_null() ? nullptr : &*it;
}

std::vector<std::string> Config::names() const {
  std::vector<std::string> result;
  for (auto it = value->begin(); it != value->end(); ++it)
    result.push_back(it.key());
  return result;
}

std::string Config::pathOf(StringRef key) const { return path.empty() ? key.str() : path + "." + key.str(); }

void Config::report(StringRef key, const Twine &what) const { problems->add(pathOf(key) + " " + what); }

std::string Config::found(StringRef key) const {
  const json *entry = find(key);
  return entry ? describe(*entry) : "is missing";
}

int64_t Config::integer(StringRef key, int64_t otherwise, int64_t low, int64_t high) const {
  return has(key) ? integer(key, low, high) : otherwise;
}

int64_t Config::integer(StringRef key, int64_t low, int64_t high) const {
  const json *entry = find(key);
  std::optional<int64_t> number = entry ? toInteger(*entry) : std::nullopt;
  if (number && *number >= low && *number <= high)
    return *number;
  report(key, found(key) + "; it should be a whole number from " + Twine(low) + " to " + Twine(high));
  return low;
}

std::optional<float> Config::number(StringRef key) const {
  std::optional<double> number = real(key);
  return number ? std::optional(static_cast<float>(*number)) : std::nullopt;
}

std::optional<double> Config::real(StringRef key) const {
  const json *entry = find(key);
  if (!entry)
    return std::nullopt;
  std::optional<int64_t> whole = toInteger(*entry);
  double number = whole                      ? static_cast<double>(*whole)
                  : entry->is_number_float() ? *entry->get_ptr<const double *>()
                                             : NAN;
  if (std::abs(number) <= std::numeric_limits<float>::max())
    return number;
  report(key, found(key) + "; it should be a number");
  return std::nullopt;
}

bool Config::boolean(StringRef key, bool otherwise) const {
  const json *entry = find(key);
  if (!entry)
    return otherwise;
  if (const bool *given = entry->get_ptr<const bool *>())
    return *given;
  report(key, found(key) + "; it should be true or false");
  return otherwise;
}

std::string Config::text(StringRef key) const {
  const json *entry = find(key);
  if (!entry)
    return "";
  if (const auto *text = entry->get_ptr<const std::string *>(); text && !text->empty())
    return *text;
  report(key, found(key) + "; it should be a word");
  return "";
}

Config Config::map(StringRef key, bool isNeeded) const {
  const json *entry = find(key);
  if (entry ? !entry->is_object() : isNeeded)
    report(key, found(key) + "; it should be a map of keys");
  return {entry && entry->is_object() ? *entry : nothing, pathOf(key), *problems};
}

std::vector<Config> Config::maps(StringRef key) const {
  const json *entry = find(key);
  std::vector<Config> result;
  if (!entry || !entry->is_array()) {
    report(key, found(key) + "; it should be a list of maps");
    return result;
  }
  for (size_t i = 0; i < entry->size(); ++i) {
    const json &item = (*entry)[i];
    std::string where = key.str() + "[" + std::to_string(i) + "]";
    if (!item.is_object())
      report(where, describe(item) + "; it should be a map of keys");
    result.push_back({item.is_object() ? item : nothing, pathOf(where), *problems});
  }
  return result;
}

bool readList(const Config &config, StringRef key, llvm::MutableArrayRef<float> numbers, size_t least) {
  const json *entry = config.find(key);
  if (!entry)
    return false;
  std::vector<float> read;
  if (entry->is_array() && (entry->size() == numbers.size() || entry->size() == least))
    for (const json &item : *entry)
      if (float number = item.is_number() ? static_cast<float>(item.get<double>()) : NAN; std::isfinite(number))
        read.push_back(number);
  if (read.empty() || read.size() != entry->size()) {
    std::string counts = (least ? std::to_string(least) + " or " : "") + std::to_string(numbers.size());
    config.report(key, config.found(key) + "; it should be a list of " + counts + " numbers");
    return false;
  }
  llvm::copy(read, numbers.begin());
  return true;
}

llvm::ArrayRef<char> readBytes(const Config &config, StringRef key, std::shared_ptr<void> &keeper) {
  const json *entry = config.find(key);
  if (entry)
    if (const auto *binary = entry->get_ptr<const json::binary_t *>())
      return {reinterpret_cast<const char *>(binary->data()), binary->size()};
  const json *list = nullptr;
  if (entry && entry->is_object())
    if (auto it = entry->find("bytes"); it != entry->end() && it->is_array())
      list = &*it;
  if (!list) {
    config.report(key, config.found(key) + "; it should be binary, or {\"bytes\": [..]} in JSON");
    return {};
  }
  auto bytes = std::make_shared<std::vector<char>>();
  for (const json &item : *list) {
    const auto *number = item.is_number_unsigned() ? item.get_ptr<const uint64_t *>() : nullptr;
    if (!number || *number > UINT8_MAX) {
      config.report(key, "has an element in bytes that is not a whole number from 0 to 255");
      return {};
    }
    bytes->push_back(static_cast<char>(*number));
  }
  keeper = bytes;
  return *bytes;
}

} // namespace treadle::scene
