//===- Pb.cpp - onnx.TensorProto files ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "onnx-ml.pb.h"
#include "tools/tensorfile/TensorFile.h"
#include <climits>
#include <cstring>

namespace treadle {
namespace {

/// Copies a typed field, each element narrowed to T. False if their number is not `count`.
template <typename T, typename Field> bool narrow(const Field &field, int64_t count, HostTensor &tensor) {
  if (field.size() != count)
    return false;
  for (int64_t i = 0; i < count; ++i)
    tensor.as<T>()[i] = static_cast<T>(field.Get(static_cast<int>(i)));
  return true;
}

/// Elements from the field that onnx.proto names for the type.
bool readTyped(const onnx::TensorProto &proto, HostTensor &tensor) {
  int64_t count = tensor.count();
  switch (tensor.dtype()) {
  case DType::F32:
    return narrow<float>(proto.float_data(), count, tensor);
  case DType::C64:
    return narrow<float>(proto.float_data(), count * 2, tensor);
  case DType::F64:
    return narrow<double>(proto.double_data(), count, tensor);
  case DType::C128:
    return narrow<double>(proto.double_data(), count * 2, tensor);
  case DType::I64:
    return narrow<int64_t>(proto.int64_data(), count, tensor);
  case DType::U64:
    return narrow<uint64_t>(proto.uint64_data(), count, tensor);
  case DType::U32:
    return narrow<uint32_t>(proto.uint64_data(), count, tensor);
  case DType::I32:
    return narrow<int32_t>(proto.int32_data(), count, tensor);
  case DType::I16:
  case DType::U16:
  case DType::F16:
  case DType::BF16:
    return narrow<uint16_t>(proto.int32_data(), count, tensor);
  default: // one byte each, or several elements in one
    return narrow<uint8_t>(proto.int32_data(), tensor.bytes(), tensor);
  }
}

} // namespace

Status readPb(const std::string &path, HostTensor &tensor, std::string &name) {
  std::unique_ptr<MappedFile> file;
  if (Status status = MappedFile::open(path.c_str(), file); status.failed())
    return status;
  auto damaged = [&](const std::string &what) { return error(TREADLE_DAMAGED, path, ": ", what); };
  onnx::TensorProto proto;
  if (file->size() > INT_MAX || !proto.ParseFromArray(file->data(), static_cast<int>(file->size())))
    return damaged("is no onnx.TensorProto, or is cut short");
  if (proto.data_type() == onnx::TensorProto::STRING)
    return damaged("holds strings");
  std::optional<DType> dtype = dtypeFromOnnx(proto.data_type());
  if (!dtype)
    return damaged(concat("has elements of unknown type ", proto.data_type()));
  if (proto.data_location() == onnx::TensorProto::EXTERNAL)
    return damaged("has its elements in another file");
  // What is there bounds what is allocated: no element takes less than 2 bits, nor a field less than a byte.
  int64_t count = 1;
  for (int64_t dim : proto.dims()) {
    if (dim < 0 || __builtin_mul_overflow(count, dim, &count))
      return damaged("has an impossible shape");
  }
  if (count / 4 > static_cast<int64_t>(file->size()))
    return damaged("has fewer elements than its shape needs");
  std::vector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  if (Status status = HostTensor::make(*dtype, std::move(dims), tensor); status.failed())
    return damaged(status.message);
  if (proto.has_raw_data()) {
    if (proto.raw_data().size() != tensor.bytes())
      return damaged(concat("has ", proto.raw_data().size(), " bytes of elements, its shape ", shapeText(tensor.dims()),
                            " needs ", tensor.bytes()));
    std::memcpy(tensor.data(), proto.raw_data().data(), tensor.bytes());
  } else if (!readTyped(proto, tensor)) {
    return damaged("does not have the elements that its shape " + shapeText(tensor.dims()) + " needs");
  }
  name = proto.name();
  return {};
}

Status writePb(const std::string &path, const HostTensor &tensor, const std::string &name) {
  if (tensor.bytes() > INT_MAX - 65536u)
    return error(TREADLE_UNSUPPORTED, path, ": a .pb file holds at most 2 GiB; write a .npy file");
  onnx::TensorProto proto;
  for (int64_t dim : tensor.dims())
    proto.add_dims(dim);
  proto.set_data_type(static_cast<int>(tensor.dtype()));
  proto.set_name(name);
  proto.set_raw_data(tensor.data(), tensor.bytes());
  return writeFile(path, proto.SerializeAsString());
}

FileKind kindOfFile(std::string_view path) {
  size_t dot = path.rfind('.');
  std::string end(dot == std::string_view::npos ? "" : path.substr(dot + 1));
  for (char &c : end)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  struct Row {
    std::string_view end;
    FileKind kind;
  };
  static constexpr Row rows[] = {{"npy", FileKind::Npy},   {"npz", FileKind::Npz},   {"pb", FileKind::Pb},
                                 {"png", FileKind::Image}, {"jpg", FileKind::Image}, {"jpeg", FileKind::Image},
                                 {"bmp", FileKind::Image}, {"wav", FileKind::Sound}, {"flac", FileKind::Sound},
                                 {"ogg", FileKind::Sound}};
  for (const Row &row : rows)
    if (end == row.end)
      return row.kind;
  return FileKind::Unknown;
}

} // namespace treadle
