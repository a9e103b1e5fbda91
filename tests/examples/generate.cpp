// generate.cpp: the same page in C++: a checkpoint in, a picture of any size out.
//
//   c++ -std=c++17 generate.cpp $(pkg-config --cflags --libs coordiff) -o generate
//   ./generate model.safetensors picture.png
#include <coordiff/coordiff.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <vector>

static std::vector<char> read_file(const char *path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

static void generate(const char *checkpoint, const char *picture) {
  const int width = 640, height = 480;
  cdf_error err = {};
  auto ok = [&err](cdf_status status) {
    if (status != CDF_OK) throw std::runtime_error(err.text);
  };

  const std::vector<char> bytes = read_file(checkpoint);
  cdf_model *loaded = nullptr;
  ok(cdf_model_load(&loaded, bytes.data(), bytes.size(), &err));
  std::unique_ptr<cdf_model, decltype(&cdf_model_free)> model(loaded, cdf_model_free);

  cdf_process *created = nullptr;
  ok(cdf_process_create(&created, model.get(), nullptr, 1, cdf_kernels_best(), &err));
  std::unique_ptr<cdf_process, decltype(&cdf_process_free)> process(created, cdf_process_free);
  cdf_picture *painter = nullptr;
  ok(cdf_picture_create(&painter, model.get(), nullptr, 1, cdf_kernels_best(), &err));
  std::unique_ptr<cdf_picture, decltype(&cdf_picture_free)> painting(painter, cdf_picture_free);

  cdf_sample_options options = {};
  options.seed = 7;
  options.label = 0;  // the class
  options.steps = 20;
  ok(cdf_process_start(process.get(), &options, &err));
  while (!cdf_process_done(process.get())) ok(cdf_process_step(process.get(), nullptr, &err));

  std::vector<unsigned char> pixels(cdf_canvas_bytes(model.get(), width, height));
  cdf_picture_load(painting.get(), cdf_process_clean(process.get()));
  cdf_picture_draw(painting.get(), pixels.data(), width, height, nullptr, nullptr);

  unsigned char *png = nullptr;
  size_t n_png = 0;
  ok(cdf_png_encode(&png, &n_png, pixels.data(), width, height, model->net.config.channels, "seed 7", &err));
  std::unique_ptr<unsigned char, decltype(&std::free)> owned(png, std::free);
  if (!std::ofstream(picture, std::ios::binary).write(reinterpret_cast<const char *>(png), static_cast<long>(n_png)))
    throw std::runtime_error("the picture cannot be written");
}

int main(int argc, char **argv) {
  try {
    if (argc != 3) throw std::runtime_error("usage: generate MODEL PICTURE.png");
    generate(argv[1], argv[2]);
  } catch (const std::exception &e) {
    std::cerr << "generate: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
