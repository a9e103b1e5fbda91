/* main.c: `coordiff COMMAND ...`: picks the command, prints its error, returns its exit code. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "terminal.h"

static const struct {
  const char *name, *summary;
  cdf_status (*run)(int argc, char **argv, cdf_error *err);
} commands[] = {{"train", "train a checkpoint on your own pictures", command_train},
                {"train-renderer", "train the renderer that makes large canvases sharp", command_train_renderer},
                {"sample", "make pictures of any size from a checkpoint", command_sample},
                {"render", "draw a saved picture again, at another size or close up", command_render},
                {"info", "show what is in a checkpoint", command_info},
                {"data", "show what is in a set of pictures", command_data},
                {"eval", "measure a checkpoint against real pictures", command_eval},
                {"bench", "measure kernels and steps against the peak of this machine", command_bench}};

#define N_COMMANDS ((int)(sizeof commands / sizeof commands[0]))

static void help(FILE *out) {
  fprintf(out,
          "coordiff: image generation without a grid\n\n"
          "Examples\n"
          "  coordiff sample --model models/fashion.safetensors -o garments.png\n"
          "  coordiff train --data my-pictures --out runs/mine\n"
          "  coordiff COMMAND --help\n\nCommands\n");
  for (int i = 0; i < N_COMMANDS; i++) fprintf(out, "  %-15s %s\n", commands[i].name, commands[i].summary);
  fprintf(out, "\nExit codes: 0 ok, 1 failed, 2 usage, 3 bad input file, 4 out of memory, 129, 130 and 143 signals.\n");
}

int main(int argc, char **argv) {
  setvbuf(stderr, NULL, _IOLBF,
          4096);            /* a sentence in one piece: mpirun, or a neighbour, may write to the same place */
  signal(SIGPIPE, SIG_IGN); /* a closed pipe or a file-size limit is an error of the write, with a sentence */
  signal(SIGXFSZ, SIG_IGN);
  const char *word = argc > 1 ? argv[1] : "--help";
  char ask[] = "--help", *asked[] = {argv[0], argc > 2 ? argv[2] : NULL, ask, NULL};
  if (strcmp(word, "help") == 0 && argc > 2)
    word = argv[2], argv = asked, argc = 3; /* `help train` is `train --help` */
  if (strcmp(word, "--version") == 0) return printf("coordiff %s\n", CDF_VERSION) < 0 || fflush(stdout) != 0;
  if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
    help(argc > 1 ? stdout : stderr);
    return argc <= 1 ? CDF_USAGE : fflush(stdout) != 0 ? CDF_FAILED : CDF_OK;
  }
  for (int i = 0; i < N_COMMANDS; i++) {
    if (strcmp(word, commands[i].name) != 0) continue;
    cdf_error err = {0};
    cdf_status status = commands[i].run(argc - 2, argv + 2, &err);
    if (status != CDF_OK) {
      fprintf(stderr, "coordiff %s: ", word);
      cli_print_plain(stderr, err.text); /* it may quote a damaged file */
      fputc('\n', stderr);
    }
    if (cli_stop_signal() && (status == CDF_OK || status == CDF_FAILED)) return 128 + cli_stop_signal();
    if (status == CDF_OK && fflush(stdout) != 0) {
      fprintf(stderr, "coordiff %s: cannot write to standard output\n", word);
      return CDF_FAILED;
    }
    return status;
  }
  const char *names[N_COMMANDS + 1] = {0};
  for (int i = 0; i < N_COMMANDS; i++) names[i] = commands[i].name;
  const char *close = cli_suggest(word, names);
  fprintf(stderr, "coordiff: there is no command '%.40s'", word);
  if (close)
    fprintf(stderr, "; did you mean '%s'?\n", close);
  else
    fprintf(stderr, "; --help lists them\n");
  return CDF_USAGE;
}
