//! PostgreSQL's answers as the service would give them.

use bytes::{BufMut, Bytes, BytesMut};

use crate::session::Shared;
use crate::wire::{Message, Report, Severity};

/// The type of VARBYTE, whose text has no prefix on the service.
const VARBYTE: u32 = 6551;

/// The SQLSTATE of a statement that was cancelled.
pub(crate) const CANCELLED: &str = "57014";

/// Turns answers on their way to the client.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Columns of the rows that come whose values are VARBYTE in text, by their place.
    varbytes: Vec<usize>,
}

impl Answers {
    /// The message that the client gets, if it gets one.
    pub(crate) fn turn(&mut self, message: Message, shared: &Shared) -> Option<Message> {
        match message.tag {
            b'E' | b'N' => {
                let report = turn_report(Report::from_message(&message), shared);
                Some(report.to_message())
            }
            b'S' => turn_status(message),
            b'C' => Some(turn_tag(message)),
            b'A' => None,
            b'T' => Some(self.turn_description(message, shared)),
            b'D' if !self.varbytes.is_empty() || !shared.long_names.is_empty() => {
                Some(self.turn_row(&message, shared))
            }
            _ => Some(message),
        }
    }

    fn turn_description(&mut self, message: Message, shared: &Shared) -> Message {
        self.varbytes.clear();
        let mut body = BytesMut::with_capacity(message.body.len());
        body.put_slice(message.body.get(..2).unwrap_or_default());
        let mut rest = message.body.get(2..).unwrap_or_default();
        let mut column = 0;
        while let Some(end) = rest.iter().position(|byte| *byte == 0) {
            let name = String::from_utf8_lossy(&rest[..end]);
            let Some(fields) = rest.get(end + 1..end + 19) else { return message };
            let type_id = u32::from_be_bytes([fields[6], fields[7], fields[8], fields[9]]);
            if type_id == VARBYTE && fields[16..18] == [0, 0] {
                self.varbytes.push(column);
            }
            let name = shared.long_names.restore(&name).unwrap_or_else(|| name.into_owned());
            body.put_slice(name.as_bytes());
            body.put_u8(0);
            body.put_slice(fields);
            rest = &rest[end + 19..];
            column += 1;
        }
        Message::new(b'T', body)
    }

    fn turn_row(&self, message: &Message, shared: &Shared) -> Message {
        let mut body = BytesMut::with_capacity(message.body.len());
        body.put_slice(message.body.get(..2).unwrap_or_default());
        let mut rest = message.body.get(2..).unwrap_or_default();
        let mut column = 0;
        while let Some((head, tail)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(i32::from_be_bytes(*head)).ok();
            let (value, tail) = tail.split_at(length.unwrap_or(0).min(tail.len()));
            rest = tail;
            let is_varbyte = self.varbytes.contains(&column);
            column += 1;
            if length.is_none() {
                body.put_slice(head);
                continue;
            }
            let value = self.turn_value(value, is_varbyte, shared);
            // A value is never longer than the one that came, but for a name of 127 bytes.
            body.put_i32(value.len() as i32);
            body.put_slice(&value);
        }
        Message::new(b'D', body)
    }

    fn turn_value(&self, value: &[u8], is_varbyte: bool, shared: &Shared) -> Bytes {
        if is_varbyte {
            return Bytes::copy_from_slice(value.strip_prefix(b"\\x").unwrap_or(value));
        }
        let long = std::str::from_utf8(value)
            .ok()
            .filter(|text| text.len() == 63)
            .and_then(|text| shared.long_names.restore(text));
        long.map_or_else(|| Bytes::copy_from_slice(value), Bytes::from)
    }
}

/// Codes and texts that the service has otherwise.
pub(crate) fn turn_report(mut report: Report, shared: &Shared) -> Report {
    if let Some(message) = shared.long_names.restore_in(&report.message) {
        report.message = message;
    }
    match report.code.as_str() {
        "40001" if report.message.contains("concurrent") => {
            let message = "could not complete because of conflict with concurrent transaction";
            let message = if shared.is_serializable() { SERIALIZABLE } else { message };
            let detail = report.detail.take();
            report = Report::error("XX000", message);
            if message == SERIALIZABLE {
                report = report.with_detail(serializable_detail(detail));
            }
        }
        "40001" => {
            let detail = report.detail.take();
            report = Report::error("XX000", SERIALIZABLE).with_detail(serializable_detail(detail));
        }
        CANCELLED => report.message = "Query cancelled on user's request".to_owned(),
        "28P01" => report.code = "28000".to_owned(),
        _ => {}
    }
    if report.severity == Severity::Info {
        // The service's notices have no detail.
        report.detail = None;
    }
    report
}

const SERIALIZABLE: &str = "1023";

fn serializable_detail(cause: Option<String>) -> String {
    let cause = cause.unwrap_or_default();
    format!("Serializable isolation violation on table in Redshift. {cause}").trim_end().to_owned()
}

/// Parameters as the service reports them.
fn turn_status(message: Message) -> Option<Message> {
    let strings = message.strings();
    match strings.first().map(String::as_str)? {
        "server_version" => Some(Message::parameter_status("server_version", "8.0.2")),
        "server_encoding" => Some(Message::parameter_status("server_encoding", "UNICODE")),
        "client_encoding"
        | "DateStyle"
        | "integer_datetimes"
        | "is_superuser"
        | "session_authorization"
        | "TimeZone"
        | "application_name" => Some(message),
        _ => None,
    }
}

/// Tags as the service gives them: a query's has no count.
fn turn_tag(message: Message) -> Message {
    let strings = message.strings();
    match strings.first().map(String::as_str).unwrap_or_default() {
        tag if tag.starts_with("SELECT ") => Message::command_complete("SELECT"),
        tag if tag.starts_with("FETCH ") => Message::command_complete("FETCH"),
        tag if tag.starts_with("COPY ") => Message::command_complete("COPY"),
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::objects::FolderStore;

    fn shared() -> Shared {
        Shared::new("/nowhere".into(), Arc::new(FolderStore::new("/nowhere")), true, None)
    }

    #[test]
    fn a_serialization_failure_is_error_1023() {
        let report = turn_report(Report::error("40001", "could not serialize access"), &shared());
        assert_eq!((report.code.as_str(), report.message.as_str()), ("XX000", "1023"));
        assert!(report.detail.unwrap().starts_with("Serializable isolation violation on table"));
    }

    #[test]
    fn a_query_has_no_count_in_its_tag() {
        let mut answers = Answers::default();
        let turned = answers.turn(Message::command_complete("SELECT 3"), &shared()).unwrap();
        assert_eq!(turned.strings(), ["SELECT"]);
        let turned = answers.turn(Message::command_complete("INSERT 0 3"), &shared()).unwrap();
        assert_eq!(turned.strings(), ["INSERT 0 3"]);
    }

    #[test]
    fn the_version_is_that_of_the_service() {
        let message = Message::parameter_status("server_version", "15.3");
        let turned = Answers::default().turn(message, &shared()).unwrap();
        assert_eq!(turned.strings(), ["server_version", "8.0.2"]);
        let message = Message::parameter_status("in_hot_standby", "off");
        assert!(Answers::default().turn(message, &shared()).is_none());
    }
}
