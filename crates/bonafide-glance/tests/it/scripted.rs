//! A cloud on loopback that sends the answers of the test, byte by byte if necessary.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide_glance::{CloudConfig, Glance, RetryPolicy, Session};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// When the tests take place: 2026-11-23T12:00:00Z.
pub(crate) const NOW: i64 = 1_795_435_200;
/// Nothing that a test sends is larger.
const LIMIT: usize = 16 << 20;

/// What was received of one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    /// Method and target, such as `GET /v2/images`.
    pub(crate) line: String,
    /// The head as it came, in lower case.
    pub(crate) head: String,
    /// The body without the framing of chunks; empty if it was not read.
    pub(crate) body: Vec<u8>,
    /// Whether the body came to its proper end.
    pub(crate) complete: bool,
}

/// What to do with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Reads the body, then answers.
    Answer(u16, String, String),
    /// Answers without reading the body, then closes.
    Early(u16, String),
    /// Reads the body, then closes without an answer.
    Hang,
    /// Reads the body and never answers, with the connection left open.
    Silent,
    /// Reads neither the body nor answers, with the connection left open.
    Deaf,
    /// Reads the body, then sends these bytes and closes.
    Raw(String),
    /// Reads the body, then sends these bytes and leaves the connection open.
    RawOpen(String),
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: impl ToString) -> Reply {
    Reply::Answer(
        status,
        "content-type: application/json\r\n".to_owned(),
        body.to_string(),
    )
}

/// The server.
pub(crate) struct Cloud {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Script = dyn Fn(&Received, usize) -> Reply + Send + Sync;

impl Cloud {
    /// A server without a Keystone of its own. The script gets the head of a request and how many
    /// requests with the same line came before.
    pub(crate) async fn bare(
        script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        let script: Arc<Script> = Arc::new(script);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self {
            address,
            received,
            task,
        }
    }

    /// A server with a Keystone whose tokens (`token-1`, `token-2`, …) are valid for an hour; the
    /// script answers the rest.
    pub(crate) async fn new(
        script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::with_tokens(&[3600], script).await
    }

    /// The same with tokens that are valid for so many seconds; the last number is repeated.
    pub(crate) async fn with_tokens(
        seconds: &'static [i64],
        script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let logins = AtomicUsize::new(0);
        Self::bare(move |request, nth| {
            if request.line != "POST /v3/auth/tokens" {
                return script(request, nth);
            }
            let login = logins.fetch_add(1, Ordering::Relaxed);
            let host = header(request, "host").unwrap_or_default();
            let valid = seconds[login.min(seconds.len() - 1)];
            token(&format!("token-{}", login + 1), NOW + valid, &host)
        })
        .await
    }

    pub(crate) fn config(&self) -> CloudConfig {
        let text = format!(
            "clouds: {{a: {{auth: {{auth_url: 'http://{}', username: u, password: hunter2, \
             project_name: p}}}}}}",
            self.address
        );
        CloudConfig::from_yaml(&text, "a").unwrap()
    }

    pub(crate) fn glance(&self) -> Glance {
        self.glance_with(|config| config)
    }

    pub(crate) fn glance_with(&self, change: impl FnOnce(CloudConfig) -> CloudConfig) -> Glance {
        let config = self.config().retry_policy(quick());
        Glance::new(Session::new(change(config), clock).unwrap())
    }

    /// Everything that was received so far, in order of arrival.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The lines of all requests, without logins.
    pub(crate) fn lines(&self) -> Vec<String> {
        let received = self.received().into_iter();
        received
            .map(|request| request.line)
            .filter(|line| line != "POST /v3/auth/tokens")
            .collect()
    }

    pub(crate) fn logins(&self) -> usize {
        let received = self.received().into_iter();
        received
            .filter(|request| request.line == "POST /v3/auth/tokens")
            .count()
    }

    /// Waits until the head of an upload is there. A body that fails before that may keep the
    /// whole request from being sent.
    pub(crate) fn arrival(&self) -> impl Future<Output = ()> + Send + 'static {
        let received = Arc::clone(&self.received);
        async move {
            let arrived = || {
                let received = received.lock().unwrap();
                received
                    .iter()
                    .any(|request| request.line.starts_with("PUT"))
            };
            while !arrived() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// Waits until the body of the first request with this line was read to whatever end.
    pub(crate) async fn settled(&self, line: &str) -> Received {
        for _ in 0..1000 {
            if let Some(request) = self.received().into_iter().find(|r| r.line == line)
                && request.head.ends_with("settled")
            {
                return request;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("`{line}` did not come to an end")
    }
}

/// As by default, but for the waits.
pub(crate) fn quick() -> RetryPolicy {
    let moment = Duration::from_millis(1);
    RetryPolicy::default()
        .first_wait(moment)
        .longest_pause(moment)
}

pub(crate) fn clock() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

pub(crate) fn header(request: &Received, name: &str) -> Option<String> {
    let prefix = format!("{name}: ");
    let line = request
        .head
        .lines()
        .find(|line| line.starts_with(&prefix))?;
    Some(line[prefix.len()..].to_owned())
}

pub(crate) fn token(secret: &str, expires_at: i64, host: &str) -> Reply {
    let expires_at = Timestamp::from_second(expires_at).unwrap();
    let body = format!(
        r#"{{"token":{{"expires_at":"{expires_at}","project":{{"id":"p1"}},"roles":[{{"name":"member"}}],"catalog":[{{"type":"image","endpoints":[{{"interface":"public","region_id":"r","url":"http://{host}"}}]}}]}}}}"#
    );
    Reply::Answer(201, format!("x-subject-token: {secret}\r\n"), body)
}

async fn serve(mut stream: TcpStream, script: Arc<Script>, log: Arc<Mutex<Vec<Received>>>) {
    let mut buffer = Vec::new();
    let end = loop {
        if let Some(end) = find(&buffer, b"\r\n\r\n") {
            break end + 4;
        }
        if buffer.len() > LIMIT || stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let rest = buffer.split_off(end);
    let head = String::from_utf8_lossy(&buffer).into_owned();
    let line: Vec<&str> = head.split(' ').take(2).collect();
    let request = Received {
        line: line.join(" "),
        head: head.to_lowercase(),
        ..Received::default()
    };
    let (index, nth) = {
        let mut log = log.lock().unwrap();
        let nth = log.iter().filter(|seen| seen.line == request.line).count();
        log.push(request.clone());
        (log.len() - 1, nth)
    };
    let reply = script(&request, nth);
    if !matches!(reply, Reply::Early(..) | Reply::Deaf) {
        let (body, complete) = body(&mut stream, &request, rest).await;
        let mut log = log.lock().unwrap();
        log[index].body = body;
        log[index].complete = complete;
        log[index].head.push_str("settled");
    }
    let answer = match reply {
        Reply::Answer(status, headers, body) => format!(
            "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
        Reply::Early(status, body) => format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
        Reply::Raw(text) => text,
        Reply::RawOpen(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            return std::future::pending().await;
        }
        Reply::Hang => return,
        Reply::Silent | Reply::Deaf => return std::future::pending().await,
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Reads a body; the second value says whether it came to its proper end.
async fn body(stream: &mut TcpStream, request: &Received, mut raw: Vec<u8>) -> (Vec<u8>, bool) {
    let length = header(request, "content-length").map(|text| text.parse::<usize>().unwrap());
    let chunked = header(request, "transfer-encoding").is_some();
    loop {
        if let (false, length) = (chunked, length.unwrap_or(0))
            && raw.len() >= length
        {
            return (raw, true);
        }
        if chunked && let Some(body) = dechunked(&raw) {
            return (body, true);
        }
        if raw.len() > LIMIT || stream.read_buf(&mut raw).await.unwrap_or(0) == 0 {
            return (raw, false);
        }
    }
}

/// The data of a chunked body, if its last chunk is there.
fn dechunked(mut raw: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = find(raw, b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..line]).ok()?, 16).ok()?;
        raw = &raw[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(raw.get(..size)?);
        raw = raw.get(size + 2..)?;
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
