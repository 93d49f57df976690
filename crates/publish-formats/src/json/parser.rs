//! Reads JSON values one by one, without building a tree.

use std::borrow::Cow;

/// How deep values may lie inside each other.
const MAX_DEPTH: usize = 128;

/// The kinds of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{…}`.
    Object,
    /// `[…]`.
    Array,
    /// `"…"`.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `null`.
    Null,
}

/// Where a text is no JSON, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// Place in the text.
    pub(crate) at: usize,
    /// What is wrong.
    pub(crate) message: &'static str,
}

/// A text being read from front to back.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    /// Starts at the front of a text.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The kind of the next value, which stays the next one.
    pub(crate) fn kind(&mut self) -> Result<Kind, Syntax> {
        match self.peek() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Boolean),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(self.wrong("A value is expected")),
        }
    }

    /// Reads a string. Escapes are resolved; a surrogate without its other half is refused.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Syntax> {
        self.expect(b'"', "A string is expected")?;
        let start = self.at;
        self.pass_plain();
        if self.bytes().get(self.at) == Some(&b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(self.slice(start, self.at - 1)));
        }
        let mut value = self.slice(start, self.at).to_owned();
        loop {
            match self.bytes().get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(value));
                }
                Some(b'\\') => {
                    self.at += 1;
                    value.push(self.escape()?);
                }
                Some(_) => return Err(self.wrong("A control character in a string must be escaped")),
                None => return Err(self.wrong("The string is not closed")),
            }
            let start = self.at;
            self.pass_plain();
            value.push_str(self.slice(start, self.at));
        }
    }

    /// Reads a number as its text.
    pub(crate) fn number(&mut self) -> Result<&'a str, Syntax> {
        self.pass_space();
        let start = self.at;
        self.at += usize::from(self.bytes().get(self.at) == Some(&b'-'));
        let whole = self.at;
        self.digits()?;
        if self.bytes()[whole] == b'0' && self.at > whole + 1 {
            self.at = whole;
            return Err(self.wrong("A number has no leading zeros"));
        }
        if self.bytes().get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes().get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes().get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(self.slice(start, self.at))
    }

    /// Reads `true`, `false` or `null` as its text.
    pub(crate) fn literal(&mut self) -> Result<&'a str, Syntax> {
        self.pass_space();
        let rest = &self.text[self.at..];
        for literal in ["true", "false", "null"] {
            if rest.starts_with(literal) {
                self.at += literal.len();
                return Ok(&rest[..literal.len()]);
            }
        }
        Err(self.wrong("A value is expected"))
    }

    /// Opens an object.
    pub(crate) fn open_object(&mut self) -> Result<(), Syntax> {
        self.expect(b'{', "An object is expected")
    }

    /// The next key of the open object; its value is next. `None` once the object is closed.
    pub(crate) fn next_key(&mut self, is_first: bool) -> Result<Option<Cow<'a, str>>, Syntax> {
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(None);
        }
        if !is_first {
            self.expect(b',', "A comma or the object's end is expected")?;
        }
        let key = self.string()?;
        self.expect(b':', "A colon is expected")?;
        Ok(Some(key))
    }

    /// Opens an array.
    pub(crate) fn open_array(&mut self) -> Result<(), Syntax> {
        self.expect(b'[', "An array is expected")
    }

    /// Whether the open array has one more value, which is next; else it is closed.
    pub(crate) fn next_item(&mut self, is_first: bool) -> Result<bool, Syntax> {
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(false);
        }
        if !is_first {
            self.expect(b',', "A comma or the array's end is expected")?;
        }
        Ok(true)
    }

    /// Passes over a value of any kind, and answers its text.
    pub(crate) fn skip(&mut self) -> Result<&'a str, Syntax> {
        self.pass_space();
        let start = self.at;
        self.skip_value(0)?;
        Ok(self.slice(start, self.at))
    }

    /// Place in the text of what is next.
    pub(crate) fn place(&self) -> usize {
        self.at
    }

    /// Refuses anything that follows but space.
    pub(crate) fn end(&mut self) -> Result<(), Syntax> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.wrong("The line's end is expected")),
        }
    }

    /// That something is wrong here.
    pub(crate) fn wrong(&self, message: &'static str) -> Syntax {
        Syntax { at: self.at.min(self.text.len()), message }
    }

    fn skip_value(&mut self, depth: usize) -> Result<(), Syntax> {
        if depth == MAX_DEPTH {
            return Err(self.wrong("Values lie more than 128 deep inside each other"));
        }
        match self.kind()? {
            Kind::Object => {
                self.open_object()?;
                let mut is_first = true;
                while self.next_key(is_first)?.is_some() {
                    self.skip_value(depth + 1)?;
                    is_first = false;
                }
            }
            Kind::Array => {
                self.open_array()?;
                let mut is_first = true;
                while self.next_item(is_first)? {
                    self.skip_value(depth + 1)?;
                    is_first = false;
                }
            }
            Kind::String => drop(self.string()?),
            Kind::Number => drop(self.number()?),
            Kind::Boolean | Kind::Null => drop(self.literal()?),
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<char, Syntax> {
        let Some(byte) = self.bytes().get(self.at) else {
            return Err(self.wrong("The string is not closed"));
        };
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.wrong("There is no such escape")),
        })
    }

    fn unicode_escape(&mut self) -> Result<char, Syntax> {
        let lone = "A surrogate has no other half; write the character itself";
        let first = self.four_digits()?;
        let code = match first {
            0xd800..0xdc00 => {
                if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
                    return Err(self.wrong(lone));
                }
                self.at += 2;
                let second = self.four_digits()?;
                if !(0xdc00..0xe000).contains(&second) {
                    return Err(self.wrong(lone));
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.wrong(lone))
    }

    fn four_digits(&mut self) -> Result<u32, Syntax> {
        let digits = self.bytes().get(self.at..self.at + 4);
        let code = digits.and_then(|digits| {
            digits.iter().try_fold(0, |code, digit| Some(code * 16 + (*digit as char).to_digit(16)?))
        });
        let code = code.ok_or_else(|| self.wrong("Four hexadecimal digits are expected"))?;
        self.at += 4;
        Ok(code)
    }

    fn digits(&mut self) -> Result<(), Syntax> {
        let start = self.at;
        while self.bytes().get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong("A digit is expected")) } else { Ok(()) }
    }

    #[inline]
    fn pass_plain(&mut self) {
        let rest = &self.bytes()[self.at..];
        let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
        self.at += plain.unwrap_or(rest.len());
    }

    #[inline]
    fn pass_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes().get(self.at) {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&mut self) -> Option<u8> {
        self.pass_space();
        self.bytes().get(self.at).copied()
    }

    #[inline]
    fn expect(&mut self, byte: u8, message: &'static str) -> Result<(), Syntax> {
        if self.peek() != Some(byte) {
            return Err(self.wrong(message));
        }
        self.at += 1;
        Ok(())
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        // Tokens end at ASCII characters, so that no character is cut.
        self.text.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Result<String, Syntax> {
        Parser::new(text).string().map(Cow::into_owned)
    }

    #[test]
    fn strings_are_resolved_and_half_characters_are_refused() {
        assert_eq!(
            string(r#""a\"\\\/\b\f\n\r\té\u0000\ud83d\ude00""#).unwrap(),
            "a\"\\/\u{8}\u{c}\n\r\té\0😀"
        );
        for text in [
            r#""\ud83d""#,
            r#""\ud83dx""#,
            r#""\ude00""#,
            r#""\ud83d\u0041""#,
            r#""\x""#,
            r#""\u12""#,
            "\"a\nb\"",
            "\"a",
            r#""\"#,
        ] {
            assert!(string(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_of_any_kind_is_passed_over_whole_or_refused() {
        for text in ["0", "-1.5e+10", "[]", "{ }", r#"{"a":[1,{"b":null}],"c":"]"}"#, "true", "[[1] , 2]"] {
            let mut parser = Parser::new(text);
            assert_eq!(parser.skip().unwrap(), text);
            parser.end().unwrap();
        }
        for text in
            ["", "01", "1.", "-", "1e", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "tru", "NaN", "+1"]
        {
            let mut parser = Parser::new(text);
            assert!(parser.skip().and_then(|_| parser.end()).is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_ends_at_a_limit_and_not_in_a_crash() {
        assert!(Parser::new(&"[".repeat(1_000_000)).skip().is_err());
        assert!(Parser::new(&"{\"a\":".repeat(1_000_000)).skip().is_err());
        assert!(Parser::new(&format!("{}{}", "[".repeat(127), "]".repeat(127))).skip().is_ok());
    }
}
