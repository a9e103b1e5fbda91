/* info.c: `coordiff info`: everything that a checkpoint says of itself. */
#include <stdio.h>
#include <string.h>

#include "class_names.h"
#include "commands.h"
#include "files.h"
#include "json.h"
#include "provenance.h"
#include "terminal.h"

static const char usage[] =
    "Usage: coordiff info --model FILE [--json]\n"
    "\n"
    "Examples\n"
    "  coordiff info --model models/fashion.safetensors\n"
    "  coordiff info --model runs/fashion/model.safetensors --json\n";

static const cli_option option_table[] = {{"model", "FILE", "checkpoint", NULL},
                                          {"json", NULL, "one JSON object on standard output", NULL},
                                          {"help", NULL, "this text", NULL},
                                          {0}};

/* Names have a line each and a list in JSON, not one text of several lines. */
static bool is_listed(const cdf_metadata *note) { return strcmp(note->key, "classes") == 0; }

static void print_class_lines(const cdf_model *m) {
  const char *name;
  for (int k = 0, n; (name = cli_class_name(m, k, &n)); k++) {
    char text[256];
    snprintf(text, sizeof text, "%.*s", n, name);
    printf("class %d ", k);
    cli_print_plain(stdout, text);
    putchar('\n');
  }
}

static void print_class_list(const cdf_model *m) {
  const char *name;
  printf(", \"classes\": [");
  for (int k = 0, n; (name = cli_class_name(m, k, &n)); k++) {
    char text[256];
    snprintf(text, sizeof text, "%.*s", n, name);
    printf("%s", k ? ", " : "");
    cli_json_string(text);
  }
  putchar(']');
}

/* What is shown of a note: of a path its last part, because the rest is about the trainer's disk. */
static const char *shown(char name[256], const cdf_metadata *note) {
  size_t n = strlen(note->key);
  if (n < 4 || strcmp(note->key + n - 4, "data") != 0) return note->value;
  cli_base_name(name, 256, note->value);
  return name;
}

static void print_text(const cdf_model *m) {
  char value[256];
  printf("parameters %zu\nmacs_per_pixel %zu\nmacs_per_image %zu\n", m->net.tensors.n_params,
         cdf_network_pixel_macs(&m->net), cdf_network_image_macs(&m->net));
  for (const cdf_field *f = cdf_config_fields; f->key; f++) {
    cdf_field_print(value, sizeof value, &m->net.config, f);
    printf("%s %s\n", f->key, value);
  }
  if (m->render_params) {
    printf("renderer.parameters %zu\nrenderer.macs_per_point %zu\nrenderer.macs_per_cell %zu\n",
           m->render.tensors.n_params, cdf_render_net_point_macs(&m->render), cdf_render_net_cell_macs(&m->render));
    for (const cdf_field *f = cdf_render_fields; f->key; f++) {
      cdf_field_print(value, sizeof value, &m->render.config, f);
      printf("renderer.%s %s\n", f->key, value);
    }
  }
  print_class_lines(m);
  for (int i = 0; i < m->n_notes; i++) {
    if (is_listed(&m->notes[i])) continue;
    cli_print_plain(stdout, m->notes[i].key);
    putchar(' ');
    cli_print_plain(stdout, shown(value, &m->notes[i]));
    putchar('\n');
  }
  for (int i = 0; i < m->net.tensors.n; i++)
    printf("tensor %s %dx%d\n", m->net.tensors.list[i].name, m->net.tensors.list[i].rows, m->net.tensors.list[i].cols);
  for (int i = 0; m->render_params && i < m->render.tensors.n; i++)
    printf("tensor %s %dx%d\n", m->render.tensors.list[i].name, m->render.tensors.list[i].rows,
           m->render.tensors.list[i].cols);
}

static void print_json(const cdf_model *m) {
  char value[256];
  printf("{\"parameters\": %zu, \"macs_per_pixel\": %zu, \"macs_per_image\": %zu", m->net.tensors.n_params,
         cdf_network_pixel_macs(&m->net), cdf_network_image_macs(&m->net));
  for (const cdf_field *f = cdf_config_fields; f->key; f++) {
    cdf_field_print(value, sizeof value, &m->net.config, f);
    bool list = f->count > 1, text = f->type == CDF_FIELD_NAME || f->type == CDF_FIELD_ENUM;
    printf(", \"%s\": ", f->key);
    if (text)
      cli_json_string(value);
    else
      printf("%s%s%s", list ? "[" : "", value, list ? "]" : "");
  }
  printf(", \"renderer\": ");
  if (m->render_params) {
    printf("{\"parameters\": %zu, \"macs_per_point\": %zu, \"macs_per_cell\": %zu", m->render.tensors.n_params,
           cdf_render_net_point_macs(&m->render), cdf_render_net_cell_macs(&m->render));
    for (const cdf_field *f = cdf_render_fields; f->key; f++) {
      cdf_field_print(value, sizeof value, &m->render.config, f);
      printf(", \"%s\": %s", f->key, value);
    }
    printf("}");
  } else {
    printf("null");
  }
  print_class_list(m);
  printf(", \"notes\": {");
  for (int i = 0, n = 0; i < m->n_notes; i++) {
    if (is_listed(&m->notes[i])) continue;
    printf("%s", n++ ? ", " : "");
    cli_json_string(m->notes[i].key);
    printf(": ");
    cli_json_string(shown(value, &m->notes[i]));
  }
  printf("}, \"tensors\": {");
  for (int i = 0; i < m->net.tensors.n; i++)
    printf("%s\"%s\": [%d, %d]", i ? ", " : "", m->net.tensors.list[i].name, m->net.tensors.list[i].rows,
           m->net.tensors.list[i].cols);
  for (int i = 0; m->render_params && i < m->render.tensors.n; i++)
    printf(", \"%s\": [%d, %d]", m->render.tensors.list[i].name, m->render.tensors.list[i].rows,
           m->render.tensors.list[i].cols);
  printf("}}\n");
}

cdf_status command_info(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  cdf_status status = cli_parse(options, NULL, argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) return cli_help(usage, options, NULL), CDF_OK;
  cdf_model *model = NULL;
  if (status == CDF_OK) status = cli_load_model(&model, cli_value(options, "model"), err);
  if (status == CDF_OK) cli_value(options, "json") ? print_json(model) : print_text(model);
  cdf_model_free(model);
  return status;
}
