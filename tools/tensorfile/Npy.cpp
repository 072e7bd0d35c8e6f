//===- Npy.cpp - NumPy's .npy files ---------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   "\x93NUMPY" major minor  length (2 bytes, from version 2 on 4)  {'descr': '<f4', 'fortran_order': False,
//   'shape': (3, 4), } spaces newline  elements
//
//===----------------------------------------------------------------------===//

#include "tools/tensorfile/TensorFile.h"
#include <algorithm>
#include <cctype>
#include <cstring>

namespace treadle {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr size_t maxRank = 32; // NumPy's own, until 2.0

/// Reads the header's Python literal.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : text(text) {}

  struct Header {
    std::string descr;
    bool fortran = false;
    std::vector<int64_t> dims;
  };

  /// False with `reason` set.
  bool parse(Header &header, std::string &reason) {
    bool hasDescr = false, hasOrder = false, hasShape = false;
    reason = "its header cannot be read";
    if (!take('{'))
      return false;
    while (!take('}')) {
      std::string key;
      if (!string(key) || !take(':'))
        return false;
      if (key == "descr" && !hasDescr) {
        hasDescr = true;
        if (peek('[')) {
          reason = "has elements of several fields, which no tensor has";
          return false;
        }
        if (!string(header.descr))
          return false;
      } else if (key == "fortran_order" && !hasOrder) {
        hasOrder = true;
        header.fortran = word("True");
        if (!header.fortran && !word("False"))
          return false;
      } else if (key == "shape" && !hasShape) {
        hasShape = true;
        if (!tuple(header.dims))
          return false;
      } else {
        return false;
      }
      if (!take(',') && !peek('}'))
        return false;
    }
    skipSpace();
    return hasDescr && hasOrder && hasShape && text.empty();
  }

private:
  void skipSpace() {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text[0])))
      text.remove_prefix(1);
  }
  bool peek(char c) {
    skipSpace();
    return !text.empty() && text[0] == c;
  }
  bool take(char c) {
    bool there = peek(c);
    if (there)
      text.remove_prefix(1);
    return there;
  }
  bool word(std::string_view expected) {
    skipSpace();
    bool there = text.substr(0, expected.size()) == expected;
    if (there)
      text.remove_prefix(expected.size());
    return there;
  }
  bool string(std::string &value) {
    char quote = peek('\'') ? '\'' : '"';
    if (!take(quote))
      return false;
    size_t end = text.find(quote);
    if (end == std::string_view::npos)
      return false;
    value = text.substr(0, end);
    text.remove_prefix(end + 1);
    return value.find('\\') == std::string::npos;
  }
  bool tuple(std::vector<int64_t> &dims) {
    if (!take('('))
      return false;
    while (!take(')')) {
      int64_t value = 0;
      skipSpace();
      size_t digits = 0;
      for (; digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])); ++digits)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text[digits] - '0', &value))
          return false;
      if (digits == 0 || dims.size() == maxRank)
        return false;
      text.remove_prefix(digits);
      if (!text.empty() && text[0] == 'L') // Python 2
        text.remove_prefix(1);
      dims.push_back(value);
      if (!take(',') && !peek(')'))
        return false;
    }
    return true;
  }

  std::string_view text;
};

std::optional<DType> dtypeOfDescr(std::string_view descr) {
  struct Row {
    std::string_view kind;
    DType dtype;
  };
  static constexpr Row rows[] = {{"f2", DType::F16}, {"f4", DType::F32},   {"f8", DType::F64}, {"i1", DType::I8},
                                 {"i2", DType::I16}, {"i4", DType::I32},   {"i8", DType::I64}, {"u1", DType::U8},
                                 {"u2", DType::U16}, {"u4", DType::U32},   {"u8", DType::U64}, {"b1", DType::Bool},
                                 {"c8", DType::C64}, {"c16", DType::C128}, {"V2", DType::BF16}};
  for (const Row &row : rows)
    if (descr.substr(1) == row.kind)
      return row.dtype;
  return std::nullopt;
}

std::string descrOf(DType dtype) {
  switch (dtype) {
  case DType::F16:
    return "<f2";
  case DType::F32:
    return "<f4";
  case DType::F64:
    return "<f8";
  case DType::I8:
    return "|i1";
  case DType::I16:
    return "<i2";
  case DType::I32:
    return "<i4";
  case DType::I64:
    return "<i8";
  case DType::U8:
    return "|u1";
  case DType::U16:
    return "<u2";
  case DType::U32:
    return "<u4";
  case DType::U64:
    return "<u8";
  case DType::Bool:
    return "|b1";
  case DType::C64:
    return "<c8";
  case DType::C128:
    return "<c16";
  case DType::BF16:
    return "<V2";
  default:
    return "";
  }
}

/// Column-major elements into row-major order.
void turn(const char *from, const std::vector<int64_t> &dims, size_t width, char *to) {
  size_t rank = dims.size();
  std::vector<int64_t> index(rank, 0), strides(rank, 1);
  for (size_t d = 1; d < rank; ++d)
    strides[d] = strides[d - 1] * dims[d - 1];
  int64_t count = rank ? strides[rank - 1] * dims[rank - 1] : 1, source = 0;
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to + i * width, from + source * width, width);
    for (size_t d = rank; d-- > 0;) {
      source += strides[d];
      if (++index[d] < dims[d])
        break;
      source -= strides[d] * dims[d];
      index[d] = 0;
    }
  }
}

} // namespace

Status parseNpy(const char *data, size_t bytes, const std::string &name, HostTensor &tensor) {
  auto damaged = [&](const std::string &what) { return error(TREADLE_DAMAGED, name, ": ", what); };
  if (bytes < 10 || std::memcmp(data, magic.data(), magic.size()) != 0)
    return damaged("is no .npy file");
  unsigned major = static_cast<uint8_t>(data[6]);
  if (major < 1 || major > 3)
    return damaged(concat("is of .npy version ", major, ", versions 1 to 3 can be read"));
  size_t lengthBytes = major == 1 ? 2 : 4, start = 8 + lengthBytes;
  if (bytes < start)
    return damaged("is cut short");
  uint32_t length = 0;
  std::memcpy(&length, data + 8, lengthBytes);
  if (length > bytes - start)
    return damaged("is cut short");
  HeaderParser::Header header;
  std::string reason;
  if (!HeaderParser({data + start, length}).parse(header, reason))
    return damaged(reason);
  if (header.descr.size() < 3)
    return damaged("has elements of unknown type \"" + header.descr + "\"");
  if (header.descr[0] == '>' && header.descr != ">i1" && header.descr != ">u1" && header.descr != ">b1")
    return damaged("has big-endian elements (" + header.descr + "); save it with a.astype(a.dtype.newbyteorder('<'))");
  std::optional<DType> dtype = dtypeOfDescr(header.descr);
  if (!dtype)
    return damaged("has elements of type \"" + header.descr + "\", which no tensor has");

  // What is there bounds what is allocated.
  int64_t count = 1;
  size_t available = bytes - start - length, width = bitWidth(*dtype) / 8;
  bool empty = std::find(header.dims.begin(), header.dims.end(), 0) != header.dims.end();
  for (int64_t dim : header.dims)
    if (!empty && (__builtin_mul_overflow(count, dim, &count) || count > static_cast<int64_t>(available / width)))
      return damaged(
          concat("is cut short: its shape ", shapeText(header.dims), " needs more than ", available, " bytes"));
  if (!empty && available < width)
    return damaged("is cut short");
  if (Status status = HostTensor::make(*dtype, header.dims, tensor); status.failed())
    return damaged(status.message);
  if (tensor.bytes() == 0)
    return {};
  if (header.fortran && tensor.rank() > 1)
    turn(data + start + length, tensor.dims(), width, tensor.data());
  else
    std::memcpy(tensor.data(), data + start + length, tensor.bytes());
  return {};
}

std::string npyHeader(DType dtype, const std::vector<int64_t> &dims) {
  std::string descr = descrOf(dtype);
  if (descr.empty())
    return "";
  std::string shape;
  for (int64_t dim : dims)
    shape += std::to_string(dim) + ", ";
  if (dims.size() > 1)
    shape.resize(shape.size() - 2);
  else if (dims.size() == 1)
    shape.resize(shape.size() - 1);
  std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // Elements start at a multiple of 64.
  size_t total = (10 + text.size() + 1 + 63) / 64 * 64;
  text.append(total - 10 - text.size() - 1, ' ');
  text += '\n';
  std::string header(magic);
  header += '\1';
  header += '\0';
  header += static_cast<char>(text.size() & 255);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

Status forNumpy(const HostTensor &tensor, const std::string &path, HostTensor &result) {
  result = tensor;
  DType dtype = tensor.dtype();
  bool isSigned = dtype == DType::I4 || dtype == DType::I2;
  if (isSigned || dtype == DType::U4 || dtype == DType::U2) {
    if (Status status = HostTensor::make(isSigned ? DType::I8 : DType::U8, tensor.dims(), result); status.failed())
      return status;
    fromDoubles(toDoubles(tensor).data(), result);
    return {};
  }
  if (descrOf(dtype).empty())
    return error(TREADLE_UNSUPPORTED, path, ": NumPy has no type for elements of ", spelling(dtype),
                 "; write a .pb file");
  return {};
}

Status readNpy(const std::string &path, HostTensor &tensor) {
  std::unique_ptr<MappedFile> file;
  if (Status status = MappedFile::open(path.c_str(), file); status.failed())
    return status;
  return parseNpy(file->data(), file->size(), path, tensor);
}

Status writeNpy(const std::string &path, const HostTensor &tensor) {
  HostTensor stored;
  if (Status status = forNumpy(tensor, path, stored); status.failed())
    return status;
  std::string header = npyHeader(stored.dtype(), stored.dims());
  OutputFile file(path);
  file.write(header.data(), header.size());
  file.write(stored.data(), stored.bytes());
  return file.finish();
}

} // namespace treadle
