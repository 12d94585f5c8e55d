# shellcheck shell=bash
# What the resilience scripts share; they source it. They need bash, curl and python3 (for JSON), and a stack that
# runs already: `./carga up`, or `docker compose up`.
#
# A script tells what it does (does), what must hold and whether it held (holds), and ends with verdict: exit code 0
# when all of it held, 1 when not, 3 when no stack runs.
#
# Variables: ROWS, rows of the file whose import is disturbed (on a fast machine it may end too soon: take more);
# LANG, Spanish unless it says English.

set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/carga-resilience.XXXXXX")
answer=$work/answer.json
run=$(basename "$work")
run=${run##*.}
ROWS=${ROWS:-300000}
failures=0

# --- telling ---------------------------------------------------------------------------------------------------------

language=${LC_ALL:-${LC_MESSAGES:-${LANG:-es}}}
say() { # say SPANISH ENGLISH
    case $language in
        en* | EN*) printf '%s\n' "$2" ;;
        *) printf '%s\n' "$1" ;;
    esac
}
does() { # does SPANISH ENGLISH
    say "• $1" "• $2"
}
holds() { # holds SPANISH ENGLISH COMMAND…: what must hold, and whether it does
    local spanish=$1 english=$2
    shift 2
    if "$@"; then
        say "  ✓ $spanish" "  ✓ $english"
    else
        say "  ✗ NO SE CUMPLE: $spanish" "  ✗ DOES NOT HOLD: $english"
        failures=$((failures + 1))
    fi
}
verdict() { # the last line of a script
    if [ "$failures" -eq 0 ]; then
        say "Se cumplió todo" "All of it held"
        exit 0
    fi
    say "No se cumplió: $failures" "Did not hold: $failures"
    exit 1
}
give_up() { # give_up SPANISH ENGLISH: the script cannot do its work
    say "$1" "$2" >&2
    exit 1
}

. "$root/scripts/resilience/stack.sh"

# --- uploads ---------------------------------------------------------------------------------------------------------

make_catalogue() { # make_catalogue FILE ROWS [PRICE]: so many good products; every file has the same ids
    awk -v rows="$2" -v price="${3:-12.50}" 'BEGIN {
        print "id,nombre,codigo,categoria,precio_unitario,certificado_sanitario,condiciones_almacenamiento," \
            "tiempo_entrega_dias"
        for (n = 1; n <= rows; n++)
            printf "R%07d,Producto de prueba %d,RES-%07d,Curación,%s,INVIMA 1,Seco,3\n", n, n, n, price
    }' >"$1"
}
provider() { # provider NAME: one that no other run has
    echo "RES-$run-$1"
}
send() { # send FILE PROVIDER REPLACE [KEY] [CURL OPTIONS…]: sets answer_code, answer_seconds and, for a 202, task
    local file=$1 provider=$2 replace=$3 key=${4:-} told
    shift 3
    [ $# -gt 0 ] && shift
    local headers=()
    [ -n "$key" ] && headers=(-H "Idempotency-Key: $key")
    told=$(curl -sS -m 120 -o "$answer" -w '%{http_code} %{time_total}' "$@" "${headers[@]}" -F "file=@$file" \
        "$BFF_URL/api/catalog/items/bulk-upload?proveedor_id=$provider&reemplazar_duplicados=$replace" \
        2>/dev/null)
    # shellcheck disable=SC2034 # for the scripts that source this
    read -r answer_code answer_seconds <<<"${told:-000 0}"
    task=
    # shellcheck disable=SC2034 # likewise
    [ "$answer_code" = 202 ] && read -r task <<<"$(pick "$answer" task_id)"
    [ "$answer_code" = 202 ]
}
must_send() { # must_send FILE PROVIDER REPLACE: where nothing disturbs an upload
    send "$@" || give_up "La carga no se aceptó (HTTP $answer_code)" "The upload was not accepted (HTTP $answer_code)"
}
status_url() { # status_url TASK
    echo "$BFF_URL/api/catalog/bulk-upload/status/$1"
}
pick() { # pick FILE PATH…: the values in a JSON document, on one line; "-" where there is none
    python3 -c '
import json, sys
document = json.load(open(sys.argv[1]))
values = []
for path in sys.argv[2:]:
    value = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    values.append("-" if value is None else str(value))
print(*values)' "$@"
}

# What polling a task has shown so far.
watch() { # watch TASK: look at it from now on
    watched=$1 status=pending total=0 processed=0 went_back=0 codes=
}
look() { # one look at the watched task
    local code now
    code=$(curl -s -m 10 -o "$work/status.json" -w '%{http_code}' "$(status_url "$watched")") || code=000
    case " $codes " in *" $code "*) ;; *) codes="$codes $code" ;; esac
    [ "$code" = 200 ] || return 0
    local fields
    read -ra fields <<<"$(pick "$work/status.json" status progress.total progress.processed progress.successful \
        progress.failed)"
    now=${fields[2]}
    if [ "$now" -lt "$processed" ] || [ "$now" -ne $((fields[3] + fields[4])) ]; then
        went_back=$((went_back + 1))
    fi
    status=${fields[0]} total=${fields[1]} processed=$now
}
is_over() {
    look
    case $status in completed | failed | cancelled) return 0 ;; *) return 1 ;; esac
}
is_under_way() { # is_under_way ROWS: more than these are committed, and not yet all
    look
    [ "$status" = completed ] && give_up \
        "La importación terminó antes de poder estorbarla: pruebe con ROWS=$((ROWS * 2))" \
        "The import was over before it could be disturbed: try ROWS=$((ROWS * 2))"
    [ "$status" = processing ] && [ "$processed" -gt "$1" ]
}
disturb_when_under_way() { # disturb_when_under_way ROWS: return when more than these are done, and not yet all
    wait_for 150 is_under_way "$1" || give_up "La importación no empezó" "The import did not begin"
}
end_within() { # end_within SECONDS: whether the watched task ends in time
    wait_for "$1" is_over
}
looking() { # looking COMMAND…: look at the watched task for as long as the command runs; its exit code
    "$@" &
    local running=$!
    while kill -0 "$running" 2>/dev/null; do
        look
        sleep 0.05
    done
    wait "$running"
}
answered_only() { # answered_only CODES…: whether polling was answered with nothing else
    local code
    for code in $codes; do
        case " $* " in *" $code "*) ;; *) return 1 ;; esac
    done
}
equal() {
    [ "$1" = "$2" ] || {
        say "    ($1, no $2)" "    ($1, not $2)"
        return 1
    }
}
counted() { # counted CREATED: whether the watched task is complete and created so many products
    [ "$status" = completed ] || return 1
    equal "$(pick "$work/status.json" progress.processed result.resumen.total)" "$total $total" &&
        equal "$(pick "$work/status.json" result.resumen.productos_creados)" "$1"
}
products_of() { # products_of PROVIDER
    curl -sS -m 30 -o "$work/items.json" "$BFF_URL/api/catalog/items?proveedor_id=$1&limit=1" &&
        pick "$work/items.json" total
}
has_products() { # has_products PROVIDER COUNT
    equal "$(products_of "$1")" "$2"
}
imported_once() { # imported_once PROVIDER ROWS: what must hold of every disturbed import of good rows
    holds "ningún contador retrocedió, y siempre procesados = exitosos + rechazados" \
        "no counter went back, and processed = successful + failed at all times" [ "$went_back" -eq 0 ]
    holds "la tarea terminó, y dice haber creado $2 productos de $2 filas" \
        "the task completed, and says that it created $2 products of $2 rows" counted "$2"
    holds "hay $2 productos: ninguno falta, ninguno sobra" \
        "there are $2 products: none is missing, none is there twice" has_products "$1" "$2"
}
lease() { # seconds after which a worker that fell silent has lost its work
    worker_setting VISIBILITY_TIMEOUT_SECONDS 60
}
