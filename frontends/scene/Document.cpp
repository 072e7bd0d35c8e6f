//===- Document.cpp - a scene file as a tree of values ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Document.h"
#include "llvm/ADT/Twine.h"
#include <zlib.h>

using llvm::StringRef;
using nlohmann::json;

namespace treadle::scene {
namespace {

/// One is asked for at a time, so that a header cannot ask for more than its stream holds.
constexpr size_t chunkBytes = 1 << 20;

llvm::Error error(const llvm::Twine &what) { return llvm::createStringError(what); }

llvm::Error inflateInto(StringRef bytes, std::string &result, size_t limit) {
  z_stream stream = {};
  if (inflateInit2(&stream, MAX_WBITS + 32) != Z_OK) // either header
    return error("zlib has no memory");
  std::string chunk(chunkBytes, '\0');
  int status = Z_OK;
  while (status == Z_OK) {
    if (stream.avail_in == 0) {
      StringRef next = bytes.take_front(chunkBytes);
      bytes = bytes.drop_front(next.size());
      stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(next.data()));
      stream.avail_in = static_cast<uInt>(next.size());
    }
    stream.next_out = reinterpret_cast<Bytef *>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    status = inflate(&stream, Z_NO_FLUSH);
    result.append(chunk.data(), chunk.size() - stream.avail_out);
    if (result.size() > limit) {
      inflateEnd(&stream);
      return error("unpacks to more than " + llvm::Twine(limit >> 20) +
                   " MiB; a snapshot without the optimizer's state "
                   "is smaller");
    }
  }
  inflateEnd(&stream);
  if (status == Z_STREAM_END)
    return llvm::Error::success();
  bool isShort = status == Z_BUF_ERROR;
  return error(isShort ? "is damaged: its compressed stream is cut short; copy or save it again"
                       : "is damaged: its compressed stream cannot be unpacked; copy or save it again");
}

/// Makes the tree from what the parser meets.
class TreeBuilder : public nlohmann::json_sax<json> {
public:
  explicit TreeBuilder(const DocumentLimits &limits) : limits(limits) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(json::number_integer_t value) override { return put(value); }
  bool number_unsigned(json::number_unsigned_t value) override { return put(value); }
  bool number_float(json::number_float_t value, const std::string &) override { return put(value); }
  bool string(std::string &value) override { return put(std::move(value)); }
  bool binary(json::binary_t &value) override { return put(std::move(value)); }
  bool start_object(size_t) override { return open(json::object()); }
  bool start_array(size_t) override { return open(json::array()); }
  bool key(std::string &value) override {
    name = std::move(value);
    return count(containers, limits.containers, "lists, maps and keys");
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(size_t position, const std::string &, const nlohmann::detail::exception &) override {
    return fail("is damaged: what stands at byte " + std::to_string(position) + " cannot be read");
  }

  json root;
  std::string problem;

private:
  bool fail(const std::string &what) {
    if (problem.empty())
      problem = what;
    return false;
  }
  bool count(size_t &number, size_t limit, const char *what) {
    return ++number <= limit || fail("has more than " + std::to_string(limit) + " " + what + ", the most that is read");
  }
  bool put(json value) {
    if (!count(values, limits.values, "values"))
      return false;
    place(std::move(value));
    return true;
  }
  json &place(json value) {
    if (stack.empty())
      return root = std::move(value);
    json &parent = *stack.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return parent.back();
    }
    return parent[name] = std::move(value);
  }
  bool open(json value) {
    if (!count(containers, limits.containers, "lists, maps and keys"))
      return false;
    if (stack.size() >= limits.depth)
      return fail("has lists and maps nested deeper than " + std::to_string(limits.depth) + ", the most that is read");
    stack.push_back(&place(std::move(value)));
    return true;
  }
  bool close() {
    stack.pop_back();
    return true;
  }

  const DocumentLimits &limits;
  std::vector<json *> stack; // open, outermost first; what lies in an open one does not move
  std::string name;
  size_t values = 0, containers = 0;
};

} // namespace

bool isCompressed(StringRef bytes) {
  if (bytes.size() < 2)
    return false;
  auto first = static_cast<uint8_t>(bytes[0]), second = static_cast<uint8_t>(bytes[1]);
  return (first == 0x1f && second == 0x8b) || (first == 0x78 && (first << 8 | second) % 31 == 0);
}

llvm::Expected<json> readDocument(StringRef bytes, const DocumentLimits &limits) {
  if (bytes.empty())
    return error("is empty");
  if (bytes.starts_with("version https://git-lfs"))
    return error("is a pointer of Git LFS, not the scene; fetch it with: git lfs pull");
  std::string unpacked;
  if (isCompressed(bytes)) {
    if (llvm::Error problem = inflateInto(bytes, unpacked, limits.bytes))
      return std::move(problem);
    bytes = unpacked;
  }
  if (bytes.size() > limits.bytes)
    return error("has more than " + llvm::Twine(limits.bytes >> 20) +
                 " MiB; a snapshot without the optimizer's state "
                 "is smaller");
  // No map of MessagePack starts with a brace or a space.
  StringRef text = bytes.ltrim();
  bool isText = text.starts_with("{") || text.starts_with("/");
  TreeBuilder tree(limits);
  bool isRead = json::sax_parse(bytes.begin(), bytes.end(), &tree,
                                isText ? json::input_format_t::json : json::input_format_t::msgpack,
                                /*strict=*/true, /*ignore_comments=*/true);
  if (!isRead)
    return error(tree.problem + (isText ? ", as JSON" : ", as MessagePack"));
  if (!tree.root.is_object())
    return error("is no scene: it should be a map of keys, as instant-ngp's snapshots are");
  return std::move(tree.root);
}

} // namespace treadle::scene
