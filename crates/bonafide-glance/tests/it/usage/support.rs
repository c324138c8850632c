//! A cloud without any users of images, and the changes of a test to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use bonafide_glance::{Glance, Usage, UsageSource};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scripted::{Cloud, NOW, Received, Reply, header};

/// The image that is asked for.
pub(crate) const IMAGE: Uuid = Uuid::from_u128(7);
/// One that is not.
pub(crate) const OTHER: Uuid = Uuid::from_u128(8);

/// What the request for soft-deleted servers has in its line, and no other.
pub(crate) const SOFT_DELETED: &str = "status=SOFT_DELETED&soft_deleted=true";

type Answer = dyn Fn(&Received) -> Reply + Send + Sync;

/// What the services answer, by parts of the request's line. What was added last counts first. Of
/// the list of soft-deleted servers only parts with [`SOFT_DELETED`] speak.
#[derive(Clone, Default)]
pub(crate) struct Script(Vec<(String, Arc<Answer>)>);

impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
            .json("/servers/detail", json!({"servers": []}))
            .json(SOFT_DELETED, json!({"servers": []}))
            .json("/os-services", json!({"services": [{"status": "enabled"}]}))
            .json("/volumes/detail", json!({"volumes": []}))
            .json("/snapshots/detail", json!({"snapshots": []}))
            .json("/v2/images", json!({"images": []}))
    }

    pub(crate) fn answer(
        mut self,
        part: &str,
        reply: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.0.push((part.to_owned(), Arc::new(reply)));
        self
    }

    pub(crate) fn json(self, part: &str, body: Value) -> Self {
        self.answer(part, move |_| answer(200, &body))
    }

    pub(crate) fn status(self, part: &str, status: u16) -> Self {
        self.answer(part, move |_| answer(status, &json!({"message": "no"})))
    }

    pub(crate) fn servers(self, servers: &[Value]) -> Self {
        self.json("/servers/detail", json!({"servers": servers}))
    }

    pub(crate) fn reply(&self, request: &Received, _: usize) -> Reply {
        let line = request.line.as_str();
        let is_meant = |part: &str| {
            line.contains(part) && (!line.contains(SOFT_DELETED) || part.contains(SOFT_DELETED))
        };
        match self.0.iter().rev().find(|(part, _)| is_meant(part)) {
            Some((_, answer)) => answer(request),
            None => answer(404, &json!({})),
        }
    }
}

/// An answer as Nova gives it; the others don't mind.
pub(crate) fn answer(status: u16, body: &Value) -> Reply {
    let headers = "openstack-api-version: compute 2.69\r\n".to_owned();
    Reply::Answer(status, headers, body.to_string())
}

/// A server of the wanted image.
pub(crate) fn server(id: u128, project: &str) -> Value {
    json!({
        "id": Uuid::from_u128(id), "name": "x", "status": "ACTIVE", "tenant_id": project,
        "image": {"id": IMAGE, "links": []}, "addresses": {},
    })
}

/// A cloud in which every user is an administrator.
pub(crate) async fn cloud(script: Script) -> Cloud {
    administrators(move |request, nth| script.reply(request, nth)).await
}

pub(crate) async fn administrators(
    script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
) -> Cloud {
    with(&["admin"], SERVICES, script).await
}

/// A cloud without any users of images.
pub(crate) async fn quiet() -> Cloud {
    cloud(Script::new()).await
}

/// The same for a user with these roles.
pub(crate) async fn restricted(roles: &'static [&'static str]) -> Cloud {
    with(roles, SERVICES, |request, nth| {
        Script::new().reply(request, nth)
    })
    .await
}

/// The same with a catalog that lacks these types.
pub(crate) async fn without_endpoints(types: &[&str]) -> Cloud {
    let mut services = SERVICES.to_vec();
    services.retain(|(kind, _)| !types.contains(kind));
    let services: &'static [_] = services.leak();
    with(&["admin"], services, |request, nth| {
        Script::new().reply(request, nth)
    })
    .await
}

/// The same with a Cinder by an older name.
pub(crate) async fn volumev3() -> Cloud {
    const OLDER: &[(&str, &str)] = &[
        ("image", ""),
        ("compute", "/nova/v2.1"),
        ("volumev3", "/cinder/v3/p1"),
    ];
    with(&["admin"], OLDER, |request, nth| {
        Script::new().reply(request, nth)
    })
    .await
}

const SERVICES: &[(&str, &str)] = &[
    ("image", ""),
    ("compute", "/nova/v2.1"),
    ("block-storage", "/cinder/v3/p1"),
];

async fn with(
    roles: &'static [&'static str],
    services: &'static [(&'static str, &'static str)],
    script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
) -> Cloud {
    Cloud::bare(move |request, nth| {
        if request.line != "POST /v3/auth/tokens" {
            return script(request, nth);
        }
        let host = header(request, "host").unwrap_or_default();
        let catalog = services.iter().map(|(kind, path)| {
            let url = format!("http://{host}{path}");
            json!({"type": kind, "endpoints": [{"interface": "public", "url": url}]})
        });
        token(&format!("token-{nth}"), roles, &catalog.collect())
    })
    .await
}

pub(crate) fn token(secret: &str, roles: &[&str], catalog: &Value) -> Reply {
    let roles: Vec<_> = roles.iter().map(|name| json!({"name": name})).collect();
    let expires_at = Timestamp::from_second(NOW + 3600).unwrap().to_string();
    let body = json!({"token": {
        "expires_at": expires_at, "project": {"id": "p1"}, "roles": roles, "catalog": catalog,
    }});
    let headers = format!("x-subject-token: {secret}\r\n");
    Reply::Answer(201, headers, body.to_string())
}

pub(crate) async fn look_up(glance: &Glance) -> Usage {
    Usage::look_up(glance, &BTreeSet::from([IMAGE])).await
}

/// Why this source is not fully known; nothing if it is.
pub(crate) fn about(usage: &Usage, source: UsageSource) -> Vec<&str> {
    let gaps = usage.gaps().iter().filter(|gap| gap.source == source);
    gaps.map(|gap| gap.why.as_str()).collect()
}

/// The only gap.
pub(crate) fn only(usage: &Usage, source: UsageSource) -> &str {
    let [gap] = usage.gaps() else {
        panic!("not one gap: {usage:?}");
    };
    assert_eq!(gap.source, source, "{gap}");
    &gap.why
}
