//===- host_tensor.cpp - elements of every type ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/tools/tensorfile/FileTest.h"
#include <cmath>
#include <limits>

using namespace treadle;
using testing::ElementsAre;

namespace {

HostTensor make(DType dtype, std::vector<int64_t> dims) {
  HostTensor tensor;
  EXPECT_FALSE(HostTensor::make(dtype, std::move(dims), tensor).failed());
  return tensor;
}

double decoded(DType dtype, uint8_t code) {
  HostTensor tensor = make(dtype, {1});
  tensor.as<uint8_t>()[0] = code;
  return toDoubles(tensor)[0];
}

std::vector<double> roundTrip(DType dtype, const std::vector<double> &values) {
  HostTensor tensor = make(dtype, {static_cast<int64_t>(values.size())});
  EXPECT_TRUE(fromDoubles(values.data(), tensor));
  return toDoubles(tensor);
}

TEST(HostTensor, IsZeroedAndAligned) {
  HostTensor tensor = make(DType::F32, {3, 5});
  EXPECT_EQ(tensor.count(), 15);
  EXPECT_EQ(tensor.bytes(), 60u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data()) % 64, 0u);
  EXPECT_THAT(toDoubles(tensor), testing::Each(0));
}

TEST(HostTensor, RefusesImpossibleShapes) {
  HostTensor tensor;
  EXPECT_EQ(HostTensor::make(DType::F32, {2, -1}, tensor).code, TREADLE_INVALID_ARGUMENT);
  EXPECT_EQ(HostTensor::make(DType::F32, {int64_t(1) << 40, int64_t(1) << 40}, tensor).code, TREADLE_INVALID_ARGUMENT);
  EXPECT_EQ(HostTensor::make(DType::F64, {int64_t(1) << 58}, tensor).code, TREADLE_OUT_OF_MEMORY);
  EXPECT_FALSE(HostTensor::make(DType::F32, {0, int64_t(1) << 40}, tensor).failed());
}

TEST(HostTensor, ScalarsHaveOneElement) {
  HostTensor tensor = make(DType::I64, {});
  EXPECT_EQ(tensor.count(), 1);
  EXPECT_EQ(tensor.view().rank, 0);
}

TEST(HostTensor, IntegersRoundAndClamp) {
  EXPECT_THAT(roundTrip(DType::U8, {-3, 0.4, 1.6, 300}), ElementsAre(0, 0, 2, 255));
  EXPECT_THAT(roundTrip(DType::I8, {-300, -1.2, 127.4}), ElementsAre(-128, -1, 127));
  EXPECT_THAT(roundTrip(DType::I64, {-1e30, 1e30, std::nan("")}), ElementsAre(-0x1p63, 0x1p63, 0));
  EXPECT_THAT(roundTrip(DType::Bool, {0, 0.5, -2}), ElementsAre(0, 1, 1));
}

TEST(HostTensor, PackedIntegers) {
  EXPECT_THAT(roundTrip(DType::I4, {-9, -8, -1, 0, 7, 8}), ElementsAre(-8, -8, -1, 0, 7, 7));
  EXPECT_THAT(roundTrip(DType::U4, {-1, 3, 15, 16, 5}), ElementsAre(0, 3, 15, 15, 5));
  EXPECT_THAT(roundTrip(DType::I2, {-3, -2, -1, 0, 1}), ElementsAre(-2, -2, -1, 0, 1));
  EXPECT_THAT(roundTrip(DType::U2, {0, 1, 2, 3, 9}), ElementsAre(0, 1, 2, 3, 3));
  EXPECT_EQ(make(DType::I4, {5}).bytes(), 3u);
}

TEST(HostTensor, NarrowFloats) {
  EXPECT_THAT(roundTrip(DType::F16, {1, -0.5, 65504, 1e6, 0x1p-24}), ElementsAre(1, -0.5, 65504, INFINITY, 0x1p-24));
  EXPECT_THAT(roundTrip(DType::BF16, {1, 1.00390625, 3e38}), ElementsAre(1, 1, testing::DoubleNear(3e38, 2e36)));
  EXPECT_TRUE(std::isnan(roundTrip(DType::BF16, {std::nan("")})[0]));
}

// Values of the formats' definitions (OCP OFP8, OCP MX, and the fnuz variants of float8).
TEST(HostTensor, EightBitFloats) {
  EXPECT_EQ(decoded(DType::F8E4M3FN, 0x7e), 448);
  EXPECT_TRUE(std::isnan(decoded(DType::F8E4M3FN, 0x7f)));
  EXPECT_TRUE(std::isnan(decoded(DType::F8E4M3FN, 0xff)));
  EXPECT_EQ(decoded(DType::F8E4M3FN, 0x01), 0x1p-9);
  EXPECT_EQ(decoded(DType::F8E4M3FNUZ, 0x7f), 240);
  EXPECT_TRUE(std::isnan(decoded(DType::F8E4M3FNUZ, 0x80)));
  EXPECT_EQ(decoded(DType::F8E5M2, 0x7b), 57344);
  EXPECT_EQ(decoded(DType::F8E5M2, 0xfc), -INFINITY);
  EXPECT_TRUE(std::isnan(decoded(DType::F8E5M2, 0x7d)));
  EXPECT_EQ(decoded(DType::F8E5M2FNUZ, 0x7f), 57344);
  EXPECT_EQ(decoded(DType::F8E8M0, 127), 1);
  EXPECT_EQ(decoded(DType::F8E8M0, 0), 0x1p-127);
  EXPECT_TRUE(std::isnan(decoded(DType::F8E8M0, 255)));
}

TEST(HostTensor, FourBitFloats) {
  std::vector<double> values;
  for (uint8_t code = 0; code < 16; ++code)
    values.push_back(decoded(DType::F4E2M1, code));
  EXPECT_THAT(values, ElementsAre(0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6));
}

TEST(HostTensor, ComplexElementsAreTwoNumbers) {
  HostTensor tensor = make(DType::C64, {2});
  for (int i = 0; i < 4; ++i)
    tensor.as<float>()[i] = static_cast<float>(i);
  EXPECT_THAT(toDoubles(tensor), ElementsAre(0, 1, 2, 3));
}

} // namespace
