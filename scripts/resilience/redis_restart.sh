#!/usr/bin/env bash
# kill -9 Redis in the middle of an import, twice.
. "$(dirname "$0")/lib.sh"
find_stack

does "Sube $ROWS filas y mata Redis con kill -9 a mitad de la importación, dos veces" \
    "Uploads $ROWS rows and kills Redis with kill -9 in mid-import, twice"
make_catalogue "$work/a.csv" "$ROWS"
mine=$(provider redis)
worker=$(identity worker)
must_send "$work/a.csv" "$mine" false
watch "$task"
for _ in 1 2; do
    disturb_when_under_way "$processed"
    does "kill -9 con $processed de $total filas hechas" "kill -9 with $processed of $total rows done"
    looking end_part valkey KILL || give_up "Redis no volvió" "Redis did not come back"
done
holds "la importación no se detiene" "the import does not stop" end_within 240
imported_once "$mine" "$ROWS"
holds "cada consulta de estado obtuvo 200, de Redis o del libro mayor" \
    "every question for the status got 200, from Redis or from the ledger" answered_only 200
holds "el worker no se reinició" "the worker was not restarted" equal "$(identity worker)" "$worker"
verdict
