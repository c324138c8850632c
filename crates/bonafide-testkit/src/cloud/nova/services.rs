//! `GET /v2.1/os-services`: one compute host a cell, and none in `cell0`.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::inquiry::{Inquiry, SHOWS_DOWN_CELLS};
use crate::cloud::glance::image::time;
use crate::cloud::http::{self, Answer};
use crate::cloud::keystone::users::stable_id;
use crate::cloud::nova_error::NovaError;

/// The binary of every service here.
const BINARY: &str = "nova-compute";

pub(crate) fn list(inquiry: &Inquiry<'_>) -> Result<Answer, NovaError> {
    if !inquiry.person.is_admin() {
        return Err(NovaError::policy("os_compute_api:os-services:list"));
    }
    let parameters = &inquiry.parameters;
    let is_binary = parameters
        .value("binary")
        .is_none_or(|binary| binary == BINARY);
    let host = parameters.value("host");
    let fleet = inquiry.shared.compute.fleet();
    let services: Vec<Value> = fleet
        .cells_with_hosts()
        .filter(|(cell, _)| is_binary && host.is_none_or(|host| host == *cell))
        .filter(|(_, is_up)| *is_up || inquiry.version >= SHOWS_DOWN_CELLS)
        .map(|(cell, is_up)| match is_up {
            true => json!({
                "id": stable_id("compute-host", cell),
                "binary": BINARY,
                "host": cell,
                "zone": "nova",
                "status": "enabled",
                "state": "up",
                "updated_at": time(inquiry.shared.clock.now()),
                "disabled_reason": null,
                "forced_down": false,
            }),
            false => json!({ "binary": BINARY, "host": cell, "status": "UNKNOWN" }),
        })
        .collect();
    Ok(http::json(StatusCode::OK, &json!({ "services": services })))
}
