#include "account.h"

#include <string.h>

#include "../base/json_text.h"
#include "json.h"
#include "terminal.h"

/* The end of a text that is too long for where it goes. */
static const char *end_of(const char *text, size_t room) {
  size_t n = strlen(text);
  if (n < room) return text;
  text += n - (room - 1);
  while ((*text & 0xc0) == 0x80) text++; /* not in the middle of a UTF-8 character */
  return text;
}

void cli_leave_out(cli_left_out *list, const char *file, const char *why) {
  if (list->n++ >= CLI_NAMED) return;
  snprintf(list->first[list->n - 1].file, sizeof list->first->file, "%s", end_of(file, sizeof list->first->file));
  snprintf(list->first[list->n - 1].why, sizeof list->first->why, "%s", why);
  cdf_utf8_clean(list->first[list->n - 1].file);
  cdf_utf8_clean(list->first[list->n - 1].why);
}

static void print_list(FILE *out, const char *what, const cli_left_out *list) {
  for (int i = 0; i < cdf_min(list->n, CLI_NAMED); i++) {
    fprintf(out, "%s ", what);
    cli_print_plain(out, list->first[i].file);
    fprintf(out, ": ");
    cli_print_plain(out, list->first[i].why);
    fputc('\n', out);
  }
  if (list->n > CLI_NAMED) fprintf(out, "%s (%d more)\n", what, list->n - CLI_NAMED);
}

void cli_account_print(FILE *out, const cli_account *account) {
  print_list(out, "damaged_file", &account->damaged);
  print_list(out, "skipped_file", &account->skipped);
  print_list(out, "empty_folder", &account->empty);
}

void cli_account_tell(const char *command, const cli_account *account) {
  if (account->damaged.n + account->skipped.n + account->empty.n == 0) return;
  fprintf(stderr, "coordiff %s: %d pictures; %d damaged and %d other files were left out", command, account->n_read,
          account->damaged.n, account->skipped.n);
  if (account->empty.n > 0) fprintf(stderr, "; %d folders without a picture are no classes", account->empty.n);
  fputc('\n', stderr);
  cli_account_print(stderr, account);
}

void cli_left_out_json(const cli_left_out *list) {
  putchar('[');
  for (int i = 0; i < cdf_min(list->n, CLI_NAMED); i++) {
    printf("%s{\"file\": ", i ? ", " : "");
    cli_json_string(list->first[i].file);
    printf(", \"why\": ");
    cli_json_string(list->first[i].why);
    putchar('}');
  }
  putchar(']');
}
