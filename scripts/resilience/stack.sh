# shellcheck shell=bash
# shellcheck disable=SC2154 # root and work come from lib.sh
# The running stack, embedded or in containers, as the resilience scripts handle it: its parts, its Redis, its queue.
# Sourced by lib.sh.

# Whatever a script left stopped goes on, however it ends.
tidy() {
    local pid
    for pid in "${frozen_pids[@]}"; do
        kill -CONT "$pid" 2>/dev/null
    done
    for pid in "${own_workers[@]}"; do
        kill -TERM "$pid" 2>/dev/null && wait "$pid"
    done
    [ "${stack:-}" = compose ] && [ "${#frozen_pids[@]}" -gt 0 ] && docker compose unpause >/dev/null 2>&1
    rm -rf "$work"
}
frozen_pids=()
own_workers=()
trap tidy EXIT
trap 'exit 130' INT TERM

compose() {
    docker compose --project-directory "$root" "$@"
}
find_stack() {
    if [ -f "$root/.carga/env" ]; then
        stack=embedded
        # shellcheck disable=SC1091 # it is made by ./carga up
        . "$root/.carga/env"
    elif compose ps --status running --services 2>/dev/null | grep -qx catalog-worker; then
        stack=compose
        BFF_URL=http://127.0.0.1:${BFF_PORT:-8001}
        AWS_ENDPOINT_URL=http://127.0.0.1:4566 # as seen in its container
        SQS_QUEUE_NAME=${SQS_QUEUE_NAME:-medisupply-bulk-upload-queue}
    else
        say "No hay nada en marcha. Inicie: VISIBILITY_TIMEOUT_SECONDS=5 ./carga up --detach" \
            "Nothing runs. Start it: VISIBILITY_TIMEOUT_SECONDS=5 ./carga up --detach" >&2
        exit 3
    fi
    wait_for 60 ready || {
        say "Los servicios no responden en $BFF_URL" "The services do not answer at $BFF_URL" >&2
        exit 3
    }
}
ready() {
    [ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$BFF_URL/health/ready")" = 200 ] &&
        [ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$(status_url 00000000-0000-4000-8000-000000000000)")" = 404 ]
}
wait_for() { # wait_for SECONDS COMMAND…: until it succeeds
    local give_up_at=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$give_up_at" ] || return 1
        sleep 0.1
    done
}

# A part is named as in .carga/pids: postgres valkey localstack catalog_service worker bff.
container() {
    case $1 in
        valkey) echo redis ;;
        catalog_service) echo catalog-service ;;
        worker) echo catalog-worker ;;
        *) echo "$1" ;;
    esac
}
identity() { # identity PART: the process that it is now
    if [ "$stack" = embedded ]; then
        cat "$root/.carga/pids/$1.pid" 2>/dev/null
    else
        docker inspect --format '{{.State.Pid}}' "$(compose ps -q "$(container "$1")" | head -1)" 2>/dev/null
    fi
}
end_part() { # end_part PART SIGNAL: it ends, and is started again by the supervisor
    local before
    before=$(identity "$1")
    if [ "$stack" = embedded ]; then
        kill "-$2" "$before"
    else
        # Docker starts nothing again that somebody ended by hand
        compose kill --signal "$2" "$(container "$1")" >/dev/null 2>&1
        (sleep 1 && compose start "$(container "$1")" >/dev/null 2>&1) &
    fi
    wait_for 90 is_another "$1" "$before"
}
is_another() { # is_another PART BEFORE
    local now
    now=$(identity "$1")
    [ -n "$now" ] && [ "$now" != 0 ] && [ "$now" != "$2" ]
}
freeze() { # freeze PART
    if [ "$stack" = embedded ]; then
        frozen_pids+=("$(identity "$1")")
        kill -STOP "${frozen_pids[-1]}"
    else
        frozen_pids+=("$(container "$1")")
        compose pause "$(container "$1")" >/dev/null 2>&1
    fi
}
thaw() { # thaw PART
    if [ "$stack" = embedded ]; then
        kill -CONT "${frozen_pids[-1]}"
    else
        compose unpause "$(container "$1")" >/dev/null 2>&1
    fi
    unset 'frozen_pids[-1]'
}
worker_setting() { # worker_setting NAME DEFAULT: as the running worker has it
    local value
    if [ "$stack" = embedded ]; then
        value=$(tr '\0' '\n' <"/proc/$(identity worker)/environ" | sed -n "s/^$1=//p")
    else
        value=$(compose exec -T catalog-worker printenv "$1")
    fi
    echo "${value:-$2}"
}
another_worker() { # one more worker, the same as the one that runs
    if [ "$stack" = embedded ]; then
        local pid variables words
        pid=$(identity worker)
        mapfile -d '' variables <"/proc/$pid/environ"
        mapfile -d '' words <"/proc/$pid/cmdline"
        (cd "$root" && exec env -i "${variables[@]}" WORKER_HEALTH_PORT=0 "${words[@]}") >"$work/worker.log" 2>&1 &
        own_workers+=("$!")
        wait_for 30 worker_announced "$!"
    else
        compose up --detach --no-recreate --scale catalog-worker=2 catalog-worker >/dev/null 2>&1
    fi
}
worker_announced() { # worker_announced PID
    redis_command "KEYS carga:worker:*-$1-*" | grep -q '^carga:worker:'
}

# --- stores ----------------------------------------------------------------------------------------------------------

redis_command() { # redis_command 'COMMAND ARGUMENTS': its answer as it comes
    if [ "$stack" = embedded ]; then
        local address=${REDIS_URL#redis://}
        address=${address%%/*}
        (
            exec 3<>"/dev/tcp/${address%:*}/${address#*:}" || exit 1
            printf '%s\r\nQUIT\r\n' "$1" >&3
            tr -d '\r' <&3
        )
    else
        # shellcheck disable=SC2086 # the words of the command
        compose exec -T redis redis-cli $1
    fi
}
sqs() { # sqs ACTION JSON: a call to the queue service, signed by nobody: LocalStack does not look
    local call=(curl -sS -m 30 "$AWS_ENDPOINT_URL/" -H "X-Amz-Target: AmazonSQS.$1"
        -H 'Content-Type: application/x-amz-json-1.0'
        -H 'Authorization: AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/sqs/aws4_request, Signature=0'
        --data-binary @-)
    if [ "$stack" = embedded ]; then
        printf '%s' "$2" | "${call[@]}"
    else
        printf '%s' "$2" | compose exec -T localstack "${call[@]}"
    fi
}
