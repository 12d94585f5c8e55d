#!/usr/bin/env bash
# Import the sample of 300 rows with its known faults, as .xlsx and .csv, and a larger file.
. "$(dirname "$0")/lib.sh"
find_stack

expected="$root/data/productos_300_con_errores.esperado.json"
for format in xlsx csv; do
    mine=$(provider "load-$format")
    does "Sube data/productos_300_con_errores.$format" "Uploads data/productos_300_con_errores.$format"
    must_send "$root/data/productos_300_con_errores.$format" "$mine" false
    say "  · aceptada en $answer_seconds s" "  · accepted in $answer_seconds s"
    watch "$task"
    holds "la importación termina" "the import ends" end_within 120
    for key in total exitosos rechazados duplicados productos_creados; do
        holds "$key es lo esperado" "$key is as expected" \
            equal "$(pick "$work/status.json" "result.resumen.$key")" \
            "$(pick "$expected" "reemplazar_duplicados=false.resumen.$key")"
    done
    holds "hay tantos productos como se crearon" "there are as many products as were created" \
        has_products "$mine" "$(pick "$work/status.json" result.resumen.productos_creados)"
done

mine=$(provider load-large)
does "Sube $ROWS filas" "Uploads $ROWS rows"
make_catalogue "$work/a.csv" "$ROWS"
must_send "$work/a.csv" "$mine" false
say "  · aceptada en $answer_seconds s" "  · accepted in $answer_seconds s"
watch "$task"
holds "la importación termina" "the import ends" end_within 240
imported_once "$mine" "$ROWS"
holds "cada consulta de estado obtuvo 200" "every question for the status got 200" answered_only 200
verdict
