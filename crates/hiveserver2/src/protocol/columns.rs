//! One column of a result as it came: the bytes of its values and its null bitmap, not yet decoded.

use bytes::Bytes;
use hive_thrift::codec::{Reader, Wire, WireError, Writer, kind};

/// The form of a column's values on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnForm {
    Bool,
    Byte,
    I16,
    I32,
    I64,
    Double,
    Text,
    Binary,
}

impl ColumnForm {
    const ALL: [Self; 8] =
        [Self::Bool, Self::Byte, Self::I16, Self::I32, Self::I64, Self::Double, Self::Text, Self::Binary];

    /// The field of the column union that carries this form.
    fn id(self) -> i16 {
        self as i16 + 1
    }

    fn kind(self) -> u8 {
        match self {
            Self::Bool => kind::BOOL,
            Self::Byte => kind::BYTE,
            Self::I16 => kind::I16,
            Self::I32 => kind::I32,
            Self::I64 => kind::I64,
            Self::Double => kind::DOUBLE,
            Self::Text | Self::Binary => kind::TEXT,
        }
    }

    /// Bytes of one value, or `None` where each tells its own length.
    fn width(self) -> Option<usize> {
        match self {
            Self::Bool | Self::Byte => Some(1),
            Self::I16 => Some(2),
            Self::I32 => Some(4),
            Self::I64 | Self::Double => Some(8),
            Self::Text | Self::Binary => None,
        }
    }
}

/// Values of one column, still as they were on the wire.
///
/// `nulls` has one bit a row, lowest bit first. It may be shorter than the rows: a missing bit means not null.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) form: ColumnForm,
    pub(crate) row_count: usize,
    pub(crate) values: Bytes,
    pub(crate) nulls: Bytes,
}

impl Column {
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1)
    }

    /// The values of a text or binary column in order.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let mut left = &self.values[..];
        // The lengths were checked when the column was read.
        std::iter::from_fn(move || {
            let (length, rest) = left.split_first_chunk::<4>()?;
            let (text, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            left = rest;
            Some(text)
        })
    }

    fn read_values(form: ColumnForm, input: &mut Reader<'_>) -> Result<Self, WireError> {
        let (mut row_count, mut values, mut nulls) = (0, Bytes::new(), Bytes::new());
        while let Some((kind, id)) = input.field()? {
            match (kind, id) {
                (kind::LIST, 1) => {
                    let (kind, count) = input.list()?;
                    if count > 0 && kind != form.kind() {
                        return Err(WireError::new("a column holds values of an unexpected type"));
                    }
                    row_count = count;
                    values = match form.width() {
                        Some(width) => input.bytes(count.saturating_mul(width))?,
                        None => input.texts(count)?,
                    };
                }
                (kind::TEXT, 2) => nulls = input.text()?,
                _ => input.skip(kind)?,
            }
        }
        Ok(Self { form, row_count, values, nulls })
    }
}

impl Wire for Column {
    const KIND: u8 = kind::STRUCT;

    fn write(&self, out: &mut Writer) {
        out.field(kind::STRUCT, self.form.id());
        out.field(kind::LIST, 1);
        out.raw(&[self.form.kind()]);
        out.length(self.row_count);
        out.raw(&self.values);
        out.field(kind::TEXT, 2);
        out.text(&self.nulls);
        out.stop();
        out.stop();
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut column = None;
        while let Some((kind, id)) = input.field()? {
            match ColumnForm::ALL.into_iter().find(|form| form.id() == id) {
                Some(form) if kind == kind::STRUCT => column = Some(Self::read_values(form, input)?),
                _ => input.skip(kind)?,
            }
        }
        column.ok_or(WireError::new("a column has no values of a known type"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_bit_means_not_null() {
        let column = Column {
            form: ColumnForm::Bool,
            row_count: 20,
            values: Bytes::from(vec![1; 20]),
            nulls: Bytes::from_static(&[0b0000_0101]),
        };
        let nulls: Vec<_> = (0..20).filter(|row| column.is_null(*row)).collect();
        assert_eq!(nulls, [0, 2]);
    }

    #[test]
    fn more_rows_than_bytes_are_refused() {
        for (kind, id) in [(kind::BOOL, 1), (kind::I64, 5), (kind::TEXT, 7)] {
            let mut out = Writer::default();
            out.field(kind::STRUCT, id);
            out.field(kind::LIST, 1);
            out.raw(&[kind]);
            out.length(1 << 30);
            out.raw(&[0; 64]);
            let bytes = Bytes::from(out.into_bytes());
            assert!(<Column as Wire>::read(&mut Reader::new(&bytes)).is_err());
        }
    }
}
