#!/usr/bin/env bash
# A campaign on a Slurm cluster, one shard per task, no server:
#   sbatch --array=0-7 slurm.sh
# A task that failed can be repeated alone; a run depends only on its number. When all are done:
#   latchwork merge shard-*.json > campaign.json
#SBATCH --job-name=latchwork
#SBATCH --cpus-per-task=1
#SBATCH --output=shard-%a.log
set -u
# A violation exits with 1; the facts are written to the file anyway.
latchwork simulate downconvert --strategy mixed --runs 0..1000000 --shard slurm --threads 1 --out cases-"$SLURM_ARRAY_TASK_ID" --json > shard-"$SLURM_ARRAY_TASK_ID".json
