//===- Tensor.cpp - arrays of Python as tensors of the runtime -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/python/Tensor.h"
#include <new>

namespace nb = nanobind;
using Code = nb::dlpack::dtype_code;

namespace treadle::python {
namespace {

/// Types that NumPy has through ml_dtypes only.
std::string_view extensionName(DType type) {
  switch (type) {
  case DType::BF16:
    return "bfloat16";
  case DType::F8E4M3FN:
    return "float8_e4m3fn";
  case DType::F8E4M3FNUZ:
    return "float8_e4m3fnuz";
  case DType::F8E5M2:
    return "float8_e5m2";
  case DType::F8E5M2FNUZ:
    return "float8_e5m2fnuz";
  case DType::F8E8M0:
    return "float8_e8m0fnu";
  case DType::U4:
    return "uint4";
  case DType::I4:
    return "int4";
  case DType::F4E2M1:
    return "float4_e2m1fn";
  case DType::U2:
    return "uint2";
  case DType::I2:
    return "int2";
  default:
    return "";
  }
}

/// DLPack's description; lanes is 0 for a type that it has none for.
nb::dlpack::dtype dlpackType(DType type) {
  auto make = [&](Code code) {
    return nb::dlpack::dtype{static_cast<uint8_t>(code), static_cast<uint8_t>(bitWidth(type)), 1};
  };
  switch (type) {
  case DType::F16:
  case DType::F32:
  case DType::F64:
    return make(Code::Float);
  case DType::BF16:
    return make(Code::Bfloat);
  case DType::I8:
  case DType::I16:
  case DType::I32:
  case DType::I64:
    return make(Code::Int);
  case DType::U8:
  case DType::U16:
  case DType::U32:
  case DType::U64:
    return make(Code::UInt);
  case DType::Bool:
    return make(Code::Bool);
  case DType::C64:
  case DType::C128:
    return make(Code::Complex);
  default:
    return {0, 0, 0};
  }
}

/// An unsigned integer of the same size: how bytes of an extension type travel.
nb::dlpack::dtype carrierType(DType type) {
  return {static_cast<uint8_t>(Code::UInt), static_cast<uint8_t>(bitWidth(type)), 1};
}

std::string nameOf(nb::dlpack::dtype type) {
  const char *kind = "type";
  switch (static_cast<Code>(type.code)) {
  case Code::Float:
    kind = "float";
    break;
  case Code::Bfloat:
    kind = "bfloat";
    break;
  case Code::Int:
    kind = "int";
    break;
  case Code::UInt:
    kind = "uint";
    break;
  case Code::Bool:
    return "bool";
  case Code::Complex:
    kind = "complex";
    break;
  default:
    break;
  }
  return kind + std::to_string(type.bits);
}

[[noreturn]] void wrongType(const treadle_tensor_info &info, const std::string &found) {
  std::string expected = arrayTypeName(static_cast<DType>(info.dtype));
  std::string message =
      std::string("input \"") + info.name + "\": expected an array of " + expected + ", found " + found;
  throw nb::type_error(message.c_str());
}

/// Dense, last dimension fastest; strides of dimensions of size 1 mean nothing.
bool isDense(const nb::ndarray<nb::ro> &array) {
  int64_t expected = 1;
  for (size_t i = array.ndim(); i-- > 0;) {
    if (array.shape(i) == 0)
      return true;
    if (array.shape(i) != 1 && array.stride(i) != expected)
      return false;
    expected *= array.shape(i);
  }
  return true;
}

/// `value` as it is, if it speaks DLPack or the buffer protocol.
bool view(nb::handle value, nb::ndarray<nb::ro> &array) { return nb::try_cast(value, array, /*convert=*/false); }

/// NumPy's spelling of the element type of an object that has one.
std::string dtypeNameOf(nb::handle value) {
  nb::object dtype = nb::getattr(value, "dtype", nb::none());
  if (dtype.is_none())
    return "";
  return nb::cast<std::string>(nb::str(nb::getattr(dtype, "name", dtype)));
}

/// What to make a view of, for values that DLPack and the buffer protocol do not carry.
nb::object asExportable(nb::handle value, const treadle_tensor_info &info) {
  auto type = static_cast<DType>(info.dtype);
  std::string expected = arrayTypeName(type), found = dtypeNameOf(value);
  nb::module_ numpy = nb::module_::import_("numpy");
  if (!found.empty()) {
    if (found != expected)
      wrongType(info, found);
    if (!extensionName(type).empty()) // an array of ml_dtypes
      return numpy.attr("ascontiguousarray")(value).attr("view")(nameOf(carrierType(type)).c_str());
    return numpy.attr("ascontiguousarray")(value, expected.c_str()); // of the other byte order
  }
  bool number =
      nb::isinstance<nb::float_>(value) || nb::isinstance<nb::int_>(value) || nb::isinstance<nb::bool_>(value);
  if (!number && !nb::isinstance<nb::list>(value) && !nb::isinstance<nb::tuple>(value))
    wrongType(info, nb::cast<std::string>(nb::getattr(value.type(), "__name__")));
  if (!extensionName(type).empty())
    wrongType(info, nb::cast<std::string>(nb::getattr(value.type(), "__name__")));
  return numpy.attr("asarray")(value, expected.c_str());
}

} // namespace

std::string arrayTypeName(DType type) {
  std::string_view name = numpyName(type);
  return std::string(name.empty() ? extensionName(type) : name);
}

InputArray importArray(nb::handle value, const treadle_tensor_info &info) {
  auto type = static_cast<DType>(info.dtype);
  if (bitWidth(type) < 8)
    throw nb::type_error((std::string("input \"") + info.name + "\" is of " + arrayTypeName(type) +
                          ": arrays of elements under 8 bits cannot be passed from Python yet")
                             .c_str());
  InputArray result;
  nb::object held = nb::borrow(value);
  nb::dlpack::dtype wanted = dlpackType(type);
  bool seen = view(held, result.array);
  if (!seen) {
    held = asExportable(value, info);
    if (type != DType::F32 && !extensionName(type).empty())
      wanted = carrierType(type);
    seen = view(held, result.array);
  }
  if (!seen)
    wrongType(info, nb::cast<std::string>(nb::getattr(value.type(), "__name__")));
  if (result.array.dtype() != wanted)
    wrongType(info, nameOf(result.array.dtype()));
  if (result.array.device_type() != nb::device::cpu::value)
    throw nb::value_error(
        (std::string("input \"") + info.name + "\": its memory is not the CPU's; copy it there first").c_str());
  if (!isDense(result.array)) {
    nb::ndarray<nb::ro, nb::c_contig> dense;
    if (!nb::try_cast(held, dense, /*convert=*/true))
      throw nb::value_error(
          (std::string("input \"") + info.name + "\": is not dense in memory and cannot be made so").c_str());
    result.array = nb::ndarray<nb::ro>(dense);
  }
  for (size_t i = 0; i < result.array.ndim(); ++i)
    result.dims.push_back(result.array.shape(i));
  result.tensor.data = const_cast<void *>(result.array.data());
  result.tensor.dtype = info.dtype;
  result.tensor.rank = result.dims.size();
  result.tensor.dims = result.dims.data();
  return result;
}

bool OutputArray::allocate(const treadle_tensor &shape) {
  dtype = static_cast<DType>(shape.dtype);
  dims.assign(shape.dims, shape.dims + shape.rank);
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= dim;
  size_t bytes = std::max<size_t>((byteSize(dtype, count) + 63) / 64 * 64, 64);
  data.reset(std::aligned_alloc(64, bytes));
  return data != nullptr;
}

treadle_tensor OutputArray::tensor() const {
  treadle_tensor tensor = {};
  tensor.data = data.get();
  tensor.dtype = static_cast<treadle_dtype>(dtype);
  tensor.rank = dims.size();
  tensor.dims = dims.data();
  return tensor;
}

nb::object OutputArray::release() {
  if (bitWidth(dtype) < 8)
    throw nb::type_error(("an output is of " + arrayTypeName(dtype) +
                          ": arrays of elements under 8 bits cannot be passed "
                          "to Python yet")
                             .c_str());
  bool extension = !extensionName(dtype).empty();
  void *memory = data.get();
  nb::capsule owner(memory, [](void *pointer) noexcept { std::free(pointer); });
  data.release();
  std::vector<size_t> shape(dims.begin(), dims.end());
  nb::ndarray<nb::numpy> array(memory, shape.size(), shape.data(), owner, nullptr,
                               extension ? carrierType(dtype) : dlpackType(dtype));
  nb::object result = nb::cast(array, nb::rv_policy::reference);
  if (!extension)
    return result;
  return result.attr("view")(nb::module_::import_("ml_dtypes").attr(arrayTypeName(dtype).c_str()));
}

} // namespace treadle::python
