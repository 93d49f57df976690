//! Values as Thrift's binary protocol writes them, and the traits that tie Rust types to them.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;

use super::reader::Reader;
use super::writer::Writer;

/// Type codes of the binary protocol.
pub mod kind {
    /// The end of a struct's fields.
    pub const STOP: u8 = 0;
    /// A boolean, one byte.
    pub const BOOL: u8 = 2;
    /// A signed byte.
    pub const BYTE: u8 = 3;
    /// A 64-bit float.
    pub const DOUBLE: u8 = 4;
    /// A 16-bit integer.
    pub const I16: u8 = 6;
    /// A 32-bit integer, or an enum.
    pub const I32: u8 = 8;
    /// A 64-bit integer.
    pub const I64: u8 = 10;
    /// A text, or bytes.
    pub const TEXT: u8 = 11;
    /// A struct, and so an exception.
    pub const STRUCT: u8 = 12;
    /// A map.
    pub const MAP: u8 = 13;
    /// A set.
    pub const SET: u8 = 14;
    /// A list.
    pub const LIST: u8 = 15;
}

/// Why bytes are not the message that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireError(&'static str);

impl WireError {
    /// An error with that reason, which names no value.
    pub const fn new(reason: &'static str) -> Self {
        Self(reason)
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for WireError {}

/// A type that has a form on the wire.
pub trait Wire: Sized {
    /// The type code.
    const KIND: u8;

    /// Writes the value, without its type code.
    fn write(&self, out: &mut Writer);

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// When the bytes are none of this type.
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError>;
}

/// A field of a struct: a [`Wire`] type that must be there, or an `Option` of one.
pub trait Field: Sized {
    /// The type code.
    const KIND: u8;

    /// Writes the field with type code and id, or nothing for a `None`.
    fn write(&self, id: i16, out: &mut Writer);

    /// Reads the field's value.
    ///
    /// # Errors
    ///
    /// When the bytes are none of this type.
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError>;

    /// What a missing field means.
    ///
    /// # Errors
    ///
    /// When it must be there.
    fn absent() -> Result<Self, WireError>;
}

impl<T: Wire> Field for T {
    const KIND: u8 = T::KIND;

    fn write(&self, id: i16, out: &mut Writer) {
        out.field(T::KIND, id);
        Wire::write(self, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        <T as Wire>::read(input)
    }

    fn absent() -> Result<Self, WireError> {
        Err(WireError::new("a field that must be there is missing"))
    }
}

impl<T: Wire> Field for Option<T> {
    const KIND: u8 = T::KIND;

    fn write(&self, id: i16, out: &mut Writer) {
        if let Some(value) = self {
            Field::write(value, id, out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        <T as Wire>::read(input).map(Some)
    }

    fn absent() -> Result<Self, WireError> {
        Ok(None)
    }
}

/// Declares messages the way an IDL does: field id, name and type. The declaration is the only place where they stand.
///
/// Each struct gets its [`Wire`] form. A field is a [`Wire`] type that must be there, or an `Option` of one. Fields that
/// are not declared are passed over when a message is read. Structs and fields are visible in the caller's crate alone.
#[macro_export]
macro_rules! messages {
    ($($(#[$meta:meta])* struct $name:ident { $($id:literal $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)*
        }

        impl $crate::codec::Wire for $name {
            const KIND: u8 = $crate::codec::kind::STRUCT;

            fn write(&self, out: &mut $crate::codec::Writer) {
                $($crate::codec::Field::write(&self.$field, $id, out);)*
                out.stop();
            }

            fn read(
                input: &mut $crate::codec::Reader<'_>,
            ) -> Result<Self, $crate::codec::WireError> {
                $(let mut $field: Option<$type> = None;)*
                while let Some((kind, id)) = input.field()? {
                    $(if id == $id && kind == <$type as $crate::codec::Field>::KIND {
                        $field = Some($crate::codec::Field::read(input)?);
                        continue;
                    })*
                    // Newer servers send fields that this client does not know.
                    input.skip(kind)?;
                }
                Ok(Self {
                    $($field: match $field {
                        Some(value) => value,
                        None => $crate::codec::Field::absent()?,
                    },)*
                })
            }
        }
    )*};
}

macro_rules! fixed {
    ($($type:ty => $kind:ident,)*) => {$(
        impl Wire for $type {
            const KIND: u8 = kind::$kind;

            fn write(&self, out: &mut Writer) {
                out.raw(&self.to_be_bytes());
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
                input.array().map(Self::from_be_bytes)
            }
        }
    )*};
}

fixed! {
    i16 => I16,
    i32 => I32,
    i64 => I64,
    f64 => DOUBLE,
}

impl Wire for bool {
    const KIND: u8 = kind::BOOL;

    fn write(&self, out: &mut Writer) {
        out.raw(&[u8::from(*self)]);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        input.array::<1>().map(|[byte]| byte != 0)
    }
}

impl Wire for String {
    const KIND: u8 = kind::TEXT;

    fn write(&self, out: &mut Writer) {
        out.text(self.as_bytes());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        // Names and messages: an invalid byte in one of them must not hide the rest of the reply.
        input.text().map(|bytes| Self::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Wire for Bytes {
    const KIND: u8 = kind::TEXT;

    fn write(&self, out: &mut Writer) {
        out.text(self);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        input.text()
    }
}

impl<T: Wire> Wire for Vec<T> {
    const KIND: u8 = kind::LIST;

    fn write(&self, out: &mut Writer) {
        out.raw(&[T::KIND]);
        out.length(self.len());
        for item in self {
            Wire::write(item, out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let (kind, count) = input.list()?;
        if count > 0 && kind != T::KIND {
            return Err(WireError::new("a list holds values of an unexpected type"));
        }
        // Grows as values arrive: the announced count allocates nothing.
        let mut items = Self::new();
        for _ in 0..count {
            items.push(<T as Wire>::read(input)?);
        }
        Ok(items)
    }
}

impl<V: Wire> Wire for BTreeMap<String, V> {
    const KIND: u8 = kind::MAP;

    fn write(&self, out: &mut Writer) {
        out.raw(&[kind::TEXT, V::KIND]);
        out.length(self.len());
        for (key, value) in self {
            Wire::write(key, out);
            Wire::write(value, out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let (key, value, count) = input.map()?;
        if count > 0 && (key, value) != (kind::TEXT, V::KIND) {
            return Err(WireError::new("a map holds values of an unexpected type"));
        }
        let mut items = Self::new();
        for _ in 0..count {
            let key = <String as Wire>::read(input)?;
            items.insert(key, <V as Wire>::read(input)?);
        }
        Ok(items)
    }
}
