#include "train_config.h"

static const char *const objective_names[] = {"denoise", "consistency", "distillation", NULL};

#define TRAIN(type, field, min, max, help) TRAIN_SINCE(type, field, min, max, NULL, NULL, help)
/* Where `before` is given older runs do not say it, and meant that. */
#define TRAIN_SINCE(type, field, min, max, names, before, help) \
  { #field, CDF_FIELD_##type, offsetof(cdf_train_config, field), 1, min, max, names, help, before, NULL }

const cdf_field cdf_train_fields[] = {
    TRAIN(U64, seed, 0, 0, "seed of weights, batches and noise"),
    TRAIN(INT, steps, 1, 1e9, "optimisation steps"),
    TRAIN(INT, images, 1, 65536, "images a step"),
    TRAIN(INT, pixels, 1, 65536, "pixels of each image"),
    TRAIN(FLOAT, lr, 0, 1, "peak learning rate"),
    TRAIN(FLOAT, lr_min, 0, 1, "final learning rate"),
    TRAIN(INT, warmup, 0, 1e9, "steps of linear warm-up"),
    TRAIN(FLOAT, beta1, 0, 0.9999, "Adam: decay of the first moment"),
    TRAIN(FLOAT, beta2, 0, 0.99999, "Adam: decay of the second moment"),
    TRAIN(FLOAT, clip, 0, 1e9, "bound on the gradient norm"),
    TRAIN(FLOAT, ema, 0, 1, "half-life of the weight average, as a share of the steps so far"),
    TRAIN(FLOAT, p_mean, -10, 10, "mean of ln sigma"),
    TRAIN(FLOAT, p_std, 0, 10, "deviation of ln sigma"),
    TRAIN(FLOAT, label_dropout, 0, 1, "share of samples without their class"),
    TRAIN_SINCE(ENUM, objective, 0, 0, objective_names, "denoise",
                "consistency, distillation: few evaluations make a picture, after --from a model of many"),
    TRAIN_SINCE(FLOAT, guidance, 1, 20, NULL, "1",
                "weight of guidance baked into the answers, so that sampling needs one pass; 1: none"),
    TRAIN_SINCE(INT, student_steps, 1, 64, NULL, "4", "steps in which a student makes a picture"),
    TRAIN_SINCE(FLOAT, student_sigma_max, 0.1, 1000, NULL, "20", "noise level of a student's first step"),
    TRAIN_SINCE(FLOAT, student_sigma_min, 0.001, 100, NULL, "0.25", "noise level of a student's last step"),
    TRAIN_SINCE(FLOAT, student_rho, 1, 20, NULL, "7", "exponent by which a student's noise levels are spaced"),
    TRAIN_SINCE(INT, teacher_steps, 1, 64, NULL, "3", "distillation: evaluations of the teacher to one of the student"),
    TRAIN(INT, bf16, 0, 1, "1: bfloat16 products where the processor has them"),
    {0}};

void cdf_train_config_default(cdf_train_config *train) {
  *train = (cdf_train_config){.seed = 1,
                              .steps = 2000,
                              .images = 128,
                              .pixels = 128,
                              .lr = 2e-3f,
                              .lr_min = 1e-5f,
                              .warmup = 200,
                              .beta1 = 0.9f,
                              .beta2 = 0.99f,
                              .clip = 1.0f,
                              .ema = 0.05f,
                              .p_mean = -0.6f,
                              .p_std = 1.4f,
                              .label_dropout = 0.1f,
                              .guidance = 1.0f,
                              .student_steps = 4,
                              .student_sigma_max = 20.0f,
                              .student_sigma_min = 0.25f,
                              .student_rho = 7.0f,
                              .teacher_steps = 3,
                              .bf16 = 1};
}

cdf_status cdf_train_config_check(const cdf_train_config *train, cdf_error *err) {
  return cdf_fields_check(train, cdf_train_fields, CDF_USAGE, err);
}
