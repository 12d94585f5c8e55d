#!/usr/bin/env bash
# kill -9 the worker again and again while it imports. KILLS: how often.
. "$(dirname "$0")/lib.sh"
find_stack
kills=${KILLS:-5}
wait=$(lease)

does "Sube $ROWS filas y mata el worker con kill -9 $kills veces, cada vez que ha avanzado" \
    "Uploads $ROWS rows and kills the worker with kill -9 $kills times, each time that it has got on"
make_catalogue "$work/a.csv" "$ROWS"
mine=$(provider kill)
must_send "$work/a.csv" "$mine" false
watch "$task"
for ((kill = 1; kill <= kills; kill++)); do
    wait_for $((wait + 120)) is_under_way "$processed" || break
    does "kill -9 con $processed de $total filas hechas" "kill -9 with $processed of $total rows done"
    end_part worker KILL || give_up "El worker no volvió" "The worker did not come back"
done
holds "avanzó después de cada una de las $kills muertes" "it got on after each of the $kills deaths" \
    [ "$kill" -gt "$kills" ]
holds "la importación termina, cuando el mensaje reaparece ($wait s)" \
    "the import ends, once the message is back ($wait s)" end_within $((wait + 240))
imported_once "$mine" "$ROWS"
holds "cada consulta de estado obtuvo 200" "every question for the status got 200" answered_only 200
verdict
