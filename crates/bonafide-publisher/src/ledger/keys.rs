//! The names of the properties that the publisher writes on images, and their fixed values. `docs/properties.md`
//! lists them.

/// The prefix of the publisher's own properties.
pub(crate) const PREFIX: &str = bonafide_core::PROPERTY_PREFIX;
/// The channel that the image belongs to; its presence marks an image as the publisher's.
pub(crate) const CHANNEL: &str = "bonafide_channel";
/// `uploading` from create until the image is public.
pub(crate) const STATE: &str = "bonafide_state";
pub(crate) const UPLOADING: &str = "uploading";
/// Until when another run must leave an incomplete image alone; RFC 3339, UTC.
pub(crate) const LEASE: &str = "bonafide_lease_until";
/// The run that is uploading: a random number, so that a run recognizes its own image.
pub(crate) const RUN: &str = "bonafide_run";
/// The image by which the uploading run shows that it is alive.
pub(crate) const HEARTBEAT: &str = "bonafide_heartbeat";
/// How long that image must be unchanged before the run is considered dead: `PT3M`.
pub(crate) const GONE_AFTER: &str = "bonafide_gone_after";
/// How often a heartbeat image was renewed; its presence marks one.
pub(crate) const BEATS: &str = "bonafide_beats";
/// The vendor's serial of the build.
pub(crate) const SERIAL: &str = "bonafide_serial";
/// The digest that the vendor signed: `sha256:…`.
pub(crate) const DIGEST: &str = "bonafide_vendor_digest";
/// The digest of what Glance stores, which is not the vendor's where the file was decompressed:
/// `sha512:…`.
pub(crate) const STORED: &str = "bonafide_image_digest";
/// The name of the keyring whose keys signed.
pub(crate) const KEYRING: &str = "bonafide_keyring";
/// The file's name in the signed list.
pub(crate) const FILE: &str = "bonafide_file";
/// Where the signed list was, and in which form.
pub(crate) const LIST_URL: &str = "bonafide_list_url";
pub(crate) const FORMAT: &str = "bonafide_list_format";
/// When the list was signed.
pub(crate) const SIGNED_AT: &str = "bonafide_signed_at";
/// The pinned primary key, the key that signed, and the digest of what it signed.
pub(crate) const CERTIFICATE: &str = "bonafide_certificate";
pub(crate) const SIGNER: &str = "bonafide_signer";
pub(crate) const LIST_SHA256: &str = "bonafide_list_sha256";
/// The program that verified it.
pub(crate) const VERIFIER: &str = "bonafide_verifier";
/// Since when a newer build is public; RFC 3339, UTC.
pub(crate) const SUPERSEDED: &str = "bonafide_superseded_at";
/// How many members the image can have, after the cloud has refused more.
pub(crate) const MOST_MEMBERS: &str = "bonafide_most_members";
/// Only the members themselves can accept: `alone`.
pub(crate) const MEMBERS_ACCEPT: &str = "bonafide_members_accept";
pub(crate) const ALONE: &str = "alone";
/// Since when the cloud refuses members of the image, by its policy; RFC 3339, UTC.
pub(crate) const MEMBERS_REFUSED: &str = "bonafide_members_refused_at";
/// Since when the cloud refuses the visibility `community`, by its policy; RFC 3339, UTC.
pub(crate) const COMMUNITY_REFUSED: &str = "bonafide_community_refused_at";
/// The names that the cloud does not allow to be restored, by its policy.
pub(crate) const REPAIR_REFUSED: &str = "bonafide_repair_refused";
/// How often the cloud did not let the image become public, and when that is tried again: `2 2026-12-01T06:00:00Z`.
pub(crate) const PUBLISH_REFUSED: &str = "bonafide_publish_refused";
/// Why the image was not verified.
pub(crate) const UNVERIFIED: &str = "bonafide_unverified";
pub(crate) const TAG: &str = "managed_by_bonafide";
/// The kind of a private image: `uploading`, then `proven` or `unverified`.
pub(crate) const UPLOAD: &str = "bonafide_upload";
/// When the next upload of a build may begin; RFC 3339, UTC.
pub(crate) const NEXT_UPLOAD: &str = "bonafide_next_upload_at";
/// How many uploads of the build Glance stored wrong.
pub(crate) const FAILED_UPLOADS: &str = "bonafide_failed_uploads";
/// The vendor's signed list and its signatures, compressed and in base64.
pub(crate) const PROOF_LIST: &str = "bonafide_proof_list";
pub(crate) const PROOF_SIGNATURE: &str = "bonafide_proof_signature";
pub(crate) const PROOF_FILE_SIGNATURE: &str = "bonafide_proof_file_signature";
