/*===- kernels.c - machine code for the runtime's tests ----------------------------------------===*\
|*
|* Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* A shared object as compiled artifacts hold one (targets/cpu/KernelAbi.h): tests of the runtime need
|* no compiler. A task is a row of four floats.
|*
\*===--------------------------------------------------------------------------------------------===*/

#include <stdint.h>

/* out[i][j] = rows[i][j] + row[j] */
void add_row(void *const *slices, const int64_t *scalars, int64_t begin, int64_t end, void *scratch) {
  const float *rows = slices[0], *row = slices[1];
  float *out = slices[2], *kept = scratch;
  (void)scalars;
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t j = 0; j < 4; ++j)
      kept[j] = rows[4 * i + j];
    for (int64_t j = 0; j < 4; ++j)
      out[4 * i + j] = kept[j] + row[j];
  }
}

/* out[i][j] = a[i][j] + b[i][j] */
void add(void *const *slices, const int64_t *scalars, int64_t begin, int64_t end, void *scratch) {
  const float *a = slices[0], *b = slices[1];
  float *out = slices[2];
  (void)scalars;
  (void)scratch;
  for (int64_t i = 4 * begin; i < 4 * end; ++i)
    out[i] = a[i] + b[i];
}
