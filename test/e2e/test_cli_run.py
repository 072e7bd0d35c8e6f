# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""treadle run: values in, values out."""
import json
import wave

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from PIL import Image


def formula(x):
    return np.tanh(x + 1) * x


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((2, 3, 4, 5), np.float32)


def succeed(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done


# ---- what is printed -----------------------------------------------------------------------------

def test_says_what_came_out(treadle, chain, x, tmp_path):
    np.save(tmp_path / "x.npy", x)
    done = succeed(treadle("run", chain, "--input", f"x={tmp_path}/x.npy"))
    y = formula(x)
    words = done.stdout.split()
    assert words[0] == "y" and "f32 [2, 3, 4, 5]" in done.stdout
    for key, value in (("min", y.min()), ("mean", y.mean()), ("max", y.max())):
        assert float(words[words.index(key) + 1]) == pytest.approx(float(value), rel=1e-4, abs=1e-5)
    assert "ran in" in done.stderr and "memory" in done.stderr and done.stderr.count("\n") == 1


def test_small_outputs_are_shown(treadle, two):
    done = succeed(treadle("run", two, "--input", "a=ones", "--input", "b=ones", "--shape", "n=2"))
    assert "[2, 2]" in done.stdout.splitlines()[0] and "[0, 0]" in done.stdout.splitlines()[1]


def test_json(treadle, two):
    done = succeed(treadle("run", two, "--input", "a=ones", "--input", "b=zeros", "--shape", "n=2", "--json"))
    result = json.loads(done.stdout)
    assert result["outputs"][0] == {"name": "sum", "dtype": "f32", "dims": [2], "min": 1, "mean": 1, "max": 1, "nan": 0}
    assert result["run_ms"] > 0 and done.stderr == ""


def test_an_artifact_runs_like_its_model(treadle, chain, tmp_path):
    succeed(treadle("compile", chain, "-o", tmp_path / "net.tdl"))
    arguments = ["--input", "x=random:5", "--shape", "x=1x3x7x9"]
    assert succeed(treadle("run", tmp_path / "net.tdl", *arguments)).stdout == succeed(treadle("run", chain, *arguments)).stdout


def test_threads_do_not_change_results(treadle, dense):
    shown = {succeed(treadle("run", dense, "--threads", n, "--device", "cpu")).stdout for n in (1, 2, 3)}
    assert len(shown) == 1


def test_profile(treadle, chain, tmp_path):
    succeed(treadle("run", chain, "--shape", "x=1x3x8x8", "--profile", tmp_path / "trace.json"))
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert events and "tanh_1 (Tanh)" in " ".join(e["name"] for e in events)
    assert all(e["ph"] == "X" and e["dur"] >= 0 for e in events)


# ---- arrays --------------------------------------------------------------------------------------

def run_with(treadle, model, x, given, tmp_path):
    succeed(treadle("run", model, "--input", given, "--output", f"y={tmp_path}/y.npy"))
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), formula(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy(treadle, chain, x, tmp_path, order):
    np.save(tmp_path / "x.npy", np.asarray(x, order=order))
    run_with(treadle, chain, x, f"x={tmp_path}/x.npy", tmp_path)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_npy_versions(treadle, chain, x, tmp_path, version):
    with open(tmp_path / "x.npy", "wb") as file:
        np.lib.format.write_array(file, x, version=version)
    run_with(treadle, chain, x, f"x={tmp_path}/x.npy", tmp_path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("key", ["x", "in:x"])
def test_npz_has_all_inputs(treadle, chain, x, tmp_path, save, key):
    save(tmp_path / "all.npz", **{key: x, "out:y": x})
    run_with(treadle, chain, x, f"{tmp_path}/all.npz", tmp_path)


def test_npz_with_one_array_for_an_input(treadle, chain, x, tmp_path):
    np.savez(tmp_path / "one.npz", whatever=x)
    run_with(treadle, chain, x, f"x={tmp_path}/one.npz", tmp_path)


def test_pb(treadle, chain, x, tmp_path):
    (tmp_path / "x.pb").write_bytes(numpy_helper.from_array(x, "x").SerializeToString())
    run_with(treadle, chain, x, f"x={tmp_path}/x.pb", tmp_path)


def test_the_only_input_needs_no_name(treadle, chain, x, tmp_path):
    np.save(tmp_path / "x.npy", x)
    run_with(treadle, chain, x, tmp_path / "x.npy", tmp_path)


def test_outputs_in_every_form(treadle, two, tmp_path):
    a, b = np.arange(5, dtype=np.float32), np.ones(5, np.float32)
    np.savez(tmp_path / "in.npz", a=a, b=b)
    for more in ([], ["--compress"]):
        succeed(treadle("run", two, "--input", tmp_path / "in.npz", "--output", f"sum={tmp_path}/sum.npy", "--output",
                        f"sum={tmp_path}/sum.pb", "--output", tmp_path / "all.npz", "--output", f"difference={tmp_path}/one.npz", *more))
        np.testing.assert_array_equal(np.load(tmp_path / "sum.npy"), a + b)
        tensor = onnx.TensorProto.FromString((tmp_path / "sum.pb").read_bytes())
        assert tensor.name == "sum"
        np.testing.assert_array_equal(numpy_helper.to_array(tensor), a + b)
        with np.load(tmp_path / "all.npz") as arrays:
            assert sorted(arrays.files) == ["difference", "sum"]
            np.testing.assert_array_equal(arrays["difference"], a - b)
        with np.load(tmp_path / "one.npz") as arrays:
            assert arrays.files == ["difference"]


def test_with_output_nothing_is_printed(treadle, two, tmp_path):
    done = succeed(treadle("run", two, "--shape", "n=3", "--output", tmp_path / "all.npz"))
    assert done.stdout == ""


# ---- values that are made --------------------------------------------------------------------------

def values(treadle, model, tmp_path, *arguments):
    succeed(treadle("run", model, *arguments, "--output", f"sum={tmp_path}/sum.npy"))
    return np.load(tmp_path / "sum.npy")


def test_random_is_the_same_every_time(treadle, two, tmp_path):
    arguments = ["--input", "a=random:7", "--input", "b=zeros", "--shape", "n=10000"]
    a = values(treadle, two, tmp_path, *arguments)
    np.testing.assert_array_equal(a, values(treadle, two, tmp_path, *arguments))
    assert abs(a.mean()) < 0.05 and abs(a.std() - 1) < 0.05
    assert not np.array_equal(a, values(treadle, two, tmp_path, "--input", "a=random:8", *arguments[2:]))


def test_random_in_a_range(treadle, two, tmp_path):
    a = values(treadle, two, tmp_path, "--input", "a=random:7:10:20", "--input", "b=zeros", "--shape", "n=1000")
    assert a.min() >= 10 and a.max() < 20 and a.std() > 1


def test_what_is_not_given_is_random_and_said(treadle, two):
    done = succeed(treadle("run", two, "--shape", "n=3"))
    assert 'input "a" is not given: random numbers, seed 0' in done.stderr


def test_zeros_and_ones(treadle, two, tmp_path):
    np.testing.assert_array_equal(values(treadle, two, tmp_path, "--input", "a=zeros", "--input", "b=ones", "--shape", "n=3"), [1, 1, 1])


def test_shapes_of_inputs_and_of_dimensions(treadle, chain, tmp_path):
    for shape in (["--shape", "x=1x3x6x7"], ["--shape", "h=6", "--shape", "w=7"]):
        assert "[1, 3, 6, 7]" in succeed(treadle("run", chain, *shape)).stdout


def test_sizes_come_from_other_inputs(treadle, two, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(6, np.float32))
    assert "[6]" in succeed(treadle("run", two, "--input", f"a={tmp_path}/a.npy")).stdout


# ---- pictures --------------------------------------------------------------------------------------

@pytest.fixture
def photo(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 128, (6, 9, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return pixels


def test_picture_in_and_out(treadle, picture, photo, tmp_path):
    succeed(treadle("run", picture, "--input", f"image={tmp_path}/photo.png", "--output", f"result={tmp_path}/large.png"))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "large.png")), photo * 2)


def test_picture_keeps_its_pixels_with_scale_one(treadle, picture, photo, tmp_path):
    succeed(treadle("run", picture, "--input", f"{tmp_path}/photo.png", "--image-scale", "1", "--output", tmp_path / "y.npy"))
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), photo.transpose(2, 0, 1)[None].astype(np.float32) * 2)


def test_mean_deviation_and_bgr(treadle, picture, photo, tmp_path):
    succeed(treadle("run", picture, "--input", f"{tmp_path}/photo.png", "--image-mean", "0.1,0.2,0.3", "--image-std", "1/2",
                    "--image-bgr", "--output", tmp_path / "y.npy"))
    expected = (photo[..., ::-1] / 255 - [0.1, 0.2, 0.3]) / 0.5 * 2
    np.testing.assert_allclose(np.load(tmp_path / "y.npy")[0], expected.transpose(2, 0, 1), atol=1e-5)


def test_picture_is_resized_like_pillow_does(treadle, picture, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    done = succeed(treadle("run", picture, "--input", f"image={tmp_path}/photo.png", "--shape", "h=17", "--shape", "w=60",
                           "--image-scale", "1/2", "--output", tmp_path / "y.npy"))
    assert "resized from 50 x 40 to 60 x 17" in done.stderr
    expected = np.asarray(Image.fromarray(pixels).resize((60, 17), Image.BILINEAR), np.float32)
    np.testing.assert_allclose(np.load(tmp_path / "y.npy")[0].transpose(1, 2, 0), expected, atol=1.01)


def test_jpeg(treadle, picture, tmp_path):
    Image.new("RGB", (16, 8), (200, 100, 50)).save(tmp_path / "photo.jpg", quality=95)
    succeed(treadle("run", picture, "--input", f"image={tmp_path}/photo.jpg", "--image-scale", "1/2", "--output", tmp_path / "y.npy"))
    np.testing.assert_allclose(np.load(tmp_path / "y.npy")[0, :, 4, 4], [200, 100, 50], atol=3)


def test_pictures_make_a_batch(treadle, chain, photo, tmp_path):
    photo_input = f"x={tmp_path}/photo.png"
    assert "[2, 3, 6, 9]" in succeed(treadle("run", chain, "--input", photo_input, "--input", photo_input)).stdout


# ---- sounds ----------------------------------------------------------------------------------------

def write_wav(path, samples, rate):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())


def test_sound_in_and_out(treadle, sound, tmp_path):
    samples = np.random.default_rng(0).integers(-10000, 10000, (100, 1))
    write_wav(tmp_path / "in.wav", samples, 8000)
    succeed(treadle("run", sound, "--input", f"samples={tmp_path}/in.wav", "--output", f"louder={tmp_path}/out.wav",
                    "--output", f"louder={tmp_path}/out.npy"))
    np.testing.assert_allclose(np.load(tmp_path / "out.npy")[0], samples[:, 0] / 16384, atol=1e-6)
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert file.getframerate() == 8000 and file.getnchannels() == 1
        out = np.frombuffer(file.readframes(100), "<i2")
    np.testing.assert_allclose(out, samples[:, 0] * 2, atol=2)


def test_stereo_becomes_mono_and_short_sounds_are_filled_up(treadle, sound, tmp_path):
    write_wav(tmp_path / "in.wav", np.full((10, 2), [1000, 3000]), 8000)
    done = succeed(treadle("run", sound, "--input", f"samples={tmp_path}/in.wav", "--shape", "n=12", "--output", tmp_path / "out.npy"))
    np.testing.assert_allclose(np.load(tmp_path / "out.npy")[0], [4000 / 32768] * 10 + [0, 0], atol=1e-6)
    assert "filled up to 12 samples" in done.stderr
