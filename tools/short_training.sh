#!/bin/sh
# A real training run on the real data, two minutes of CPU at most: the loss must fall, the pictures must differ from noise.
set -eu
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
build/release/coordiff train --data /usr/share/datasets/fashion-mnist --out "$out" --steps 200 --warmup 20 --hidden 64 --n_layers 2 \
  --cond_hidden 64 --lr 0.004 --log-every 20 --grid-every 0 --quiet
first=$(awk -F, 'NR == 2 { print $2 }' "$out/log.csv")
last=$(awk -F, 'END { print $2 }' "$out/log.csv")
echo "loss from $first to $last in 200 steps"
awk -v a="$first" -v b="$last" 'BEGIN { exit !(a > 0.6 && b < 0.4) }'
build/release/coordiff sample --model "$out/model.safetensors" --n 10 --quiet --out "$out/grid.png"
pngcheck -q "$out/grid.png"
