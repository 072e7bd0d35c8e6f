# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Bad input is one clear line that names what and where, and leaves nothing half-written."""
import os
import pathlib
import resource
import signal
import subprocess
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image



def listing(folder):
    return sorted(f.name for f in pathlib.Path(folder).iterdir())


# ---- the command line itself ---------------------------------------------------------------------

@pytest.mark.parametrize("arguments", [
    [], ["fly"], ["run"], ["run", "--fly", "x.onnx"], ["run", "a.onnx", "b.onnx"], ["compile", "a.onnx", "--threads", "many"],
    ["run", "a.onnx", "--threads", "0"], ["run", "a.onnx", "--input", "x=y.txt"], ["run", "a.onnx", "--input", "x=random"],
    ["run", "a.onnx", "--input", "x=random:1:5"], ["run", "a.onnx", "--input", "x=random:1:5:5"], ["run", "a.onnx", "--shape", "x=3x"],
    ["run", "a.onnx", "--shape", "3x4"], ["run", "a.onnx", "--shape", "x=-1"], ["run", "a.onnx", "--output", "y=z.txt"],
    ["run", "a.onnx", "--image-scale", "big"], ["run", "a.onnx", "--image-mean", "1,,2"], ["bench", "a.onnx", "--repeat", "0"],
    ["compare", "a.onnx", "--against", "hope"], ["compare", "a.onnx", "--tolerance", "-1"],
])
def test_wrong_usage_is_exit_status_2(fails, arguments):
    fails(*arguments, status=2)


def test_wrong_usage_says_what_is_right(fails):
    assert "random:SEED" in fails("run", "a.onnx", "--input", "x=y.txt", status=2)
    assert "1x3x480x640" in fails("run", "a.onnx", "--shape", "x=large", status=2)


# ---- models and artifacts --------------------------------------------------------------------------

@pytest.mark.parametrize("command", ["run", "bench", "inspect", "compile", "compare"])
def test_missing_model(fails, command, tmp_path):
    message = fails(command, tmp_path / "no.onnx", cwd=tmp_path)
    assert str(tmp_path / "no.onnx") in message and "No such file" in message
    assert listing(tmp_path) == []


def test_missing_artifact(fails, tmp_path):
    assert fails("run", tmp_path / "no.tdl") == f"{tmp_path}/no.tdl: No such file or directory"


@pytest.mark.parametrize("flags", [["--no-fusion"], ["--dim", "batch=2"], ["--target", "vulkan"]])
def test_flags_of_compiling_are_not_for_what_is_compiled(fails, treadle, dense, tmp_path, flags):
    assert treadle("compile", dense, "-o", tmp_path / "x.tdl").returncode == 0
    assert f"x.tdl is compiled already, without {flags[0]}" in fails("run", tmp_path / "x.tdl", *flags)
    assert treadle("run", tmp_path / "x.tdl", "--cpu", "host").returncode == 0


@pytest.mark.parametrize("contents", [b"", b"not a model", b"\x08\x08" * 100])
def test_what_is_no_model(fails, tmp_path, contents):
    (tmp_path / "bad.onnx").write_bytes(contents)
    assert "bad.onnx" in fails("run", tmp_path / "bad.onnx")


def test_truncated_model(fails, dense, tmp_path):
    whole = dense.read_bytes()
    for length in range(1, len(whole), max(1, len(whole) // 12)):
        (tmp_path / "cut.onnx").write_bytes(whole[:length])
        assert fails("compile", tmp_path / "cut.onnx", "-o", tmp_path / "net.tdl")
        assert listing(tmp_path) == ["cut.onnx"]


def test_unknown_ops_are_all_named(treadle, tmp_path):
    nodes = [helper.make_node("Fly", ["x"], ["a"], name="fly_1"), helper.make_node("Swim", ["a"], ["y"], name="swim_1")]
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in "xy"]
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", info[:1], info[1:])), tmp_path / "new.onnx")
    done = treadle("compile", tmp_path / "new.onnx", "-o", tmp_path / "net.tdl")
    assert done.returncode == 1
    assert "fly_1" in done.stderr and "swim_1" in done.stderr
    assert listing(tmp_path) == ["new.onnx"]


@pytest.fixture
def artifact(treadle, dense, tmp_path):
    assert treadle("compile", dense, "-o", tmp_path / "net.tdl").returncode == 0
    return tmp_path / "net.tdl"


def test_truncated_artifact(fails, artifact, tmp_path):
    whole = artifact.read_bytes()
    for length in (0, 1, 4, 63, 64, 100, len(whole) // 2, len(whole) - 1):
        artifact.write_bytes(whole[:length])
        assert fails("run", artifact).startswith(f"{artifact}: ")


def test_altered_artifact(treadle, artifact):
    """Wherever a byte of the header or the tables is altered, it is noticed."""
    whole = artifact.read_bytes()
    for at in [*range(0, 64, 7), *range(len(whole) - 200, len(whole), 23)]:
        artifact.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1:])
        done = treadle("run", artifact)
        assert done.returncode in (0, 1) and not done.stderr.startswith("Traceback")
        if done.returncode == 1:
            assert done.stderr.startswith(f"treadle: {artifact}: ") and done.stderr.count("\n") == 1


def test_altered_weights(fails, artifact, dense):
    """They would run, and be wrong."""
    whole = artifact.read_bytes()
    bias = next(numpy_helper.to_array(w).tobytes() for w in onnx.load(dense).graph.initializer if w.name == "b")
    at = whole.index(bias)
    artifact.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:])
    assert fails("run", artifact).startswith(f"{artifact}: ")


def test_artifact_for_another_cpu(fails, treadle, dense, tmp_path):
    if "x86-64-v4" in treadle("devices").stdout:
        pytest.skip("this CPU runs every variant")
    assert treadle("compile", dense, "-o", tmp_path / "net.tdl", "--cpu", "x86-64-v4").returncode == 0
    message = fails("run", tmp_path / "net.tdl")
    assert message.startswith(f"{tmp_path}/net.tdl: has code for cpu x86-64-v4, not for this device")


def test_unknown_device(fails, dense):
    assert 'no device "abacus"' in fails("run", dense, "--input", "x=ones", "--device", "abacus")


def test_unknown_variant_stage_and_dimension(fails, dense, tmp_path):
    assert "x86-64-v3" in fails("compile", dense, "-o", tmp_path / "a.tdl", "--cpu", "z80", status=2)
    assert "simplify" in fails("compile", dense, "-o", tmp_path / "a.tdl", "--stop-after", "lunch", status=2)
    assert "NAME=N" in fails("compile", dense, "-o", tmp_path / "a.tdl", "--dim", "batch", status=2)
    assert "cpu" in fails("run", dense, "--target", "abacus", status=2)
    # Only the model says which names there are.
    assert "batch" in fails("compile", dense, "-o", tmp_path / "a.tdl", "--dim", "batch=3")
    assert listing(tmp_path) == []


# ---- inputs ----------------------------------------------------------------------------------------

def test_wrong_shapes_and_types(fails, dense, chain, tmp_path):
    np.save(tmp_path / "shape.npy", np.zeros((4, 7), np.float32))
    np.save(tmp_path / "rank.npy", np.zeros(4, np.float32))
    np.save(tmp_path / "type.npy", np.zeros((4, 8), np.int64))
    assert fails("run", dense, "--input", f"x={tmp_path}/shape.npy") == 'input "x" has the shape [4, 8], [4, 7] was given'
    assert fails("run", dense, "--input", f"x={tmp_path}/rank.npy") == 'input "x" has 2 dimensions, 1 were given'
    assert fails("run", dense, "--input", f"x={tmp_path}/type.npy") == 'input "x" is of f32, i64 was given'
    assert "has 4 dimensions" in fails("run", chain, "--shape", "x=3x4")


def test_open_dimensions_must_be_known(fails, chain):
    message = fails("run", chain, "--input", "x=ones")
    assert 'input "x" is f32 [batch, 3, h, w]' in message and "--shape h=N" in message


def test_unknown_inputs_and_outputs(fails, two, tmp_path):
    assert 'no input "c"; its inputs are a, b' in fails("run", two, "--input", "c=ones")
    assert "which input is it for?" in fails("run", two, "--input", "ones")
    assert 'no output "c"; its outputs are sum, difference' in fails("run", two, "--output", f"c={tmp_path}/c.npy")
    assert "which output is it?" in fails("run", two, "--output", tmp_path / "c.npy")
    assert "no open dimension" in fails("run", two, "--shape", "z=3")
    assert listing(tmp_path) == []


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.pb", "x.png", "x.jpg", "x.wav"])
def test_missing_and_damaged_inputs(fails, picture, tmp_path, name):
    path = tmp_path / name
    assert fails("run", picture, "--input", f"image={path}") == f"{path}: No such file or directory"
    path.write_bytes(b"\x00\x01\x02\x03" * 20)
    assert fails("run", picture, "--input", f"image={path}").startswith(f"{path}: ")


def test_inputs_that_no_tensor_is(fails, dense, tmp_path):
    np.save(tmp_path / "big.npy", np.zeros((4, 8), ">f4"))
    np.save(tmp_path / "text.npy", np.array(["a", "b"]))
    assert "big-endian" in fails("run", dense, "--input", f"x={tmp_path}/big.npy")
    assert "which no tensor has" in fails("run", dense, "--input", f"x={tmp_path}/text.npy")


def test_an_archive_of_other_things(fails, dense, tmp_path):
    np.savez(tmp_path / "other.npz", z=np.zeros((4, 8), np.float32))
    assert fails("run", dense, "--input", tmp_path / "other.npz").startswith(f"{tmp_path}/other.npz: has none of the inputs")


def test_a_picture_where_none_fits(fails, two, picture, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "p.png")
    message = fails("run", two, "--input", f"a={tmp_path}/p.png")
    assert message.startswith(f'{tmp_path}/p.png: input "a" is f32 [n], which a picture does not fit')
    message = fails("run", picture, "--input", f"{tmp_path}/p.png", "--input", f"{tmp_path}/p.png")
    assert message == f'{tmp_path}/p.png: input "image" takes 1 pictures at once, 2 were given'


# ---- outputs ---------------------------------------------------------------------------------------

def test_a_full_disk(fails, dense, treadle):
    assert fails("run", dense, "--input", "x=ones", "--output", "y=/dev/full") == "/dev/full: No space left on device"
    assert "/dev/full: No space left" in fails("run", dense, "--input", "x=ones", "--profile", "/dev/full")
    assert "/dev/full: No space left" in fails("compile", dense, "-o", "/dev/full")
    assert os.path.exists("/dev/full") and not os.path.exists("/dev/full.part")


def test_a_full_standard_output(build, dense):
    with open("/dev/full", "w") as full:
        for arguments in (["run", dense, "--input", "x=ones"], ["inspect", dense, "--json"], ["devices"]):
            done = subprocess.run([build / "bin" / "treadle", *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
            assert done.returncode == 1
            assert "treadle: standard output: No space left on device" in done.stderr


def test_a_reader_that_has_seen_enough(build, chain):
    done = subprocess.run(f"{build}/bin/treadle inspect --json {chain} | head -c 1", shell=True, capture_output=True, text=True)
    assert done.stdout == "{" and done.stderr == ""


@pytest.fixture
def small_files():
    """No file may grow past 4 KiB, as on a disk that fills up in the middle."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    return limit


def test_a_disk_that_fills_up_leaves_nothing(fails, dense, chain, tmp_path, small_files):
    assert f"{tmp_path}/net.tdl: File too large" in fails("compile", dense, "-o", tmp_path / "net.tdl", preexec_fn=small_files,
                                                        env={**os.environ, "TMPDIR": "/dev/shm"})
    assert listing(tmp_path) == []


def test_a_small_file_system(fails, treadle, chain, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        for name in ("y.npy", "y.npz", "y.pb"):
            message = fails("run", chain, "--input", "x=ones", "--shape", "x=1x3x64x64", "--output", f"y={disk}/{name}")
            assert message == f"{disk}/{name}: No space left on device"
            assert listing(disk) == []
        for more in ((), ("--stop-after", "codegen")):
            assert "No space left on device" in fails("compile", chain, "-o", disk / "net", *more)
            assert listing(disk) == []
        assert "No space left on device" in fails("compile", chain, "-o", tmp_path / "net.tdl", "--dump-ir", disk)
        # What was written before that stays, whole.
        assert treadle("compile", chain, "-o", tmp_path / "net.tdl", "--dump-ir", tmp_path / "ir").returncode == 0
        for name in listing(disk):
            assert (disk / name).read_bytes() == (tmp_path / "ir" / name).read_bytes()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_folders_that_cannot_be_written(fails, dense, tmp_path):
    (tmp_path / "file").write_text("")
    for path, why in ((tmp_path / "no" / "y", "No such file or directory"), (tmp_path / "file" / "y", "Not a directory")):
        assert fails("run", dense, "--input", "x=ones", "--output", f"y={path}.npy") == f"{path}.npy: {why}"
        assert fails("run", dense, "--input", "x=ones", "--profile", f"{path}.json") == f"{path}.json: {why}"
        assert fails("compile", dense, "-o", f"{path}.tdl") == f"{path}.tdl: {why}"
    (tmp_path / "y.npy").mkdir()
    assert fails("run", dense, "--input", "x=ones", "--output", f"y={tmp_path}/y.npy") == f"{tmp_path}/y.npy: Is a directory"
    if os.geteuid():
        tmp_path.chmod(0o555)
        assert "Permission denied" in fails("compile", dense, "-o", tmp_path / "net.tdl")


def test_outputs_that_are_no_picture_or_sound(fails, chain, two, tmp_path):
    message = fails("run", chain, "--input", "x=ones", "--shape", "x=1x3x4x4", "--output", f"y={tmp_path}/y.wav")
    assert message.startswith(f'{tmp_path}/y.wav: output "y": a tensor of shape [1, 3, 4, 4] is no sound')
    message = fails("run", two, "--input", "a=ones", "--input", "b=ones", "--shape", "n=4", "--output", f"sum={tmp_path}/sum.png")
    assert message.startswith(f'{tmp_path}/sum.png: output "sum": a tensor of shape [4] is no picture')
    assert listing(tmp_path) == []


# ---- interrupts ------------------------------------------------------------------------------------

def interrupted(command, seconds, number, **options):
    """A shell's background job ignores SIGINT, and what it starts does; a terminal's does not."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    time.sleep(seconds)
    process.send_signal(number)
    _, shown = process.communicate(timeout=60)
    return process.returncode, shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_is_interrupted(build, chain, tmp_path, number):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [build / "bin" / "treadle", "bench", chain, "--shape", "x=1x3x256x256", "--repeat", "1000000"]
    status, shown = interrupted(command, 1.0, number, env=environment)
    assert status == 130 and shown.splitlines()[-1] == "treadle: interrupted"
    assert listing(tmp_path) == []


@pytest.mark.slow
def test_compiling_is_interrupted(build, tmp_path):
    """Wherever it is hit, nothing is left."""
    rng = np.random.default_rng(0)
    nodes, weights = [], []
    for i in range(40):
        weights.append(numpy_helper.from_array(rng.standard_normal((8 + i % 5, 8 + (i - 1) % 5 if i else 8, 3, 3), np.float32), f"w{i}"))
        nodes.append(helper.make_node("Conv", [f"x{i}", f"w{i}"], [f"x{i + 1}"], name=f"conv_{i}", pads=[1, 1, 1, 1]))
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x0", TensorProto.FLOAT, [1, 8, 16, 16])],
                              [helper.make_tensor_value_info("x40", TensorProto.FLOAT, None)], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "deep.onnx")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "out").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    for seconds in (0.05, 0.2, 0.5, 1.0, 1.5):
        status, shown = interrupted([build / "bin" / "treadle", "compile", tmp_path / "deep.onnx", "-o", tmp_path / "out" / "net.tdl"],
                                    seconds, signal.SIGINT, env=environment)
        assert listing(tmp_path / "tmp") == []
        if status == 0:  # it was quicker
            (tmp_path / "out" / "net.tdl").unlink()
        else:
            # On a busy machine the signal may come before the program is there to take it.
            assert status in (130, -signal.SIGINT), shown
        assert listing(tmp_path / "out") == []
