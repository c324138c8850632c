//! The part of the Image API v2 that a publisher needs.

use std::sync::Arc;

use reqwest::Body;
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

use super::body::Failure;
use crate::error::api_error::redacted;
use crate::http::address::below;
use crate::http::request::{ApiRequest, Verb};
use crate::http::response::{ApiResponse, decode, stalled, transport};
use crate::{Error, Image, ImageBody, ImageDownload, ImagePatch, NewImage, Session};

/// The media type that Glance requires.
const PATCH_TYPE: &str = "application/openstack-images-v2.1-json-patch";

/// The image service of a cloud (Image API v2). Cheap to clone.
///
/// Clones share the [`Session`]. All methods need `&self` only, so requests can run at the same
/// time.
#[derive(Clone, Debug)]
pub struct Glance {
    session: Session,
    endpoint: Arc<OnceCell<Url>>,
}

impl Glance {
    /// The image service of the session's service catalog, or its `image_endpoint_override`.
    /// Nothing is sent yet.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self {
            session,
            endpoint: Arc::default(),
        }
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Creates an image, which then waits for its data.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the id is or was in use, [`Error::Forbidden`] if the user must not
    /// set this visibility, [`Error::ReservedProperty`] if a property has the name of an attribute;
    /// else as every request.
    pub async fn create(&self, image: &NewImage) -> Result<Image, Error> {
        let body = image.to_json()?.to_string();
        let call = ApiRequest::new(Verb::Post, self.url(&[]).await?).body("application/json", body);
        let answer = self.session.exchange(&call).await?;
        if answer.doubt && answer.status == 409 {
            return self.created_before(image, answer).await;
        }
        about(image.id(), answer.accepted()?.json()?, &call)
    }

    /// Uploads the data of an image that waits for them. When this returns, the image is active.
    ///
    /// It is never sent again: after any error, look at the image first. Dropping the future cuts
    /// the connection and leaves the image without data. Glance may take a moment to notice a cut,
    /// or even to begin with what it received before: right after one the image may be `queued`,
    /// then `saving`, and `queued` again.
    ///
    /// # Errors
    /// [`Error::BodyFailed`] and [`Error::BodyLength`] if the body is the cause, [`Error::Stalled`]
    /// without progress for the idle time, [`Error::UnsupportedContent`] if the bytes are not of
    /// the declared format, [`Error::TooLarge`], [`Error::Conflict`] if the image does not wait for
    /// data, [`Error::Gone`] if it was deleted meanwhile, [`Error::Rejected`] if there is no such
    /// store; else as every request.
    pub async fn upload(&self, id: Uuid, body: ImageBody) -> Result<(), Error> {
        let url = self.file_url(id).await?;
        let token = self.session.upload_token().await?;
        let connection = self.session.connection();
        let turn = connection.turn().await;
        let mut request = connection.upload(&url, token.header()?);
        if let Some(length) = body.announced() {
            request = request
                .header("content-length", length)
                .header("x-openstack-image-size", length);
        }
        if let Some(store) = body.chosen_store() {
            request = request.header("x-image-meta-store", store);
        }
        let (body, progress) = body.watched();
        let sending = request.body(Body::wrap_stream(body)).send();
        let result = tokio::select! {
            biased;
            result = sending => result,
            phase = progress.stalled(connection.idle) => {
                return Err(stalled(Verb::Put, &url, connection.idle, phase.waiting_for()));
            }
        };
        let answer = match result {
            Ok(response) => {
                let reading = ApiResponse::read(Verb::Put, &url, response);
                match tokio::time::timeout(connection.deadline(), reading).await {
                    Ok(answer) => answer?,
                    Err(_) => {
                        let deadline = connection.deadline();
                        return Err(stalled(Verb::Put, &url, deadline, "the rest of the answer"));
                    }
                }
            }
            Err(error) => {
                let sent = progress.sent();
                return Err(match progress.take_failure() {
                    Some(failure) => failed(&url, sent, failure),
                    None => transport(Verb::Put, &url, error),
                });
            }
        };
        connection.judge(turn, answer.status, &answer.headers);
        if answer.status == 401 {
            self.session.forget(&token).await;
        }
        answer.accepted()?;
        // A cloud that accepts a failed body has not checked it.
        match progress.take_failure() {
            Some(failure) => Err(failed(&url, progress.sent(), failure)),
            None => Ok(()),
        }
    }

    /// Returns an image.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist or the project may not see it; else as every
    /// request.
    pub async fn image(&self, id: Uuid) -> Result<Image, Error> {
        let call = ApiRequest::new(Verb::Get, self.url(&[&id.to_string()]).await?);
        about(id, self.session.send(&call).await?.json()?, &call)
    }

    /// Returns an image, if it exists and the project may see it.
    ///
    /// # Errors
    /// As every request.
    pub async fn find(&self, id: Uuid) -> Result<Option<Image>, Error> {
        match self.image(id).await {
            Ok(image) => Ok(Some(image)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes an image by one request.
    ///
    /// Do not call it during an upload: Glance then answers 200 and forgets the change.
    ///
    /// # Errors
    /// [`Error::EmptyPatch`] without a request if there is nothing to change, [`Error::Conflict`]
    /// if a property to remove is absent, [`Error::Forbidden`] if an attribute is read-only or the
    /// user must not set this visibility, [`Error::ReservedProperty`] if a property has the name of
    /// an attribute; else as every request.
    pub async fn update(&self, id: Uuid, patch: &ImagePatch) -> Result<Image, Error> {
        if patch.is_empty() {
            return Err(Error::EmptyPatch { id });
        }
        let body = patch.to_json()?.to_string();
        let url = self.url(&[&id.to_string()]).await?;
        let call = ApiRequest::new(Verb::Patch, url).body(PATCH_TYPE, body);
        let answer = self.session.exchange(&call).await?;
        if answer.doubt && matches!(answer.status, 400 | 409) {
            return self.updated_before(id, patch, answer).await;
        }
        about(id, answer.accepted()?.json()?, &call)
    }

    /// Deletes an image. Its id can never be used again.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if it is protected, [`Error::NotFound`] if it does not exist or the
    /// project may not see it, [`Error::Conflict`] if it is in use in the store; else as every
    /// request.
    pub async fn delete(&self, id: Uuid) -> Result<(), Error> {
        let call = ApiRequest::new(Verb::Delete, self.url(&[&id.to_string()]).await?);
        self.session.exchange(&call).await?.removed()
    }

    /// Deactivates an image: only administrators can use its data then. Its description stays. Can
    /// be repeated.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if it has no data yet or is not the project's, [`Error::NotFound`] if
    /// it does not exist or the project may not see it; else as every request.
    pub async fn deactivate(&self, id: Uuid) -> Result<(), Error> {
        self.act(id, "deactivate").await
    }

    /// Reactivates an image. Can be repeated.
    ///
    /// # Errors
    /// As [`Glance::deactivate`].
    pub async fn reactivate(&self, id: Uuid) -> Result<(), Error> {
        self.act(id, "reactivate").await
    }

    /// Downloads the data of an image.
    ///
    /// # Errors
    /// [`Error::NoData`] if it has none, [`Error::Forbidden`] if it is deactivated,
    /// [`Error::NotFound`]; else as every request.
    pub async fn download(&self, id: Uuid) -> Result<ImageDownload, Error> {
        let call = ApiRequest::new(Verb::Get, self.file_url(id).await?);
        let response = self.session.open(&call).await?;
        match response.status().as_u16() {
            200 => {
                let idle = self.session.connection().idle;
                Ok(ImageDownload::new(call.url, response, idle))
            }
            204 => Err(Error::NoData { id }),
            status => Err(decode(Verb::Get, &call.url, format!("status {status}"))),
        }
    }

    async fn act(&self, id: Uuid, action: &str) -> Result<(), Error> {
        let url = self.url(&[&id.to_string(), "actions", action]).await?;
        self.session.send(&ApiRequest::new(Verb::Post, url)).await?;
        Ok(())
    }

    async fn file_url(&self, id: Uuid) -> Result<Url, Error> {
        self.url(&[&id.to_string(), "file"]).await
    }

    /// The URL of these segments below `/v2/images`.
    pub(crate) async fn url(&self, segments: &[&str]) -> Result<Url, Error> {
        Ok(below(
            &below(&self.endpoint().await?, &["images"]),
            segments,
        ))
    }

    /// The URL of the image service, ending in `/v2`.
    pub(crate) async fn endpoint(&self) -> Result<Url, Error> {
        let endpoint = self
            .endpoint
            .get_or_try_init(|| self.session.image_endpoint());
        Ok(endpoint.await?.clone())
    }
}

fn failed(url: &Url, sent: u64, failure: Failure) -> Error {
    let url = redacted(url);
    match failure {
        Failure::Length { declared, yielded } => Error::BodyLength {
            url,
            declared,
            yielded,
        },
        Failure::Stream(source) => Error::BodyFailed { url, sent, source },
    }
}

/// An answer about another image than the requested one is an error: a confused proxy or cache must
/// not lead to a change or deletion of that image.
pub(crate) fn about(id: Uuid, image: Image, call: &ApiRequest) -> Result<Image, Error> {
    if image.id == id {
        return Ok(image);
    }
    let reason = format!("it is about image {} instead of {id}", image.id);
    Err(decode(call.verb, &call.url, reason))
}
