#!/usr/bin/env bash
# Starts a server, lets `nabla demo` show what it does, and keeps serving until Ctrl-C.
# `make run` builds the program first. LISTEN=host:port chooses another address.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

nabla=${NABLA:-.build/release/nabla}
listen=${LISTEN:-127.0.0.1:8080}
url=http://$listen
server=
demo=

is_ready() {
    curl --silent --fail --noproxy '*' --max-time 2 --output /dev/null "$url/readyz"
}

# Stops what runs, waits for the server, and leaves with the given exit code or else the server's,
# which is 0 after a graceful stop.
stop() {
    trap '' INT TERM HUP
    kill -TERM $demo "$server" 2>/dev/null || true
    local status=0
    wait "$server" || status=$?
    exit "${1:-$status}"
}

# If the address is taken, the server says so and exits; whoever has it must not pass for ours.
if is_ready; then
    exec "$nabla" serve --listen "$listen" --data data --log-level warning
fi

# In a session of its own the server does not see the terminal's Ctrl-C, only stop's SIGTERM.
setsid "$nabla" serve --listen "$listen" --data data --log-level warning &
server=$!
trap stop INT TERM HUP

until is_ready; do
    kill -0 "$server" 2>/dev/null || stop 1
    if ((SECONDS > 30)); then
        echo "The server runs, but $url/readyz does not answer 200." >&2
        stop 1
    fi
    sleep 0.1
done

"$nabla" demo --server "$url" &
demo=$!
wait "$demo" || stop $?
demo=

echo "Serving at $url until Ctrl-C."
wait "$server"
