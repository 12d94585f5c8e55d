#!/usr/bin/env bash
# Run every resilience script against the running stack, one after the other, and print a table of what held.
#
#     VISIBILITY_TIMEOUT_SECONDS=5 ./carga up --detach     # with the usual 60 s the deaths take a minute each
#     scripts/resilience/all.sh [NAME…]                    # all, or those named: worker_restart redis_flush
#
# Exit code 0 when all held, 1 when one did not, 3 when no stack runs.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
every=(load_products load_uploads worker_restart worker_kill_loop worker_frozen redis_restart redis_flush
    postgres_restart queue_disorder api_stopped localstack_restart)
names=("${@:-${every[@]}}")

table=() worst=0
for name in "${names[@]}"; do
    printf '\n── %s\n' "$name"
    began=$SECONDS
    "$here/$name.sh"
    code=$?
    [ "$code" -eq 130 ] && exit 130
    [ "$code" -eq 3 ] && exit 3
    result=✓
    if [ "$code" -ne 0 ]; then
        result=✗ worst=1
    fi
    table+=("$(printf '%s  %-20s %4d s' "$result" "$name" $((SECONDS - began)))")
done
printf '\n'
printf '%s\n' "${table[@]}"
exit "$worst"
