//===- HostTensor.cpp - a tensor in memory, as files have it --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/tensorfile/HostTensor.h"
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace treadle {
namespace {

/// A float of `exponent` and `mantissa` bits. `special` says what the highest exponent means: as in IEEE, or
/// ("fn") a number like others, except the code `nan`.
struct SmallFloat {
  int exponent, mantissa, bias;
  bool ieee;
  int nan; // without the sign; -1: none
};

double decode(SmallFloat format, unsigned code) {
  int mantissa = code & ((1 << format.mantissa) - 1);
  int exponent = (code >> format.mantissa) & ((1 << format.exponent) - 1);
  double sign = (code >> (format.mantissa + format.exponent)) & 1 ? -1 : 1;
  int magnitude = code & ((1 << (format.mantissa + format.exponent)) - 1);
  if (magnitude == format.nan)
    return std::numeric_limits<double>::quiet_NaN();
  if (format.ieee && exponent == (1 << format.exponent) - 1)
    return mantissa ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0)
    return sign * std::ldexp(mantissa, 1 - format.bias - format.mantissa);
  return sign * std::ldexp((1 << format.mantissa) + mantissa, exponent - format.bias - format.mantissa);
}

/// "fnuz" formats have one zero; its negative is their only NaN.
double decodeUnsignedZero(SmallFloat format, unsigned code) {
  return code == 0x80 ? std::numeric_limits<double>::quiet_NaN() : decode(format, code);
}

float fromBf16(uint16_t bits) {
  uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

uint16_t toBf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  if (std::isnan(value))
    return (bits >> 16) | 0x40;
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16; // to nearest, ties to even
}

/// Elements of fewer than 8 bits, low bits first.
unsigned packedElement(const char *data, int64_t index, unsigned bits) {
  unsigned perByte = 8 / bits;
  return (static_cast<uint8_t>(data[index / perByte]) >> (index % perByte * bits)) & ((1u << bits) - 1);
}

int signExtend(unsigned value, unsigned bits) { return static_cast<int>(value << (32 - bits)) >> (32 - bits); }

template <typename T> std::vector<double> convert(const HostTensor &tensor, int64_t count) {
  return std::vector<double>(tensor.as<T>(), tensor.as<T>() + count);
}

template <typename T> void store(const double *values, HostTensor &tensor) {
  constexpr double low = static_cast<double>(std::numeric_limits<T>::lowest());
  constexpr double high = static_cast<double>(std::numeric_limits<T>::max());
  for (int64_t i = 0; i < tensor.count(); ++i) {
    double value = std::nearbyint(values[i]);
    // `high` may round up to a number that T does not hold.
    tensor.as<T>()[i] = std::isnan(value) ? T(0)
                        : value <= low    ? std::numeric_limits<T>::lowest()
                        : value >= high   ? std::numeric_limits<T>::max()
                                          : static_cast<T>(value);
  }
}

} // namespace

Status HostTensor::make(DType dtype, std::vector<int64_t> dims, HostTensor &tensor) {
  int64_t count = 1;
  for (int64_t dim : dims)
    if (dim < 0 || __builtin_mul_overflow(count, dim, &count))
      return error(TREADLE_INVALID_ARGUMENT, "a tensor cannot have the shape ", shapeText(dims));
  if (count > std::numeric_limits<int64_t>::max() / 256)
    return error(TREADLE_OUT_OF_MEMORY, "no memory for a tensor of shape ", shapeText(dims));
  size_t bytes = byteSize(dtype, count);
  // calloc: pages that nobody touches cost nothing. The rest is for alignment.
  char *block = static_cast<char *>(std::calloc(1, bytes + 64));
  if (!block)
    return error(TREADLE_OUT_OF_MEMORY, "no memory for a tensor of shape ", shapeText(dims));
  char *start = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(block) + 63) / 64 * 64);
  tensor.type = dtype;
  tensor.shape = std::move(dims);
  tensor.elements = count;
  tensor.memory = std::shared_ptr<char>(start, [block](char *) { std::free(block); });
  return {};
}

Status HostTensor::copyOf(const treadle_tensor &from, HostTensor &tensor) {
  Status status = make(static_cast<DType>(from.dtype), std::vector<int64_t>(from.dims, from.dims + from.rank), tensor);
  if (!status.failed() && tensor.bytes())
    std::memcpy(tensor.data(), from.data, tensor.bytes());
  return status;
}

HostTensor HostTensor::reshaped(std::vector<int64_t> dims) const {
  HostTensor result = *this;
  result.shape = std::move(dims);
  return result;
}

treadle_tensor HostTensor::view() const {
  treadle_tensor tensor = {};
  tensor.data = memory.get();
  tensor.dtype = static_cast<treadle_dtype>(type);
  tensor.rank = static_cast<int32_t>(shape.size());
  tensor.dims = shape.data();
  tensor.capacity = bytes();
  return tensor;
}

std::string shapeText(const std::vector<int64_t> &dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i)
    text += (i ? ", " : "") + std::to_string(dims[i]);
  return text + "]";
}

bool isFloat(DType dtype) { return !isComplex(dtype) && spelling(dtype)[0] == 'f'; }
bool isComplex(DType dtype) { return dtype == DType::C64 || dtype == DType::C128; }

std::vector<double> toDoubles(const HostTensor &tensor) {
  int64_t count = tensor.count();
  std::vector<double> values;
  auto each = [&](auto &&element) {
    values.resize(count);
    for (int64_t i = 0; i < count; ++i)
      values[i] = element(i);
  };
  const auto *bytes = tensor.as<uint8_t>();
  const auto *halves = tensor.as<uint16_t>();
  switch (tensor.dtype()) {
  case DType::F32:
    return convert<float>(tensor, count);
  case DType::F64:
    return convert<double>(tensor, count);
  case DType::C64:
    return convert<float>(tensor, count * 2);
  case DType::C128:
    return convert<double>(tensor, count * 2);
  case DType::U8:
  case DType::Bool:
    return convert<uint8_t>(tensor, count);
  case DType::I8:
    return convert<int8_t>(tensor, count);
  case DType::U16:
    return convert<uint16_t>(tensor, count);
  case DType::I16:
    return convert<int16_t>(tensor, count);
  case DType::U32:
    return convert<uint32_t>(tensor, count);
  case DType::I32:
    return convert<int32_t>(tensor, count);
  case DType::U64:
    return convert<uint64_t>(tensor, count);
  case DType::I64:
    return convert<int64_t>(tensor, count);
  case DType::F16:
    each([&](int64_t i) { return decode({5, 10, 15, true, -1}, halves[i]); });
    break;
  case DType::BF16:
    each([&](int64_t i) { return fromBf16(halves[i]); });
    break;
  case DType::F8E4M3FN:
    each([&](int64_t i) { return decode({4, 3, 7, false, 0x7f}, bytes[i]); });
    break;
  case DType::F8E4M3FNUZ:
    each([&](int64_t i) { return decodeUnsignedZero({4, 3, 8, false, -1}, bytes[i]); });
    break;
  case DType::F8E5M2:
    each([&](int64_t i) { return decode({5, 2, 15, true, -1}, bytes[i]); });
    break;
  case DType::F8E5M2FNUZ:
    each([&](int64_t i) { return decodeUnsignedZero({5, 2, 16, false, -1}, bytes[i]); });
    break;
  case DType::F8E8M0: // powers of two
    each([&](int64_t i) {
      return bytes[i] == 255 ? std::numeric_limits<double>::quiet_NaN() : std::ldexp(1.0, bytes[i] - 127);
    });
    break;
  case DType::F4E2M1:
    each([&](int64_t i) { return decode({2, 1, 1, false, -1}, packedElement(tensor.data(), i, 4)); });
    break;
  case DType::U4:
  case DType::U2:
    each([&](int64_t i) { return packedElement(tensor.data(), i, bitWidth(tensor.dtype())); });
    break;
  case DType::I4:
  case DType::I2:
    each([&](int64_t i) {
      return signExtend(packedElement(tensor.data(), i, bitWidth(tensor.dtype())), bitWidth(tensor.dtype()));
    });
    break;
  }
  return values;
}

bool fromDoubles(const double *values, HostTensor &tensor) {
  int64_t count = tensor.count();
  switch (tensor.dtype()) {
  case DType::F32:
    std::copy(values, values + count, tensor.as<float>());
    return true;
  case DType::F64:
    std::copy(values, values + count, tensor.as<double>());
    return true;
  case DType::F16:
    for (int64_t i = 0; i < count; ++i)
      tensor.as<_Float16>()[i] = static_cast<_Float16>(values[i]);
    return true;
  case DType::BF16:
    for (int64_t i = 0; i < count; ++i)
      tensor.as<uint16_t>()[i] = toBf16(static_cast<float>(values[i]));
    return true;
  case DType::Bool:
    for (int64_t i = 0; i < count; ++i)
      tensor.as<uint8_t>()[i] = values[i] != 0;
    return true;
  case DType::U8:
    store<uint8_t>(values, tensor);
    return true;
  case DType::I8:
    store<int8_t>(values, tensor);
    return true;
  case DType::U16:
    store<uint16_t>(values, tensor);
    return true;
  case DType::I16:
    store<int16_t>(values, tensor);
    return true;
  case DType::U32:
    store<uint32_t>(values, tensor);
    return true;
  case DType::I32:
    store<int32_t>(values, tensor);
    return true;
  case DType::U64:
    store<uint64_t>(values, tensor);
    return true;
  case DType::I64:
    store<int64_t>(values, tensor);
    return true;
  case DType::U4:
  case DType::I4:
  case DType::U2:
  case DType::I2: {
    unsigned bits = bitWidth(tensor.dtype()), perByte = 8 / bits;
    bool isSigned = tensor.dtype() == DType::I4 || tensor.dtype() == DType::I2;
    double low = isSigned ? -(1 << (bits - 1)) : 0, high = low + (1 << bits) - 1;
    std::fill(tensor.data(), tensor.data() + tensor.bytes(), 0);
    for (int64_t i = 0; i < count; ++i) {
      int value = static_cast<int>(std::clamp(std::nearbyint(values[i]), low, high));
      tensor.data()[i / perByte] |= (value & ((1 << bits) - 1)) << (i % perByte * bits);
    }
    return true;
  }
  case DType::C64:
  case DType::C128:
  case DType::F8E4M3FN:
  case DType::F8E4M3FNUZ:
  case DType::F8E5M2:
  case DType::F8E5M2FNUZ:
  case DType::F4E2M1:
  case DType::F8E8M0:
    return false;
  }
  return false;
}

} // namespace treadle
