//! The output of older command line clients in forms that differ from the Image API.

use serde_json::{Map, Value};

use crate::RecordError;

/// Names of properties are never longer.
const MAX_NAME: usize = 255;

/// `a, b`: tags of python-openstackclient before 4.0.
pub(crate) fn tags(text: &str) -> Vec<String> {
    let tags = text.split(", ").filter(|tag| !tag.is_empty());
    tags.map(str::to_owned).collect()
}

/// `a='1', b='it's, x', c=`: properties of python-openstackclient before 4.0, which prints values
/// without escapes, sorted by name.
///
/// # Errors
///
/// [`RecordError::Properties`] if a value may end in several places.
pub(crate) fn properties(text: &str) -> Result<Map<String, Value>, RecordError> {
    let mut properties = Map::new();
    let mut last = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let unclear = || {
            let at = rest.chars().take(40).collect();
            Err(RecordError::Properties { at })
        };
        let Some((name, behind)) = named(rest) else {
            return unclear();
        };
        let (value, behind) = match behind.strip_prefix('\'') {
            Some(quoted) => match value(quoted) {
                Some((value, behind)) => (Some(value), behind),
                None => return unclear(),
            },
            None => (None, behind),
        };
        // A text that looks like an end within a value, or a name out of order, is ambiguous.
        let unsure = value.is_some_and(|value| value.contains("', ")) && name != "locations";
        if unsure || name <= last.as_str() {
            return unclear();
        }
        rest = match behind.strip_prefix(", ") {
            Some(next) if !next.is_empty() => next,
            None if behind.is_empty() => "",
            _ => return unclear(),
        };
        last = name.to_owned();
        // It prints an unset value as `None`, in later versions as an empty text.
        let value = match value {
            Some(text) if text != "None" => Value::String(text.to_owned()),
            _ => Value::Null,
        };
        properties.insert(name.to_owned(), value);
    }
    Ok(properties)
}

/// The name before `=`, and the text after that.
fn named(text: &str) -> Option<(&str, &str)> {
    let plain = |c: char| c.is_alphanumeric() || "_.:-/".contains(c);
    let end = text.char_indices().take(MAX_NAME + 1);
    let (end, _) = end.into_iter().find(|(_, c)| !plain(*c))?;
    let behind = text[end..].strip_prefix('=')?;
    (end > 0).then_some((&text[..end], behind))
}

/// The value up to the quote at its end, and the text after that: empty, or a comma and a name.
fn value(quoted: &str) -> Option<(&str, &str)> {
    let ends = quoted.match_indices('\'').map(|(at, _)| at);
    let mut ends = ends.filter(|at| {
        let behind = &quoted[at + 1..];
        let next = behind.strip_prefix(", ").and_then(named);
        let begins = |rest: &str| rest.is_empty() || rest.starts_with(['\'', ',']);
        behind.is_empty() || next.is_some_and(|(_, rest)| begins(rest))
    });
    let end = ends.next()?;
    Some((&quoted[..end], &quoted[end + 1..]))
}

/// Whether this is one image as a list of fields, as `cliff-tablib` writes it.
pub(super) fn are_fields(values: &[Value]) -> bool {
    !values.is_empty() && values.iter().all(|value| field(value).is_some())
}

fn field(value: &Value) -> Option<(&str, &Value)> {
    let field = value.as_object()?;
    let name = field.get("Field").or_else(|| field.get("Property"))?;
    Some((name.as_str()?, field.get("Value")?))
}

/// The image with these fields.
pub(super) fn joined(values: Vec<Value>) -> Map<String, Value> {
    let fields = values.iter().filter_map(field);
    let fields = fields.map(|(name, value)| (name.to_owned(), value.clone()));
    fields.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_read_as_they_are_up_to_the_next_name() {
        let text = "a='1', b='it's, c='x', d=, e='None', locations='[{'url': 'x', 'y': {}}]'";
        let read = properties(text).unwrap();
        let wanted = json!({"a": "1", "b": "it's, c='x", "d": null, "e": null,
            "locations": "[{'url': 'x', 'y': {}}]"});
        assert_eq!(Value::Object(read), wanted);
        assert_eq!(properties("").unwrap(), Map::new());
    }

    #[test]
    fn what_can_be_divided_in_two_ways_is_refused() {
        for text in [
            "a",
            "a=1",
            "a='1",
            "a='1', ",
            "='1'",
            "a='1', a='2'",
            "b='1', a='2'",
            "a='1', my own='2'",
            "{'a': '1'}",
        ] {
            assert!(properties(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_plainly_is_read_back(
            map in prop::collection::btree_map("[a-z_.:]{1,12}", "[^']{0,20}", 0..8),
        ) {
            let text: Vec<_> = map.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
            let read = properties(&text.join(", ")).unwrap();
            let expected: Map<_, _> = map
                .into_iter()
                .map(|(name, value)| {
                    let value = if value == "None" { Value::Null } else { value.into() };
                    (name, value)
                })
                .collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn no_text_stops_the_reader(text in ".{0,60}|([a-c]=?'?,? ?){0,20}") {
            let _ = properties(&text);
        }
    }
}
