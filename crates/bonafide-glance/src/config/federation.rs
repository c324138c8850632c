//! Log-ins through an identity provider that Keystone trusts (OpenID Connect).

use secrecy::SecretString;
use url::Url;

use super::settled::Settled;
use super::settled::missing;
use crate::Error;
use crate::endpoint::service_url;

/// A log-in with an access token of an identity provider.
#[derive(Debug)]
pub(crate) struct Federated {
    /// Keystone's name of the identity provider.
    pub(crate) provider: String,
    /// Keystone's name of the protocol.
    pub(crate) protocol: String,
    pub(crate) access: Access,
}

/// Where the access token comes from.
#[derive(Debug)]
pub(crate) enum Access {
    /// From the provider, which knows the client (RFC 6749 section 4.4).
    Client {
        endpoint: TokenEndpoint,
        id: String,
        secret: Option<SecretString>,
        scope: String,
        /// Which of the provider's tokens Keystone expects: `access_token` or `id_token`.
        field: String,
    },
    /// It is configured.
    Token(SecretString),
}

/// The provider's token endpoint.
#[derive(Debug)]
pub(crate) enum TokenEndpoint {
    /// In its discovery document (OpenID Connect Discovery 1.0).
    Discovered(Url),
    Given(Url),
}

impl Federated {
    pub(crate) fn with_token(settled: &Settled) -> Result<Self, Error> {
        let token = settled.auth("access_token");
        let token = token
            .ok_or_else(|| missing(settled, "`auth.access_token`", "set it, or OS_ACCESS_TOKEN"))?;
        Self::new(settled, Access::Token(token.into()))
    }

    pub(crate) fn with_client(settled: &Settled) -> Result<Self, Error> {
        let address = |key: &str| {
            let url = settled.auth(key).map(service_url).transpose();
            url.map_err(|reason| settled.invalid(&format!("auth.{key}"), reason))
        };
        let endpoint = match (
            address("access_token_endpoint")?,
            address("discovery_endpoint")?,
        ) {
            (Some(url), _) => TokenEndpoint::Given(url),
            (None, Some(url)) => TokenEndpoint::Discovered(url),
            (None, None) => {
                let hint = "set it to the provider's token endpoint, or `auth.discovery_endpoint` \
                            to its openid-configuration";
                return Err(missing(settled, "`auth.access_token_endpoint`", hint));
            }
        };
        let id = settled.auth("client_id");
        let id =
            id.ok_or_else(|| missing(settled, "`auth.client_id`", "set it, or OS_CLIENT_ID"))?;
        let field = settled.auth("access_token_type").unwrap_or("access_token");
        if !["access_token", "id_token"].contains(&field) {
            let reason = "write access_token or id_token";
            return Err(settled.invalid("auth.access_token_type", reason));
        }
        let access = Access::Client {
            endpoint,
            id: id.to_owned(),
            secret: settled.auth("client_secret").map(Into::into),
            scope: settled
                .auth("openid_scope")
                .unwrap_or("openid profile")
                .to_owned(),
            field: field.to_owned(),
        };
        Self::new(settled, access)
    }

    fn new(settled: &Settled, access: Access) -> Result<Self, Error> {
        let text = |key, name: &'static str, hint| {
            let text = settled.auth(key).map(str::to_owned);
            text.ok_or_else(|| missing(settled, name, hint))
        };
        let provider = text(
            "identity_provider",
            "`auth.identity_provider`",
            "set it to Keystone's name of the identity provider, or OS_IDENTITY_PROVIDER",
        )?;
        let protocol = text(
            "protocol",
            "`auth.protocol`",
            "set it to Keystone's name of the protocol, such as openid, or OS_PROTOCOL",
        )?;
        for (key, text) in [("identity_provider", &provider), ("protocol", &protocol)] {
            // It becomes a segment of a path, where `.` and `..` would be dropped.
            if [".", ".."].contains(&text.as_str()) {
                return Err(settled.invalid(&format!("auth.{key}"), "it can't be a name"));
            }
        }
        Ok(Self {
            provider,
            protocol,
            access,
        })
    }
}
