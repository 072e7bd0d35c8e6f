# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_structure.py - functions, branches, and where a model's data is."""
import re

import numpy as np
from onnx import AttributeProto, TensorProto, helper, numpy_helper

OPSETS = [helper.make_opsetid("", 21)]


def result_of(name):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)


def reference(name, wanted, kind=AttributeProto.FLOAT):
    attribute = AttributeProto(name=name, ref_attr_name=wanted)
    attribute.type = kind
    return attribute


def test_functions_are_expanded(model_of, imported):
    """With attributes of the call, defaults of the function, and inputs that a call leaves out."""
    leaky = helper.make_node("LeakyRelu", ["a"], ["t"], name="leaky")
    leaky.attribute.append(reference("alpha", "slope"))
    clip = helper.make_node("Clip", ["t", "low", "high"], ["b"], name="clip")
    function = helper.make_function("mine", "Bounded", ["a", "low", "high"], ["b"], [leaky, clip], OPSETS,
                                    attributes=[], attribute_protos=[helper.make_attribute("slope", 0.25)])

    def body(call, plain):
        model = model_of([call], {"x": [3]}, constants={"h": np.float32(6)}, functions=[function], domains=["mine"])
        same = model_of(plain, {"x": [3]}, constants={"h": np.float32(6)})
        assert imported(model).body == imported(same).body

    body(helper.make_node("Bounded", ["x", "", "h"], ["y"], domain="mine", slope=0.5),
         [("LeakyRelu", "x", "t", {"alpha": 0.5}), ("Clip", ["t", "", "h"], "y")])
    body(helper.make_node("Bounded", ["x"], ["y"], domain="mine"), [("LeakyRelu", "x", "y", {"alpha": 0.25})])


def test_attributes_reach_branches_of_functions(model_of, imported):
    inner = helper.make_node("LeakyRelu", ["a"], ["t"])
    inner.attribute.append(reference("alpha", "slope"))
    branch = helper.make_graph([inner], "branch", [], [result_of("t")])
    choice = helper.make_node("If", ["c"], ["b"], then_branch=branch, else_branch=branch)
    function = helper.make_function("mine", "F", ["a", "c"], ["b"], [choice], OPSETS, attributes=["slope"])
    model = model_of([helper.make_node("F", ["x", "c"], ["y"], domain="mine", slope=0.5)], {"x": [3]}, constants={"c": np.array(True)},
                     functions=[function], domains=["mine"])
    assert imported(model).body == imported(model_of(("LeakyRelu", "x", "y", {"alpha": 0.5}), {"x": [3]})).body


def branches():
    return (helper.make_graph([helper.make_node("Relu", ["x"], ["t"])], "then", [], [result_of("t")]),
            helper.make_graph([helper.make_node("Neg", ["x"], ["e"])], "else", [], [result_of("e")]))


def test_a_known_condition_takes_its_branch(model_of, imported):
    then, otherwise = branches()
    for condition, op in ((True, "max"), (False, "neg")):
        model = model_of([helper.make_node("If", ["c"], ["y"], then_branch=then, else_branch=otherwise)], {"x": [3]},
                         constants={"c": np.array(condition)})
        assert imported(model).ops[-1] == op


def test_an_unknown_condition_chooses_between_results(model_of, imported):
    then, otherwise = branches()
    node = helper.make_node("If", ["c"], ["y"], name="choice", then_branch=then, else_branch=otherwise)
    inputs = {"x": [3], "c": ([1], TensorProto.BOOL)}
    assert imported(model_of([node], inputs)).ops[-1] == "select"
    then.node[0].op_type, then.node[0].input[:] = "Flatten", ["x"]
    node = helper.make_node("If", ["c"], ["y"], name="choice", then_branch=then, else_branch=otherwise)
    assert "choice (If): the branches give results of different types or sizes" in imported(model_of([node], inputs)).error


def test_data_of_every_kind(model_of, imported, tmp_path):
    """In the typed fields, raw, raw and large (mapped), and in a file beside the model."""
    values = np.arange(4096, dtype=np.float32).reshape(64, 64)
    (tmp_path / "weights.bin").write_bytes(bytes(32) + values.tobytes())
    outside = TensorProto(name="w", data_type=1, dims=[64, 64], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "weights.bin"), ("offset", "32"), ("length", str(values.nbytes))):
        entry = outside.external_data.add()
        entry.key, entry.value = key, value
    typed = helper.make_tensor("w", 1, [64, 64], values.ravel())
    raw = numpy_helper.from_array(values, "w")
    told = numpy_helper.from_array(values, "w")
    told.data_location = TensorProto.DEFAULT  # written after the data
    seen = []
    for weight in (typed, raw, told, outside):
        model = model_of(("MatMul", "xw", "y"), {"x": [1, 64]})
        model.graph.initializer.append(weight)
        result = imported(model)
        assert not result.error
        seen.append(result.ir.split("0x")[-1].split('"')[0])
    assert len(set(seen)) == 1


def test_constants_of_every_element_type(model_of, imported):
    for kind in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24):
        for raw in (False, True):
            array = numpy_helper.to_array(helper.make_tensor("t", kind, [3], [1, 0, 1]))
            weight = numpy_helper.from_array(array, "w") if raw else helper.make_tensor("w", kind, [3], [1, 0, 1])
            model = model_of(("Cast", "w", "y", {"to": 1}), {"x": [1]})
            model.graph.initializer.append(weight)
            result = imported(model)
            expected = array.astype(np.float32)
            assert not result.error, kind
            numbers = re.search(r"dense<\[?([^\]>]*)", result.ir)[1].split(", ")
            assert np.array_equal(np.resize(np.array(numbers, np.float32), 3), expected), (kind, result.ir)
