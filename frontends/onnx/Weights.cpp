//===- Weights.cpp - a model's tensors as constants -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nothing is allocated by what a tensor's dimensions say before as many elements have been found.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Weights.h"
#include "dialects/graph/Graph.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <cstring>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::onnx {
namespace {

/// Mapped tensors of more bytes are not copied.
constexpr int64_t smallBytes = 1024;

/// Numbers that stand in the model as a list of protobuf's own types.
template <typename T, typename List> Tensor fromNumbers(DType dtype, ArrayRef<int64_t> shape, const List &list) {
  Tensor tensor(dtype, shape);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.set<T>(i, static_cast<T>(list.Get(i)));
  return tensor;
}

/// Floats of 16 bits and fewer as their bits, 4-bit and 2-bit types as bytes of two and four.
Tensor fromBits(DType dtype, ArrayRef<int64_t> shape, const google::protobuf::RepeatedField<int32_t> &list) {
  Tensor tensor(dtype, shape);
  int64_t width = std::max<int64_t>(bitWidth(dtype) / 8, 1);
  for (int64_t i = 0; i < list.size() && (i + 1) * width <= tensor.bytes(); ++i) {
    uint32_t bits = list.Get(i);
    std::memcpy(tensor.mutableRaw() + i * width, &bits, width);
  }
  return tensor;
}

} // namespace

Type elementTypeOf(MLIRContext *context, int number) {
  std::optional<DType> dtype = dtypeFromOnnx(number);
  bool isComplex = dtype == DType::C64 || dtype == DType::C128;
  return dtype && !isComplex ? typeOf(context, *dtype) : Type();
}

std::string elementTypeName(int number) {
  if (std::optional<DType> dtype = dtypeFromOnnx(number))
    return std::string(spelling(*dtype));
  return number == ::onnx::TensorProto::STRING ? "string" : "number " + std::to_string(number);
}

FailureOr<ElementsAttr> readTensor(Location loc, const std::shared_ptr<ModelFile> &file,
                                   const ::onnx::TensorProto &tensor) {
  std::optional<DType> dtype = dtypeFromOnnx(tensor.data_type());
  Type element = elementTypeOf(loc.getContext(), tensor.data_type());
  if (!element)
    return emitError(loc) << "the tensor's element type, " << elementTypeName(tensor.data_type())
                          << ", is not supported";
  if (tensor.dims_size() > maxRank)
    return emitError(loc) << "the tensor has " << tensor.dims_size() << " dimensions, at most " << maxRank
                          << " are supported";
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  int64_t extent = 1;
  for (int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(extent, std::max<int64_t>(size, 1), &extent) || extent > elementLimit)
      return emitError(loc) << "the tensor has impossible dimensions";
  int64_t count = ShapedType::getNumElements(shape), bytes = byteSize(*dtype, count);

  bool isExternal = tensor.data_location() == ::onnx::TensorProto::EXTERNAL;
  if (isExternal || tensor.has_raw_data()) {
    ArrayRef<char> data(tensor.raw_data().data(), tensor.raw_data().size());
    if (isExternal) {
      llvm::Expected<ArrayRef<char>> found = file->dataOf(tensor);
      if (!found)
        return emitError(loc) << llvm::toString(found.takeError());
      data = *found;
    }
    if (static_cast<int64_t>(data.size()) != bytes)
      return emitError(loc) << "the tensor has " << data.size() << " bytes, its shape needs " << bytes;
    if (isExternal && bytes > smallBytes && *dtype != DType::Bool) { // stays where it is mapped
      auto type = RankedTensorType::get(shape, element);
      return ElementsAttr(DenseResourceElementsAttr::get(
          type, "weights", AsmResourceBlob(data, 1, [keeper = file](void *, size_t, size_t) {}, false)));
    }
    Tensor copy(*dtype, shape);
    if (bytes)
      std::memcpy(copy.mutableRaw(), data.data(), bytes);
    if (*dtype == DType::Bool) // any byte but 0 is true
      for (int64_t i = 0; i < bytes; ++i)
        copy.mutableRaw()[i] = data[i] != 0;
    return copy.toAttr(loc.getContext());
  }

  bool asBits = isa<FloatType>(element) || bitWidth(*dtype) < 8;
  int64_t given = 0;
  switch (*dtype) {
  case DType::F32:
    given = tensor.float_data_size();
    break;
  case DType::F64:
    given = tensor.double_data_size();
    break;
  case DType::I64:
    given = tensor.int64_data_size();
    break;
  case DType::U32:
  case DType::U64:
    given = tensor.uint64_data_size();
    break;
  default:
    given = tensor.int32_data_size();
    if (bitWidth(*dtype) < 8) // the last one may be partly filled
      given = given == bytes ? count : given * (8 / static_cast<int64_t>(bitWidth(*dtype)));
  }
  if (given != count)
    return emitError(loc) << "the tensor has " << given << " elements, its shape needs " << count;
  Tensor result;
  switch (*dtype) {
  case DType::F32:
    result = fromNumbers<float>(*dtype, shape, tensor.float_data());
    break;
  case DType::F64:
    result = fromNumbers<double>(*dtype, shape, tensor.double_data());
    break;
  case DType::I64:
    result = fromNumbers<int64_t>(*dtype, shape, tensor.int64_data());
    break;
  case DType::U32:
  case DType::U64:
    result = fromNumbers<int64_t>(*dtype, shape, tensor.uint64_data());
    break;
  default:
    result = asBits ? fromBits(*dtype, shape, tensor.int32_data())
                    : fromNumbers<int64_t>(*dtype, shape, tensor.int32_data());
  }
  return result.toAttr(loc.getContext());
}

} // namespace treadle::onnx
