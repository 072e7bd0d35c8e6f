/*===- treadle.h - run a compiled model --------------------------------------------------------===*\
|*
|* Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* The one header of libtreadle: open an artifact (.tdl), make a session, run it.
|*
|*     treadle_program *program;
|*     treadle_session *session;
|*     treadle_error *error = treadle_program_open_file("net.tdl", NULL, &program);
|*     if (!error) error = treadle_session_create(program, NULL, &session);
|*     treadle_tensor in = {pixels, TREADLE_F32, 4, dims}, out = {0};
|*     if (!error) error = treadle_session_run(session, &in, 1, &out, 1);
|*     if (error) { puts(treadle_error_message(error)); treadle_error_free(error); }
|*
|* Rules that hold for all of it:
|*   - A function that can fail returns treadle_error*: NULL when it worked, else an error that the
|*     caller frees. What it would have written through pointers is then untouched.
|*   - Strings are UTF-8 and end in NUL. Strings and arrays that a function hands out belong to the
|*     object they came from and live as long as it.
|*   - Options structs may be NULL, or zeroed and filled in part; zero always means the default.
|*   - A program may be used from any number of threads at once, a session from one at a time.
|*   - Nothing is global: two users in one process do not see each other.
|*
\*===--------------------------------------------------------------------------------------------===*/

#ifndef TREADLE_H
#define TREADLE_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define TREADLE_API __declspec(dllexport)
#else
#define TREADLE_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ------------------------------------------------------------------------------------ */

typedef struct treadle_error treadle_error;

typedef enum treadle_code {
  TREADLE_OK = 0,
  TREADLE_INVALID_ARGUMENT = 1, /* the call itself: a null pointer, a wrong count, shape or type */
  TREADLE_NOT_FOUND = 2,        /* a file, a device, a name */
  TREADLE_DAMAGED = 3,          /* a file that is no artifact, is cut short or was altered */
  TREADLE_UNSUPPORTED = 4,      /* a newer artifact, or one without code for this device */
  TREADLE_OUT_OF_MEMORY = 5,    /* the allocator failed, or a limit would be exceeded */
  TREADLE_IO = 6,               /* reading or writing failed */
  TREADLE_DEVICE = 7,           /* the device or its driver failed */
  TREADLE_CANCELLED = 8
} treadle_code;

TREADLE_API treadle_code treadle_error_code(const treadle_error *error);   /* TREADLE_OK for NULL */
TREADLE_API const char *treadle_error_message(const treadle_error *error); /* one line; "" for NULL */
TREADLE_API void treadle_error_free(treadle_error *error);                 /* NULL is allowed */

/* "1.2.3" */
TREADLE_API const char *treadle_version(void);

/* ---- tensors ----------------------------------------------------------------------------------- */

/* Element types; the numbers are those of onnx.TensorProto.DataType. Types under 8 bits are packed,
   low bits first. */
/* An integer, since any may come from outside. */
typedef int32_t treadle_dtype;
enum {
  TREADLE_F32 = 1,
  TREADLE_U8 = 2,
  TREADLE_I8 = 3,
  TREADLE_U16 = 4,
  TREADLE_I16 = 5,
  TREADLE_I32 = 6,
  TREADLE_I64 = 7,
  TREADLE_BOOL = 9,
  TREADLE_F16 = 10,
  TREADLE_F64 = 11,
  TREADLE_U32 = 12,
  TREADLE_U64 = 13,
  TREADLE_C64 = 14,
  TREADLE_C128 = 15,
  TREADLE_BF16 = 16,
  TREADLE_F8E4M3FN = 17,
  TREADLE_F8E4M3FNUZ = 18,
  TREADLE_F8E5M2 = 19,
  TREADLE_F8E5M2FNUZ = 20,
  TREADLE_U4 = 21,
  TREADLE_I4 = 22,
  TREADLE_F4E2M1 = 23,
  TREADLE_F8E8M0 = 24,
  TREADLE_U2 = 25,
  TREADLE_I2 = 26
};

/* "f32"; "?" for a number that is none. */
TREADLE_API const char *treadle_dtype_name(treadle_dtype dtype);

/* Bytes that `count` elements take. */
TREADLE_API size_t treadle_dtype_bytes(treadle_dtype dtype, int64_t count);

/* A dense row-major tensor in memory that somebody else owns. */
typedef struct treadle_tensor {
  void *data;
  treadle_dtype dtype;
  int32_t rank;
  const int64_t *dims; /* rank numbers; NULL for rank 0 */
  size_t capacity;     /* bytes at data; 0 means exactly what dtype and dims need */
} treadle_tensor;

/* What a program says of an input or output. */
typedef struct treadle_tensor_info {
  const char *name;
  treadle_dtype dtype;
  int32_t rank;
  const int64_t *dims;          /* -1 where the size is known only at run time */
  const char *const *dim_names; /* "batch", "height / 2"; the number itself where it is fixed */
} treadle_tensor_info;

/* ---- programs ---------------------------------------------------------------------------------- */

typedef struct treadle_program treadle_program;

/* Memory that the runtime asks for. `allocate` returns NULL when there is none. */
typedef struct treadle_allocator {
  void *user;
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*release)(void *user, void *data, size_t bytes);
} treadle_allocator;

/* A file that is not a file: inside an archive, encrypted, on the network. `read` fills `into` with
   exactly `bytes` from `offset`, and returns 0, or another number if it could not. */
typedef struct treadle_reader {
  void *user;
  uint64_t size;
  int (*read)(void *user, uint64_t offset, void *into, size_t bytes);
} treadle_reader;

typedef struct treadle_open_options {
  const treadle_allocator *allocator; /* for what is read through a treadle_reader; default: malloc */
  int32_t check_weights;              /* also compare the weights with their hashes; tables and code
                                         are always checked */
} treadle_open_options;

/* Maps the file; weights are used in place and loaded when first touched. The file must not change
   while the program is open. */
TREADLE_API treadle_error *treadle_program_open_file(const char *path, const treadle_open_options *options,
                                                     treadle_program **program);

/* Uses `data` in place; it must stay until the program and its sessions are closed, and start at a
   multiple of 64. */
TREADLE_API treadle_error *treadle_program_open_memory(const void *data, size_t bytes,
                                                       const treadle_open_options *options, treadle_program **program);

/* Reads everything through `reader`, which may be gone when this returns. */
TREADLE_API treadle_error *treadle_program_open_reader(const treadle_reader *reader,
                                                       const treadle_open_options *options, treadle_program **program);

/* Sessions of it stay usable. NULL is allowed. */
TREADLE_API void treadle_program_close(treadle_program *program);

TREADLE_API int32_t treadle_program_input_count(const treadle_program *program);
TREADLE_API int32_t treadle_program_output_count(const treadle_program *program);
TREADLE_API treadle_error *treadle_program_input(const treadle_program *program, int32_t index,
                                                 treadle_tensor_info *info);
TREADLE_API treadle_error *treadle_program_output(const treadle_program *program, int32_t index,
                                                  treadle_tensor_info *info);

/* The model's own metadata (class names, a character table); NULL if there is none of that key. */
TREADLE_API const char *treadle_program_metadata(const treadle_program *program, const char *key);

/* Everything the artifact says (tensors, steps, kernels, memory, provenance) as JSON. */
TREADLE_API const char *treadle_program_json(treadle_program *program);

/* ---- devices ----------------------------------------------------------------------------------- */

typedef struct treadle_device_info {
  const char *name;        /* as options take it: "cpu" */
  const char *description; /* "AMD EPYC 9B14, 2 threads, x86-64-v4" */
  uint64_t memory;         /* bytes */
  const char *target;      /* what to compile a model for: "cpu", "vulkan:gpu" */
} treadle_device_info;

/* Devices that this machine has, for index 0, 1, ...; TREADLE_NOT_FOUND past the last. */
TREADLE_API treadle_error *treadle_device(int32_t index, treadle_device_info *info);

/* ---- sessions ---------------------------------------------------------------------------------- */

typedef struct treadle_session treadle_session;

/* Threads of the app's own. `run` calls task(context, i, worker) once for every i in [0, count), on
   any threads, and returns when all are done. `worker` is in [0, workers), and no two calls with
   the same worker may overlap. */
typedef struct treadle_pool {
  void *user;
  int32_t workers;
  void (*run)(void *user, int64_t count, void (*task)(void *context, int64_t index, int32_t worker), void *context);
} treadle_pool;

typedef struct treadle_session_options {
  const char *device;                 /* default: "cpu" */
  int32_t threads;                    /* default: as many as there are cores; the caller counts as one */
  const treadle_pool *pool;           /* instead of threads of its own */
  const treadle_allocator *allocator; /* default: aligned malloc */
  uint64_t memory_limit;              /* bytes for the arena and scratch; default: none */
  const char *cache;                  /* folder for what a GPU's driver makes of kernels; default: not kept */
} treadle_session_options;

/* Needs no shapes yet. The session holds the program. */
TREADLE_API treadle_error *treadle_session_create(treadle_program *program, const treadle_session_options *options,
                                                  treadle_session **session);
TREADLE_API void treadle_session_close(treadle_session *session); /* NULL is allowed */

/* Settles the shapes: checks them, plans memory and allocates it. `inputs` need no data. run does
   this by itself when shapes differ from the last time's. */
TREADLE_API treadle_error *treadle_session_prepare(treadle_session *session, const treadle_tensor *inputs,
                                                   int32_t input_count);

/* The shape that output `index` has, for the shapes settled last. dims belongs to the session. */
TREADLE_API treadle_error *treadle_session_output_shape(treadle_session *session, int32_t index, treadle_tensor *shape);

/* Bytes of arena and scratch that the settled shapes take. On a device with memory of its own inputs
   and outputs are in the arena. */
TREADLE_API uint64_t treadle_session_memory(const treadle_session *session);

/* Runs once. Inputs and outputs are in the program's order. An output with data == NULL is given
   memory of the session's, valid until the next run; else data must have room (capacity). dtype,
   rank and dims of outputs are filled in. */
TREADLE_API treadle_error *treadle_session_run(treadle_session *session, const treadle_tensor *inputs,
                                               int32_t input_count, treadle_tensor *outputs, int32_t output_count);

/* Makes a run in another thread stop with TREADLE_CANCELLED: at its next step, on a GPU when what it
   works at is done, some tenths of a second at most. */
TREADLE_API void treadle_session_cancel(treadle_session *session);

/* ---- looking inside ---------------------------------------------------------------------------- */

/* Records when each step ran, from now on (enabled != 0) or no longer. */
TREADLE_API void treadle_session_profile(treadle_session *session, int32_t enabled);

/* The recorded steps as Chrome trace events (chrome://tracing, Perfetto), with the names of the
   model's ops, FLOPs and bytes; belongs to the session until the next call. */
TREADLE_API const char *treadle_session_trace(treadle_session *session);

/* Called after each step for each value that it left behind, under the model's own name. `value` is
   as stored: its dimension i is the model's dimension permutation[i]. Return 0 to go on; anything
   else stops the run with TREADLE_CANCELLED. */
typedef int (*treadle_observer)(void *user, int32_t step, const char *name, const treadle_tensor *value,
                                const int32_t *permutation);
TREADLE_API void treadle_session_observe(treadle_session *session, treadle_observer observer, void *user);

#ifdef __cplusplus
}
#endif

#endif /* TREADLE_H */
