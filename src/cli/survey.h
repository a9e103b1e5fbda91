/* survey.h: what the pictures of a folder are like, by some of them. */
#ifndef CDF_CLI_SURVEY_H
#define CDF_CLI_SURVEY_H

#include "account.h"

typedef struct cli_survey {
  int n_pictures, n_seen; /* found by their content; looked at, spread evenly */
  int width, height;      /* the medians */
  int side;               /* the median of the shorter side */
  double aspect;          /* width / height that suits most: 1 when they lie and stand */
  bool is_grey, is_transparent;
} cli_survey;

/* Fails as cli_folder_find does. Pictures that cannot be read are not counted among those seen. */
cdf_status cli_survey_folder(cli_survey *survey, const char *path, cdf_error *err);

#endif
