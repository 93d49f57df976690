//! Errors and notices as they stand on the wire.

use std::fmt;

use bytes::{BufMut, BytesMut};

use crate::wire::Message;

/// How grave a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    Info,
    Warning,
    Error,
    Fatal,
}

impl Severity {
    fn text(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

/// An error or a notice.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) severity: Severity,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) detail: Option<String>,
    pub(crate) hint: Option<String>,
    pub(crate) position: Option<Box<str>>,
}

impl Report {
    /// An error with its SQLSTATE.
    pub(crate) fn error(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    pub(crate) fn new(severity: Severity, code: &str, message: impl Into<String>) -> Self {
        let code = code.to_owned();
        Self { severity, code, message: message.into(), detail: None, hint: None, position: None }
    }

    /// A statement that the grammar doesn't know.
    pub(crate) fn syntax(near: &str) -> Self {
        match near {
            "" => Self::error("42601", "syntax error at end of input"),
            near => Self::error("42601", format!("syntax error at or near \"{near}\"")),
        }
    }

    /// Something that the service knows and refuses.
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::error("0A000", message)
    }

    /// Something that the service knows and this emulator doesn't.
    pub(crate) fn not_emulated(what: &str) -> Self {
        let hint = "The service knows this; the emulator refuses it, so that nobody relies on it unseen.";
        Self::unsupported(format!("redshift-emulator: {what} is not emulated")).with_hint(hint)
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Reads a report of PostgreSQL.
    pub(crate) fn from_message(message: &Message) -> Self {
        let mut report = Self::new(Severity::Error, "XX000", "");
        for field in message.body.split(|byte| *byte == 0) {
            let Some((kind, value)) = field.split_first() else { continue };
            let value = String::from_utf8_lossy(value).into_owned();
            match kind {
                b'S' => {
                    report.severity = match value.as_str() {
                        "FATAL" | "PANIC" => Severity::Fatal,
                        "WARNING" => Severity::Warning,
                        "ERROR" => Severity::Error,
                        _ => Severity::Info,
                    }
                }
                b'C' => report.code = value,
                b'M' => report.message = value,
                b'D' => report.detail = Some(value),
                b'H' => report.hint = Some(value),
                b'P' => report.position = Some(value.into()),
                _ => {}
            }
        }
        report
    }

    /// The report as a message for a client.
    pub(crate) fn to_message(&self) -> Message {
        let mut body = BytesMut::new();
        let mut put = |kind: u8, value: &str| {
            body.put_u8(kind);
            body.put_slice(value.replace('\0', "").as_bytes());
            body.put_u8(0);
        };
        put(b'S', self.severity.text());
        put(b'C', &self.code);
        put(b'M', &self.message);
        let position = self.position.as_deref();
        for (kind, value) in [(b'D', self.detail.as_deref()), (b'H', self.hint.as_deref()), (b'P', position)]
        {
            if let Some(value) = value {
                put(kind, value);
            }
        }
        body.put_u8(0);
        let tag = match self.severity {
            Severity::Error | Severity::Fatal => b'E',
            Severity::Info | Severity::Warning => b'N',
        };
        Message::new(tag, body)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} ({})", self.severity.text(), self.message, self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let report = Report::error("42601", "syntax error").with_detail("more").with_hint("less");
        let read = Report::from_message(&report.to_message());
        assert_eq!(read.code, "42601");
        assert_eq!(read.detail.as_deref(), Some("more"));
        assert_eq!(read.hint.as_deref(), Some("less"));
        assert_eq!(report.to_message().tag, b'E');
    }
}
