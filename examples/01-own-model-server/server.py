"""A model server that speaks OpenAI's chat wire: answers every call with the same haiku and says what it used."""

import http.server
import json
import sys

ANSWER = {
    "id": "chatcmpl-haiku",
    "object": "chat.completion",
    "created": 0,
    "model": "haiku-7b",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Weighed on the way home / each word a pebble of light / the bridge does not stop"}}],
    "usage": {"prompt_tokens": 1200, "completion_tokens": 350, "total_tokens": 1550, "prompt_tokens_details": {"cached_tokens": 1000}},
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
