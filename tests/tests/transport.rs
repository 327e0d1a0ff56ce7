//! The transports besides plain HTTP/1.1: TLS to providers, HTTP/2 from clients.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::PrivatePkcs8KeyDer;
use weighbridge_tests::{Config, ReplayUpstream, Request, Weighbridge, fixtures};

const ASK: &str = r#"{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"How heavy is it?"}]}"#;

/// A provider behind TLS with a certificate of its own making; gives its port and the certificate.
fn tls_provider(body: &'static [u8]) -> (u16, String) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = certified.cert.pem();
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certified.cert.der().clone()], key.into()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut tls = rustls::StreamOwned::new(connection, stream);
            thread::spawn(move || {
                let mut buffer = [0; 16 * 1024];
                // One read is enough for the small request; a client that does not trust us never gets here.
                if matches!(tls.read(&mut buffer), Ok(read) if read > 0) {
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
                    let _ = tls.write_all(head.as_bytes()).and_then(|()| tls.write_all(body)).and_then(|()| tls.flush());
                }
            });
        }
    });
    (port, pem)
}

#[test]
fn a_provider_behind_tls_is_called_when_its_authority_is_trusted() {
    let reply = fixtures::reply("openai-chat.json");
    let body: &'static [u8] = Box::leak(reply.body.to_vec().into_boxed_slice());
    let (port, pem) = tls_provider(body);
    let config = Config::new().provider("openai", "openai", &format!("https://localhost:{port}/v1"));
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("authorities.pem");
    std::fs::write(&trusted, pem).unwrap();
    let weighbridge = Weighbridge::start(config.environment("SSL_CERT_FILE", trusted.to_str().unwrap()));
    let key = weighbridge.admin().customer_with_key("acme", None);
    let answer = Request::post("/v1/chat/completions", ASK).bearer(&key).send(weighbridge.address()).unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, body), "{}", answer.text());
    assert_eq!(weighbridge.admin().events("")[0]["status"], "completed");
}

#[test]
fn a_provider_with_an_unknown_authority_is_not_called_and_nothing_is_billed() {
    let (port, _) = tls_provider(b"{}");
    let weighbridge = Weighbridge::start(Config::new().provider("openai", "openai", &format!("https://localhost:{port}/v1")));
    let key = weighbridge.admin().customer_with_key("acme", None);
    let answer = Request::post("/v1/chat/completions", ASK).bearer(&key).send(weighbridge.address()).unwrap();
    assert_eq!(answer.status, 502);
    assert_eq!(
        answer.json()["error"]["message"],
        "The provider \"openai\" could not be reached: invalid peer certificate: UnknownIssuer. The call was not sent; nothing was billed."
    );
    let event = weighbridge.admin().events("").remove(0);
    assert_eq!((event["status"].as_str(), event["charge"]["amount"].as_str()), (Some("upstream_error"), Some("0")), "{event:#}");
}

#[test]
fn a_client_may_speak_http_2() {
    let upstream = ReplayUpstream::start();
    let reply = fixtures::reply("openai-chat.json");
    upstream.set("openai", reply.clone());
    let weighbridge = Weighbridge::start(Config::new().provider("openai", "openai", &upstream.base_url("openai")));
    let key = weighbridge.admin().customer_with_key("acme", None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (status, body) = runtime.block_on(over_http_2(weighbridge.address(), &key));
    assert_eq!((status, &body[..]), (200, &reply.body[..]));
    assert_eq!(weighbridge.admin().events("")[0]["status"], "completed");
}

async fn over_http_2(address: SocketAddr, key: &str) -> (u16, Bytes) {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = hyper::Request::post(format!("http://{address}/v1/chat/completions"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from_static(ASK.as_bytes())))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    (answer.status().as_u16(), answer.into_body().collect().await.unwrap().to_bytes())
}
