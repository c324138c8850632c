//! Whom a shared image is shared with, and what they say to it.

use bonafide::glance::{Error, ImageFilter, ImagePatch, Member, MemberStatus, Visibility};
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::visibility::{listed, made, seen};

/// The members as this user sees them, with their word.
async fn members(cloud: &Cloud, who: &str, id: Uuid) -> Vec<(String, MemberStatus)> {
    let members = cloud.glance(who).members(id).await.unwrap();
    members.into_iter().map(pair).collect()
}

fn pair(member: Member) -> (String, MemberStatus) {
    (member.project, member.status)
}

/// A shared image of the publisher that a customer is a member of.
async fn shared(cloud: &Cloud) -> (Uuid, String) {
    let id = made(cloud, Visibility::Shared).await;
    let customer = cloud.project("customer").await;
    let added = cloud.glance("publisher").add_member(id, &customer).await;
    assert_eq!(
        pair(added.unwrap()),
        (customer.clone(), MemberStatus::Pending)
    );
    (id, customer)
}

async fn change_to(cloud: &Cloud, who: &str, id: Uuid, visibility: Visibility) {
    let patch = ImagePatch::new().visibility(visibility);
    cloud.glance(who).update(id, &patch).await.unwrap();
}

pub(crate) async fn a_member_sees_an_image_at_once_and_lists_it_when_it_accepts(cloud: &Cloud) {
    let (id, customer) = shared(cloud).await;
    let pending = seen(cloud, id).await;
    assert_eq!(pending.0, ["publisher", "admin"]);
    assert_eq!(pending.1, ["publisher", "customer", "admin"]);
    let glance = cloud.glance("customer");
    for (status, lists) in [
        (MemberStatus::Accepted, true),
        (MemberStatus::Rejected, false),
        (MemberStatus::Pending, false),
        (MemberStatus::Accepted, true),
    ] {
        let said = glance.set_member_status(id, &customer, status.clone());
        assert_eq!(pair(said.await.unwrap()), (customer.clone(), status));
        assert_eq!(
            listed(cloud, "customer", id, ImageFilter::new()).await,
            lists
        );
        assert!(glance.find(id).await.unwrap().is_some());
    }
}

pub(crate) async fn the_owner_sees_all_members_and_a_member_itself(cloud: &Cloud) {
    let (id, customer) = shared(cloud).await;
    let other = Uuid::new_v4().simple().to_string();
    let publisher = cloud.glance("publisher");
    publisher.add_member(id, &other).await.unwrap();
    for who in ["publisher", "admin"] {
        let mut all = members(cloud, who, id).await;
        all.sort_by_key(|(project, _)| *project != customer);
        let expected = [&customer, &other].map(|project| (project.clone(), MemberStatus::Pending));
        assert_eq!(all, expected, "{who}");
    }
    let own = members(cloud, "customer", id).await;
    assert_eq!(own, [(customer, MemberStatus::Pending)]);
    let error = cloud.glance("customer2").members(id).await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
}

pub(crate) async fn the_owner_does_not_accept_for_a_member_and_an_administrator_does(
    cloud: &Cloud,
) {
    let (id, customer) = shared(cloud).await;
    let accept = async |who: &str| {
        let glance = cloud.glance(who);
        let accepted = glance.set_member_status(id, &customer, MemberStatus::Accepted);
        accepted.await
    };
    let error = accept("publisher").await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
    let error = accept("customer2").await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
    let expected = (customer.clone(), MemberStatus::Accepted);
    assert_eq!(pair(accept("admin").await.unwrap()), expected);
    assert_eq!(members(cloud, "publisher", id).await, [expected]);
    assert!(listed(cloud, "customer", id, ImageFilter::new()).await);
}

pub(crate) async fn a_word_that_is_none_is_refused(cloud: &Cloud) {
    let (id, customer) = shared(cloud).await;
    let glance = cloud.glance("customer");
    let said = glance.set_member_status(id, &customer, "thinking".into());
    let error = said.await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
}

pub(crate) async fn a_member_is_added_once(cloud: &Cloud) {
    let (id, customer) = shared(cloud).await;
    for who in ["publisher", "admin"] {
        let error = cloud.glance(who).add_member(id, &customer).await;
        assert!(matches!(error, Err(Error::Conflict(_))), "{error:?}");
    }
    assert_eq!(members(cloud, "publisher", id).await.len(), 1);
}

pub(crate) async fn a_removed_member_sees_the_image_no_more(cloud: &Cloud) {
    let (id, customer) = shared(cloud).await;
    let accepting = cloud.glance("customer");
    let accepted = accepting.set_member_status(id, &customer, MemberStatus::Accepted);
    accepted.await.unwrap();
    // It can't leave by itself.
    let error = accepting.remove_member(id, &customer).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
    let publisher = cloud.glance("publisher");
    publisher.remove_member(id, &customer).await.unwrap();
    let gone = seen(cloud, id).await;
    assert_eq!(gone.0, ["publisher", "admin"]);
    assert_eq!(gone.1, ["publisher", "admin"]);
    assert_eq!(members(cloud, "publisher", id).await, []);

    let error = publisher.remove_member(id, &customer).await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
    let admin = cloud.glance("admin");
    let said = admin.set_member_status(id, &customer, MemberStatus::Accepted);
    let error = said.await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
}

pub(crate) async fn members_are_for_the_owner_to_choose(cloud: &Cloud) {
    let (id, customer) = shared(cloud).await;
    let other = Uuid::new_v4().simple().to_string();
    let error = cloud.glance("customer").add_member(id, &other).await;
    assert!(matches!(error, Err(Error::Forbidden(_))), "{error:?}");
    let error = cloud.glance("customer2").add_member(id, &other).await;
    assert!(matches!(error, Err(Error::NotFound(_))), "{error:?}");
    let error = cloud.glance("customer2").remove_member(id, &customer).await;
    assert!(matches!(error, Err(Error::NotFound(_))), "{error:?}");
    let own = cloud.project("publisher").await;
    let added = cloud.glance("publisher").add_member(id, &own).await;
    assert_eq!(pair(added.unwrap()), (own, MemberStatus::Pending));
}

pub(crate) async fn only_shared_images_have_members(cloud: &Cloud) {
    let (id, customer) = shared(cloud).await;
    for visibility in [
        Visibility::Private,
        Visibility::Community,
        Visibility::Public,
    ] {
        change_to(cloud, "admin", id, visibility).await;
        for who in ["publisher", "admin"] {
            let glance = cloud.glance(who);
            let add = glance.add_member(id, "another").await.map(drop);
            let say = glance.set_member_status(id, &customer, MemberStatus::Accepted);
            let say = say.await.map(drop);
            let remove = glance.remove_member(id, &customer).await;
            let list = glance.members(id).await.map(drop);
            for result in [add, say, remove, list] {
                assert!(
                    matches!(result, Err(Error::Forbidden(_))),
                    "{visibility}: {result:?}"
                );
            }
        }
    }
}

pub(crate) async fn members_and_their_word_outlive_other_visibilities(cloud: &Cloud) {
    let (id, customer) = shared(cloud).await;
    let admin = cloud.glance("admin");
    let accepted = admin.set_member_status(id, &customer, MemberStatus::Accepted);
    accepted.await.unwrap();
    for (who, visibility) in [
        ("publisher", Visibility::Private),
        ("publisher", Visibility::Community),
        ("admin", Visibility::Public),
    ] {
        change_to(cloud, who, id, visibility).await;
        change_to(cloud, "publisher", id, Visibility::Shared).await;
        let kept = members(cloud, "publisher", id).await;
        assert_eq!(
            kept,
            [(customer.clone(), MemberStatus::Accepted)],
            "{visibility}"
        );
        assert!(listed(cloud, "customer", id, ImageFilter::new()).await);
    }
    // Meanwhile their status has no effect.
    change_to(cloud, "publisher", id, Visibility::Private).await;
    let (lists, shows) = seen(cloud, id).await;
    assert_eq!(lists, ["publisher", "admin"]);
    assert_eq!(shows, ["publisher", "admin"]);
}
