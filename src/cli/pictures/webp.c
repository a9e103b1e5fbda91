#include <webp/decode.h>
#include <webp/demux.h>

#include "formats.h"

#define LOSSLESS 2 /* of WebPBitstreamFeatures.format */

static const char *reason(VP8StatusCode code) {
  return code == VP8_STATUS_NOT_ENOUGH_DATA || code == VP8_STATUS_SUSPENDED ? "cut short"
         : code == VP8_STATUS_UNSUPPORTED_FEATURE                           ? "it uses what libwebp does not know"
                                                                            : "its data make no sense";
}

/* The parts around the pixels; a file that ends within one of them is cut short. */
static cdf_status read_orientation(cli_decoding *d, cdf_error *err) {
  WebPData file = {d->bytes, d->n_bytes};
  WebPDemuxer *parts = WebPDemux(&file);
  WebPChunkIterator exif;
  if (!parts) return cli_fail_damaged(d, "cut short", err);
  if (WebPDemuxGetChunk(parts, "EXIF", 1, &exif)) {
    d->orientation = cli_exif_orientation(exif.chunk.bytes, exif.chunk.size);
    WebPDemuxReleaseChunkIterator(&exif);
  }
  WebPDemuxDelete(parts);
  return CDF_OK;
}

cdf_status cli_decode_webp(cli_decoding *d, cdf_error *err) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return cdf_fail(err, CDF_FAILED, "this libwebp is of another version");
  VP8StatusCode code = WebPGetFeatures(d->bytes, d->n_bytes, &config.input);
  if (code != VP8_STATUS_OK) return cli_fail_damaged(d, reason(code), err);
  int width = config.input.width, height = config.input.height, channels = config.input.has_alpha ? 4 : 3;
  if (config.input.has_animation)
    return cdf_fail(err, CDF_BAD_INPUT, "an animated WebP, and no single picture; save one frame of it");
  uint64_t n = (uint64_t)width * (uint64_t)height, beside = config.input.format == LOSSLESS ? 4 * n : n;
  cdf_status status = cli_decoding_start(d, width, height, channels, beside, err);
  if (status != CDF_OK) return status;
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = (WebPRGBABuffer){d->picture.pixels, width * channels, (size_t)n * (size_t)channels};
  code = WebPDecode(d->bytes, d->n_bytes, &config);
  WebPFreeDecBuffer(&config.output);
  if (code == VP8_STATUS_OUT_OF_MEMORY) return cdf_fail_memory(err, n * 4);
  return code == VP8_STATUS_OK ? read_orientation(d, err) : cli_fail_damaged(d, reason(code), err);
}
