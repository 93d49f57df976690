//! An object read part by part, one part ahead of its reader.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use bytes::{Buf, Bytes};

/// The size of a part.
const PART: u64 = 8 << 20;
/// Parts that wait for their reader.
const WAITING: usize = 1;

/// A body whose parts are asked for by a thread of its own, so that reading and decoding run beside each other.
///
/// The thread ends with the body, or after the part that it waits for when the body is dropped early.
#[derive(Debug)]
pub(crate) struct RangedBody {
    parts: Option<Receiver<io::Result<Bytes>>>,
    part: Bytes,
    thread: Option<JoinHandle<()>>,
}

impl RangedBody {
    /// A body of a known size; `read` answers the part at a place, of the length it is given.
    pub(crate) fn new(
        size: u64,
        mut read: impl FnMut(u64, u64) -> io::Result<Bytes> + Send + 'static,
    ) -> Self {
        let (sender, parts) = sync_channel(WAITING);
        let thread = thread::spawn(move || {
            let mut start = 0;
            while start < size {
                let length = PART.min(size - start);
                let part = read(start, length).and_then(|part| {
                    if part.len() as u64 == length {
                        Ok(part)
                    } else {
                        Err(io::ErrorKind::UnexpectedEof.into())
                    }
                });
                let is_last = part.is_err();
                if sender.send(part).is_err() || is_last {
                    return;
                }
                start += length;
            }
        });
        Self { parts: Some(parts), part: Bytes::new(), thread: Some(thread) }
    }
}

impl Read for RangedBody {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.part.is_empty()
            && let Some(parts) = &self.parts
        {
            match parts.recv() {
                Ok(part) => self.part = part?,
                Err(_) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.part.len());
        self.part.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

impl Drop for RangedBody {
    fn drop(&mut self) {
        drop(self.parts.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the reader of an object has failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_in_order_and_a_short_part_is_an_error() {
        let size = PART * 2 + 5;
        let mut body =
            RangedBody::new(size, |start, length| Ok(vec![(start / PART) as u8; length as usize].into()));
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, size);
        assert_eq!((bytes[0], bytes[PART as usize], bytes[size as usize - 1]), (0, 1, 2));

        let mut body = RangedBody::new(size, |_, length| Ok(vec![0; length as usize - 1].into()));
        assert_eq!(body.read(&mut [0; 8]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_body_may_be_dropped_before_its_end() {
        let mut body = RangedBody::new(PART * 100, |_, length| Ok(vec![7; length as usize].into()));
        let mut first = [0; 4];
        body.read_exact(&mut first).unwrap();
        assert_eq!(first, [7; 4]);
    }
}
