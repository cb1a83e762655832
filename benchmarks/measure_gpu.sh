#!/usr/bin/env bash
# All tables of an NVIDIA GPU: `benchmarks/measure_gpu.sh h100 [BUDGET]`, from the repository.
# Each of the six targets goes on where an earlier call stopped.  Needs torch with CUDA and no
# network; batches are 1, 8 and 64.
set -euo pipefail
name=${1:?usage: benchmarks/measure_gpu.sh NAME [BUDGET]}
budget=${2:-9m}
for mode in graph eager; do
  for dtype in float16 tf32 float; do
    label=${dtype/float16/fp16}
    label=${label/float/fp32}
    python -m archlint measure --target "archlint/targets/$name-torch-$label-$mode" \
      --device cuda --dtype "$dtype" --mode "$mode" --budget "$budget"
  done
done
