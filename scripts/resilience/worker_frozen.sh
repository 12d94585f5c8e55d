#!/usr/bin/env bash
# Freeze a worker (SIGSTOP) in mid-import for longer than its lease, let another take over, and wake it again.
. "$(dirname "$0")/lib.sh"
find_stack
wait=$(lease)

does "Sube $ROWS filas y congela el worker (SIGSTOP) a mitad de la importación" \
    "Uploads $ROWS rows and freezes the worker (SIGSTOP) in mid-import"
make_catalogue "$work/a.csv" "$ROWS"
mine=$(provider frozen)
must_send "$work/a.csv" "$mine" false
watch "$task"
disturb_when_under_way 0
frozen=$(identity worker)
freeze worker
look
done_by_first=$processed
does "Congelado con $done_by_first de $total filas hechas; inicia otro worker" \
    "Frozen with $done_by_first of $total rows done; starts another worker"
holds "el segundo worker arranca" "the second worker starts" another_worker
holds "el segundo la toma cuando vence el plazo del primero ($wait s) y la termina, aunque aquel siga congelado" \
    "the second takes it over when the first one's lease is over ($wait s) and ends it, frozen though that one is" \
    end_within $((wait * 2 + 240))
cp "$work/status.json" "$work/before.json"
imported_once "$mine" "$ROWS"

does "Despierta al primero (SIGCONT), que creía tener la tarea" \
    "Wakes the first one (SIGCONT), which believed that it had the task"
thaw worker
make_catalogue "$work/b.csv" 300
for number in 1 2 3 4; do
    must_send "$work/b.csv" "$(provider "after$number")" false
    watch "$task"
    holds "entre los dos hacen otra carga ($number)" "the two of them do another upload ($number)" end_within $((wait + 60))
done
holds "el primero sigue vivo" "the first one is still alive" equal "$(identity worker)" "$frozen"
curl -sS -o "$work/after.json" "$(status_url "$(pick "$work/before.json" task_id)")"
holds "al despertar no escribió nada: el estado es idéntico" "on waking it wrote nothing: the status is identical" \
    cmp -s "$work/before.json" "$work/after.json"
holds "y los productos son los mismos" "and so are the products" has_products "$mine" "$ROWS"
verdict
