//! Writes values in Thrift's binary protocol.

use super::wire::kind;

/// Collects the bytes of one message.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a length. One above `i32::MAX` cannot be told; the requests' own check refuses such a message.
    pub(crate) fn length(&mut self, length: usize) {
        self.raw(&i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes());
    }

    pub(crate) fn text(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.raw(bytes);
    }

    pub(crate) fn field(&mut self, kind: u8, id: i16) {
        self.raw(&[kind]);
        self.raw(&id.to_be_bytes());
    }

    pub(crate) fn stop(&mut self) {
        self.raw(&[kind::STOP]);
    }
}
