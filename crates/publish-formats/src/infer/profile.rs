//! What is known of the texts of a column.

use std::collections::HashMap;

use arrow_schema::{DataType, Field, TimeUnit};
use publish_core::TEXT_TYPE_KEY;

use crate::text::{Moment, Number, Time, parse_date};

/// Key of a field's metadata under which an inspection keeps the profile, so that files can be merged rightly.
const PROFILE_KEY: &str = "publish.text_profile";

/// The digits of the widest decimal.
const MAX_DECIMAL_DIGITS: u32 = 38;

/// What all texts of a column have in common. Two profiles merge into that of all their texts.
///
/// The rules never lose a digit, nor make a value of what may be a label: see [`data_type`](Self::data_type).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    kinds: u32,
    /// Digits before the point of the longest number.
    whole_digits: u32,
    /// Digits behind the point of the longest fraction.
    scale: u32,
    /// Digits of the longest fraction of a second.
    fraction_digits: u32,
    /// Bytes of the longest text.
    max_bytes: u64,
}

/// What single texts are. A column has the union of those of its texts.
mod kind {
    pub(super) const TEXT: u32 = 1;
    /// A number written as an integer.
    pub(super) const INTEGER: u32 = 1 << 1;
    /// A number with a point or an exponent.
    pub(super) const FRACTION: u32 = 1 << 2;
    /// A number that an `i64` does not keep as it is written.
    pub(super) const NO_I64: u32 = 1 << 3;
    /// A number that an `f64` does not keep.
    pub(super) const NO_F64: u32 = 1 << 4;
    /// A number that no decimal keeps as it is written: one with an exponent, or minus zero.
    pub(super) const NO_DECIMAL: u32 = 1 << 5;
    pub(super) const LOWER_BOOLEAN: u32 = 1 << 6;
    pub(super) const UPPER_BOOLEAN: u32 = 1 << 7;
    pub(super) const TITLE_BOOLEAN: u32 = 1 << 8;
    pub(super) const DATE: u32 = 1 << 9;
    pub(super) const LOCAL_MOMENT: u32 = 1 << 10;
    pub(super) const ZONED_MOMENT: u32 = 1 << 11;
    /// A timestamp outside the range of nanoseconds.
    pub(super) const NO_NANOS: u32 = 1 << 12;
    /// A timestamp whose offset is not zero.
    pub(super) const SHIFTED: u32 = 1 << 13;
    pub(super) const TIME: u32 = 1 << 14;

    pub(super) const NUMBER: u32 = INTEGER | FRACTION | NO_I64 | NO_F64 | NO_DECIMAL;
    pub(super) const MOMENT: u32 = NO_NANOS | SHIFTED;
}

impl Profile {
    /// Takes in a text.
    #[inline]
    pub(crate) fn add(&mut self, text: &str) {
        self.max_bytes = self.max_bytes.max(text.len() as u64);
        // Nothing that comes later makes a column of text anything else.
        if self.kinds & kind::TEXT == 0 {
            self.classify(text);
        }
    }

    /// Takes in the length of a text alone, where its type is known.
    pub(crate) fn add_width(&mut self, length: usize) {
        self.max_bytes = self.max_bytes.max(length as u64);
    }

    /// Takes in all texts of another profile.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.kinds |= other.kinds;
        self.whole_digits = self.whole_digits.max(other.whole_digits);
        self.scale = self.scale.max(other.scale);
        self.fraction_digits = self.fraction_digits.max(other.fraction_digits);
        self.max_bytes = self.max_bytes.max(other.max_bytes);
    }

    /// Bytes of the longest text.
    pub(crate) fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Whether a timestamp had another zone than UTC.
    pub(crate) fn has_shifted_moments(&self) -> bool {
        self.kinds & kind::SHIFTED != 0 && matches!(self.text_type(), DataType::Timestamp(_, Some(_)))
    }

    /// The type a column is proposed to have: the text type, but text where that is a decimal without a fraction or
    /// none at all. Integers beyond an `i64` are ids more often than amounts.
    pub(crate) fn data_type(&self) -> DataType {
        match self.text_type() {
            DataType::Null | DataType::Decimal128(_, 0) => DataType::Utf8,
            other => other,
        }
    }

    /// The narrowest type that keeps every text, or `Utf8`.
    ///
    /// - `Int64` for integers without leading zeros, a plus or `-0`;
    /// - `Float64` for numbers if it keeps every digit of each, else `Decimal128` if that does;
    /// - `Boolean` for true and false, if all are in lower, upper or title case;
    /// - `Date32`, `Time64`, `Timestamp` for ISO 8601, with a zone if all texts have one, without if none has, in
    ///   microseconds, or nanoseconds where there are more digits;
    /// - `Null` if there is no text.
    pub(crate) fn text_type(&self) -> DataType {
        let is_of = |all: u32| self.kinds & !all == 0;
        let unit = if self.fraction_digits > 6 { TimeUnit::Nanosecond } else { TimeUnit::Microsecond };
        match self.kinds {
            0 => DataType::Null,
            kind::LOWER_BOOLEAN | kind::UPPER_BOOLEAN | kind::TITLE_BOOLEAN => DataType::Boolean,
            kind::DATE => DataType::Date32,
            kind::TIME => DataType::Time64(unit),
            _ if is_of(kind::NUMBER) => self.number_type(),
            _ if unit == TimeUnit::Nanosecond && self.kinds & kind::NO_NANOS != 0 => DataType::Utf8,
            _ if is_of(kind::LOCAL_MOMENT | kind::MOMENT) => DataType::Timestamp(unit, None),
            _ if is_of(kind::ZONED_MOMENT | kind::MOMENT) => DataType::Timestamp(unit, Some("UTC".into())),
            _ => DataType::Utf8,
        }
    }

    fn number_type(&self) -> DataType {
        if self.kinds & (kind::FRACTION | kind::NO_I64) == 0 {
            return DataType::Int64;
        }
        if self.kinds & kind::FRACTION != 0 && self.kinds & kind::NO_F64 == 0 {
            return DataType::Float64;
        }
        let precision = (self.whole_digits + self.scale).max(1);
        if self.kinds & kind::NO_DECIMAL == 0 && precision <= MAX_DECIMAL_DIGITS {
            return DataType::Decimal128(precision as u8, self.scale as i8);
        }
        DataType::Utf8
    }

    fn classify(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let kinds = match bytes {
            [b'0'..=b'9' | b'-' | b'.', ..] => self.classify_digits(text),
            b"true" | b"false" => kind::LOWER_BOOLEAN,
            b"TRUE" | b"FALSE" => kind::UPPER_BOOLEAN,
            b"True" | b"False" => kind::TITLE_BOOLEAN,
            _ => kind::TEXT,
        };
        self.kinds |= kinds;
    }

    fn classify_digits(&mut self, text: &str) -> u32 {
        let bytes = text.as_bytes();
        if let [_, _, b':', ..] = bytes {
            return Time::parse(bytes).map_or(kind::TEXT, |time| {
                self.fraction_digits = self.fraction_digits.max(time.fraction_digits);
                kind::TIME
            });
        }
        if let [_, _, _, _, b'-', ..] = bytes {
            if parse_date(bytes).is_some() {
                return kind::DATE;
            }
            return Moment::parse(bytes).map_or(kind::TEXT, |moment| self.moment_kinds(moment));
        }
        Number::parse(bytes).map_or(kind::TEXT, |number| self.number_kinds(number, text))
    }

    fn moment_kinds(&mut self, moment: Moment) -> u32 {
        self.fraction_digits = self.fraction_digits.max(moment.fraction_digits);
        let mut kinds = if moment.is_zoned { kind::ZONED_MOMENT } else { kind::LOCAL_MOMENT };
        if moment.is_shifted {
            kinds |= kind::SHIFTED;
        }
        if moment.in_unit(TimeUnit::Nanosecond).is_none() {
            kinds |= kind::NO_NANOS;
        }
        kinds
    }

    fn number_kinds(&mut self, number: Number, text: &str) -> u32 {
        self.whole_digits = self.whole_digits.max(number.whole_digits);
        self.scale = self.scale.max(number.scale);
        let mut kinds = if number.is_fraction { kind::FRACTION } else { kind::INTEGER };
        if number.is_negative_zero() {
            kinds |= kind::NO_I64 | kind::NO_DECIMAL;
        }
        if number.exponent.is_some() {
            kinds |= kind::NO_DECIMAL;
        }
        if !number.is_fraction && number.to_i64().is_none() {
            kinds |= kind::NO_I64;
        }
        if self.kinds & kind::NO_F64 == 0 && number.to_f64(text).is_none() {
            kinds |= kind::NO_F64;
        }
        kinds
    }

    fn to_metadata(self) -> String {
        let Self { kinds, whole_digits, scale, fraction_digits, max_bytes } = self;
        format!("{kinds} {whole_digits} {scale} {fraction_digits} {max_bytes}")
    }

    fn from_metadata(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(str::parse::<u64>);
        let mut next = || u32::try_from(numbers.next()?.ok()?).ok();
        let (kinds, whole_digits, scale, fraction_digits) = (next()?, next()?, next()?, next()?);
        Some(Self { kinds, whole_digits, scale, fraction_digits, max_bytes: numbers.next()?.ok()? })
    }
}

/// A field that tells its text type and, for a later merge, its profile.
pub(crate) fn with_profile(
    name: &str,
    data_type: DataType,
    text_type: &DataType,
    profile: &Profile,
) -> Field {
    Field::new(name, data_type, true).with_metadata(HashMap::from([
        (TEXT_TYPE_KEY.to_owned(), text_type.to_string()),
        (PROFILE_KEY.to_owned(), profile.to_metadata()),
    ]))
}

/// A field that tells its text type alone, as it is published.
pub(crate) fn without_profile(field: &Field) -> Field {
    let mut metadata = field.metadata().clone();
    metadata.retain(|key, _| key == TEXT_TYPE_KEY);
    field.clone().with_metadata(metadata)
}

/// The profile that an inspection put into a field.
pub(crate) fn profile_of(field: &Field) -> Option<Profile> {
    Profile::from_metadata(field.metadata().get(PROFILE_KEY)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(texts: &[&str]) -> Profile {
        let mut profile = Profile::default();
        texts.iter().for_each(|text| profile.add(text));
        profile
    }

    fn told(texts: &[&str]) -> DataType {
        let all = profile(texts).data_type();
        // The order of the texts, and the files they are in, make no difference.
        let mut backwards = Profile::default();
        texts.iter().rev().for_each(|text| backwards.merge(&profile(&[text])));
        assert_eq!(all, backwards.data_type(), "{texts:?}");
        all
    }

    #[test]
    fn integers_are_int64_only_if_all_are_as_an_int64_is_printed() {
        assert_eq!(told(&["1", "-2", "9223372036854775807", "-9223372036854775808", "0"]), DataType::Int64);
        for text in ["007", "+1", "-0", "9223372036854775808", "1_000", " 1", "00"] {
            assert_eq!(told(&["1", text]), DataType::Utf8, "{text}");
        }
        assert_eq!(profile(&["9223372036854775808"]).text_type(), DataType::Decimal128(19, 0));
    }

    #[test]
    fn numbers_are_floats_while_no_digit_is_lost_then_decimals_then_text() {
        assert_eq!(told(&["1.5", "2", "-0.0", "1e5"]), DataType::Float64);
        assert_eq!(told(&["0.1", "0.30000000000000004"]), DataType::Float64);
        assert_eq!(told(&["1.5", "9007199254740993"]), DataType::Decimal128(17, 1));
        assert_eq!(told(&["1234567890123456.78", "0.123"]), DataType::Decimal128(19, 3));
        assert_eq!(told(&["1234567890123456.78", "1e5"]), DataType::Utf8);
        assert_eq!(told(&["1234567890123456.78", "-0.0"]), DataType::Utf8);
        let long = format!("{}.5", "9".repeat(38));
        assert_eq!(told(&[&long]), DataType::Utf8);
        assert_eq!(told(&[&long[1..]]), DataType::Decimal128(38, 1));
        assert_eq!(told(&["1.5", "NaN"]), DataType::Utf8);
        assert_eq!(told(&["1e400"]), DataType::Utf8);
    }

    #[test]
    fn booleans_are_of_one_spelling() {
        assert_eq!(told(&["true", "false"]), DataType::Boolean);
        assert_eq!(told(&["TRUE", "FALSE"]), DataType::Boolean);
        for mixed in [["true", "FALSE"], ["tRUE", "true"], ["true", "1"], ["true", ""]] {
            assert_eq!(told(&mixed), DataType::Utf8, "{mixed:?}");
        }
    }

    #[test]
    fn dates_times_and_timestamps_do_not_mix() {
        let micros = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
        assert_eq!(told(&["2024-02-29", "0001-01-01"]), DataType::Date32);
        assert_eq!(told(&["2024-02-29 10:00:00", "0001-01-01T00:00:00.123456"]), micros(None));
        assert_eq!(told(&["2024-02-29T10:00:00Z", "2024-02-29T10:00:00+02:00"]), micros(Some("UTC")));
        assert_eq!(told(&["10:00:00", "23:59:59.999999"]), DataType::Time64(TimeUnit::Microsecond));
        assert_eq!(
            told(&["2024-02-29 10:00:00.1234567", "2024-02-29 10:00:00"]),
            DataType::Timestamp(TimeUnit::Nanosecond, None)
        );
        for mixed in [
            ["2024-02-29", "2024-02-29 10:00:00"],
            ["2024-02-29 10:00:00", "2024-02-29 10:00:00Z"],
            ["2024-02-29 10:00:00.1234567", "0001-01-01 00:00:00"],
            ["2024-02-29", "2023-02-29"],
            ["10:00:00", "10:00"],
            ["2024-02-29", "20240229"],
        ] {
            assert_eq!(told(&mixed), DataType::Utf8, "{mixed:?}");
        }
        assert!(profile(&["2024-02-29T10:00:00+02:00"]).has_shifted_moments());
        assert!(!profile(&["2024-02-29T10:00:00+02:00", "x"]).has_shifted_moments());
    }

    #[test]
    fn a_column_without_texts_is_text_of_the_type_null() {
        assert_eq!((told(&[]), profile(&[]).text_type()), (DataType::Utf8, DataType::Null));
    }

    #[test]
    fn a_profile_passes_through_metadata_and_every_text_type_is_parsed_back() {
        for texts in [
            &["1"][..],
            &["1.5"],
            &["1234567890123456.78"],
            &["true"],
            &["2024-02-29"],
            &["10:00:00"],
            &["2024-02-29 10:00:00Z"],
            &["2024-02-29 10:00:00"],
            &[],
            &["x"],
        ] {
            let profile = profile(texts);
            let field = with_profile("a", profile.data_type(), &profile.text_type(), &profile);
            assert_eq!(profile_of(&field), Some(profile));
            assert_eq!(publish_core::text_type(&field), Some(profile.text_type()), "{texts:?}");
        }
    }
}
