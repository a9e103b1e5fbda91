#!/bin/sh
# The measurements behind README's results, on the shipped checkpoints. Half an hour on two free cores; results go to standard output.
#   tools/evaluate.sh [samples of fashion, default 10000] [samples of seed, default 1000: its chain is ten times as long]
set -eu
cd "$(dirname "$0")/.."
data=/usr/share/datasets/fashion-mnist
eval="build/release/coordiff eval --data $data --classifier models/fashion-classifier.safetensors"
echo "== fashion: ${1:-10000} samples, 20 steps, guidance 1.5"
$eval --model models/fashion.safetensors --samples "${1:-10000}" --guidance 1.5
echo "== seed: ${2:-1000} samples, its own 200 steps"
$eval --model models/seed.safetensors --samples "${2:-1000}"
echo "== fashion at the same number of samples as seed"
$eval --model models/fashion.safetensors --samples "${2:-1000}" --guidance 1.5
echo "== denoising error beside the optimal linear denoiser"
build/release/coordiff eval --model models/fashion.safetensors --data $data --denoise
