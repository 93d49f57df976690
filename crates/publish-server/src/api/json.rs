//! Bodies: JSON, of the right content type, and of one meaning.

use std::fmt;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::exception::Exception;

/// The body of a request as JSON.
///
/// Refused are other content types (415), bodies over the limit (413), and what is not JSON or could be read in two ways:
/// objects that have a field twice, and texts with a zero character, which databases don't keep (400).
#[derive(Debug)]
pub(crate) struct JsonBody(pub(crate) Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Exception;

    async fn from_request(request: Request, state: &S) -> Result<Self, Exception> {
        check_type(&request)?;
        let bytes = Bytes::from_request(request, state).await.map_err(|error| unread(&error))?;
        parse(&bytes).map(Self)
    }
}

fn check_type(request: &Request) -> Result<(), Exception> {
    let given = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let text = given.and_then(|given| std::str::from_utf8(given).ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Exception::of_status(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "Send JSON, and the header `Content-Type: application/json`",
    ))
}

fn unread(error: &BytesRejection) -> Exception {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Exception::of_status(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is larger than this server takes; name files by a folder or a glob",
        ),
        _ => Exception::invalid("The body broke off; send it again"),
    }
}

/// Reads a body.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Exception> {
    if bytes.trim_ascii().is_empty() {
        return Err(Exception::invalid("The body is empty; send a JSON object"));
    }
    serde_json::from_slice::<Plain>(bytes).map(|plain| plain.0).map_err(|error| {
        // The error's own words hold no value of the body, only what was expected where.
        Exception::invalid(format!("The body is not JSON of one meaning: {error}"))
    })
}

/// A JSON value whose objects have each field once and whose texts can be stored.
struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor).map(Self)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is out of range"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        storable(value).map(|text| Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Plain(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            storable::<A::Error>(&name)?;
            let Plain(value) = entries.next_value()?;
            if values.insert(name, value).is_some() {
                return Err(A::Error::custom("an object has a field twice"));
            }
        }
        Ok(Value::Object(values))
    }
}

fn storable<E: serde::de::Error>(text: &str) -> Result<&str, E> {
    if text.contains('\0') {
        return Err(E::custom("a text has the character U+0000, which can't be stored"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_of_two_meanings_is_refused() {
        assert_eq!(
            parse(br#"{"a": [1, -2, 1.5, true, null, "x"], "b": {}}"#).unwrap(),
            json!({"a": [1, -2, 1.5, true, null, "x"], "b": {}})
        );
        let deep = "[".repeat(5000);
        for wrong in [
            "",
            " \n",
            "{",
            "{}{}",
            "{'a': 1}",
            r#"{"a": 1, "a": 2}"#,
            r#"{"a": {"b": 1, "b": 1}}"#,
            r#"{"a": "\u0000"}"#,
            r#"{"\u0000": 1}"#,
            r#"{"a": "\ud800"}"#,
            r#"{"a": 1e999}"#,
            "NaN",
            &deep,
        ] {
            let exception = parse(wrong.as_bytes()).unwrap_err();
            assert_eq!(exception.status(), StatusCode::BAD_REQUEST, "{wrong}");
        }
        assert!(parse(b"{\"a\": \"\xff\"}").is_err());
    }

    #[tokio::test]
    async fn a_body_of_another_content_type_is_415() {
        for (given, wanted) in [
            (Some("application/json"), None),
            (Some("application/JSON; charset=utf-8"), None),
            (Some("text/plain"), Some(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
            (Some("application/x-www-form-urlencoded"), Some(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
            (None, Some(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
        ] {
            let mut request = Request::new(Body::from("{}"));
            if let Some(given) = given {
                request.headers_mut().insert(header::CONTENT_TYPE, given.parse().unwrap());
            }
            let status = JsonBody::from_request(request, &()).await.err().map(|error| error.status());
            assert_eq!(status, wanted, "{given:?}");
        }
    }
}
