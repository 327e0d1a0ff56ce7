"""Amazon's official client with the gateway's key in AWS_BEARER_TOKEN_BEDROCK: it sends that over TLS only, which ends before the gateway."""

import datetime
import ipaddress
import socket
import ssl
import threading

import boto3
import pytest
from books import positive
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@pytest.fixture
def tls(stage, tmp_path):
    """An address that speaks TLS and hands all on to the gateway, and the certificate to trust."""
    file = tmp_path / "loopback.pem"
    file.write_bytes(certificate())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    host, port = stage.base_url.removeprefix("http://").split(":")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener, context, (host, int(port))), daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", str(file)


def certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def accept(listener, context, gateway):
    while True:
        try:
            client = context.wrap_socket(listener.accept()[0], server_side=True)
        except OSError:
            return  # the test is over
        with client, socket.create_connection(gateway) as upstream:
            threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
            pump(client, upstream)


def pump(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        pass  # the other side has closed


def test_the_key_is_the_one_of_its_environment(stage, tls, monkeypatch):
    endpoint, trusted = tls
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", stage.key)
    config = Config(retries={"total_max_attempts": 1})
    client = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=endpoint, verify=trusted, config=config)
    stage.set("bedrock", fixture="bedrock-converse.json")
    question = [{"role": "user", "content": [{"text": "How heavy is it?"}]}]
    answer = client.converse(modelId="us.anthropic.claude-sonnet-4-6", messages=question)
    client.close()
    assert answer["output"]["message"]["content"] == [{"text": "Forty tons — and the lorry did not stop."}]
    assert positive(stage.last_event()["usage"]) == {"input": "176", "cache_read": "1024", "cache_write": "300", "output": "97"}
    assert stage.key not in str(stage.take_one("bedrock"))
