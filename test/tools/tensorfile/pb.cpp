//===- pb.cpp - onnx.TensorProto files ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/tools/tensorfile/FileTest.h"

using namespace treadle;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// A field of a protobuf message: a number, or bytes.
std::string field(int number, uint64_t value) {
  std::string text(1, static_cast<char>(number << 3));
  for (; value > 127; value >>= 7)
    text += static_cast<char>(value | 128);
  return text + static_cast<char>(value);
}
std::string field(int number, const std::string &bytes) {
  std::string text = field(number, bytes.size());
  text[0] = static_cast<char>(number << 3 | 2);
  return text + bytes;
}

// Numbers of fields of onnx.TensorProto.
constexpr int dims = 1, dataType = 2, floatData = 4, int32Data = 5, int64Data = 7, rawData = 9, dataLocation = 14;

class Pb : public FileTest {
protected:
  std::vector<double> values(const std::string &bytes) {
    HostTensor tensor;
    std::string title;
    Status status = readPb(put("a.pb", bytes), tensor, title);
    EXPECT_FALSE(status.failed()) << status.message;
    return toDoubles(tensor);
  }
  std::string message(const std::string &bytes) {
    HostTensor tensor;
    std::string title;
    Status status = readPb(put("a.pb", bytes), tensor, title);
    EXPECT_EQ(status.code, TREADLE_DAMAGED);
    EXPECT_EQ(status.message.rfind(path("a.pb") + ": ", 0), 0u) << status.message;
    return status.message;
  }
};

TEST_F(Pb, TensorsComeBackWithTheirName) {
  for (DType dtype : {DType::F32, DType::F16, DType::BF16, DType::I64, DType::U8, DType::I4, DType::Bool}) {
    HostTensor tensor = counting(dtype, {2, 3}), read;
    std::string title;
    ASSERT_FALSE(writePb(path("a.pb"), tensor, "the name").failed());
    ASSERT_FALSE(readPb(path("a.pb"), read, title).failed());
    expectSame(tensor, read);
    EXPECT_EQ(title, "the name");
  }
}

TEST_F(Pb, TypedFields) {
  std::string floats("\0\0\x80\x3f\0\0\0\x40", 8); // 1, 2
  EXPECT_THAT(values(field(dims, 2) + field(dataType, 1) + field(floatData, floats)), ElementsAre(1, 2));
  EXPECT_THAT(values(field(dims, 2) + field(dataType, 7) + field(int64Data, std::string{5, 6})), ElementsAre(5, 6));
  EXPECT_THAT(values(field(dims, 2) + field(dataType, 2) + field(int32Data, std::string{5, 6})), ElementsAre(5, 6));
  EXPECT_THAT(values(field(dims, 1) + field(dataType, 10) + field(int32Data, 0x3c00)), ElementsAre(1)); // f16 as bits
  EXPECT_THAT(values(field(dims, 3) + field(dataType, 21) + field(int32Data, std::string{0x21, 0x03})),
              ElementsAre(1, 2, 3));
}

TEST_F(Pb, SaysWhatIsWrong) {
  EXPECT_THAT(message("no protobuf"), HasSubstr("is no onnx.TensorProto"));
  EXPECT_THAT(message(field(dims, 1) + field(dataType, 8)), HasSubstr("holds strings"));
  EXPECT_THAT(message(field(dims, 1) + field(dataType, 99)), HasSubstr("unknown type 99"));
  EXPECT_THAT(message(field(dims, 1) + field(dataType, 1) + field(dataLocation, 1)), HasSubstr("in another file"));
  EXPECT_THAT(message(field(dims, 2) + field(dataType, 1) + field(rawData, std::string("1234"))),
              HasSubstr("has 4 bytes of elements, its shape [2] needs 8"));
  EXPECT_THAT(message(field(dims, 3) + field(dataType, 7) + field(int64Data, std::string{5, 6})),
              HasSubstr("[3] needs"));
  EXPECT_THAT(message(field(dims, uint64_t(1) << 62) + field(dataType, 1) + field(rawData, std::string("1234"))),
              HasSubstr("fewer elements"));
  EXPECT_THAT(message(field(dims, ~uint64_t(0)) + field(dataType, 1)), HasSubstr("impossible shape"));
}

TEST_F(Pb, DamagedFilesAreErrors) {
  ASSERT_FALSE(writePb(path("a.pb"), counting(DType::F32, {2, 3}), "x").failed());
  readDamaged("a.pb", [](const std::string &path) {
    HostTensor tensor;
    std::string title;
    return readPb(path, tensor, title);
  });
}

TEST(FileKind, ByTheEndOfTheName) {
  EXPECT_EQ(kindOfFile("a.npy"), FileKind::Npy);
  EXPECT_EQ(kindOfFile("a.b.NPZ"), FileKind::Npz);
  EXPECT_EQ(kindOfFile("x/a.pb"), FileKind::Pb);
  EXPECT_EQ(kindOfFile("a.JPEG"), FileKind::Image);
  EXPECT_EQ(kindOfFile("a.flac"), FileKind::Sound);
  EXPECT_EQ(kindOfFile("npy"), FileKind::Unknown);
  EXPECT_EQ(kindOfFile(""), FileKind::Unknown);
}

} // namespace
