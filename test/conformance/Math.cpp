//===- Math.cpp - how exact functions of f32 are ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every function at about a million floats, spread over all bit patterns, beside libm's of f64. The bounds
// are in units in the last place of the exact result, the least of which is that of denormal numbers.
//
//===----------------------------------------------------------------------===//

#include "test/conformance/Math.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "test/conformance/Compiled.h"
#include "llvm/Support/FormatVariadic.h"
#include <bit>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::test {
namespace {

struct Function {
  const char *name;
  double (*exact)(double);
  double bound;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

const Function functions[] = {
    {"exp", std::exp, 1},     {"log", std::log, 1},     {"log1p", std::log1p, 2}, {"sin", std::sin, 2},
    {"cos", std::cos, 2},     {"tan", std::tan, 4},     {"asin", std::asin, 3},   {"acos", std::acos, 2},
    {"atan", std::atan, 2},   {"sinh", std::sinh, 2},   {"cosh", std::cosh, 2},   {"tanh", std::tanh, 2},
    {"asinh", std::asinh, 2}, {"acosh", std::acosh, 2}, {"atanh", std::atanh, 3}, {"erf", std::erf, 2},
    {"sigmoid", sigmoid, 3},
};

/// A prime number of bit patterns apart, so that all mantissas and exponents are met, and what is special.
std::vector<float> arguments() {
  std::vector<float> values = {0.0f,   -0.0f,   1.0f,    -1.0f,     INFINITY, -INFINITY, NAN,    88.7228f,
                               1e-45f, -1e-45f, 0x1p44f, 0x1.8p46f, 3.0e38f,  0.5f,      0.625f, 0.99999994f};
  for (uint64_t bits = 0; bits < (uint64_t(1) << 32); bits += 4093)
    values.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return values;
}

/// |actual - exact| in units in the last place; infinite where one is special and the other not.
double unitsApart(float actual, double exact) {
  float nearest = static_cast<float>(exact);
  if (std::isnan(exact) || std::isnan(actual))
    return std::isnan(exact) && std::isnan(actual) ? 0 : INFINITY;
  if (std::isinf(nearest) || std::isinf(actual)) {
    // The greatest number is half a unit from infinity.
    if (actual == nearest)
      return 0;
    return std::abs(std::isinf(actual) ? nearest : actual) == std::numeric_limits<float>::max() ? 1 : INFINITY;
  }
  int exponent = std::max(std::ilogb(exact), -126);
  if (exact == 0)
    exponent = -126;
  return std::abs(static_cast<double>(actual) - exact) / std::ldexp(1.0, exponent - 23);
}

/// The results of `graph.OP` for each variant that the device has, element by element.
void evaluate(const TestTarget &target, const std::string &op, ArrayRef<std::vector<float>> operands,
              llvm::function_ref<void(StringRef variant, const float *results)> visit) {
  std::string arguments, names, types;
  for (size_t i = 0; i < operands.size(); ++i) {
    StringRef comma = i ? ", " : "";
    arguments += llvm::formatv("{0}%{1}: !t {{graph.name = \"{1}\"}", comma, "x" + std::to_string(i)).str();
    names += llvm::formatv("{0}%x{1}", comma, i).str();
    types += llvm::formatv("{0}!t", comma).str();
  }
  std::string source = llvm::formatv(R"(
    !t = tensor<{0}xf32>
    func.func @main({1}) -> (!t {{graph.name = "y"}) {{
      %0 = graph.{2} {3} : ({4}) -> !t
      return %0 : !t
    })",
                                     operands[0].size(), arguments, op, names, types);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(source, ParserConfig(&context()));
  ASSERT_TRUE(module) << takeErrors() << source;
  module.get()->setAttr("graph.symbols", Builder(&context()).getArrayAttr({}));
  ASSERT_TRUE(succeeded(runUpToGroups(*module, target, /*fuse=*/true))) << takeErrors();
  std::vector<Tensor> inputs;
  for (const std::vector<float> &values : operands) {
    inputs.emplace_back(DType::F32, ArrayRef<int64_t>{static_cast<int64_t>(values.size())});
    llvm::copy(values, inputs.back().mutableData<float>());
  }
  std::string missing;
  bool wasRun = false;
  for (const Target &variant : target.variants) {
    FailureOr<std::unique_ptr<Compiled>> compiled = Compiled::compile(*module, variant, target.device);
    ASSERT_TRUE(succeeded(compiled)) << takeErrors();
    if (missing = (*compiled)->missing(); !missing.empty())
      continue;
    wasRun = true;
    std::string error = (*compiled)->run(inputs, nullptr, true, [&](unsigned, const treadle_tensor &output) {
      visit(variant.variant, static_cast<const float *>(output.data));
    });
    EXPECT_EQ(error, "");
  }
  if (!wasRun)
    GTEST_SKIP() << "compiled only: " << missing;
}

void checkFunction(const TestTarget &target, const Function &function) {
  std::vector<float> values = arguments();
  evaluate(target, function.name, {values}, [&](StringRef variant, const float *results) {
    double worst = 0;
    float where = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      double apart = unitsApart(results[i], function.exact(values[i]));
      if (apart > worst) {
        worst = apart;
        where = values[i];
      }
    }
    testing::Test::RecordProperty("units", std::to_string(worst));
    EXPECT_LE(worst, function.bound) << function.name << "(" << where << ") for " << variant.str();
  });
}

/// Every special number to the power of every other, and a million others.
void checkPowers(const TestTarget &target) {
  const float special[] = {0.0f,   -0.0f,       1.0f,        -1.0f,       0.5f,       -0.5f,    2.0f,      -2.0f,
                           3.0f,   -3.0f,       1.5f,        -2.5f,       1e-45f,     -1e-45f,  1e-30f,    3e38f,
                           -3e38f, 16777216.0f, 16777217.0f, 0.99999994f, 1.0000001f, INFINITY, -INFINITY, NAN};
  std::vector<float> bases, exponents;
  for (float x : special)
    for (float y : special) {
      bases.push_back(x);
      exponents.push_back(y);
    }
  // Bases of all sizes, exponents from -40 to 40.
  for (uint32_t i = 0; i < 1000000; ++i) {
    bases.push_back(std::bit_cast<float>(i * 4093u * 1048573u));
    exponents.push_back(static_cast<float>(static_cast<int32_t>(i * 2654435761u)) * 0x1.4p-26f);
  }
  evaluate(target, "pow", {bases, exponents}, [&](StringRef variant, const float *results) {
    double worst = 0;
    size_t where = 0;
    for (size_t i = 0; i < bases.size(); ++i) {
      double apart = unitsApart(results[i], std::pow(double(bases[i]), double(exponents[i])));
      if (apart > worst) {
        worst = apart;
        where = i;
      }
    }
    testing::Test::RecordProperty("units", std::to_string(worst));
    EXPECT_LE(worst, 1) << bases[where] << " ^ " << exponents[where] << " is " << results[where] << " for "
                        << variant.str();
  });
}

class Math : public testing::Test {
public:
  explicit Math(std::function<void()> body) : body(std::move(body)) {}
  void TestBody() override { body(); }

private:
  std::function<void()> body;
};

} // namespace

void registerMath(const TestTarget &target) {
  std::string suite = target.name + "/Math";
  auto add = [&](const char *name, const std::function<void()> &body) {
    testing::RegisterTest(suite.c_str(), name, nullptr, nullptr, __FILE__, __LINE__,
                          [body]() -> testing::Test * { return new Math(body); });
  };
  for (const Function &function : functions)
    add(function.name, [target, function] { checkFunction(target, function); });
  add("pow", [target] { checkPowers(target); });
}

} // namespace treadle::test
