//===- Npz.cpp - NumPy's .npz archives ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A zip file: for each member a local header and its data, then the central directory with all members,
// then its end record, which is looked for from the end. Where a number does not fit 32 bits, it is all
// ones and stands in an extra field (zip64). PKWARE's APPNOTE.TXT describes it.
//
//===----------------------------------------------------------------------===//

#include "tools/tensorfile/TensorFile.h"
#include <cstring>
#include <limits>
#include <new>
#include <zlib.h>

namespace treadle {
namespace {

constexpr uint32_t localMagic = 0x04034b50, centralMagic = 0x02014b50, endMagic = 0x06054b50;
constexpr uint32_t end64Magic = 0x06064b50, locator64Magic = 0x07064b50;
constexpr uint32_t ones32 = 0xffffffff;
constexpr uint16_t zip64Extra = 1, stored = 0, deflated = 8;

template <typename T> T load(const char *at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

template <typename T> void append(std::string &text, T value) {
  text.append(reinterpret_cast<const char *>(&value), sizeof(T));
}

std::string_view withoutExtension(std::string_view name) {
  return name.size() > 4 && name.substr(name.size() - 4) == ".npy" ? name.substr(0, name.size() - 4) : name;
}

uint32_t crcOf(uint32_t crc, const char *data, size_t bytes) {
  return static_cast<uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef *>(data), bytes));
}

/// Inflates raw deflate data into exactly `bytes` bytes.
bool inflateAll(const char *data, size_t packed, char *into, size_t bytes) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  int code = Z_OK;
  char overflow[1];
  size_t read = 0, written = 0;
  while (code == Z_OK) {
    // zlib counts in 32 bits.
    size_t input = std::min<size_t>(packed - read, 1u << 30), output = std::min<size_t>(bytes - written, 1u << 30);
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(data + read));
    stream.avail_in = input;
    stream.next_out = reinterpret_cast<Bytef *>(output ? into + written : overflow);
    stream.avail_out = output ? output : sizeof(overflow);
    size_t room = stream.avail_out;
    code = inflate(&stream, Z_NO_FLUSH);
    size_t consumed = input - stream.avail_in, produced = room - stream.avail_out;
    read += consumed;
    written += produced;
    if (written > bytes || (code == Z_OK && consumed == 0 && produced == 0))
      break;
  }
  inflateEnd(&stream);
  return code == Z_STREAM_END && written == bytes;
}

std::string deflateAll(const std::string &header, const HostTensor &tensor) {
  z_stream stream = {};
  std::string result;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return result;
  std::vector<char> buffer(1 << 20);
  auto feed = [&](const char *data, size_t bytes, bool last) {
    do {
      size_t part = std::min<size_t>(bytes, 1u << 30);
      stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(data));
      stream.avail_in = part;
      data += part;
      bytes -= part;
      do {
        stream.next_out = reinterpret_cast<Bytef *>(buffer.data());
        stream.avail_out = buffer.size();
        deflate(&stream, last && bytes == 0 ? Z_FINISH : Z_NO_FLUSH);
        result.append(buffer.data(), buffer.size() - stream.avail_out);
      } while (stream.avail_out == 0);
    } while (bytes > 0);
  };
  feed(header.data(), header.size(), false);
  feed(tensor.data(), tensor.bytes(), true);
  deflateEnd(&stream);
  return result;
}

} // namespace

// ---- reading ---------------------------------------------------------------------------------

Status NpzReader::damaged(std::string_view what) const { return error(TREADLE_DAMAGED, path, ": damaged: ", what); }

Status NpzReader::open(const std::string &path, std::unique_ptr<NpzReader> &reader) {
  auto result = std::make_unique<NpzReader>();
  result->path = path;
  if (Status status = MappedFile::open(path.c_str(), result->file); status.failed())
    return status;
  if (Status status = result->readDirectory(); status.failed())
    return status;
  reader = std::move(result);
  return {};
}

Status NpzReader::readDirectory() {
  const char *data = file->data();
  uint64_t size = file->size();
  // The end record has 22 bytes and a comment of up to 65535.
  uint64_t end = size < 22 ? 0 : size - 22;
  bool found = false;
  for (uint64_t tries = 0; size >= 22 && tries <= 65535; ++tries) {
    found = load<uint32_t>(data + end) == endMagic;
    if (found || end == 0)
      break;
    --end;
  }
  if (!found)
    return error(TREADLE_DAMAGED, path, ": is no .npz archive, or is cut short");
  uint64_t count = load<uint16_t>(data + end + 10), bytes = load<uint32_t>(data + end + 12);
  uint64_t start = load<uint32_t>(data + end + 16);
  if (end >= 20 && load<uint32_t>(data + end - 20) == locator64Magic) {
    uint64_t end64 = load<uint64_t>(data + end - 12);
    if (end64 > size || size - end64 < 56 || load<uint32_t>(data + end64) != end64Magic)
      return damaged("its directory is not where it should be");
    count = load<uint64_t>(data + end64 + 32);
    bytes = load<uint64_t>(data + end64 + 40);
    start = load<uint64_t>(data + end64 + 48);
  }
  if (start > end || bytes > end - start)
    return damaged("its directory is not where it should be");
  uint64_t at = start, stop = start + bytes;
  for (uint64_t i = 0; i < count; ++i) {
    if (stop - at < 46 || load<uint32_t>(data + at) != centralMagic)
      return damaged("its directory cannot be read");
    Entry entry;
    entry.flags = load<uint16_t>(data + at + 8);
    entry.method = load<uint16_t>(data + at + 10);
    entry.crc = load<uint32_t>(data + at + 16);
    entry.packedBytes = load<uint32_t>(data + at + 20);
    entry.bytes = load<uint32_t>(data + at + 24);
    entry.localHeader = load<uint32_t>(data + at + 42);
    uint64_t nameBytes = load<uint16_t>(data + at + 28), extraBytes = load<uint16_t>(data + at + 30);
    uint64_t commentBytes = load<uint16_t>(data + at + 32);
    if (stop - at - 46 < nameBytes + extraBytes + commentBytes)
      return damaged("its directory cannot be read");
    std::string name(withoutExtension({data + at + 46, nameBytes}));
    for (uint64_t extra = at + 46 + nameBytes, last = extra + extraBytes; last - extra >= 4;) {
      uint16_t id = load<uint16_t>(data + extra), length = load<uint16_t>(data + extra + 2);
      extra += 4;
      if (length > last - extra)
        return damaged("its directory cannot be read");
      if (id == zip64Extra) {
        uint64_t field = extra;
        for (uint64_t *value : {&entry.bytes, &entry.packedBytes, &entry.localHeader})
          if (*value == ones32 && extra + length - field >= 8) {
            *value = load<uint64_t>(data + field);
            field += 8;
          }
      }
      extra += length;
    }
    at += 46 + nameBytes + extraBytes + commentBytes;
    if (entries.emplace(name, entry).second)
      order.push_back(std::move(name));
  }
  return {};
}

Status NpzReader::read(const std::string &name, HostTensor &tensor) const {
  auto found = entries.find(name);
  if (found == entries.end()) {
    std::string names;
    for (const std::string &other : order)
      names += (names.empty() ? "" : ", ") + other;
    return error(TREADLE_NOT_FOUND, path, ": has no array \"", name, "\"; it has ", names.empty() ? "none" : names);
  }
  const Entry &entry = found->second;
  std::string title = path + ": array \"" + name + "\"";
  const char *data = file->data();
  uint64_t size = file->size(), header = entry.localHeader;
  if (header > size || size - header < 30 || load<uint32_t>(data + header) != localMagic)
    return damaged("array \"" + name + "\" is not where it should be");
  uint64_t start = header + 30 + load<uint16_t>(data + header + 26) + load<uint16_t>(data + header + 28);
  if (start > size || entry.packedBytes > size - start)
    return damaged("array \"" + name + "\" is cut short");
  if (entry.flags & 1)
    return error(TREADLE_UNSUPPORTED, title, ": is encrypted");
  if (entry.method == stored) {
    if (entry.packedBytes != entry.bytes)
      return damaged("array \"" + name + "\" has two sizes");
    if (crcOf(0, data + start, entry.bytes) != entry.crc)
      return damaged("array \"" + name + "\" does not have its checksum");
    return parseNpy(data + start, entry.bytes, title, tensor);
  }
  if (entry.method != deflated)
    return error(TREADLE_UNSUPPORTED, title, ": is compressed by method ", entry.method, ", only deflate can be read");
  // Deflate makes data at most 1032 times smaller: a larger size is a lie.
  if (entry.bytes / 1032 > entry.packedBytes + 1)
    return damaged("array \"" + name + "\" has an impossible size");
  // Not zeroed: until it is inflated, a size costs nothing.
  std::unique_ptr<char[]> bytes(new (std::nothrow) char[entry.bytes]);
  if (!bytes)
    return error(TREADLE_OUT_OF_MEMORY, title, ": no memory for ", entry.bytes, " bytes");
  if (!inflateAll(data + start, entry.packedBytes, bytes.get(), entry.bytes))
    return damaged("array \"" + name + "\" cannot be decompressed");
  if (crcOf(0, bytes.get(), entry.bytes) != entry.crc)
    return damaged("array \"" + name + "\" does not have its checksum");
  return parseNpy(bytes.get(), entry.bytes, title, tensor);
}

// ---- writing ---------------------------------------------------------------------------------

Status NpzWriter::add(const std::string &name, const HostTensor &tensor) {
  HostTensor array;
  if (Status status = forNumpy(tensor, path, array); status.failed())
    return status;
  Entry entry{name + ".npy", file.position(), 0, 0, 0};
  if (entry.name.size() > std::numeric_limits<uint16_t>::max())
    return error(TREADLE_INVALID_ARGUMENT, path, ": the name of an array has ", entry.name.size(), " bytes");
  std::string header = npyHeader(array.dtype(), array.dims());
  entry.bytes = entry.packedBytes = header.size() + array.bytes();
  entry.crc = crcOf(crcOf(0, header.data(), header.size()), array.data(), array.bytes());
  std::string packed;
  if (deflate) {
    packed = deflateAll(header, array);
    entry.packedBytes = packed.size();
  }
  bool large = entry.bytes >= ones32 || entry.packedBytes >= ones32;
  std::string local;
  append(local, localMagic);
  append<uint16_t>(local, large ? 45 : 20);
  append<uint16_t>(local, 0x800); // the name is UTF-8
  append<uint16_t>(local, deflate ? deflated : stored);
  append<uint32_t>(local, 0x00210000); // 1980-01-01: the same tensors make the same file
  append(local, entry.crc);
  append<uint32_t>(local, large ? ones32 : entry.packedBytes);
  append<uint32_t>(local, large ? ones32 : entry.bytes);
  append<uint16_t>(local, entry.name.size());
  append<uint16_t>(local, large ? 20 : 0);
  local += entry.name;
  if (large) {
    append(local, zip64Extra);
    append<uint16_t>(local, 16);
    append(local, entry.bytes);
    append(local, entry.packedBytes);
  }
  file.write(local.data(), local.size());
  if (deflate) {
    file.write(packed.data(), packed.size());
  } else {
    file.write(header.data(), header.size());
    file.write(array.data(), array.bytes());
  }
  entries.push_back(std::move(entry));
  return {};
}

Status NpzWriter::finish() {
  uint64_t start = file.position();
  for (const Entry &entry : entries) {
    bool large = entry.bytes >= ones32 || entry.packedBytes >= ones32 || entry.offset >= ones32;
    std::string central;
    append(central, centralMagic);
    append<uint16_t>(central, 45);
    append<uint16_t>(central, large ? 45 : 20);
    append<uint16_t>(central, 0x800);
    append<uint16_t>(central, deflate ? deflated : stored);
    append<uint32_t>(central, 0x00210000);
    append(central, entry.crc);
    append<uint32_t>(central, large ? ones32 : entry.packedBytes);
    append<uint32_t>(central, large ? ones32 : entry.bytes);
    append<uint16_t>(central, entry.name.size());
    append<uint16_t>(central, large ? 28 : 0);
    append<uint16_t>(central, 0); // comment
    append<uint16_t>(central, 0); // disk
    append<uint16_t>(central, 0); // attributes
    append<uint32_t>(central, 0);
    append<uint32_t>(central, large ? ones32 : entry.offset);
    central += entry.name;
    if (large) {
      append(central, zip64Extra);
      append<uint16_t>(central, 24);
      append(central, entry.bytes);
      append(central, entry.packedBytes);
      append(central, entry.offset);
    }
    file.write(central.data(), central.size());
  }
  uint64_t bytes = file.position() - start, end64 = file.position();
  bool large = start >= ones32 || bytes >= ones32 || entries.size() >= 0xffff;
  std::string end;
  if (large) {
    append(end, end64Magic);
    append<uint64_t>(end, 44);
    append<uint16_t>(end, 45);
    append<uint16_t>(end, 45);
    append<uint32_t>(end, 0);
    append<uint32_t>(end, 0);
    append<uint64_t>(end, entries.size());
    append<uint64_t>(end, entries.size());
    append(end, bytes);
    append(end, start);
    append(end, locator64Magic);
    append<uint32_t>(end, 0);
    append(end, end64);
    append<uint32_t>(end, 1);
  }
  append(end, endMagic);
  append<uint32_t>(end, 0);
  append<uint16_t>(end, large ? 0xffff : entries.size());
  append<uint16_t>(end, large ? 0xffff : entries.size());
  append<uint32_t>(end, large ? ones32 : bytes);
  append<uint32_t>(end, large ? ones32 : start);
  append<uint16_t>(end, 0);
  file.write(end.data(), end.size());
  return file.finish();
}

} // namespace treadle
