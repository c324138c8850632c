//! A reverse proxy before a real service, with a number for each request: it stops everything at one
//! of them, and makes the weather that a test wants.

use std::future::{pending, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use hyper::http::request::Parts;
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
pub enum Stop {
    /// The service has answered the n-th request, counted from 1; the answer is not passed on.
    Answer(usize),
    /// So many bytes of an image were passed on, and not all.
    Body(u64),
    /// Nowhere.
    Never,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// The proxy answers this status itself.
    Answer(u16),
    /// The connection closes before the request is passed on.
    Break,
    /// It is passed on, and so is its answer.
    Fine,
    /// One bit of an image is flipped on its way.
    Flip,
    /// It is passed on; the connection closes instead of its answer.
    Lose,
}

/// A request: its method, its path, its body unless it is an image, and how many came before.
pub struct Passing<'a> {
    /// `GET`, for example.
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    /// Empty for an image, which is passed on as it comes.
    pub body: &'a str,
    /// The requests before this one.
    pub before: usize,
}

type Forecast = dyn Fn(&Passing<'_>) -> Weather + Send + Sync;

/// Passes requests on. Dropped, it closes all its connections.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    upstream: Url,
    client: Client,
    stop: Stop,
    forecast: Box<Forecast>,
    /// Whether requests are passed on after the stop too.
    goes_on: bool,
    requests: AtomicUsize,
    reached: watch::Sender<bool>,
}

impl Proxy {
    /// A proxy before the service of this address, which has no path.
    pub async fn start(upstream: &str, stop: Stop) -> Self {
        Self::started(upstream, stop, false, Box::new(|_| Weather::Fine)).await
    }

    /// As [`Proxy::start`], but only a body that was stopped is kept back: whatever else is asked after
    /// the stop is answered.
    pub async fn telling(upstream: &str, stop: Stop) -> Self {
        Self::started(upstream, stop, true, Box::new(|_| Weather::Fine)).await
    }

    /// One that makes this weather.
    pub async fn in_weather(
        upstream: &str,
        forecast: impl Fn(&Passing<'_>) -> Weather + Send + Sync + 'static,
    ) -> Self {
        Self::started(upstream, Stop::Never, false, Box::new(forecast)).await
    }

    async fn started(upstream: &str, stop: Stop, goes_on: bool, forecast: Box<Forecast>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            upstream: upstream.parse().unwrap(),
            client: Client::builder().no_proxy().build().unwrap(),
            stop,
            forecast,
            goes_on,
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

    /// Where the proxy listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// Waits until everything has stopped.
    pub async fn stopped(&self) {
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

async fn pass(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let number = shared.requests.fetch_add(1, Ordering::SeqCst) + 1;
    if *shared.reached.borrow() && !shared.goes_on {
        pending::<()>().await;
    }
    let (head, body) = request.into_parts();
    let is_image = head.method == "PUT" && head.uri.path().ends_with("/file");
    let mut sent = Sent::Image(body);
    if !is_image && let Sent::Image(body) = sent {
        let body = body.collect().await.map_err(io::Error::other)?;
        sent = Sent::Whole(body.to_bytes());
    }
    let weather = (shared.forecast)(&Passing {
        method: head.method.as_str(),
        path: head.uri.path(),
        body: match &sent {
            Sent::Image(_) => "",
            Sent::Whole(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
        },
        before: number - 1,
    });
    match weather {
        Weather::Answer(status) => {
            if let Sent::Image(body) = sent {
                // Clients that send a body want to send it to its end.
                let _ = body.collect().await;
            }
            let words = Full::new(Bytes::from_static(b"bad weather"));
            let mut answer = Response::new(words.map_err(|never| match never {}).boxed());
            *answer.status_mut() = status.try_into().map_err(io::Error::other)?;
            return Ok(answer);
        }
        Weather::Break => return Err(io::Error::other("bad weather")),
        Weather::Fine | Weather::Flip | Weather::Lose => {}
    }
    let answer = match shared.clone().forward(head, sent, weather).await {
        Ok(answer) => answer,
        // The client is gone, or is about to go.
        Err(_) => pending().await,
    };
    if weather == Weather::Lose {
        // To the last byte: then the service is done with it.
        let _ = answer.bytes().await;
        return Err(io::Error::other("bad weather"));
    }
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
    if !shared.goes_on {
        pending::<()>().await;
    }
    Ok(passed.map(|()| Full::new(body).map_err(|never| match never {}).boxed()))
}

impl Shared {
    async fn forward(
        self: Arc<Self>,
        mut head: Parts,
        body: Sent,
        weather: Weather,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let mut url = self.upstream.clone();
        url.set_path(head.uri.path());
        url.set_query(head.uri.query());
        for name in [CONNECTION, HOST, TRANSFER_ENCODING] {
            head.headers.remove(name);
        }
        let forwarded = self.client.request(head.method, url).headers(head.headers);
        let body = match body {
            Sent::Whole(bytes) if bytes.is_empty() => return forwarded.send().await,
            Sent::Whole(bytes) => return forwarded.body(bytes).send().await,
            Sent::Image(body) => body,
        };
        let frames = BodyStream::new(body);
        let mut flip = weather == Weather::Flip;
        let bytes = frames.filter_map(move |frame| {
            let data = frame.map(|frame| frame.into_data().ok());
            let data = data.map(|data| data.map(|data| flipped(data, &mut flip)));
            ready(data.map_err(io::Error::other).transpose())
        });
        let forwarded = forwarded.body(match self.stop {
            Stop::Body(limit) => reqwest::Body::wrap_stream(cut(bytes.boxed(), limit, self)),
            _ => reqwest::Body::wrap_stream(bytes),
        });
        forwarded.send().await
    }
}

/// What came of a request's body so far.
enum Sent {
    /// The bytes of an image are passed on as they come.
    Image(Incoming),
    Whole(Bytes),
}

/// The last bit of the first bytes is another one.
fn flipped(data: Bytes, flip: &mut bool) -> Bytes {
    if !std::mem::take(flip) {
        return data;
    }
    let mut data = data.to_vec();
    if let Some(last) = data.last_mut() {
        *last ^= 1;
    }
    data.into()
}

/// The first bytes of a body. Then the stop is reported, and when the client is gone the body fails.
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
                // All of it has come, and is held back until this is dropped.
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
