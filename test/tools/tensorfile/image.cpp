//===- image.cpp - pictures as tensors and back ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/tensorfile/Image.h"
#include "test/tools/tensorfile/FileTest.h"

using namespace treadle;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

Image picture(int64_t width, int64_t height, int64_t channels) {
  Image image{width, height, channels, {}};
  for (int64_t i = 0; i < width * height * channels; ++i)
    image.pixels.push_back(static_cast<uint8_t>(i * 7));
  return image;
}

class ImageTest : public FileTest {
protected:
  HostTensor toTensor(const Image &image, DType dtype, const std::vector<int64_t> &dims,
                      const PixelTransform &transform = {}) {
    HostTensor tensor;
    Status status = imagesToTensor({image}, *imageLayoutOf(dims), dtype, dims, transform, tensor);
    EXPECT_FALSE(status.failed()) << status.message;
    return tensor;
  }
};

TEST_F(ImageTest, PngComesBack) {
  for (int channels : {1, 3, 4}) {
    Image image = picture(5, 3, channels), read;
    ASSERT_FALSE(writePng(path("a.png"), image).failed());
    ASSERT_FALSE(readImage(path("a.png"), 0, read).failed());
    EXPECT_EQ(read.width, 5);
    EXPECT_EQ(read.height, 3);
    EXPECT_EQ(read.channels, channels);
    EXPECT_EQ(read.pixels, image.pixels);
  }
}

TEST_F(ImageTest, ConvertsChannels) {
  Image grey{2, 1, 1, {10, 20}}, read;
  ASSERT_FALSE(writePng(path("a.png"), grey).failed());
  ASSERT_FALSE(readImage(path("a.png"), 3, read).failed());
  EXPECT_THAT(read.pixels, ElementsAre(10, 10, 10, 20, 20, 20));
}

TEST_F(ImageTest, DamagedFilesAreErrors) {
  ASSERT_FALSE(writePng(path("a.png"), picture(4, 3, 3)).failed());
  readDamaged("a.png", [](const std::string &path) {
    Image image;
    return readImage(path, 3, image);
  });
}

TEST_F(ImageTest, SameSizeIsExact) {
  Image image = picture(4, 3, 3);
  std::vector<float> resized = resize(image, 4, 3);
  for (size_t i = 0; i < resized.size(); ++i)
    EXPECT_EQ(resized[i], image.pixels[i]);
}

// Weights of a triangle: Pillow's Image.resize(size, Image.BILINEAR) gives the same.
TEST_F(ImageTest, ResizesBilinearly) {
  EXPECT_THAT(resize({2, 1, 1, {0, 100}}, 4, 1), ElementsAre(0, 25, 75, 100));
  std::vector<float> half = resize({4, 1, 1, {0, 100, 200, 100}}, 2, 1);
  EXPECT_NEAR(half[0], (0.75 * 0 + 0.75 * 100 + 0.25 * 200) / 1.75, 1e-3);
  EXPECT_NEAR(half[1], (0.25 * 100 + 0.75 * 200 + 0.75 * 100) / 1.75, 1e-3);
  EXPECT_THAT(resize({1, 2, 1, {0, 100}}, 1, 4), ElementsAre(0, 25, 75, 100));
}

TEST_F(ImageTest, LayoutIsWhereTheChannelsStand) {
  auto channel = [](const std::vector<int64_t> &dims) { return imageLayoutOf(dims)->channel; };
  EXPECT_EQ(channel({1, 3, 8, 9}), 1);
  EXPECT_EQ(channel({1, 8, 9, 3}), 3);
  EXPECT_EQ(channel({-1, 1, -1, -1}), 1);
  EXPECT_EQ(channel({-1, -1, -1, 4}), 3);
  EXPECT_EQ(channel({-1, -1, -1, -1}), 1);
  EXPECT_EQ(channel({3, 8, 9}), 0);
  EXPECT_EQ(channel({8, 9, 1}), 2);
  EXPECT_EQ(channel({8, 9}), -1);
  EXPECT_FALSE(imageLayoutOf({1, 8, 9, 5}));
  EXPECT_FALSE(imageLayoutOf({7}));
  EXPECT_FALSE(imageLayoutOf({1, 1, 3, 8, 9}));
}

TEST_F(ImageTest, PixelsBecomeElements) {
  Image image{1, 2, 3, {0, 51, 102, 153, 204, 255}};
  EXPECT_THAT(toDoubles(toTensor(image, DType::U8, {1, 2, 1, 3})), ElementsAre(0, 51, 102, 153, 204, 255));
  EXPECT_THAT(toDoubles(toTensor(image, DType::U8, {1, 3, 2, 1})), ElementsAre(0, 153, 51, 204, 102, 255));
  PixelTransform transform;
  transform.scale = 1;
  EXPECT_THAT(toDoubles(toTensor(image, DType::F32, {3, 2, 1}, transform)), ElementsAre(0, 153, 51, 204, 102, 255));
  transform.bgr = true;
  EXPECT_THAT(toDoubles(toTensor(image, DType::F32, {3, 2, 1}, transform)), ElementsAre(102, 255, 51, 204, 0, 153));
  transform.mean = {2, 1, 0};
  transform.deviation = {2};
  EXPECT_THAT(toDoubles(toTensor(image, DType::F32, {2, 1, 3}, transform)), ElementsAre(50, 25, 0, 126.5, 101.5, 76.5));
}

TEST_F(ImageTest, RefusesAWrongNumberOfMeans) {
  HostTensor tensor;
  PixelTransform transform;
  transform.mean = {1, 2};
  Status status =
      imagesToTensor({picture(2, 2, 3)}, *imageLayoutOf({3, 2, 2}), DType::F32, {3, 2, 2}, transform, tensor);
  EXPECT_THAT(status.message, HasSubstr("one for each of the 3 channels, not 2"));
}

TEST_F(ImageTest, TensorsBecomePictures) {
  Image image;
  HostTensor tensor;
  ASSERT_FALSE(HostTensor::make(DType::F32, {1, 3, 1, 2}, tensor).failed());
  std::vector<double> unit = {0, 0.5, 1, 1.2, -1, 0.25};
  fromDoubles(unit.data(), tensor);
  ASSERT_FALSE(tensorToImage(tensor, false, image).failed());
  EXPECT_THAT(image.pixels, ElementsAre(0, 255, 0, 128, 255, 64));
  std::vector<double> bytes = {0, 10, 20, 300, -5, 30};
  fromDoubles(bytes.data(), tensor);
  ASSERT_FALSE(tensorToImage(tensor, true, image).failed());
  EXPECT_THAT(image.pixels, ElementsAre(0, 20, 0, 30, 255, 10));
  ASSERT_FALSE(tensorToImage(counting(DType::U8, {2, 2, 1}), false, image).failed());
  EXPECT_THAT(image.pixels, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(image.channels, 1);
  EXPECT_THAT(tensorToImage(counting(DType::F32, {2, 3, 2, 2}), false, image).message,
              HasSubstr("[2, 3, 2, 2] is no picture"));
  EXPECT_THAT(tensorToImage(counting(DType::F32, {7}), false, image).message, HasSubstr("[7] is no picture"));
}

} // namespace
