/* load_model.c: a model from a file, for every command that takes --model. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "files.h"

cdf_status cli_load_model(cdf_model **model, const char *path, cdf_error *err) {
  *model = NULL;
  if (!path)
    return cdf_fail(err, CDF_USAGE, "--model is missing: say which checkpoint, for example models/fashion.safetensors");
  unsigned char *bytes;
  size_t n_bytes;
  cdf_status status = cdf_file_read(&bytes, &n_bytes, path, CDF_FILE_CHECKPOINT, err);
  if (status != CDF_OK) return status;
  cdf_error why = {0};
  status = cdf_model_load(model, bytes, n_bytes, &why);
  free(bytes);
  if (status == CDF_OK) return CDF_OK;
  if (strlen(path) > 80) path += strlen(path) - 80; /* its end tells more than its beginning */
  return cdf_fail(err, status, "%s: %.220s", path, why.text);
}
