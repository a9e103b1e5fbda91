/* commands.h: the subcommands. Each takes the words after its name and returns the exit code's status. */
#ifndef CDF_COMMANDS_H
#define CDF_COMMANDS_H

#include "args.h"

cdf_status command_train(int argc, char **argv, cdf_error *err);
cdf_status command_train_renderer(int argc, char **argv, cdf_error *err);
cdf_status command_sample(int argc, char **argv, cdf_error *err);
cdf_status command_render(int argc, char **argv, cdf_error *err);
cdf_status command_info(int argc, char **argv, cdf_error *err);
cdf_status command_data(int argc, char **argv, cdf_error *err);
cdf_status command_eval(int argc, char **argv, cdf_error *err);
cdf_status command_bench(int argc, char **argv, cdf_error *err);

/* The model in a file. CDF_USAGE without a path; the reader's sentence, with the file's name, when it is refused. */
cdf_status cli_load_model(cdf_model **model, const char *path, cdf_error *err);

#endif
