#!/usr/bin/env bash
# Make Redis forget everything (FLUSHALL): before, during and after an import.
. "$(dirname "$0")/lib.sh"
find_stack

does "Sube $ROWS filas y vacía Redis (FLUSHALL) cada vez que la importación avanza" \
    "Uploads $ROWS rows and empties Redis (FLUSHALL) each time that the import gets on"
make_catalogue "$work/a.csv" "$ROWS"
mine=$(provider flush)
must_send "$work/a.csv" "$mine" false
redis_command FLUSHALL >/dev/null
watch "$task"
look
holds "recién aceptada y olvidada por Redis, la tarea se conoce igual" \
    "just accepted and forgotten by Redis, the task is known all the same" answered_only 200
for flush in 1 2 3; do
    wait_for 60 is_under_way "$processed" || break
    holds "FLUSHALL con $processed filas hechas ($flush)" "FLUSHALL with $processed rows done ($flush)" \
        equal "$(redis_command FLUSHALL | head -1)" "$([ "$stack" = embedded ] && echo +OK || echo OK)"
done
holds "la importación termina" "the import ends" end_within 240
imported_once "$mine" "$ROWS"
cp "$work/status.json" "$work/before.json"
redis_command FLUSHALL >/dev/null
look
holds "vaciado otra vez, el estado que da el libro mayor es el mismo" \
    "emptied once more, the status told by the ledger is the same" cmp -s "$work/before.json" "$work/status.json"
holds "cada consulta de estado obtuvo 200" "every question for the status got 200" answered_only 200
verdict
