//! The frame around a call and its reply: version, name, sequence number.

use bytes::Bytes;

use super::reader::Reader;
use super::wire::{Wire, WireError, kind};
use super::writer::Writer;
use crate::messages;

/// First two bytes of a message in the strict form of the binary protocol.
pub(super) const VERSION: [u8; 2] = [0x80, 0x01];

const CALL: u8 = 1;
const REPLY: u8 = 2;
const EXCEPTION: u8 = 3;

messages! {
    /// What a server sends when a call itself failed, such as one it does not know.
    struct CallException {
        1 message: Option<String>,
    }
}

/// What came back for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The bytes of the call's result struct: field 0 is what it returns, others are the exceptions it declares.
    Result(Bytes),
    /// The server's words when it could not make the call at all.
    Exception(String),
}

/// Writes a whole call with its arguments struct.
pub fn encode(name: &str, sequence: i32, arguments: &impl Wire) -> Vec<u8> {
    let mut out = Writer::default();
    out.raw(&VERSION);
    out.raw(&[0, CALL]);
    out.text(name.as_bytes());
    Wire::write(&sequence, &mut out);
    Wire::write(arguments, &mut out);
    out.into_bytes()
}

/// Opens the answer to the call of that name and sequence number.
///
/// # Errors
///
/// When it is no message, or the answer to another call.
pub fn open(message: &Bytes, name: &str, sequence: i32) -> Result<Reply, WireError> {
    let mut input = Reader::new(message);
    let [high, low, _, kind_of_message] = input.array()?;
    if [high, low] != VERSION {
        return Err(WireError::new("this is not a message of Thrift's binary protocol"));
    }
    let answered = input.text()?;
    if i32::from_be_bytes(input.array()?) != sequence || (kind_of_message == REPLY && answered != name) {
        return Err(WireError::new("this is the answer to another call"));
    }
    match kind_of_message {
        REPLY => input.value(kind::STRUCT).map(Reply::Result),
        EXCEPTION => {
            let exception = <CallException as Wire>::read(&mut input)?;
            Ok(Reply::Exception(exception.message.unwrap_or_default()))
        }
        _ => Err(WireError::new("this is neither a reply nor an exception")),
    }
}

/// Reads one value from its bytes.
///
/// # Errors
///
/// When they are not such a value.
pub fn read<T: Wire>(bytes: &Bytes) -> Result<T, WireError> {
    <T as Wire>::read(&mut Reader::new(bytes))
}
