//! Nova and Cinder, as far as they are asked who uses an image.

use serde_json::json;
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::customers::Thing;
use crate::raw::{Answer, Raw};

const NOVA: &str = "compute 2.69";
const CINDER: &str = "volume 3.71";

/// The refusal, which is of this kind.
fn refusal(answer: &Answer, status: u16, kind: &str) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    let fault = &answer.json()[kind];
    assert_eq!(fault["code"], status, "{answer:?}");
    fault["message"].as_str().unwrap().to_owned()
}

pub(crate) async fn nova_refuses_the_servers_of_all_and_cinder_shows_ones_own(cloud: &Cloud) {
    let _nova = cloud.customers.keep_nova().await;
    let customer = cloud.raw("customer").await;
    for (path, action) in [("/servers", "index"), ("/servers/detail", "detail")] {
        let url = format!("{}{path}?all_tenants=1", customer.compute);
        let message = refusal(&customer.ask(&url, NOVA).await, 403, "forbidden");
        let policy = format!("os_compute_api:servers:{action}:get_all_tenants");
        assert_eq!(
            message,
            format!("Policy doesn't allow {policy} to be performed.")
        );
    }
    let url = format!("{}/os-services", customer.compute);
    let message = refusal(&customer.ask(&url, NOVA).await, 403, "forbidden");
    let policy = "os_compute_api:os-services:list";
    assert_eq!(
        message,
        format!("Policy doesn't allow {policy} to be performed.")
    );

    let (image, foreign) = (Uuid::new_v4(), Uuid::new_v4().simple().to_string());
    let own = cloud.project("customer").await;
    let wanted = [&own, &foreign].map(|project| (project.as_str(), Thing::Volume, image));
    cloud.customers.seed(&wanted).await;
    let url = |raw: &Raw| format!("{}/volumes/detail?all_tenants=1", raw.block_storage);
    let volumes = customer.ask(&url(&customer), CINDER).await.json();
    let volumes = volumes["volumes"].as_array().unwrap().clone();
    let of_the_image = volumes.iter().filter(|volume| {
        assert_eq!(volume["os-vol-tenant-attr:tenant_id"], json!(own));
        volume["volume_image_metadata"]["image_id"] == json!(image)
    });
    assert_eq!(of_the_image.count(), 1);
    let host = "os-vol-host-attr:host";
    assert!(volumes.iter().all(|volume| volume.get(host).is_none()));
    let admin = cloud.raw("admin").await;
    let volumes = admin.ask(&url(&admin), CINDER).await.json();
    let volumes = volumes["volumes"].as_array().unwrap().clone();
    for project in [own, foreign] {
        let mut volumes = volumes.iter();
        assert!(volumes.any(|volume| {
            volume["os-vol-tenant-attr:tenant_id"] == json!(project)
                && volume[host].is_string()
                && volume["volume_image_metadata"]["image_id"] == json!(image)
        }));
    }
}

pub(crate) async fn soft_deleted_servers_are_listed_to_administrators_who_ask(cloud: &Cloud) {
    let _nova = cloud.customers.keep_nova().await;
    let image = Uuid::new_v4();
    let project = cloud.project("customer").await;
    let wanted =
        [Thing::Server, Thing::SoftDeletedServer].map(|thing| (project.as_str(), thing, image));
    let seeded = cloud.customers.seed(&wanted).await;
    let (active, soft) = (seeded[0].server.unwrap(), seeded[1].server.unwrap());
    let admin = cloud.raw("admin").await;
    let customer = cloud.raw("customer").await;
    let ids = async |raw: &Raw, query: &str| {
        let url = format!("{}/servers/detail?{query}", raw.compute);
        let answer = raw.ask(&url, NOVA).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let servers = answer.json()["servers"].as_array().unwrap().clone();
        let of_the_image = servers
            .iter()
            .filter(|server| server["image"]["id"] == json!(image));
        let mut ids: Vec<Uuid> = of_the_image
            .map(|server| server["id"].as_str().unwrap().parse().unwrap())
            .collect();
        ids.sort();
        ids
    };
    let mut both = vec![active, soft];
    both.sort();
    for (query, expected) in [
        ("", vec![active]),
        ("&soft_deleted=true", both.clone()),
        ("&soft_deleted=false", both),
        ("&soft_deleted=", vec![active]),
        ("&status=SOFT_DELETED", vec![]),
        ("&status=SOFT_DELETED&soft_deleted=true", vec![soft]),
        ("&status=SOFT_DELETED&deleted=true", vec![soft]),
        ("&deleted=true", vec![soft]),
    ] {
        let found = ids(&admin, &format!("all_tenants=1{query}")).await;
        assert_eq!(found, expected, "{query}");
    }
    for (query, expected) in [
        ("soft_deleted=true", vec![active]),
        ("status=SOFT_DELETED&soft_deleted=true", vec![]),
    ] {
        assert_eq!(ids(&customer, query).await, expected, "{query}");
    }
}

pub(crate) async fn an_unknown_version_is_refused(cloud: &Cloud) {
    let _nova = cloud.customers.keep_nova().await;
    let raw = cloud.raw("customer").await;
    let (servers, volumes) = (
        format!("{}/servers", raw.compute),
        format!("{}/volumes", raw.block_storage),
    );
    for (url, version, range) in [
        (&servers, "compute 2.999", ("2.1", "2.")),
        (&servers, "compute 3.1", ("2.1", "2.")),
        (&volumes, "volume 3.999", ("3.0", "3.")),
        (&volumes, "volume 4.0", ("3.0", "3.")),
    ] {
        let answer = raw.ask(url, version).await;
        let message = refusal(&answer, 406, "computeFault");
        let number = version.split_once(' ').unwrap().1;
        let (first, last) = range;
        let start = format!(
            "Version {number} is not supported by the API. Minimum is {first} and maximum is {last}"
        );
        assert!(message.starts_with(&start), "{message}");
        assert_eq!(answer.header("openstack-api-version"), version);
    }
    for (url, version) in [(&servers, "compute x"), (&volumes, "volume x")] {
        let answer = raw.ask(url, version).await;
        let message = refusal(&answer, 400, "badRequest");
        assert_eq!(
            message,
            "API Version String x is of invalid format. Must be of format MajorNum.MinorNum."
        );
        assert_eq!(answer.header("openstack-api-version"), "");
    }
}

pub(crate) async fn an_absent_marker_is_a_bad_request_to_nova_and_not_found_by_cinder(
    cloud: &Cloud,
) {
    let _nova = cloud.customers.keep_nova().await;
    let raw = cloud.raw("admin").await;
    for marker in [Uuid::new_v4().to_string(), "x".to_owned()] {
        let query = format!("all_tenants=1&marker={marker}");
        let url = format!("{}/servers/detail?{query}", raw.compute);
        let message = refusal(&raw.ask(&url, NOVA).await, 400, "badRequest");
        assert_eq!(message, format!("marker [{marker}] not found"));
        for (path, kind) in [("volumes", "Volume"), ("snapshots", "Snapshot")] {
            let url = format!("{}/{path}/detail?{query}", raw.block_storage);
            let message = refusal(&raw.ask(&url, CINDER).await, 404, "itemNotFound");
            assert_eq!(message, format!("{kind} {marker} could not be found."));
        }
    }
}

pub(crate) async fn a_limit_is_a_number_and_may_be_zero(cloud: &Cloud) {
    let _nova = cloud.customers.keep_nova().await;
    let raw = cloud.raw("admin").await;
    for limit in ["x", "-1"] {
        let url = format!("{}/servers?limit={limit}", raw.compute);
        let message = refusal(&raw.ask(&url, NOVA).await, 400, "badRequest");
        assert!(message.starts_with("Invalid input for query"), "{message}");
        let url = format!("{}/volumes?limit={limit}", raw.block_storage);
        let message = refusal(&raw.ask(&url, CINDER).await, 400, "badRequest");
        assert!(message.starts_with("limit param must be"), "{message}");
    }
    let url = format!("{}/servers?all_tenants=1&limit=0", raw.compute);
    assert_eq!(raw.ask(&url, NOVA).await.json(), json!({"servers": []}));
    let url = format!("{}/volumes?all_tenants=1&limit=0", raw.block_storage);
    assert_eq!(raw.ask(&url, CINDER).await.json(), json!({"volumes": []}));
}

pub(crate) async fn a_status_that_is_none_is_refused(cloud: &Cloud) {
    let _nova = cloud.customers.keep_nova().await;
    let raw = cloud.raw("admin").await;
    let url = format!("{}/servers?all_tenants=1&status=x", raw.compute);
    let message = refusal(&raw.ask(&url, NOVA).await, 400, "badRequest");
    assert_eq!(message, "Invalid status value");
    let answer = raw.ask(&url, "compute 2.37").await;
    assert_eq!(answer.json(), json!({"servers": []}));
}

pub(crate) async fn a_foreign_project_in_the_path_is_refused(cloud: &Cloud) {
    let _nova = cloud.customers.keep_nova().await;
    let own = cloud.project("admin").await;
    let foreign = cloud.project("customer").await;
    let raw = cloud.raw("admin").await;
    for path in ["/servers", "/servers/detail?all_tenants=1", "/os-services"] {
        let url = format!("{}/{own}{path}", raw.compute);
        assert_eq!(raw.ask(&url, NOVA).await.status, 200);
        let url = format!("{}/{foreign}{path}", raw.compute);
        let message = refusal(&raw.ask(&url, NOVA).await, 400, "badRequest");
        assert_eq!(
            message,
            format!(
                "Malformed request URL: URL's project_id '{foreign}' doesn't match Context's \
                 project_id '{own}'"
            )
        );
    }
    let url = raw.block_storage.replace(&own, &foreign) + "/volumes";
    let message = refusal(&raw.ask(&url, CINDER).await, 400, "badRequest");
    assert_eq!(message, "Malformed request url");
}

pub(crate) async fn an_unknown_path_is_not_found_in_no_version(cloud: &Cloud) {
    let _nova = cloud.customers.keep_nova().await;
    let raw = cloud.raw("admin").await;
    for (service, version) in [(&raw.compute, NOVA), (&raw.block_storage, CINDER)] {
        let answer = raw.ask(&format!("{service}/nonsense"), version).await;
        assert_eq!(answer.status, 404, "{answer:?}");
        assert_eq!(answer.json()["code"], "404 Not Found");
        assert_eq!(answer.header("openstack-api-version"), "");
    }
}
