//===- npy.cpp - NumPy's .npy and .npz files ------------------------------------===//
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

/// A .npy file with a header of one's own.
std::string npy(int major, const std::string &header, const std::string &elements) {
  std::string text = std::string("\x93NUMPY") + static_cast<char>(major) + '\0';
  uint32_t length = header.size();
  text.append(reinterpret_cast<const char *>(&length), major == 1 ? 2 : 4);
  return text + header + elements;
}

using Npy = FileTest;

TEST_F(Npy, EveryTypeComesBack) {
  for (DType dtype : {DType::F16, DType::F32, DType::F64, DType::BF16, DType::I8, DType::I16, DType::I32, DType::I64,
                      DType::U8, DType::U16, DType::U32, DType::U64, DType::Bool}) {
    HostTensor tensor = counting(dtype, {2, 3}), read;
    ASSERT_FALSE(writeNpy(path("a.npy"), tensor).failed());
    ASSERT_FALSE(readNpy(path("a.npy"), read).failed()) << spelling(dtype);
    expectSame(tensor, read);
  }
}

TEST_F(Npy, EveryRankComesBack) {
  for (const std::vector<int64_t> &dims : std::vector<std::vector<int64_t>>{{}, {5}, {0}, {2, 0, 3}, {1, 2, 3, 4, 5}}) {
    HostTensor tensor = counting(DType::F32, dims), read;
    ASSERT_FALSE(writeNpy(path("a.npy"), tensor).failed());
    ASSERT_FALSE(readNpy(path("a.npy"), read).failed());
    expectSame(tensor, read);
  }
}

TEST_F(Npy, ElementsAreAligned) {
  ASSERT_FALSE(writeNpy(path("a.npy"), counting(DType::F32, {2})).failed());
  EXPECT_EQ(contents("a.npy").size() % 64, 8u);
}

TEST_F(Npy, SmallIntegersTakeAByte) {
  HostTensor read;
  ASSERT_FALSE(writeNpy(path("a.npy"), counting(DType::I4, {5})).failed());
  ASSERT_FALSE(readNpy(path("a.npy"), read).failed());
  EXPECT_EQ(read.dtype(), DType::I8);
  EXPECT_THAT(toDoubles(read), ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(Npy, TypesThatNumPyLacksAreRefused) {
  HostTensor tensor;
  ASSERT_FALSE(HostTensor::make(DType::F8E5M2, {2}, tensor).failed());
  EXPECT_THAT(writeNpy(path("a.npy"), tensor).message, HasSubstr("f8e5m2; write a .pb file"));
  EXPECT_FALSE(std::filesystem::exists(path("a.npy")));
}

TEST_F(Npy, AllVersionsAndSpellings) {
  HostTensor read;
  std::string two = {1, 0, 2, 0};
  put("1.npy", npy(1, "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", two));
  put("2.npy", npy(2, "{\"shape\": (2L,), \"descr\": \"<i2\", \"fortran_order\": False}\n", two));
  put("3.npy", npy(3, "{ 'fortran_order':True,'shape':(2,),'descr':'=i2' } ", two));
  for (const char *name : {"1.npy", "2.npy", "3.npy"}) {
    Status status = readNpy(path(name), read);
    ASSERT_FALSE(status.failed()) << status.message;
    EXPECT_EQ(read.dtype(), DType::I16);
    EXPECT_THAT(toDoubles(read), ElementsAre(1, 2));
  }
}

TEST_F(Npy, ColumnMajorIsTurned) {
  HostTensor read;
  put("a.npy", npy(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", {0, 3, 1, 4, 2, 5}));
  ASSERT_FALSE(readNpy(path("a.npy"), read).failed());
  EXPECT_THAT(toDoubles(read), ElementsAre(0, 1, 2, 3, 4, 5));
  put("b.npy", npy(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2), }", {0, 4, 2, 6, 1, 5, 3, 7}));
  ASSERT_FALSE(readNpy(path("b.npy"), read).failed());
  EXPECT_THAT(toDoubles(read), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST_F(Npy, SaysWhatIsWrong) {
  auto message = [&](const std::string &bytes) {
    HostTensor read;
    Status status = readNpy(put("a.npy", bytes), read);
    EXPECT_EQ(status.code, TREADLE_DAMAGED);
    EXPECT_EQ(status.message.rfind(path("a.npy") + ": ", 0), 0u) << status.message;
    return status.message;
  };
  EXPECT_THAT(message("not at all"), HasSubstr("is no .npy file"));
  EXPECT_THAT(message(npy(4, "{}", "")), HasSubstr("version 4"));
  EXPECT_THAT(message(npy(1, "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "1234")),
              HasSubstr("big-endian"));
  EXPECT_THAT(message(npy(1, "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "1234")),
              HasSubstr("unknown type \"|O\""));
  EXPECT_THAT(message(npy(1, "{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }", "1234")),
              HasSubstr("\"<U4\""));
  EXPECT_THAT(message(npy(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234")),
              HasSubstr("several fields"));
  EXPECT_THAT(message(npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "1234")),
              HasSubstr("cut short"));
  EXPECT_THAT(message(npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "1234")),
              HasSubstr("header cannot be read"));
  EXPECT_THAT(
      message(npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }", "1234")),
      HasSubstr("cut short"));
  EXPECT_THAT(message(npy(1, "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (), }", "1234")),
              HasSubstr("header cannot be read"));
  EXPECT_THAT(message(npy(1, "{'descr': '<f4', 'fortran_order': False, }", "1234")),
              HasSubstr("header cannot be read"));
}

TEST_F(Npy, DamagedFilesAreErrors) {
  ASSERT_FALSE(writeNpy(path("a.npy"), counting(DType::F32, {2, 3})).failed());
  readDamaged("a.npy", [](const std::string &path) {
    HostTensor tensor;
    return readNpy(path, tensor);
  });
}

using Npz = FileTest;

TEST_F(Npz, ArraysComeBackByName) {
  HostTensor a = counting(DType::F32, {100, 3}), b = counting(DType::I64, {}), c = counting(DType::U8, {0});
  for (bool deflate : {false, true}) {
    NpzWriter writer(path("a.npz"), deflate);
    ASSERT_FALSE(writer.add("a", a).failed());
    ASSERT_FALSE(writer.add("in:b/0", b).failed());
    ASSERT_FALSE(writer.add("c", c).failed());
    ASSERT_FALSE(writer.finish().failed());
    std::unique_ptr<NpzReader> reader;
    ASSERT_FALSE(NpzReader::open(path("a.npz"), reader).failed());
    EXPECT_THAT(reader->names(), ElementsAre("a", "in:b/0", "c"));
    HostTensor read;
    ASSERT_FALSE(reader->read("a", read).failed());
    expectSame(a, read);
    ASSERT_FALSE(reader->read("in:b/0", read).failed());
    expectSame(b, read);
    ASSERT_FALSE(reader->read("c", read).failed());
    expectSame(c, read);
    EXPECT_THAT(reader->read("d", read).message, HasSubstr("has no array \"d\"; it has a, in:b/0, c"));
  }
}

TEST_F(Npz, DeflatedIsSmaller) {
  HostTensor zeros;
  ASSERT_FALSE(HostTensor::make(DType::F32, {1000, 1000}, zeros).failed());
  NpzWriter writer(path("a.npz"), true);
  ASSERT_FALSE(writer.add("a", zeros).failed());
  ASSERT_FALSE(writer.finish().failed());
  EXPECT_LT(contents("a.npz").size(), 10000u);
  std::unique_ptr<NpzReader> reader;
  HostTensor read;
  ASSERT_FALSE(NpzReader::open(path("a.npz"), reader).failed());
  ASSERT_FALSE(reader->read("a", read).failed());
  expectSame(zeros, read);
}

TEST_F(Npz, AnEmptyArchiveIsOne) {
  NpzWriter writer(path("a.npz"), false);
  ASSERT_FALSE(writer.finish().failed());
  std::unique_ptr<NpzReader> reader;
  ASSERT_FALSE(NpzReader::open(path("a.npz"), reader).failed());
  EXPECT_TRUE(reader->names().empty());
}

TEST_F(Npz, WithoutFinishNothingIsLeft) {
  {
    NpzWriter writer(path("a.npz"), false);
    ASSERT_FALSE(writer.add("a", counting(DType::F32, {2})).failed());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(Npz, DamagedFilesAreErrors) {
  for (bool deflate : {false, true}) {
    NpzWriter writer(path("a.npz"), deflate);
    ASSERT_FALSE(writer.add("a", counting(DType::F32, {2, 3})).failed());
    ASSERT_FALSE(writer.finish().failed());
    readDamaged("a.npz", [](const std::string &path) {
      std::unique_ptr<NpzReader> reader;
      HostTensor tensor;
      Status status = NpzReader::open(path, reader);
      for (size_t i = 0; !status.failed() && i < reader->names().size(); ++i)
        status = reader->read(reader->names()[i], tensor);
      return status;
    });
  }
}

} // namespace
