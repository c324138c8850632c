//! Where a cloud keeps the data of images.

use bonafide::glance::ImageBody;
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};

use crate::cloud::Cloud;

pub(crate) async fn everybody_lists_the_stores_and_one_is_the_default(cloud: &Cloud) {
    for who in ["publisher", "customer", "admin"] {
        let stores = cloud.glance(who).stores().await.unwrap();
        let stores: Vec<_> = stores
            .iter()
            .map(|store| {
                let description = store.description.as_deref().unwrap_or_default();
                (store.id.as_str(), description, store.is_default)
            })
            .collect();
        assert_eq!(
            stores,
            [
                ("fast", "default store", true),
                ("slow", "second store", false)
            ]
        );
    }
}

pub(crate) async fn an_upload_goes_to_the_store_that_it_names(cloud: &Cloud) {
    let publisher = cloud.glance("publisher");
    for (store, is_default) in [(None, true), (Some("fast"), true), (Some("slow"), false)] {
        let id = cloud.queued("raw").await;
        let chunks = stream::iter([Ok(Bytes::from_static(b"bonafide"))]);
        let mut body = ImageBody::new(chunks).length(8);
        if let Some(store) = store {
            body = body.store(store);
        }
        publisher.upload(id, body).await.unwrap();
        let image = publisher.image(id).await.unwrap();
        assert_eq!(image.stores, [store.unwrap_or("fast")]);
        assert_eq!(cloud.stored(id).is_some(), is_default, "{store:?}");
        let download = publisher.download(id).await.unwrap();
        let bytes: Vec<_> = download.try_collect().await.unwrap();
        assert_eq!(bytes.concat(), b"bonafide");
    }
}
