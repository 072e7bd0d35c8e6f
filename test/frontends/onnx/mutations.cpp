//===- mutations.cpp - models that are cut short or altered ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each is a graph that verifies, or error messages; never a crash. test_damaged.py looks at what the messages say.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Import.h"
#include "test/Mutator.h"
#include "test/TemporaryFolder.h"
#include "test/frontends/ImportChecks.h"
#include <gtest/gtest.h>
#include <onnx-ml.pb.h>

using namespace mlir;
using ::onnx::AttributeProto;
using ::onnx::GraphProto;
using ::onnx::ModelProto;
using ::onnx::NodeProto;
using ::onnx::TensorProto;

namespace treadle {
namespace {

using Names = std::vector<const char *>;

const int64_t numbers[] = {0, 1, -1, 3, -2, 65536, INT32_MAX, 1LL << 31, 1LL << 40, INT64_MAX, INT64_MIN};

template <typename Nodes>
NodeProto &addNode(Nodes *nodes, const char *op, const Names &inputs, const Names &outputs, const char *domain = "") {
  NodeProto &node = *nodes->Add();
  node.set_op_type(op);
  node.set_domain(domain);
  for (const char *name : inputs)
    node.add_input(name);
  for (const char *name : outputs)
    node.add_output(name);
  return node;
}

AttributeProto &addAttribute(NodeProto &node, const char *name, AttributeProto::AttributeType type) {
  AttributeProto &attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}
void set(NodeProto &node, const char *name, int64_t value) {
  addAttribute(node, name, AttributeProto::INT).set_i(value);
}
void set(NodeProto &node, const char *name, const char *value) {
  addAttribute(node, name, AttributeProto::STRING).set_s(value);
}
void set(NodeProto &node, const char *name, const std::vector<int64_t> &values) {
  AttributeProto &attribute = addAttribute(node, name, AttributeProto::INTS);
  attribute.mutable_ints()->Add(values.begin(), values.end());
}

template <typename T>
void addWeight(GraphProto &graph, const char *name, std::vector<int64_t> dims, std::vector<T> values) {
  TensorProto &tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(std::is_same_v<T, float>     ? TensorProto::FLOAT
                       : std::is_same_v<T, int64_t> ? TensorProto::INT64
                                                    : TensorProto::BOOL);
  tensor.mutable_dims()->Add(dims.begin(), dims.end());
  tensor.set_raw_data(values.data(), values.size() * sizeof(T));
}

/// Some of everything: a network with shapes, branches, a function, weights large and small.
ModelProto example() {
  ModelProto model;
  model.set_ir_version(10);
  auto addDomain = [](auto *imports, const char *domain, int64_t version) {
    ::onnx::OperatorSetIdProto &import = *imports->Add();
    import.set_domain(domain);
    import.set_version(version);
  };
  addDomain(model.mutable_opset_import(), "", 21);
  addDomain(model.mutable_opset_import(), "f", 1);
  ::onnx::FunctionProto &function = *model.add_functions();
  function.set_name("F");
  function.set_domain("f");
  function.add_input("a");
  function.add_output("b");
  addDomain(function.mutable_opset_import(), "", 21);
  addNode(function.mutable_node(), "Relu", {"a"}, {"b"});

  GraphProto &graph = *model.mutable_graph();
  graph.set_name("graph");
  auto *nodes = graph.mutable_node();
  NodeProto &conv = addNode(nodes, "Conv", {"x", "w", "v"}, {"a"});
  set(conv, "pads", {1, 1, 1, 1});
  set(conv, "strides", {2, 2});
  addNode(nodes, "F", {"a"}, {"b"}, "f");
  NodeProto &choice = addNode(nodes, "If", {"c"}, {"d"});
  for (const char *name : {"then_branch", "else_branch"}) {
    GraphProto &branch = *addAttribute(choice, name, AttributeProto::GRAPH).mutable_g();
    branch.set_name("g");
    addNode(branch.mutable_node(), "Neg", {"b"}, {"n"});
    branch.add_output()->set_name("n");
  }
  addNode(nodes, "Shape", {"d"}, {"s"});
  addNode(nodes, "Slice", {"s", "zero", "two"}, {"t"});
  set(addNode(nodes, "Concat", {"t", "minus"}, {"u"}), "axis", int64_t(0));
  addNode(nodes, "Reshape", {"d", "u"}, {"r"});
  set(addNode(nodes, "Softmax", {"r"}, {"p"}), "axis", -1);
  set(addNode(nodes, "Resize", {"d", "", "scales"}, {"q"}), "mode", "linear");
  set(addNode(nodes, "ReduceMax", {"q"}, {"m"}), "keepdims", int64_t(0));
  addNode(nodes, "Pad", {"p", "pads"}, {"o"});
  addNode(nodes, "Add", {"o", "m"}, {"y"});

  ::onnx::ValueInfoProto &input = *graph.add_input();
  input.set_name("x");
  auto &type = *input.mutable_type()->mutable_tensor_type();
  type.set_elem_type(TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("n");
  type.mutable_shape()->add_dim()->set_dim_value(3);
  type.mutable_shape()->add_dim()->set_dim_param("h");
  type.mutable_shape()->add_dim()->set_dim_param("w_");
  ::onnx::ValueInfoProto &output = *graph.add_output();
  output.set_name("y");
  output.mutable_type()->mutable_tensor_type()->set_elem_type(TensorProto::FLOAT);

  addWeight<float>(graph, "w", {16, 3, 3, 3}, std::vector<float>(16 * 27, 0.5f));
  addWeight<float>(graph, "v", {16}, std::vector<float>(16));
  addWeight<char>(graph, "c", {}, {1});
  addWeight<int64_t>(graph, "zero", {1}, {0});
  addWeight<int64_t>(graph, "two", {1}, {2});
  addWeight<int64_t>(graph, "minus", {1}, {-1});
  addWeight<float>(graph, "scales", {4}, {1, 1, 2, 2});
  addWeight<int64_t>(graph, "pads", {6}, {0, 0, 1, 0, 0, 1});
  return model;
}

class Mutations : public ::testing::Test, protected test::TemporaryFolder, protected test::Mutator {
protected:
  /// Whether the bytes are a model. Its graph must verify, and what is none must be said.
  bool import(const std::string &bytes) {
    std::string path = put("model.onnx", bytes);
    return checks.check([&](MLIRContext *context) { return onnx::importModel(context, path, {}); });
  }

  template <typename T> T &anyOf(google::protobuf::RepeatedPtrField<T> *list) {
    return *list->Mutable(static_cast<int>(below(list->size())));
  }
  template <typename T> void set(google::protobuf::RepeatedField<T> *list, T value) {
    if (!list->empty())
      list->Set(static_cast<int>(below(list->size())), value);
  }

  /// Changes one thing of a model, which stays one by its form.
  void alter(ModelProto &model) {
    GraphProto &graph = *model.mutable_graph();
    NodeProto &node = anyOf(graph.mutable_node());
    TensorProto &tensor = anyOf(graph.mutable_initializer());
    const char *const operators[] = {"If",    "Einsum",  "STFT",          "Loop",   "Pad",  "Concat",
                                     "Split", "Gather",  "ConvTranspose", "Expand", "Tile", "TopK",
                                     "Slice", "MaxPool", "ScatterND",     "Range",  "Cast"};
    const char *const places[] = {"", ".", "../x", "/etc/passwd"};
    const char *const words[] = {"", "X", "linear", "\xff\xfe"};
    int64_t number = oneOf(numbers);
    auto anyName = [&]() -> std::string {
      const NodeProto &other = anyOf(graph.mutable_node());
      return below(4) == 0 ? "nothing" : below(4) == 0 || other.input().empty() ? other.output(0) : other.input(0);
    };
    switch (below(17)) {
    case 0:
      if (!node.attribute().empty()) {
        AttributeProto &attribute = anyOf(node.mutable_attribute());
        set(attribute.mutable_ints(), number);
        attribute.set_i(number);
        attribute.set_s(oneOf(words));
      }
      break;
    case 1: {
      std::string data = tensor.raw_data();
      if (size_t width = tensor.data_type() == TensorProto::INT64 ? sizeof(int64_t) : 1; !data.empty())
        data.replace(below(data.size() / width) * width, width, reinterpret_cast<const char *>(&number), width);
      tensor.set_raw_data(data);
      break;
    }
    case 2:
      tensor.set_data_location(TensorProto::EXTERNAL);
      for (auto [key, value] :
           {std::pair("location", std::string(oneOf(places))), std::pair("offset", std::to_string(number)),
            std::pair("length", std::to_string(oneOf(numbers)))}) {
        ::onnx::StringStringEntryProto &entry = *tensor.add_external_data();
        entry.set_key(key);
        entry.set_value(value);
      }
      break;
    case 3:
      graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(static_cast<int>(below(30)));
      break;
    case 4:
      anyOf(graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim())
          .set_dim_value(number);
      break;
    case 5:
      if (!node.input().empty())
        anyOf(node.mutable_input()) = anyName();
      break;
    case 6:
      anyOf(node.mutable_output()) = anyName();
      break;
    case 7:
      if (!node.attribute().empty())
        anyOf(node.mutable_attribute()).set_type(static_cast<AttributeProto::AttributeType>(below(15)));
      break;
    case 8:
      tensor.set_data_type(static_cast<int>(below(30)));
      break;
    case 9:
      if (below(2))
        tensor.add_dims(number);
      else
        set(tensor.mutable_dims(), number);
      break;
    case 10:
      graph.mutable_node()->SwapElements(static_cast<int>(below(graph.node_size())), graph.node_size() - 1);
      if (below(2))
        graph.mutable_node()->RemoveLast();
      break;
    case 11:
      graph.add_node()->CopyFrom(node);
      break;
    case 12:
      if (below(2))
        graph.add_initializer()->CopyFrom(tensor);
      else
        graph.mutable_initializer()->RemoveLast();
      break;
    case 13:
      if (below(2) && !node.input().empty())
        node.mutable_input()->RemoveLast();
      else
        for (size_t count = 1 + below(3) * 20; count > 0; --count)
          node.add_input("x");
      break;
    case 14:
      node.set_op_type(oneOf(operators));
      break;
    case 15:
      model.mutable_opset_import(0)->set_version(below(2) ? number : static_cast<int64_t>(below(24)));
      break;
    case 16: // calls itself
      model.mutable_functions(0)->mutable_node(0)->set_op_type("F");
      model.mutable_functions(0)->mutable_node(0)->set_domain("f");
      break;
    }
  }

  test::ImportChecks checks;
  const ModelProto model = example();
  const int tries = test::mutations();
};

TEST_F(Mutations, TheExampleIsAModel) { EXPECT_TRUE(import(model.SerializeAsString())); }

TEST_F(Mutations, OfBytes) {
  std::string bytes = model.SerializeAsString();
  for (int i = 0; i < tries; ++i)
    import(mutated(bytes));
}

TEST_F(Mutations, OfModels) {
  int models = 0;
  for (int i = 0; i < tries; ++i) {
    ModelProto altered = model;
    for (size_t count = 1 + below(2); count > 0; --count)
      alter(altered);
    models += import(altered.SerializeAsString());
  }
  EXPECT_GT(models, tries / 100); // not all are refused for their first node
}

} // namespace
} // namespace treadle
