//===- Compare.cpp - treadle compare --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/reference/Reference.h"
#include "tools/treadle/Bisect.h"
#include "tools/treadle/Command.h"
#include "tools/treadle/Inputs.h"
#include "tools/treadle/OnnxRuntime.h"
#include "tools/treadle/Terminal.h"
#include <cmath>
#include <fmt/core.h>

namespace treadle {
namespace {

/// At how many positions a scene's field is compared, if nobody says. One may be where there is nothing.
constexpr int64_t samplesOfScene = 4096;

struct Arguments {
  ProgramOptions program;
  InputOptions inputs;
  std::string against; // empty: by the kind of model
  double tolerance = 0;
  bool bisect = false, asJson = false;
};

using llvm::json::Array;
using llvm::json::Object;

/// JSON has no infinity.
llvm::json::Value numberOrNull(double value) {
  return std::isfinite(value) ? llvm::json::Value(value) : llvm::json::Value(nullptr);
}

/// "[0, 3, 5, 7]" of a row-major position.
std::string indexText(int64_t position, const std::vector<int64_t> &dims) {
  std::vector<int64_t> index(dims.size());
  for (size_t d = dims.size(); d-- > 0; position /= dims[d])
    index[d] = position % dims[d];
  return shapeText(index);
}

std::string differenceText(const Difference &difference, const std::vector<int64_t> &dims) {
  if (!difference.problem.empty())
    return difference.problem;
  std::string text = fmt::format(
      "differs by at most {:.3g}, {:.3g} of its scale {:.3g} (allowed: {:.3g})", difference.greatest,
      difference.scale > 0 ? difference.greatest / difference.scale : 0.0, difference.scale, difference.allowed);
  if (!difference.same && difference.position >= 0)
    text += fmt::format(", at {}: {:.6g} instead of {:.6g}", indexText(difference.position, dims), difference.found,
                        difference.wanted);
  return text;
}

Object differenceJson(const Difference &difference) {
  Object object{{"same", difference.same},
                {"max_difference", numberOrNull(difference.greatest)},
                {"scale", difference.scale},
                {"allowed", difference.allowed}};
  if (!difference.problem.empty())
    object["problem"] = difference.problem;
  return object;
}

class Comparison {
public:
  explicit Comparison(const Arguments &arguments) : arguments(arguments) {}
  Status run(int &exitStatus);

private:
  bool withReference() const { return arguments.against == "reference"; }
  bool withArchive() const { return arguments.against.ends_with(".npz"); }
  /// What the outputs, or all values, should be.
  Status expect(bool everything, std::unique_ptr<ExpectedValues> &values);
  Status compareOutputs(const ExpectedValues &expected);
  Status bisect();
  Status bisectStages(const ExpectedValues &expected);
  void report(const Parting &parting, const char *how);
  /// A line, unless there is JSON at the end.
  template <typename... Parts> void say(fmt::format_string<Parts...> format, Parts &&...parts) {
    if (!arguments.asJson)
      fmt::print(format, std::forward<Parts>(parts)...);
  }

  const Arguments &arguments;
  OpenProgram program;
  std::vector<HostTensor> inputs;
  bool same = true;
  Array outputs;
  Object found;
};

Status Comparison::expect(bool everything, std::unique_ptr<ExpectedValues> &values) {
  if (withArchive())
    return ArchivedValues::open(arguments.against, values);
  if (!withReference())
    return runOnnxRuntime(arguments.program.file, program.inputs(), inputs, everything, values);
  auto inMemory = std::make_unique<ValuesInMemory>();
  Reference reference;
  if (Status status = Reference::open(arguments.program.file, arguments.program.compile, reference); status.failed())
    return status;
  std::vector<HostTensor> results;
  auto keep = [&](const std::string &name, const HostTensor &value) {
    if (everything)
      inMemory->tensors[name] = value;
  };
  if (Status status = reference.evaluate(inputs, results, keep); status.failed())
    return error(status.code, arguments.program.file, ": ", status.message);
  inMemory->computed = reference.coarsest();
  for (size_t i = 0; i < results.size() && i < program.outputs().size(); ++i)
    inMemory->tensors[program.outputs()[i].name] = results[i];
  values = std::move(inMemory);
  return {};
}

Status Comparison::compareOutputs(const ExpectedValues &expected) {
  OpenSession session;
  if (Status status = OpenSession::open(program, arguments.program, session); status.failed())
    return status;
  std::vector<treadle_tensor> results;
  if (Status status = session.run(inputs, results); status.failed())
    return status;
  int64_t compared = 0;
  std::vector<std::string> skipped;
  for (size_t i = 0; i < results.size(); ++i) {
    const std::string &name = program.outputs()[i].name;
    if (!expected.has(name)) {
      skipped.push_back(name);
      continue;
    }
    HostTensor value;
    ExpectedValue wanted;
    if (Status status = HostTensor::copyOf(results[i], value); status.failed())
      return status;
    if (Status status = expected.find(name, wanted); status.failed())
      return status;
    Difference difference = differenceOf(value, wanted, arguments.tolerance);
    same &= difference.same;
    ++compared;
    say("{}  {} {}: {}: {}\n", name, spelling(value.dtype()), shapeText(value.dims()),
        difference.same ? "the same" : "DIFFERENT", differenceText(difference, value.dims()));
    Object object = differenceJson(difference);
    object["name"] = name;
    outputs.push_back(std::move(object));
  }
  if (compared == 0)
    return error(TREADLE_NOT_FOUND, arguments.against, ": has none of the program's outputs");
  for (const std::string &name : skipped)
    say("{}: not compared, {} does not have it\n", name, arguments.against);
  return {};
}

void Comparison::report(const Parting &parting, const char *how) {
  say("{}: {} values agree, then these part: {}\n  value \"{}\" {}: {}\n  step {}, kernel {}\n", how, parting.agreeing,
      parting.ops, parting.value, shapeText(parting.dims), differenceText(parting.difference, parting.dims),
      parting.step, parting.kernel);
  found = differenceJson(parting.difference);
  found["op"] = parting.ops;
  found["value"] = parting.value;
  found["step"] = parting.step;
  found["kernel"] = parting.kernel;
  found["agreeing"] = parting.agreeing;
}

Status Comparison::bisect() {
  std::unique_ptr<ExpectedValues> expected;
  if (Status status = expect(/*everything=*/true, expected); status.failed())
    return status;
  Parting parting;
  ProgramOptions plain = arguments.program;
  plain.compile.no_fusion = true;
  OpenProgram unfused;
  if (Status status = OpenProgram::open(plain, unfused); status.failed())
    return status;
  if (Status status = findParting(unfused, plain, inputs, *expected, arguments.tolerance, parting); status.failed())
    return status;
  if (parting.parted) {
    report(parting, "a kernel for each op");
  } else {
    say("a kernel for each op: all {} values agree, so it is the fusion of ops\n", parting.agreeing);
    if (Status status = findParting(program, arguments.program, inputs, *expected, arguments.tolerance, parting);
        status.failed())
      return status;
    if (parting.parted)
      report(parting, "fused kernels");
    else
      say("fused kernels: all {} values that have names agree\n", parting.agreeing);
  }
  return withReference() ? bisectStages(*expected) : Status();
}

/// Evaluates the graph as each stage left it.
Status Comparison::bisectStages(const ExpectedValues &expected) {
  for (const char *stage : {"precision", "expand", "simplify", "layout", "group"}) {
    Reference reference;
    std::vector<HostTensor> results;
    Status status = Reference::open(arguments.program.file, arguments.program.compile, reference);
    if (!status.failed())
      status = reference.runStages(stage);
    if (!status.failed())
      status = reference.evaluate(inputs, results);
    if (status.failed())
      return status;
    for (size_t i = 0; i < results.size(); ++i) {
      ExpectedValue wanted;
      if (Status missing = expected.find(program.outputs()[i].name, wanted); missing.failed())
        return missing;
      Difference difference = differenceOf(results[i], wanted, arguments.tolerance);
      if (difference.same)
        continue;
      say("stage {} changes the meaning of the graph: output \"{}\": {}\n", stage, program.outputs()[i].name,
          differenceText(difference, wanted.dims));
      found["stage"] = stage;
      return {};
    }
  }
  say("the graph means the same after each stage: it is the code of a kernel\n");
  return {};
}

Status Comparison::run(int &exitStatus) {
  bool isModel = !isArtifact(arguments.program.file) && !arguments.program.file.ends_with(".tdl");
  if (!isModel && (!withArchive() || arguments.bisect))
    return error(TREADLE_INVALID_ARGUMENT, arguments.program.file,
                 ": is an artifact, which only an .npz file can be compared with; "
                 "give the model");
  if (Status status = OpenProgram::open(arguments.program, program); status.failed())
    return status;
  Inputs made;
  if (Status status = makeInputs(program, arguments.inputs, withArchive() ? arguments.against : "", made);
      status.failed())
    return status;
  inputs = std::move(made.tensors);
  std::unique_ptr<ExpectedValues> expected;
  if (Status status = expect(/*everything=*/false, expected); status.failed())
    return status;
  if (Status status = compareOutputs(*expected); status.failed())
    return status;
  for (const std::string &note : made.notes)
    fmt::print(stderr, "{}\n", note);
  if (arguments.bisect && same)
    say("there is nothing to bisect\n");
  else if (arguments.bisect)
    if (Status status = bisect(); status.failed())
      return status;
  if (arguments.asJson) {
    Object result{{"file", arguments.program.file},
                  {"against", arguments.against},
                  {"same", same},
                  {"outputs", std::move(outputs)}};
    if (!found.empty())
      result["parting"] = std::move(found);
    printJson(std::move(result));
  }
  exitStatus = same ? worked : failed;
  return {};
}

} // namespace

void addCompare(CLI::App &app, Action &action) {
  CLI::App *command = app.add_subcommand("compare", "Compare a compiled model's outputs with what they should be");
  auto arguments = std::make_shared<Arguments>();
  arguments->program.addTo(*command, /*runs=*/true);
  arguments->inputs.addTo(*command);
  command
      ->add_option(
          "--against", arguments->against,
          "onnxruntime (in a Python that has it; TREADLE_PYTHON names one), reference (each op by its definition, "
          "slow), or an .npz file with the outputs, and perhaps inputs as in:NAME (default: onnxruntime; of a scene, "
          "which that cannot read, reference)")
      ->type_name("WHAT")
      ->check([](const std::string &text) {
        bool known = text == "onnxruntime" || text == "reference" || text.ends_with(".npz");
        return known ? "" : text + ": should be onnxruntime, reference or an .npz file";
      });
  command->add_flag("--bisect", arguments->bisect, "where they differ, find the first op whose value does");
  command
      ->add_option("--tolerance", arguments->tolerance,
                   "what is allowed, relative to an output's greatest value (default: by type, 1e-4 for f32, more if "
                   "it is computed "
                   "with a coarser one; at least 10 times what ONNX Runtime's optimizations change)")
      ->type_name("X")
      ->check(CLI::PositiveNumber);
  command->add_flag("--json", arguments->asJson, "print JSON");
  command->footer("Exit status 1 where an output differs.");
  command->callback([arguments, &action] {
    action = [arguments](int &exitStatus) {
      bool scene = isScene(arguments->program.file);
      if (arguments->against.empty())
        arguments->against = scene ? "reference" : "onnxruntime";
      if (scene)
        arguments->inputs.openSize = samplesOfScene;
      return Comparison(*arguments).run(exitStatus);
    };
  });
}

} // namespace treadle
