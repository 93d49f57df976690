//! Writes values in Thrift's binary protocol.

use super::wire::kind;

/// Collects the bytes of one message.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a length. One above `i32::MAX` cannot be told; a client's own check of the length refuses such a message.
    pub fn length(&mut self, length: usize) {
        self.raw(&i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes());
    }

    /// Writes a text or bytes behind their length.
    pub fn text(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.raw(bytes);
    }

    /// Begins a field.
    pub fn field(&mut self, kind: u8, id: i16) {
        self.raw(&[kind]);
        self.raw(&id.to_be_bytes());
    }

    /// Ends a struct.
    pub fn stop(&mut self) {
        self.raw(&[kind::STOP]);
    }
}
