//! Reading a JSON body field by field, to the letter.
//!
//! Everything that is wrong is told at once, each by its path: a field that is missing, unknown or of another type. A
//! value is never shown, because it may be a secret in the wrong place; and never turned into another type, because `"1"`
//! where `1` belongs is a client's mistake that would go on unseen.

use serde_json::{Map, Value};

use super::exception::Exception;

/// Mistakes that are told at once.
const TOLD: usize = 20;

/// Longest name of an unknown field that is repeated to the caller, in characters.
const SHOWN_NAME: usize = 64;

/// The fields of one JSON object.
///
/// A method for a required field gives an empty value where that is missing or wrong, and remembers the mistake:
/// [`read`](Self::read) then fails, so that such a value never gets further.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    path: String,
    values: Map<String, Value>,
    known: Vec<&'static str>,
    mistakes: &'a mut Vec<String>,
}

impl Fields<'_> {
    /// Reads a whole body, which is an object.
    ///
    /// # Errors
    /// [`Exception::invalid`] that names every mistake.
    pub(crate) fn read<T>(body: Value, read: impl FnOnce(&mut Fields<'_>) -> T) -> Result<T, Exception> {
        let mut mistakes = Vec::new();
        let read = within("", body, &mut mistakes, read);
        match read {
            Some(read) if mistakes.is_empty() => Ok(read),
            _ => Err(Exception::invalid(told(&mistakes))),
        }
    }

    /// A required id.
    pub(crate) fn id(&mut self, name: &'static str) -> i64 {
        self.required(name, "an integer", whole_number).unwrap_or_default()
    }

    /// An id that may be left out.
    pub(crate) fn optional_id(&mut self, name: &'static str) -> Option<i64> {
        self.optional(name, "an integer", whole_number)
    }

    /// A port that may be left out.
    pub(crate) fn optional_port(&mut self, name: &'static str) -> Option<u16> {
        self.optional(name, "an integer from 1 to 65535", |value| {
            value.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
        })
    }

    /// A count that may be left out.
    pub(crate) fn optional_count(&mut self, name: &'static str) -> Option<u64> {
        self.optional(name, "an integer, 0 or more", Value::as_u64)
    }

    /// A truth value that may be left out.
    pub(crate) fn optional_truth(&mut self, name: &'static str) -> Option<bool> {
        self.optional(name, "true or false", Value::as_bool)
    }

    /// A required text that is not empty.
    pub(crate) fn text(&mut self, name: &'static str) -> String {
        self.required(name, "a text that is not empty", plain_text)
            .filter(|text| !text.is_empty() || self.mistake(name, "must not be empty"))
            .unwrap_or_default()
    }

    /// A text that may be left out.
    pub(crate) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        self.optional(name, "a text", plain_text)
    }

    /// A single character that may be left out.
    pub(crate) fn optional_char(&mut self, name: &'static str) -> Option<char> {
        self.optional(name, "a text of one character", |value| {
            let mut chars = value.as_str()?.chars();
            chars.next().filter(|_| chars.next().is_none())
        })
    }

    /// A required array of texts.
    pub(crate) fn texts(&mut self, name: &'static str) -> Vec<String> {
        self.required(name, "an array of texts", array_of_texts).unwrap_or_default()
    }

    /// A text or an array of texts, such as an address or several.
    pub(crate) fn text_or_texts(&mut self, name: &'static str) -> Vec<String> {
        let texts = self.required(name, "a text or an array of texts", |value| {
            plain_text(value).map(|text| vec![text]).or_else(|| array_of_texts(value))
        });
        texts.filter(|texts| !texts.is_empty() || self.mistake(name, "must not be empty")).unwrap_or_default()
    }

    /// A word out of a list that may be left out.
    pub(crate) fn optional_word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let value = self.take(name)?;
        let found = value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            self.mistake(name, &format!("must be one of {}", list(words.iter().map(|(word, _)| *word))));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// A required word out of a list.
    pub(crate) fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        if !self.has(name) {
            self.known.push(name);
            let words = list(words.iter().map(|(word, _)| *word));
            self.mistake(name, &format!("is missing; it is one of {words}"));
            return None;
        }
        self.optional_word(name, words)
    }

    /// A required object with fields of its own.
    pub(crate) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let Some(value) = self.take(name) else {
            self.mistake(name, "is missing; it is an object");
            return None;
        };
        within(&self.path_of(name), value, self.mistakes, read)
    }

    /// An object with fields of its own that may be left out.
    pub(crate) fn optional_object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let value = self.take(name)?;
        within(&self.path_of(name), value, self.mistakes, read)
    }

    /// An object that may be left out and whose fields somebody else knows.
    pub(crate) fn optional_map(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        self.optional(name, "an object", |value| value.as_object().cloned())
    }

    /// An array of objects that may be left out.
    pub(crate) fn optional_objects<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Fields<'_>) -> T,
    ) -> Option<Vec<T>> {
        let items = self.optional(name, "an array of objects", |value| value.as_array().cloned())?;
        let path = self.path_of(name);
        let read = items
            .into_iter()
            .enumerate()
            .filter_map(|(at, item)| within(&format!("{path}[{at}]"), item, self.mistakes, &mut read));
        Some(read.collect())
    }

    /// A required array of objects, one at least.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        read: impl FnMut(&mut Fields<'_>) -> T,
    ) -> Vec<T> {
        let was_there = self.has(name);
        let wrong_before = self.mistakes.len();
        let items = self.optional_objects(name, read).unwrap_or_default();
        if !was_there {
            self.mistake(name, "is missing; it is an array of objects");
        } else if items.is_empty() && self.mistakes.len() == wrong_before {
            self.mistake(name, "must not be empty");
        }
        items
    }

    /// Remembers a mistake in a field. Always false, for use in filters.
    pub(crate) fn mistake(&mut self, name: &str, what: &str) -> bool {
        self.mistakes.push(format!("`{}` {what}", self.path_of(name)));
        false
    }

    fn has(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_null())
    }

    /// The field's value. Null is as good as left out.
    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.values.remove(name).filter(|value| !value.is_null())
    }

    fn required<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        convert: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        if !self.has(name) {
            self.take(name);
            self.mistake(name, &format!("is missing; it is {wanted}"));
            return None;
        }
        self.optional(name, wanted, convert)
    }

    fn optional<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        convert: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(name)?;
        let converted = convert(&value);
        if converted.is_none() {
            self.mistake(name, &format!("must be {wanted}, not {}", kind(&value)));
        }
        converted
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn refuse_unknown(&mut self) {
        let unknown: Vec<String> =
            self.values.keys().map(|name| name.chars().take(SHOWN_NAME).collect::<String>()).collect();
        for name in unknown {
            let known = list(self.known.iter().copied());
            self.mistake(&name, &format!("is not known here; the fields are {known}"));
        }
    }
}

fn told(mistakes: &[String]) -> String {
    let mut told = mistakes[..mistakes.len().min(TOLD)].join("; ");
    if mistakes.len() > TOLD {
        told.push_str(&format!("; and {} more", mistakes.len() - TOLD));
    }
    told
}

/// Reads an object at this path.
fn within<T>(
    path: &str,
    value: Value,
    mistakes: &mut Vec<String>,
    read: impl FnOnce(&mut Fields<'_>) -> T,
) -> Option<T> {
    let Value::Object(values) = value else {
        let what = if path.is_empty() { "The body".to_owned() } else { format!("`{path}`") };
        mistakes.push(format!("{what} must be an object, not {}", kind(&value)));
        return None;
    };
    let mut fields = Fields { path: path.to_owned(), values, known: Vec::new(), mistakes };
    let read = read(&mut fields);
    fields.refuse_unknown();
    Some(read)
}

fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64()
}

fn plain_text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn array_of_texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(plain_text).collect()
}

/// What a value is, without the value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(number) if number.is_f64() => "a number with a fraction or out of range",
        Value::Number(_) => "a number that is out of range here",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Read(i64, Vec<String>, Option<u16>);

    fn read(body: Value) -> Result<Read, Exception> {
        Fields::read(body, |fields| {
            let id = fields.object("connection", |connection| connection.id("id")).unwrap_or_default();
            Read(id, fields.texts("path"), fields.optional_port("port"))
        })
    }

    #[test]
    fn a_body_that_is_right_is_read() {
        let body = json!({"connection": {"id": 7}, "path": ["default"], "port": 10000});
        assert_eq!(read(body).unwrap(), Read(7, vec!["default".to_owned()], Some(10000)));
        let body = json!({"connection": {"id": -1}, "path": [], "port": null});
        assert_eq!(read(body).unwrap(), Read(-1, Vec::new(), None));
    }

    #[test]
    fn every_mistake_is_told_at_once_by_its_path() {
        let body = json!({"connection": {"id": "1", "name": "x"}, "path": "default", "tabel": "t"});
        assert_eq!(
            read(body).unwrap_err().details(),
            "`connection.id` must be an integer, not a text; `connection.name` is not known here; the fields are `id`; \
             `path` must be an array of texts, not a text; `tabel` is not known here; the fields are `connection`, \
             `path`, `port`"
        );
    }

    #[test]
    fn no_value_is_turned_into_one_of_another_type_and_none_is_shown() {
        for (wrong, named) in [
            (json!([]), "The body"),
            (json!("hunter2"), "The body"),
            (json!({"path": []}), "connection"),
            (json!({"connection": 1, "path": []}), "connection"),
            (json!({"connection": {"id": 1.0}, "path": []}), "connection.id"),
            (json!({"connection": {"id": 1e30}, "path": []}), "connection.id"),
            (json!({"connection": {"id": u64::MAX}, "path": []}), "connection.id"),
            (json!({"connection": {"id": true}, "path": []}), "connection.id"),
            (json!({"connection": {"id": 1}, "path": ["a", 1]}), "path"),
            (json!({"connection": {"id": 1}, "path": [], "port": 0}), "port"),
            (json!({"connection": {"id": 1}, "path": [], "port": 65536}), "port"),
            (json!({"connection": {"id": 1}, "path": [], "port": "hunter2"}), "port"),
        ] {
            let exception = read(wrong.clone()).unwrap_err();
            assert!(exception.details().contains(named), "{wrong}: {exception:?}");
            assert!(!exception.details().contains("hunter2"), "{wrong}: {exception:?}");
        }
    }

    #[test]
    fn a_long_list_of_mistakes_is_cut() {
        let mut body = json!({"connection": {"id": 1}, "path": []});
        for number in 0..1000 {
            body[format!("field{number}")] = 1.into();
        }
        let exception = read(body).unwrap_err();
        assert!(exception.details().ends_with("; and 980 more"), "{exception:?}");
    }

    #[test]
    fn a_long_unknown_name_is_cut() {
        let exception = read(json!({"connection": {"id": 1}, "path": [], "é".repeat(5000): 1})).unwrap_err();
        assert!(exception.details().len() < 400, "{exception:?}");
    }
}
