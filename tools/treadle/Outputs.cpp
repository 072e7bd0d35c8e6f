//===- Outputs.cpp - where results go -------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Outputs.h"
#include "tools/tensorfile/Image.h"
#include "tools/tensorfile/Sound.h"
#include "tools/tensorfile/TensorFile.h"
#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace treadle {
namespace {

constexpr int defaultRate = 16000;
constexpr int64_t fewElements = 10;

bool canWrite(const std::string &path) {
  FileKind kind = kindOfFile(path);
  return kind == FileKind::Npy || kind == FileKind::Npz || kind == FileKind::Pb || path.ends_with(".png") ||
         path.ends_with(".wav");
}

/// NAME=FILE, or FILE alone.
std::pair<std::string, std::string> splitName(const std::string &text) {
  size_t equals = text.find('=');
  return equals == std::string::npos ? std::pair{std::string(), text}
                                     : std::pair{text.substr(0, equals), text.substr(equals + 1)};
}

} // namespace

void OutputOptions::addTo(CLI::App &command) {
  command
      .add_option("--output", outputs, "write an output: .npy, .npz, .pb, .png or .wav; an .npz alone gets all outputs")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false)
      ->check([](const std::string &text) {
        // Devices have no ending that says what to write; .npy is the plain form.
        std::string path = splitName(text).second;
        return canWrite(path) || path.starts_with("/dev/")
                   ? ""
                   : text + ": should be NAME=FILE, the file being .npy, .npz, .pb, .png or .wav";
      })
      ->group("Outputs");
  command.add_flag("--compress", compress, "deflate what goes into .npz files")->group("Outputs");
  command
      .add_option("--sound-rate", soundRate, "samples a second of .wav outputs (default: those of the input, or 16000)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000))
      ->group("Outputs");
}

Status OutputPlan::make(const OpenProgram &program, const OutputOptions &options, OutputPlan &plan) {
  plan.options = options;
  for (const ProgramTensor &tensor : program.outputs())
    plan.names.push_back(tensor.name);
  for (const std::string &text : options.outputs) {
    auto [name, path] = splitName(text);
    if (Status status = checkWritable(path); status.failed())
      return status;
    auto file =
        std::find_if(plan.files.begin(), plan.files.end(), [&, &path = path](const File &f) { return f.path == path; });
    bool isArchive = kindOfFile(path) == FileKind::Npz;
    if (file != plan.files.end() && !isArchive)
      return error(TREADLE_INVALID_ARGUMENT, "--output ", text, ": two outputs cannot go into ", path);
    if (file == plan.files.end())
      file = plan.files.insert(file, File{path, {}});
    if (name.empty() && isArchive) {
      for (size_t i = 0; i < plan.names.size(); ++i)
        file->outputs.push_back(i);
      continue;
    }
    auto found = std::find(plan.names.begin(), plan.names.end(), name);
    if (name.empty() && plan.names.size() == 1)
      found = plan.names.begin();
    if (found == plan.names.end()) {
      std::string names;
      for (const std::string &other : plan.names)
        names += (names.empty() ? "" : ", ") + other;
      return error(TREADLE_INVALID_ARGUMENT, "--output ", text, ": ",
                   name.empty() ? "which output is it? NAME=FILE" : "the program has no output \"" + name + "\"",
                   "; its outputs are ", names);
    }
    file->outputs.push_back(found - plan.names.begin());
  }
  return {};
}

Status OutputPlan::write(const std::vector<HostTensor> &tensors, int soundRate) const {
  int rate = options.soundRate ? options.soundRate : soundRate ? soundRate : defaultRate;
  for (const File &file : files) {
    const std::string &path = file.path, &name = names[file.outputs[0]];
    const HostTensor &tensor = tensors[file.outputs[0]];
    Status status;
    switch (kindOfFile(path)) {
    case FileKind::Npz: {
      NpzWriter writer(path, options.compress);
      for (size_t i : file.outputs)
        if (status = writer.add(names[i], tensors[i]); status.failed())
          return status;
      status = writer.finish();
      break;
    }
    case FileKind::Pb:
      status = writePb(path, tensor, name);
      break;
    case FileKind::Image: {
      Image image;
      if (status = tensorToImage(tensor, options.bgr, image); status.failed())
        return error(status.code, path, ": output \"", name, "\": ", status.message);
      status = writePng(path, image);
      break;
    }
    case FileKind::Sound: {
      Sound sound;
      if (status = tensorToSound(tensor, rate, sound); status.failed())
        return error(status.code, path, ": output \"", name, "\": ", status.message);
      status = writeWav(path, sound);
      break;
    }
    case FileKind::Npy:
    case FileKind::Unknown:
      status = writeNpy(path, tensor);
      break;
    }
    if (status.failed())
      return status;
  }
  return {};
}

Statistics statisticsOf(const HostTensor &tensor) {
  Statistics result;
  std::vector<double> values = toDoubles(tensor);
  double sum = 0;
  int64_t count = 0;
  for (double value : values) {
    if (std::isnan(value)) {
      ++result.nan;
      continue;
    }
    result.min = count ? std::min(result.min, value) : value;
    result.max = count ? std::max(result.max, value) : value;
    sum += value;
    ++count;
  }
  result.mean = count ? sum / count : 0;
  return result;
}

llvm::json::Array describeOutputs(const OpenProgram &program, const std::vector<HostTensor> &tensors) {
  llvm::json::Array list;
  for (size_t i = 0; i < tensors.size(); ++i) {
    llvm::json::Object object{{"name", program.outputs()[i].name},
                              {"dtype", std::string(spelling(tensors[i].dtype()))},
                              {"dims", llvm::json::Array(tensors[i].dims())}};
    if (tensors[i].count() > 0) {
      Statistics statistics = statisticsOf(tensors[i]);
      for (auto [key, value] : {std::pair{"min", statistics.min}, {"mean", statistics.mean}, {"max", statistics.max}})
        object[key] = std::isfinite(value) ? llvm::json::Value(value) : llvm::json::Value(nullptr);
      object["nan"] = statistics.nan;
    }
    list.push_back(std::move(object));
  }
  return list;
}

void printOutputs(const OpenProgram &program, const std::vector<HostTensor> &tensors) {
  size_t width = 0;
  for (const ProgramTensor &tensor : program.outputs())
    width = std::max(width, tensor.name.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const HostTensor &tensor = tensors[i];
    fmt::print("{:<{}}  {} {}", program.outputs()[i].name, width, spelling(tensor.dtype()), shapeText(tensor.dims()));
    if (tensor.count() > 0) {
      Statistics statistics = statisticsOf(tensor);
      fmt::print("  min {:.6g}  mean {:.6g}  max {:.6g}", statistics.min, statistics.mean, statistics.max);
      if (statistics.nan)
        fmt::print("  ({} are NaN)", statistics.nan);
    }
    if (tensor.count() > 1 && tensor.count() <= fewElements) {
      fmt::print("  [");
      std::vector<double> values = toDoubles(tensor);
      for (size_t v = 0; v < values.size(); ++v)
        fmt::print("{}{:.6g}", v ? ", " : "", values[v]);
      fmt::print("]");
    }
    fmt::print("\n");
  }
}

} // namespace treadle
