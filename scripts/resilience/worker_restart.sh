#!/usr/bin/env bash
# Stop the worker in the middle of an import, as a deployment does (SIGTERM), three times.
. "$(dirname "$0")/lib.sh"
find_stack

does "Sube $ROWS filas y, a mitad de la importación, detiene el worker con SIGTERM, tres veces" \
    "Uploads $ROWS rows and, in mid-import, stops the worker with SIGTERM, three times"
make_catalogue "$work/a.csv" "$ROWS"
mine=$(provider restart)
must_send "$work/a.csv" "$mine" false
watch "$task"
for _ in 1 2 3; do
    disturb_when_under_way "$processed"
    does "SIGTERM con $processed de $total filas hechas" "SIGTERM with $processed of $total rows done"
    holds "el worker vuelve" "the worker comes back" end_part worker TERM
done
holds "la importación sigue donde estaba y termina" "the import goes on where it was, and ends" end_within 240
imported_once "$mine" "$ROWS"
holds "cada consulta de estado obtuvo 200" "every question for the status got 200" answered_only 200
verdict
