//! A reverse proxy before a real service: it counts requests, and at one of them everything stops.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use reqwest::{Client, Url};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

type Body = BoxBody<Bytes, reqwest::Error>;

/// Where everything stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The service has answered the n-th request, counted from 1; the answer is not passed on.
    Answer(usize),
    /// So many bytes of an image were passed on, and not all.
    Body(u64),
    Never,
}

/// Passes requests on. Dropped, it closes all its connections.
pub(crate) struct Proxy {
    url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    upstream: Url,
    client: Client,
    stop: Stop,
    requests: AtomicUsize,
    reached: watch::Sender<bool>,
}

impl Proxy {
    /// A proxy before the service of this address, which has no path.
    pub(crate) async fn start(upstream: &str, stop: Stop) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            upstream: upstream.parse().unwrap(),
            client: Client::builder().no_proxy().build().unwrap(),
            stop,
            requests: AtomicUsize::new(0),
            reached: watch::Sender::new(false),
        });
        let serving = tokio::spawn(serve(listener, shared.clone()));
        Self {
            url,
            shared,
            serving,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// Waits until everything has stopped.
    pub(crate) async fn stopped(&self) {
        let mut reached = self.shared.reached.subscribe();
        reached.wait_for(|reached| *reached).await.unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(connection(stream, shared.clone()));
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let passing = service_fn(move |request| pass(shared.clone(), request));
    // Whatever ends a connection is what the test is about.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), passing)
        .await;
}

async fn pass(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let number = shared.requests.fetch_add(1, Ordering::SeqCst) + 1;
    if *shared.reached.borrow() {
        pending::<()>().await;
    }
    let answer = match shared.clone().forward(request).await {
        Ok(answer) => answer,
        // The client is gone, or is about to go.
        Err(_) => pending().await,
    };
    let mut passed = Response::new(());
    *passed.status_mut() = answer.status();
    *passed.headers_mut() = answer.headers().clone();
    passed.headers_mut().remove(CONNECTION);
    passed.headers_mut().remove(TRANSFER_ENCODING);
    if shared.stop != Stop::Answer(number) {
        let body = answer.bytes_stream().map_ok(Frame::data);
        return Ok(passed.map(|()| BoxBody::new(StreamBody::new(body))));
    }
    // To the last byte: then the service is done with it.
    let body = answer.bytes().await.unwrap_or_default();
    shared.reached.send_replace(true);
    pending::<()>().await;
    Ok(passed.map(|()| Full::new(body).map_err(|never| match never {}).boxed()))
}

impl Shared {
    async fn forward(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let (mut head, body) = request.into_parts();
        let mut url = self.upstream.clone();
        url.set_path(head.uri.path());
        url.set_query(head.uri.query());
        for name in [CONNECTION, HOST, TRANSFER_ENCODING] {
            head.headers.remove(name);
        }
        let is_image = head.uri.path().ends_with("/file");
        let mut forwarded = self.client.request(head.method, url).headers(head.headers);
        if !body.is_end_stream() {
            let frames = BodyStream::new(body);
            let bytes = frames.filter_map(|frame| async {
                let data = frame.map(|frame| frame.into_data().ok());
                data.map_err(io::Error::other).transpose()
            });
            forwarded = forwarded.body(match self.stop {
                Stop::Body(limit) if is_image => {
                    reqwest::Body::wrap_stream(cut(bytes.boxed(), limit, self))
                }
                _ => reqwest::Body::wrap_stream(bytes),
            });
        }
        forwarded.send().await
    }
}

/// The first bytes of a body. Then the stop is told, and when the client is gone the body fails.
fn cut(
    body: impl Stream<Item = io::Result<Bytes>> + Unpin + Send,
    limit: u64,
    shared: Arc<Shared>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold((body, limit), move |(mut body, left)| {
        let shared = shared.clone();
        async move {
            if left == 0 {
                shared.reached.send_replace(true);
                while let Some(more) = body.next().await {
                    more?;
                }
                // All of it has come, and is kept back until somebody drops this.
                return pending().await;
            }
            let Some(bytes) = body.next().await else {
                return Ok(None);
            };
            let mut bytes = bytes?;
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            bytes.truncate(most);
            let left = left - bytes.len() as u64;
            Ok(Some((bytes, (body, left))))
        }
    })
}
