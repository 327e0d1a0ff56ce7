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

cp -r "$here/weighbridge.toml" "$here/acme" "$work"
cd "$work"
export WEIGHBRIDGE_SERVER__LISTEN=127.0.0.1:$port WEIGHBRIDGE_SERVER__ADMIN_LISTEN=127.0.0.1:$admin_port
export WEIGHBRIDGE_PROVIDERS__ACME__BASE_URL=http://127.0.0.1:$model_port/v1 ACME_API_KEY=acme-key
"$weighbridge" serve 2>serve.log & started+=($!)
for _ in $(seq 300); do
    python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/health/ready')" 2>/dev/null && break
    sleep 0.1
done

"$weighbridge" prices import --format weighbridge "$here/prices.toml"
"$weighbridge" customers create first --name "First Ltd"
key=$("$weighbridge" keys create --customer first --name production --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["secret"])')

"$weighbridge" plugins list | grep acme

python3 - "$port" "$key" <<'PYTHON'
import json, sys, urllib.error, urllib.request
port, key = sys.argv[1:]
def call(path, body):
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()
chat = {"model": "acme/quill-2", "messages": [{"role": "user", "content": "What does a token weigh?"}]}
print("chat    ", call("/v1/chat/completions", chat)[:60], "…")
print("streamed", call("/v1/chat/completions", {**chat, "stream": True}).splitlines()[-2])
print("read    ", call("/v1/read", {"model": "acme/reader-1", "document": "https://acme.example/a.pdf"}))
try:
    call("/v1/read", {"document": "https://acme.example/a.pdf"})
except urllib.error.HTTPError as refused:
    print("refused ", refused.code, refused.read().decode())
PYTHON

"$weighbridge" usage summary --by model
event=$("$weighbridge" usage list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["data"][0]["id"])')
"$weighbridge" usage explain "$event"
"$weighbridge" invoices preview first
"$weighbridge" ledger verify
