//===- Inputs.cpp - what a program is fed ---------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Inputs.h"
#include "tools/tensorfile/Sound.h"
#include "tools/tensorfile/TensorFile.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace treadle {
namespace {

/// SOURCE of --input NAME=SOURCE.
struct Source {
  enum Kind { File, Random, Zeros, Ones } kind = Random;
  std::string path;
  uint64_t seed = 0;
  std::optional<std::pair<double, double>> range;
};

constexpr const char *sourceForms =
    "a .npy, .npz, .pb, .png, .jpg, .bmp, .wav, .flac or .ogg file, random:SEED[:LOW:HIGH], "
    "zeros or ones";

std::optional<Source> parseSource(llvm::StringRef text) {
  Source source;
  if (text == "zeros" || text == "ones") {
    source.kind = text == "zeros" ? Source::Zeros : Source::Ones;
    return source;
  }
  llvm::StringRef rest = text;
  if (rest.consume_front("random:")) {
    llvm::SmallVector<llvm::StringRef> parts;
    rest.split(parts, ':');
    double low = 0, high = 0;
    if ((parts.size() != 1 && parts.size() != 3) || parts[0].getAsInteger(10, source.seed))
      return std::nullopt;
    if (parts.size() == 3) {
      if (parts[1].getAsDouble(low) || parts[2].getAsDouble(high) || !(low < high))
        return std::nullopt;
      source.range = {low, high};
    }
    return source;
  }
  if (kindOfFile(text) == FileKind::Unknown)
    return std::nullopt;
  source.kind = Source::File;
  source.path = text.str();
  return source;
}

/// NAME=SOURCE, or SOURCE alone.
std::pair<std::string, std::string> splitName(const std::string &text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos)
    return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string checkInput(const std::string &text) {
  return parseSource(splitName(text).second) ? "" : text + ": should be NAME=SOURCE, SOURCE being " + sourceForms;
}

bool parseShape(llvm::StringRef text, std::vector<int64_t> &dims) {
  while (!text.empty()) {
    auto [first, rest] = text.split('x');
    int64_t dim = 0;
    if (first.getAsInteger(10, dim) || dim < 0 || (rest.empty() && text.ends_with("x")))
      return false;
    dims.push_back(dim);
    text = rest;
  }
  return true;
}

std::string checkShape(const std::string &text) {
  auto [name, shape] = splitName(text);
  std::vector<int64_t> dims;
  return !name.empty() && parseShape(shape, dims) ? "" : text + ": should be NAME=1x3x480x640 or DIMENSION=480";
}

bool parseNumber(llvm::StringRef text, double &value) {
  auto [over, under] = text.split('/');
  double divisor = 1;
  if (over.getAsDouble(value) || (!under.empty() && under.getAsDouble(divisor)) || divisor == 0)
    return false;
  value /= divisor;
  return true;
}

bool parseNumbers(llvm::StringRef text, std::vector<double> &values) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ',');
  values.clear();
  for (llvm::StringRef part : parts)
    if (!parseNumber(part, values.emplace_back()))
      return false;
  return true;
}

std::string checkNumbers(const std::string &text) {
  std::vector<double> values;
  return parseNumbers(text, values)
             ? ""
             : text + ": should be a number, a fraction like 1/255, or one for each channel: 1,2,3";
}

/// Bounds of an open dimension.
struct SymbolInfo {
  int64_t min = 1, max = INT64_MAX, step = 1;
};

/// Makes the inputs one after another.
class InputMaker {
public:
  InputMaker(const OpenProgram &program, const InputOptions &options, Inputs &inputs)
      : program(program), options(options), inputs(inputs) {}
  Status run(const std::string &otherwise);

private:
  Status readOptions();
  Status addSource(const std::string &name, const std::string &text);
  Status fromArchive(const std::string &path, size_t index);
  Status fromFile(size_t index, const std::string &path);
  Status fromPictures(size_t index, const std::vector<std::string> &paths);
  Status fromSound(size_t index, const std::string &path);
  Status generate(size_t index, const Source &source);

  std::string title(size_t index) const { return "input \"" + program.inputs()[index].name + "\""; }
  void learnSizes(size_t index, const std::vector<int64_t> &dims);
  /// The input's sizes as far as they are known; -1 elsewhere.
  std::vector<int64_t> knownDims(size_t index) const;
  /// A size that the program accepts, at least `size` where that can be.
  int64_t acceptedSize(const std::string &dimName, int64_t size) const;

  const OpenProgram &program;
  const InputOptions &options;
  Inputs &inputs;
  PixelTransform pixels;
  std::vector<std::vector<Source>> sources;
  std::vector<std::optional<std::vector<int64_t>>> shapes;
  std::vector<bool> done;
  std::map<std::string, int64_t> sizes;
  std::map<std::string, SymbolInfo> symbols;
  std::string archive; // --input of an .npz alone
  bool archiveHasInputs = false;
};

void InputMaker::learnSizes(size_t index, const std::vector<int64_t> &dims) {
  const ProgramTensor &tensor = program.inputs()[index];
  for (size_t d = 0; d < std::min(dims.size(), tensor.dims.size()); ++d)
    if (tensor.dims[d] < 0)
      sizes.emplace(tensor.dimNames[d], dims[d]);
}

std::vector<int64_t> InputMaker::knownDims(size_t index) const {
  const ProgramTensor &tensor = program.inputs()[index];
  if (shapes[index])
    return *shapes[index];
  std::vector<int64_t> dims = tensor.dims;
  for (size_t d = 0; d < dims.size(); ++d)
    if (auto known = sizes.find(tensor.dimNames[d]); dims[d] < 0 && known != sizes.end())
      dims[d] = known->second;
  return dims;
}

int64_t InputMaker::acceptedSize(const std::string &dimName, int64_t size) const {
  auto found = symbols.find(dimName);
  if (found == symbols.end())
    return size;
  const SymbolInfo &symbol = found->second;
  size = std::max((size + symbol.step - 1) / symbol.step * symbol.step, symbol.min);
  return size > symbol.max ? symbol.max / symbol.step * symbol.step : size;
}

Status InputMaker::addSource(const std::string &name, const std::string &text) {
  Source source = *parseSource(text);
  const auto &list = program.inputs();
  if (name.empty() && source.kind == Source::File && kindOfFile(source.path) == FileKind::Npz) {
    archive = source.path;
    return {};
  }
  auto found = std::find_if(list.begin(), list.end(), [&](const ProgramTensor &tensor) { return tensor.name == name; });
  if (name.empty() && list.size() == 1)
    found = list.begin();
  if (found == list.end()) {
    std::string names;
    for (const ProgramTensor &tensor : list)
      names += (names.empty() ? "" : ", ") + tensor.name;
    return error(TREADLE_INVALID_ARGUMENT, "--input ", text, ": ",
                 name.empty() ? "which input is it for? NAME=SOURCE" : "the program has no input \"" + name + "\"",
                 "; its inputs are ", names.empty() ? "none" : names);
  }
  sources[found - list.begin()].push_back(std::move(source));
  return {};
}

Status InputMaker::readOptions() {
  const auto &list = program.inputs();
  sources.resize(list.size());
  shapes.resize(list.size());
  done.assign(list.size(), false);
  inputs.tensors.resize(list.size());
  parseNumber(options.scale, pixels.scale);
  parseNumbers(options.mean, pixels.mean);
  parseNumbers(options.deviation, pixels.deviation);
  pixels.bgr = options.bgr;
  if (const llvm::json::Array *array = program.description().getArray("symbols"))
    for (const llvm::json::Value &value : *array)
      if (const llvm::json::Object *symbol = value.getAsObject())
        symbols[symbol->getString("name").value_or("").str()] = {
            symbol->getInteger("min").value_or(1), symbol->getInteger("max").value_or(INT64_MAX),
            std::max<int64_t>(symbol->getInteger("step").value_or(1), 1)};
  for (const std::string &text : options.shapes) {
    auto [name, shape] = splitName(text);
    std::vector<int64_t> dims;
    parseShape(shape, dims);
    auto found =
        std::find_if(list.begin(), list.end(), [&, &name = name](const ProgramTensor &t) { return t.name == name; });
    bool isDim = std::any_of(list.begin(), list.end(), [&, &name = name](const ProgramTensor &tensor) {
      for (size_t d = 0; d < tensor.dims.size(); ++d)
        if (tensor.dims[d] < 0 && tensor.dimNames[d] == name)
          return true;
      return false;
    });
    if (found != list.end()) {
      if (dims.size() != found->dims.size())
        return error(TREADLE_INVALID_ARGUMENT, "--shape ", text, ": ", title(found - list.begin()), " is ",
                     found->typeText(), ", which has ", found->dims.size(), " dimensions");
      shapes[found - list.begin()] = dims;
      learnSizes(found - list.begin(), dims);
    } else if (isDim && dims.size() == 1) {
      sizes[name] = dims[0];
    } else {
      return error(TREADLE_INVALID_ARGUMENT, "--shape ", text, ": the program has no input and no open dimension \"",
                   name, "\"");
    }
  }
  for (const std::string &text : options.inputs) {
    auto [name, source] = splitName(text);
    if (Status status = addSource(name, source); status.failed())
      return status;
  }
  return {};
}

/// The array may be named like the input, "in:" before that, or be the only one.
Status InputMaker::fromArchive(const std::string &path, size_t index) {
  std::unique_ptr<NpzReader> reader;
  if (Status status = NpzReader::open(path, reader); status.failed())
    return status;
  std::string name = program.inputs()[index].name;
  bool asked = !sources[index].empty();
  if (reader->has("in:" + name))
    name = "in:" + name;
  else if (!reader->has(name) && asked && reader->names().size() == 1)
    name = reader->names()[0];
  else if (!reader->has(name) && !asked)
    return {};
  if (Status status = reader->read(name, inputs.tensors[index]); status.failed())
    return status;
  done[index] = true;
  archiveHasInputs |= !asked;
  return {};
}

Status InputMaker::fromFile(size_t index, const std::string &path) {
  std::string name;
  switch (kindOfFile(path)) {
  case FileKind::Npz:
    return fromArchive(path, index);
  case FileKind::Npy:
    done[index] = true;
    return readNpy(path, inputs.tensors[index]);
  case FileKind::Pb:
    done[index] = true;
    return readPb(path, inputs.tensors[index], name);
  default:
    return {};
  }
}

Status InputMaker::fromPictures(size_t index, const std::vector<std::string> &paths) {
  const ProgramTensor &tensor = program.inputs()[index];
  std::vector<int64_t> dims = knownDims(index);
  std::optional<ImageLayout> layout = imageLayoutOf(dims);
  if (!layout)
    return error(TREADLE_INVALID_ARGUMENT, paths[0], ": ", title(index), " is ", tensor.typeText(),
                 ", which a picture does not fit: 1, 3 or 4 channels must come before or after rows and columns");
  if (layout->channel >= 0 && dims[layout->channel] < 0)
    dims[layout->channel] = 3;
  std::vector<Image> images(paths.size());
  for (size_t i = 0; i < paths.size(); ++i)
    if (Status status =
            readImage(paths[i], layout->channel < 0 ? 1 : static_cast<int>(dims[layout->channel]), images[i]);
        status.failed())
      return status;
  int64_t room = layout->batch < 0 ? 1 : dims[layout->batch] < 0 ? images.size() : dims[layout->batch];
  if (room != static_cast<int64_t>(images.size()))
    return error(TREADLE_INVALID_ARGUMENT, paths[0], ": ", title(index), " takes ", room, " pictures at once, ",
                 images.size(), images.size() == 1 ? " was given" : " were given");
  if (layout->batch >= 0)
    dims[layout->batch] = room;
  if (dims[layout->row] < 0)
    dims[layout->row] = acceptedSize(tensor.dimNames[layout->row], images[0].height);
  if (dims[layout->column] < 0)
    dims[layout->column] = acceptedSize(tensor.dimNames[layout->column], images[0].width);
  for (size_t i = 0; i < images.size(); ++i)
    if (images[i].height != dims[layout->row] || images[i].width != dims[layout->column])
      inputs.notes.push_back(fmt::format("{}: resized from {} x {} to {} x {} pixels", paths[i], images[i].width,
                                         images[i].height, dims[layout->column], dims[layout->row]));
  Status status = imagesToTensor(images, *layout, tensor.dtype, dims, pixels, inputs.tensors[index]);
  done[index] = true;
  return status.failed() ? error(status.code, paths[0], ": ", title(index), ": ", status.message) : status;
}

Status InputMaker::fromSound(size_t index, const std::string &path) {
  const ProgramTensor &tensor = program.inputs()[index];
  Sound sound;
  if (Status status = readSound(path, sound); status.failed())
    return status;
  std::vector<int64_t> dims = knownDims(index);
  // The samples lie along the last open dimension; others, as a batch, are 1.
  auto last = std::find(dims.rbegin(), dims.rend(), -1);
  for (auto dim = last; dim != dims.rend(); ++dim)
    if (dim != last && *dim < 0)
      *dim = 1;
  Status status = soundToTensor(sound, tensor.dtype, dims, inputs.tensors[index]);
  if (status.failed())
    return error(status.code, path, ": ", title(index), ": ", status.message);
  int64_t room = inputs.tensors[index].count();
  if (room != sound.frames && room != sound.frames * sound.channels)
    inputs.notes.push_back(fmt::format("{}: {} to {} samples, it has {}", path,
                                       room < sound.frames ? "cut" : "filled up", room, sound.frames));
  inputs.soundRate = sound.rate;
  done[index] = true;
  return {};
}

Status InputMaker::generate(size_t index, const Source &source) {
  const ProgramTensor &tensor = program.inputs()[index];
  std::vector<int64_t> dims = knownDims(index);
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] >= 0)
      continue;
    if (d > 0)
      return error(TREADLE_INVALID_ARGUMENT, title(index), " is ", tensor.typeText(), ": how large is \"",
                   tensor.dimNames[d], "\"? Say --shape ", tensor.dimNames[d],
                   "=N, or give the whole shape with --shape ", tensor.name, "=1x...");
    dims[d] = acceptedSize(tensor.dimNames[d], options.openSize);
  }
  learnSizes(index, dims);
  HostTensor &result = inputs.tensors[index];
  if (Status status = HostTensor::make(tensor.dtype, dims, result); status.failed())
    return error(status.code, title(index), ": ", status.message);
  done[index] = true;
  if (source.kind == Source::Zeros)
    return {};
  Status status;
  if (source.kind == Source::Random)
    status = fillRandom(source.seed + index * 0x9e3779b97f4a7c15u, source.range, result);
  else if (std::vector<double> ones(result.count(), 1); !fromDoubles(ones.data(), result))
    status = error(TREADLE_UNSUPPORTED, "ones of ", spelling(tensor.dtype), " cannot be made; give a file");
  return status.failed() ? error(status.code, title(index), ": ", status.message) : status;
}

Status InputMaker::run(const std::string &otherwise) {
  if (Status status = readOptions(); status.failed())
    return status;
  size_t count = program.inputs().size();
  auto each = [&](auto step) -> Status {
    for (size_t i = 0; i < count; ++i) {
      if (done[i])
        continue;
      if (Status status = step(i); status.failed())
        return status;
      if (done[i])
        learnSizes(i, inputs.tensors[i].dims());
    }
    return {};
  };
  // Those whose sizes are certain come first.
  Status status = each([&](size_t i) -> Status {
    if (sources[i].size() > 1)
      for (const Source &source : sources[i])
        if (source.kind != Source::File || kindOfFile(source.path) != FileKind::Image)
          return error(TREADLE_INVALID_ARGUMENT, title(i), " is given twice; only pictures make a batch");
    if (!sources[i].empty())
      return sources[i][0].kind == Source::File ? fromFile(i, sources[i][0].path) : Status();
    if (!archive.empty())
      return fromArchive(archive, i);
    return otherwise.empty() ? Status() : fromArchive(otherwise, i);
  });
  if (!status.failed() && !archive.empty() && !archiveHasInputs)
    status = error(TREADLE_INVALID_ARGUMENT, archive, ": has none of the inputs that are not given otherwise");
  if (status.failed())
    return status;
  status = each([&](size_t i) -> Status {
    if (sources[i].empty() || sources[i][0].kind != Source::File)
      return {};
    if (kindOfFile(sources[i][0].path) == FileKind::Sound)
      return fromSound(i, sources[i][0].path);
    std::vector<std::string> paths;
    for (const Source &source : sources[i])
      paths.push_back(source.path);
    return fromPictures(i, paths);
  });
  if (status.failed())
    return status;
  return each([&](size_t i) {
    if (sources[i].empty())
      inputs.notes.push_back(title(i) + " is not given: random numbers, seed 0");
    return generate(i, sources[i].empty() ? Source() : sources[i][0]);
  });
}

uint64_t mix(uint64_t x) { // splitmix64's output function
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

} // namespace

void InputOptions::addTo(CLI::App &command) {
  command
      .add_option("--input", inputs,
                  std::string("a value for an input: ") + sourceForms +
                      "; an .npz alone has all inputs. Several pictures make a batch")
      ->type_name("NAME=SOURCE")
      ->allow_extra_args(false)
      ->check(checkInput)
      ->group("Inputs");
  command.add_option("--shape", shapes, "the shape of an input, or the size of an open dimension by its name")
      ->type_name("NAME=1x3x480x640")
      ->allow_extra_args(false)
      ->check(checkShape)
      ->group("Inputs");
  command
      .add_option("--image-scale", scale,
                  "pictures become (pixel * SCALE - MEAN) / STD, pixels being 0 to 255 (default: 1/255)")
      ->type_name("SCALE")
      ->check(checkNumbers)
      ->group("Inputs");
  command.add_option("--image-mean", mean, "one number, or one for each channel: 0.485,0.456,0.406 (default: 0)")
      ->type_name("MEAN")
      ->check(checkNumbers)
      ->group("Inputs");
  command.add_option("--image-std", deviation, "the same (default: 1)")
      ->type_name("STD")
      ->check(checkNumbers)
      ->group("Inputs");
  command.add_flag("--image-bgr", bgr, "the channels of pictures are blue, green, red")->group("Inputs");
}

Status makeInputs(const OpenProgram &program, const InputOptions &options, const std::string &otherwise,
                  Inputs &inputs) {
  return InputMaker(program, options, inputs).run(otherwise);
}

Status fillRandom(uint64_t seed, std::optional<std::pair<double, double>> range, HostTensor &tensor) {
  uint64_t counter = mix(seed + 0x9e3779b97f4a7c15u);
  auto uniform = [&] { return static_cast<double>(mix(counter += 0x9e3779b97f4a7c15u) >> 11) * 0x1p-53; };
  DType dtype = tensor.dtype();
  bool normal = isFloat(dtype) && !range;
  if (!range) {
    unsigned bits = bitWidth(dtype);
    bool isSigned = spelling(dtype)[0] == 'i';
    range = {0, 2};
    if (dtype != DType::Bool && bits < 32)
      range = {isSigned ? -std::ldexp(1, bits - 1) : 0, isSigned ? std::ldexp(1, bits - 1) : std::ldexp(1, bits)};
  }
  std::vector<double> values(tensor.count());
  for (double &value : values) {
    if (normal) // Box and Muller's
      value = std::sqrt(-2 * std::log(1 - uniform())) * std::cos(6.283185307179586 * uniform());
    else if (value = range->first + (range->second - range->first) * uniform(); !isFloat(dtype))
      value = std::floor(value);
  }
  if (!fromDoubles(values.data(), tensor))
    return error(TREADLE_UNSUPPORTED, "random numbers of ", spelling(dtype), " cannot be made; give a file");
  return {};
}

} // namespace treadle
