//! Listening, TLS and HTTP/1.1.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::answer::{Scheme, answer};
use crate::site::shared::Shared;

/// A listening port. Dropping it ends the listener and every connection.
#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    task: AbortHandle,
}

impl Listener {
    pub(crate) async fn start(tls: Option<TlsAcceptor>, shared: Shared) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, tls, shared)).abort_handle();
        Ok(Self { address, task })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The connections belong to the set, so they end together with this task.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Shared) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, tls.clone(), shared.clone()));
            }
            // Out of file descriptors, most likely: others may finish meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Shared) {
    // Without it small answers wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, Scheme::Http, shared).await,
        Some(acceptor) => {
            // A client that does not trust us ends here; that is its right.
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, Scheme::Https, shared).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, scheme: Scheme, shared: Shared) {
    let service = service_fn(|request| {
        let answer = answer(&shared, scheme, &request);
        async { answer }
    });
    // Errors are the faults that we serve and clients that leave.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
