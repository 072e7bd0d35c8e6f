//===- Reference.cpp - a model's values by the meaning of its ops ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/reference/Reference.h"
#include "dialects/graph/Evaluate.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Pipeline.h"
#include "tools/compile/Model.h"
#include "tools/compile/Register.h"
#include <cstring>

using namespace mlir;

namespace treadle {

struct Reference::State {
  State() : context(allDialects(), MLIRContext::Threading::DISABLED) {
    context.loadDialect<graph::GraphDialect, func::FuncDialect>();
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error && problem.empty()) {
        std::string where = graph::sourceName(diagnostic.getLocation());
        problem = (where.empty() ? "" : where + ": ") + diagnostic.str();
      }
      return success();
    });
  }

  /// The first diagnostic since the last call, or `otherwise`.
  Status takeProblem(const std::string &otherwise) {
    std::string text = std::exchange(problem, "");
    return error(TREADLE_UNSUPPORTED, text.empty() ? otherwise : text);
  }

  MLIRContext context;
  std::string problem;
  ImportedModel model;
};

namespace {

HostTensor toHost(const graph::Tensor &tensor) {
  HostTensor result;
  if (!HostTensor::make(tensor.dtype(), std::vector<int64_t>(tensor.shape()), result).failed() && result.bytes())
    std::memcpy(result.data(), tensor.raw().data(), result.bytes());
  return result;
}

} // namespace

Reference::Reference() = default;
Reference::~Reference() = default;

Status Reference::open(const std::string &path, const CompileOptions &options, Reference &reference) {
  reference.state = std::make_unique<State>();
  ImportOptions import;
  if (std::string problem = readImportOptions(options, import); !problem.empty())
    return error(TREADLE_INVALID_ARGUMENT, problem);
  FailureOr<ImportedModel> model = importModel(&reference.state->context, path, import);
  if (failed(model))
    return reference.state->takeProblem(path + ": could not be imported");
  reference.state->model = std::move(*model);
  return {};
}

Status Reference::runStages(const std::string &last) {
  registerAllPasses();
  for (const Stage &stage : stages()) {
    if (failed(runStage(stage, *state->model.module, nullptr)))
      return state->takeProblem("stage " + stage.name.str() + " failed");
    if (stage.name == last)
      break;
  }
  return {};
}

DType Reference::coarsest() const {
  FloatType coarsest = Float64Type::get(&state->context);
  state->model.module->walk([&](Operation *op) {
    for (Type result : op->getResultTypes())
      if (auto type = dyn_cast<FloatType>(getElementTypeOrSelf(result)); type && !isa<graph::ConstantOp>(op))
        if (type.getWidth() >= 16 && type.getFPMantissaWidth() < coarsest.getFPMantissaWidth())
          coarsest = type;
  });
  return *graph::dtypeOf(coarsest);
}

Status Reference::evaluate(const std::vector<HostTensor> &inputs, std::vector<HostTensor> &outputs,
                           const Observer &observe) {
  auto functions = state->model.module->getOps<func::FuncOp>();
  if (functions.empty())
    return error(TREADLE_UNSUPPORTED, "there is no graph to evaluate");
  SmallVector<graph::Tensor> values;
  for (const HostTensor &input : inputs) {
    graph::Tensor value(input.dtype(), input.dims());
    if (input.bytes())
      std::memcpy(value.mutableRaw(), input.data(), input.bytes());
    values.push_back(std::move(value));
  }
  auto show = [&](Operation *op, ArrayRef<graph::Tensor> results) {
    auto name = op->getAttrOfType<StringAttr>("graph.value");
    if (observe && name && !results.empty())
      observe(name.getValue().str(), toHost(results.front()));
  };
  FailureOr<SmallVector<graph::Tensor>> results = graph::evaluate(*functions.begin(), values, show);
  if (failed(results))
    return state->takeProblem("the model could not be evaluated");
  outputs.clear();
  for (const graph::Tensor &result : *results)
    outputs.push_back(toHost(result));
  return {};
}

} // namespace treadle
