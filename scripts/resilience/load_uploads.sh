#!/usr/bin/env bash
# Fifty uploads at once, of fifty providers. UPLOADS: another number.
. "$(dirname "$0")/lib.sh"
find_stack
uploads=${UPLOADS:-50}
rows=300

does "Sube $uploads archivos de $rows filas al mismo tiempo" "Uploads $uploads files of $rows rows at the same time"
make_catalogue "$work/a.csv" "$rows"
sending=()
for ((number = 1; number <= uploads; number++)); do
    (
        answer=$work/answer-$number.json
        send "$work/a.csv" "$(provider "many$number")" false
        echo "$answer_code $answer_seconds ${task:--}" >"$work/told-$number"
    ) &
    sending+=("$!")
done
wait "${sending[@]}"
cat "$work"/told-* >"$work/told"
holds "las $uploads se aceptan (202)" "all $uploads are accepted (202)" \
    equal "$(grep -c '^202 ' "$work/told")" "$uploads"
slowest=$(cut -d' ' -f2 "$work/told" | sort -n | tail -1)
say "  · la respuesta más lenta tardó $slowest s" "  · the slowest answer took $slowest s"
holds "son $uploads tareas distintas" "they are $uploads different tasks" \
    equal "$(cut -d' ' -f3 "$work/told" | sort -u | wc -l)" "$uploads"
complete=0 right=0
while read -r _ _ task; do
    watch "$task"
    end_within 240 && [ "$status" = completed ] && [ "$went_back" -eq 0 ] && complete=$((complete + 1))
done <"$work/told"
holds "todas terminan bien" "all of them complete" equal "$complete" "$uploads"
for ((number = 1; number <= uploads; number++)); do
    [ "$(products_of "$(provider "many$number")")" = "$rows" ] && right=$((right + 1))
done
holds "cada proveedor tiene sus $rows productos" "each provider has its $rows products" equal "$right" "$uploads"
verdict
