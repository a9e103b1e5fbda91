/* class_names.h: what a model calls its classes. */
#ifndef CDF_CLI_CLASS_NAMES_H
#define CDF_CLI_CLASS_NAMES_H

#include "args.h"

/* The name of class k: the address of its first letter and, in *length, how many there are. NULL when it has none. */
const char *cli_class_name(const cdf_model *model, int k, int *length);

/* The number of the class of this name, -1 for none: exactly so, or else but for case, spaces, '-' and '_', as a
 * picture set may say openPeeps where the model says Open peeps. */
int cli_class_named(const cdf_model *model, const char *name);

/* The class that --class names, by its number from 0 or by its name; unchanged when not given. CDF_USAGE when there is
 * no such class, with the names that there are. */
cdf_status cli_class(int *label, const cli_option *options, const cdf_model *model, cdf_error *err);

#endif
