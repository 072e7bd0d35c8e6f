/*===- run_model.c - load a compiled model and run it, in C --------------------------------------===*\
|*
|* Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|*     treadle compile net.onnx -o net.tdl
|*     cc run_model.c -I<treadle> -L<build>/lib -Wl,-rpath,<build>/lib -ltreadle -o run_model
|*     ./run_model net.tdl [NAME=SIZE ...] [INPUT.raw ...]
|*
|* Prints the inputs and outputs, runs once, and prints how each output begins. Inputs are read from
|* raw files (elements one after another, in the machine's byte order), in the program's order; those
|* without a file are zeros. NAME=SIZE gives the size of a dynamic dimension; the others are 1.
|*
\*===--------------------------------------------------------------------------------------------===*/

#include "runtime/treadle.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program with the runtime's own words. */
static void check(treadle_error *error) {
  if (!error)
    return;
  fprintf(stderr, "%s\n", treadle_error_message(error));
  treadle_error_free(error);
  exit(1);
}

static void *must(void *memory, const char *what) {
  if (!memory) {
    perror(what);
    exit(1);
  }
  return memory;
}

static void print_info(const char *what, const treadle_tensor_info *info) {
  printf("%s %s: %s[", what, info->name, treadle_dtype_name(info->dtype));
  for (int32_t d = 0; d < info->rank; ++d)
    printf("%s%s", d ? ", " : "", info->dim_names[d]);
  printf("]\n");
}

/* The size that an argument NAME=SIZE gives the dimension; 1 if there is none. */
static int64_t size_of(const char *name, int argc, char **argv) {
  size_t length = strlen(name);
  for (int i = 2; i < argc; ++i)
    if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
      return strtoll(argv[i] + length + 1, NULL, 10);
  return 1;
}

static void read_raw(const char *path, void *data, size_t bytes) {
  FILE *file = (FILE *)must(fopen(path, "rb"), path);
  if (fread(data, 1, bytes, file) != bytes || fgetc(file) != EOF) {
    fprintf(stderr, "%s: should have %zu bytes\n", path, bytes);
    exit(1);
  }
  fclose(file);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: run_model FILE.tdl [NAME=SIZE ...] [INPUT.raw ...]\n");
    return 2;
  }
  treadle_program *program = NULL;
  treadle_session *session = NULL;
  check(treadle_program_open_file(argv[1], NULL, &program));
  check(treadle_session_create(program, NULL, &session)); /* NULL: on all cores */

  int32_t input_count = treadle_program_input_count(program);
  treadle_tensor *inputs = (treadle_tensor *)must(calloc(input_count + 1, sizeof *inputs), "inputs");
  int next = 2; /* argument that may be the next input's file */
  for (int32_t i = 0; i < input_count; ++i) {
    treadle_tensor_info info;
    check(treadle_program_input(program, i, &info));
    print_info("input ", &info);
    int64_t count = 1, *dims = (int64_t *)must(calloc(info.rank + 1, sizeof *dims), "dims");
    for (int32_t d = 0; d < info.rank; ++d)
      count *= dims[d] = info.dims[d] >= 0 ? info.dims[d] : size_of(info.dim_names[d], argc, argv);
    size_t bytes = treadle_dtype_bytes(info.dtype, count);
    inputs[i].data = must(calloc(bytes + 1, 1), "input");
    inputs[i].dtype = info.dtype;
    inputs[i].rank = info.rank;
    inputs[i].dims = dims;
    while (next < argc && strchr(argv[next], '='))
      ++next;
    if (next < argc)
      read_raw(argv[next++], inputs[i].data, bytes);
  }

  /* Outputs without data get memory of the session's, which lasts until its next run. */
  int32_t output_count = treadle_program_output_count(program);
  treadle_tensor *outputs = (treadle_tensor *)must(calloc(output_count + 1, sizeof *outputs), "outputs");
  check(treadle_session_run(session, inputs, input_count, outputs, output_count));

  for (int32_t i = 0; i < output_count; ++i) {
    treadle_tensor_info info;
    check(treadle_program_output(program, i, &info));
    print_info("output", &info);
    int64_t count = 1;
    printf("  shape");
    for (int32_t d = 0; d < outputs[i].rank; count *= outputs[i].dims[d++])
      printf(" %" PRId64, outputs[i].dims[d]);
    printf(", begins");
    for (int64_t e = 0; e < count && e < 8; ++e)
      if (outputs[i].dtype == TREADLE_F32)
        printf(" %g", ((const float *)outputs[i].data)[e]);
      else if (outputs[i].dtype == TREADLE_I64)
        printf(" %" PRId64, ((const int64_t *)outputs[i].data)[e]);
      else if (outputs[i].dtype == TREADLE_BOOL || outputs[i].dtype == TREADLE_U8)
        printf(" %u", ((const uint8_t *)outputs[i].data)[e]);
    printf("\n");
  }
  printf("%.1f MiB for intermediate values\n", treadle_session_memory(session) / 1048576.0);

  for (int32_t i = 0; i < input_count; ++i) {
    free(inputs[i].data);
    free((void *)inputs[i].dims);
  }
  free(inputs);
  free(outputs);
  treadle_session_close(session);
  treadle_program_close(program);
  return 0;
}
