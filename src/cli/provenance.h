/* provenance.h: how a picture was made, as the text in its PNG: "coordiff 0.1.0; model faces.safetensors; seed 7; ...".
 * The page reads and writes the same words (web/page/settings/parameters.js).
 */
#ifndef CDF_CLI_PROVENANCE_H
#define CDF_CLI_PROVENANCE_H

#include "window.h"

#define CLI_PROVENANCE_BYTES 32768 /* a grid of CDF_MAX_CLASSES classes, each with its seeds, and some to spare */

/* What the pictures of one command have in common. */
typedef struct cli_scene {
  const char *model_path; /* of which the text has the base name alone */
  const cdf_config *config;
  const cli_window *window;
  int width, height; /* pixels of each picture */
} cli_scene;

/* One picture. */
void cli_say_picture(char text[CLI_PROVENANCE_BYTES], const cli_scene *scene, const cdf_sample_options *options);

/* n pictures in rows of `columns`: which classes and seeds, in their order. failed[i]: it could not be made. */
void cli_say_grid(char text[CLI_PROVENANCE_BYTES], const cli_scene *scene, const cdf_sample_options *options, int n,
                  int columns, const bool *failed);

/* A saved lattice drawn again: what was said of it, but for the size and the window, which are these now. */
void cli_say_render(char text[CLI_PROVENANCE_BYTES], const char *saved, const cli_scene *scene);

/* The last part of a path, without slashes at its end. */
void cli_base_name(char *name, size_t n, const char *path);

/* CDF_USAGE when the name of a file promises another kind than is written, as in x.jpg of a PNG. A name without a dot
 * and - promise nothing. */
cdf_status cli_check_name(const char *option, const char *path, const char *extension, cdf_error *err);

#endif
