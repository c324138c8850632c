//! Listeners and their connections.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::dispatch::{self, Service};
use super::shared::Shared;

/// uwsgi's `buffer-size` in the reference set-up: a longer head is refused.
const HEAD: usize = 64 * 1024;

/// How long a connection may be silent between two requests or inside a head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Accepts connections until the task is aborted; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, service: Service) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&shared), service));
                }
                // Out of file descriptors, say: give the others time to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, service: Service) {
    // Small answers must not wait for Nagle; a socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    let answering =
        service_fn(move |request| dispatch::answer(Arc::clone(&shared), service, request));
    // `half_close`: a client that has sent everything may close its side, as uwsgi allows. A body
    // that ends too early is an error all the same. An error of the connection is the client's.
    let _ = http1::Builder::new()
        .half_close(true)
        .max_buf_size(HEAD)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answering)
        .await;
}
