//! The hint of a refusal: what was probably meant, and what to do next.

use crate::keyring::owners::{Owner, owner};
use crate::{Fingerprint, Issuer};

/// Values for a message, or that there are none.
fn list(keys: &[impl ToString]) -> String {
    let shown: Vec<String> = keys.iter().map(ToString::to_string).collect();
    if shown.is_empty() {
        "none".to_owned()
    } else {
        shown.join(", ")
    }
}

/// What to request instead.
pub(crate) fn hint(name: &str, similar: &[String]) -> String {
    let quoted: Vec<String> = similar.iter().map(|name| format!("`{name}`")).collect();
    match similar {
        [] => "; it may be the list of another build or directory: fetch the one beside the file"
            .to_owned(),
        [first, ..] if first.strip_prefix("./") == Some(name) => {
            format!("; `{first}` is, as `sha256sum ./*` writes it: ask for that name")
        }
        [first, ..] if first.rsplit('/').next() == Some(name) => {
            format!("; {} is: ask for the whole name", quoted.join(" or "))
        }
        [first] => format!("; did you mean `{first}`?"),
        _ => format!("; did you mean one of {}?", quoted.join(", ")),
    }
}

/// Who owns the key, if that is known, and what to do.
pub(crate) fn unknown_signer(vendor: &str, found: &[Issuer], pinned: &[Fingerprint]) -> String {
    let known = found.iter().find_map(owner);
    let advice = match known {
        Some(Owner::Other {
            key,
            signs,
            instead,
        }) => format!("this is {key}, which signs {signs}: {instead}"),
        Some(Owner::Keyring {
            name,
            vendor: owner,
        }) if owner == vendor => format!(
            "this is the key of another release of {vendor}: use the keyring `{name}`, or fetch the list \
             of the release that you want"
        ),
        Some(Owner::Keyring {
            name,
            vendor: owner,
        }) => format!(
            "this key is pinned for {owner}: if the file is {owner}'s, use the keyring `{name}`"
        ),
        None => {
            "fetch the list and its signature anew from the vendor's own site, and ask the vendor \
                 whether it has a new key if that does not help"
                .to_owned()
        }
    };
    format!(
        "the signature is by an unknown key {}; pinned for {vendor}: {}; {advice}",
        list(found),
        list(pinned)
    )
}

/// What to do about a key file without a pinned key. The reason names the keys in it, if it has
/// some.
pub(crate) fn key_advice(reason: &str, pinned: &[Fingerprint]) -> String {
    let words = reason.split([' ', ',']);
    let held = words.filter(|word| word.parse::<Fingerprint>().is_ok());
    let owner = held.map(|key| Issuer {
        key: Some(key.to_owned()),
        signed_at: None,
    });
    let whose = match owner.into_iter().find_map(|issuer| owner_of(&issuer)) {
        Some(whose) => format!(" ({whose})"),
        None => String::new(),
    };
    let pinned = match pinned {
        [] => String::new(),
        pinned => format!("; give the file of {}", list(pinned)),
    };
    whose + &pinned
}

fn owner_of(issuer: &Issuer) -> Option<String> {
    Some(match owner(issuer)? {
        Owner::Keyring { name, .. } => format!("the key of the keyring `{name}`"),
        Owner::Other { key, .. } => key.to_owned(),
    })
}

/// Why a signature does not match, and what to do.
pub(crate) fn why_bad(converted: Option<&str>) -> String {
    match converted {
        Some(found) => format!(
            "it was changed on the way: it has {found} and matches without, so a program converted it; \
             fetch it anew, and do not convert it"
        ),
        None => {
            "it was changed on the way, or the signature belongs to another file or another day: fetch \
                 both anew from one directory, and report it to the vendor if that does not help"
                .to_owned()
        }
    }
}

/// Why the digest of a file differs, and what to do.
pub(crate) fn why_other(bytes: u64, listed: Option<u64>) -> String {
    let found = match listed {
        Some(listed) if bytes < listed => {
            return format!(
                "it is cut short, since the list says {listed} bytes: fetch it anew, or the rest of it"
            );
        }
        Some(listed) if bytes > listed => {
            format!("the list says {listed} bytes, so it is another file")
        }
        Some(_) => "it was changed, or is of another build".to_owned(),
        None => "it is cut short, changed or of another build".to_owned(),
    };
    format!("{found}: fetch it anew, and report it to the vendor if that does not help")
}
