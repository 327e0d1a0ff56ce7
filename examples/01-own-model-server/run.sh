#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
weighbridge=${WEIGHBRIDGE_BINARY:-$here/../../target/release/weighbridge}
work=$(mktemp -d)
started=()
trap 'for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$work"' EXIT

# Three free ports.
read -r model_port port admin_port < <(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*[s.getsockname()[1] for s in sockets])')

python3 "$here/server.py" "$model_port" & started+=($!)

cp "$here/weighbridge.toml" "$work"
cd "$work"
export WEIGHBRIDGE_SERVER__LISTEN=127.0.0.1:$port WEIGHBRIDGE_SERVER__ADMIN_LISTEN=127.0.0.1:$admin_port
export WEIGHBRIDGE_PROVIDERS__MINE__BASE_URL=http://127.0.0.1:$model_port/v1
"$weighbridge" serve 2>serve.log & started+=($!)
for _ in $(seq 300); do
    python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/health/ready')" 2>/dev/null && break
    sleep 0.1
done

"$weighbridge" prices import --format weighbridge "$here/prices.toml"
"$weighbridge" customers create acme --name "Acme Ltd"
key=$("$weighbridge" keys create --customer acme --name production --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["secret"])')

python3 - "$port" "$key" <<'PYTHON'
import json, sys, urllib.request
port, key = sys.argv[1:]
for model in ["poet", "mine/haiku-7b"]:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "What does a token weigh?"}]}).encode()
    call = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", body, {"authorization": f"Bearer {key}", "content-type": "application/json"})
    with urllib.request.urlopen(call) as answer:
        print(json.load(answer)["choices"][0]["message"]["content"])
        print("  cost", answer.headers["x-weighbridge-cost"], "charge", answer.headers["x-weighbridge-charge"], answer.headers["x-weighbridge-currency"])
PYTHON

event=$("$weighbridge" usage list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["data"][0]["id"])')
"$weighbridge" usage explain "$event"
"$weighbridge" invoices preview acme
"$weighbridge" ledger verify
