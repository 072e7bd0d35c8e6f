//===- ModelFile.cpp - a model's files, mapped ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/ModelFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include <cstring>
#include <optional>

using namespace llvm;

namespace treadle::onnx {
namespace {

/// raw_data of fewer bytes is copied.
constexpr size_t smallData = 1024;
/// Subgraphs within subgraphs; protobuf itself stops at 100 messages within each other.
constexpr unsigned deepest = 24;

Error error(const Twine &message) { return createStringError(message); }

// ---- the wire format ---------------------------------------------------------------------------

enum WireType { Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5 };

/// The messages on the way to a tensor.
enum class Message { Model, Graph, Node, Attribute, Function, SparseTensor, Tensor };

/// The message that a field holds, if it is on the way to a tensor.
std::optional<Message> fieldMessage(Message message, uint64_t field) {
  switch (message) {
  case Message::Model:
    return field == 7 ? std::optional(Message::Graph) : field == 25 ? std::optional(Message::Function) : std::nullopt;
  case Message::Graph:
    return field == 1    ? std::optional(Message::Node)
           : field == 5  ? std::optional(Message::Tensor)
           : field == 15 ? std::optional(Message::SparseTensor)
                         : std::nullopt;
  case Message::Node:
    return field == 5 ? std::optional(Message::Attribute) : std::nullopt;
  case Message::Attribute:
    return field == 5 || field == 10    ? std::optional(Message::Tensor)
           : field == 6 || field == 11  ? std::optional(Message::Graph)
           : field == 22 || field == 23 ? std::optional(Message::SparseTensor)
                                        : std::nullopt;
  case Message::Function:
    return field == 7 ? std::optional(Message::Node) : field == 11 ? std::optional(Message::Attribute) : std::nullopt;
  case Message::SparseTensor:
    return field == 1 || field == 2 ? std::optional(Message::Tensor) : std::nullopt;
  case Message::Tensor:
    return std::nullopt;
  }
  return std::nullopt;
}

void writeVarint(std::string &out, uint64_t value) {
  for (; value >= 128; value >>= 7)
    out.push_back(static_cast<char>(value | 128));
  out.push_back(static_cast<char>(value));
}

void writeDelimited(std::string &out, uint64_t field, StringRef bytes) {
  writeVarint(out, field << 3 | Delimited);
  writeVarint(out, bytes.size());
  out.append(bytes.data(), bytes.size());
}

/// Copies a message without large raw data.
class Skeleton {
public:
  explicit Skeleton(StringRef file) : file(file) {}

  bool copy(Message message, StringRef bytes, std::string &out, unsigned depth) {
    if (depth > 4 * deepest)
      return fail("graphs are nested too deeply");
    std::optional<StringRef> rawData;
    while (!bytes.empty()) {
      StringRef start = bytes;
      uint64_t key, length;
      if (!readVarint(bytes, key))
        return false;
      switch (key & 7) {
      case Varint:
        if (!readVarint(bytes, length))
          return false;
        break;
      case Fixed64:
      case Fixed32:
        length = (key & 7) == Fixed64 ? 8 : 4;
        if (bytes.size() < length)
          return fail("the file ends within a field");
        bytes = bytes.drop_front(length);
        break;
      case Delimited: {
        if (!readVarint(bytes, length))
          return false;
        if (length > bytes.size())
          return fail("the file ends within a field");
        StringRef content = bytes.take_front(length);
        bytes = bytes.drop_front(length);
        if (std::optional<Message> inner = fieldMessage(message, key >> 3)) {
          std::string copied;
          if (!copy(*inner, content, copied, depth + 1))
            return false;
          writeDelimited(out, key >> 3, copied);
          continue;
        }
        if (message == Message::Tensor && key >> 3 == ::onnx::TensorProto::kRawDataFieldNumber && length > smallData) {
          rawData = content;
          continue;
        }
        break;
      }
      default:
        return fail("it has a field of an unknown wire type");
      }
      out.append(start.data(), start.size() - bytes.size());
    }
    if (rawData) // last, so that it holds whatever else the tensor says of where its data is
      refer(*rawData, out);
    return true;
  }

  std::string problem;

private:
  bool fail(StringRef what) {
    problem = what.str();
    return false;
  }

  bool readVarint(StringRef &bytes, uint64_t &value) {
    value = 0;
    for (unsigned i = 0; i < 10; ++i) {
      if (i >= bytes.size())
        return fail("the file ends within a field");
      auto byte = static_cast<uint8_t>(bytes[i]);
      value |= static_cast<uint64_t>(byte & 127) << (7 * i);
      if (byte < 128) {
        bytes = bytes.drop_front(i + 1);
        return true;
      }
    }
    return fail("it has a number of more than 64 bits");
  }

  void refer(StringRef content, std::string &out) {
    auto entry = [&](StringRef name, const std::string &value) {
      std::string pair;
      writeDelimited(pair, 1, name);
      writeDelimited(pair, 2, value);
      writeDelimited(out, ::onnx::TensorProto::kExternalDataFieldNumber, pair);
    };
    entry("location", "");
    entry("offset", std::to_string(content.data() - file.data()));
    entry("length", std::to_string(content.size()));
    writeVarint(out, ::onnx::TensorProto::kDataLocationFieldNumber << 3 | Varint);
    writeVarint(out, ::onnx::TensorProto::EXTERNAL);
  }

  StringRef file;
};

// ---- tensors -----------------------------------------------------------------------------------

using TensorVisitor = function_ref<void(const ::onnx::TensorProto &)>;

template <typename Nodes> void visitNodes(const Nodes &nodes, TensorVisitor visit);

void visitGraph(const ::onnx::GraphProto &graph, TensorVisitor visit) {
  for (const auto &tensor : graph.initializer())
    visit(tensor);
  for (const auto &sparse : graph.sparse_initializer()) {
    visit(sparse.values());
    visit(sparse.indices());
  }
  visitNodes(graph.node(), visit);
}

void visitAttribute(const ::onnx::AttributeProto &attribute, TensorVisitor visit) {
  if (attribute.has_t())
    visit(attribute.t());
  for (const auto &tensor : attribute.tensors())
    visit(tensor);
  if (attribute.has_g())
    visitGraph(attribute.g(), visit);
  for (const auto &graph : attribute.graphs())
    visitGraph(graph, visit);
}

template <typename Nodes> void visitNodes(const Nodes &nodes, TensorVisitor visit) {
  for (const auto &node : nodes)
    for (const auto &attribute : node.attribute())
      visitAttribute(attribute, visit);
}

} // namespace

void forEachTensor(const ::onnx::ModelProto &model, TensorVisitor visit) {
  visitGraph(model.graph(), visit);
  for (const auto &function : model.functions()) {
    for (const auto &attribute : function.attribute_proto())
      visitAttribute(attribute, visit);
    visitNodes(function.node(), visit);
  }
}

// ---- the files ---------------------------------------------------------------------------------

Expected<std::shared_ptr<ModelFile>> ModelFile::open(StringRef path) {
  auto result = std::make_shared<ModelFile>();
  result->path = path.str();
  if (sys::fs::is_directory(path))
    return error("is a folder; the model is a file in it");
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return error(buffer.getError().message());
  result->file = std::move(*buffer);
  StringRef bytes = result->file->getBuffer();
  if (bytes.empty())
    return error("is empty");
  if (bytes.starts_with("version https://git-lfs"))
    return error("is a pointer of Git LFS, not the model; fetch it with: git lfs pull");
  Skeleton skeleton(bytes);
  std::string copied;
  if (!skeleton.copy(Message::Model, bytes, copied, 0))
    return error("is no ONNX model, or a damaged one: " + skeleton.problem);
  if (copied.size() >= (uint64_t(1) << 31) || !result->proto.ParseFromString(copied))
    return error("is no ONNX model, or a damaged one");
  if (!result->proto.has_graph())
    return error("is no ONNX model, or a damaged one: it has no graph");
  return result;
}

Expected<MemoryBuffer *> ModelFile::mapExternal(StringRef location) {
  auto known = external.find(location);
  if (known != external.end())
    return known->second.get();
  bool leaves =
      sys::path::is_absolute(location) || llvm::any_of(make_range(sys::path::begin(location), sys::path::end(location)),
                                                       [](StringRef part) { return part == ".."; });
  if (leaves || location.contains('\0'))
    return error("refers to external data outside the model's folder: '" + location + "'");
  SmallString<256> full(sys::path::parent_path(path));
  sys::path::append(full, location);
  // A link may lead out of the folder only to where the model itself is linked from, as in caches that
  // keep files by their hash.
  SmallString<256> target, folder, model;
  if (std::error_code code = sys::fs::real_path(full, target))
    return error("refers to external data that cannot be read: '" + full + "': " + code.message());
  StringRef parent = sys::path::parent_path(path);
  (void)sys::fs::real_path(parent.empty() ? StringRef(".") : parent, folder);
  (void)sys::fs::real_path(path, model);
  auto isWithin = [&](StringRef prefix) {
    StringRef rest(target);
    return rest.consume_front(prefix) && (prefix.ends_with("/") || rest.empty() || rest.starts_with("/"));
  };
  if (!isWithin(folder) && !isWithin(sys::path::parent_path(model)))
    return error("refers to external data outside the model's folder: '" + location + "'");
  if (!sys::fs::is_regular_file(target))
    return error("refers to external data that is no file: '" + full + "'");
  auto buffer = MemoryBuffer::getFile(target, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return error("refers to external data that cannot be read: '" + full + "': " + buffer.getError().message());
  MemoryBuffer *result = buffer->get();
  external[location] = std::move(*buffer);
  return result;
}

Expected<ArrayRef<char>> ModelFile::dataOf(const ::onnx::TensorProto &tensor) {
  StringRef location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
  for (const auto &entry : tensor.external_data()) {
    uint64_t number = 0;
    bool isNumber = entry.key() == "offset" || entry.key() == "length";
    if (isNumber && StringRef(entry.value()).getAsInteger(10, number))
      return error("has external data with " + Twine(entry.key()) + " '" + entry.value() + "'");
    if (entry.key() == "location")
      location = entry.value();
    else if (entry.key() == "offset")
      offset = number;
    else if (entry.key() == "length")
      length = number;
  }
  const MemoryBuffer *source = file.get();
  if (!location.empty()) {
    Expected<MemoryBuffer *> mapped = mapExternal(location);
    if (!mapped)
      return mapped.takeError();
    source = *mapped;
  }
  uint64_t size = source->getBufferSize();
  if (offset > size || (length && *length > size - offset))
    return error("refers to bytes " + Twine(offset) + " to " + Twine(offset + length.value_or(0)) + " of '" + location +
                 "', which has " + Twine(size));
  return ArrayRef<char>(source->getBufferStart() + offset, length.value_or(size - offset));
}

Expected<std::vector<std::string>> ModelFile::files() {
  std::vector<std::string> result = {path};
  StringSet<> seen;
  Error problem = Error::success();
  forEachTensor(proto, [&](const ::onnx::TensorProto &tensor) {
    if (problem || tensor.data_location() != ::onnx::TensorProto::EXTERNAL)
      return;
    for (const auto &entry : tensor.external_data()) {
      if (entry.key() != "location" || entry.value().empty() || !seen.insert(entry.value()).second)
        continue;
      Expected<MemoryBuffer *> mapped = mapExternal(entry.value());
      if (!mapped) {
        problem = mapped.takeError();
        return;
      }
      SmallString<256> full(sys::path::parent_path(path));
      sys::path::append(full, entry.value());
      result.push_back(full.str().str());
    }
  });
  if (problem)
    return std::move(problem);
  return result;
}

Expected<std::string> ModelFile::sha256() {
  Expected<std::vector<std::string>> names = files();
  if (!names)
    return names.takeError();
  SHA256 hash;
  hash.update(file->getBuffer());
  for (StringRef name : ArrayRef(*names).drop_front()) {
    // files() has mapped them all; the key is the path below the model's folder.
    StringRef folder = sys::path::parent_path(path);
    StringRef location = folder.empty() ? name : name.drop_front(folder.size()).ltrim('/');
    auto mapped = external.find(location);
    if (mapped != external.end())
      hash.update(mapped->second->getBuffer());
  }
  return toHex(hash.final(), /*LowerCase=*/true);
}

} // namespace treadle::onnx
