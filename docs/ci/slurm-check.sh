#!/usr/bin/env bash
# One check on a Slurm cluster, with one rank per task:
#   sbatch --ntasks=8 slurm-check.sh
# All tasks share the folder `search`, which has the states of all levels. After a kill or a time limit, the same
# command goes on from the last commit, with the same or another number of tasks. The report is in the log of the job.
#SBATCH --job-name=latchwork-check
#SBATCH --ntasks=4
#SBATCH --cpus-per-task=2
#SBATCH --output=check-%j.log
set -u
# A rank accepts only ranks that know this secret. srun exports it to all tasks.
LATCHWORK_SECRET=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export LATCHWORK_SECRET
# A violation exits with 1, an exhausted budget with 3.
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" \
  latchwork check scenarios/async_grant/large/three_requests.json --ranks slurm --threads "$SLURM_CPUS_PER_TASK" --memory 4G --checkpoint search --json=facts.json
