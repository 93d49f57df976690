//! The frame around a call and its reply: version, name, sequence number.

use bytes::Bytes;

use super::reader::Reader;
use super::wire::{Wire, WireError, kind, messages};
use super::writer::Writer;

/// First two bytes of a message in the strict form of the binary protocol.
pub(crate) const VERSION: [u8; 2] = [0x80, 0x01];

const CALL: u8 = 1;
const REPLY: u8 = 2;
const EXCEPTION: u8 = 3;

/// A request, with the name of its call and the type of its reply.
pub(crate) trait Call: Wire {
    const NAME: &'static str;
    type Reply: Wire;
}

messages! {
    /// What a server sends when a call itself failed, such as one it does not know.
    struct CallException {
        1 message: Option<String>,
    }
}

/// What came back for a call.
#[derive(Debug)]
pub(crate) enum Answer<R> {
    Reply(R),
    Exception(String),
}

/// Writes a whole call.
pub(crate) fn encode<C: Call>(call: &C, sequence: i32) -> Vec<u8> {
    let mut out = Writer::default();
    out.raw(&VERSION);
    out.raw(&[0, CALL]);
    out.text(C::NAME.as_bytes());
    Wire::write(&sequence, &mut out);
    out.field(kind::STRUCT, 1);
    Wire::write(call, &mut out);
    out.stop();
    out.into_bytes()
}

/// Reads the answer to the call with that sequence number.
pub(crate) fn decode<C: Call>(message: &Bytes, sequence: i32) -> Result<Answer<C::Reply>, WireError> {
    let mut input = Reader::new(message);
    let [high, low, _, kind_of_message] = input.array()?;
    if [high, low] != VERSION {
        return Err(WireError("this is not a message of Thrift's binary protocol"));
    }
    let name = input.text()?;
    if i32::from_be_bytes(input.array()?) != sequence || (kind_of_message == REPLY && name != C::NAME) {
        return Err(WireError("this is the answer to another call"));
    }
    match kind_of_message {
        REPLY => {
            while let Some((kind, id)) = input.field()? {
                if (kind, id) == (kind::STRUCT, 0) {
                    return <C::Reply as Wire>::read(&mut input).map(Answer::Reply);
                }
                input.skip(kind)?;
            }
            Err(WireError("the answer is empty"))
        }
        EXCEPTION => {
            let exception = <CallException as Wire>::read(&mut input)?;
            Ok(Answer::Exception(exception.message.unwrap_or_default()))
        }
        _ => Err(WireError("this is neither a reply nor an exception")),
    }
}
