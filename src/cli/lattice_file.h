/* lattice_file.h: a finished lattice on disk, for drawing it again at another size or window without sampling again.
 *
 * A safetensors file: metadata "format" = "coordiff lattice 1", "world" = "x,y" of its first cell, "parameters" (how it
 * was made); one F32 tensor "lattice" [C][h][w] of colours from -1 to 1, channel means included.
 */
#ifndef CDF_CLI_LATTICE_FILE_H
#define CDF_CLI_LATTICE_FILE_H

#include "../coordiff.h"

/* Write a clean lattice [C][h][w] of a world, mean subtracted. */
cdf_status cli_lattice_save(const char *path, const float *clean, const cdf_world *world, const cdf_model *model,
                            const char *parameters, cdf_error *err);

/* Read one into a picture that so many threads may draw; *parameters is malloc'd. CDF_BAD_INPUT: no such file,
 * another format, a lattice that is damaged or not for this model. */
cdf_status cli_lattice_load(cdf_picture **picture, char **parameters, const cdf_model *model, int n_threads,
                            const cdf_kernels *k, const char *path, cdf_error *err);

#endif
