#!/usr/bin/env bash
# End the API in the middle of an upload: kill -9, then SIGTERM. The client repeats it with the same key.
. "$(dirname "$0")/lib.sh"
find_stack

make_catalogue "$work/a.csv" "$ROWS"
size=$(wc -c <"$work/a.csv")
for signal in KILL TERM; do
    mine=$(provider "api-$signal")
    does "Sube $((size / 1024 / 1024)) MiB despacio y termina la API a mitad de camino (SIG$signal)" \
        "Uploads $((size / 1024 / 1024)) MiB slowly and ends the API half-way (SIG$signal)"
    (
        send "$work/a.csv" "$mine" false "key-$run-$signal" --limit-rate $((size / 6))
        echo "$answer_code ${task:--}" >"$work/first"
    ) &
    uploading=$!
    sleep 3
    holds "la API vuelve" "the API comes back" end_part catalog_service "$signal"
    wait "$uploading"
    read -r code first <"$work/first"
    say "  · la carga obtuvo $code (000: sin respuesta)" "  · the upload got $code (000: no answer)"
    holds "no obtuvo 500" "it did not get 500" [ "$code" != 500 ]
    holds "repetida con la misma Idempotency-Key se acepta" "repeated with the same Idempotency-Key it is accepted" \
        wait_for 90 send "$work/a.csv" "$mine" false "key-$run-$signal"
    holds "y una vez más también" "and once more" send "$work/a.csv" "$mine" false "key-$run-$signal"
    [ "$code" = 202 ] && holds "es la misma tarea" "it is the same task" equal "$task" "$first"
    watch "$task"
    holds "la importación termina" "the import ends" end_within 240
    imported_once "$mine" "$ROWS"
done
verdict
