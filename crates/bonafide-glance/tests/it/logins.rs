//! Log-ins beyond a password: what is sent, what becomes of the answers, and what is refused.

use std::str;

use bonafide_glance::{CloudConfig, Error, Glance, ImageFilter, Session};
use serde_json::{Value, json as value};

use crate::scripted::{Cloud, NOW, Received, Reply, clock, header, json, token};

const TOKENS: &str = "POST /v3/auth/tokens";
const FEDERATION: &str =
    "POST /v3/OS-FEDERATION/identity_providers/the%20provider/protocols/openid/auth";
const EMPTY: &str = r#"{"images": []}"#;

fn session(cloud: &Cloud, auth: &str, settings: &str) -> Result<Session, Error> {
    let auth = auth.replace("{cloud}", &format!("http://{}", cloud.address));
    let text = format!(
        "clouds: {{a: {{{settings} auth: {{auth_url: 'http://{}', {auth}}}}}}}",
        cloud.address
    );
    Session::new(CloudConfig::from_yaml(&text, "a")?, clock)
}

/// Logs in; an error must not show a secret.
async fn project(cloud: &Cloud, auth: &str, settings: &str) -> Result<String, Error> {
    let result = session(cloud, auth, settings)?.project_id().await;
    if let Err(error) = &result {
        let text = format!("{error} {error:?}");
        for secret in [
            "hunter2",
            "123456",
            "the-secret",
            "the-receipt",
            "the-access",
        ] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    result
}

fn good(request: &Received) -> Reply {
    token("t", NOW + 3600, &header(request, "host").unwrap())
}

fn unscoped() -> Reply {
    let body = r#"{"token":{"expires_at":"2026-11-23T22:57:11.000000Z"}}"#;
    Reply::Answer(201, "x-subject-token: u\r\n".to_owned(), body.to_owned())
}

fn receipt(required: &str) -> Reply {
    let body =
        format!(r#"{{"receipt":{{"methods":["password"]}},"required_auth_methods":{required}}}"#);
    let header = "openstack-auth-receipt: the-receipt\r\n";
    Reply::Answer(401, header.to_owned(), body)
}

fn sent(request: &Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

const BOTH: &str = r#"[["password","totp"],["token"]]"#;
const USER: &str = "username: u, password: hunter2, project_name: p";

#[tokio::test]
async fn several_factors_are_sent_in_one_request() {
    let cloud = Cloud::bare(|request, _| good(request)).await;
    let settings = "auth_type: v3multifactor, auth_methods: [v3password, v3totp],";
    let auth = format!("{USER}, passcode: 123456");
    assert_eq!(project(&cloud, &auth, settings).await.unwrap(), "p1");
    let received = cloud.received();
    assert_eq!(received.len(), 1);
    let user = value!({"name": "u", "domain": {"id": "default"}, "passcode": "123456"});
    let identity = &sent(&received[0])["auth"]["identity"];
    assert_eq!(identity["methods"], value!(["password", "totp"]));
    assert_eq!(identity["totp"]["user"], user);
    assert_eq!(identity["password"]["user"]["password"], "hunter2");
}

#[tokio::test]
async fn a_receipt_is_sent_with_the_factor_that_is_asked_for() {
    let cloud = Cloud::bare(|request, nth| match nth {
        0 => receipt(BOTH),
        _ => good(request),
    })
    .await;
    let auth = format!("{USER}, passcode: 123456");
    assert_eq!(project(&cloud, &auth, "").await.unwrap(), "p1");
    let [first, second] = &cloud.received()[..] else {
        panic!("two requests")
    };
    assert_eq!(header(first, "openstack-auth-receipt"), None);
    assert_eq!(
        sent(first)["auth"]["identity"]["methods"],
        value!(["password"])
    );
    assert_eq!(
        header(second, "openstack-auth-receipt").unwrap(),
        "the-receipt"
    );
    let body = sent(second);
    assert_eq!(body["auth"]["identity"]["methods"], value!(["totp"]));
    assert_eq!(body["auth"]["scope"]["project"]["name"], "p");
}

#[tokio::test]
async fn a_passcode_is_not_sent_where_a_password_is_enough() {
    let cloud = Cloud::bare(|request, _| good(request)).await;
    let auth = format!("{USER}, passcode: 123456");
    project(&cloud, &auth, "").await.unwrap();
    let received = cloud.received();
    assert_eq!(received.len(), 1);
    assert!(
        !str::from_utf8(&received[0].body)
            .unwrap()
            .contains("123456")
    );
}

#[tokio::test]
async fn a_receipt_without_the_missing_factor_says_which_one_it_is() {
    for (auth, required) in [
        (USER.to_owned(), BOTH),
        (
            format!("{USER}, passcode: 123456"),
            r#"[["password","other"]]"#,
        ),
    ] {
        let cloud = Cloud::bare(move |_, _| receipt(required)).await;
        let error = project(&cloud, &auth, "").await.unwrap_err();
        assert!(matches!(error, Error::MissingFactors { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("password with"), "{text}");
        assert!(text.contains("v3multifactor"), "{text}");
        assert_eq!(
            cloud.received().len(),
            1,
            "nothing is sent that is not enough"
        );
    }
}

#[tokio::test]
async fn a_second_receipt_and_a_wrong_passcode_are_refused() {
    for second in [401, 403] {
        let cloud = Cloud::bare(move |_, nth| match nth {
            0 => receipt(BOTH),
            _ => json(second, r#"{"error":{"message":"No."}}"#),
        })
        .await;
        let auth = format!("{USER}, passcode: 123456");
        let error = project(&cloud, &auth, "").await.unwrap_err();
        assert_eq!(error.status(), Some(second), "{error}");
    }
}

#[tokio::test]
async fn a_passcode_that_was_good_once_has_another_error_than_a_wrong_one() {
    let cloud = Cloud::bare(|request, nth| match (request.line.as_str(), nth) {
        (TOKENS, 0) => token("t", NOW + 30, &header(request, "host").unwrap()),
        (TOKENS, _) => json(401, r#"{"error":{"message":"No."}}"#),
        _ => json(200, EMPTY),
    })
    .await;
    let auth = "username: u, passcode: 123456, project_name: p";
    let session = session(&cloud, auth, "auth_type: v3totp,").unwrap();
    session.project_id().await.unwrap();
    let error = session.project_id().await.unwrap_err();
    assert!(matches!(error, Error::PasscodeUsed(_)), "{error:?}");
    assert!(
        error.to_string().contains("application credential"),
        "{error}"
    );
    // The first one being wrong is something else.
    let cloud = Cloud::bare(|_, _| json(401, "{}")).await;
    let error = project(&cloud, auth, "auth_type: v3totp,")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
}

const CLIENT: &str = "identity_provider: the provider, protocol: openid, client_id: c, \
                      client_secret: hunter2, project_name: p";
const CLIENT_TYPE: &str = "auth_type: v3oidcclientcredentials,";

/// An identity provider and the Keystone that trusts it.
fn provider(request: &Received) -> Reply {
    match request.line.as_str() {
        "GET /.well-known/openid-configuration" => {
            let host = header(request, "host").unwrap();
            let body = format!(r#"{{"token_endpoint":"http://{host}/token"}}"#);
            json(200, body)
        }
        "POST /token" => json(200, r#"{"access_token":"the-access","id_token":"the-id"}"#),
        FEDERATION => match header(request, "authorization").as_deref() {
            Some("bearer the-access" | "bearer the-id") => unscoped(),
            _ => json(401, "{}"),
        },
        TOKENS => good(request),
        _ => json(404, "{}"),
    }
}

#[tokio::test]
async fn a_client_of_an_identity_provider_gets_a_token_of_its_project() {
    for endpoint in [
        "access_token_endpoint: '{cloud}/token'",
        "discovery_endpoint: '{cloud}/.well-known/openid-configuration'",
    ] {
        let cloud = Cloud::bare(|request, _| provider(request)).await;
        let auth = format!("{CLIENT}, {endpoint}");
        assert_eq!(project(&cloud, &auth, CLIENT_TYPE).await.unwrap(), "p1");
        let received = cloud.received();
        let [.., asked, exchanged, scoped] = &received[..] else {
            panic!("{} requests", received.len())
        };
        // `c:hunter2`; heads are kept in lower case.
        let basic = "basic yzpodw50zxiy";
        assert_eq!(header(asked, "authorization").unwrap(), basic);
        assert_eq!(
            str::from_utf8(&asked.body).unwrap(),
            "grant_type=client_credentials&scope=openid+profile"
        );
        assert_eq!(exchanged.line, FEDERATION);
        let identity = &sent(scoped)["auth"]["identity"];
        assert_eq!(
            *identity,
            value!({"methods": ["token"], "token": {"id": "u"}})
        );
    }
}

#[tokio::test]
async fn a_client_without_secret_says_its_id_and_another_token_may_be_wanted() {
    let cloud = Cloud::bare(|request, _| provider(request)).await;
    let auth = format!(
        "{}, access_token_endpoint: '{{cloud}}/token', access_token_type: id_token, \
         openid_scope: openid",
        CLIENT.replace("client_secret: hunter2, ", "")
    );
    project(&cloud, &auth, CLIENT_TYPE).await.unwrap();
    let received = cloud.received();
    assert_eq!(header(&received[0], "authorization"), None);
    assert_eq!(
        str::from_utf8(&received[0].body).unwrap(),
        "grant_type=client_credentials&scope=openid&client_id=c"
    );
    assert_eq!(
        header(&received[1], "authorization").unwrap(),
        "bearer the-id"
    );
}

#[tokio::test]
async fn an_access_token_is_exchanged() {
    let cloud = Cloud::bare(|request, _| provider(request)).await;
    let auth = "identity_provider: the provider, protocol: openid, access_token: the-access";
    let settings = "auth_type: v3oidcaccesstoken,";
    let scoped = format!("{auth}, project_id: p1");
    assert_eq!(project(&cloud, &scoped, settings).await.unwrap(), "p1");
    // Without a project the token is for none, and the error says so.
    let error = project(&cloud, auth, settings).await.unwrap_err();
    assert!(matches!(error, Error::NoProject { .. }), "{error:?}");
    let expired = scoped.replace("the-access", "the-access-of-yesterday");
    let error = project(&cloud, &expired, settings).await.unwrap_err();
    assert!(
        matches!(error, Error::FederationRefused { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("`identity_provider`"), "{error}");
}

#[tokio::test]
async fn what_an_identity_provider_refuses_is_not_a_wrong_password() {
    let auth = format!("{CLIENT}, access_token_endpoint: '{{cloud}}/token'");
    for status in [400, 401, 403] {
        let cloud = Cloud::bare(move |_, _| {
            json(
                status,
                r#"{"error":"invalid_client","error_description":"Unknown client."}"#,
            )
        })
        .await;
        let error = project(&cloud, &auth, CLIENT_TYPE).await.unwrap_err();
        assert!(
            matches!(error, Error::FederationRefused { .. }),
            "{error:?}"
        );
        let text = error.to_string();
        assert!(text.contains("Unknown client"), "{text}");
        assert!(text.contains("`client_secret`"), "{text}");
    }
}

#[tokio::test]
async fn what_is_not_as_openid_connect_says_is_refused() {
    let discovery = format!("{CLIENT}, discovery_endpoint: '{{cloud}}/d'");
    let given = format!("{CLIENT}, access_token_endpoint: '{{cloud}}/d'");
    for (auth, body, words) in [
        (
            &given,
            r#"{"access_token": {"hunter2": 1}}"#,
            "no `access_token`",
        ),
        (&given, r#"hunter2"#, "no `access_token`"),
        (&discovery, r#"{}"#, "no `token_endpoint`"),
        (
            &discovery,
            r#"{"token_endpoint": "http://u:hunter2@k"}"#,
            "`token_endpoint`",
        ),
        (
            &discovery,
            r#"{"token_endpoint": "http://k", "grant_types_supported": ["implicit"]}"#,
            "`client_credentials`",
        ),
    ] {
        let cloud = Cloud::bare(move |_, _| json(200, body)).await;
        let error = project(&cloud, auth, CLIENT_TYPE).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn what_lacks_for_a_log_in_is_named_before_anything_is_sent() {
    let cloud = Cloud::bare(|request, _| provider(request)).await;
    for (auth, settings, key) in [
        (CLIENT, CLIENT_TYPE, "`auth.access_token_endpoint`"),
        (
            "access_token: the-access",
            "auth_type: v3oidcaccesstoken,",
            "`auth.identity_provider`",
        ),
        (
            "identity_provider: i, access_token: the-access",
            "",
            "`auth.protocol`",
        ),
        (
            "identity_provider: .., protocol: p, access_token: x",
            "",
            "`auth.identity_provider`",
        ),
        ("username: u", "auth_type: v3totp,", "`auth.passcode`"),
        ("passcode: 123456", "auth_type: v3totp,", "`auth.username`"),
        ("project_id: p", "auth_type: v3token,", "`auth.token`"),
        (
            USER,
            "auth_methods: [v3password, v3totp],",
            "`auth.passcode`",
        ),
    ] {
        let error = project(&cloud, auth, settings).await.unwrap_err();
        assert!(error.to_string().contains(key), "{error}");
    }
    assert!(cloud.received().is_empty());
}

#[tokio::test]
async fn a_refusal_after_a_good_log_in_is_not_a_wrong_password() {
    let cloud = Cloud::new(|_, _| json(401, r#"{"message":"No."}"#)).await;
    let error = cloud.glance().list(&ImageFilter::new()).await.unwrap_err();
    assert!(matches!(error, Error::TokenRefused(_)), "{error:?}");
    assert!(error.to_string().contains("access rules"), "{error}");
    assert!(!error.to_string().contains("check user"), "{error}");
}

#[tokio::test]
async fn an_unscoped_token_says_that_a_project_is_missing() {
    let cloud = Cloud::bare(|_, _| unscoped()).await;
    let session = session(&cloud, "username: u, password: hunter2", "").unwrap();
    let error = Glance::new(session).list(&ImageFilter::new()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::NoProject { .. }), "{error:?}");
    assert!(error.to_string().contains("`project_name`"), "{error}");
}
