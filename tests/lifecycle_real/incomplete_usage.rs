//! A run that does not know the usage of an image takes no access away.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Arc;

use bonafide::glance::{Usage, Visibility};
use bonafide::publisher::{NoEvents, Plan, PlanNote};
use bonafide::{CloudConfig, Publisher, Session};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cloud::{LONG_GRACE, NO_GRACE, Real, operator, plan, real};
use crate::keystone::Keystone;
use support::{now, quick, site_fetch};

/// Two builds; the older one is public, superseded and unused.
async fn two_builds(real: &Real) -> Uuid {
    let old = real.build(1);
    real.reconcile(&real.channel(LONG_GRACE)).await;
    real.build(2);
    real.reconcile(&real.channel(LONG_GRACE)).await;
    real.image_of(&old)
}

/// The grace period is over, and this publisher leaves the image alone. Gives its plan.
async fn assert_takes_nothing(real: &Real, publisher: &Publisher, old: Uuid) -> Plan {
    let channel = real.channel(NO_GRACE);
    let plan = plan(publisher, &channel).await;
    assert!(plan.is_empty(), "{plan}");
    let done = publisher.reconcile(&[channel], &NoEvents).await.unwrap();
    assert!(
        done.applied.is_empty() && done.skipped.is_empty(),
        "{done:?}"
    );
    let image = real.project.admin.image(old).await.unwrap();
    assert_eq!(image.visibility, Visibility::Public);
    assert_eq!(plan.notes, done.notes);
    let [PlanNote::UsageUnknown { images, .. }] = &plan.notes[..] else {
        panic!("{plan}")
    };
    assert_eq!(images[..], [old]);
    plan
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_not_an_administrator_takes_nothing_and_says_why() {
    real(async |real: &Real| {
        let old = two_builds(real).await;
        // In its own project, and as a member of the publisher's project.
        let publisher = real.publisher("publisher");
        let usage = publisher.usage(&BTreeSet::from([old])).await;
        let Usage::Incomplete { gaps, .. } = &usage else {
            panic!("{usage:?}")
        };
        assert_eq!(gaps.len(), 4, "{gaps:?}");

        let clouds_yaml = real.project.cloud.clouds_yaml();
        let user = Keystone::login(clouds_yaml, "publisher").await;
        operator().await.let_in(&user, &real.project.id).await;
        let mut clouds: Value = serde_json::from_str(clouds_yaml).unwrap();
        let project = clouds["clouds"]["admin"]["auth"]["project_name"].clone();
        clouds["clouds"]["publisher"]["auth"]["project_name"] = project;
        let publisher = publisher_of(real, &clouds, "publisher");
        let plan = assert_takes_nothing(real, &publisher, old).await;
        assert!(
            plan.to_string().contains("only an administrator sees"),
            "{plan}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_cinder_nothing_is_taken_and_the_plan_says_why() {
    real(async |real: &Real| {
        let old = two_builds(real).await;
        // A port without a listener: it was free a moment ago.
        let closed = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let mut clouds: Value = serde_json::from_str(real.project.cloud.clouds_yaml()).unwrap();
        let url = format!("http://{closed}/v3");
        clouds["clouds"]["admin"]["block_storage_endpoint_override"] = json!(url);
        let publisher = publisher_of(real, &clouds, "admin");
        let plan = assert_takes_nothing(real, &publisher, old).await;
        let said = plan.to_string();
        assert!(
            said.contains("\n      volumes: ") && said.contains(&url),
            "{said}"
        );
        assert!(!said.contains("\n      servers: "), "{said}");

        // With all of them it goes.
        real.reconcile(&real.channel(NO_GRACE)).await;
        assert_eq!(real.project.admin.find(old).await.unwrap(), None);
    })
    .await;
}

fn publisher_of(real: &Real, clouds: &Value, user: &str) -> Publisher {
    let config = CloudConfig::from_yaml(&clouds.to_string(), user).unwrap();
    let session = Session::new(quick(config), now).unwrap();
    Publisher::new(Arc::new(site_fetch(&real.site)), session, now)
}
