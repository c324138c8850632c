//! Sends a request until it has a final answer.

use reqwest::Response;
use reqwest::header::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use super::connection::Connection;
use super::request::ApiRequest;
use super::response::{ApiResponse, stalled};
use super::retry::{Failure, Tries};
use super::traffic;
use crate::Error;
use crate::error::api_error::pause;

impl Connection {
    /// Sends a request and reads the whole answer, whatever its status. A transient failure is
    /// retried by the policy.
    pub(crate) async fn send(
        &self,
        call: &ApiRequest,
        token: Option<HeaderValue>,
    ) -> Result<ApiResponse, Error> {
        let mut tries = Tries::new(self.retry_policy(), call);
        loop {
            let sent = self.limiter.turn().await;
            // On the heap, since the future of every caller contains it.
            let outcome = Box::pin(self.send_once(call, token.clone())).await;
            let failure = match &outcome {
                Ok(answer) => {
                    self.judge(sent, answer.status, &answer.headers);
                    Failure::is_chance(answer.status).then(|| {
                        Failure::answered(call, answer.status, &answer.headers, &answer.body)
                    })
                }
                Err(error) => Failure::on_the_way(error),
            };
            let Some(retry) = failure.and_then(|failure| tries.again(failure)) else {
                let doubt = tries.doubt;
                return outcome.map(|answer| ApiResponse { doubt, ..answer });
            };
            let wait = retry.wait;
            traffic::tell(retry);
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends a request and returns the answer as soon as its head has arrived. A transient failure
    /// is retried by the policy.
    pub(crate) async fn open(
        &self,
        call: &ApiRequest,
        token: Option<HeaderValue>,
    ) -> Result<Response, Error> {
        let mut tries = Tries::new(self.retry_policy(), call);
        loop {
            let sent = self.limiter.turn().await;
            let outcome = match tokio::time::timeout(
                self.deadline(),
                self.start(call, token.clone()),
            )
            .await
            {
                Ok(response) => response,
                Err(_) => Err(stalled(call.verb, &call.url, self.deadline(), "the answer")),
            };
            let failure = match &outcome {
                Ok(response) => {
                    let (status, headers) = (response.status().as_u16(), response.headers());
                    self.judge(sent, status, headers);
                    Failure::is_chance(status)
                        .then(|| Failure::answered(call, status, headers, b""))
                }
                Err(error) => Failure::on_the_way(error),
            };
            let Some(retry) = failure.and_then(|failure| tries.again(failure)) else {
                return outcome;
            };
            let wait = retry.wait;
            traffic::tell(retry);
            tokio::time::sleep(wait).await;
        }
    }

    /// What an answer says about the allowed rate.
    pub(crate) fn judge(&self, sent: Instant, status: u16, headers: &HeaderMap) {
        if status == 429 {
            let pause = pause(headers).map(|pause| self.retry_policy().bounded(pause));
            self.limiter.slow_down(sent, pause);
        } else {
            self.limiter.speed_up();
        }
    }

    /// Waits for the turn of an upload, whose answer goes to [`Connection::judge`].
    pub(crate) async fn turn(&self) -> Instant {
        self.limiter.turn().await
    }

    /// One attempt, within the deadline.
    async fn send_once(
        &self,
        call: &ApiRequest,
        token: Option<HeaderValue>,
    ) -> Result<ApiResponse, Error> {
        let exchange = async {
            let response = self.start(call, token).await?;
            ApiResponse::read(call.verb, &call.url, response).await
        };
        match tokio::time::timeout(self.deadline(), exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(stalled(call.verb, &call.url, self.deadline(), "the answer")),
        }
    }
}
