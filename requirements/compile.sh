#!/bin/sh
# Pin every dependency, with hashes and for Python 3.11 to 3.13 at once, from the groups in pyproject.toml.
# Needs uv. Run it after changing a group; arguments go to uv (`--upgrade`, `--upgrade-package httpx`).
set -eu
cd "$(dirname "$0")/.."

pin() { # pin OUTPUT ARGUMENT…
    output=requirements/$1
    shift
    uv pip compile --quiet --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@" --output-file "$output"
}

pin_groups() { # pin_groups OUTPUT GROUPS ARGUMENT…
    output=$1
    groups=$2
    shift 2
    extras=
    for group in $groups; do extras="$extras --extra $group"; done
    # shellcheck disable=SC2086  # one word an extra
    pin "$output" pyproject.toml $extras --universal --python-version 3.11 "$@"
}

services="catalog-service worker bff"
pin_groups dev.txt "$services migrate cli embedded dev" "$@"
# The rest is held to what dev.txt chose, so that the tests run what the services run.
pin_groups run.txt "$services migrate cli embedded" -c requirements/dev.txt
for group in $services migrate; do
    pin_groups "$group.txt" "$group" -c requirements/dev.txt
done
pin peers.txt requirements/peers.in --universal --python-version 3.11 "$@"
for version in 3.11 3.12 3.13; do
    pin "localstack-$version.txt" "requirements/localstack-$version.in" \
        --python-version "$version" --python-platform linux "$@"
done
