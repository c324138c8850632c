//! Log-ins that need more than one proof: passcodes, and receipts for what was proven already.

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha1::Sha1;

use super::users::{CAREFUL, PASSCODE_SECRET, Person};

/// How long a passcode is shown, in seconds (RFC 6238).
const PERIOD: i64 = 30;

/// What Keystone gives for a log-in that is good as far as it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) id: String,
    pub(crate) person: &'static Person,
    pub(crate) methods: Vec<&'static str>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// The sets of methods of which a user needs one; none where any method will do.
pub(crate) fn required(person: &Person) -> Option<&'static [&'static str]> {
    (*person == CAREFUL).then_some(&["password", "totp"])
}

pub(crate) fn are_enough(person: &Person, given: &[&str]) -> bool {
    required(person).is_none_or(|required| required.iter().all(|method| given.contains(method)))
}

/// Whether this is the passcode of now, or of the period before, as Keystone has it by default.
pub(crate) fn is_passcode(person: &Person, passcode: Option<&str>, now: Timestamp) -> bool {
    let seconds = now.as_second();
    let valid = [seconds, seconds - PERIOD].map(passcode_at);
    *person == CAREFUL && passcode.is_some_and(|passcode| valid.contains(&passcode.to_owned()))
}

/// The passcode at a time, six digits (RFC 6238 with SHA-1, RFC 4226 section 5.3).
pub(crate) fn passcode_at(seconds: i64) -> String {
    let counter = seconds.div_euclid(PERIOD).to_be_bytes();
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(PASSCODE_SECRET) else {
        return String::new();
    };
    mac.update(&counter);
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 0xf);
    let bytes = [0, 1, 2, 3].map(|place| digest[offset + place]);
    let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn passcodes_are_those_of_the_standard() {
        for (seconds, passcode) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(passcode_at(seconds), passcode);
        }
    }
}
