//! SIGTERM and SIGINT: the run stops in good order; a second signal ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bonafide::publisher::CancellationToken;

/// How long a run may take to stop. A cloud that does not answer must not delay it longer.
const STOPPING: Duration = Duration::from_secs(10);
/// What a shell adds to the number of the signal that ended a program.
const SIGNALLED: u8 = 128;

/// Waits for signals as long as the program runs.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    token: CancellationToken,
    /// The first one; 0 if there was none.
    first: Arc<AtomicU8>,
}

impl Signals {
    /// From now on a signal no longer ends the program by itself.
    pub fn caught() -> std::io::Result<Self> {
        let signals = Self::default();
        let mut sources = Sources::new()?;
        let (token, first) = (signals.token.clone(), signals.first.clone());
        tokio::spawn(async move {
            let number = sources.next().await;
            first.store(number, Ordering::SeqCst);
            eprintln!(
                "stopping: uploads are cancelled and removed, a step that must not be left half done is \
                 finished; a second signal ends it at once"
            );
            token.cancel();
            let number = tokio::select! {
                second = sources.next() => second,
                () = tokio::time::sleep(STOPPING) => {
                    let seconds = STOPPING.as_secs();
                    eprintln!("stopped after {seconds} s; the next run removes what is left");
                    number
                }
            };
            end(number)
        });
        Ok(signals)
    }

    /// Cancelled by the first signal.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// 128 plus the number of the signal that asked the program to end: 130 for SIGINT, 143 for
    /// SIGTERM.
    pub fn status(&self) -> Option<u8> {
        match self.first.load(Ordering::SeqCst) {
            0 => None,
            number => Some(SIGNALLED + number),
        }
    }
}

#[expect(clippy::exit, reason = "it ends now, whatever the run is waiting for")]
fn end(number: u8) -> ! {
    std::process::exit(i32::from(SIGNALLED + number))
}

const SIGINT: u8 = 2;

#[cfg(unix)]
struct Sources {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Sources {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> u8 {
        const SIGTERM: u8 = 15;
        tokio::select! {
            _ = self.interrupt.recv() => SIGINT,
            _ = self.terminate.recv() => SIGTERM,
        }
    }
}

#[cfg(not(unix))]
struct Sources;

#[cfg(not(unix))]
impl Sources {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> u8 {
        // Without a console there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        SIGINT
    }
}
