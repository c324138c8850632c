//! The keys of a cloud, as openstacksdk and keystoneauth name them.

/// Keys of `auth` that are read from outside of it first, each with its older names before it:
/// later ones override earlier ones. openstacksdk does so because command-line options are outside
/// there.
pub(crate) const OUTSIDE_FIRST: [(&str, &[&str]); 10] = [
    ("domain_id", &["domain_id"]),
    ("domain_name", &["domain_name"]),
    ("passcode", &["passcode"]),
    ("project_domain_id", &["project_domain_id"]),
    ("project_domain_name", &["project_domain_name"]),
    ("project_id", &["tenant_id", "project_id"]),
    ("project_name", &["tenant_name", "project_name"]),
    ("token", &["auth_token", "token"]),
    ("user_domain_id", &["user_domain_id"]),
    ("user_domain_name", &["user_domain_name"]),
];

/// Keys of `auth` that may be outside of it, where they are used if `auth` has none; each with its
/// older name after it.
pub(crate) const INSIDE_FIRST: [(&str, &[&str]); 21] = [
    ("access_token", &["access_token"]),
    ("access_token_endpoint", &["access_token_endpoint"]),
    ("access_token_type", &["access_token_type"]),
    ("application_credential_id", &["application_credential_id"]),
    (
        "application_credential_name",
        &["application_credential_name"],
    ),
    (
        "application_credential_secret",
        &["application_credential_secret"],
    ),
    ("auth_url", &["auth_url"]),
    ("client_id", &["client_id"]),
    ("client_secret", &["client_secret"]),
    ("default_domain", &["default_domain"]),
    ("default_domain_id", &["default_domain_id"]),
    ("default_domain_name", &["default_domain_name"]),
    ("discovery_endpoint", &["discovery_endpoint"]),
    ("identity_provider", &["identity_provider"]),
    ("openid_scope", &["openid_scope", "scope"]),
    ("password", &["password"]),
    ("protocol", &["protocol"]),
    ("system_scope", &["system_scope"]),
    ("trust_id", &["trust_id"]),
    ("user_id", &["user_id"]),
    ("username", &["username", "user_name"]),
];

/// Settings of a cloud outside of `auth` that a variable may set.
pub(crate) const SETTINGS: [&str; 12] = [
    "api_timeout",
    "auth_methods",
    "auth_plugin",
    "auth_type",
    "cacert",
    "cert",
    "endpoint_type",
    "insecure",
    "interface",
    "key",
    "profile",
    "verify",
];

/// Settings that a single service may have, after its name and a `_`.
pub(crate) const OF_A_SERVICE: [&str; 8] = [
    "api_version",
    "endpoint",
    "endpoint_override",
    "endpoint_type",
    "interface",
    "region_name",
    "service_name",
    "service_type",
];

/// Settings that would change the destination of images or the requests, and that are not
/// supported.
pub(crate) const NOT_BUILT_IN: [(&str, &str); 5] = [
    (
        "endpoint_override",
        "it does not say of which service; write `image_endpoint_override`",
    ),
    (
        "service_name",
        "services are chosen by their type; remove it",
    ),
    (
        "service_type",
        "services are chosen by their official type; remove it",
    ),
    ("url", "write `image_endpoint_override`"),
    ("vendor_hook", "it names a function of Python; remove it"),
];
