# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""runtimes.py - Treadle and its peers behind one interface: convert once, load, run.

Each is used as its own documentation shows, on the CPU in float32, with the number of threads set and all else
left as it comes. Treadle is used through libtreadle, as an app would: no compiler in the process.
"""
import ctypes
import importlib.metadata
import os
import pathlib
import subprocess
import sys

import numpy as np

BUILD = pathlib.Path(os.environ.get("TREADLE_BUILD", pathlib.Path(__file__).resolve().parent.parent / "build")).resolve()


class Failed(Exception):
    """A runtime cannot do this model; the message is its own first words."""


def command(arguments, **options):
    """Runs a converter; its last words if it fails."""
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=600, **options)
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise Failed(f"{pathlib.Path(arguments[0]).name}: {words[-1][:200]}")
    return done


class Runtime:
    """What all have. `package` is that of PyPI; `files` lie in a folder of this model's own."""
    package = None

    @classmethod
    def version(cls):
        return importlib.metadata.version(cls.package)

    @classmethod
    def available(cls):
        try:
            cls.version()
            return True
        except importlib.metadata.PackageNotFoundError:
            return False

    @staticmethod
    def convert(model, inputs, folder):
        """The file that load() takes; made from the ONNX file where it is not that itself."""
        return model

    def load(self, path, inputs, threads):
        raise NotImplementedError

    def run(self):
        """Once, on the inputs of load(); outputs as a list of arrays in the model's order."""
        raise NotImplementedError


# ---- Treadle -----------------------------------------------------------------------------------------------

NAMES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16",
         11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16"}
CODES = {name: code for code, name in NAMES.items()}


class Tensor(ctypes.Structure):
    """treadle_tensor"""
    _fields_ = [("data", ctypes.c_void_p), ("dtype", ctypes.c_int), ("rank", ctypes.c_int32),
                ("dims", ctypes.POINTER(ctypes.c_int64)), ("capacity", ctypes.c_size_t)]

    @staticmethod
    def of(array):
        dims = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
        return Tensor(array.ctypes.data, CODES[str(array.dtype)], array.ndim, dims, array.nbytes)

    def array(self):
        shape, dtype = [self.dims[d] for d in range(self.rank)], np.dtype(NAMES[self.dtype])
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(ctypes.string_at(self.data, count * dtype.itemsize), dtype).reshape(shape)


class TensorInfo(ctypes.Structure):
    """treadle_tensor_info"""
    _fields_ = [("name", ctypes.c_char_p), ("dtype", ctypes.c_int), ("rank", ctypes.c_int32),
                ("dims", ctypes.POINTER(ctypes.c_int64)), ("dim_names", ctypes.POINTER(ctypes.c_char_p))]


class DeviceInfo(ctypes.Structure):
    """treadle_device_info"""
    _fields_ = [("name", ctypes.c_char_p), ("description", ctypes.c_char_p), ("memory", ctypes.c_uint64), ("target", ctypes.c_char_p)]


class SessionOptions(ctypes.Structure):
    """treadle_session_options"""
    _fields_ = [("device", ctypes.c_char_p), ("threads", ctypes.c_int32), ("pool", ctypes.c_void_p),
                ("allocator", ctypes.c_void_p), ("memory_limit", ctypes.c_uint64), ("cache", ctypes.c_char_p)]


class Treadle(Runtime):
    name = "treadle"

    @classmethod
    def available(cls):
        return (BUILD / "lib" / "libtreadle.so").exists() and (BUILD / "bin" / "treadle").exists()

    @classmethod
    def version(cls):
        library = ctypes.CDLL(str(BUILD / "lib" / "libtreadle.so"))
        library.treadle_version.restype = ctypes.c_char_p
        return library.treadle_version().decode()

    @staticmethod
    def convert(model, inputs, folder):
        artifact = folder / f"{model.stem}.tdl"
        command([BUILD / "bin" / "treadle", "compile", model, "-o", artifact])
        return artifact

    def check(self, error):
        if error:
            message = self.library.treadle_error_message(ctypes.c_void_p(error)).decode()
            raise Failed(message)

    @classmethod
    def devices(cls):
        """Name -> description of each device that is there."""
        library, found, info = ctypes.CDLL(str(BUILD / "lib" / "libtreadle.so")), {}, DeviceInfo()
        library.treadle_device.restype = ctypes.c_void_p
        while True:
            error = library.treadle_device(len(found), ctypes.byref(info))
            if error:
                library.treadle_error_free(ctypes.c_void_p(error))
                return found
            found[info.name.decode()] = info.description.decode()

    def load(self, path, inputs, threads, device=None):
        """`device`: "cuda:0"; None: the CPU."""
        self.open(path, threads, device)
        self.bind(inputs)

    def open(self, path, threads, device):
        self.library = library = ctypes.CDLL(str(BUILD / "lib" / "libtreadle.so"))
        for name in ("program_open_file", "program_input", "session_create", "session_run"):
            getattr(library, f"treadle_{name}").restype = ctypes.c_void_p
        for name in ("error_message", "session_trace"):
            getattr(library, f"treadle_{name}").restype = ctypes.c_char_p
        self.program, self.session = ctypes.c_void_p(), ctypes.c_void_p()
        self.check(library.treadle_program_open_file(str(path).encode(), None, ctypes.byref(self.program)))
        options = SessionOptions(threads=threads, device=device.encode() if device else None)
        self.check(library.treadle_session_create(self.program, ctypes.byref(options), ctypes.byref(self.session)))

    def input_kinds(self):
        """Name -> element type of each input, in order."""
        kinds, info = {}, TensorInfo()
        for i in range(self.library.treadle_program_input_count(self.program)):
            self.check(self.library.treadle_program_input(self.program, i, ctypes.byref(info)))
            kinds[info.name.decode()] = NAMES[info.dtype]
        return kinds

    def bind(self, inputs):
        """What the next runs are given."""
        self.arrays = []
        for name, kind in self.input_kinds().items():
            array = np.asarray(inputs[name], order="C")
            # Files have 16-bit floats that NumPy lacks as 2 bytes of no type.
            self.arrays.append(array.view(kind) if array.dtype.kind == "V" else array)
        outputs = self.library.treadle_program_output_count(self.program)
        self.inputs, self.outputs = (Tensor * len(self.arrays))(*map(Tensor.of, self.arrays)), (Tensor * outputs)()

    def run(self):
        ctypes.memset(self.outputs, 0, ctypes.sizeof(self.outputs))
        self.check(self.library.treadle_session_run(self.session, self.inputs, len(self.inputs), self.outputs, len(self.outputs)))
        return self.outputs

    def close(self):
        self.library.treadle_session_close(self.session)
        self.library.treadle_program_close(self.program)

    def results(self):
        return [tensor.array() for tensor in self.outputs]

    def trace(self):
        """One run, step by step, as text: Chrome trace events."""
        self.library.treadle_session_profile(self.session, 1)
        self.run()
        self.library.treadle_session_profile(self.session, 0)
        return self.library.treadle_session_trace(self.session).decode()


# ---- peers -------------------------------------------------------------------------------------------------

class OnnxRuntime(Runtime):
    name, package = "onnxruntime", "onnxruntime"

    def load(self, path, inputs, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 4
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = inputs

    def run(self):
        return self.session.run(None, self.inputs)


class OpenVino(Runtime):
    name, package = "openvino", "openvino"

    def load(self, path, inputs, threads):
        import openvino
        core = openvino.Core()
        model = core.compile_model(core.read_model(str(path)), "CPU", {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32"})
        self.request = model.create_infer_request()
        self.inputs, self.count = inputs, len(model.outputs)

    def run(self):
        results = self.request.infer(self.inputs, share_inputs=True)
        return [results[i] for i in range(self.count)]


class Mnn(Runtime):
    name, package = "mnn", "MNN"

    @staticmethod
    def convert(model, inputs, folder):
        path = folder / f"{model.stem}.mnn"
        converter = pathlib.Path(sys.executable).with_name("mnnconvert")
        done = command([converter, "-f", "ONNX", "--modelFile", model, "--MNNModel", path, "--bizCode", "bench"])
        if not path.exists():
            raise Failed("mnnconvert: " + (done.stdout.strip().splitlines() or ["no file"])[-1][:200])
        return path

    def load(self, path, inputs, threads):
        import MNN
        import onnx
        graph = onnx.load(str(inputs.model), load_external_data=False).graph
        weights = {w.name for w in graph.initializer}
        names = [i.name for i in graph.input if i.name not in weights]
        manager = MNN.nn.create_runtime_manager(({"backend": "CPU", "numThread": threads, "precision": "high"},))
        self.module = MNN.nn.load_module_from_file(str(path), names, [o.name for o in graph.output], runtime_manager=manager)
        kinds = {"float32": MNN.expr.float, "int32": MNN.expr.int, "int64": MNN.expr.int64, "uint8": MNN.expr.uint8}
        self.inputs, self.arrays = [], []
        for name in names:
            array = np.ascontiguousarray(inputs[name])
            if array.dtype == np.int64:  # MNN's own indices are 32 bits wide
                array = array.astype(np.int32)
            if str(array.dtype) not in kinds:
                raise Failed(f"mnn: no input of {array.dtype}")
            self.inputs.append(MNN.expr.placeholder(list(array.shape), MNN.expr.NCHW, kinds[str(array.dtype)]))
            self.arrays.append(array)

    def run(self):
        for value, array in zip(self.inputs, self.arrays):
            value.write(array)
        outputs = self.module.onForward(self.inputs)
        if not outputs:
            raise Failed("mnn: no outputs")
        return [np.array(o.read(), copy=False) for o in outputs]


class Ncnn(Runtime):
    name, package = "ncnn", "ncnn"

    @classmethod
    def available(cls):
        return super().available() and pathlib.Path(sys.executable).with_name("pnnx").exists()

    @staticmethod
    def convert(model, inputs, folder):
        kinds = {"float32": "f32", "int64": "i64", "int32": "i32"}
        shapes = ",".join("[" + ",".join(map(str, a.shape)) + "]" + kinds.get(str(a.dtype), "f32") for a in inputs.values())
        local = folder / "model.onnx"  # pnnx writes beside it
        local.unlink(missing_ok=True)
        local.symlink_to(model.resolve())
        converter, path = pathlib.Path(sys.executable).with_name("pnnx"), folder / "model.ncnn.param"
        done = subprocess.run([converter, local.name, f"inputshape={shapes}", "fp16=0"], cwd=folder, capture_output=True, timeout=600)
        if done.returncode or not path.exists():
            raise Failed("pnnx cannot convert it")
        return path

    def load(self, path, inputs, threads):
        import ncnn
        self.ncnn, self.net = ncnn, ncnn.Net()
        self.net.opt.num_threads = threads
        for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage", "use_vulkan_compute"):
            setattr(self.net.opt, option, False)
        if self.net.load_param(str(path)) or self.net.load_model(str(path.with_suffix(".bin"))):
            raise Failed("ncnn: cannot load the model")
        if len(self.net.input_names()) != len(inputs):
            raise Failed("ncnn: other inputs than the model has")
        # The batch dimension is dropped when the model is converted.
        self.inputs = [(name, np.ascontiguousarray(a[0] if a.ndim > 1 and a.shape[0] == 1 else a))
                       for name, a in zip(self.net.input_names(), inputs.values())]

    def run(self):
        extractor = self.net.create_extractor()
        for name, array in self.inputs:
            extractor.input(name, self.ncnn.Mat(array))
        outputs = []
        for name in self.net.output_names():
            status, output = extractor.extract(name)
            if status:
                raise Failed(f"ncnn: status {status}")
            outputs.append(np.array(output)[None])
        return outputs


ALL = {runtime.name: runtime for runtime in (Treadle, OnnxRuntime, OpenVino, Mnn, Ncnn)}
