#!/usr/bin/env bash
# Restart PostgreSQL in the middle of an import, and kill it.
. "$(dirname "$0")/lib.sh"
find_stack

does "Sube $ROWS filas y, a mitad de la importación, reinicia PostgreSQL (SIGINT) y luego lo mata (kill -9)" \
    "Uploads $ROWS rows and, in mid-import, restarts PostgreSQL (SIGINT) and then kills it (kill -9)"
make_catalogue "$work/a.csv" "$ROWS"
make_catalogue "$work/b.csv" 300
mine=$(provider postgres)
worker=$(identity worker)
must_send "$work/a.csv" "$mine" false
watch "$task"
for signal in INT KILL; do
    disturb_when_under_way "$processed"
    does "SIG$signal con $processed de $total filas hechas" "SIG$signal with $processed of $total rows done"
    (
        answer=$work/meanwhile.json
        sleep 0.1 # it has begun to end by then
        send "$work/b.csv" "$(provider "meanwhile-$signal")" false
        echo "$answer_code $answer_seconds ${task:--}" >"$work/meanwhile"
    ) &
    sending=$!
    looking end_part postgres "$signal" || give_up "PostgreSQL no volvió" "PostgreSQL did not come back"
    wait "$sending"
    read -r code seconds other <"$work/meanwhile"
    holds "mientras tanto se acepta otra carga (202), en $seconds s" \
        "meanwhile another upload is accepted (202), in $seconds s" equal "$code" 202
done
holds "la importación sigue desde su última fila escrita y termina" \
    "the import goes on from the last row that was written, and ends" end_within 300
imported_once "$mine" "$ROWS"
holds "cada consulta de estado obtuvo 200 o 503, nunca 404 ni 500" \
    "every question for the status got 200 or 503, never 404 or 500" answered_only 200 503
holds "el worker no se reinició" "the worker was not restarted" equal "$(identity worker)" "$worker"
watch "$other"
holds "la otra carga también termina" "the other upload ends as well" end_within 120
holds "con sus 300 productos" "with its 300 products" has_products "$(provider meanwhile-KILL)" 300
verdict
