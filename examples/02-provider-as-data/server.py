"""Acme, as far as this example needs it: chat with a usage report of its own, streamed or not, and a page reader. It wants its key."""

import http.server
import json
import sys

USED = {"tokens": {"in": 1200, "in_cached": 1000, "out": 350}}
TEXT = "Weighed on the way home / each word a pebble of light / the bridge does not stop"
HEAD = {"id": "chatcmpl-acme", "created": 0, "model": "quill-2"}


def chat(body):
    assert "stream_options" not in body, "Acme refuses this"
    if not body.get("stream"):
        message = {"role": "assistant", "content": TEXT}
        return {**HEAD, "object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop", "message": message}], "x_acme": USED}
    said = [{"index": 0, "delta": {"role": "assistant", "content": TEXT}}]
    done = [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    chunks = [{"choices": said}, {"choices": done, "x_acme": USED}]
    lines = [json.dumps({**HEAD, "object": "chat.completion.chunk", **chunk}) for chunk in chunks]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])


def read(body):
    return {"model": body["model"], "text": TEXT, "pages_read": 12}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.headers["authorization"] == "Bearer acme-key"
        answer = {"/v1/chat/completions": chat, "/v1/read": read}[self.path](body)
        streamed = isinstance(answer, str)
        content = (answer if streamed else json.dumps(answer)).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if streamed else "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
