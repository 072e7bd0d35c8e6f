//===- treadle.cpp - the C API --------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/treadle.h"
#include "runtime/Devices.h"
#include "runtime/Handles.h"
#include "runtime/base/DType.h"
#include "runtime/base/MappedFile.h"
#include "runtime/exec/Describe.h"

using namespace treadle;

#ifndef TREADLE_VERSION
#define TREADLE_VERSION "0.0.0"
#endif

namespace {

std::vector<treadle_program::Info> infosOf(const Program &program,
                                           const flatbuffers::Vector<flatbuffers::Offset<format::Tensor>> *list) {
  std::vector<treadle_program::Info> infos(list ? list->size() : 0);
  for (size_t i = 0; i < infos.size(); ++i) {
    const format::Tensor &tensor = *list->Get(i);
    for (uint32_t d = 0; tensor.dims() && d < tensor.dims()->size(); ++d) {
      const format::ExprNode &node = *program.tables().exprs()->Get(tensor.dims()->Get(d));
      infos[i].dims.push_back(node.op() == format::ExprOp::constant ? node.value() : -1);
      infos[i].names.push_back(describeExpr(program, tensor.dims()->Get(d)));
    }
    for (const std::string &name : infos[i].names)
      infos[i].namePointers.push_back(name.c_str());
  }
  return infos;
}

treadle_error *openBytes(const char *data, size_t bytes, const std::string &name, const treadle_open_options *options,
                         std::shared_ptr<void> owner, treadle_program **result) {
  std::shared_ptr<const Program> program;
  Status status = Program::open(data, bytes, name, options && options->check_weights, std::move(owner), program);
  if (status.failed())
    return toError(status);
  auto *handle = new treadle_program;
  handle->inputs = infosOf(*program, program->tables().inputs());
  handle->outputs = infosOf(*program, program->tables().outputs());
  handle->program = std::move(program);
  *result = handle;
  return nullptr;
}

treadle_error *infoOf(const flatbuffers::Vector<flatbuffers::Offset<format::Tensor>> *list,
                      const std::vector<treadle_program::Info> &infos, int32_t index, const char *what,
                      treadle_tensor_info *info) {
  if (index < 0 || static_cast<size_t>(index) >= infos.size())
    return toError(
        error(TREADLE_INVALID_ARGUMENT, "the program has ", infos.size(), " ", what, "s, there is no number ", index));
  const format::Tensor &tensor = *list->Get(index);
  info->name = tensor.name()->c_str();
  info->dtype = static_cast<treadle_dtype>(tensor.dtype());
  info->rank = infos[index].dims.size();
  info->dims = infos[index].dims.data();
  info->dim_names = infos[index].namePointers.data();
  return nullptr;
}

} // namespace

// ---- errors, types ---------------------------------------------------------------------------

treadle_code treadle_error_code(const treadle_error *error) { return error ? error->status.code : TREADLE_OK; }
const char *treadle_error_message(const treadle_error *error) { return error ? error->status.message.c_str() : ""; }
void treadle_error_free(treadle_error *error) { delete error; }
const char *treadle_version(void) { return TREADLE_VERSION; }

const char *treadle_dtype_name(treadle_dtype dtype) {
  auto code = static_cast<int>(dtype);
  return spelling(static_cast<DType>(code < 0 || code > 255 ? 0 : code)).data();
}
size_t treadle_dtype_bytes(treadle_dtype dtype, int64_t count) { return byteSize(static_cast<DType>(dtype), count); }

// ---- programs --------------------------------------------------------------------------------

treadle_error *treadle_program_open_file(const char *path, const treadle_open_options *options,
                                         treadle_program **program) {
  if (!path || !program)
    return nullArgument("treadle_program_open_file");
  std::unique_ptr<MappedFile> file;
  if (Status status = MappedFile::open(path, file); status.failed())
    return toError(status);
  std::shared_ptr<MappedFile> owner = std::move(file);
  return openBytes(owner->data(), owner->size(), path, options, owner, program);
}

treadle_error *treadle_program_open_memory(const void *data, size_t bytes, const treadle_open_options *options,
                                           treadle_program **program) {
  if (!data || !program)
    return nullArgument("treadle_program_open_memory");
  if (reinterpret_cast<uintptr_t>(data) % weightAlignment)
    return toError(
        error(TREADLE_INVALID_ARGUMENT, "an artifact in memory must start at a multiple of ", weightAlignment));
  return openBytes(static_cast<const char *>(data), bytes, "artifact in memory", options, nullptr, program);
}

treadle_error *treadle_program_open_reader(const treadle_reader *reader, const treadle_open_options *options,
                                           treadle_program **program) {
  if (!reader || !reader->read || !program)
    return nullArgument("treadle_program_open_reader");
  auto memory = std::make_shared<Memory>(options ? options->allocator : nullptr);
  if (!memory->resize(reader->size))
    return toError(error(TREADLE_OUT_OF_MEMORY, "no memory for an artifact of ", reader->size, " bytes"));
  if (reader->size && reader->read(reader->user, 0, memory->data(), reader->size) != 0)
    return toError(error(TREADLE_IO, "the artifact could not be read"));
  return openBytes(memory->data(), reader->size, "artifact", options, memory, program);
}

void treadle_program_close(treadle_program *program) { delete program; }

int32_t treadle_program_input_count(const treadle_program *program) { return program ? program->inputs.size() : 0; }
int32_t treadle_program_output_count(const treadle_program *program) { return program ? program->outputs.size() : 0; }

treadle_error *treadle_program_input(const treadle_program *program, int32_t index, treadle_tensor_info *info) {
  if (!program || !info)
    return nullArgument("treadle_program_input");
  return infoOf(program->program->tables().inputs(), program->inputs, index, "input", info);
}
treadle_error *treadle_program_output(const treadle_program *program, int32_t index, treadle_tensor_info *info) {
  if (!program || !info)
    return nullArgument("treadle_program_output");
  return infoOf(program->program->tables().outputs(), program->outputs, index, "output", info);
}

const char *treadle_program_metadata(const treadle_program *program, const char *key) {
  if (!program || !key || !program->program->tables().metadata())
    return nullptr;
  for (const format::KeyValue *entry : *program->program->tables().metadata())
    if (entry->key()->string_view() == key)
      return entry->value() ? entry->value()->c_str() : "";
  return nullptr;
}

const char *treadle_program_json(treadle_program *program) {
  if (!program)
    return "{}";
  std::lock_guard<std::mutex> guard(program->lock);
  if (program->json.empty())
    program->json = describe(*program->program);
  return program->json.c_str();
}

// ---- devices ---------------------------------------------------------------------------------

treadle_error *treadle_device(int32_t index, treadle_device_info *info) {
  static const std::vector<DeviceInfo> devices = findDevices();
  if (!info)
    return nullArgument("treadle_device");
  if (index < 0 || static_cast<size_t>(index) >= devices.size())
    return toError(error(TREADLE_NOT_FOUND, "there are ", devices.size(), " devices"));
  info->name = devices[index].name.c_str();
  info->description = devices[index].description.c_str();
  info->memory = devices[index].memory;
  info->target = devices[index].target.c_str();
  return nullptr;
}

// ---- sessions --------------------------------------------------------------------------------

Status treadle::readOptions(const treadle_session_options &options, DriverOptions &read) {
  if (options.threads < 0 || options.threads > 4096)
    return error(TREADLE_INVALID_ARGUMENT, "threads cannot be ", options.threads);
  read.threads = options.threads;
  read.pool = options.pool;
  read.allocator = options.allocator;
  read.cacheFolder = options.cache ? options.cache : "";
  return {};
}

treadle_error *treadle_session_create(treadle_program *program, const treadle_session_options *options,
                                      treadle_session **session) {
  if (!program || !session)
    return nullArgument("treadle_session_create");
  treadle_session_options defaults = {};
  if (!options)
    options = &defaults;
  DriverOptions driverOptions;
  if (Status status = readOptions(*options, driverOptions); status.failed())
    return toError(std::move(status));
  std::unique_ptr<Driver> driver;
  std::shared_ptr<const Program> chosen;
  Status status = openDevice(program->program, options->device ? options->device : "", driverOptions, driver, chosen);
  if (status.failed())
    return toError(std::move(status));
  *session = new treadle_session{
      std::make_unique<Session>(std::move(chosen), std::move(driver), options->allocator, options->memory_limit)};
  return nullptr;
}

void treadle_session_close(treadle_session *session) { delete session; }

treadle_error *treadle_session_prepare(treadle_session *session, const treadle_tensor *inputs, int32_t count) {
  return session ? toError(session->session->prepare(inputs, count)) : nullArgument("treadle_session_prepare");
}

treadle_error *treadle_session_output_shape(treadle_session *session, int32_t index, treadle_tensor *shape) {
  if (!session || !shape)
    return nullArgument("treadle_session_output_shape");
  return toError(session->session->outputShape(index, *shape));
}

uint64_t treadle_session_memory(const treadle_session *session) {
  return session ? session->session->memoryBytes() : 0;
}

treadle_error *treadle_session_run(treadle_session *session, const treadle_tensor *inputs, int32_t inputCount,
                                   treadle_tensor *outputs, int32_t outputCount) {
  if (!session)
    return nullArgument("treadle_session_run");
  return toError(session->session->run(inputs, inputCount, outputs, outputCount));
}

void treadle_session_cancel(treadle_session *session) {
  if (session)
    session->session->cancel();
}

void treadle_session_profile(treadle_session *session, int32_t enabled) {
  if (session)
    session->session->setProfiling(enabled != 0);
}
const char *treadle_session_trace(treadle_session *session) { return session ? session->session->trace() : "{}"; }

void treadle_session_observe(treadle_session *session, treadle_observer observer, void *user) {
  if (session)
    session->session->setObserver(observer, user);
}
