#!/bin/sh
# The measurements behind README's results, on the shipped checkpoints. An hour on two free cores; results go to standard output.
#   tools/evaluate.sh [samples of fashion, default 10000] [of seed, default 1000: its chain is ten times as long] [of faces, default 1000]
# The part about faces needs build/data/faces-train.safetensors and faces-test.safetensors (head of tools/make_faces.mjs).
set -eu
cd "$(dirname "$0")/.."
coordiff=build/release/coordiff
data=/usr/share/datasets/fashion-mnist
eval="$coordiff eval --data $data --classifier models/fashion-classifier.safetensors"
echo "== fashion: ${1:-10000} samples, as it begins: 20 steps of sde, no guidance"
$eval --model models/fashion.safetensors --samples "${1:-10000}"
echo "== seed: ${2:-1000} samples, its own 200 steps"
$eval --model models/seed.safetensors --samples "${2:-1000}"
echo "== fashion at the same number of samples as seed"
$eval --model models/fashion.safetensors --samples "${2:-1000}"
echo "== denoising error beside the optimal linear denoiser"
$coordiff eval --model models/fashion.safetensors --data $data --denoise

faces="--model models/faces.safetensors --data build/data/faces"
if [ -f build/data/faces-train.safetensors ] && [ -f build/data/faces-test.safetensors ]; then
  echo "== faces: the renderer against the truth of 500 held-out pictures, and its own consistency"
  $coordiff eval --renderer $faces-test.safetensors --samples 64 --guidance 1.5
  echo "== faces: denoising, all cells and those with detail"
  $coordiff eval $faces-test.safetensors --denoise --images 300 --sigmas 0.3,0.7,1.5,10
  echo "== faces: ${3:-1000} samples at the lattice's size and four times larger"
  $coordiff eval $faces-train.safetensors --test build/data/faces-test.safetensors \
    --classifier models/faces-classifier.safetensors --samples "${3:-1000}" --guidance 1.5 \
    --sheet build/data/faces-sheet.png --nearest build/data/faces-nearest.png
  echo "== faces: where on the way from noise the distance arises"
  $coordiff eval $faces-test.safetensors --classifier models/faces-classifier.safetensors --from-sigma --guidance 1.5
fi
textures="build/data/textures-train.safetensors --test build/data/textures-test.safetensors"
if [ -f build/data/textures-train.safetensors ] && [ -f build/data/textures-test.safetensors ]; then
  echo "== texture: the judge, 600 tiles, the renderer, denoising"
  $coordiff eval --train-classifier --data $textures --epochs 20 --out build/data/textures-classifier.safetensors
  texture="--model models/texture.safetensors --data"
  $coordiff eval $texture $textures --classifier build/data/textures-classifier.safetensors --samples 600 --steps 10
  $coordiff eval $texture build/data/textures-test.safetensors --renderer --images 150 --samples 30 --steps 10
fi
echo "== texture: seams and repeats of the world without end"
$coordiff eval --model models/texture.safetensors --endless --steps 10
panoramas="build/data/panoramas-train.safetensors --test build/data/panoramas-test.safetensors"
if [ -f build/data/panoramas-train.safetensors ] && [ -f build/data/panoramas-test.safetensors ]; then
  echo "== panorama: the judge, 150 cylinders, the renderer, denoising"
  $coordiff eval --train-classifier --data $panoramas --epochs 6 --out build/data/panoramas-classifier.safetensors
  panorama="--model models/panorama.safetensors --data"
  $coordiff eval $panorama $panoramas --classifier build/data/panoramas-classifier.safetensors --samples 150
  $coordiff eval $panorama build/data/panoramas-test.safetensors --renderer --images 30 --samples 6
fi
echo "== panorama: seams and repeats of the world without end"
$coordiff eval --model models/panorama.safetensors --endless
echo "== time of a picture by its size, one core"
$coordiff bench --model models/faces.safetensors --canvas
