#include "lattice_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

#define FORMAT "coordiff lattice 1"

static float mean_of(const cdf_model *m, int channel) {
  return m->net.config.target == CDF_TARGET_EDM ? m->net.config.mean[channel] : 0.0f;
}

cdf_status cli_lattice_save(const char *path, const float *clean, const cdf_world *world, const cdf_model *model,
                            const char *parameters, cdf_error *err) {
  size_t plane = cdf_world_cells(world), channels = (size_t)model->net.config.channels;
  float *colours = malloc(plane * channels * sizeof *colours);
  if (!colours) return cdf_fail_memory(err, plane * channels * sizeof *colours);
  for (size_t c = 0; c < channels; c++)
    for (size_t i = 0; i < plane; i++) colours[c * plane + i] = clean[c * plane + i] + mean_of(model, (int)c);
  char place[32], keys[3][16] = {"format", "world", "parameters"}, format[] = FORMAT;
  snprintf(place, sizeof place, "%d,%d", world->x, world->y);
  const cdf_metadata metadata[] = {{keys[0], format}, {keys[1], place}, {keys[2], (char *)(uintptr_t)parameters}};
  const cdf_tensor tensor = {.name = "lattice",
                             .dtype = CDF_F32,
                             .n_dims = 3,
                             .dims = {channels, (size_t)world->height, (size_t)world->width},
                             .n_elements = plane * channels,
                             .data = (const unsigned char *)colours};
  unsigned char *bytes = NULL;
  size_t n_bytes;
  cdf_status status = cdf_checkpoint_write(&bytes, &n_bytes, &tensor, 1, metadata, 3, err);
  if (status == CDF_OK) status = cdf_file_write_atomic(path, bytes, n_bytes, err);
  free(bytes);
  free(colours);
  return status;
}

static cdf_status parse(cdf_picture **picture, char **parameters, const cdf_model *model, int n_threads,
                        const cdf_kernels *k, const cdf_checkpoint *file, cdf_error *err) {
  const char *format = cdf_checkpoint_metadata(file, "format"), *place = cdf_checkpoint_metadata(file, "world");
  const cdf_tensor *t = cdf_checkpoint_find(file, "lattice");
  cdf_world world = {0};
  int end = 0;
  if (!format || strcmp(format, FORMAT) != 0 || !t || t->dtype != CDF_F32 || t->n_dims != 3 || !place ||
      sscanf(place, "%d,%d%n", &world.x, &world.y, &end) != 2 || place[end])
    return cdf_fail(err, CDF_BAD_INPUT, "it is no lattice that 'coordiff sample --save' wrote");
  size_t channels = (size_t)model->net.config.channels;
  if (t->dims[0] != channels || t->dims[1] > CDF_MAX_LATTICE || t->dims[2] > CDF_MAX_LATTICE)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "its lattice is %zux%zu with %zu channels, but this model has %zu channels and at most %d cells a "
                    "side; use the model that it was made with",
                    t->dims[2], t->dims[1], t->dims[0], channels, CDF_MAX_LATTICE);
  world.height = (int)t->dims[1], world.width = (int)t->dims[2];
  const char *said = cdf_checkpoint_metadata(file, "parameters");
  size_t plane = cdf_world_cells(&world);
  float *clean = malloc((plane * channels + 1) * sizeof *clean);
  *parameters = strdup(said ? said : "coordiff");
  cdf_status status = clean && *parameters ? cdf_picture_create(picture, model, &world, n_threads, k, err)
                                           : cdf_fail_memory(err, plane * channels * sizeof *clean);
  if (status == CDF_OK) cdf_tensor_read(clean, t);
  for (size_t c = 0; c < channels && status == CDF_OK; c++)
    for (size_t i = 0; i < plane; i++) clean[c * plane + i] -= mean_of(model, (int)c);
  if (status == CDF_OK) cdf_picture_load(*picture, clean);
  free(clean);
  return status;
}

cdf_status cli_lattice_load(cdf_picture **picture, char **parameters, const cdf_model *model, int n_threads,
                            const cdf_kernels *k, const char *path, cdf_error *err) {
  *picture = NULL, *parameters = NULL;
  unsigned char *bytes;
  size_t n_bytes;
  cdf_checkpoint file = {0};
  cdf_error why = {0};
  cdf_status status = cdf_file_read(&bytes, &n_bytes, path, CDF_FILE_CHECKPOINT, err);
  if (status != CDF_OK) return status;
  status = cdf_checkpoint_parse(&file, bytes, n_bytes, &why);
  if (status == CDF_OK) status = parse(picture, parameters, model, n_threads, k, &file, &why);
  cdf_checkpoint_free(&file);
  free(bytes);
  if (status == CDF_OK) return CDF_OK;
  if (strlen(path) > 80) path += strlen(path) - 80;
  return cdf_fail(err, status, "%s: %.220s", path, why.text);
}
