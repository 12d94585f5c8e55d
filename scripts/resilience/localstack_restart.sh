#!/usr/bin/env bash
# Kill LocalStack, which stands in for S3 and SQS.
#
# What this shows of the services is as true with AWS as here. What LocalStack loses is not: it keeps its files and
# messages in memory, so its end is as if S3 had lost a bucket and SQS a queue, against which nobody can do anything
# but upload again. The script shows that too: the task says so, or is carried out when the same upload is repeated.
. "$(dirname "$0")/lib.sh"
find_stack
wait=$(lease)
services() { echo "$(identity catalog_service) $(identity worker) $(identity bff)"; }
before=$(services)

does "Sube $ROWS filas y mata LocalStack (S3 y SQS) a mitad de la importación" \
    "Uploads $ROWS rows and kills LocalStack (S3 and SQS) in mid-import"
make_catalogue "$work/a.csv" "$ROWS"
make_catalogue "$work/b.csv" 300
mine=$(provider localstack)
must_send "$work/a.csv" "$mine" false
watch "$task"
disturb_when_under_way 0
(end_part localstack KILL) &
ending=$!
sleep 0.5
send "$work/b.csv" "$(provider refused)" false "" -m 15
holds "sin S3 la carga se rechaza con 503 (o se acepta, si ya volvió), nunca con 500" \
    "without S3 an upload is refused with 503 (or accepted, when it is back), never with 500" \
    grep -qxE '202|503' <<<"$answer_code"
holds "en menos de 10 s ($answer_seconds)" "within 10 s ($answer_seconds)" [ "${answer_seconds%.*}" -lt 10 ]
holds "la importación en curso termina: su archivo ya estaba en el worker" \
    "the import under way ends: the worker had its file already" end_within 240
imported_once "$mine" "$ROWS"
wait "$ending" || give_up "LocalStack no volvió" "LocalStack did not come back"
holds "cuando vuelve, se acepta una carga sin reiniciar nada" \
    "when it is back an upload is accepted without restarting anything" \
    wait_for 60 send "$work/b.csv" "$(provider back)" false
watch "$task"
holds "y se importa" "and imported" end_within $((wait + 120))
holds "con sus 300 productos" "with its 300 products" has_products "$(provider back)" 300

does "Lo que la emulación pierde: acepta una carga que nadie ha tomado (worker congelado) y mata LocalStack" \
    "What the emulation loses: accepts an upload that nobody has taken (worker frozen), and kills LocalStack"
freeze worker
must_send "$work/b.csv" "$(provider lost)" false "key-$run"
lost=$task
end_part localstack KILL || give_up "LocalStack no volvió" "LocalStack did not come back"
thaw worker
watch "$lost"
look
say "  · LocalStack perdió archivo y mensaje (S3 y SQS no lo harían): la tarea queda «$status»" \
    "  · LocalStack lost file and message (S3 and SQS would not): the task stays '$status'"
holds "repetida con la misma Idempotency-Key se acepta" "repeated with the same Idempotency-Key it is accepted" \
    wait_for 60 send "$work/b.csv" "$(provider lost)" false "key-$run"
holds "es la misma tarea" "it is the same task" equal "$task" "$lost"
holds "y termina" "and it ends" end_within $((wait + 120))
if [ "$status" = failed ]; then
    say "  · el worker ya tenía el mensaje y no encontró el archivo" \
        "  · the worker had the message already, and did not find the file"
    holds "con el motivo: upload_missing" "with the reason: upload_missing" \
        equal "$(pick "$work/status.json" error_code)" upload_missing
    must_send "$work/b.csv" "$(provider lost)" false
    watch "$task"
    holds "subido otra vez, se importa" "uploaded again, it is imported" end_within $((wait + 120))
fi
holds "con sus 300 productos" "with its 300 products" has_products "$(provider lost)" 300
holds "ningún servicio se reinició" "no service was restarted" equal "$(services)" "$before"
verdict
