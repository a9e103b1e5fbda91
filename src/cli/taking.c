#include "taking.h"

#include <string.h>

static cdf_status read_crop(cdf_crop *crop, const char *text, cdf_error *err) {
  static const char *const names[] = {"centre", "random", "none", NULL};
  *crop = CDF_CROP_CENTRE;
  for (int i = 0; text && names[i]; i++)
    if (!strcmp(text, names[i]) || (i == 0 && !strcmp(text, "center"))) return *crop = (cdf_crop)i, CDF_OK;
  return text ? cdf_fail(err, CDF_USAGE, "--crop is '%.40s', but must be centre, random or none", text) : CDF_OK;
}

static cdf_status read_background(cli_taking *t, const cli_option *options, cdf_error *err) {
  const char *text = cli_value(options, "background");
  memset(t->background, 255, sizeof t->background);
  t->set.background = text ? t->background : NULL;
  t->set.checkered = text && !strcmp(text, "checker");
  return t->set.checkered ? CDF_OK : cli_colour(t->background, options, "background", err);
}

cdf_status cli_taking_read(cli_taking *t, const cli_option *options, cdf_error *err) {
  *t = (cli_taking){.set = {.channels = cli_value(options, "grey") ? 1 : 3}};
  cli_set_options *set = &t->set;
  set->views.flip = cli_value(options, "flip") != NULL;
  set->folder_only = cli_value(options, "crop") ? "crop" : set->views.flip ? "flip" : NULL;
  cdf_status status = cli_size(&set->width, &set->height, options, "size", 4, CDF_MAX_LATTICE, err);
  if (status == CDF_OK) status = read_crop(&set->views.crop, cli_value(options, "crop"), err);
  return status == CDF_OK ? read_background(t, options, err) : status;
}
