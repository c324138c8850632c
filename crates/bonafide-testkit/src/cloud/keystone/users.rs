//! Who may come in: fixed users, one project each, and one application credential.

use std::fmt::Write as _;

use uuid::Uuid;

/// The region of every endpoint.
pub(crate) const REGION: &str = "RegionOne";

/// The only domain.
pub(crate) const DOMAIN_ID: &str = "default";
pub(crate) const DOMAIN_NAME: &str = "Default";

/// The secret of the publisher's application credential, and its name.
pub(crate) const CREDENTIAL_SECRET: &str = "appcredsecret";
pub(crate) const CREDENTIAL_NAME: &str = "publisher-appcred";

/// A user; the project of the same name is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) password: &'static str,
    pub(crate) roles: &'static [&'static str],
}

const MEMBER: &[&str] = &["reader", "member"];

/// Everybody.
pub(crate) const USERS: &[Person] = &[
    Person {
        name: "admin",
        password: "adminpw",
        roles: &["reader", "admin", "manager", "member"],
    },
    Person {
        name: "publisher",
        password: "userpw",
        roles: MEMBER,
    },
    Person {
        name: "customer",
        password: "userpw",
        roles: MEMBER,
    },
    Person {
        name: "customer2",
        password: "userpw",
        roles: MEMBER,
    },
];

/// A user who logs in by a password and a passcode together; a member of the project of the same
/// name, which is not its default. It has no entry in `clouds.yaml`, which could not hold a passcode.
pub(crate) static CAREFUL: Person = Person {
    name: "careful",
    password: "userpw",
    roles: MEMBER,
};

/// The secret of the passcodes of that user.
pub(crate) const PASSCODE_SECRET: &[u8] = b"12345678901234567890";

/// What the identity provider knows: a client, which Keystone maps to the publisher.
pub(crate) const PROVIDER: &str = "provider";
pub(crate) const PROTOCOL: &str = "openid";
pub(crate) const CLIENT_ID: &str = "publisher-client";
pub(crate) const CLIENT_SECRET: &str = "clientsecret";

/// All who can log in.
pub(crate) fn users() -> impl Iterator<Item = &'static Person> {
    USERS.iter().chain([&CAREFUL])
}

impl Person {
    /// The user's id, the same in every embedded cloud.
    pub(crate) fn user_id(&self) -> String {
        stable_id("user", self.name)
    }

    /// The id of the user's project, the same in every embedded cloud: images in a data directory
    /// keep their owner.
    pub(crate) fn project_id(&self) -> String {
        stable_id("project", self.name)
    }

    /// Whether a log-in without a scope is for the project.
    pub(crate) fn has_default_project(&self) -> bool {
        *self != CAREFUL
    }

    pub(crate) fn is_admin(&self) -> bool {
        self.roles.contains(&"admin")
    }
}

/// The person with the application credential.
pub(crate) fn credential_owner() -> Option<&'static Person> {
    USERS.iter().find(|person| person.name == "publisher")
}

/// The id of the publisher's application credential.
pub(crate) fn credential_id() -> String {
    stable_id("credential", CREDENTIAL_NAME)
}

/// An id in Keystone's form that depends on nothing but kind and name.
pub(crate) fn stable_id(kind: &str, name: &str) -> String {
    let name = format!("bonafide-testkit/{kind}/{name}");
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
        .simple()
        .to_string()
}

/// The `clouds.yaml` for all of them.
pub(crate) fn clouds_yaml(auth_url: &str) -> String {
    let tail =
        format!("    region_name: {REGION}\n    identity_api_version: 3\n    interface: public\n");
    let mut yaml = String::from("clouds:\n");
    for person in USERS {
        let Person { name, password, .. } = person;
        // Writing to a `String` can't fail.
        let _ = write!(
            yaml,
            "  {name}:\n    auth:\n      auth_url: {auth_url}\n      username: {name}\n      \
             password: {password}\n      project_name: {name}\n      user_domain_name: \
             {DOMAIN_NAME}\n      project_domain_name: {DOMAIN_NAME}\n{tail}"
        );
    }
    let _ = write!(
        yaml,
        "  {CREDENTIAL_NAME}:\n    auth_type: v3applicationcredential\n    auth:\n      auth_url: \
         {auth_url}\n      application_credential_id: {}\n      application_credential_secret: \
         {CREDENTIAL_SECRET}\n{tail}",
        credential_id(),
    );
    yaml
}
