//! Tokens: when one is fetched, how often, and what happens when it is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bonafide_glance::{
    BoxError, CloudConfig, Error, Glance, ImageBody, ImageFilter, Session, Token, TokenProvider,
};
use bytes::Bytes;
use futures_util::{future, stream};
use jiff::Timestamp;
use uuid::Uuid;

use crate::scripted::{Cloud, NOW, Received, Reply, clock, header, json};

const EMPTY: &str = r#"{"images":[]}"#;

fn empty(_: &Received, _: usize) -> Reply {
    json(200, EMPTY)
}

#[tokio::test]
async fn one_login_serves_many_requests() {
    let cloud = Cloud::new(empty).await;
    let glance = cloud.glance();
    for _ in 0..3 {
        glance.list(&ImageFilter::new()).await.unwrap();
    }
    assert_eq!(cloud.logins(), 1);
    assert_eq!(glance.session().requests(), 4);
    assert_eq!(glance.session().project_id().await.unwrap(), "p1");
    assert_eq!(glance.session().roles().await.unwrap(), ["member"]);
    assert_eq!(glance.session().requests(), 4);
}

#[tokio::test]
async fn every_request_asks_for_json_and_carries_the_token() {
    let cloud = Cloud::new(empty).await;
    cloud.glance().list(&ImageFilter::new()).await.unwrap();
    let received = cloud.received();
    assert!(
        received
            .iter()
            .all(|request| header(request, "accept").as_deref() == Some("application/json"))
    );
    assert_eq!(header(&received[0], "x-auth-token"), None);
    assert_eq!(header(&received[1], "x-auth-token").unwrap(), "token-1");
}

#[tokio::test]
async fn a_token_that_expires_within_a_minute_is_renewed() {
    let cloud = Cloud::with_tokens(&[60, 61], empty).await;
    let glance = cloud.glance();
    glance.list(&ImageFilter::new()).await.unwrap();
    assert_eq!(
        cloud.logins(),
        2,
        "the endpoint took the first, the request the second"
    );
    glance.list(&ImageFilter::new()).await.unwrap();
    assert_eq!(cloud.logins(), 2);
}

#[tokio::test]
async fn a_token_is_renewed_when_the_clock_comes_near_its_end() {
    static OFFSET: AtomicI64 = AtomicI64::new(0);
    fn clock() -> Timestamp {
        Timestamp::from_second(NOW + OFFSET.load(Ordering::Relaxed)).unwrap()
    }
    let cloud = Cloud::with_tokens(&[3600, 7200], empty).await;
    let glance = Glance::new(Session::new(cloud.config(), clock).unwrap());
    glance.list(&ImageFilter::new()).await.unwrap();
    OFFSET.store(3539, Ordering::Relaxed);
    glance.list(&ImageFilter::new()).await.unwrap();
    assert_eq!(cloud.logins(), 1);
    OFFSET.store(3540, Ordering::Relaxed);
    glance.list(&ImageFilter::new()).await.unwrap();
    assert_eq!(cloud.logins(), 2);
}

#[tokio::test]
async fn an_upload_wants_a_token_that_lasts_ten_minutes() {
    let cloud = Cloud::with_tokens(&[600, 601], |request, _| {
        if request.line.starts_with("PUT") {
            Reply::Answer(204, String::new(), String::new())
        } else {
            json(200, EMPTY)
        }
    })
    .await;
    let glance = cloud.glance();
    glance.list(&ImageFilter::new()).await.unwrap();
    assert_eq!(cloud.logins(), 1);
    let body = || ImageBody::new(stream::iter([Ok::<_, BoxError>(Bytes::from_static(b"x"))]));
    glance.upload(Uuid::nil(), body()).await.unwrap();
    glance.upload(Uuid::nil(), body()).await.unwrap();
    assert_eq!(cloud.logins(), 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_request_repeated() {
    let cloud = Cloud::new(
        |request, _| match header(request, "x-auth-token").as_deref() {
            Some("token-1") => Reply::Answer(401, String::new(), "<html>no</html>".to_owned()),
            _ => json(200, EMPTY),
        },
    )
    .await;
    let glance = cloud.glance();
    glance.list(&ImageFilter::new()).await.unwrap();
    assert_eq!(cloud.lines().len(), 2);
    assert_eq!(cloud.logins(), 2);
    assert_eq!(glance.session().requests(), 4);
}

#[tokio::test]
async fn a_second_refusal_is_an_error() {
    let cloud = Cloud::new(|_, _| json(401, r#"{"message":"no.<br />","code":"401"}"#)).await;
    let error = cloud.glance().list(&ImageFilter::new()).await.unwrap_err();
    assert!(matches!(error, Error::TokenRefused(_)));
    assert_eq!(error.status(), Some(401));
    assert_eq!(cloud.lines().len(), 2);
}

#[tokio::test]
async fn a_download_is_repeated_after_a_refused_token() {
    let cloud = Cloud::new(
        |request, _| match header(request, "x-auth-token").as_deref() {
            Some("token-1") => Reply::Answer(401, String::new(), String::new()),
            _ => Reply::Answer(200, String::new(), "data".to_owned()),
        },
    )
    .await;
    let download = cloud.glance().download(Uuid::nil()).await.unwrap();
    assert_eq!(download.length(), Some(4));
    assert_eq!(cloud.logins(), 2);
}

#[tokio::test]
async fn tasks_that_need_a_token_at_once_fetch_one() {
    let cloud = Cloud::new(
        |request, _| match header(request, "x-auth-token").as_deref() {
            Some("token-1") => Reply::Answer(401, String::new(), String::new()),
            _ => json(200, EMPTY),
        },
    )
    .await;
    let glance = cloud.glance();
    let filter = ImageFilter::new();
    let lists = future::join_all((0..8).map(|_| glance.list(&filter))).await;
    assert!(lists.into_iter().all(|list| list.is_ok()));
    assert_eq!(
        cloud.logins(),
        2,
        "one at first and one after the first was refused"
    );
}

#[tokio::test]
async fn a_wrong_password_is_reported_with_what_to_do_and_without_the_password() {
    let cloud = Cloud::bare(|_, _| {
        json(401, r#"{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}"#)
    })
    .await;
    let error = cloud.glance().list(&ImageFilter::new()).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("/v3/auth/tokens` was answered 401: The request"),
        "{text}"
    );
    assert!(text.contains("check user, password, project"), "{text}");
    assert!(!format!("{error:?}").contains("hunter2"));
    assert_eq!(cloud.received().len(), 1);
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let cloud = Cloud::new(|_, _| {
        Reply::Answer(
            302,
            "location: http://evil.example/v2/images\r\n".to_owned(),
            String::new(),
        )
    })
    .await;
    let error = cloud.glance().list(&ImageFilter::new()).await.unwrap_err();
    assert!(matches!(error, Error::Rejected(_)));
    assert!(
        error
            .to_string()
            .contains("redirected to http://evil.example"),
        "{error}"
    );
    assert_eq!(cloud.lines().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_never_answered_has_a_deadline() {
    let cloud = Cloud::new(|_, _| Reply::Silent).await;
    let glance = cloud.glance_with(|config| config.request_deadline(Duration::from_millis(200)));
    let error = glance.list(&ImageFilter::new()).await.unwrap_err();
    assert!(
        matches!(error, Error::Stalled { method: "GET", .. }),
        "{error}"
    );
}

#[tokio::test]
async fn keystone_without_a_token_in_its_answer_is_not_understood() {
    let cloud = Cloud::bare(|_, _| json(201, r#"{"token":{}}"#)).await;
    let error = cloud.glance().session().project_id().await.unwrap_err();
    assert!(error.to_string().contains("X-Subject-Token"), "{error}");
}

#[tokio::test]
async fn a_token_for_no_project_has_no_project_id() {
    let cloud = Cloud::bare(|_, _| {
        let body = r#"{"token":{"expires_at":"2026-11-23T22:57:11.000000Z"}}"#;
        Reply::Answer(201, "x-subject-token: t\r\n".to_owned(), body.to_owned())
    })
    .await;
    let glance = cloud.glance();
    let error = glance.session().project_id().await.unwrap_err();
    assert!(matches!(error, Error::NoProject { .. }));
    let error = glance.list(&ImageFilter::new()).await.unwrap_err();
    assert!(matches!(error, Error::NoProject { .. }), "{error}");
}

#[tokio::test]
async fn an_address_without_a_server_is_a_transport_error() {
    let cloud = Cloud::bare(|_, _| Reply::Hang).await;
    let error = cloud.glance().session().roles().await.unwrap_err();
    assert!(matches!(error, Error::Transport { method: "POST", .. }));
    assert!(std::error::Error::source(&error).is_some());
}

#[derive(Debug)]
struct SingleSignOn;

#[async_trait::async_trait]
impl TokenProvider for SingleSignOn {
    async fn token(&self, now: Timestamp) -> Result<Token, Error> {
        let mut token = Token::new("sso".into(), now + Duration::from_secs(3600));
        token.project_id = Some("p9".to_owned());
        Ok(token)
    }
}

#[tokio::test]
async fn another_login_comes_in_as_a_provider() {
    let cloud = Cloud::bare(empty).await;
    let text = format!(
        "clouds: {{a: {{auth_type: v3oidcpassword, auth: {{auth_url: 'http://{0}'}}, \
         image_endpoint_override: 'http://{0}/glance/v2/'}}}}",
        cloud.address
    );
    let config = || CloudConfig::from_yaml(&text, "a").unwrap();
    let error = Session::new(config(), clock).unwrap_err();
    assert!(matches!(&error, Error::UnsupportedAuthType(name) if name == "v3oidcpassword"));
    let session = Session::with_provider(config(), clock, Arc::new(SingleSignOn)).unwrap();
    assert_eq!(session.project_id().await.unwrap(), "p9");
    assert!(!format!("{session:?}").contains("sso"));
    Glance::new(session)
        .list(&ImageFilter::new())
        .await
        .unwrap();
    let received = cloud.received();
    assert_eq!(received[0].line, "GET /glance/v2/images");
    assert_eq!(header(&received[0], "x-auth-token").unwrap(), "sso");
}

#[tokio::test]
async fn a_bundle_without_certificates_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "clouds: {{a: {{cacert: '{}', auth: {{auth_url: 'http://k', token: t}}}}}}",
        file.path().display()
    );
    let error = Session::new(CloudConfig::from_yaml(&text, "a").unwrap(), clock).unwrap_err();
    assert!(
        matches!(error, Error::ConfigFile { what: "cacert", .. }),
        "{error:?}"
    );
}
