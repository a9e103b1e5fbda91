# Fuzzing: a program for each C file here, of clang's libFuzzer under AddressSanitizer and UBSan, all of our code with it.
# What the page reads is fuzzed in Node (links.mjs).
# One writes what it finds new to build/fuzz/corpus/NAME, and a crash to build/fuzz/crash-*.

FUZZ_SECONDS ?= 10
FUZZ_BUILD := build/fuzz
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZ_FLAGS := -std=c11 -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -D_GNU_SOURCE -Isrc -Werror -Wno-pass-failed
FUZZ_CLI := args window edit files packs $(patsubst src/cli/%.c,%,$(wildcard src/cli/pictures/*.c))
FUZZ_O := $(patsubst src/%.c,$(FUZZ_BUILD)/%.o,$(ENGINE) $(KERNELS) $(FUZZ_CLI:%=src/cli/%.c))
# What each starts from: what tests write, and folders of files.
FUZZ_SEEDS_picture := tests/pictures
FUZZ_SEEDS_mask := tests/pictures
FUZZ_SEEDS_idx := tests/fuzz/seeds/idx
FUZZ_SEEDS_text := tests/fuzz/seeds/text

.PHONY: fuzz fuzz-build
fuzz-build: $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/fuzz_%) build/debug/tests/test_checkpoint build/debug/tests/test_pack build/debug/tests/test_png
	@mkdir -p $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/corpus/%)
	@for t in checkpoint png; do build/debug/tests/test_$$t --seeds $(FUZZ_BUILD)/corpus/checkpoint >/dev/null || exit 1; done
	@build/debug/tests/test_pack --seeds $(FUZZ_BUILD)/corpus/pack >/dev/null
	@cp models/*.conf $(FUZZ_BUILD)/corpus/text

fuzz: fuzz-build ## fuzz every reader of untrusted bytes, each for FUZZ_SECONDS
	@tools/run_fuzz.sh $(FUZZ_SECONDS) $(foreach t,$(FUZZ_TARGETS),$(t):$(FUZZ_SEEDS_$(t))) links:

build/debug/tests/%: FORCE
	@$(MAKE) --no-print-directory -s CONFIG=debug $@

# No input reaches these, and with the sanitizers they take clang longer than all else.
$(FUZZ_BUILD)/kernels/avx%.o: FUZZ_FLAGS := -std=c11 -O0 -Wno-pass-failed $(AVX512) -mavx512bf16
$(FUZZ_BUILD)/kernels/amx.o: FUZZ_FLAGS := -std=c11 -O0 -Wno-pass-failed $(AVX512) -mavx512bf16 -mamx-tile -mamx-bf16
$(FUZZ_BUILD)/%.o: src/%.c
	@mkdir -p $(@D)
	clang $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

$(FUZZ_BUILD)/libfuzzed.a: $(FUZZ_O)
	@rm -f $@
	ar rcs $@ $^

$(FUZZ_BUILD)/fuzz_%: tests/fuzz/%.c $(FUZZ_BUILD)/libfuzzed.a
	clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(PICTURE_LIBS) -lz -lm

-include $(FUZZ_O:.o=.d)
