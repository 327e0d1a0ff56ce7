//! Plain hyper 1.x reverse proxy with no logic: the practical upper limit. Loopback only.
//! plain-proxy --port N --upstream 127.0.0.1:9100 [--workers N]   (0 = current_thread, the default)
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, combinators::BoxBody};
use hyper::{Request, Response, Uri, body::Incoming, header, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};

#[global_allocator]
static A: mimalloc::MiMalloc = mimalloc::MiMalloc;

type C = Client<HttpConnector, Incoming>;

async fn handle(mut req: Request<Incoming>, c: C, up: &'static str) -> Result<Response<BoxBody<Bytes, hyper::Error>>, std::convert::Infallible> {
    let pq = req.uri().path_and_query().map(|p| p.as_str()).unwrap_or("/");
    *req.uri_mut() = Uri::builder().scheme("http").authority(up).path_and_query(pq).build().unwrap();
    req.headers_mut().remove(header::HOST);
    req.headers_mut().remove(header::CONNECTION);
    match c.request(req).await {
        Ok(r) => Ok(r.map(|b| b.boxed())),
        Err(_) => Ok(Response::builder().status(502).body(Empty::new().map_err(|e| match e {}).boxed()).unwrap()),
    }
}

fn arg(name: &str) -> Option<String> {
    let mut a = std::env::args();
    while let Some(x) = a.next() {
        if x == name {
            return a.next();
        }
    }
    None
}

fn main() {
    let port: u16 = arg("--port").map(|v| v.parse().unwrap()).unwrap_or(9200);
    let up: &'static str = Box::leak(arg("--upstream").unwrap_or("127.0.0.1:9100".into()).into_boxed_str());
    assert!(up.starts_with("127.0.0.1:"));
    let workers: usize = arg("--workers").map(|v| v.parse().unwrap()).unwrap_or(0);
    let rt = if workers == 0 {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    } else {
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
    };
    rt.block_on(async move {
        let mut h = HttpConnector::new();
        h.set_nodelay(true);
        let c: C = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(1024).build(h);
        let l = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("bind");
        loop {
            let Ok((s, _)) = l.accept().await else { continue };
            let _ = s.set_nodelay(true);
            let c = c.clone();
            tokio::spawn(async move {
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(s), service_fn(move |r| handle(r, c.clone(), up))).await;
            });
        }
    });
}
