//! Parameters of statements, as they are typed.

use kstdb_core::Value;

use crate::error::CliError;

/// Reads parameters in order. An error names the position and never the text.
pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Value>, CliError> {
    let parse = |(index, text): (usize, &String)| {
        parse(text).map_err(|expected| CliError::Parameter {
            position: index + 1,
            expected,
        })
    };
    texts.iter().enumerate().map(parse).collect()
}

fn parse(text: &str) -> Result<Value, &'static str> {
    if text == "null" {
        return Ok(Value::Null);
    }
    match text.split_once(':') {
        Some(("int", digits)) => match digits.parse() {
            Ok(value) => Ok(Value::Integer(value)),
            Err(_) => Err("a 64-bit integer"),
        },
        Some(("real", digits)) => match digits.parse::<f64>() {
            Ok(value) if !value.is_nan() => Ok(Value::Real(value)),
            _ => Err("a float"),
        },
        Some(("text", text)) => Ok(Value::Text(text.to_owned())),
        Some(("blob", digits)) => match bytes(digits) {
            Some(bytes) => Ok(Value::Blob(bytes)),
            None => Err("pairs of hexadecimal digits"),
        },
        _ => Ok(Value::Text(text.to_owned())),
    }
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => {
            let value = |digit: &u8| char::from(*digit).to_digit(16);
            u8::try_from(value(high)? << 4 | value(low)?).ok()
        }
        _ => None,
    };
    pairs.map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_makes_the_storage_class_and_anything_else_is_text() {
        let text = |text: &str| Ok(Value::Text(text.to_owned()));
        for (typed, expected) in [
            ("int:-5", Ok(Value::Integer(-5))),
            ("int:", Err("a 64-bit integer")),
            ("int:9223372036854775808", Err("a 64-bit integer")),
            ("real:1", Ok(Value::Real(1.0))),
            ("real:-inf", Ok(Value::Real(f64::NEG_INFINITY))),
            ("real:nan", Err("a float")),
            ("blob:", Ok(Value::Blob(Vec::new()))),
            ("blob:00fF", Ok(Value::Blob(vec![0, 255]))),
            ("blob:0", Err("pairs of hexadecimal digits")),
            ("blob:0g", Err("pairs of hexadecimal digits")),
            ("blob:\u{e9}", Err("pairs of hexadecimal digits")),
            ("null", Ok(Value::Null)),
            ("text:null", text("null")),
            ("text:int:5", text("int:5")),
            ("5", text("5")),
            ("", text("")),
            ("https://example.org", text("https://example.org")),
            ("NULL", text("NULL")),
        ] {
            assert_eq!(parse(typed), expected, "{typed:?}");
        }
    }
}
