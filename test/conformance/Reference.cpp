//===- Reference.cpp - what a graph should give, and how exactly --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/conformance/Reference.h"
#include "mlir/Pass/PassManager.h"
#include "passes/expand/Passes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Format.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::test {
namespace {

using Random = std::mt19937_64;

/// Evaluations that are moved about.
constexpr int samples = 4;
/// How much further than the furthest sample a correct result may be: samples of a sum lie about as far
/// as its standard deviation, errors of all elements of a tensor may be some of them.
constexpr double margin = 6;

/// Half a unit in the last place of 1; 0 for what is exact.
double roundoff(DType dtype) {
  switch (dtype) {
  case DType::F64:
    return 0x1p-53;
  case DType::F32:
    return 0x1p-24;
  case DType::F16:
    return 0x1p-11;
  case DType::BF16:
    return 0x1p-8;
  case DType::F8E4M3FN:
  case DType::F8E4M3FNUZ:
    return 0x1p-4;
  case DType::F8E5M2:
  case DType::F8E5M2FNUZ:
    return 0x1p-3;
  default:
    return 0;
  }
}

/// The distance between the smallest numbers of a format.
double smallest(DType dtype) {
  switch (dtype) {
  case DType::F64:
    return 0x1p-1074;
  case DType::F32:
    return 0x1p-149;
  case DType::F16:
    return 0x1p-24;
  case DType::BF16:
    return 0x1p-133;
  default:
    return roundoff(dtype) ? 0x1p-9 : 0;
  }
}

/// How an op rounds: its result by so many units, and its operands, where they are added up, by so many.
struct Rounding {
  double result = 0, operands = 0;
};

/// Whether a kernel may compute it by Winograd's algorithm.
bool mayBeWinograd(ConvOp conv) {
  ArrayRef<int64_t> filter = cast<RankedTensorType>(conv.getFilter().getType()).getShape();
  return conv.getFilter().getDefiningOp<ConstantOp>() && filter.drop_front(2) == ArrayRef<int64_t>{3, 3} &&
         conv.getGroups() == 1 && conv.hasUnitSteps();
}

Rounding roundingOf(Operation *op, ArrayRef<Tensor> operands, ArrayRef<Tensor> results) {
  auto sumOf = [](double length) { return Rounding{1, 1 + std::sqrt(length)}; };
  auto perResult = [&] { return static_cast<double>(operands[0].size()) / std::max<int64_t>(results[0].size(), 1); };
  return llvm::TypeSwitch<Operation *, Rounding>(op)
      .Case<AddOp, SubOp, MulOp, DivOp, SqrtOp, ModOp>([](auto) { return Rounding{1, 0}; })
      .Case<ExpOp, LogOp, Log1pOp, SinOp, CosOp, TanOp, AsinOp, AcosOp, AtanOp, SinhOp, CoshOp, TanhOp, AsinhOp,
            AcoshOp, AtanhOp, ErfOp, SigmoidOp, PowOp>([](auto) { return Rounding{4, 0}; })
      .Case<ReduceOp>([&](ReduceOp reduce) {
        bool adds = reduce.getKind() == ReduceKind::sum || reduce.getKind() == ReduceKind::mean ||
                    reduce.getKind() == ReduceKind::prod;
        return adds ? sumOf(perResult()) : Rounding{};
      })
      .Case<RandomOp>([](RandomOp random) { // a logarithm, a root, and the sine of a rounded angle
        return Rounding{random.getKind() == RandomKind::normal ? 8.0 : 0.0, 0};
      })
      .Case<ScanOp>([&](ScanOp scan) {
        bool adds = scan.getKind() == ReduceKind::sum || scan.getKind() == ReduceKind::prod;
        return adds ? sumOf(operands[0].shape()[scan.getAxis()]) : Rounding{};
      })
      .Case<ScatterElementsOp, ScatterNdOp>([&](auto scatter) {
        bool adds = scatter.getKind() == ReduceKind::sum || scatter.getKind() == ReduceKind::prod;
        return adds ? sumOf(operands[1].size()) : Rounding{};
      })
      .Case<MatMulOp>([&](MatMulOp matmul) {
        return sumOf(operands[0].shape()[operands[0].rank() - (matmul.getTransposeLhs() ? 2 : 1)]);
      })
      .Case<ConvOp>([&](ConvOp conv) {
        Rounding rounding = sumOf(ShapedType::getNumElements(operands[1].shape().drop_front()));
        // A row of the transform of Winograd's F(4, 3) adds up 4 + 5 + 1 times what is rounded before.
        if (mayBeWinograd(conv))
          rounding.operands += 9;
        return rounding;
      })
      .Case<ConvTransposeOp>([&](ConvTransposeOp) {
        return sumOf(operands[1].shape()[0] * ShapedType::getNumElements(operands[1].shape().drop_front(2)));
      })
      .Case<SoftmaxOp>([&](SoftmaxOp softmax) {
        Rounding rounding = sumOf(operands[0].shape()[softmax.getAxis()]);
        return Rounding{7, rounding.operands}; // an exponential, the sum, its reciprocal, a product
      })
      .Case<NormalizeOp>([&](NormalizeOp normalize) {
        double length = 1;
        for (int64_t axis : normalize.getAxes())
          length *= operands[0].shape()[axis];
        return Rounding{4, sumOf(length).operands};
      })
      .Case<AttentionOp>([&](AttentionOp) {
        return Rounding{4, sumOf(operands[0].shape().back() + operands[1].shape()[operands[1].rank() - 2]).operands};
      })
      .Case<PoolOp>([&](PoolOp pool) {
        return pool.getKind() == PoolKind::max ? Rounding{} : sumOf(ShapedType::getNumElements(pool.getKernel()));
      })
      .Case<ResizeOp>([&](ResizeOp resize) {
        if (resize.getMode() == ResizeMode::nearest)
          return Rounding{};
        // Positions are computed in the type of the elements, at least f32: weights are as exact as the size
        // of the image allows.
        double size = 1;
        for (int64_t axis : resize.getAxes())
          size = std::max<double>({size, double(operands[0].shape()[axis]), double(results[0].shape()[axis])});
        return Rounding{1, 4 * size};
      })
      .Default([](Operation *) { return Rounding{}; });
}

/// The tensor with every element moved by up to `units` half units in the last place. f16 and bf16 are
/// computed with in f32: as operands of a sum they are exact up to that format.
Tensor moved(const Tensor &tensor, double unit, double units, Random &random) {
  if (units == 0 || unit == 0)
    return tensor;
  std::uniform_real_distribution<double> distance(-units, units);
  Tensor result(DType::F64, tensor.shape());
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double value = tensor.get<double>(i);
    if (!std::isfinite(value)) // is exact
      result.set<double>(i, value);
    else
      result.set<double>(i, value + value * unit * distance(random) + smallest(tensor.dtype()) * distance(random));
  }
  return result;
}

/// The same as another format, rounded.
Tensor as(const Tensor &tensor, DType dtype) {
  if (tensor.dtype() == dtype)
    return tensor;
  Tensor result(dtype, tensor.shape());
  for (int64_t i = 0; i < tensor.size(); ++i)
    result.set<double>(i, tensor.get<double>(i));
  return result;
}

/// Evaluates the function's ops one by one, moving values about if there is a source of chance. `rounds`
/// is set where an op does not just move elements.
FailureOr<SmallVector<Tensor>> evaluateMoved(func::FuncOp function, ArrayRef<Tensor> inputs, Random *random,
                                             bool &rounds) {
  DenseMap<Value, Tensor> values;
  DenseSet<Value> rounded;
  for (auto [argument, input] : llvm::zip(function.getArguments(), inputs))
    values[argument] = input;
  auto operandsOf = [&](Operation *op) {
    return llvm::map_to_vector(op->getOperands(), [&](Value operand) { return values[operand]; });
  };
  Block &block = function.getBody().front();
  for (Operation &op : block.without_terminator()) {
    SmallVector<Tensor> operands = operandsOf(&op);
    FailureOr<SmallVector<Tensor>> results = evaluateOp(&op, operands);
    if (failed(results))
      return failure();
    Rounding rounding = roundingOf(&op, operands, *results);
    // What is f16 or bf16 to the graph may be f32 in a kernel, and need not have been rounded before.
    bool ofRounded = llvm::any_of(op.getOperands(), [&](Value operand) { return rounded.contains(operand); });
    bool isNarrow = !operands.empty() && (operands[0].dtype() == DType::F16 || operands[0].dtype() == DType::BF16);
    if (isa<CastOp>(op) && isNarrow && ofRounded && roundoff((*results)[0].dtype()) != 0)
      rounding.result = std::max(1.0, roundoff(operands[0].dtype()) / roundoff((*results)[0].dtype()));
    if (ofRounded || rounding.result != 0)
      rounded.insert(op.result_begin(), op.result_end());
    rounds |= rounding.result != 0 && !results->empty() && roundoff((*results)[0].dtype()) != 0;
    if (random && rounding.operands != 0) {
      for (Tensor &operand : operands) {
        double unit = std::min(roundoff(operand.dtype()), 0x1p-24);
        operand = moved(operand, unit, rounding.operands, *random);
      }
      results = evaluateOp(&op, operands);
      if (failed(results))
        return failure();
    }
    for (auto [value, tensor] : llvm::zip(op.getResults(), *results)) {
      if (random)
        tensor = as(moved(tensor, roundoff(tensor.dtype()), rounding.result, *random), tensor.dtype());
      values[value] = tensor;
    }
  }
  return operandsOf(block.getTerminator());
}

/// A copy in which ops of ng are what they are composed of; null where there are none.
FailureOr<OwningOpRef<func::FuncOp>> expandedOf(func::FuncOp function) {
  bool any =
      function
          .walk([](Operation *op) {
            return isa_and_nonnull<ng::NgDialect>(op->getDialect()) ? WalkResult::interrupt() : WalkResult::advance();
          })
          .wasInterrupted();
  OwningOpRef<func::FuncOp> copy;
  if (!any)
    return copy;
  copy = function.clone();
  PassManager manager(function.getContext(), func::FuncOp::getOperationName());
  manager.addPass(createExpandNeuralGraphics({/*fuse=*/false}));
  if (failed(manager.run(*copy)))
    return failure();
  return copy;
}

double distanceOf(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b)))
    return 0;
  double distance = std::abs(a - b);
  return std::isfinite(distance) ? distance : 0;
}

Tensor fromMemory(const Tensor &like, const char *data) {
  Tensor result(like.dtype(), like.shape());
  std::copy(data, data + result.bytes(), result.mutableRaw());
  return result;
}

} // namespace

static FailureOr<std::vector<Expected>> evaluatedOf(func::FuncOp function, ArrayRef<Tensor> inputs) {
  bool rounds = false;
  FailureOr<SmallVector<Tensor>> exact = evaluateMoved(function, inputs, nullptr, rounds);
  if (failed(exact))
    return failure();
  std::vector<Expected> expected;
  for (const Tensor &tensor : *exact)
    expected.push_back({tensor, std::vector<double>(tensor.size(), 0.0)});
  FailureOr<OwningOpRef<func::FuncOp>> expanded = expandedOf(function);
  if (failed(expanded))
    return failure();
  if (*expanded) {
    function = **expanded;
    if (failed(evaluateMoved(function, inputs, nullptr, rounds)))
      return failure();
  }
  if (!rounds)
    return expected;
  Random random(1);
  for (int sample = 0; sample < samples; ++sample) {
    FailureOr<SmallVector<Tensor>> other = evaluateMoved(function, inputs, &random, rounds);
    if (failed(other))
      return failure();
    for (auto [result, tensor] : llvm::zip(expected, *other))
      for (int64_t i = 0; i < tensor.size(); ++i)
        result.tolerance[i] =
            std::max(result.tolerance[i], distanceOf(tensor.get<double>(i), result.value.get<double>(i)));
  }
  for (Expected &result : expected) {
    double unit = roundoff(result.value.dtype()), mean = 0;
    for (double tolerance : result.tolerance)
      mean += tolerance / result.tolerance.size();
    for (auto [i, tolerance] : llvm::enumerate(result.tolerance))
      tolerance = margin * tolerance + (unit ? 2 * mean : 0) + 2 * unit * std::abs(result.value.get<double>(i)) +
                  2 * smallest(result.value.dtype());
  }
  return expected;
}

FailureOr<std::vector<Expected>> expectedOf(func::FuncOp function, ArrayRef<Tensor> inputs) {
  FailureOr<std::vector<Expected>> results = evaluatedOf(function, inputs);
  if (failed(results))
    return failure();
  for (auto [i, result] : llvm::enumerate(*results)) {
    auto expected = function.getResultAttrOfType<ElementsAttr>(i, "test.expected");
    if (!expected)
      continue;
    FailureOr<Tensor> value = Tensor::from(expected);
    if (failed(value) || value->dtype() != result.value.dtype() || value->shape() != result.value.shape())
      return function.emitError() << "result " << i << " is of another type than its test.expected";
    Tensor evaluated = std::exchange(result.value, *value);
    if (std::string difference = compare(result, evaluated.raw().data()); !difference.empty())
      return function.emitError() << "the evaluator's result " << i << ":\n" << difference;
  }
  return results;
}

std::string compare(const Expected &expected, const char *actual) {
  Tensor given = fromMemory(expected.value, actual);
  std::string text;
  int64_t wrong = 0;
  bool integers = given.compute() == Compute::Int;
  for (int64_t i = 0; i < given.size(); ++i) {
    double want = expected.value.get<double>(i), got = given.get<double>(i), tolerance = expected.tolerance[i];
    bool equal = integers && tolerance == 0
                     ? expected.value.get<int64_t>(i) == given.get<int64_t>(i)
                     : want == got || (std::isnan(want) && std::isnan(got)) || std::abs(want - got) <= tolerance;
    if (equal || ++wrong > 4)
      continue;
    llvm::raw_string_ostream os(text);
    os << "  [" << i << "] is " << llvm::format("%.9g", got) << ", should be " << llvm::format("%.9g", want) << " +- "
       << llvm::format("%.2g", tolerance) << "\n";
  }
  if (wrong)
    text += "  " + std::to_string(wrong) + " of " + std::to_string(given.size()) + " elements are wrong\n";
  return text;
}

FailureOr<Tensor> randomInput(func::FuncOp function, unsigned argument, const SymbolValues &symbols, uint64_t seed) {
  auto type = cast<RankedTensorType>(function.getArgumentTypes()[argument]);
  auto valueOf = [&](DimExpr dim) {
    return dim.evaluate([&](StringRef name) -> std::optional<int64_t> {
      auto it = symbols.find(name);
      return it == symbols.end() ? std::nullopt : std::optional(it->second);
    });
  };
  SmallVector<int64_t> shape;
  for (DimExpr dim : dimsOf(type)) {
    std::optional<int64_t> size = valueOf(dim);
    if (!size)
      return function.emitError() << "the test gives no value for the symbols of " << dim;
    shape.push_back(*size);
  }
  if (auto values = function.getArgAttrOfType<ElementsAttr>(argument, "test.values"))
    return Tensor::from(values);

  std::optional<DType> dtype = dtypeOf(type.getElementType());
  if (!dtype)
    return function.emitError() << "argument " << argument << " is of type " << type;
  Tensor tensor(*dtype, shape);
  Random random(seed * 1000003 + argument);
  bool isFloat = isa<FloatType>(type.getElementType());
  double low = isFloat ? -2 : type.getElementType().isUnsignedInteger() ? 0 : -9, high = isFloat ? 2 : 10;
  Attribute range = function.getArgAttr(argument, "test.range");
  if (auto bounds = dyn_cast_or_null<DimsAttr>(range)) {
    low = valueOf(DimExpr(bounds.getDims()[0])).value_or(0);
    high = valueOf(DimExpr(bounds.getDims()[1])).value_or(1);
  } else if (auto bounds = dyn_cast_or_null<DenseF64ArrayAttr>(range)) {
    low = bounds[0];
    high = bounds[1];
  }
  std::uniform_real_distribution<double> real(low, high);
  std::uniform_int_distribution<int64_t> integer(low, std::max<int64_t>(high - 1, low));
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (*dtype == DType::Bool)
      tensor.set<int64_t>(i, random() & 1);
    else if (isFloat)
      tensor.set<double>(i, real(random));
    else
      tensor.set<int64_t>(i, integer(random));
  }
  return tensor;
}

} // namespace treadle::test
