//===- sound.cpp - sounds as tensors and back -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/tensorfile/Sound.h"
#include "test/tools/tensorfile/FileTest.h"

using namespace treadle;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

Sound stereo() { return {8000, 2, 3, {0, 0.5, 0.25, -0.25, 1, -1}}; }

class SoundTest : public FileTest {
protected:
  std::vector<double> values(const Sound &sound, DType dtype, std::vector<int64_t> dims) {
    HostTensor tensor;
    Status status = soundToTensor(sound, dtype, std::move(dims), tensor);
    EXPECT_FALSE(status.failed()) << status.message;
    shape = tensor.dims();
    return toDoubles(tensor);
  }
  std::vector<int64_t> shape;
};

TEST_F(SoundTest, WavComesBack) {
  Sound read;
  ASSERT_FALSE(writeWav(path("a.wav"), stereo()).failed());
  ASSERT_FALSE(readSound(path("a.wav"), read).failed());
  EXPECT_EQ(read.rate, 8000);
  EXPECT_EQ(read.channels, 2);
  EXPECT_EQ(read.frames, 3);
  EXPECT_THAT(read.samples, testing::Pointwise(testing::FloatNear(1e-4f), stereo().samples));
}

TEST_F(SoundTest, LoudSamplesAreClipped) {
  Sound read;
  ASSERT_FALSE(writeWav(path("a.wav"), {8000, 1, 2, {3, -3}}).failed());
  ASSERT_FALSE(readSound(path("a.wav"), read).failed());
  EXPECT_THAT(read.samples, ElementsAre(testing::FloatNear(1, 1e-4), testing::FloatNear(-1, 1e-4)));
}

TEST_F(SoundTest, DamagedFilesAreErrors) {
  ASSERT_FALSE(writeWav(path("a.wav"), stereo()).failed());
  readDamaged("a.wav", [](const std::string &path) {
    Sound sound;
    return readSound(path, sound);
  });
  Sound sound;
  EXPECT_THAT(readSound(put("b.wav", "no sound at all"), sound).message, HasSubstr("is no sound that can be read"));
}

TEST_F(SoundTest, BecomesMono) {
  EXPECT_THAT(values(stereo(), DType::F32, {1, -1}), ElementsAre(0.25, 0, 0));
  EXPECT_THAT(shape, ElementsAre(1, 3));
  EXPECT_THAT(values(stereo(), DType::I16, {3}), ElementsAre(8192, 0, 0));
}

TEST_F(SoundTest, KeepsChannelsThatTheTensorHas) {
  EXPECT_THAT(values(stereo(), DType::F32, {1, 2, -1}), ElementsAre(0, 0.25, 1, 0.5, -0.25, -1));
  EXPECT_THAT(values(stereo(), DType::F32, {-1, 2}), ElementsAre(0, 0.5, 0.25, -0.25, 1, -1));
}

TEST_F(SoundTest, IsCutOrFollowedBySilence) {
  Sound mono{8000, 1, 3, {0.5, 0.25, 1}};
  EXPECT_THAT(values(mono, DType::F32, {2}), ElementsAre(0.5, 0.25));
  EXPECT_THAT(values(mono, DType::F32, {1, 5}), ElementsAre(0.5, 0.25, 1, 0, 0));
  EXPECT_THAT(values(mono, DType::F32, {-1, 2}), ElementsAre(0.5, 0.25, 1, 0));
  EXPECT_THAT(shape, ElementsAre(2, 2));
}

TEST_F(SoundTest, TensorsBecomeSounds) {
  Sound sound;
  HostTensor tensor = counting(DType::I16, {1, 2, 3});
  ASSERT_FALSE(tensorToSound(tensor, 44100, sound).failed());
  EXPECT_EQ(sound.channels, 2);
  EXPECT_EQ(sound.frames, 3);
  EXPECT_EQ(sound.rate, 44100);
  EXPECT_THAT(sound.samples, ElementsAre(0, 3.f / 32768, 1.f / 32768, 4.f / 32768, 2.f / 32768, 5.f / 32768));
  EXPECT_THAT(tensorToSound(counting(DType::F32, {2, 2, 2}), 1, sound).message, HasSubstr("[2, 2, 2] is no sound"));
  EXPECT_THAT(tensorToSound(counting(DType::F32, {9, 100}), 1, sound).message, HasSubstr("at most 8 channels"));
}

} // namespace
