//! Numbers as text: what they are, and which type keeps their decimal value.

use std::io::Write;

/// Digits that an `f64` keeps whatever they are.
const EXACT_DIGITS: u32 = 15;

/// Significant digits of the longest number that a float is compared with digit by digit.
const COMPARED_DIGITS: u32 = 40;

/// Powers of ten that an `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// A number as its text tells it: `[-]digits[.digits][e[+-]digits]`, without leading zeros.
///
/// The digits before the point may be left out, as databases do (`.5`); those behind it may not (`1.` is a label as
/// often as a number).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    /// Whether it has a minus.
    pub(crate) is_negative: bool,
    /// Digits before the point, none for zero.
    pub(crate) whole_digits: u32,
    /// Digits behind the point.
    pub(crate) scale: u32,
    /// Digits from the first that is not zero to the last, at least one.
    pub(crate) digits: u32,
    /// All digits without the point, if there are at most 19 that count.
    mantissa: u64,
    /// The number behind the `e`.
    pub(crate) exponent: Option<i32>,
    /// Whether it has a point or an exponent.
    pub(crate) is_fraction: bool,
}

impl Number {
    /// Reads a text. `None` if it is no number.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (is_negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mut mantissa: u64 = 0;
        let mut digits: u32 = 0;
        let mut at = 0;
        let mut take_digits = |at: &mut usize| {
            while let Some(digit) =
                rest.get(*at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
            {
                // Digits that do not fit are counted; nobody asks for the mantissa then.
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
                if digits > 0 || digit != 0 {
                    digits += 1;
                }
                *at += 1;
            }
        };
        take_digits(&mut at);
        let whole = at;
        if whole > 1 && rest[0] == b'0' {
            return None;
        }
        let mut scale = 0;
        if rest.get(at) == Some(&b'.') {
            at += 1;
            take_digits(&mut at);
            scale = at - whole - 1;
            if scale == 0 {
                return None;
            }
        }
        if whole == 0 && scale == 0 {
            return None;
        }
        let exponent = if let Some(b'e' | b'E') = rest.get(at) {
            let exponent = parse_exponent(&rest[at + 1..])?;
            at = rest.len();
            Some(exponent)
        } else {
            None
        };
        if at != rest.len() {
            return None;
        }
        Some(Self {
            is_negative,
            whole_digits: if rest[0] == b'0' { 0 } else { u32::try_from(whole).ok()? },
            scale: u32::try_from(scale).ok()?,
            digits: digits.max(1),
            mantissa,
            exponent,
            is_fraction: scale > 0 || exponent.is_some(),
        })
    }

    /// Whether it is zero with a minus, which integers and decimals can't tell from zero.
    pub(crate) fn is_negative_zero(&self) -> bool {
        self.is_negative && self.digits == 1 && self.mantissa == 0
    }

    /// The number as an `i64`, if it is written as an integer and fits.
    pub(crate) fn to_i64(self) -> Option<i64> {
        if self.is_fraction || self.digits > 19 {
            return None;
        }
        // Nineteen digits always fit a `u64`.
        if self.is_negative {
            0_i64.checked_sub_unsigned(self.mantissa)
        } else {
            i64::try_from(self.mantissa).ok()
        }
    }

    /// The nearest `f64`, if it keeps every digit: printed with as many digits it is the same number.
    pub(crate) fn to_f64(self, text: &str) -> Option<f64> {
        if self.digits <= EXACT_DIGITS {
            let power = i64::from(self.exponent.unwrap_or(0)) - i64::from(self.scale);
            if self.mantissa < 1 << 53
                && let Some(ten) = POWERS.get(power.unsigned_abs() as usize)
            {
                // Both are exact, so that the one operation rounds once.
                let value = self.mantissa as f64;
                let value = if power < 0 { value / ten } else { value * ten };
                return Some(if self.is_negative { -value } else { value });
            }
        }
        let value: f64 = text.parse().ok()?;
        if !value.is_finite() || self.digits > COMPARED_DIGITS {
            return None;
        }
        // The shortest text that is read as this float is not always the nearest of its length.
        let is_kept = (self.digits <= EXACT_DIGITS && value.is_normal())
            || has_digits(format_args!("{value:e}"), text)
            || has_digits(format_args!("{value:.*e}", self.digits as usize - 1), text);
        is_kept.then_some(value)
    }

    /// The nearest `f32`, if it keeps every digit.
    pub(crate) fn to_f32(self, text: &str) -> Option<f32> {
        let value: f32 = text.parse().ok()?;
        if !value.is_finite() || self.digits > COMPARED_DIGITS {
            return None;
        }
        let is_kept = (self.digits <= 6 && value.is_normal())
            || has_digits(format_args!("{value:e}"), text)
            || has_digits(format_args!("{value:.*e}", self.digits as usize - 1), text);
        is_kept.then_some(value)
    }

    /// The number times `10^scale`, if that is an integer of at most `precision` digits.
    pub(crate) fn to_decimal(self, text: &[u8], precision: u8, scale: i8) -> Option<i128> {
        let power = i64::from(self.exponent.unwrap_or(0)) - i64::from(self.scale) + i64::from(scale);
        let value = if self.digits <= 19 {
            i128::from(self.mantissa)
        } else {
            let digits =
                text.iter().take_while(|byte| !matches!(byte, b'e' | b'E')).filter(|b| b.is_ascii_digit());
            let digits = digits.skip_while(|byte| **byte == b'0');
            let mut value: i128 = 0;
            for digit in digits {
                value = value.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
            }
            value
        };
        let value = if value == 0 {
            0
        } else if power >= 0 {
            value.checked_mul(10_i128.checked_pow(u32::try_from(power).ok()?)?)?
        } else {
            let ten = 10_i128.checked_pow(u32::try_from(-power).ok()?)?;
            if value % ten != 0 {
                return None;
            }
            value / ten
        };
        if value >= 10_i128.checked_pow(u32::from(precision))? {
            return None;
        }
        Some(if self.is_negative { -value } else { value })
    }
}

/// Reads an integer of any sign and width, leading zeros and a plus too: what counts is the number.
pub(crate) fn parse_integer<T: TryFrom<i128>>(text: &[u8]) -> Option<T> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 38 {
        return None;
    }
    let value = if digits.len() <= 18 {
        let mut value: u64 = 0;
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + u64::from(digit);
        }
        i128::from(value)
    } else {
        let mut value: i128 = 0;
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + i128::from(digit);
        }
        value
    };
    T::try_from(if is_negative { -value } else { value }).ok()
}

fn parse_exponent(text: &[u8]) -> Option<i32> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 6 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
    Some(if is_negative { -value } else { value })
}

/// Whether a printed number has the digits and the size of a text. Both are compared as digits and power of ten.
fn has_digits(printed: std::fmt::Arguments<'_>, text: &str) -> bool {
    let mut buffer = [0_u8; 80];
    let mut rest = &mut buffer[..];
    if rest.write_fmt(printed).is_err() {
        return false;
    }
    let left = rest.len();
    let used = buffer.len() - left;
    match (normal_form(&buffer[..used]), normal_form(text.as_bytes())) {
        (Some(one), Some(two)) => one == two,
        _ => false,
    }
}

/// The significant digits of a number, zeros cut at both ends, and the power of ten of the first.
fn normal_form(text: &[u8]) -> Option<([u8; COMPARED_DIGITS as usize], i64)> {
    let number = Number::parse(text)?;
    let end = text.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(text.len());
    let all = text[..end].iter().filter(|byte| byte.is_ascii_digit());
    let mut digits = [b'0'; COMPARED_DIGITS as usize];
    let mut count = 0;
    for digit in all.skip_while(|digit| **digit == b'0') {
        *digits.get_mut(count)? = *digit;
        count += 1;
    }
    let power = i64::from(number.exponent.unwrap_or(0)) - i64::from(number.scale) + count as i64;
    Some((digits, if count == 0 { 0 } else { power }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(text: &str) -> Option<f64> {
        Number::parse(text.as_bytes())?.to_f64(text)
    }

    fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
        Number::parse(text.as_bytes())?.to_decimal(text.as_bytes(), precision, scale)
    }

    #[test]
    fn a_text_is_a_number_only_if_it_can_be_nothing_else() {
        for text in
            ["0", "-1", "1.50", ".5", "-.5", "0.0", "1e5", "1E+05", "1.5e-10", "123456789012345678901"]
        {
            assert!(Number::parse(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "", "-", "+1", "01", "00", "007.5", "1.", ".", "1e", "e5", "1e+", "1 ", " 1", "1,5", "0x1",
            "NaN", "1e5.0",
        ] {
            assert_eq!(Number::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn integers_are_read_to_their_limits() {
        let read = |text: &str| Number::parse(text.as_bytes()).unwrap().to_i64();
        assert_eq!(read("9223372036854775807"), Some(i64::MAX));
        assert_eq!(read("-9223372036854775808"), Some(i64::MIN));
        assert_eq!((read("9223372036854775808"), read("-9223372036854775809")), (None, None));
        assert_eq!((read("18446744073709551617"), read("1.0")), (None, None));
        assert_eq!(parse_integer::<u64>(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_integer::<i8>(b"-128"), Some(-128));
        assert_eq!((parse_integer::<i8>(b"128"), parse_integer::<u8>(b"-1")), (None, None));
        assert_eq!((parse_integer::<i64>(b"+007"), parse_integer::<i64>(b"1_0")), (Some(7), None));
    }

    #[test]
    fn a_float_keeps_every_digit_or_is_refused() {
        for text in ["0.1", "1.50", "1e22", "1e-300", "-0.0", "1.7976931348623157e308", "0.30000000000000004"]
        {
            assert_eq!(float(text), Some(text.parse().unwrap()), "{text}");
        }
        assert_eq!(float("5e-324"), Some(5e-324));
        assert_eq!(float("0.10000000000000001"), Some(0.1));
        for text in ["9007199254740993", "1234567890123456.78", "1e400", "1e-400", "1.23e-322"] {
            assert_eq!(float(text), None, "{text}");
        }
        let single = |text: &str| Number::parse(text.as_bytes()).unwrap().to_f32(text);
        assert_eq!(
            (single("0.1"), single("16777217"), single("3.4028235e38")),
            (Some(0.1), None, Some(f32::MAX))
        );
    }

    #[test]
    fn every_printed_float_is_read_back_bit_for_bit() {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..100_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let value = f64::from_bits(random);
            if value.is_finite() {
                let text = format!("{value:e}");
                assert_eq!(float(&text).map(f64::to_bits), Some(value.to_bits()), "{text}");
            }
        }
    }

    #[test]
    fn a_decimal_is_exact_or_refused() {
        assert_eq!(decimal("1.50", 10, 2), Some(150));
        assert_eq!(decimal("1.500", 10, 2), Some(150));
        assert_eq!(decimal("-.5", 10, 2), Some(-50));
        assert_eq!(decimal("1.5e3", 10, 0), Some(1500));
        assert_eq!(
            (decimal("1.505", 10, 2), decimal("100", 2, 0), decimal("1e99999", 38, 0)),
            (None, None, None)
        );
        assert_eq!(decimal(&"9".repeat(38), 38, 0), Some(10_i128.pow(38) - 1));
        assert_eq!(decimal(&"9".repeat(39), 38, 0), None);
        assert_eq!(decimal("1200", 4, -2), Some(12));
        assert_eq!(decimal("0.00", 1, 0), Some(0));
    }
}
