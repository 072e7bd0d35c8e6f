//===- TensorFile.h - tensors in .npy, .npz and .pb files -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   .npy   one array of NumPy's, format versions 1 to 3, little endian; column-major ones are turned
//          (numpy/lib/format.py describes it)
//   .npz   a zip archive of .npy files, stored or deflated, also of more than 4 GiB
//   .pb    an onnx.TensorProto, as ONNX's test data has it
//
// Files are not trusted: whatever they hold, the result is a tensor or an error that names the file. Types
// that NumPy does not have: bf16 is raw 2-byte elements there (as ml_dtypes writes it), integers of
// fewer than 8 bits one byte each.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TENSORFILE_TENSORFILE_H
#define TREADLE_TOOLS_TENSORFILE_TENSORFILE_H

#include "runtime/base/MappedFile.h"
#include "tools/file/OutputFile.h"
#include "tools/tensorfile/HostTensor.h"
#include <map>
#include <memory>

namespace treadle {

enum class FileKind { Npy, Npz, Pb, Image, Sound, Unknown };
/// By the end of the name: .npy, .npz, .pb, .png .jpg .jpeg .bmp, .wav .flac .ogg.
FileKind kindOfFile(std::string_view path);

Status readNpy(const std::string &path, HostTensor &tensor);
Status writeNpy(const std::string &path, const HostTensor &tensor);

/// `name` is the one in the file, often "".
Status readPb(const std::string &path, HostTensor &tensor, std::string &name);
Status writePb(const std::string &path, const HostTensor &tensor, const std::string &name);

/// An archive that stays mapped; an array is read when it is asked for.
class NpzReader {
public:
  static Status open(const std::string &path, std::unique_ptr<NpzReader> &reader);

  /// Without ".npy", in the archive's order.
  const std::vector<std::string> &names() const { return order; }
  bool has(const std::string &name) const { return entries.count(name); }
  Status read(const std::string &name, HostTensor &tensor) const;

private:
  struct Entry {
    uint64_t localHeader, packedBytes, bytes;
    uint32_t crc;
    uint16_t method, flags;
  };
  Status damaged(std::string_view what) const;
  Status readDirectory();

  std::string path;
  std::unique_ptr<MappedFile> file;
  std::vector<std::string> order;
  std::map<std::string, Entry> entries;
};

/// Arrays go into the file as they are added.
class NpzWriter {
public:
  NpzWriter(const std::string &path, bool deflate) : path(path), file(path), deflate(deflate) {}
  Status add(const std::string &name, const HostTensor &tensor);
  Status finish();

private:
  struct Entry {
    std::string name;
    uint64_t offset, packedBytes, bytes;
    uint32_t crc;
  };
  std::string path;
  OutputFile file;
  bool deflate;
  std::vector<Entry> entries;
};

/// A .npy file's bytes; `name` is for messages. Used by both formats.
Status parseNpy(const char *data, size_t bytes, const std::string &name, HostTensor &tensor);
/// What precedes the elements in a .npy file. Empty if NumPy has nothing for the type.
std::string npyHeader(DType dtype, const std::vector<int64_t> &dims);
/// The tensor as NumPy can hold it: small integers one byte each.
Status forNumpy(const HostTensor &tensor, const std::string &path, HostTensor &result);

} // namespace treadle

#endif // TREADLE_TOOLS_TENSORFILE_TENSORFILE_H
