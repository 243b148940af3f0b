#!/usr/bin/env bash
# Asks Nabla for a gradient, and has a network trained on XOR, with curl (7.82 or newer) and jq.
#
#     Examples/xor.sh
#
# NABLA_SERVER says where the service is (http://127.0.0.1:8080 by default), NABLA_TOKEN is its token.
set -euo pipefail
examples=$(dirname "${BASH_SOURCE[0]}")
server=${NABLA_SERVER:-http://127.0.0.1:8080}

request() {
    local path=$1
    curl --silent --show-error --fail-with-body --no-buffer \
        ${NABLA_TOKEN:+--header "Authorization: Bearer $NABLA_TOKEN"} "$server$path" "${@:2}"
}

# The whole answer. What is wrong comes as application/problem+json, with the place that is to blame.
call() {
    local answer
    answer=$(request "$@") || {
        echo "$1: $answer" >&2
        return 1
    }
    echo "$answer"
}

answer=$(call /gradients --json "@$examples/xor.json")
jq -r '.loss, .gradients[1].bias[0]' <<< "$answer" \
    | LC_ALL=C xargs printf 'loss %.6f\ngradient of the last bias %.6f\n'

# Sent again under the same key, the request is answered with the same run.
run=$(call /train --json "@$examples/train_xor.json" --header "Idempotency-Key: xor-$$-$RANDOM")

# One jq for all events, of which it lets every hundredth epoch through, and the end.
request "/runs/$(jq -r .id <<< "$run")/events" \
    | sed -un 's/^data: //p' \
    | jq -r --unbuffered '
        if .metrics and .epoch % 100 == 0 then "epoch \(.epoch)", .metrics.loss
        elif .latest then .status, .latest.loss
        else empty end' \
    | while read -r what && read -r loss; do
        LC_ALL=C printf '%s: loss %.6f\n' "$what" "$loss"
    done
