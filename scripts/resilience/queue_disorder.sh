#!/usr/bin/env bash
# Deliver the messages of four uploads in the opposite order, each of them three times.
# shellcheck disable=SC2317 # wait_for calls functions by their names
. "$(dirname "$0")/lib.sh"
find_stack
products=20

queue_url() { sqs GetQueueUrl "{\"QueueName\": \"$1\"}" | pick /dev/stdin QueueUrl; }
count() { # how many messages a queue holds, taken ones and put-off ones included
    local all=ApproximateNumberOfMessages
    local names="[\"$all\",\"${all}NotVisible\",\"${all}Delayed\"]"
    sqs GetQueueAttributes "{\"QueueUrl\": \"$1\", \"AttributeNames\": $names}" |
        python3 -c 'import json, sys; print(sum(map(int, json.load(sys.stdin)["Attributes"].values())))'
}
take() { # take what can be had of our messages off the queue, into $work/bodies (one JSON body a line)
    sqs ReceiveMessage "{\"QueueUrl\": \"$queue\", \"MaxNumberOfMessages\": 10, \"WaitTimeSeconds\": 1}" \
        >"$work/received.json"
    python3 -c '
import json, sys
queue, mine = sys.argv[1], sys.argv[2]
for message in json.load(sys.stdin).get("Messages", []):
    if json.loads(message["Body"])["proveedor_id"] == mine:
        print(json.dumps({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}))
        print(json.dumps(message["Body"]), file=sys.stderr)
' "$queue" "$mine" <"$work/received.json" >"$work/taken" 2>>"$work/bodies"
    while read -r receipt; do
        sqs DeleteMessage "$receipt" >/dev/null
    done <"$work/taken"
    [ "$(wc -l <"$work/bodies")" -ge 4 ]
}
is_empty() { [ "$(count "$queue")" -eq 0 ]; }

queue=$(queue_url "$SQS_QUEUE_NAME")
dead_letters=$(queue_url "$SQS_QUEUE_NAME-dlq")
dead_before=$(count "$dead_letters")
mine=$(provider disorder)

does "Congela el worker, sube los mismos $products productos cuatro veces con reemplazar_duplicados=true (precio 1 a 4)" \
    "Freezes the worker, uploads the same $products products four times with reemplazar_duplicados=true (price 1 to 4)"
freeze worker
: >"$work/bodies"
tasks=()
for price in 1 2 3 4; do
    make_catalogue "$work/$price.csv" "$products" "$price"
    must_send "$work/$price.csv" "$mine" true
    tasks+=("$task")
done
does "Saca los cuatro mensajes de la cola y los repone al revés, cada uno tres veces" \
    "Takes the four messages off the queue and puts them back in the opposite order, each three times"
wait_for $(($(lease) + 60)) take || give_up "No aparecieron los cuatro mensajes" "The four messages did not appear"
sort -u "$work/bodies" | python3 -c '
import json, sys
bodies = sorted((json.loads(line) for line in sys.stdin), key=lambda body: json.loads(body)["accepted_at"])
for body in reversed(bodies):
    for _ in range(3):
        print(json.dumps({"QueueUrl": sys.argv[1], "MessageBody": body}))
' "$queue" >"$work/again"
holds "doce mensajes de cuatro cargas" "twelve messages of four uploads" equal "$(wc -l <"$work/again")" 12
while read -r message; do
    sqs SendMessage "$message" >/dev/null
done <"$work/again"
thaw worker

created=0 updated=0 superseded=0
for task in "${tasks[@]}"; do
    watch "$task"
    holds "la carga termina" "the upload ends" end_within $(($(lease) + 120))
    read -ra sums <<<"$(pick "$work/status.json" result.resumen.exitosos result.resumen.productos_creados \
        result.resumen.productos_actualizados result.resumen.superados)"
    holds "con sus $products filas exitosas" "with its $products rows successful" equal "${sums[0]}" "$products"
    created=$((created + sums[1])) updated=$((updated + sums[2])) superseded=$((superseded + sums[3]))
done
holds "cada producto fue creado una sola vez" "each product was created once" equal "$created" "$products"
holds "cada otra fila actualizó o llegó tarde, según su orden de aceptación" \
    "each other row updated or came late, by the order of acceptance" \
    equal "$((updated + superseded))" "$((3 * products))"
holds "hay $products productos" "there are $products products" has_products "$mine" "$products"
curl -sS -o "$work/items.json" "$BFF_URL/api/catalog/items?proveedor_id=$mine&limit=100"
prices=$(python3 -c 'import json, sys; print(*{item["precio_unitario"] for item in json.load(sys.stdin)["items"]})' \
    <"$work/items.json")
holds "todos con el precio de la última carga aceptada" "all of them at the price of the upload accepted last" \
    equal "$prices" 4.0
holds "la cola queda vacía" "the queue is left empty" wait_for $(($(lease) + 90)) is_empty
holds "y nada se suma a los mensajes muertos" "and nothing joins the dead letters" \
    equal "$(count "$dead_letters")" "$dead_before"
verdict
