//===- Buffer.cpp - numbers in a file beside a scene -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A safetensors file: 8 bytes, how long its header is, little endian; the header, JSON, with a tensor's type, shape and
// place for each name; the tensors.
//
//===----------------------------------------------------------------------===//

#include "frontends/scene/Buffer.h"
#include "frontends/scene/Document.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using llvm::StringRef;
using llvm::Twine;
using nlohmann::json;

namespace treadle::scene {
namespace {

constexpr uint64_t maxHeaderBytes = 100 << 20; // as the format's own reader has it
constexpr size_t lengthBytes = 8, shownNames = 4;

StringRef wordOf(DType type) { return type == DType::F16 ? "f16" : type == DType::F32 ? "f32" : "u8"; }
StringRef tensorWordOf(DType type) { return type == DType::F16 ? "F16" : type == DType::F32 ? "F32" : "U8"; }

std::string listOf(llvm::ArrayRef<DType> types) {
  return llvm::join(llvm::map_range(types, [](DType type) { return wordOf(type).str(); }), ", ");
}

/// Picks a tensor of a safetensors file; `bytes` become the tensor's.
bool pickTensor(const Config &entry, llvm::ArrayRef<DType> types, Buffer &buffer) {
  auto fail = [&](const Twine &what) {
    entry.report("file", entry.found("file") + ", which " + what);
    return false;
  };
  StringRef bytes(buffer.bytes.data(), buffer.bytes.size());
  uint64_t length = bytes.size() < lengthBytes ? 0 : llvm::support::endian::read64le(bytes.data());
  if (length == 0 || length > maxHeaderBytes || length > bytes.size() - lengthBytes)
    return fail("is no safetensors file, or is cut short");
  llvm::Expected<json> header = readDocument(bytes.substr(lengthBytes, length));
  if (!header)
    return fail("has a header that " + llvm::toString(header.takeError()));
  header->erase("__metadata__");
  std::string name = entry.text("tensor"), names;
  if (name.empty() && header->size() == 1)
    name = header->begin().key();
  size_t shown = 0;
  for (auto it = header->begin(); it != header->end() && shown < shownNames; ++it, ++shown)
    names += (names.empty() ? "" : ", ") + StringRef(it.key()).take_front(40).str();
  if (header->size() > shownNames)
    names += ", ..";
  auto found = header->find(name);
  if (found == header->end() || !found->is_object()) {
    entry.report("tensor", (name.empty() ? "is missing" : "is '" + name + "'") + "; the file has " + names);
    return false;
  }
  Problems inner;
  Config tensor(*found, name, inner);
  std::string kind = tensor.text("dtype");
  const auto *type = llvm::find_if(types, [&](DType type) { return tensorWordOf(type) == kind; });
  if (type == types.end())
    return fail("has tensor '" + name + "' of type " + kind + "; it can be " + listOf(types));
  const json *place = tensor.find("data_offsets");
  bool isPlace = place && place->is_array() && place->size() == 2 && (*place)[0].is_number_unsigned() &&
                 (*place)[1].is_number_unsigned();
  uint64_t begin = isPlace ? (*place)[0].get<uint64_t>() : 1, end = isPlace ? (*place)[1].get<uint64_t>() : 0;
  if (begin > end || end > bytes.size() - lengthBytes - length)
    return fail("is damaged: tensor '" + name + "' does not lie in the file");
  buffer.dtype = *type;
  buffer.bytes = buffer.bytes.slice(lengthBytes + length + begin, end - begin);
  return true;
}

} // namespace

std::optional<std::string> pathIn(StringRef folder, StringRef file) {
  bool leaves = llvm::any_of(llvm::make_range(llvm::sys::path::begin(file), llvm::sys::path::end(file)),
                             [](StringRef part) { return part == ".."; });
  if (file.empty() || leaves || llvm::sys::path::is_absolute(file) || file.contains('\0'))
    return std::nullopt;
  llvm::SmallString<256> path(folder);
  llvm::sys::path::append(path, file);
  return path.str().str();
}

Buffer readBuffer(const Config &owner, StringRef key, StringRef folder, llvm::ArrayRef<DType> types) {
  Buffer buffer;
  bool isBits = types.front() == DType::U8;
  if (!owner.has(key)) {
    owner.report(key, "is missing; it says where they are: {\"file\": \"net.bin\", \"dtype\": \"f16\"} for numbers one "
                      "after another, or {\"file\": \"net.safetensors\", \"tensor\": \"params\"}");
    return {};
  }
  Config entry = owner.map(key);
  std::string file = entry.text("file");
  std::optional<std::string> path = pathIn(folder, file);
  if (!path) {
    entry.report("file", entry.found("file") + "; it should be the name of a file in the scene's folder or below");
    return {};
  }
  bool isTensors = StringRef(file).ends_with(".safetensors");
  if (!isTensors && !isBits && !entry.has("dtype"))
    entry.report("dtype", "is missing; it can be " + listOf(types));
  std::vector<Config::Choice<DType>> choices;
  for (DType type : types)
    choices.push_back({wordOf(type), type});
  buffer.dtype = entry.choose<DType>("dtype", types.front(), choices);
  int64_t offset = entry.integer("offset", 0, 0, INT64_MAX);
  llvm::sys::fs::file_status status;
  std::error_code code = llvm::sys::fs::status(*path, status);
  if (!code && !llvm::sys::fs::is_regular_file(status)) {
    entry.report("file", entry.found("file") + ", which is no file");
    return {};
  }
  auto opened = llvm::MemoryBuffer::getFile(*path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!opened) {
    entry.report("file", entry.found("file") + ", which cannot be read: " + opened.getError().message());
    return {};
  }
  std::shared_ptr<llvm::MemoryBuffer> held = std::move(*opened);
  buffer.bytes = {held->getBufferStart(), held->getBufferSize()};
  buffer.keeper = held;
  if (isTensors)
    return pickTensor(entry, types, buffer) ? buffer : Buffer();
  if (static_cast<uint64_t>(offset) > buffer.bytes.size()) {
    entry.report("offset", entry.found("offset") + "; the file has " + Twine(buffer.bytes.size()) + " bytes");
    return {};
  }
  buffer.bytes = buffer.bytes.drop_front(offset);
  return buffer;
}

} // namespace treadle::scene
