//! How HiveServer2 wraps its calls: one request struct in field 1, one response struct in field 0.

use bytes::Bytes;
use hive_thrift::codec::{self, Record, Reply, Wire, WireError};

/// A request, with the name of its call and the type of its reply.
pub(crate) trait Call: Wire {
    const NAME: &'static str;
    type Reply: Wire;
}

/// What came back for a call.
#[derive(Debug)]
pub(crate) enum Answer<R> {
    Reply(R),
    Exception(String),
}

/// Writes a whole call.
pub(crate) fn encode<C: Call>(call: &C, sequence: i32) -> Vec<u8> {
    let mut arguments = Record::default();
    arguments.set(1, call);
    codec::encode(C::NAME, sequence, &arguments)
}

/// Reads the answer to the call with that sequence number.
pub(crate) fn decode<C: Call>(message: &Bytes, sequence: i32) -> Result<Answer<C::Reply>, WireError> {
    match codec::open(message, C::NAME, sequence)? {
        Reply::Result(result) => {
            let reply = codec::read::<Record>(&result)?.get(0)?;
            reply.map(Answer::Reply).ok_or(WireError::new("the answer is empty"))
        }
        Reply::Exception(text) => Ok(Answer::Exception(text)),
    }
}
