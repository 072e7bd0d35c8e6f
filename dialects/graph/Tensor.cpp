//===- Tensor.cpp - a whole tensor in host memory ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Tensor.h"
#include "dialects/graph/dims/Dims.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/APFloat.h"
#include <cmath>
#include <cstring>

using namespace mlir;

namespace treadle::graph {
namespace {

constexpr int64_t inlineLimit = 16;

const llvm::fltSemantics *semanticsOf(DType dtype) {
  switch (dtype) {
  case DType::F16:
    return &llvm::APFloat::IEEEhalf();
  case DType::BF16:
    return &llvm::APFloat::BFloat();
  case DType::F8E4M3FN:
    return &llvm::APFloat::Float8E4M3FN();
  case DType::F8E4M3FNUZ:
    return &llvm::APFloat::Float8E4M3FNUZ();
  case DType::F8E5M2:
    return &llvm::APFloat::Float8E5M2();
  case DType::F8E5M2FNUZ:
    return &llvm::APFloat::Float8E5M2FNUZ();
  case DType::F8E8M0:
    return &llvm::APFloat::Float8E8M0FNU();
  case DType::F4E2M1:
    return &llvm::APFloat::Float4E2M1FN();
  default:
    return nullptr;
  }
}

double decodeSmallFloat(DType dtype, uint64_t bits) {
  llvm::APFloat value(*semanticsOf(dtype), llvm::APInt(bitWidth(dtype), bits));
  bool losesInfo;
  value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return value.convertToDouble();
}

uint64_t encodeSmallFloat(DType dtype, double number) {
  llvm::APFloat value(number);
  bool losesInfo;
  value.convert(*semanticsOf(dtype), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return value.bitcastToAPInt().getZExtValue();
}

/// Reads element `index` of the type with C++ type S and converts it.
template <typename S, typename T> T load(const char *memory, int64_t index) {
  S value;
  std::memcpy(&value, memory + index * sizeof(S), sizeof(S));
  return static_cast<T>(value);
}

template <typename S, typename T> void store(char *memory, int64_t index, T value) {
  S stored;
  if constexpr (std::is_integral_v<S> && std::is_floating_point_v<T>)
    stored = static_cast<S>(static_cast<int64_t>(value));
  else
    stored = static_cast<S>(value);
  std::memcpy(memory + index * sizeof(S), &stored, sizeof(S));
}

int64_t loadBits(DType dtype, const char *memory, int64_t index) {
  unsigned bits = bitWidth(dtype), perByte = 8 / bits;
  uint8_t byte = memory[index / perByte];
  return (byte >> (index % perByte * bits)) & ((1u << bits) - 1);
}

void storeBits(DType dtype, char *memory, int64_t index, uint64_t value) {
  unsigned bits = bitWidth(dtype), perByte = 8 / bits, shift = index % perByte * bits;
  uint8_t mask = ((1u << bits) - 1) << shift;
  char &byte = memory[index / perByte];
  byte = static_cast<char>((static_cast<uint8_t>(byte) & ~mask) | ((value << shift) & mask));
}

int64_t signExtend(int64_t value, unsigned bits) {
  return static_cast<int64_t>(static_cast<uint64_t>(value) << (64 - bits)) >> (64 - bits);
}

} // namespace

std::optional<DType> dtypeOf(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 1:
      return DType::Bool;
    case 2:
      return isUnsigned ? DType::U2 : DType::I2;
    case 4:
      return isUnsigned ? DType::U4 : DType::I4;
    case 8:
      return isUnsigned ? DType::U8 : DType::I8;
    case 16:
      return isUnsigned ? DType::U16 : DType::I16;
    case 32:
      return isUnsigned ? DType::U32 : DType::I32;
    case 64:
      return isUnsigned ? DType::U64 : DType::I64;
    default:
      return std::nullopt;
    }
  }
  if (auto complex = dyn_cast<ComplexType>(type))
    return complex.getElementType().isF64() ? DType::C128 : DType::C64;
  if (type.isF32())
    return DType::F32;
  if (type.isF64())
    return DType::F64;
  if (type.isF16())
    return DType::F16;
  if (type.isBF16())
    return DType::BF16;
  if (isa<Float8E4M3FNType>(type))
    return DType::F8E4M3FN;
  if (isa<Float8E4M3FNUZType>(type))
    return DType::F8E4M3FNUZ;
  if (isa<Float8E5M2Type>(type))
    return DType::F8E5M2;
  if (isa<Float8E5M2FNUZType>(type))
    return DType::F8E5M2FNUZ;
  if (isa<Float8E8M0FNUType>(type))
    return DType::F8E8M0;
  if (isa<Float4E2M1FNType>(type))
    return DType::F4E2M1;
  return std::nullopt;
}

DimExpr byteCount(RankedTensorType type) {
  return (elementCount(type) * bitWidth(*dtypeOf(type.getElementType()))).ceilDiv(8);
}

Type typeOf(MLIRContext *context, DType dtype) {
  auto integer = [&](unsigned width, bool isUnsigned) -> Type {
    return IntegerType::get(context, width, isUnsigned ? IntegerType::Unsigned : IntegerType::Signless);
  };
  switch (dtype) {
  case DType::Bool:
    return integer(1, false);
  case DType::I2:
  case DType::I4:
  case DType::I8:
  case DType::I16:
  case DType::I32:
  case DType::I64:
    return integer(bitWidth(dtype), false);
  case DType::U2:
  case DType::U4:
  case DType::U8:
  case DType::U16:
  case DType::U32:
  case DType::U64:
    return integer(bitWidth(dtype), true);
  case DType::F16:
    return Float16Type::get(context);
  case DType::BF16:
    return BFloat16Type::get(context);
  case DType::F32:
    return Float32Type::get(context);
  case DType::F64:
    return Float64Type::get(context);
  case DType::C64:
    return ComplexType::get(Float32Type::get(context));
  case DType::C128:
    return ComplexType::get(Float64Type::get(context));
  case DType::F8E4M3FN:
    return Float8E4M3FNType::get(context);
  case DType::F8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case DType::F8E5M2:
    return Float8E5M2Type::get(context);
  case DType::F8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case DType::F8E8M0:
    return Float8E8M0FNUType::get(context);
  case DType::F4E2M1:
    return Float4E2M1FNType::get(context);
  }
  llvm_unreachable("every element type is listed");
}

Tensor::Tensor(DType dtype, ArrayRef<int64_t> shape) : type(dtype), dims(shape) {
  count = ShapedType::getNumElements(shape);
  own = std::make_shared<std::vector<char>>(byteSize(dtype, count));
  memory = own->data();
}

FailureOr<Tensor> Tensor::from(ElementsAttr attr) {
  std::optional<DType> dtype = dtypeOf(attr.getElementType());
  if (!dtype)
    return failure();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return failure();
    Tensor result;
    result.type = *dtype;
    result.dims = llvm::to_vector(attr.getShapedType().getShape());
    result.count = attr.getNumElements();
    result.memory = blob->getData().data();
    if (static_cast<int64_t>(blob->getData().size()) < result.bytes())
      return failure();
    return result;
  }
  Tensor result(*dtype, attr.getShapedType().getShape());
  if (isa<FloatType>(attr.getElementType())) {
    int64_t index = 0;
    for (const APFloat &value : attr.getValues<APFloat>()) {
      APFloat wide = value;
      bool losesInfo;
      wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      result.set<double>(index++, wide.convertToDouble());
    }
    return result;
  }
  if (auto integer = dyn_cast<IntegerType>(attr.getElementType())) {
    int64_t index = 0;
    for (const APInt &value : attr.getValues<APInt>())
      result.set<int64_t>(index++, integer.isUnsigned() || integer.getWidth() == 1
                                       ? static_cast<int64_t>(value.getZExtValue())
                                       : value.getSExtValue());
    return result;
  }
  return failure();
}

Tensor Tensor::from(DType dtype, ArrayRef<int64_t> shape, ArrayRef<int64_t> values) {
  Tensor result(dtype, shape);
  for (auto [index, value] : llvm::enumerate(values))
    result.set<int64_t>(index, value);
  return result;
}

ElementsAttr Tensor::toAttr(MLIRContext *context) const {
  auto shaped = RankedTensorType::get(dims, typeOf(context, type));
  if (count <= inlineLimit && type != DType::C64 && type != DType::C128) {
    SmallVector<Attribute> values;
    for (int64_t i = 0; i < count; ++i)
      values.push_back(
          isa<FloatType>(shaped.getElementType())
              ? Attribute(FloatAttr::get(shaped.getElementType(), get<double>(i)))
              : Attribute(IntegerAttr::get(shaped.getElementType(),
                                           APInt(bitWidth(type) == 8 && type == DType::Bool ? 1 : bitWidth(type),
                                                 get<int64_t>(i), false, true))));
    return DenseElementsAttr::get(shaped, values);
  }
  // The blob keeps this tensor's memory alive for as long as the context lives.
  auto keeper = std::make_shared<Tensor>(*this);
  AsmResourceBlob blob(
      ArrayRef<char>(memory, bytes()), 64, [keeper](void *, size_t, size_t) mutable { keeper.reset(); }, false);
  return DenseResourceElementsAttr::get(shaped, "constant", std::move(blob));
}

Compute Tensor::compute() const {
  switch (type) {
  case DType::F64:
    return Compute::Double;
  case DType::F32:
  case DType::F16:
  case DType::BF16:
  case DType::F8E4M3FN:
  case DType::F8E4M3FNUZ:
  case DType::F8E5M2:
  case DType::F8E5M2FNUZ:
  case DType::F8E8M0:
  case DType::F4E2M1:
    return Compute::Float;
  default:
    return Compute::Int;
  }
}

template <typename T> T Tensor::get(int64_t i) const {
  switch (type) {
  case DType::F32:
    return load<float, T>(memory, i);
  case DType::F64:
    return load<double, T>(memory, i);
  case DType::I8:
    return load<int8_t, T>(memory, i);
  case DType::Bool:
  case DType::U8:
    return load<uint8_t, T>(memory, i);
  case DType::I16:
    return load<int16_t, T>(memory, i);
  case DType::U16:
    return load<uint16_t, T>(memory, i);
  case DType::I32:
    return load<int32_t, T>(memory, i);
  case DType::U32:
    return load<uint32_t, T>(memory, i);
  case DType::I64:
    return load<int64_t, T>(memory, i);
  case DType::U64:
    return load<uint64_t, T>(memory, i);
  case DType::F16:
  case DType::BF16:
    return static_cast<T>(decodeSmallFloat(type, load<uint16_t, uint64_t>(memory, i)));
  case DType::F8E4M3FN:
  case DType::F8E4M3FNUZ:
  case DType::F8E5M2:
  case DType::F8E5M2FNUZ:
  case DType::F8E8M0:
    return static_cast<T>(decodeSmallFloat(type, load<uint8_t, uint64_t>(memory, i)));
  case DType::F4E2M1:
    return static_cast<T>(decodeSmallFloat(type, loadBits(type, memory, i)));
  case DType::U4:
  case DType::U2:
    return static_cast<T>(loadBits(type, memory, i));
  case DType::I4:
  case DType::I2:
    return static_cast<T>(signExtend(loadBits(type, memory, i), bitWidth(type)));
  case DType::C64:
  case DType::C128:
    break;
  }
  llvm_unreachable("complex elements have no single value");
}

template <typename T> void Tensor::set(int64_t i, T value) {
  char *to = mutableRaw();
  switch (type) {
  case DType::F32:
    return store<float>(to, i, value);
  case DType::F64:
    return store<double>(to, i, value);
  case DType::I8:
    return store<int8_t>(to, i, value);
  case DType::Bool:
    return store<uint8_t>(to, i, static_cast<int64_t>(value != 0));
  case DType::U8:
    return store<uint8_t>(to, i, value);
  case DType::I16:
    return store<int16_t>(to, i, value);
  case DType::U16:
    return store<uint16_t>(to, i, value);
  case DType::I32:
    return store<int32_t>(to, i, value);
  case DType::U32:
    return store<uint32_t>(to, i, value);
  case DType::I64:
    return store<int64_t>(to, i, value);
  case DType::U64:
    return store<uint64_t>(to, i, value);
  case DType::F16:
  case DType::BF16:
    return store<uint16_t>(to, i, encodeSmallFloat(type, static_cast<double>(value)));
  case DType::F8E4M3FN:
  case DType::F8E4M3FNUZ:
  case DType::F8E5M2:
  case DType::F8E5M2FNUZ:
  case DType::F8E8M0:
    return store<uint8_t>(to, i, encodeSmallFloat(type, static_cast<double>(value)));
  case DType::F4E2M1:
    return storeBits(type, to, i, encodeSmallFloat(type, static_cast<double>(value)));
  case DType::U4:
  case DType::U2:
  case DType::I4:
  case DType::I2:
    return storeBits(type, to, i, static_cast<uint64_t>(static_cast<int64_t>(value)));
  case DType::C64:
  case DType::C128:
    break;
  }
  llvm_unreachable("complex elements have no single value");
}

template <typename T> std::vector<T> Tensor::read() const {
  std::vector<T> values(count);
  for (int64_t i = 0; i < count; ++i)
    values[i] = get<T>(i);
  return values;
}

template <typename T> void Tensor::write(ArrayRef<T> values) {
  for (int64_t i = 0; i < count; ++i)
    set<T>(i, values[i]);
}

#define INSTANTIATE(T)                                                                                                 \
  template T Tensor::get<T>(int64_t) const;                                                                            \
  template void Tensor::set<T>(int64_t, T);                                                                            \
  template std::vector<T> Tensor::read<T>() const;                                                                     \
  template void Tensor::write<T>(ArrayRef<T>);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(int64_t)
#undef INSTANTIATE

Tensor Tensor::reshaped(ArrayRef<int64_t> shape) const {
  Tensor result(*this);
  result.dims = llvm::to_vector(shape);
  return result;
}

SmallVector<int64_t> stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

void forEachIndex(ArrayRef<int64_t> shape, llvm::function_ref<void(ArrayRef<int64_t>)> visit) {
  if (llvm::is_contained(shape, 0))
    return;
  SmallVector<int64_t> index(shape.size(), 0);
  while (true) {
    visit(index);
    int64_t dim = static_cast<int64_t>(shape.size()) - 1;
    for (; dim >= 0 && ++index[dim] == shape[dim]; --dim)
      index[dim] = 0;
    if (dim < 0)
      return;
  }
}

std::vector<int64_t> broadcastPositions(ArrayRef<int64_t> operand, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides = stridesOf(operand);
  size_t offset = shape.size() - operand.size();
  std::vector<int64_t> positions;
  positions.reserve(ShapedType::getNumElements(shape));
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (size_t i = 0; i < operand.size(); ++i)
      position += operand[i] == 1 ? 0 : index[offset + i] * strides[i];
    positions.push_back(position);
  });
  return positions;
}

} // namespace treadle::graph
