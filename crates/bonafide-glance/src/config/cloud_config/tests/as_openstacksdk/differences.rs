//! Where openstacksdk reads a cloud in another way, and why.

/// What we do where openstacksdk does something else.
pub(super) enum Ours {
    /// We take the cloud, in another way or where openstacksdk refuses it.
    Accepts,
    /// We refuse it, with these words.
    Refuses(&'static str),
}
use Ours::{Accepts, Refuses};

/// Differences that are wanted: the case, what we do, and why.
pub(super) const DIFFERENCES: &[(&str, Ours, &str)] = &[
    (
        "address-of-a-service-with-a-password",
        Refuses("a user or password in it"),
        "an address shows in messages and logs, so it has no secret in it",
    ),
    (
        "address-of-no-service-by-variable",
        Refuses("`OS_ENDPOINT_OVERRIDE`"),
        "openstacksdk passes over it; whoever sets it means one service, and images would go elsewhere",
    ),
    (
        "application-credential-with-a-project",
        Accepts,
        "Keystone refuses every scope with an application credential, so none is sent",
    ),
    (
        "application-credential-without-its-type",
        Accepts,
        "the keys say which log-in is meant, as for the command `openstack`",
    ),
    (
        "client-without-a-secret",
        Accepts,
        "keystoneauth can't make its client without a secret, though OAuth has such clients",
    ),
    (
        "dash-and-underscore",
        Refuses("written twice"),
        "openstacksdk takes the last one; only one of them is meant",
    ),
    (
        "dashes-in-the-type",
        Accepts,
        "openstacksdk passes over `auth-type`, though it reads other keys with dashes",
    ),
    (
        "default-domain-beside-the-users",
        Accepts,
        "openstacksdk sends the default domain though the user and the project have others",
    ),
    (
        "default-domain-of-openstack",
        Accepts,
        "the command `openstack` reads it",
    ),
    (
        "file-by-variable-that-is-not-there",
        Refuses("absent.yaml"),
        "openstacksdk reads the next file, which may have another cloud of this name",
    ),
    (
        "insecure-as-another-text",
        Refuses("`insecure`"),
        "openstacksdk reads every text but `true` as false",
    ),
    (
        "interface-by-variable-beside-its-older-name",
        Accepts,
        "in openstacksdk the older name in the file wins over the variable",
    ),
    (
        "interface-null",
        Accepts,
        "openstacksdk takes the catalog's first endpoint, whatever its interface",
    ),
    (
        "interface-that-is-not-one",
        Refuses("`interface`"),
        "no catalog has such an endpoint",
    ),
    (
        "key-written-twice",
        Refuses("written twice"),
        "openstacksdk takes the last one; only one of them is meant",
    ),
    (
        "name-of-a-service",
        Refuses("`image_service_name`"),
        "services are chosen by type here",
    ),
    (
        "no-domain",
        Accepts,
        "as for the command `openstack` it is the default domain; Keystone refuses names without one",
    ),
    (
        "older-name-of-the-type",
        Accepts,
        "in openstacksdk its own default wins over the older name",
    ),
    (
        "other-address-by-variable",
        Refuses("`OS_AUTH_URL`"),
        "openstacksdk follows the file and the command `openstack` the variable",
    ),
    (
        "password-by-variable-beside-another",
        Refuses("`OS_PASSWORD`"),
        "openstacksdk follows the file and the command `openstack` the variable",
    ),
    (
        "password-and-passcode",
        Accepts,
        "the passcode is sent if Keystone's receipt asks for it",
    ),
    (
        "password-that-is-a-word-of-yaml",
        Accepts,
        "a password is what is written",
    ),
    (
        "password-with-a-zero-before-it",
        Accepts,
        "a password is what is written, and not the number 83",
    ),
    (
        "profile-that-is-not-there",
        Refuses("`other` is not below"),
        "openstacksdk warns and goes on without it",
    ),
    (
        "project-by-variable-beside-a-credential",
        Refuses("`OS_PROJECT_ID`"),
        "Keystone refuses every scope with an application credential",
    ),
    (
        "project-by-variable-beside-an-id",
        Refuses("`OS_PROJECT_NAME`"),
        "openstacksdk follows the id of the file, and images would go to another project",
    ),
    (
        "timeout-that-is-not-one",
        Refuses("`api_timeout`"),
        "openstacksdk finds that out later",
    ),
    (
        "token-without-its-type",
        Accepts,
        "the keys say which log-in is meant, as for the command `openstack`",
    ),
    (
        "type-of-a-service",
        Refuses("`image_service_type`"),
        "services are chosen by their official type here",
    ),
    (
        "vendor-hook",
        Refuses("`vendor_hook`"),
        "it names a function of Python",
    ),
    (
        "verify-as-another-text",
        Refuses("`verify`"),
        "openstacksdk takes it for the path of a CA bundle, and requests fail",
    ),
    (
        "verify-as-text",
        Accepts,
        "openstacksdk takes it for the path of a CA bundle, and requests fail",
    ),
    (
        "version-1-of-images",
        Refuses("`image_api_version`"),
        "only version 2 is supported",
    ),
];
