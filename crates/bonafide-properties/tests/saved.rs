//! Images in files, in each form that clouds and their clients print, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use bonafide_properties::{ImageRecord, RecordError, SavedImages};
use serde_json::{Value, json};

const SHOW: &str = include_str!("clients/openstack-10.5-image-show.json");
const SHOW_BEFORE: &str = include_str!("clients/openstack-3.19-image-show.json");
const LIST: &str = include_str!("clients/openstack-10.5-image-list.json");
const LIST_LONG: &str = include_str!("clients/openstack-10.5-image-list-long.json");
const IMPORTED: &str = include_str!("clients/openstack-10.5-image-show-imported.json");
const IMPORTED_API: &str = include_str!("clients/image-api-imported.json");
const TABLE: &str = include_str!("clients/glance-4.13-image-show.txt");

fn read(text: impl AsRef<[u8]>) -> Result<SavedImages, RecordError> {
    SavedImages::from_json(text.as_ref())
}

#[track_caller]
fn one(text: impl AsRef<[u8]>) -> ImageRecord {
    let images = read(text).unwrap().images;
    let [image] = &images[..] else {
        panic!("{images:?}")
    };
    image.clone()
}

#[track_caller]
fn refused(text: impl AsRef<[u8]>) -> String {
    read(text).unwrap_err().to_string()
}

/// An image of the Image API with these changes.
fn image(change: &Value) -> Value {
    let mut image = json!({
        "id": "1", "name": "a", "status": "active", "visibility": "public", "min_disk": 4,
        "min_ram": 512, "os_hidden": false, "tags": ["x"], "self": "/v2/images/1",
        "os_distro": "ubuntu", "kernel_id": null,
    });
    for (name, value) in change.as_object().unwrap() {
        image[name] = value.clone();
    }
    image
}

#[test]
fn an_image_is_read_in_each_form_of_a_list() {
    let image = r#"{"id": "1", "name": "a", "status": "active", "visibility": "public", "min_disk": 4,
        "os_hidden": false, "tags": ["x"], "self": "/v2/images/1", "os_distro": "ubuntu",
        "kernel_id": null, "hotfix_hours": 48}"#;
    let list = format!("{{\"images\": [{image}]}}");
    let shown = r#"{"id": "1", "name": "a", "status": "active", "visibility": "public", "min_disk": 4,
        "tags": ["x"], "properties": {"os_distro": "ubuntu"}, "hotfix_hours": 48}"#;
    let marked = format!("\u{FEFF}{list}\n");
    let array = format!("[{image}]");
    let pages = format!("[{list}]");
    for text in [image, &list, &array, &pages, &marked, shown] {
        let image = one(text);
        assert_eq!(image.get("os_distro"), Some("ubuntu"));
        assert_eq!((image.min_disk, &*image.tags), (4, &["x".to_owned()][..]));
        assert_eq!(image.properties.len(), 1);
        assert_eq!(image.not_texts["hotfix_hours"], "48");
        assert_eq!(image.not_texts.len(), 1);
    }
}

#[test]
fn every_version_of_the_client_shows_the_same_image() {
    let (mut now, before) = (one(SHOW), one(SHOW_BEFORE));
    assert_eq!(
        now.get("image_description"),
        Some("Acme's own, it's free, os_type='none'")
    );
    assert_eq!(now.get("hw_cpu_cores"), Some("4"));
    assert_eq!(
        (now.size, now.min_disk, now.min_ram),
        (Some(300_000), 1, 512)
    );
    assert_eq!(now.os_hash_algo.as_deref(), Some("sha512"));
    assert!(now.not_texts.is_empty() && !now.os_hidden);
    // Only the order of the tags differs.
    let tags = ["managed_by_acme", "os:acme"].map(str::to_owned).to_vec();
    now.tags = tags;
    assert_eq!(now, before);
    assert_eq!(one(IMPORTED), one(IMPORTED_API));
}

#[test]
fn images_behind_each_other_are_read_as_many() {
    let two = format!("{SHOW}{IMPORTED}");
    assert_eq!(read(&two).unwrap().images, [one(SHOW), one(IMPORTED)]);
    assert_eq!(
        read(format!("[{SHOW},\n{IMPORTED}]")).unwrap(),
        read(&two).unwrap()
    );
    // The same again, as when a list of hidden images follows that of all.
    let again = format!("{SHOW}{IMPORTED}{SHOW}");
    assert_eq!(read(again).unwrap().images.len(), 2);
}

#[test]
fn pages_are_read_to_the_last_and_not_without_it() {
    let page = |id: &str, next: Option<&str>| {
        json!({"images": [image(&json!({"id": id}))], "next": next, "first": "/v2/images"})
            .to_string()
    };
    let (first, last) = (page("1", Some("/v2/images?marker=1")), page("2", None));
    let whole = read(format!("{first}{last}")).unwrap();
    assert_eq!(whole.images.len(), 2);
    assert!(whole.may_be_whole());
    for text in [
        first.clone(),
        format!("{last}{first}"),
        format!("[{first}]"),
    ] {
        assert_eq!(read(text).unwrap_err(), RecordError::OnePage);
    }
}

#[test]
fn older_forms_have_their_attributes_too() {
    // The Image API v1.
    let v1 = json!({"image": {"id": "1", "name": "a", "status": "active", "is_public": true,
        "deleted": false, "deleted_at": null, "size": 5, "min_disk": 4,
        "properties": {"os_distro": "ubuntu"}}});
    let read = one(v1.to_string());
    assert_eq!((&*read.visibility, read.size), ("public", Some(5)));
    assert_eq!((read.properties.len(), read.not_texts.len()), (1, 0));
    // Numbers and booleans as texts, and tags in one.
    let texts = image(
        &json!({"size": "5", "virtual_size": "None", "min_disk": "4",
        "os_hidden": "True", "tags": "x, os:ubuntu"}),
    );
    let read = one(texts.to_string());
    assert_eq!(
        (read.size, read.virtual_size, read.min_disk),
        (Some(5), None, 4)
    );
    assert!(read.os_hidden);
    assert_eq!(read.tags, ["x", "os:ubuntu"]);
    // One field a row.
    let rows = json!([{"Field": "id", "Value": "1"}, {"Field": "min_disk", "Value": 4},
        {"Field": "properties", "Value": "os_distro='ubuntu'"}]);
    assert_eq!(one(rows.to_string()).get("os_distro"), Some("ubuntu"));
}

#[test]
fn what_leaves_the_properties_out_is_refused_with_what_does_not() {
    let columns = json!([{"id": "1", "name": "a", "status": "active"}]).to_string();
    for text in [LIST, LIST_LONG, &columns] {
        let error = refused(text);
        assert!(error.contains("leaves the properties out"), "{error}");
        assert!(error.contains("openstack image show -f json"), "{error}");
        assert!(error.contains("GET /v2/images"), "{error}");
    }
}

#[test]
fn what_is_not_a_list_of_images_is_refused_with_the_reason() {
    let nova = json!({"images": [{"id": "1", "links": [], "metadata": {}}]}).to_string();
    let sdk = json!({"images": [{"id": "1", "is_hidden": false, "properties": {}}]}).to_string();
    let rounded = image(&json!({"size": "2.3G"})).to_string();
    let hostile = image(&json!({"size": "\u{1b}[2K"})).to_string();
    let unclear = image(&json!({"properties": "a='1', my own='2'"})).to_string();
    for (text, reason) in [
        ("", "not JSON"),
        (" \n", "not JSON"),
        ("7", "is not an image"),
        ("[7]", "entry 0 is not an image"),
        (
            r#"[{"id": "1", "x": "y"}, {"x": "y"}]"#,
            "entry 1 is not an image",
        ),
        (r#"{"images": 7}"#, "is not an image"),
        (TABLE, "a table for people"),
        ("id: 1\nname: a\n", "not JSON at line 1, column 1"),
        ("<html></html>", "HTML page"),
        ("\u{FEFF}[", "cut off"),
        (&nova, "Compute API"),
        (&sdk, "openstacksdk"),
        (&rounded, "`size` is `2.3G`"),
        (&hostile, r"`\u{1b}[2K`"),
        (&unclear, "can't be divided for certain"),
    ] {
        let error = refused(text);
        assert!(error.contains(reason), "{text}: {error}");
    }
    assert!(refused(b"\xFF\xFE[\0]\0").contains("UTF-16"));
}

#[test]
fn what_was_cut_off_is_said_to_be_with_its_length() {
    let list = json!({"images": [image(&json!({})), image(&json!({"id": "2"}))]}).to_string();
    let shows = format!("{SHOW}{IMPORTED}");
    for whole in [list.as_str(), SHOW, &shows] {
        for bytes in [
            1,
            30,
            whole.trim_end().len() / 2 + 3,
            whole.trim_end().len() - 1,
        ] {
            let error = read(&whole[..bytes]).unwrap_err();
            assert_eq!(error, RecordError::CutOff { bytes });
            let wanted = format!("ends within the JSON after {bytes} bytes");
            assert!(error.to_string().contains(&wanted), "{error}");
        }
    }
}

#[test]
fn only_what_can_be_a_whole_cloud_is_taken_for_one() {
    let list = |images: &[Value]| json!({ "images": images }).to_string();
    let generic = image(&json!({"os_purpose": "generic"}));
    let custom = image(&json!({"os_purpose": "custom"}));
    let private = image(&json!({"os_purpose": "generic", "visibility": "private"}));
    let hidden = image(&json!({"os_purpose": "generic", "os_hidden": true}));
    let other = image(&json!({"id": "2", "visibility": "private"}));
    for (text, wanted) in [
        (list(std::slice::from_ref(&generic)), true),
        (list(&[image(&json!({}))]), true),
        (list(&[custom.clone(), other]), true),
        (format!("{SHOW}{IMPORTED}"), true),
        (list(&[]), false),
        (list(&[custom]), false),
        (list(&[private]), false),
        (list(&[hidden]), false),
        (generic.to_string(), false),
        (format!("[{generic}]"), false),
        (SHOW.to_owned(), false),
    ] {
        assert_eq!(read(&text).unwrap().may_be_whole(), wanted, "{text}");
    }
}
