//! What a plain YAML scalar is to sops: the rules of its reader, go-yaml 3.

use super::time;
use super::tree::Scalar;

/// Types a scalar that stands without quotes and without a tag.
///
/// sops writes every value in one canonical spelling. A spelling that only a person would choose
/// and whose meaning is not certain is [`Scalar::Unclear`].
pub(super) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let found = match text.as_bytes()[0] {
        b'.' => fraction(text),
        b'0'..=b'9' | b'+' | b'-' => time_or_number(text),
        _ => None,
    };
    found.unwrap_or_else(|| Scalar::Text(text.to_owned()))
}

/// A number that starts with its point. Go also takes underscores between the digits here.
fn fraction(text: &str) -> Option<Scalar> {
    if text.contains('_') {
        let digits = text.replace('_', "");
        return is_decimal(&digits).then_some(Scalar::Unclear);
    }
    is_decimal(text).then(|| float(text))
}

fn time_or_number(text: &str) -> Option<Scalar> {
    if looks_like_a_date(text) {
        return Some(
            time::date_to_nanoseconds(text)
                .or_else(|| time::to_nanoseconds(text))
                .map_or(Scalar::Unclear, Scalar::Time),
        );
    }
    let plain = text.replace('_', "");
    match integer(&plain) {
        Integer::Value(value) => Some(Scalar::Int(value)),
        Integer::Unclear => Some(Scalar::Unclear),
        Integer::None => is_decimal(&plain).then(|| float(&plain)),
    }
}

/// `YYYY-M` and more digits: a date, a time, or text that begins like one.
fn looks_like_a_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 5
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[5].is_ascii_digit()
        && bytes[5..].contains(&b'-')
}

enum Integer {
    Value(i64),
    /// Larger than 64 bits with a sign, or a sign in the middle.
    Unclear,
    None,
}

/// An integer as Go reads it with base 0: `0x`, `0o`, `0b`, and a leading zero for octal digits.
fn integer(text: &str) -> Integer {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if matches!(digits.as_bytes(), [b'+' | b'-', _, ..]) && radix != 10 {
        return Integer::Unclear;
    }
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    if !is_number {
        return Integer::None;
    }
    let value = u64::from_str_radix(digits, radix).map(|value| {
        let value = i128::from(value);
        i64::try_from(if negative { -value } else { value })
    });
    match value {
        Ok(Ok(value)) => Integer::Value(value),
        // Too large for 64 bits: a float, if it is decimal.
        Err(_) if radix == 10 => Integer::None,
        Ok(Err(_)) | Err(_) => Integer::Unclear,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = match number.split_once('.') {
        Some((before, after)) => {
            digits(before) && digits(after) && !(before.is_empty() && after.is_empty())
        }
        None => digits(number) && !number.is_empty(),
    };
    let exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        digits(exponent) && !exponent.is_empty()
    });
    number && exponent
}

/// A decimal number; one that no float can hold is text to Go.
fn float(text: &str) -> Scalar {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Scalar::Float(value),
        _ => Scalar::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_have_the_types_of_go_yaml() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        let time = |text: &str| Scalar::Time(text.to_owned());
        for (given, expected) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("nulL", text("nulL")),
            ("True", Scalar::Bool(true)),
            ("FALSE", Scalar::Bool(false)),
            ("yes", text("yes")),
            ("on", text("on")),
            ("0", Scalar::Int(0)),
            ("-0", Scalar::Int(0)),
            ("+12", Scalar::Int(12)),
            ("-12", Scalar::Int(-12)),
            ("1_000", Scalar::Int(1000)),
            ("0x1F", Scalar::Int(31)),
            ("-0x1F", Scalar::Int(-31)),
            ("017", Scalar::Int(15)),
            ("0o17", Scalar::Int(15)),
            ("0b101", Scalar::Int(5)),
            ("08", Scalar::Float(8.0)),
            ("9223372036854775807", Scalar::Int(i64::MAX)),
            ("-9223372036854775808", Scalar::Int(i64::MIN)),
            ("9223372036854775808", Scalar::Unclear),
            (
                "18446744073709551616",
                Scalar::Float(18_446_744_073_709_551_616.0),
            ),
            ("0b-1", Scalar::Unclear),
            ("1.5", Scalar::Float(1.5)),
            ("1.", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            (".5_0", Scalar::Unclear),
            ("1e3", Scalar::Float(1000.0)),
            ("-1.5E-3", Scalar::Float(-0.0015)),
            ("1e999", text("1e999")),
            (".", text(".")),
            ("..", text("..")),
            ("-", text("-")),
            ("+", text("+")),
            ("e5", text("e5")),
            ("1e", text("1e")),
            ("0x", text("0x")),
            ("0xg", text("0xg")),
            ("1.2.3", text("1.2.3")),
            ("10.0.0.1", text("10.0.0.1")),
            ("12:30:45", text("12:30:45")),
            ("5h", text("5h")),
            ("<<", text("<<")),
            ("2024-01-02", time("2024-01-02T00:00:00Z")),
            ("2024-01-02T03:04:05.5Z", time("2024-01-02T03:04:05.5Z")),
            ("2024-1-2", Scalar::Unclear),
            ("2024-01-02 03:04:05", Scalar::Unclear),
            ("2024-x", text("2024-x")),
            ("2024-", text("2024-")),
        ] {
            assert_eq!(resolve(given), expected, "{given:?}");
        }
        assert!(matches!(resolve(".nan"), Scalar::Float(value) if value.is_nan()));
        assert_eq!(resolve("-.Inf"), Scalar::Float(f64::NEG_INFINITY));
    }
}
